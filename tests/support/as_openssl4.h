/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_AS_OPENSSL4_H
#define TEST_SUPPORT_AS_OPENSSL4_H

/* Included first in every file by the preset "clang": what OpenSSL 4 returns as const is const with OpenSSL 3 then, so
 * that code that OpenSSL 4 would refuse is found without it. */

#include <openssl/x509.h>

#define X509_get_subject_name(certificate) ((const X509_NAME *)X509_get_subject_name(certificate))
#define X509_get_issuer_name(certificate)  ((const X509_NAME *)X509_get_issuer_name(certificate))
#define X509_REQ_get_subject_name(request) ((const X509_NAME *)X509_REQ_get_subject_name(request))
#define X509_CRL_get_issuer(crl)           ((const X509_NAME *)X509_CRL_get_issuer(crl))
#define X509_get_X509_PUBKEY(certificate)  ((const X509_PUBKEY *)X509_get_X509_PUBKEY(certificate))

#endif
