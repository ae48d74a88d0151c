/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_JUDGE_TEXTS_H
#define PC_CEREMONY_JUDGE_TEXTS_H

#include "ceremony/script/findings.h"
#include "ceremony/script/script.h"
#include "ceremony/script/yaml_tree.h"

/**
 * Characters in a ceremony or site file that mislead those who read it on a screen or on paper (pc_yaml_find_unseen),
 * each named by its code point. Of a flood of them, only the first are found.
 * @return PC_OK, whatever the findings; PC_E_INPUT, as pc_yaml_find_unseen; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_script_judge_unseen(pc_bytes file, const char *name, pc_script_findings *findings,
                                               pc_error *err);

/**
 * Words that mix letters of several scripts (pc_text_find_mixture), such as a Cyrillic letter in a Latin word, which
 * show one name on paper and are another: in every value of a ceremony or site file except what is only read (text,
 * purpose, approval, materials). Of a flood of them, only the first are found.
 * @return PC_OK, whatever the findings; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_script_judge_scripts(const pc_script_node *node, pc_script_findings *findings,
                                                pc_error *err);

/** A name that is not written on one line. NULL is. @return PC_OK, whatever the findings; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_script_judge_line(const char *name, size_t line, pc_script_findings *findings,
                                             pc_error *err);

/** All names in a ceremony file that are not on one line. @return PC_OK, whatever the findings; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_script_judge_names(const pc_script *script, pc_script_findings *findings, pc_error *err);

#endif
