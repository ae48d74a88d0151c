/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_HTML_H
#define PC_CLI_REPORT_HTML_H

#include <p11cert/check.h>

/**
 * A report as one page that can be read, printed, signed and filed: HTML 5 that is well-formed XML, with its style
 * included, without scripts, and with nothing that is fetched from elsewhere. A verdict is a word and a shape, never
 * only a colour.
 *
 * @param host      name of this machine; NULL: not stated
 * @param ret_text  owned by the caller, free
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_check_to_html(const pc_check_result *result, const char *host, char **ret_text,
                                         size_t *ret_len, pc_error *err);

#endif
