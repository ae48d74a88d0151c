/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ATTEMPT_H
#define PC_X509_ATTEMPT_H

#include <p11cert/bytes.h>

#include "x509/auto.h"

/**
 * Calls of OpenSSL that may fail: data from a token or a file need not be of the expected type. A failure is an answer,
 * and leaves nothing in OpenSSL's error queue, where it would be mistaken for the reason of a later failure.
 */

/** Decoded from DER; owned by the caller. NULL if the bytes are not of this type. Bytes after it are ignored. */
X509 *pc_certificate_parse(pc_bytes der);
X509_REQ *pc_request_parse(pc_bytes der);
X509_NAME *pc_name_parse(pc_bytes der);

/** Are both the same public key? False if either is NULL. */
bool pc_public_keys_equal(const EVP_PKEY *left, const EVP_PKEY *right);

/** Is the request signed by its own key (RFC 2986 section 4.2)? */
bool pc_request_signature_holds(X509_REQ *csr);

/** Is the certificate signed by this key? */
bool pc_certificate_signature_holds(X509 *certificate, EVP_PKEY *issuer_key);

/** Is the certificate its own issuer by names and key identifiers? Its signature is not verified. */
bool pc_certificate_is_self_issued(X509 *certificate);

/** To be put around other calls that may fail: a failure between the two leaves nothing in the queue. May be nested. */
void pc_attempt_begin(void);
void pc_attempt_end(void);

#endif
