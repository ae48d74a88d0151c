/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_POLICIES_H
#define PC_X509_POLICIES_H

#include "x509/extensions.h"

/**
 * Certificate policies (RFC 5280 section 4.2.1.4): CPS pointers as IA5String, notices as explicit text in a
 * UTF8String, as that section recommends (it forbids BMPString).
 * @return PC_OK; PC_E_INPUT (the error names the part that cannot be encoded); PC_E_MEMORY. The list is unchanged on
 *         failure.
 */
PC_MUST_CHECK pc_status pc_extension_add_policies(pc_extension_list *list, const pc_policy_statements *statements,
                                                  pc_error *err);

/** Microsoft's application policies (1.3.6.1.4.1.311.21.10), which use the same syntax. @return as above. */
PC_MUST_CHECK pc_status pc_extension_add_application_policies(pc_extension_list *list,
                                                              const pc_policy_statements *statements, pc_error *err);

#endif
