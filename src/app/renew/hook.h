/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_HOOK_H
#define PC_APP_HOOK_H

#include "base/arena.h"

/** A variable that informs the operator's command of what happened. */
typedef struct {
    const char *name;  /**< NULL: skipped */
    const char *value; /**< NULL: the variable is withheld */
} pc_hook_variable;

/**
 * Run a command by /bin/sh and wait for it. It has the environment of this process with the variables added, and
 * without those through which a PIN or password could be found; standard input is /dev/null, standard output goes to
 * standard error, no other descriptor is inherited. To be called with no token open.
 *
 * @param ret_exit  its exit code; 128 and the number of the signal that ended it
 * @return PC_OK, whatever its exit code; PC_E_IO (it could not be started); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_hook_run(const char *command, const pc_hook_variable *variables, size_t count, int *ret_exit,
                                    pc_error *err);

#endif
