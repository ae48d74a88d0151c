/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_CKR_H
#define PC_TOKEN_CKR_H

#include <p11-kit/pkcs11.h>

#include <p11cert/error.h>

/** Returned for a call that was not made because it could not be recorded (p11cert/audit.h); no module returns it. */
#define PC_CKR_NOT_RECORDED (CKR_VENDOR_DEFINED | 0x50435243UL)

/** The name of a CK_RV ("CKR_PIN_INCORRECT"), or NULL if it is unknown. */
const char *pc_ckr_name(CK_RV rv);

/**
 * Start an error chain from a failed call: "C_Login: CKR_PIN_INCORRECT (0xa0)", the status for the code, and its hint.
 * Returns that status; PC_E_TOKEN if the table has no entry.
 */
pc_status pc_fail_ckr(pc_error *err, CK_RV rv, const char *function);

/** The same, for callers that know the meaning of the code in their context better than the table. */
pc_status pc_fail_ckr_as(pc_error *err, pc_status status, CK_RV rv, const char *function);

/** Is it a code with which modules refuse a template? NSS uses CKR_GENERAL_ERROR. */
bool pc_rv_refuses_template(CK_RV rv);

#endif
