/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_FIX_H
#define PC_INF_FIX_H

#include <p11cert/inf.h>

#include "base/text.h"

/** The fixes of findings: what people read, and the edit that a program can apply. */

/** The text of a fix. NULL when out of memory; "" once no more findings are kept, so that a flood of them costs no
 * memory. */
const char *pc_inf_fix(const pc_inf *inf, const char *format, ...) PC_PRINTF(2, 3);

/**
 * The line `key = value` as the INF grammar reads it back: quoted, and with doubled quotes and percent signs, where
 * that is needed. NULL when out of memory; "" once no more findings are kept.
 */
const char *pc_inf_line_text(const pc_inf *inf, const char *key, const char *value);

/**
 * The same before %strings% are replaced: the value always in quotes, percent signs as they are. A NULL value gives
 * NULL; without a key it is the value alone.
 */
const char *pc_inf_raw_line_text(const pc_inf *inf, pc_span key, const char *value);

/**
 * Where in a value a comment of another language begins: '#' or "//" outside quotes, after a blank or a closing quote.
 * If there is none, the length of the value.
 */
size_t pc_inf_comment_sign(pc_span value);

/** More lines than that are not rewritten in an edit, so that a flood of them costs little. */
enum { PC_INF_EDIT_MAX_LINES = 64 };

/**
 * The lines of an entry and of the `_continue_` lines below it, the first as given. NULL when out of memory; "" if
 * there are more than PC_INF_EDIT_MAX_LINES, or no more findings are kept.
 */
const char *pc_inf_lines_text(const pc_inf *inf, const pc_inf_entry *entry, const char *first);

/** The last of the `_continue_` lines right below an entry, or the entry itself. */
const pc_inf_entry *pc_inf_last_line(const pc_inf *inf, const pc_inf_entry *entry);

/** Set the fix of a finding to new text for some lines of the file. */
void pc_inf_fix_lines(pc_finding *head, unsigned first_line, unsigned last_line, const char *text);

/*
 * Set the fix of a finding about an entry, for people and as an edit. `text` is what pc_inf_line_text gives, or several
 * such lines separated by LF. Removing and moving include the `_continue_` lines below the entry.
 */
void pc_inf_fix_by_replacing(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *text);
void pc_inf_fix_by_removing(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry);

/** @param text  the line in its new section; NULL if it stays as it is */
void pc_inf_fix_by_moving(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *section,
                          const char *text);

#endif
