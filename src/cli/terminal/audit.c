/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/audit.h"

#include <p11cert/audit.h>

#include "cli/print/output.h"

static void print_act(void *context, const char *words)
{
    (void)context;
    (void)fputs("p11cert: ", stderr);
    pc_print_safe(stderr, words);
    (void)fputc('\n', stderr);
}

pc_status pc_cli_audit_start(pc_cli *cli, const pc_command *command)
{
    const pc_audit_order order = {
        .log = cli->log,
        .verb = command->verb,
        .tell = cli->verbose ? print_act : NULL,
    };

    return order.log || order.tell ? pc_audit_start(&order, &cli->err) : PC_OK;
}

pc_status pc_cli_audit_stop(pc_cli *cli, pc_status status)
{
    pc_error lost = { .status = PC_OK };
    pc_status recorded = pc_audit_stop(status == PC_OK ? NULL : &cli->err, &lost);

    if (cli->verbose) {
        (void)fprintf(stderr, "p11cert: %lu calls to the PKCS#11 module\n", pc_audit_call_count());
    }
    if (recorded != PC_OK) {
        cli->json = cli->json && status != PC_OK; /* its result has already been printed */
        cli->err = lost;
        return recorded;
    }
    return status;
}
