/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_KIT_TEMPLATE_H
#define PC_APP_KIT_TEMPLATE_H

#include "base/arena.h"

/* The texts of src/app/kit/texts/, compiled into the program. */
extern const char pc_kit_install_ps1[];
extern const char pc_kit_readme_head[];
extern const char pc_kit_readme_pfx[];
extern const char pc_kit_readme_hsm[];
extern const char pc_kit_readme_host[];
extern const char pc_kit_readme_tail[];

/** The value for one @NAME@ of a template. */
typedef struct {
    const char *name;  /**< upper case letters and '_', without the '@'s */
    const char *value; /**< inserted unchanged: the caller quotes it */
} pc_kit_value;

/**
 * Insert values into a template. Inserted text is not expanded again.
 * @return PC_OK, with the text in the arena; PC_E_INTERNAL for a name that has no value; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_kit_fill(pc_arena *arena, const char *template, const pc_kit_value *values, size_t count,
                                    const char **ret_text, pc_error *err);

/**
 * A text as a PowerShell literal that stands for itself: in single quotes, each single quote in it doubled.
 * PowerShell treats U+2018 to U+201B as single quotes as well (about_Quoting_Rules). In the arena; NULL when out of
 * memory.
 */
const char *pc_kit_quote(pc_arena *arena, const char *text);

/** With LF replaced by CR LF, and preceded by the byte order mark of UTF-8, as Windows PowerShell 5.1 and Notepad
 * expect. */
const char *pc_kit_windows_text(pc_arena *arena, const char *text);

#endif
