/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ASKED_ONCE_H
#define PC_APP_ASKED_ONCE_H

#include <p11cert/ca.h>

#include "token/session.h"

/**
 * For use cases that are made of others, each of which opens the token or logs in to the CA itself: the PIN and the
 * password are read once, wherever they come from (a descriptor, the environment and a person give them only once), and
 * handed out in locked memory each time they are asked for.
 */
typedef struct {
    pc_token_access access; /**< to be given on: asks here for PIN and password */
    pc_ca_access ca;        /**< likewise */
    /* private */
    const pc_token_access *given;
    const char *password_source;
    pc_secret *pin;
    pc_secret *password;
} pc_asked_once;

/**
 * @param access  borrowed as long as this lives
 * @param ca      as access; NULL if there is no CA
 * @param token   open by `access`: its PIN is what is handed out
 */
PC_MUST_CHECK pc_status pc_asked_once_init(const pc_token_access *access, const pc_ca_access *ca, const pc_token *token,
                                           pc_asked_once *ret_asked, pc_error *err);

/** Wipes both. Accepts one that is all zero. */
void pc_asked_once_clear(pc_asked_once *asked);

#endif
