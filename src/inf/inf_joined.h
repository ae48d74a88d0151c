/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_JOINED_H
#define PC_INF_INF_JOINED_H

#include "inf/alt_display.h"
#include "inf/inf_job.h"

/** The entry's value with the `_continue_` lines right below it. NULL when out of memory. */
const char *pc_inf_joined_value(pc_inf_job *job, const pc_inf_entry *entry);

/** The entry that the character at `offset` of a joined value is in. */
const pc_inf_entry *pc_inf_joined_entry(const pc_inf_job *job, const pc_inf_entry *entry, size_t offset);

/** The offset in the joined value of an entry of a position in `text`, which is the last part of that value (after the
 * tags).
 */
size_t pc_inf_joined_offset(const pc_inf_job *job, const pc_inf_entry *entry, const char *text, const char *place);

enum { PC_INF_PLACES_MAX = 16 };

/** Offsets in a joined value where a separator is missing, in ascending order; those that do not fit are left out. */
typedef struct {
    size_t offsets[PC_INF_PLACES_MAX];
    size_t count;
} pc_inf_places;

/** Set the fix of a finding to the lines of an entry, with a separator inserted at each place; to advice if one of
 * them is right after an '='. */
void pc_inf_fix_by_separating(pc_finding *head, const pc_inf_job *job, const pc_inf_entry *entry,
                              const pc_inf_places *places, const char *separator);

/**
 * Set the fix of a finding to the lines of an entry with these replacements; offsets are those of the joined value. The
 * fix stays as it is if a replacement begins in one line and ends in another.
 */
void pc_inf_fix_by_rewording(pc_finding *head, const pc_inf_job *job, const pc_inf_entry *entry,
                             const pc_rewording *rewording);

/** A `_continue_` line: used by the entry above, or else a finding. @return PC_OK, PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inf_read_continue(pc_inf_job *job, const pc_inf_entry *entry);

#endif
