/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SOFTHSM_H
#define PC_TOKEN_SOFTHSM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include <p11cert/error.h>

/**
 * What SoftHSM 2 answers with CKR_GENERAL_ERROR or CKR_DEVICE_ERROR, and writes to the system's log alone: its
 * configuration or its token folder cannot be used by this user. On Debian that is what a newcomer meets first, for
 * both belong to root and the group softhsm.
 */

/** What SoftHSM was about to do with its token folder. */
typedef enum {
    PC_SOFTHSM_OPEN,  /**< list the tokens: C_Initialize */
    PC_SOFTHSM_WRITE, /**< make a token: C_InitToken */
} pc_softhsm_need;

/** Is this the path of SoftHSM 2, by the name of its file? */
bool pc_softhsm_is_module(const char *path);

/**
 * As pc_fail_ckr, for a call of SoftHSM's that failed. First look for the configuration where SoftHSM looks for it
 * (SOFTHSM2_CONF, the user's own, the system's), and in it for the token folder. If this process cannot use them, that is
 * the innermost cause, with its errno, and the hint says how to continue.
 *
 * @return PC_E_TOKEN in that case; else what pc_fail_ckr returns.
 *
 * Source: SoftHSM 2.6.1, src/lib/common/SimpleConfigLoader.cpp and src/lib/object_store/ObjectStore.cpp.
 */
pc_status pc_softhsm_fail(pc_softhsm_need need, CK_RV rv, const char *function, pc_error *err);

#endif
