/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ceremony_replay.h>

#include "cli/cli.h"
#include "cli/cmd/ceremony.h"
#include "cli/print/judged.h"
#include "cli/print/output.h"

PC_AUTO_DEFINE(pc_ceremony_verify_result, pc_ceremony_verify_result, pc_ceremony_verify_result_free);

typedef struct {
    const char *path;
} replay_options;

static pc_status run_replay(pc_cli *cli, const void *options)
{
    const replay_options *given = options;
    PC_AUTO(pc_ceremony_verify_result) pc_ceremony_verify_result *result = NULL;

    PC_TRY(pc_ceremony_replay_run(given->path, &result, &cli->err));
    cli->exit_code = result->is_verified ? 0 : 1;
    if (cli->json) {
        return pc_print_json(cli, pc_judged_to_json(result));
    }
    pc_judged_print(cli, result, "replayed");
    return PC_OK;
}

const pc_command pc_ceremony_replay_command = {
    .verb = "ceremony replay",
    .summary = "make the files of a ceremony again, without a token, and compare",
    .details =
        "Makes each certificate, request, CRL and challenge again, from the ceremony file, the public keys and the\n"
        "serial numbers, times and random bytes recorded in the transcript. The signed part must be the same, byte\n"
        "for byte, and its signature must verify; with RSA PKCS#1 v1.5 and Ed25519, the whole DER file is then the\n"
        "same. `ceremony verify` checks the rest: who signed, and whether the ceremony was completed.\n",
    .exits = "Exit code 1: something differs, or cannot be made again.\n",
    .examples = "p11cert ceremony replay root-2027.tar\n",
    .positional = { .name = "PATH",
                    .kind = PC_OPTION_FILE,
                    .what = "the folder or the bundle",
                    .offset = offsetof(replay_options, path),
                    .min = 1,
                    .max = 1 },
    .options_size = sizeof(replay_options),
    .run = run_replay,
};
