/* SPDX-License-Identifier: Apache-2.0 */
/* [BasicConstraintsExtension]. */
#include "inf/inf_basic_constraints.h"

#include "base/nearest.h"
#include "base/text.h"
#include "inf/inf_bool.h"
#include "inf/inf_claims.h"
#include "inf/inf_extension.h"
#include "inf/inf_home.h"
#include "inf/inf_report.h"

static pc_status read_path_length(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_basic_constraints *constraints = &job->request->basic_constraints;
    unsigned long number = 0;

    if (!pc_text_to_number(entry->value, 0x7fffffff, &number)) {
        return pc_inf_bad_value(job, entry, "it is not a number of CAs", "write how many CAs may be below this one");
    }
    constraints->has_path_length = true;
    constraints->path_length = (unsigned)number;
    return PC_OK;
}

static pc_status read_critical(pc_inf_job *job, const pc_inf_entry *entry)
{
    return pc_inf_read_flag(job, entry, &job->request->basic_constraints.critical);
}

static const struct {
    const char *key;
    pc_inf_reader read;
    const char *note;
} basic_keys[] = {
    { "PathLength", read_path_length, "how many CAs may be below this one; the section makes the subject a CA" },
    { "Critical", read_critical, "whether the extension basic constraints is critical" },
};

pc_status pc_inf_read_basic_constraints(pc_inf_job *job, const pc_inf_entry *entry)
{
    pc_basic_constraints *constraints = &job->request->basic_constraints;
    pc_nearest nearest = pc_nearest_to(entry->key);
    bool is_first = true;

    if (job->position == 0 || entry[-1].section != entry->section) {
        PC_TRY(pc_inf_claim_extension(job, PC_INF_OID_BASIC_CONSTRAINTS, entry, &is_first));
    }
    constraints->present = true;
    constraints->is_ca = true;
    for (size_t i = 0; i < PC_COUNT(basic_keys); i++) {
        if (pc_text_equal(entry->key, basic_keys[i].key)) {
            pc_inf_mean(job, entry, PC_EFFECT_HONOURED, basic_keys[i].note);
            return basic_keys[i].read(job, entry);
        }
        pc_nearest_offer(&nearest, basic_keys[i].key);
    }
    return pc_inf_stray_key(job, entry, nearest.best);
}
