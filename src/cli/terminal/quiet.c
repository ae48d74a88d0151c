/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/quiet.h"

#include <errno.h>

pc_status pc_quiet_begin(pc_cli *cli, const pc_command *command)
{
    FILE *nowhere = fopen("/dev/null", "we");

    if (!nowhere) {
        return pc_fail_errno(&cli->err, PC_E_IO, errno, "cannot open \"/dev/null\"");
    }
    /* glibc's streams are variables that a program may set (its manual, "Standard Streams"). */
    cli->errors = stderr;
    stderr = nowhere;
    if (command->reports && !cli->json && !cli->is_asked) {
        stdout = nowhere;
    }
    return PC_OK;
}
