/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_job.h"

#include "base/text.h"

void pc_inf_mean(pc_inf_job *job, const pc_inf_entry *entry, pc_effect effect, const char *note)
{
    job->said->meanings[entry - job->inf->entries] = (pc_inf_meaning){ .effect = effect, .note = note };
}

const pc_inf_entry *pc_inf_first_entry(const pc_inf *inf, const char *section, const char *key)
{
    for (size_t i = 0; i < inf->entry_count; i++) {
        const pc_inf_entry *each = &inf->entries[i];

        if (pc_text_equal(each->key, key) && pc_text_equal(each->section, section)) {
            return each;
        }
    }
    return NULL;
}
