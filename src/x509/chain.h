/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CHAIN_H
#define PC_X509_CHAIN_H

#include "base/arena.h"
#include "x509/auto.h"

/** How strictly a chain is checked. */
typedef enum {
    PC_CHAIN_NOW,      /**< checks validity, and the chain must end in a self-signed certificate */
    PC_CHAIN_TIMELESS, /**< ignores validity, and the chain may be incomplete */
} pc_chain_rigour;

/**
 * Build and verify a certificate's chain from the others, with every signature (RFC 5280 section 6). Self-signed
 * certificates among them are the roots; they are trusted because of the file they came from.
 *
 * @param others      in any order; may include the leaf and unrelated certificates
 * @param ret_chain   the leaf's issuers, nearest first, without the leaf; owned by the caller, including the members
 * @param ret_detail  in the arena: description of the chain, or why it is invalid; safe to print
 * @return PC_OK if it is valid; PC_E_VERIFY if not, with *ret_detail set; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_chain_build(X509 *leaf, STACK_OF(X509) *others, pc_chain_rigour rigour, pc_arena *arena,
                                       STACK_OF(X509) **ret_chain, const char **ret_detail, pc_error *err);

#endif
