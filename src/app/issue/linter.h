/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_LINTER_H
#define PC_APP_LINTER_H

#include <p11cert/issue.h>

#include "base/arena.h"

/**
 * Run another program on a certificate that was rehearsed. There is no shell: the command is split at spaces, and the
 * path of the certificate (PEM) follows as the last word. The program gets no descriptors except standard input
 * (/dev/null) and its output, and only PATH, HOME, TMPDIR and the locale from the environment. If it does not end
 * within a minute, it is killed.
 *
 * @param ret_run  in the arena: exit code, and its output, of which the first 16 KiB are kept
 * @return PC_OK, whatever the exit code; PC_E_USAGE (an empty command); PC_E_NOT_FOUND (there is no such program);
 *         PC_E_IO (it could not be run, or did not end in time); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_linter_run(const char *command, const char *pem, pc_arena *arena,
                                      pc_linter_run_result *ret_run, pc_error *err);

#endif
