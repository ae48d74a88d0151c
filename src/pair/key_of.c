/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/key_of.h"

#include "pair/public_key.h"

/** The selector refers to the half. */
typedef struct {
    pc_public_half half;
    pc_key_selector selector;
} by_value;

static pc_status select_key(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena,
                            by_value *ret_select, pc_error *err)
{
    *ret_select = (by_value){ .half = { .key_type = CK_UNAVAILABLE_INFORMATION } };
    PC_TRY(pc_public_key_attributes(wanted->key, arena, &ret_select->half, err));
    if (wanted->which) {
        PC_TRY(pc_key_selector_parse(token, wanted->which, arena, &ret_select->selector, err));
    }
    ret_select->selector.words = wanted->words;
    ret_select->selector.public_half = &ret_select->half;
    return PC_OK;
}

pc_status pc_key_of_public(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena, pc_key *ret_key,
                           pc_error *err)
{
    by_value select;

    PC_TRY(select_key(token, wanted, arena, &select, err));
    return pc_key_find(token, &select.selector, arena, ret_key, err);
}

pc_status pc_key_of_public_with_certificates(const pc_token *token, const pc_public_key_named *wanted, pc_arena *arena,
                                             pc_key_with_certificates *ret_found, pc_error *err)
{
    by_value select;

    PC_TRY(select_key(token, wanted, arena, &select, err));
    return pc_key_find_with_certificates(token, &select.selector, arena, ret_found, err);
}
