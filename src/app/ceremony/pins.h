/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_PINS_H
#define PC_APP_CEREMONY_PINS_H

#include <p11cert/token.h>

#include "base/arena.h"

/**
 * User PINs that people entered, or shares of which they entered, by token, so that a ceremony asks for each PIN once
 * and not in every step. They stay in locked memory until pc_ceremony_pins_clear. A PIN that the token rejects ends the
 * run, so it is not tried again.
 */
typedef struct {
    struct pc_kept_pin *first;
} pc_ceremony_pins;

/**
 * Make the access remember the answers to its prompt.
 * @param role  of the token; borrowed
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_pins_attach(pc_ceremony_pins *pins, const char *role, pc_arena *arena,
                                                pc_token_access *access, pc_error *err);

/** Wipes all of them. */
void pc_ceremony_pins_clear(pc_ceremony_pins *pins);

#endif
