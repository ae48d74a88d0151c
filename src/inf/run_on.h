/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_RUN_ON_H
#define PC_INF_RUN_ON_H

#include <stdbool.h>

#include "base/text.h"

/**
 * Parts of a list that run together because the separator between them is missing, as in "dns=a.example.comdns=b". Each
 * function returns the position where the next part begins, or NULL. A value may contain such text on purpose only as
 * the parameter of a URI: "https://example.com/?url=x".
 */

/** The next subject alternative name in the value of one: "dns=", "upn=", …, "1.2.3={utf8}". */
const char *pc_run_on_name(pc_span value, bool is_uri);

/** The next part in the value of "OID=", "URL=" or "Notice=" of a policy. */
const char *pc_run_on_policy(pc_span value, bool is_uri);

/** The next object identifier in one, as in 1.3.6.1.5.5.7.3.11.3.6.1.5.5.7.3.2. */
const char *pc_run_on_oid(pc_span oid);

/** The next "key=" of the given ones, each with its '='; NULL ends the list. */
const char *pc_run_on_key(pc_span value, const char *const *keys);

#endif
