/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/key_of.h"

#include "pair/public_key.h"

/* The selector refers to the half. */
static pc_status select_key(const pc_public_key_named *wanted, pc_arena *arena, pc_public_half *half,
                            pc_key_selector *ret_selector, pc_error *err)
{
    PC_TRY(pc_public_key_attributes(wanted->key, arena, half, err));
    *ret_selector = wanted->among ? *wanted->among : (pc_key_selector){ .label = NULL };
    ret_selector->words = wanted->words;
    ret_selector->public_half = half;
    return PC_OK;
}

pc_status pc_key_of_public(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena, pc_key *ret_key,
                           pc_error *err)
{
    pc_public_half half;
    pc_key_selector selector;

    PC_TRY(select_key(wanted, arena, &half, &selector, err));
    return pc_key_find(token, &selector, arena, ret_key, err);
}

pc_status pc_key_of_public_with_certificates(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena,
                                             pc_key_with_certificates *ret_found, pc_error *err)
{
    pc_public_half half;
    pc_key_selector selector;

    PC_TRY(select_key(wanted, arena, &half, &selector, err));
    return pc_key_find_with_certificates(token, &selector, arena, ret_found, err);
}
