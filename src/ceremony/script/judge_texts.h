/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_JUDGE_TEXTS_H
#define PC_CEREMONY_JUDGE_TEXTS_H

#include "ceremony/script/findings.h"
#include "ceremony/script/script.h"

/**
 * Texts of a ceremony file that mislead those who read it on a screen or on paper: characters that are not seen, or
 * turn the order of others, each named by its code point. Texts may have several lines; names may not.
 * @return PC_OK, whatever the findings; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_script_judge_texts(const pc_script *script, pc_script_findings *findings, pc_error *err);

#endif
