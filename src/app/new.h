/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_NEW_H
#define PC_APP_NEW_H

#include <p11cert/new.h>

#include "base/cleanup.h"

/** Does the file wish an exportable key, whichever way it spells it? `Exportable` outranks a misspelt one. */
bool pc_new_file_wishes_exportable(const pc_exportable_wish *wish);

PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);

#endif
