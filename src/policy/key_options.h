/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_POLICY_KEY_OPTIONS_H
#define PC_POLICY_KEY_OPTIONS_H

#include <stdbool.h>

#include "base/arena.h"

/**
 * The options for a SCOM computer whose key cannot leave its token (rule EXP-3), the simplest first. The rule's remedy
 * and the kit both show them; docs/policy-rules.md explains them.
 */
#define PC_KEY_OPTION_COUNT 4u

/** What the commands in the options contain: safe words, or placeholders. */
typedef struct {
    const char *inf;    /**< the INF file of the key's request */
    const char *serial; /**< of the certificate, hex */
    const char *csp;    /**< the HSM vendor's legacy CSP */
} pc_key_option_names;

/** @return false when out of memory. */
bool pc_key_options(pc_arena *arena, const pc_key_option_names *names, const char *ret_options[PC_KEY_OPTION_COUNT]);

#endif
