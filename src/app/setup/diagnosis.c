/* SPDX-License-Identifier: Apache-2.0 */
#include "app/setup/diagnosis.h"

static pc_status add(pc_doctor_result *result, pc_diagnosis diagnosis, pc_error *err)
{
    pc_diagnosis *slot = PC_PUSH(result->arena, result->items, result->count);

    if (!slot || !diagnosis.found) {
        return pc_fail_memory(err);
    }
    *slot = diagnosis;
    return PC_OK;
}

pc_status pc_diagnosis_add_ok(pc_doctor_result *result, const char *id, const char *found, pc_error *err)
{
    return add(result, (pc_diagnosis){ .id = id, .is_ok = true, .found = found }, err);
}

/* More than five parameters: they are the fields of a diagnosis, and each call gives all of them. */
pc_status pc_diagnosis_add_problem(pc_doctor_result *result, pc_severity severity, const char *id, const char *found,
                                   const char *fix, pc_error *err)
{
    return add(result, (pc_diagnosis){ .id = id, .severity = severity, .found = found, .fix = fix }, err);
}
