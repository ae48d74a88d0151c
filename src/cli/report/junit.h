/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_JUNIT_H
#define PC_CLI_REPORT_JUNIT_H

#include <p11cert/check.h>

/**
 * A report in the JUnit XML that build servers read: a rule is a test case. A failed rule is a failure; one that was
 * not checked or is waived is skipped, with the reason; a warning passes, and its output says so.
 *
 * @param host      name of this machine; NULL: not stated
 * @param ret_text  owned by the caller, free
 * @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_check_to_junit(const pc_check_result *result, const char *host, char **ret_text,
                                          size_t *ret_len, pc_error *err);

#endif
