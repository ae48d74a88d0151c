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

/**
 * Whether the name constraints of a CA rule out the names of a certificate that it issues. Kinds of names that OpenSSL
 * cannot compare with constraints are not judged.
 * @param ret_violation  what is violated, a static text; NULL: nothing that is known
 * @return PC_OK; PC_E_INPUT if the constraints cannot be read; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_name_constraints_violation(X509 *certificate, X509 *issuer, const char **ret_violation,
                                                      pc_error *err);

#endif
