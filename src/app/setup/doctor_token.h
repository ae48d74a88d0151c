/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DOCTOR_TOKEN_H
#define PC_APP_DOCTOR_TOKEN_H

#include <p11cert/doctor.h>

#include "base/arena.h"
#include "token/session.h"

/** The token's flags and mechanisms. */
PC_MUST_CHECK pc_status pc_doctor_token(const pc_token *token, pc_doctor_result *result, pc_error *err);

/** What is on the token: shared CKA_IDs, keys without public half, keys no engine can use. */
PC_MUST_CHECK pc_status pc_doctor_objects(const pc_token *token, pc_doctor_result *result, pc_error *err);

#endif
