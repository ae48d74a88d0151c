/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_AUTO_H
#define PC_X509_AUTO_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/cleanup.h"

/* PC_AUTO for OpenSSL's types, all in one list. */
PC_AUTO_DEFINE(ASN1_OBJECT, ASN1_OBJECT, ASN1_OBJECT_free);
PC_AUTO_DEFINE(ASN1_OCTET_STRING, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
PC_AUTO_DEFINE(ASN1_BIT_STRING, ASN1_BIT_STRING, ASN1_BIT_STRING_free);
PC_AUTO_DEFINE(ASN1_STRING, ASN1_STRING, ASN1_STRING_free);
PC_AUTO_DEFINE(ASN1_TYPE, ASN1_TYPE, ASN1_TYPE_free);
PC_AUTO_DEFINE(AUTHORITY_KEYID, AUTHORITY_KEYID, AUTHORITY_KEYID_free);
PC_AUTO_DEFINE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
PC_AUTO_DEFINE(BIGNUM, BIGNUM, BN_free);
PC_AUTO_DEFINE(BIO, BIO, BIO_free_all);
PC_AUTO_DEFINE(EVP_MD_CTX, EVP_MD_CTX, EVP_MD_CTX_free);
PC_AUTO_DEFINE(EVP_PKEY, EVP_PKEY, EVP_PKEY_free);
PC_AUTO_DEFINE(EVP_PKEY_CTX, EVP_PKEY_CTX, EVP_PKEY_CTX_free);
PC_AUTO_DEFINE(GENERAL_NAME, GENERAL_NAME, GENERAL_NAME_free);
PC_AUTO_DEFINE(GENERAL_NAMES, GENERAL_NAMES, GENERAL_NAMES_free);
PC_AUTO_DEFINE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
PC_AUTO_DEFINE(PKCS7, PKCS7, PKCS7_free);
PC_AUTO_DEFINE(X509, X509, X509_free);
PC_AUTO_DEFINE(X509_EXTENSION, X509_EXTENSION, X509_EXTENSION_free);
PC_AUTO_DEFINE(X509_NAME, X509_NAME, X509_NAME_free);
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

static inline void pc_openssl_bytes_free(unsigned char *bytes)
{
    OPENSSL_free(bytes);
}
PC_AUTO_DEFINE(openssl_bytes, unsigned char, pc_openssl_bytes_free);

#endif
