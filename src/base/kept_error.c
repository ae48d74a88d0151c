/* SPDX-License-Identifier: Apache-2.0 */
#include "base/kept_error.h"

void pc_error_pass(pc_error *err, const pc_error *kept)
{
    if (err) {
        *err = *kept;
    }
}

const char *pc_error_words(const pc_error *kept, pc_arena *arena)
{
    const char *words = NULL;

    for (unsigned i = kept->frame_count; i > 0; i--) {
        words = words ? pc_arena_format(arena, "%s: %s", words, kept->frames[i - 1])
                      : pc_arena_string(arena, kept->frames[i - 1]);
    }
    return words;
}
