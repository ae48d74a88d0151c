/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_READER_H
#define PC_CEREMONY_TRANSCRIPT_READER_H

#include "ceremony/transcript/order.h"
#include "ceremony/transcript/part.h"

/** A transcript that is read line by line, in memory of a fixed size, with its chain checked on the way. */
typedef struct pc_transcript_reader pc_transcript_reader;

typedef enum {
    PC_TORN_REFUSED, /**< an incomplete last line is an error */
    PC_TORN_SHOWN,   /**< it ends the transcript; see pc_transcript_reader_torn */
} pc_torn_line;

/** @param part  its descriptor and name are borrowed until the reader is freed. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_transcript_reader_open(const pc_part *part, pc_torn_line torn,
                                                  pc_transcript_reader **ret_reader, pc_error *err);

/**
 * The next record. Everything is checked that can be checked from a line and the lines before it: form, own digest,
 * number, digest of the previous line, kind and order. The caller checks the `prev` of the first line.
 * @param ret_record  cleared by the caller before the next call; untouched at the end
 * @return PC_OK, with *ret_more false at the end; PC_E_VERIFY (the error names the line, the first bad one);
 *         PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transcript_reader_next(pc_transcript_reader *reader, pc_record *ret_record, bool *ret_more,
                                                  pc_error *err);

/** SHA-256 of the last line read: of the whole transcript, at its end, the head. Zeros before the first one. */
pc_sha256 pc_transcript_reader_head(const pc_transcript_reader *reader);

/** The state after the last line read. */
pc_transcript_order pc_transcript_reader_order(const pc_transcript_reader *reader);

/** At the end: the bytes of an incomplete last line, borrowed, and their offset in the file. Empty if the last line is
 * complete.
 */
pc_bytes pc_transcript_reader_torn(const pc_transcript_reader *reader, off_t *ret_offset);

/** Accepts NULL. */
void pc_transcript_reader_free(pc_transcript_reader *reader);

PC_AUTO_DEFINE(pc_transcript_reader, pc_transcript_reader, pc_transcript_reader_free);

#endif
