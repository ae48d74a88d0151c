/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_JUDGE_STEPS_H
#define PC_CEREMONY_TRANSCRIPT_JUDGE_STEPS_H

#include "ceremony/transcript/gather.h"

/**
 * The steps were begun in the order of their numbers, and each one that is done left what a step of its kind leaves: a
 * file of its type, or the attributes of a private key.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_steps(const pc_gathered *gathered, pc_ceremony_verify_result *verdict, pc_error *err);

#endif
