/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_H
#define PC_TOKEN_PIN_H

#include <p11cert/token.h>

/** As pc_pin_read, for any kind of secret. If the prompt fails without a hint, the hint names the kind's option. */
PC_MUST_CHECK pc_status pc_secret_read(const char *source, pc_pin_prompt prompt, void *context, const char *what,
                                       pc_secret_kind kind, pc_secret **ret_secret, pc_error *err);

#endif
