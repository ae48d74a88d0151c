/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CEREMONY_JUDGE_AGAIN_H
#define PC_APP_CEREMONY_JUDGE_AGAIN_H

#include "ceremony/transcript/judge.h"

/**
 * Checks that need the ceremony file: that each of its steps was carried out, in order, and confirmed by the people
 * whom it names, that keys and files are what it orders (keys_again.h, orders_again.h), and the lints (lints_again.h).
 * A transcript that does not state how many steps there are is not compared with the file: another program wrote it.
 */
extern const pc_further_judge pc_ceremony_judge_again;

#endif
