/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_job.h"

#include "base/text.h"

void pc_inf_mean(pc_inf_job *job, const pc_inf_entry *entry, pc_effect effect, const char *note)
{
    job->said->meanings[entry - job->inf->entries] = (pc_inf_meaning){ .effect = effect, .note = note };
}

/* The name as the file has it, which all entries of the section share; NULL if the file does not have the section. */
static const char *name_of(const pc_inf *inf, const char *section)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        if (pc_text_equal(inf->sections[i], section)) {
            return inf->sections[i];
        }
    }
    return NULL;
}

pc_status pc_inf_note_keys(pc_inf_job *job)
{
    const pc_inf *inf = job->inf;
    const char *name = name_of(inf, "NewRequest");
    size_t first = 0;

    job->new_request = (pc_name_map){ .arena = inf->arena };
    for (size_t i = 0; name && i < inf->entry_count; i++) {
        const pc_inf_entry *each = &inf->entries[i];

        if (each->section != name || pc_name_map_find(&job->new_request, pc_span_of(each->key), &first)) {
            continue;
        }
        if (!pc_name_map_add(&job->new_request, each->key, i)) {
            return PC_E_MEMORY;
        }
    }
    return PC_OK;
}

const pc_inf_entry *pc_inf_first_entry(const pc_inf_job *job, const char *section, const char *key)
{
    const pc_inf *inf = job->inf;
    const char *name = name_of(inf, section);
    size_t first = 0;

    if (pc_text_equal(section, "NewRequest")) {
        return pc_name_map_find(&job->new_request, pc_span_of(key), &first) ? &inf->entries[first] : NULL;
    }
    for (size_t i = 0; name && i < inf->entry_count; i++) {
        const pc_inf_entry *each = &inf->entries[i];

        if (each->section == name && pc_text_equal(each->key, key)) {
            return each;
        }
    }
    return NULL;
}
