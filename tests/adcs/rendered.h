/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ADCS_RENDERED_H
#define TEST_ADCS_RENDERED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* The pages of the stand-in, as written by its program `render`. ADCS_FOLDER is the folder of that program. */

__attribute__((unused)) static const char *const page_languages[] = { "en", "de", "fr", "es", "ja", "ru", "zh" };
__attribute__((unused)) static const char *const page_layouts[] = { "2003", "2012", "2025" };

/** @param values  as the shell sets them: "id=42 mode=chkpnd". The arena's; ends the test if it cannot be rendered. */
static inline const char *page_rendered(pc_arena *arena, const char *language, const char *layout, const char *page,
                                        const char *values)
{
    const char *command = pc_arena_format(arena, "%s '%s/render' %s%s %s", values, ADCS_FOLDER, language, layout, page);
    FILE *output = command ? popen(command, "r") : NULL;
    size_t room = (size_t)64 * 1024;
    char *text = pc_arena_alloc(arena, room);
    size_t len = output && text ? fread(text, 1, room - 1, output) : 0;

    if (!output || pclose(output) != 0 || len == 0 || len == room - 1) {
        (void)fprintf(stderr, "cannot render: %s\n", command ? command : "out of memory");
        abort();
    }
    return text;
}

#endif
