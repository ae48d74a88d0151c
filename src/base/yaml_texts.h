/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_YAML_TEXTS_H
#define PC_BASE_YAML_TEXTS_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#include "base/bytes.h"

/** A character that is not seen, or changes how others are seen (pc_text_is_harmful). */
typedef struct {
    size_t line;      /**< of the text that contains it, from 1 */
    const char *text; /**< the key or value that contains it, as YAML reads it; NULL: it is in a comment or a name */
    uint32_t point;
} pc_yaml_unseen;

typedef struct {
    pc_status (*found)(void *context, const pc_yaml_unseen *unseen, pc_error *err);
    void *context;
} pc_yaml_unseen_report;

/**
 * Find in a YAML file what its reviewers do not see as it is: such characters in keys and values, also if they are
 * written as "\u202E", and in comments, which can change where a comment seems to end (CVE-2021-42574). Line ends and
 * tabs are allowed, a byte order mark at the start, and in comments what pc_text_is_harmful_in_comment leaves out. Each
 * text, and each line of comments, is reported once. What is not YAML is left to the reader of the file.
 *
 * @return PC_OK; what `found` returns, if that is not PC_OK; PC_E_INPUT if the file is not valid in the encoding of its
 *         byte order mark; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_yaml_find_unseen(pc_bytes bytes, const char *file, const pc_yaml_unseen_report *report,
                                            pc_error *err);

#endif
