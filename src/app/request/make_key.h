/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_MAKE_KEY_H
#define PC_APP_MAKE_KEY_H

#include "token/key_template.h"

typedef struct {
    pc_key key;
    bool resumed;                  /**< made by an earlier run */
    const char *unsupported_flags; /**< as in pc_keygen_result; "" if resumed */
    const char *tolerated;         /**< as in pc_keygen_result */
} pc_made_key;

/** What to do if a key with that label already exists and cannot be used. */
typedef struct {
    const char *has_certificate;
    const char *is_another;   /**< if it is not the key that was requested */
    const char *is_not_local; /**< if it only has a certificate already; NULL: as is_another */
} pc_make_key_hints;

/** A key to be made, or reused if an earlier run has made it. Borrowed. */
typedef struct {
    pc_key_plan *plan; /**< pc_make_key generates its CKA_ID, unless one is given */
    const pc_make_key_hints *hints;
} pc_make_key_order;

/**
 * Make a key pair, or reuse the one with that label from an earlier run, if it matches the plan and has no certificate.
 * @return PC_OK; PC_E_REFUSED (with one of the hints); PC_E_AMBIGUOUS (several with that label); as pc_keygen.
 */
PC_MUST_CHECK pc_status pc_make_key(const pc_token *token, const pc_make_key_order *order, pc_arena *arena,
                                    pc_made_key *ret_made, pc_error *err);

/** Check that a key has no certificate of its own yet (pair/own_certificate.h)? @return PC_OK; PC_E_REFUSED if it has
 * one; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_make_key_refuse_bound(const pc_token *token, const pc_key *key,
                                                 const pc_make_key_hints *hints, pc_arena *arena, pc_error *err);

/** Does a key that was found under the plan's label match the plan? @return PC_OK; PC_E_REFUSED; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_make_key_check(const pc_token *token, const pc_key *key, const pc_key_plan *plan,
                                          const pc_make_key_hints *hints, pc_error *err);

#endif
