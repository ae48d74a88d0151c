/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_difference.h"

static bool is_history(pc_key_flag flag)
{
    return flag == PC_KEY_LOCAL || flag == PC_KEY_ALWAYS_SENSITIVE || flag == PC_KEY_NEVER_EXTRACTABLE;
}

static const char *word(pc_fact fact)
{
    return fact == PC_FACT_TRUE ? "true" : "false";
}

const char *pc_key_flags_difference(const pc_key *original, const pc_key *copy, pc_arena *arena)
{
    const char *list = "";

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && list; i++) {
        const pc_fact had = original->flags[i];
        const pc_fact has = copy->flags[i];

        if (!is_history((pc_key_flag)i) && had != PC_FACT_UNKNOWN && has != PC_FACT_UNKNOWN && had != has) {
            list = pc_arena_format(arena, "%s%s%s is %s, not %s", list, *list ? "; " : "",
                                   pc_key_flag_name((pc_key_flag)i), word(has), word(had));
        }
    }
    return list;
}

const char *pc_key_flags_not_compared(const pc_key *original, const pc_key *copy, pc_arena *arena)
{
    const char *list = "";

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && list; i++) {
        const bool one_shows = (original->flags[i] == PC_FACT_UNKNOWN) != (copy->flags[i] == PC_FACT_UNKNOWN);

        if (!is_history((pc_key_flag)i) && one_shows) {
            list = pc_arena_format(arena, "%s%s%s", list, *list ? ", " : "", pc_key_flag_name((pc_key_flag)i));
        }
    }
    return list;
}
