/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RETIRE_RECORD_H
#define PC_APP_RETIRE_RECORD_H

#include <p11cert/retire.h>

#include "base/line_file.h"

/**
 * Write a line of the record: before the destruction ("begun"), and with the outcome ("done", "failed"). It is on the
 * disk when this returns.
 * @param file  NULL: nothing is recorded
 * @param why the reason, for "failed"; else NULL
 * @return PC_OK; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_retire_record(const pc_line_file *file, const char *event, const pc_retire_result *result,
                                         const pc_error *why, pc_error *err);

#endif
