/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_LIST_H
#define PC_INF_INF_LIST_H

#include "base/text.h"

/** The next item of a list with commas, trimmed and without the quotes around it; false at the end. Empty items are
 * skipped. */
bool pc_inf_next_item(const char **list, pc_span *ret_item);

#endif
