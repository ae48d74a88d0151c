/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CA_TEMPLATES_H
#define PC_APP_CA_TEMPLATES_H

#include <p11cert/templates.h>

#include "token/session.h"

PC_AUTO_DEFINE(pc_templates_result, pc_templates_result, pc_templates_result_free);

/** As pc_templates_run, on a token that the caller has open. @param token  NULL: none is needed */
PC_MUST_CHECK pc_status pc_templates_on(const pc_token *token, const pc_templates_order *order,
                                        const pc_token_access *access, pc_templates_result **ret_result, pc_error *err);

#endif
