/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_REPORT_H
#define PC_INF_INF_REPORT_H

#include "inf/inf_job.h"
#include "inf/inf_number.h"

/** Findings that many sections have in common. All return PC_OK or PC_E_MEMORY. */

/**
 * A value that cannot be read. If it ends in a comment of another language ('#'), the fix is to write that comment with
 * ';'; else it is the advice given.
 */
PC_MUST_CHECK pc_status pc_inf_bad_value(pc_inf_job *job, const pc_inf_entry *entry, const char *reason,
                                         const char *advice);

/** The same with a replacement for the line: what pc_inf_line_text gives. */
PC_MUST_CHECK pc_status pc_inf_bad_value_replace(pc_inf_job *job, const pc_inf_entry *entry, const char *reason,
                                                 const char *text);

/** Set the fix of a finding about a value that cannot be read, as pc_inf_bad_value does. */
void pc_inf_fix_value(pc_finding *head, const pc_inf *inf, const pc_inf_entry *entry, const char *advice);

/** A list item that is really several, with blanks where commas belong; the item is a part of the value. */
PC_MUST_CHECK pc_status pc_inf_missing_comma(pc_inf_job *job, const pc_inf_entry *entry, pc_span item,
                                             const char *reason);

/** A word in a value that is not a symbol of that key. */
PC_MUST_CHECK pc_status pc_inf_bad_symbol(pc_inf_job *job, const pc_inf_entry *entry, pc_span word,
                                          const pc_inf_symbols *symbols);

/** The entry's value with one word in it replaced, as a fix; the word is a part of the value. */
const char *pc_inf_line_with(const pc_inf *inf, const pc_inf_entry *entry, pc_span word, const char *replacement);

/** A key that certreq does not know, with the nearest known one or NULL. */
PC_MUST_CHECK pc_status pc_inf_unknown_key(pc_inf_job *job, const pc_inf_entry *entry, const char *nearest);

#endif
