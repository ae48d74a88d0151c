/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ALT_NAMES_H
#define PC_X509_ALT_NAMES_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * Subject alternative names as OpenSSL's GENERAL_NAMES (RFC 5280 section 4.2.1.6; the UPN as
 * otherName 1.3.6.1.4.1.311.20.2.3 with a UTF8String).
 * @return PC_OK, with *ret_names owned by the caller; PC_E_INPUT with the name; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_alt_names_build(const pc_alt_name *names, size_t count, GENERAL_NAMES **ret_names,
                                                pc_error *err);

#endif
