/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_EARLIER_H
#define PC_CEREMONY_TRANSCRIPT_EARLIER_H

#include "ceremony/transcript/gather.h"
#include "ceremony/transcript/part.h"
#include "ceremony/transcript/source.h"

/**
 * Read the transcript of the ceremony before this one, whose head becomes the `prev` of line 1. Its whole chain is
 * checked: the head says nothing about a first line from which it does not follow. Nothing of a rehearsal exists any
 * more, so no production can follow one.
 * @return PC_OK; PC_E_VERIFY (a line is not as it was written); PC_E_INPUT (not finished); PC_E_REFUSED (a rehearsal,
 *         and this is a production); PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_earlier_read(const pc_part *part, bool is_production, pc_sha256 *ret_head, pc_error *err);

/**
 * Find the transcript of the ceremony before this one, which line 1 names, among the artefacts, and judge whether this
 * ceremony can follow it.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_judge_earlier(const pc_ceremony_source *source, const pc_gathered *gathered,
                                         pc_ceremony_verify_result *verdict, pc_error *err);

#endif
