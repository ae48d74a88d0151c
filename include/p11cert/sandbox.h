/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SANDBOX_H
#define P11CERT_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert sandbox`: a private SoftHSM token in its own folder, for experiments, and the environment that makes p11cert
 * and other programs use it. The caller runs the command in it, and removes it.
 */

typedef struct {
    const char *label;  /**< of the token, 1 to 32 bytes; NULL: "sandbox" */
    const char *folder; /**< must not exist; NULL: a new one in $TMPDIR, or in /tmp if that is not set */
} pc_sandbox_order;

/** A variable to set, or to remove from the environment. */
typedef struct {
    const char *name;
    const char *value; /**< NULL: the variable must not be set */
} pc_sandbox_variable;

#define PC_SANDBOX_VARIABLES 6u

/** Texts are not escaped. */
typedef struct pc_sandbox {
    const char *folder; /**< absolute, mode 0700; holds softhsm2.conf, tokens/, so.pin and user.pin (mode 0600) */
    const char *label;
    /** SOFTHSM2_CONF, P11CERT_MODULE, P11CERT_MODULE_INIT_ARGS, P11CERT_TOKEN, P11CERT_PIN_SOURCE, P11CERT_SANDBOX. */
    pc_sandbox_variable variables[PC_SANDBOX_VARIABLES];
    uint64_t device; /**< of the folder, with inode: another folder in its place is not removed */
    uint64_t inode;
    struct pc_arena *arena;
} pc_sandbox;

/**
 * Create the folder, two PIN files with random PINs, SoftHSM's configuration and the token.
 *
 * SoftHSM finds this configuration only through SOFTHSM2_CONF, so the variable is set in this process while the token
 * is created, and then restored: no other thread may use the environment or SoftHSM during that time.
 *
 * @return PC_OK; PC_E_USAGE (label); PC_E_REFUSED (the folder exists; the default module is not SoftHSM, so its tokens
 *         could be in use); PC_E_INPUT (a path that SoftHSM's configuration cannot hold); PC_E_IO; PC_E_CRYPTO (no
 *         random PIN); PC_E_NOT_FOUND (SoftHSM is not installed); PC_E_TOKEN; PC_E_MEMORY. Nothing is left behind on
 *         failure.
 */
PC_MUST_CHECK pc_status pc_sandbox_make(const pc_sandbox_order *order, pc_sandbox **ret_sandbox, pc_error *err);

/**
 * Remove the folder and its contents. A folder that is already gone is not an error.
 * @return PC_OK; PC_E_IO, naming the first thing that could not be removed; the rest is removed.
 */
PC_MUST_CHECK pc_status pc_sandbox_remove(const pc_sandbox *sandbox, pc_error *err);

/** Frees the memory and keeps the folder. Accepts NULL. */
void pc_sandbox_free(pc_sandbox *sandbox);

#ifdef __cplusplus
}
#endif

#endif
