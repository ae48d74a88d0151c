/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_STRINGS_H
#define PC_INF_INF_STRINGS_H

#include <p11cert/inf.h>

#include "inf/name_map.h"

/** What [Strings] defines, and the replacement of %name% by it. */
typedef struct {
    pc_inf *inf;
    pc_name_map names;
    const char **values;
    size_t count;
    size_t room; /**< bytes of replaced text that may still be created */
} pc_inf_strings;

pc_inf_strings pc_inf_strings_for(pc_inf *inf);

/** Define a string; the first definition of a name counts. Texts are borrowed. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_strings_define(pc_inf_strings *strings, const char *name, const char *value);

/**
 * Replace %name% and %%. A name that is not defined is left unchanged, with a finding; a '%' that no
 * other follows is left unchanged without one.
 *
 * @param ret_text  in inf's arena; NULL if the result is longer than any line may be
 * @return PC_OK; PC_E_INPUT if all replaced texts together grow out of bounds; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_strings_expand(pc_inf_strings *strings, const char *text, unsigned line,
                                              const char **ret_text, pc_error *err);

#endif
