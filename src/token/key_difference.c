/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_difference.h"

static bool is_history(pc_key_flag flag)
{
    return flag == PC_KEY_LOCAL || flag == PC_KEY_ALWAYS_SENSITIVE || flag == PC_KEY_NEVER_EXTRACTABLE;
}

static const char *word(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? "not shown" : fact == PC_FACT_TRUE ? "true" : "false";
}

const char *pc_key_flags_difference(const pc_key *original, const pc_key *copy, pc_arena *arena)
{
    const char *list = "";

    for (unsigned i = 0; i < PC_KEY_FLAG_COUNT && list; i++) {
        const pc_key_flag flag = (pc_key_flag)i;

        if (!is_history(flag) && original->flags[i] != copy->flags[i]) {
            list = pc_arena_format(arena, "%s%s%s is %s, not %s", list, *list ? "; " : "", pc_key_flag_name(flag),
                                   word(copy->flags[i]), word(original->flags[i]));
        }
    }
    return list;
}
