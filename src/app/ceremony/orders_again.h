/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_ORDERS_AGAIN_H
#define PC_APP_CEREMONY_ORDERS_AGAIN_H

#include "app/ceremony/material.h"

/**
 * Does each file that a step made hold what the ceremony file orders? Each part of a certificate, request or CRL that
 * differs is a failure with both values, the step and its line. The order of extensions does not count.
 * @return PC_OK, whatever the verdict; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ceremony_orders_again(const pc_ceremony_material *material,
                                                 pc_ceremony_verify_result *verdict, pc_error *err);

#endif
