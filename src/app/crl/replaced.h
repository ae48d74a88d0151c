/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CRL_REPLACED_H
#define PC_APP_CRL_REPLACED_H

#include "x509/crl_build.h"

/** An output file that a new CRL will replace. */
typedef struct {
    const char *file;
    X509 *issuer;                    /**< borrowed */
    const pc_crl_contents *previous; /**< the CRL that the new one continues; NULL: the new one is the first */
} pc_crl_replaced;

/**
 * Refuse to replace a CRL of this CA that is later than the previous one: the new CRL would have its number again, and
 * what it revoked would vanish. Any other file may be replaced.
 * @return PC_OK; PC_E_REFUSED; PC_E_INPUT (a CRL of this CA with fields that cannot be read); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_check_replaced(const pc_crl_replaced *replaced, pc_arena *arena, pc_error *err);

#endif
