/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_PROOFS_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_PROOFS_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/**
 * Check the proofs that keys can sign: for each `check` record that names a challenge, a signature and a public key,
 * the three are artefacts, the challenge is one of this ceremony, the public key is the one that the record states, and
 * the signature is valid for the challenge. A step `prove` or `copy-check` that kept none is reported.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_proofs(const pc_ceremony_source *source, const pc_gathered *gathered,
                                        pc_ceremony_verify_result *verdict, pc_error *err);

#endif
