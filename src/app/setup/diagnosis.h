/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DIAGNOSIS_H
#define PC_APP_DIAGNOSIS_H

#include <p11cert/doctor.h>

#include "base/arena.h"

/** Add a finding to the report of `doctor`. Texts are borrowed for as long as the result exists; NULL means that memory
 * ran out. */

/** A check that passed. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_diagnosis_add_ok(pc_doctor_result *result, const char *id, const char *found, pc_error *err);

/** A problem, and how to fix it; `fix` may be NULL. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_diagnosis_add_problem(pc_doctor_result *result, pc_severity severity, const char *id,
                                                 const char *found, const char *fix, pc_error *err);

#endif
