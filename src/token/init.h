/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_INIT_H
#define PC_TOKEN_INIT_H

#include <p11cert/init.h>

/** Supplies the two PINs only when they are needed. */
typedef struct {
    pc_status (*so_pin)(void *context, pc_secret **ret_pin, pc_error *err);
    pc_status (*user_pin)(void *context, pc_secret **ret_pin, pc_error *err);
    void *context;
} pc_init_pins;

/** The token, and what was done to initialise it. */
typedef struct {
    pc_init_outcome outcome;
    pc_token_info info;
} pc_initialised;

/**
 * Initialise a token: C_InitToken on a free slot, then set the user PIN. An initialised token is never initialised
 * again, which would destroy its objects. If interrupted between the two steps, the next run sets the PIN.
 *
 * @param label  1 to 32 bytes
 * @return PC_OK; PC_E_USAGE (label); PC_E_NOT_FOUND (no free slot); PC_E_AMBIGUOUS (several tokens have the label);
 *         PC_E_AUTH; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_token_initialise(const pc_token_access *access, const char *label, const pc_init_pins *pins,
                                            pc_initialised *ret_token, pc_error *err);

/**
 * The token that pc_token_initialise would use, only to be inspected: without a session.
 * @return PC_OK, to be closed with pc_token_close; PC_E_NOT_FOUND (no free slot); PC_E_AMBIGUOUS; PC_E_TOKEN;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_token_look_before_init(const pc_token_access *access, const char *label,
                                                  pc_token **ret_token, pc_error *err);

#endif
