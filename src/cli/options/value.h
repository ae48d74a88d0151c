/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_VALUE_H
#define PC_CLI_VALUE_H

#include "base/arena.h"
#include "cli/command.h"

/**
 * Store the value of an option in its field, according to its kind. @param field of the type that belongs to the kind
 * @param text borrowed, as long as the field is used; ignored for a flag
 * @return PC_OK; PC_E_USAGE (not a value of that kind: the text itself is never repeated, it may be a PIN in the wrong
 *         place, unless it is a duration); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_option_set(const pc_option *option, void *field, const char *text, pc_arena *arena,
                                      pc_error *err);

/** "-" for any path that names standard output, such as /dev/stdout; else the text itself. */
const char *pc_output_spelling(const char *text);

/** Append to texts, which stay NULL-terminated. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_texts_add(pc_texts *texts, const char *text, pc_arena *arena, pc_error *err);

#endif
