/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_UNSEEN_H
#define PC_INF_INF_UNSEEN_H

#include "base/text.h"
#include "inf/inf_read.h"

/**
 * Find the lines of the file, comments too, with a character that is not seen, or changes how others are seen
 * (pc_text_is_harmful; in lines that are comments, pc_text_is_harmful_in_comment): an error, once for each line. Its
 * fix is the line without such characters.
 * @return PC_OK, whatever the findings; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_inf_find_unseen(pc_inf *inf, pc_span text);

#endif
