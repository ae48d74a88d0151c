/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SMIME_H
#define PC_X509_SMIME_H

#include "x509/extensions.h"

/**
 * S/MIME capabilities (RFC 8551 section 2.5.2; as an extension, RFC 4262): AES-256-CBC, AES-192-CBC, AES-128-CBC and
 * triple DES in this order, the most wanted first. AES as every S/MIME version since 3.2 has it; triple DES as the
 * last resort of old readers; none of the RC2 and DES that Windows still lists by itself.
 */
PC_MUST_CHECK pc_status pc_extension_add_smime_capabilities(pc_extension_list *list, pc_error *err);

#endif
