/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CRL_H
#define PC_X509_CRL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

#define PC_CRL_MOST_BYTES ((size_t)64 * 1024 * 1024) /**< of a file that is read as a CRL */

/**
 * Read a file that contains exactly one CRL, DER or PEM (RFC 5280 section 5.1).
 *
 * @param from  its source, for errors
 * @return PC_OK, with *ret_crl owned by the caller; PC_E_INPUT; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_read(pc_bytes bytes, const char *from, X509_CRL **ret_crl, pc_error *err);

/**
 * Is it a complete CRL of this issuer: with its name, signed by its key, and not a delta CRL (RFC 5280 sections
 * 5.1.2.3, 5.2.4)? Does not check whether it has expired.
 * @return PC_OK; PC_E_VERIFY.
 */
PC_MUST_CHECK pc_status pc_crl_verify(X509_CRL *crl, X509 *issuer, pc_error *err);

/** Is a newer one due (nextUpdate has passed, or is missing, which section 5.1.2.5 forbids)? */
bool pc_crl_is_stale(const X509_CRL *crl);

/** The DER bytes, in the arena. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_crl_to_der(const X509_CRL *crl, pc_arena *arena, pc_bytes *ret_der, pc_error *err);

#endif
