/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CA_SUBMIT_H
#define PC_APP_CA_SUBMIT_H

#include <p11cert/submit.h>

#include "token/session.h"

/**
 * As pc_submit_run, on a token that the caller has open, logged in and read-write, and closes.
 * @param token   NULL: it is opened by `access`, and closed
 * @param access  asks for the password of the CA unless the order has it
 */
PC_MUST_CHECK pc_status pc_submit_on(const pc_token *token, const pc_submit_order *order, const pc_token_access *access,
                                     pc_submit_result **ret_result, pc_error *err);

/** As pc_retrieve_run, in the same way. */
PC_MUST_CHECK pc_status pc_retrieve_on(const pc_token *token, const pc_retrieve_order *order,
                                       const pc_token_access *access, pc_submit_result **ret_result, pc_error *err);

#endif
