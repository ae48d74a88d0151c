/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/** As pc_ceremony_verify_run, which opens nothing else. @param verdict  zeroed but for its arena */
PC_MUST_CHECK pc_status pc_ceremony_judge(const pc_ceremony_verify_order *order, pc_ceremony_verify_result *verdict,
                                          pc_error *err);

#endif
