/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_PROOF_TEXT_H
#define PC_CEREMONY_TRANSCRIPT_PROOF_TEXT_H

#include "base/arena.h"
#include "ceremony/transcript/digest.h"

#define PC_PROOF_PREFIX "proof-" /**< of the names of a proof's files */

/** The ceremony that a challenge belongs to. Borrowed. */
typedef struct {
    const char *mode;
    const pc_sha256 *script;
} pc_proof_purpose;

/**
 * The first three lines of a challenge: a signature on it proves nothing about another ceremony. In the arena; NULL
 * when out of memory.
 */
const char *pc_proof_heading(const pc_proof_purpose *purpose, pc_arena *arena);

#endif
