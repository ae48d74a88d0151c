/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_H
#define PC_TOKEN_PIN_H

#include <p11cert/token.h>

/** What is asked for: only the words of errors differ. */
typedef enum {
    PC_SECRET_IS_PIN,
    PC_SECRET_IS_PASSWORD, /**< of a file */
} pc_secret_kind;

/** As pc_pin_read, for a PIN or a password. */
PC_MUST_CHECK pc_status pc_secret_read(const char *source, pc_pin_prompt prompt, void *context, const char *what,
                                       pc_secret_kind kind, pc_secret **ret_secret, pc_error *err);

#endif
