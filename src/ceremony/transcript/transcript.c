/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ceremony/transcript/part.h"
#include "ceremony/transcript/reader.h"

#define THIS_PROGRAM "/proc/self/exe"

struct pc_transcript {
    char *path;
    int fd;
    pc_transcript_order order;
    pc_sha256 head;
    bool was_torn;
    bool is_broken; /* a write failed: the contents of the disk are unknown */
};

const char *pc_ceremony_mode_name(pc_ceremony_mode mode)
{
    return mode == PC_CEREMONY_PRODUCTION ? "PRODUCTION" : "REHEARSAL";
}

void pc_transcript_close(pc_transcript *transcript)
{
    if (!transcript) {
        return;
    }
    if (transcript->fd >= 0) {
        (void)close(transcript->fd);
    }
    free(transcript->path);
    free(transcript);
}

/* All links of /proc/self/exe are followed, unlike those of a path given by a user. */
static pc_status digest_program(char out[static PC_SHA256_TEXT], pc_error *err)
{
    char path[4096] = "";
    ssize_t len = readlink(THIS_PROGRAM, path, sizeof path - 1);
    pc_sha256 digest = { { 0 } };

    if (len < 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read %s", THIS_PROGRAM);
    }
    PC_TRY(pc_sha256_of_file(path, &digest, err));
    pc_sha256_to_hex(&digest, out);
    return PC_OK;
}

static pc_status header_body(const pc_transcript_header *header, json_t **ret_body, pc_error *err)
{
    char script[PC_SHA256_TEXT] = "";
    char site[PC_SHA256_TEXT] = "";
    char program[PC_SHA256_TEXT] = "";

    pc_sha256_to_hex(&header->script, script);
    pc_sha256_to_hex(&header->site, site);
    PC_TRY(digest_program(program, err));
    json_t *modules = header->modules ? json_incref((json_t *)(uintptr_t)header->modules) : json_array();
    PC_AUTO(pc_json)
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}, s:o}", "format", PC_TRANSCRIPT_FORMAT,
                             "mode", pc_ceremony_mode_name(header->mode), "title", header->title, "script_sha256",
                             script, "site_sha256", site, "tool", "name", "p11cert", "version", header->tool_version,
                             "sha256", program, "modules", modules);

    if (!body || (header->more && json_object_update_missing(body, (json_t *)(uintptr_t)header->more) != 0)) {
        return pc_fail_memory(err);
    }
    *ret_body = PC_TAKE(body);
    return PC_OK;
}

static pc_status header_line(const pc_transcript_header *header, char **ret_line, pc_error *err)
{
    static const pc_sha256 zeros = { { 0 } };
    PC_AUTO(pc_json) json_t *body = NULL;

    PC_TRY(header_body(header, &body, err));
    PC_TRY(pc_record_kind_check("header", body, err));
    return pc_record_write(&(pc_record_content){ .seq = 1,
                                                 .prev = header->earlier ? header->earlier : &zeros,
                                                 .kind = "header",
                                                 .body = body },
                           ret_line, err);
}

pc_status pc_transcript_create(const char *path, const pc_transcript_header *header, pc_transcript **ret_transcript,
                               pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(free) char *line = NULL;
    PC_AUTO(free) char *text = NULL;

    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0644, &output, err));
    PC_TRY(header_line(header, &line, err));
    if (asprintf(&text, "%s\n", line) < 0) {
        text = NULL;
        return pc_fail_memory(err);
    }
    PC_TRY(pc_output_commit(output, text, strlen(text), err));
    return pc_transcript_open(path, ret_transcript, err);
}

static pc_status fail_write(pc_transcript *transcript, int error_number, pc_error *err)
{
    transcript->is_broken = true;
    (void)pc_fail_errno(err, PC_E_IO, error_number, "cannot write \"%s\"", transcript->path);
    return pc_hint_resume(err, PC_E_IO, "make room or repair the disk, then run the command again: it resumes");
}

/* Overwrites a torn line, if there is one; if that was longer, the rest is cut off. With one call: if a crash or a full
 * disk interrupts it, there is no line end, and the line is recognised as torn when the transcript is opened again. */
static pc_status write_line(pc_transcript *transcript, const char *line, off_t offset, pc_error *err)
{
    PC_AUTO(free) char *text = NULL;
    int len = asprintf(&text, "%s\n", line);
    ssize_t put = 0;

    if (len < 0) {
        text = NULL;
        return pc_fail_memory(err);
    }
    do {
        put = pwrite(transcript->fd, text, (size_t)len, offset);
    } while (put < 0 && errno == EINTR);
    if (put != len) {
        return fail_write(transcript, put < 0 ? errno : ENOSPC, err);
    }
    return ftruncate(transcript->fd, offset + len) == 0 && fsync(transcript->fd) == 0
               ? PC_OK
               : fail_write(transcript, errno, err);
}

static pc_status digest_line(const char *line, pc_sha256 *ret_digest, pc_error *err)
{
    return pc_sha256_of((pc_bytes){ (const uint8_t *)line, strlen(line) }, ret_digest, err);
}

static pc_status add_at(pc_transcript *transcript, const char *kind, const json_t *body, off_t offset, pc_error *err)
{
    const pc_record_content content = { transcript->order.count + 1, &transcript->head, kind, body };
    pc_transcript_order order = transcript->order;
    pc_sha256 head = { { 0 } };
    PC_AUTO(free) char *line = NULL;

    PC_TRY(pc_transcript_order_add(&order, kind, body, err));
    PC_TRY(pc_record_write(&content, &line, err));
    PC_TRY(digest_line(line, &head, err));
    PC_TRY(write_line(transcript, line, offset, err));
    transcript->order = order;
    transcript->head = head;
    return PC_OK;
}

