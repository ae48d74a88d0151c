/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_TOKENS_AGAIN_H
#define PC_APP_CEREMONY_TOKENS_AGAIN_H

#include "app/ceremony/material.h"

/**
 * Is each token that was recorded one that the ceremony file expects: its label and, except in a rehearsal, where other
 * tokens take their place, manufacturer, model, firmware and serial number? What is expected but not recorded is a
 * note.
 * @return PC_OK, whatever the verdict; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_tokens_again(const pc_ceremony_material *material,
                                                 pc_ceremony_verify_result *verdict, pc_error *err);

#endif
