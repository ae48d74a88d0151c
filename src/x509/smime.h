/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SMIME_H
#define PC_X509_SMIME_H

#include "x509/extensions.h"

/**
 * S/MIME capabilities (RFC 8551 section 2.5.2; as an extension, RFC 4262): AES-256-CBC, AES-192-CBC, AES-128-CBC and
 * triple DES in this order, most preferred first. Every S/MIME version since 3.2 supports AES; triple DES is a fallback
 * for old readers; RC2 and DES, which Windows still lists by default, are not included.
 */
PC_MUST_CHECK pc_status pc_extension_add_smime_capabilities(pc_extension_list *list, pc_error *err);

#endif
