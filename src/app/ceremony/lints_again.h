/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_LINTS_AGAIN_H
#define PC_APP_CEREMONY_LINTS_AGAIN_H

#include "app/ceremony/material.h"

/**
 * Judge the certificates and CRLs again by the policy "ca", as before they were signed, and compare with what was
 * recorded. An error by that policy is a failure; so is a result that differs from the one that the same version of
 * p11cert recorded. Another version may have other rules: then a difference is a note.
 * @return PC_OK, whatever the verdict; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_lints_again(const pc_ceremony_material *material,
                                                pc_ceremony_verify_result *verdict, pc_error *err);

#endif
