/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ALT_NAMES_H
#define PC_X509_ALT_NAMES_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * One alternative name as an OpenSSL GENERAL_NAME (RFC 5280 section 4.2.1.6). The UPN is the otherName
 * 1.3.6.1.4.1.311.20.2.3 with a UTF8String, the GUID 1.3.6.1.4.1.311.25.1 with an OCTET STRING.
 * @return PC_OK, with *ret_name owned by the caller; PC_E_INPUT (the error names it); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_x509_general_name_build(const pc_alt_name *from, GENERAL_NAME **ret_name, pc_error *err);

/** Several, in order. @return as above. */
PC_MUST_CHECK pc_status pc_x509_alt_names_build(const pc_alt_name *names, size_t count, GENERAL_NAMES **ret_names,
                                                pc_error *err);

/** How an error refers to a name: its text, or its kind if it has none. Borrowed. */
const char *pc_x509_alt_name_words(const pc_alt_name *name);

#endif
