/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_PIN_H
#define P11CERT_PIN_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert pin`: change a PIN of a token. */

typedef enum {
    PC_PIN_USER,  /**< the user PIN, by whoever knows it (C_SetPIN) */
    PC_PIN_SO,    /**< the Security Officer's PIN, by whoever knows it (C_SetPIN) */
    PC_PIN_RESET, /**< the user PIN, by the Security Officer: forgotten, locked or never set (C_InitPIN) */
} pc_pin_task;

typedef struct {
    pc_pin_task task;
    const char *so_pin_source;  /**< of the Security Officer's PIN in use (SO, RESET); NULL: prompt */
    const char *new_pin_source; /**< NULL: prompt, which asks twice */
    bool allow_weak;            /**< accept a new PIN that is one repeated character, or a run such as 1234 */
} pc_pin_order;

typedef struct {
    pc_token_info token; /**< as it was before the change */
    bool is_proved; /**< the token accepted a login with the new PIN; false if the PIN was entered on its own pad */
} pc_pin_changed;

/**
 * Change a PIN. The PIN in use comes from access (USER) or order->so_pin_source, and is tried exactly once. Everything
 * that can be known before is checked first: a locked PIN, a last try that nobody attends, the length of both PINs
 * against the token's limits, and that the new one differs from the one in use. Then a login in a new session
 * proves the new PIN. (PKCS#11 v2.40 sections 5.5 and 5.6.)
 *
 * @return PC_OK; PC_E_AUTH (a wrong, empty or rejected PIN; two different entries); PC_E_LOCKED; PC_E_REFUSED (a new
 * PIN that is easy to guess or is the one in use; others can read a PIN file); PC_E_VERIFY (the token reported success,
 * but rejects the new PIN); PC_E_TOKEN (the error says whether the PIN was changed, or that it is not known); any error
 * of pc_token_open and pc_pin_read.
 */
PC_MUST_CHECK pc_status pc_pin_run(const pc_pin_order *order, const pc_token_access *access,
                                   pc_pin_changed *ret_changed, pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
