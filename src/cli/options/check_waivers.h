/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CHECK_WAIVERS_H
#define PC_CLI_CHECK_WAIVERS_H

#include <p11cert/policy.h>

#include "cli/cli.h"

/** --waive, --reason and --until: rows for a group that fills a pc_series. */
extern const pc_option pc_options_waivers[];

/** The waivers that they describe, in the run's arena. */
typedef struct {
    pc_waiver *items;
    size_t count;
} pc_given_waivers;

/**
 * Assemble the waivers: --reason and --until belong to the preceding --waive.
 * @return PC_OK; PC_E_USAGE (--reason or --until without --waive or twice, no reason, a rule waived twice);
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_waivers_take(pc_cli *cli, const pc_series *series, pc_given_waivers *ret_waivers);

#endif
