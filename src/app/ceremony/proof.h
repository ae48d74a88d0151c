/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_PROOF_H
#define PC_APP_CEREMONY_PROOF_H

#include "app/ceremony/ceremony.h"
#include "signer/signer.h"

#define PC_PROOF_FILES 3u

/** The claim that a step proves. Borrowed. */
typedef struct {
    const pc_signer *signer;
    EVP_PKEY *public_key;
    const char *what; /**< "the key signed a fresh challenge" */
} pc_ceremony_proof;

/**
 * Have the key sign a fresh challenge that states its purpose, and keep challenge, signature and public key in the
 * folder as artefacts, so that others can verify it later (ceremony/transcript/judge_proofs.h). The files of an
 * interrupted run of the step are used again if they match.
 * @return PC_OK; PC_E_VERIFY (the signature is not of that key); PC_E_REFUSED (a file of that name has other contents);
 *         as pc_sign_bytes and pc_output_commit.
 */
PC_MUST_CHECK pc_status pc_ceremony_prove(const pc_ceremony *ceremony, const pc_script_step *step,
                                          const pc_ceremony_proof *proof, pc_error *err);

/** The names of its files: challenge, signature, public key. In the arena. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_ceremony_proof_names(const pc_ceremony *ceremony, const pc_script_step *step,
                                                const char *ret_names[static PC_PROOF_FILES], pc_error *err);

#endif
