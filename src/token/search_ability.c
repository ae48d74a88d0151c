/* SPDX-License-Identifier: Apache-2.0 */
#include "token/search_ability.h"

pc_search_ability pc_search_ability_of(const pc_token *token, pc_search_kind kind)
{
    return token->abilities ? (pc_search_ability)atomic_load(&token->abilities->items[kind]) : PC_SEARCH_UNKNOWN;
}

void pc_search_ability_note(const pc_token *token, pc_search_kind kind, bool finds)
{
    if (token->abilities) {
        atomic_store(&token->abilities->items[kind], finds ? PC_SEARCH_FINDS : PC_SEARCH_IS_BLIND);
    }
}

void pc_search_ability_forget(const pc_token *token, pc_search_kind kind)
{
    if (token->abilities) {
        atomic_store(&token->abilities->items[kind], PC_SEARCH_UNKNOWN);
    }
}

bool pc_search_is_refused(const pc_error *why)
{
    return why->origin == PC_ORIGIN_PKCS11 &&
           (why->code == CKR_ATTRIBUTE_TYPE_INVALID || why->code == CKR_ATTRIBUTE_VALUE_INVALID ||
            why->code == CKR_ATTRIBUTE_SENSITIVE || why->code == CKR_TEMPLATE_INCONSISTENT);
}
