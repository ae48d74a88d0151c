/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_KEYS_AGAIN_H
#define PC_APP_CEREMONY_KEYS_AGAIN_H

#include "app/ceremony/material.h"

/**
 * May each key that was generated be used as the ceremony file orders with `use`, and for nothing else? What the token
 * showed after generation is compared. A use that the token allows although it was not ordered, and that some tokens do
 * not let a program switch off, is a note; so is one that the token does not show. Only if there is neither, and each
 * key has a record, do the keys pass.
 * @return PC_OK, whatever the verdict; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_keys_again(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict,
                                               pc_error *err);

#endif
