/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_MAKE_KEY_H
#define PC_APP_MAKE_KEY_H

#include "token/key_template.h"

typedef struct {
    pc_key key;
    bool resumed;          /**< made by an earlier run */
    const char *not_held;  /**< as pc_keygen_result has it; "" if resumed */
    const char *tolerated; /**< as pc_keygen_result has it */
} pc_made_key;

/** What to do if a key of that label is there already and cannot be taken. */
typedef struct {
    const char *has_certificate;
    const char *is_another;   /**< than is asked for */
    const char *is_not_local; /**< and nothing else is wrong with it; NULL: as is_another */
} pc_make_key_hints;

/**
 * Make a key pair, or take the one of that label that an earlier run has made: if it is what is asked for and has no
 * certificate.
 * @param plan  its CKA_ID is drawn here
 * @return PC_OK; PC_E_REFUSED (with one of the hints); PC_E_AMBIGUOUS (several of that label); what pc_keygen can give.
 */
PC_MUST_CHECK pc_status pc_make_key(const pc_token *token, pc_key_plan *plan, const pc_make_key_hints *hints,
                                    pc_arena *arena, pc_made_key *ret_made, pc_error *err);

/** Does a key wait for a certificate? @return PC_OK; PC_E_REFUSED if it has one; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_make_key_refuse_bound(const pc_token *token, const pc_key *key,
                                                 const pc_make_key_hints *hints, pc_arena *arena, pc_error *err);

/** Is a key that was found under the plan's label what the plan asks for? @return PC_OK; PC_E_REFUSED; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_make_key_check(const pc_token *token, const pc_key *key, const pc_key_plan *plan,
                                          const pc_make_key_hints *hints, pc_arena *arena, pc_error *err);

#endif
