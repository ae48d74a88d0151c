/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_SCRIPT_FILE_H
#define PC_APP_CEREMONY_SCRIPT_FILE_H

#include "ceremony/script/script.h"

/**
 * Read a script and check it.
 * @return PC_OK, also with findings; as pc_ceremony_lint_run.
 */
PC_MUST_CHECK pc_status pc_script_file_judge(const char *file, pc_arena *arena, pc_script *ret_script,
                                             pc_script_findings *ret_findings, pc_error *err);

/** The same for a script that is to be carried out: a finding is PC_E_INPUT. */
PC_MUST_CHECK pc_status pc_script_file_read(const char *file, pc_arena *arena, pc_script *ret_script, pc_error *err);

#endif