pc_status pc_transcript_add(pc_transcript *transcript, const char *kind, json_t *body, pc_error *err)
{
    PC_AUTO(pc_json) json_t *owned = body;

    if (!owned) {
        return pc_fail_memory(err);
    }
    if (transcript->is_broken) {
        return pc_fail(err, PC_E_IO, "\"%s\" takes no more records after a failed write", transcript->path);
    }
    off_t size = lseek(transcript->fd, 0, SEEK_END);

    if (size < 0) {
        return fail_write(transcript, errno, err);
    }
    return add_at(transcript, kind, owned, size, err);
}

pc_status pc_transcript_intent(pc_transcript *transcript, json_t *body, int64_t *ret_intent, pc_error *err)
{
    PC_TRY(pc_transcript_add(transcript, "intent", body, err));
    *ret_intent = transcript->order.count;
    return PC_OK;
}

pc_status pc_transcript_outcome(pc_transcript *transcript, int64_t intent, json_t *body, pc_error *err)
{
    if (body && json_object_set_new(body, "intent", json_integer(intent)) != 0) {
        json_decref(body);
        body = NULL;
    }
    return pc_transcript_add(transcript, "outcome", body, err);
}

static pc_status lock_file(const pc_transcript *transcript, pc_error *err)
{
    if (flock(transcript->fd, LOCK_EX | LOCK_NB) == 0) {
        return PC_OK;
    }
    return errno == EWOULDBLOCK
               ? pc_fail(err, PC_E_REFUSED, "another process has \"%s\" open: only one run of a ceremony can be active",
                         transcript->path)
               : pc_fail_errno(err, PC_E_IO, errno, "cannot lock \"%s\"", transcript->path);
}

/* Its length is determined under the lock: before that, another process may still be writing. */
static pc_status open_file(pc_transcript *transcript, pc_part *ret_part, pc_error *err)
{
    struct stat info = { .st_mode = 0 };

    transcript->fd = open(transcript->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (transcript->fd < 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot write \"%s\"",
                             transcript->path);
    }
    PC_TRY(lock_file(transcript, err));
    if (fstat(transcript->fd, &info) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", transcript->path);
    }
    *ret_part = (pc_part){ .name = transcript->path, .fd = transcript->fd, .len = info.st_size };
    return S_ISREG(info.st_mode) ? PC_OK : pc_fail(err, PC_E_INPUT, "\"%s\" is not a regular file", transcript->path);
}

static pc_status read_all(pc_transcript *transcript, pc_transcript_reader *reader, pc_error *err)
{
    for (bool more = true; more;) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        PC_TRY(pc_transcript_reader_next(reader, &record, &more, err));
    }
    transcript->order = pc_transcript_reader_order(reader);
    transcript->head = pc_transcript_reader_head(reader);
    return transcript->order.count
               ? PC_OK
               : pc_fail(err, PC_E_REFUSED, "\"%s\" does not have one complete line", transcript->path);
}

#define TORN_SHOWN ((size_t)4096) /* bytes of an incomplete line that fit into the record about it */

static pc_status record_torn(pc_transcript *transcript, pc_bytes torn, off_t offset, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_sha256 digest = { { 0 } };
    char hex[PC_SHA256_TEXT] = "";

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_sha256_of(torn, &digest, err));
    pc_sha256_to_hex(&digest, hex);
    const char *shown =
        pc_text_hex(arena, (pc_bytes){ torn.data, torn.len < TORN_SHOWN ? torn.len : TORN_SHOWN }, '\0');
    PC_AUTO(pc_json)
    json_t *body =
        shown ? json_pack("{s:I, s:s, s:s}", "size", (json_int_t)torn.len, "sha256", hex, "hex", shown) : NULL;

    if (!body) {
        return pc_fail_memory(err);
    }
    transcript->was_torn = true;
    return add_at(transcript, "torn", body, offset, err);
}

pc_status pc_transcript_open(const char *path, pc_transcript **ret_transcript, pc_error *err)
{
    PC_AUTO(pc_transcript) pc_transcript *transcript = calloc(1, sizeof *transcript);
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    pc_part part = { .fd = -1 };
    off_t offset = 0;

    if (!transcript) {
        return pc_fail_memory(err);
    }
    transcript->fd = -1;
    transcript->path = strdup(path);
    if (!transcript->path) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_file(transcript, &part, err));
    PC_TRY(pc_transcript_reader_open(&part, PC_TORN_SHOWN, &reader, err));
    PC_TRY(read_all(transcript, reader, err));
    const pc_bytes torn = pc_transcript_reader_torn(reader, &offset);

    if (torn.len) {
        PC_TRY(record_torn(transcript, torn, offset, err));
    }
    *ret_transcript = PC_TAKE(transcript);
    return PC_OK;
}

pc_transcript_order pc_transcript_get_order(const pc_transcript *transcript)
{
    return transcript->order;
}

pc_sha256 pc_transcript_head(const pc_transcript *transcript)
{
    return transcript->head;
}

bool pc_transcript_was_torn(const pc_transcript *transcript)
{
    return transcript->was_torn;
}
