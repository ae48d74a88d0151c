/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_NEW_H
#define PC_APP_NEW_H

#include <p11cert/new.h>

#include "base/arena.h"
#include "signer/signer.h"
#include "token/key_template.h"
#include "token/session.h"

/** Whether the file requests an exportable key, in either spelling. `Exportable` overrides the misspelt one. */
bool pc_new_file_wishes_exportable(const pc_exportable_wish *wish);

PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);

PC_AUTO_DEFINE(pc_dry_run, pc_dry_run, pc_dry_run_free);

/** The key that the plan requires, without its CKA_ID. In the arena. @return PC_OK; PC_E_INPUT; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_new_plan_key(const pc_new_plan *plan, pc_arena *arena, pc_key_plan *ret_key_plan,
                                        pc_error *err);

/** Check that a key that was found matches the plan. @return PC_OK; PC_E_REFUSED with the difference; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_new_check_found(const pc_token *token, const pc_key *key, const pc_key_plan *key_plan,
                                           pc_arena *arena, pc_error *err);

/** Check that the token can make PSS signatures with that digest, by a mechanism that its signer can use, before a key
 * is created that could not sign as the file requires. @return PC_OK; PC_E_TOKEN. Two calls at most. */
PC_MUST_CHECK pc_status pc_new_check_signs_pss(const pc_token *token, pc_digest digest, pc_error *err);

/** A request, signed and verified. In an arena. */
typedef struct {
    const char *pem;
    const char *spki_sha256; /**< hex */
} pc_signed_request;

/** Correct what was assumed about the key before it was known: an existing key that is named need not be RSA. */
void pc_new_fit_to_key(const pc_new_plan *plan, bool is_rsa);

/** Build the request of the plan for a key, sign and verify it. @return as pc_sign_csr. */
PC_MUST_CHECK pc_status pc_new_sign(const pc_signer *signer, const pc_new_plan *plan, pc_arena *arena,
                                    pc_signed_request *ret_signed, pc_error *err);

/**
 * Check that this key on the token matches the plan and has no certificate. pc_new_run then continues with it.
 * @return PC_OK; PC_E_REFUSED, with what is wrong; PC_E_INPUT; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_new_check_key(const pc_token *token, const pc_new_plan *plan, const pc_key *key,
                                         pc_arena *arena, pc_error *err);

/** As pc_new_run, on a token that the caller has open, logged in and read-write, and closes. */
PC_MUST_CHECK pc_status pc_new_on(const pc_token *token, const pc_new_plan *plan, pc_new_result **ret_result,
                                  pc_error *err);

/** Work out what --windows-attributes claims. Sets plan->claims. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_new_choose_claims(pc_new_plan *plan, pc_error *err);

#endif
