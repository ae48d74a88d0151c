/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_KEYGEN_PLAN_H
#define PC_APP_KEYGEN_PLAN_H

#include <p11cert/keygen.h>

#include "token/key_template.h"

/**
 * How the key pair of an order is generated.
 * @return PC_OK; PC_E_USAGE (not a type of key pair, or a use that it does not have).
 */
PC_MUST_CHECK pc_status pc_keygen_plan(const pc_keygen_order *order, pc_key_plan *ret_plan, pc_error *err);

/**
 * The use that a step of a ceremony orders; PC_KEY_USE_SIGN if it names none (NULL).
 * @return PC_OK; PC_E_INPUT (not the name of a use).
 */
PC_MUST_CHECK pc_status pc_keygen_use(const char *name, pc_key_use *ret_use, pc_error *err);

#endif
