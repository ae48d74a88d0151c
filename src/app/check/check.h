/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CHECK_H
#define PC_APP_CHECK_H

#include <p11cert/check.h>

#include "policy/profile.h"
#include "token/session.h"

/**
 * As pc_check_run, on a token that the caller has open, logged in, and closes, and with a profile that is already open,
 * with the waivers of the order checked (pc_profile_open_order). Without a probe.
 */
PC_MUST_CHECK pc_status pc_check_on(const pc_token *token, const pc_check_order *order, const pc_profile *profile,
                                    pc_report **ret_report, pc_error *err);

#endif
