/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_ISSUED_H
#define PC_CLI_ISSUED_H

#include <jansson.h>
#include <p11cert/issue.h>

/** What a CA key on a token has issued. */

/** As text, to standard output, or to standard error if the certificate itself went there. */
void pc_issued_print(const pc_issue_result *result, bool self_signed);

/** An object owned by the caller. */
json_t *pc_issued_to_json(const pc_issue_result *result, bool self_signed);

#endif
