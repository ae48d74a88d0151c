/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_INIT_H
#define P11CERT_INIT_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert init`: initialise a token in a free slot. */

typedef struct {
    const char *label;         /**< 1 to 32 bytes */
    const char *so_pin_source; /**< of the Security Officer; NULL: prompt */
} pc_init_order;

typedef enum {
    PC_INIT_MADE,     /**< a free slot was initialised and the user PIN set */
    PC_INIT_FINISHED, /**< the token existed without a user PIN, which was set */
    PC_INIT_THERE,    /**< the token existed and was complete; nothing was done */
} pc_init_outcome;

/**
 * C_InitToken on a free slot, then set the user PIN (access->pin_source; a prompt asks for it twice). An initialised
 * token is never initialised again, which would destroy its objects: before C_InitToken the slot must twice be reported
 * as empty and show no object, and afterwards the user PIN as set. One run on a machine does this at a time.
 * @return PC_OK; PC_E_USAGE (label); PC_E_NOT_FOUND (no free slot); PC_E_AMBIGUOUS (several
 *         tokens have the label); PC_E_AUTH; PC_E_TOKEN; any error of pc_pin_read and loading a module.
 */
PC_MUST_CHECK pc_status pc_init_run(const pc_init_order *order, const pc_token_access *access,
                                    pc_init_outcome *ret_outcome, pc_token_info *ret_token, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
