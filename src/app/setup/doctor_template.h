/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DOCTOR_TEMPLATE_H
#define PC_APP_DOCTOR_TEMPLATE_H

#include <p11cert/doctor.h>

#include "token/session.h"

/**
 * Can a key on this token satisfy the template of the order? Its verdict is that of pc_templates_run; then whether the
 * token says that it can generate a key of a type that the template takes. A template that cannot be read is an error
 * among the results.
 * @return PC_OK; PC_E_USAGE (the address, or a protocol without templates); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_doctor_template(const pc_token *token, const pc_doctor_order *order,
                                           const pc_token_access *access, pc_doctor_result *result, pc_error *err);

#endif
