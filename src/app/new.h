/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_NEW_H
#define PC_APP_NEW_H

#include <p11cert/new.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(pc_new_plan, pc_new_plan, pc_new_plan_free);
PC_AUTO_DEFINE(pc_new_result, pc_new_result, pc_new_result_free);

#endif
