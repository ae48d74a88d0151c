/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SIGNED_PARTS_H
#define PC_X509_SIGNED_PARTS_H

#include <p11cert/bytes.h>
#include <stdbool.h>

/**
 * The three parts of what is signed, each complete with its tag: certificates (RFC 5280 section 4.1), CRLs (section
 * 5.1) and requests (RFC 2986 section 4.2) have the same structure. Borrowed from the DER that was given.
 */
typedef struct {
    pc_bytes to_be_signed;
    pc_bytes algorithm;
    pc_bytes signature; /**< the octets of the BIT STRING */
} pc_signed_parts;

/** @return false if it is not a sequence of exactly these three in DER. */
bool pc_signed_parts_of(pc_bytes der, pc_signed_parts *ret_parts);

#endif
