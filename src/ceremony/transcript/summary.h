/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_SUMMARY_H
#define PC_CEREMONY_TRANSCRIPT_SUMMARY_H

#include "ceremony/transcript/head.h"
#include "ceremony/transcript/reader.h"
#include "ceremony/transcript/source.h"

/** A transcript from first to last line. Texts are in the arena. */
typedef struct {
    pc_head head;
    const char *title;
    bool is_closed;
} pc_transcript_summary;

/** Called for each record of a transcript, in order. A status other than PC_OK ends the reading. */
typedef pc_status (*pc_record_visitor)(void *context, const pc_record *record, pc_error *err);

/**
 * Read the transcript of a source, with all checks of the reader.
 * @param visitor  NULL: none
 * @return PC_OK; as pc_ceremony_source_part and pc_transcript_reader_next; PC_E_VERIFY also if it is empty; the
 *         visitor's status.
 */
PC_MUST_CHECK pc_status pc_transcript_summarise(const pc_ceremony_source *source, pc_record_visitor visitor,
                                                void *context, pc_transcript_summary *ret_summary, pc_error *err);

#endif
