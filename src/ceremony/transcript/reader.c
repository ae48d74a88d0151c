/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pc_transcript_reader {
    FILE *in;
    char *path;
    uint8_t *line; /* room for the longest one, and its line end */
    size_t line_len;
    off_t offset; /* where the line starts */
    pc_torn_line torn;
    pc_transcript_order order;
    pc_sha256 head;
};

void pc_transcript_reader_free(pc_transcript_reader *reader)
{
    if (!reader) {
        return;
    }
    if (reader->in) {
        (void)fclose(reader->in);
    }
    free(reader->path);
    free(reader->line);
    free(reader);
}

static pc_status open_file(pc_transcript_reader *reader, pc_error *err)
{
    int fd = open(reader->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat info = { .st_mode = 0 };

    reader->in = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!reader->in) {
        int why = errno;

        if (fd >= 0) {
            (void)close(fd);
        }
        return pc_fail_errno(err, why == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, why, "cannot read \"%s\"", reader->path);
    }
    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode)
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file", reader->path);
}

pc_status pc_transcript_reader_open(const char *path, pc_torn_line torn, pc_transcript_reader **ret_reader,
                                    pc_error *err)
{
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = calloc(1, sizeof *reader);

    if (!reader || !(reader->path = strdup(path)) || !(reader->line = malloc(PC_RECORD_MOST + 1))) {
        return pc_fail_memory(err);
    }
    reader->torn = torn;
    PC_TRY(open_file(reader, err));
    *ret_reader = PC_TAKE(reader);
    return PC_OK;
}

static pc_status note_line(const pc_transcript_reader *reader, pc_status status, pc_error *err)
{
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "line %lld of \"%s\" is not as it was written",
                                     (long long)reader->order.count + 1, reader->path);
}

/* Reads a line with its line end, if it has one. An empty one is the end of the file. */
static pc_status read_line(pc_transcript_reader *reader, pc_error *err)
{
    int byte = 0;

    reader->offset += (off_t)reader->line_len;
    reader->line_len = 0;
    while (byte != '\n' && (byte = getc_unlocked(reader->in)) != EOF) {
        if (reader->line_len > PC_RECORD_MOST) {
            return note_line(reader, pc_fail(err, PC_E_VERIFY, "it is longer than %zu bytes", PC_RECORD_MOST), err);
        }
        reader->line[reader->line_len++] = (uint8_t)byte;
    }
    return ferror(reader->in) ? pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", reader->path) : PC_OK;
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
