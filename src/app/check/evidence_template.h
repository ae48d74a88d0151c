/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EVIDENCE_TEMPLATE_H
#define PC_APP_EVIDENCE_TEMPLATE_H

#include <p11cert/check.h>

#include "base/arena.h"
#include "base/cleanup.h"

/** What the CA answered (templates.h, whose pc_template is not that of token/attributes.h). */
typedef struct pc_templates_result pc_check_template;

/** Accepts NULL. */
void pc_check_template_free(pc_check_template *answer);
PC_AUTO_DEFINE(pc_check_template, pc_check_template, pc_check_template_free);

/**
 * Ask the order's CA for its template, once for all reports.
 * @return PC_OK, with *ret_answer owned by the caller; PC_E_USAGE (a client certificate); as pc_templates_run.
 */
PC_MUST_CHECK pc_status pc_check_read_template(const pc_check_order *order, pc_check_template **ret_answer,
                                               pc_error *err);

/**
 * Compare the key that was gathered with the template, of which the evidence borrows texts.
 * @param answer  NULL: none was named, and the evidence stays as it is
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_evidence_of_template(const pc_check_template *answer, pc_arena *arena, pc_evidence *evidence,
                                                pc_error *err);

#endif
