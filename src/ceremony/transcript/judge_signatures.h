/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_SIGNATURES_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_SIGNATURES_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/** Who must have signed. Borrowed. */
typedef struct {
    const pc_head *head;
    const char *const *signers; /**< identities in addition to those that the transcript announces */
    size_t signer_count;
} pc_sign_off_duty;

/**
 * Check the signatures of the head: each file in signatures/ must be a valid signature, by a key that the transcript or
 * the reader announces, and each announced key must have signed. A production ceremony must have at least one.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_signatures(const pc_ceremony_source *source, const pc_gathered *gathered,
                                            const pc_sign_off_duty *duty, pc_ceremony_verify_result *verdict,
                                            pc_error *err);

#endif
