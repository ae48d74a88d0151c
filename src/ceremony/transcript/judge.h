/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/source.h"

/** A check of a transcript that was read completely, and of its files. @return PC_OK, whatever the verdict. */
typedef struct {
    pc_status (*judge)(void *context, const pc_ceremony_source *source, const pc_gathered *gathered,
                       pc_ceremony_verify_result *verdict, pc_error *err);
    void *context;
} pc_further_judge;

/** Read the transcript, and run only this check. @param verdict zeroed except for its arena @return as
 * pc_ceremony_judge; the status of the check. */
PC_MUST_CHECK pc_status pc_ceremony_judge_only(const char *path, const pc_further_judge *judge,
                                               pc_ceremony_verify_result *verdict, pc_error *err);

/** As pc_ceremony_verify_run, which opens nothing else. @param further called last; not for a transcript without a
 * folder @param verdict zeroed except for its arena */
PC_MUST_CHECK pc_status pc_ceremony_judge(const pc_ceremony_verify_order *order, const pc_further_judge *further,
                                          pc_ceremony_verify_result *verdict, pc_error *err);

#endif
