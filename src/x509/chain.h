/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CHAIN_H
#define PC_X509_CHAIN_H

#include "base/arena.h"
#include "x509/auto.h"

/** How strictly a chain is judged. */
typedef enum {
    PC_CHAIN_NOW,      /**< validity counts, and the chain must end in a self-signed certificate */
    PC_CHAIN_TIMELESS, /**< validity does not count, and the chain may end short of its root */
} pc_chain_rigour;

/**
 * Does a certificate chain up through the others, every signature verified (RFC 5280 section 6)?
 * Self-signed ones among them are the roots; the file they came in is what vouches for them.
 *
 * @param others      in any order; may hold the leaf and strangers
 * @param ret_chain   the leaf's issuers from its own up, without the leaf; owned by the caller, members too
 * @param ret_detail  in the arena: the chain in words, or why it does not hold; safe to print
 * @return PC_OK if it holds; PC_E_VERIFY if not, with *ret_detail set; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_chain_build(X509 *leaf, STACK_OF(X509) *others, pc_chain_rigour rigour, pc_arena *arena,
                                       STACK_OF(X509) **ret_chain, const char **ret_detail, pc_error *err);

#endif
