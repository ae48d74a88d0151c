/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/reader.h"

#include <string.h>

#define AHEAD ((size_t)64 * 1024) /* bytes read at once */

struct pc_transcript_reader {
    pc_part part;
    off_t ahead_offset; /* in the part, of the first byte after the buffered ones */
    uint8_t ahead[AHEAD];
    size_t ahead_len;
    size_t ahead_used;
    uint8_t line[PC_RECORD_MOST + 2]; /* room for the longest line, its line end, and one byte more */
    size_t line_len;
    off_t offset; /* where the line starts */
    pc_torn_line torn;
    pc_transcript_order order;
    pc_sha256 head;
};

void pc_transcript_reader_free(pc_transcript_reader *reader)
{
    free(reader);
}

pc_status pc_transcript_reader_open(const pc_part *part, pc_torn_line torn, pc_transcript_reader **ret_reader,
                                    pc_error *err)
{
    pc_transcript_reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        return pc_fail_memory(err);
    }
    reader->part = *part;
    reader->torn = torn;
    *ret_reader = reader;
    return PC_OK;
}

static pc_status note_line(const pc_transcript_reader *reader, pc_status status, pc_error *err)
{
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "line %lld of \"%s\" is not as it was written",
                                     (long long)reader->order.count + 1, reader->part.name);
}

/* Appends the buffered bytes up to the line end, if there is one. @return whether the line is complete. */
static bool take_ahead(pc_transcript_reader *reader)
{
    const uint8_t *start = reader->ahead + reader->ahead_used;
    const size_t there = reader->ahead_len - reader->ahead_used;
    const uint8_t *end = memchr(start, '\n', there);
    const size_t room = sizeof reader->line - reader->line_len;
    size_t len = end ? (size_t)(end + 1 - start) : there;

    len = len < room ? len : room;
    memcpy(reader->line + reader->line_len, start, len);
    reader->line_len += len;
    reader->ahead_used += len;
    return end && start + len > end;
}

static pc_status fill_ahead(pc_transcript_reader *reader, pc_error *err)
{
    reader->ahead_used = 0;
    PC_TRY(pc_part_read(&reader->part, reader->ahead_offset, reader->ahead, AHEAD, &reader->ahead_len, err));
    reader->ahead_offset += (off_t)reader->ahead_len;
    return PC_OK;
}

/* Reads a line with its line end, if it has one. An empty one is the end of the file. */
static pc_status read_line(pc_transcript_reader *reader, pc_error *err)
{
    reader->offset += (off_t)reader->line_len;
    reader->line_len = 0;
    while (!take_ahead(reader)) {
        if (reader->line_len > PC_RECORD_MOST) {
            return note_line(reader, pc_fail(err, PC_E_VERIFY, "it is longer than %zu bytes", PC_RECORD_MOST), err);
        }
        PC_TRY(fill_ahead(reader, err));
        if (reader->ahead_len == 0) {
            return PC_OK;
        }
    }
    return PC_OK;
}

static pc_status check_link(const pc_transcript_reader *reader, const pc_record *record, pc_error *err)
{
    const int64_t count = reader->order.count;

    if (record->seq != count + 1) {
        return pc_fail(err, PC_E_VERIFY, "it has the number %lld: lines are missing, repeated or out of order",
                       (long long)record->seq);
    }
    if (count > 0 && !pc_sha256_equal(&record->prev, &reader->head)) {
        return pc_fail(err, PC_E_VERIFY, "it was written after another line %lld", (long long)count);
    }
    return PC_OK;
}

static pc_status check_record(pc_transcript_reader *reader, pc_record *record, pc_error *err)
{
    PC_TRY(pc_record_read((pc_bytes){ reader->line, reader->line_len - 1 }, record, err));
    PC_TRY(check_link(reader, record, err));
    pc_status status = pc_transcript_order_add(&reader->order, record->kind, record->body, err);

    if (status == PC_E_INPUT) {
        return pc_note(err, PC_E_VERIFY, "it does not belong there");
    }
    return status;
}

static pc_status end(const pc_transcript_reader *reader, bool *ret_more, pc_error *err)
{
    *ret_more = false;
    return reader->line_len == 0 || reader->torn == PC_TORN_SHOWN
               ? PC_OK
               : note_line(reader, pc_fail(err, PC_E_VERIFY, "it is incomplete"), err);
}

pc_status pc_transcript_reader_next(pc_transcript_reader *reader, pc_record *ret_record, bool *ret_more, pc_error *err)
{
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };

    PC_TRY(read_line(reader, err));
    if (reader->line_len == 0 || reader->line[reader->line_len - 1] != '\n') {
        return end(reader, ret_more, err);
    }
    PC_TRY(note_line(reader, check_record(reader, &record, err), err));
    reader->head = record.digest;
    *ret_more = true;
    *ret_record = record;
    record = (pc_record){ .whole = NULL };
    return PC_OK;
}

pc_sha256 pc_transcript_reader_head(const pc_transcript_reader *reader)
{
    return reader->head;
}

pc_transcript_order pc_transcript_reader_order(const pc_transcript_reader *reader)
{
    return reader->order;
}

pc_bytes pc_transcript_reader_torn(const pc_transcript_reader *reader, off_t *ret_offset)
{
    *ret_offset = reader->offset;
    return (pc_bytes){ reader->line, reader->line_len };
}
