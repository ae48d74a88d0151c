/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_PLACEHOLDER_H
#define PC_INF_INF_PLACEHOLDER_H

#include "base/text.h"
#include "inf/inf_job.h"

/**
 * Report a placeholder that a script, a template or a reader should have replaced: $name, ${name}, $(name), {0},
 * {{name}}, {name}, <name>; and, as a part of a name, [name], @name@ and __name__. %name% is one of [Strings] and is
 * reported when strings are replaced. @return PC_OK, PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_check_placeholder(pc_inf_job *job, const pc_inf_entry *entry);

/** The first placeholder in a text; len 0 if there is none. */
pc_span pc_inf_find_placeholder(const char *text);

#endif
