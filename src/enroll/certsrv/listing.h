/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_LISTING_H
#define PC_ENROLL_LISTING_H

#include "enroll/protocol.h"

/** What the pages of AD CS offer, apart from answers to a request. Any bytes of any length are allowed. */

/** certcarc.asp: the number of the CA's newest certificate ("var nRenewals=2;"). @return false if the page has none. */
bool pc_certsrv_renewals(const uint8_t *bytes, size_t len, unsigned long *ret_newest);

#define PC_CERTSRV_TEMPLATES 1000u /**< of one page; further ones are ignored */

/** certrqxt.asp: the templates that this account may request. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certsrv_templates(pc_arena *arena, const uint8_t *bytes, size_t len,
                                             pc_ca_templates *ret_templates, pc_error *err);

#endif
