/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_TEMPLATE_H
#define PC_X509_TEMPLATE_H

#include "x509/extensions.h"

/** Microsoft's certificate template by common name, a BMPString (1.3.6.1.4.1.311.20.2; [MS-WCCE] 2.2.2.7.7.1). */
PC_MUST_CHECK pc_status pc_extension_add_template_name(pc_extension_list *list, const char *name, pc_error *err);

/** The same by object identifier and version (1.3.6.1.4.1.311.21.7; [MS-WCCE] 2.2.2.7.7.2). */
PC_MUST_CHECK pc_status pc_extension_add_template_version(pc_extension_list *list, const pc_template_version *version,
                                                          pc_error *err);

#endif
