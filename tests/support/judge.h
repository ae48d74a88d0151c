/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_JUDGE_H
#define TEST_SUPPORT_JUDGE_H

#include <openssl/x509.h>

#include "raw_token.h"

/** A result as judged by OpenSSL and the bare token. Nothing here uses the library under test. */

/** Does the file hold a request whose signature verifies with the public key in it? NULL if not; else the caller's. */
X509_REQ *judge_request(const char *path);

/** A certificate in a PEM file; NULL if there is none. */
X509 *judge_certificate(const char *path);

/** The public key of the token's public key object, EC P-256 or RSA, by OpenSSL; the caller's. */
EVP_PKEY *judge_public_key(const raw_token *raw, CK_OBJECT_HANDLE public_object);

/** Is it the key of the one public key object of that label? */
bool judge_key_is_labelled(const EVP_PKEY *key, const raw_token *raw, const char *label);

#endif
