/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SOFTHSM_H
#define PC_TOKEN_SOFTHSM_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdint.h>

#include <p11cert/error.h>

/**
 * Explains a failure for which SoftHSM 2 returns only CKR_GENERAL_ERROR or CKR_DEVICE_ERROR, with details in the system
 * log: this user cannot use its configuration or its token folder. On Debian this is a new user's first error, since
 * both belong to root and the group softhsm.
 */

/** What SoftHSM was about to do with its token folder. */
typedef enum {
    PC_SOFTHSM_OPEN,  /**< list the tokens: C_Initialize */
    PC_SOFTHSM_WRITE, /**< initialise a token: C_InitToken */
} pc_softhsm_need;

/** Is this the path of SoftHSM 2, judging by the file name? */
bool pc_softhsm_is_module(const char *path);

/**
 * A number for the token folder that SoftHSM uses in this process, whether or not it is in use. Copies of a token in
 * different folders show the same label and serial number; this tells them apart. 0: it cannot be determined.
 */
uint64_t pc_softhsm_folder_number(void);

/**
 * As pc_fail_ckr, for a failed call to SoftHSM. First checks the configuration that SoftHSM uses (SOFTHSM2_CONF, the
 * user's own, the system's) and the token folder set in it. If this process cannot use them, that is the innermost
 * cause, with its errno, and the hint says how to continue.
 *
 * @return PC_E_TOKEN in that case; else what pc_fail_ckr returns.
 *
 * Source: SoftHSM 2.6.1, src/lib/common/SimpleConfigLoader.cpp and src/lib/object_store/ObjectStore.cpp.
 */
pc_status pc_softhsm_fail(pc_softhsm_need need, CK_RV rv, const char *function, pc_error *err);

#endif
