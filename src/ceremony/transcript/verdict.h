/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_VERDICT_H
#define PC_CEREMONY_TRANSCRIPT_VERDICT_H

#include <p11cert/ceremony_verify.h>

#include "base/arena.h"

#define PC_VERDICT_FAILURES_MOST 100u /**< further ones are only counted */

/** Add the result of a check; subject and text are made safe to print. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_verdict_add(pc_ceremony_verify_result *verdict, pc_judged_state state, pc_error *err,
                                       const char *subject, const char *format, ...) PC_PRINTF(5, 6);

/**
 * Record a failed call as a failed check: a bad file or signature does not end the verification. The error is cleared.
 * @return PC_OK; `status` if the failure says nothing about the checked object: PC_E_MEMORY, PC_E_IO, PC_E_CRYPTO,
 *         PC_E_INTERNAL.
 */
PC_MUST_CHECK pc_status pc_verdict_add_error(pc_ceremony_verify_result *verdict, pc_status status, const char *subject,
                                             pc_error *err);

#endif
