/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_H
#define PC_TOKEN_PIN_H

#include <p11cert/token.h>

/** A secret that is needed, and where it may come from. */
typedef struct {
    const char *source;            /**< as for pc_pin_read */
    const pc_token_access *access; /**< its prompt is used */
    const char *what;              /**< for the prompt and for errors: "PIN of token …" */
    pc_secret_kind kind;
    bool may_be_empty; /**< such as the password of a PFX that another program wrote without one */
} pc_secret_request;

/** As pc_pin_read, for any kind of secret. If the prompt fails without a hint, the hint names the kind's option. */
PC_MUST_CHECK pc_status pc_secret_read(const pc_secret_request *request, pc_secret **ret_secret, pc_error *err);

/**
 * The same for a new secret: at a prompt, where the input is not visible, it must be entered twice.
 * @return as pc_secret_read; PC_E_AUTH if the two entries differ.
 */
PC_MUST_CHECK pc_status pc_secret_read_new(const pc_secret_request *request, pc_secret **ret_secret, pc_error *err);

#endif
