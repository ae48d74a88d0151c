/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_AUTO_H
#define PC_X509_AUTO_H

#include <openssl/pem.h> /* must precede cms.h, which otherwise does not declare its PEM functions */

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/cleanup.h"

/* An extension that a certificate or a list keeps: OpenSSL 4 returns it as const, but functions of 3.0 take it without
 * const.
 */
#if OPENSSL_VERSION_NUMBER >= 0x40000000L
typedef const X509_EXTENSION pc_kept_extension;
#else
typedef X509_EXTENSION pc_kept_extension;
#endif

/* PC_AUTO for OpenSSL's types, in a single list. */
PC_AUTO_DEFINE(ASN1_INTEGER, ASN1_INTEGER, ASN1_INTEGER_free);
PC_AUTO_DEFINE(ASN1_OBJECT, ASN1_OBJECT, ASN1_OBJECT_free);
PC_AUTO_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
PC_AUTO_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING, ASN1_BIT_STRING_free);
PC_AUTO_DEFINE(ASN1_STRING, ASN1_STRING, ASN1_STRING_free);
PC_AUTO_DEFINE(ASN1_TYPE, ASN1_TYPE, ASN1_TYPE_free);
PC_AUTO_DEFINE(AUTHORITY_KEYID, AUTHORITY_KEYID, AUTHORITY_KEYID_free);
PC_AUTO_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
PC_AUTO_DEFINE(BIGNUM, BIGNUM, BN_free);
PC_AUTO_DEFINE(CMS_ContentInfo, CMS_ContentInfo, CMS_ContentInfo_free);
PC_AUTO_DEFINE(CERTIFICATEPOLICIES, CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free);
PC_AUTO_DEFINE(BIO, BIO, BIO_free_all);
PC_AUTO_DEFINE(ECDSA_SIG, ECDSA_SIG, ECDSA_SIG_free);
PC_AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX, EVP_MD_CTX_free);
PC_AUTO_DEFINE(EVP_PKEY, EVP_PKEY, EVP_PKEY_free);
PC_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX, EVP_PKEY_CTX_free);
PC_AUTO_DEFINE(GENERAL_NAME, GENERAL_NAME, GENERAL_NAME_free);
PC_AUTO_DEFINE(GENERAL_NAMES, GENERAL_NAMES, GENERAL_NAMES_free);
PC_AUTO_DEFINE(GENERAL_SUBTREE, GENERAL_SUBTREE, GENERAL_SUBTREE_free);
PC_AUTO_DEFINE(CRL_DIST_POINTS, CRL_DIST_POINTS, CRL_DIST_POINTS_free);
PC_AUTO_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
PC_AUTO_DEFINE(NAME_CONSTRAINTS, NAME_CONSTRAINTS, NAME_CONSTRAINTS_free);
PC_AUTO_DEFINE(PKCS7, PKCS7, PKCS7_free);
PC_AUTO_DEFINE(POLICYINFO, POLICYINFO, POLICYINFO_free);
PC_AUTO_DEFINE(POLICYQUALINFO, POLICYQUALINFO, POLICYQUALINFO_free);
PC_AUTO_DEFINE(RSA_PSS_PARAMS, RSA_PSS_PARAMS, RSA_PSS_PARAMS_free);
PC_AUTO_DEFINE(X509, X509, X509_free);
PC_AUTO_DEFINE(X509_ALGOR, X509_ALGOR, X509_ALGOR_free);
PC_AUTO_DEFINE(X509_CRL, X509_CRL, X509_CRL_free);
PC_AUTO_DEFINE(X509_EXTENSION, X509_EXTENSION, X509_EXTENSION_free);
PC_AUTO_DEFINE(X509_NAME, X509_NAME, X509_NAME_free);
PC_AUTO_DEFINE(X509_PUBKEY, X509_PUBKEY, X509_PUBKEY_free);
PC_AUTO_DEFINE(X509_REQ, X509_REQ, X509_REQ_free);
PC_AUTO_DEFINE(X509_STORE, X509_STORE, X509_STORE_free);
PC_AUTO_DEFINE(X509_STORE_CTX, X509_STORE_CTX, X509_STORE_CTX_free);

static inline void pc_x509_stack_free(STACK_OF(X509) *stack)
{
    sk_X509_pop_free(stack, X509_free);
}
PC_AUTO_DEFINE(X509_stack, STACK_OF(X509), pc_x509_stack_free);

static inline void pc_extension_stack_free(STACK_OF(X509_EXTENSION) *stack)
{
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}
PC_AUTO_DEFINE(X509_EXTENSION_stack, STACK_OF(X509_EXTENSION), pc_extension_stack_free);

static inline void pc_algorithm_stack_free(X509_ALGORS *stack)
{
    sk_X509_ALGOR_pop_free(stack, X509_ALGOR_free);
}
PC_AUTO_DEFINE(X509_ALGOR_stack, X509_ALGORS, pc_algorithm_stack_free);

static inline void pc_openssl_bytes_free(unsigned char *bytes)
{
    OPENSSL_free(bytes);
}
PC_AUTO_DEFINE(openssl_bytes, unsigned char, pc_openssl_bytes_free);

#endif
