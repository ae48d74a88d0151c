/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CHAIN_H
#define PC_X509_CHAIN_H

#include "base/arena.h"
#include "x509/auto.h"

/** How strictly a chain is checked. */
typedef enum {
    PC_RIGOUR_NOW,      /**< checks validity, and the chain must end in a self-signed certificate */
    PC_RIGOUR_TIMELESS, /**< ignores validity, and the chain may be incomplete */
} pc_chain_rigour;

/** A certificate whose chain is in question, and what it may be built of. Borrowed. */
typedef struct {
    X509 *leaf;
    STACK_OF(X509) *others; /**< in any order; may include the leaf and unrelated certificates */
    pc_chain_rigour rigour;
} pc_chain_question;

/** The result. */
typedef struct {
    STACK_OF(X509) *issuers; /**< from the leaf's own up, without the leaf; the caller frees them, members too */
    const char *words;       /**< in the arena: the chain in words, or why it is not valid; safe to print */
} pc_chain;

/**
 * Builds and verifies a certificate's chain from the others, with every signature (RFC 5280 section 6). Self-signed
 * certificates among them are the roots; they are trusted because of the file they came from.
 * @return PC_OK if it is valid; PC_E_VERIFY if not, with the words of *ret_chain set; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_chain_build(const pc_chain_question *question, pc_arena *arena, pc_chain *ret_chain,
                                       pc_error *err);

#endif
