/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_AUTO_ENROLLED_H
#define PC_CLI_AUTO_ENROLLED_H

#include <p11cert/auto_enroll.h>

#include "cli/cli.h"

/** Run an auto-enrolment, print it and set the exit code: the worst item's; 1 if a request is pending. */
PC_MUST_CHECK pc_status pc_auto_enroll(pc_cli *cli, const pc_auto_enroll_order *order);

#endif
