/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_NAME_CONSTRAINTS_H
#define PC_X509_NAME_CONSTRAINTS_H

#include "x509/extensions.h"

/**
 * Name constraints (RFC 5280 section 4.2.1.10). The text of an IP constraint is "address/mask" or "address/bits";
 * without a mask it means that single address.
 * @return PC_OK; PC_E_INPUT (the error names the part that cannot be encoded); PC_E_MEMORY. The list is unchanged on
 *         failure.
 */
PC_MUST_CHECK pc_status pc_extension_add_name_constraints(pc_extension_list *list,
                                                          const pc_name_constraints *constraints, pc_error *err);

#endif
