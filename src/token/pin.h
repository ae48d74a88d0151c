/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_H
#define PC_TOKEN_PIN_H

#include <p11cert/token.h>

/** Whose secret it is: its errors use that noun and name the option that supplies it. */
typedef enum {
    PC_SECRET_USER_PIN,      /**< --pin-source */
    PC_SECRET_SO_PIN,        /**< --so-pin-source */
    PC_SECRET_CA_PASSWORD,   /**< of a user at the CA: --password-source */
    PC_SECRET_FILE_PASSWORD, /**< of a PFX: --password-source */
    PC_SECRET_KIT_PASSWORD,  /**< of the PFX in the kit that a renewal makes: --kit-password-source */
} pc_secret_kind;

/** As pc_pin_read, for any kind of secret. If asking fails without a hint, the hint names the kind's option. */
PC_MUST_CHECK pc_status pc_secret_read(const char *source, pc_pin_prompt prompt, void *context, const char *what,
                                       pc_secret_kind kind, pc_secret **ret_secret, pc_error *err);

#endif
