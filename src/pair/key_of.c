/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/key_of.h"

#include "pair/public_key.h"

pc_status pc_key_of_public(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena, pc_key *ret_key,
                           pc_error *err)
{
    pc_public_half public_half;

    PC_TRY(pc_public_key_attributes(wanted->key, arena, &public_half, err));
    const pc_key_selector by_value = { .words = wanted->words, .public_half = &public_half };

    return pc_key_find(token, &by_value, arena, ret_key, err);
}

pc_status pc_key_of_public_with_certificates(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena,
                                             pc_key_with_certificates *ret_found, pc_error *err)
{
    pc_public_half public_half;

    PC_TRY(pc_public_key_attributes(wanted->key, arena, &public_half, err));
    const pc_key_selector by_value = { .words = wanted->words, .public_half = &public_half };

    return pc_key_find_with_certificates(token, &by_value, arena, ret_found, err);
}
