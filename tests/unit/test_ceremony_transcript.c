/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ceremony/transcript/reader.h"
#include "ceremony/transcript/transcript.h"

#define FILE_NAME "transcript.jsonl"

/* Each case runs in its own empty folder, as the working directory. */
static char place[64];

static int make_place(void **state)
{
    (void)state;
    (void)snprintf(place, sizeof place, "/tmp/p11cert-transcript.XXXXXX");
    return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static int remove_place(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", place);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static pc_transcript *make(const pc_sha256 *earlier)
{
    const pc_transcript_header header = {
        .mode = PC_CEREMONY_REHEARSAL, .title = "Root 2027", .tool_version = "0.1.0", .earlier = earlier
    };
    pc_transcript *transcript = NULL;

    assert_int_equal(pc_transcript_create(FILE_NAME, &header, &transcript, NULL), PC_OK);
    return transcript;
}

/* Header, person, intent, outcome, close. */
static void write_whole(void)
{
    PC_AUTO(pc_transcript) pc_transcript *transcript = make(NULL);
    int64_t intent = 0;

    assert_int_equal(pc_transcript_add(transcript, "person",
                                       json_pack("{s:s, s:s, s:s}", "name", "Ada \xc3\x89. \"\x1f\"", "role", "witness",
                                                 "presence", "in"),
                                       NULL),
                     PC_OK);
    assert_int_equal(pc_transcript_intent(transcript, json_pack("{s:s}", "call", "C_GenerateKeyPair"), &intent, NULL),
                     PC_OK);
    assert_int_equal(intent, 3);
    assert_int_equal(pc_transcript_outcome(transcript, intent, json_pack("{s:s}", "result", "CKR_OK"), NULL), PC_OK);
    assert_int_equal(pc_transcript_add(transcript, "close", json_pack("{s:s}", "outcome", "complete"), NULL), PC_OK);
}

static pc_transcript_reader *open_reader(int *ret_fd)
{
    pc_transcript_reader *reader = NULL;
    pc_part part = { .fd = -1 };

    assert_int_equal(pc_part_open(FILE_NAME, ret_fd, &part, NULL), PC_OK);
    assert_int_equal(pc_transcript_reader_open(&part, PC_TORN_REFUSED, &reader, NULL), PC_OK);
    return reader;
}

/* Reads to the end. @return the status; *ret_count is the number of good lines. */
static pc_status read_back(int64_t *ret_count, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = open_reader(&fd);
    pc_status status = PC_OK;
    bool more = true;

    while (status == PC_OK && more) {
        PC_AUTO(pc_record) pc_record record = { .whole = NULL };

        status = pc_transcript_reader_next(reader, &record, &more, err);
    }
    *ret_count = pc_transcript_reader_order(reader).count;
    return status;
}

static pc_bytes content(pc_arena *arena)
{
    pc_bytes bytes = { NULL, 0 };

    assert_int_equal(pc_file_read(arena, FILE_NAME, (size_t)1 << 24, &bytes, NULL), PC_OK);
    return bytes;
}

/* A new file: ext4 writes one that is replaced by truncation to the disk at once, which takes a while. */
static void put_content(const uint8_t *bytes, size_t len)
{
    (void)unlink(FILE_NAME);

    FILE *out = fopen(FILE_NAME, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void what_is_written_is_read_back(void **state)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    PC_AUTO(pc_record) pc_record first = { .whole = NULL };
    PC_AUTO(pc_record) pc_record second = { .whole = NULL };
    bool more = false;
    int64_t count = 0;

    (void)state;
    write_whole();
    assert_int_equal(read_back(&count, NULL), PC_OK);
    assert_int_equal(count, 5);
    reader = open_reader(&fd);
    assert_int_equal(pc_transcript_reader_next(reader, &first, &more, NULL), PC_OK);
    assert_string_equal(first.kind, "header");
    assert_string_equal(pc_record_text(&first, "mode"), "REHEARSAL");
    assert_int_equal(pc_transcript_reader_next(reader, &second, &more, NULL), PC_OK);
    assert_string_equal(pc_record_text(&second, "name"), "Ada \xc3\x89. \"\x1f\"");
}

static int line_count_before(pc_bytes bytes, size_t offset)
{
    int lines = 1;

    for (size_t i = 0; i < offset; i++) {
        lines += bytes.data[i] == '\n';
    }
    return lines;
}

/* Acceptance: each changed byte is detected, and its line is named. */
static void each_changed_byte_is_found_in_its_line(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static const uint8_t changes[] = { 0x01, 0x20, 0x80 };

    (void)state;
    write_whole();
    const pc_bytes good = content(arena);
    uint8_t *bad = pc_arena_copy(arena, good.data, good.len);

    assert_non_null(bad);
    for (size_t i = 0; i < good.len * PC_COUNT(changes); i++) {
        const size_t offset = i / PC_COUNT(changes);
        int64_t count = 0;
        pc_error err = { 0 };

        bad[offset] ^= changes[i % PC_COUNT(changes)];
        put_content(bad, good.len);
        if (read_back(&count, &err) != PC_E_VERIFY) {
            fail_msg("byte %zu changed to 0x%02x: not found", offset, bad[offset]);
        }
        if (count + 1 != line_count_before(good, offset)) {
            fail_msg("byte %zu changed: line %lld was named", offset, (long long)count + 1);
        }
        bad[offset] = good.data[offset];
    }
}

typedef struct {
    const uint8_t *start;
    size_t len;
} line;

static size_t split(pc_bytes bytes, line lines[static 8])
{
    size_t count = 0;

    for (size_t start = 0; start < bytes.len; count++) {
        const uint8_t *end = memchr(bytes.data + start, '\n', bytes.len - start);

        assert_non_null(end);
        lines[count] = (line){ bytes.data + start, (size_t)(end + 1 - (bytes.data + start)) };
        start += lines[count].len;
    }
    return count;
}

static void put_lines(const line *lines, const size_t *order, size_t count)
{
    FILE *out = fopen(FILE_NAME, "w");

    assert_non_null(out);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fwrite(lines[order[i]].start, 1, lines[order[i]].len, out), lines[order[i]].len);
    }
    assert_int_equal(fclose(out), 0);
}

static void a_dropped_swapped_or_repeated_line_is_found(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static const struct {
        size_t order[6];
        size_t count;
        int64_t bad_line;
    } rows[] = {
        { { 1, 2, 3, 4 }, 4, 1 },       { { 0, 2, 3, 4 }, 4, 2 },       { { 0, 1, 3, 4 }, 4, 3 },
        { { 0, 1, 2, 4 }, 4, 4 },       { { 1, 0, 2, 3, 4 }, 5, 1 },    { { 0, 1, 2, 4, 3 }, 5, 4 },
        { { 0, 0, 1, 2, 3, 4 }, 6, 2 }, { { 0, 1, 2, 3, 4, 4 }, 6, 6 }, { { 0, 1, 1, 2, 3, 4 }, 6, 3 },
    };
    line lines[8];

    (void)state;
    write_whole();
    assert_int_equal(split(content(arena), lines), 5);
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        int64_t count = 0;

        put_lines(lines, rows[i].order, rows[i].count);
        assert_int_equal(read_back(&count, NULL), PC_E_VERIFY);
        assert_int_equal(count + 1, rows[i].bad_line);
    }
}

/* Cut anywhere: when opened again, it says so in a record, and accepts more. */
static void a_torn_line_is_recorded_and_the_transcript_resumes(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    line lines[8];
    int64_t count = 0;

    (void)state;
    write_whole();
    const pc_bytes good = content(arena);
    const size_t first_len = (split(good, lines), lines[0].len);

    for (size_t len = first_len; len < good.len; len++) {
        PC_AUTO(pc_transcript) pc_transcript *transcript = NULL;
        const bool is_whole = good.data[len - 1] == '\n';

        if (!is_whole && len % 7) {
            continue; /* each takes the disk two writes */
        }
        put_content(good.data, len);
        assert_int_equal(pc_transcript_open(FILE_NAME, &transcript, NULL), PC_OK);
        assert_int_equal(pc_transcript_was_torn(transcript), !is_whole);
        assert_int_equal(pc_transcript_add(transcript, "note", json_pack("{s:s}", "text", "resumed"), NULL), PC_OK);
        assert_int_equal(read_back(&count, NULL), PC_OK);
        assert_int_equal(count, line_count_before(good, len) + (is_whole ? 0 : 1));
    }
}

static void a_header_that_is_not_complete_is_refused(void **state)
{
    pc_transcript *transcript = NULL;

    (void)state;
    put_content((const uint8_t *)"{\"at\":", 6);
    assert_int_equal(pc_transcript_open(FILE_NAME, &transcript, NULL), PC_E_REFUSED);
    assert_null(transcript);
}

static void what_is_wrong_but_not_torn_is_refused_by_its_line(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_transcript *transcript = NULL;
    pc_error err = { 0 };
    line lines[8];

    (void)state;
    write_whole();
    const pc_bytes good = content(arena);
    uint8_t *bad = pc_arena_copy(arena, good.data, good.len);

    assert_non_null(bad);
    (void)split(good, lines);
    bad[lines[2].start - good.data + 9] ^= 1;
    put_content(bad, good.len);
    assert_int_equal(pc_transcript_open(FILE_NAME, &transcript, &err), PC_E_VERIFY);
    assert_non_null(strstr(err.frames[err.frame_count - 1], "line 3 of"));
    assert_memory_equal(content(arena).data, bad, good.len);
}

static void the_order_of_records_is_kept(void **state)
{
    PC_AUTO(pc_transcript) pc_transcript *transcript = make(NULL);
    int64_t intent = 0;

    (void)state;
    assert_int_equal(pc_transcript_outcome(transcript, 1, json_pack("{s:s}", "result", "CKR_OK"), NULL), PC_E_INPUT);
    assert_int_equal(pc_transcript_intent(transcript, json_pack("{s:s}", "call", "C_InitToken"), &intent, NULL), PC_OK);
    assert_int_equal(pc_transcript_intent(transcript, json_pack("{s:s}", "call", "C_InitPIN"), &intent, NULL),
                     PC_E_INPUT);
    assert_int_equal(pc_transcript_add(transcript, "close", json_pack("{s:s}", "outcome", "complete"), NULL),
                     PC_E_INPUT);
    assert_int_equal(pc_transcript_get_order(transcript).open_intent, 2);
    assert_int_equal(pc_transcript_outcome(transcript, 2, json_pack("{s:s}", "result", "CKR_OK"), NULL), PC_OK);
    assert_int_equal(pc_transcript_add(transcript, "close", json_pack("{s:s}", "outcome", "complete"), NULL), PC_OK);
    assert_int_equal(pc_transcript_add(transcript, "note", json_pack("{s:s}", "text", "late"), NULL), PC_E_INPUT);
}

static void a_record_without_its_members_is_refused(void **state)
{
    PC_AUTO(pc_transcript) pc_transcript *transcript = make(NULL);

    (void)state;
    assert_int_equal(pc_transcript_add(transcript, "artefact", json_pack("{s:s}", "name", "root.cer"), NULL),
                     PC_E_INPUT);
    assert_int_equal(pc_transcript_add(transcript, "gossip", json_pack("{s:s}", "text", "x"), NULL), PC_E_INPUT);
    assert_int_equal(pc_transcript_add(transcript, "note", json_pack("{s:s, s:f}", "text", "x", "pi", 3.14), NULL),
                     PC_E_INPUT);
    assert_int_equal(pc_transcript_add(transcript, "note", NULL, NULL), PC_E_MEMORY);
    assert_int_equal(pc_transcript_get_order(transcript).count, 1);
}

static void a_pin_in_a_uri_is_not_written(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    int64_t count = 0;

    (void)state;
    pc_transcript *transcript = make(NULL);

    assert_int_equal(pc_transcript_add(transcript, "note",
                                       json_pack("{s:s}", "text", "pkcs11:token=a?pin-value=73915&x=y"), NULL),
                     PC_OK);
    pc_transcript_close(transcript);
    assert_null(strstr((const char *)content(arena).data, "73915"));
    assert_int_equal(read_back(&count, NULL), PC_OK);
}

static void two_processes_do_not_write_one_transcript(void **state)
{
    PC_AUTO(pc_transcript) pc_transcript *first = make(NULL);
    pc_transcript *second = NULL;

    (void)state;
    assert_non_null(first);
    assert_int_equal(pc_transcript_open(FILE_NAME, &second, NULL), PC_E_REFUSED);
    assert_null(second);
}

static void an_existing_transcript_is_not_begun_again(void **state)
{
    const pc_transcript_header header = { .title = "Root", .tool_version = "0" };
    pc_transcript *transcript = NULL;

    (void)state;
    pc_transcript_close(make(NULL));
    assert_int_equal(pc_transcript_create(FILE_NAME, &header, &transcript, NULL), PC_E_REFUSED);
    assert_null(transcript);
}

static void an_earlier_ceremony_is_the_first_prev(void **state)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    PC_AUTO(pc_transcript_reader) pc_transcript_reader *reader = NULL;
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };
    const pc_sha256 earlier = { { 0xab, 0xcd } };
    bool more = false;

    (void)state;
    pc_transcript_close(make(&earlier));
    reader = open_reader(&fd);
    assert_int_equal(pc_transcript_reader_next(reader, &record, &more, NULL), PC_OK);
    assert_true(pc_sha256_equal(&record.prev, &earlier));
}

static void canonical_form_is_that_of_rfc_8785(void **state)
{
    static const struct {
        const char *input;
        const char *expected; /* NULL: refused */
    } rows[] = {
        { "{\"b\":1,\"a\":[true,null,\"x\"]}", "{\"a\":[true,null,\"x\"],\"b\":1}" },
        { "{\"a\":\"\\u001F\\u0008\\t\\n\\f\\r\\\"\\\\\\/\"}", "{\"a\":\"\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\"}" },
        { "{\"a\":\"\\\\u001F\"}", "{\"a\":\"\\\\u001F\"}" },
        { "{\"a\":\"\\u20ac \\ud83d\\ude00\"}", "{\"a\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}" },
        { "{\"A\":1,\"a\":2,\"_\":3}", "{\"A\":1,\"_\":3,\"a\":2}" },
        { "{\"a\":9007199254740991}", "{\"a\":9007199254740991}" },
        { "{\"a\":9007199254740992}", NULL },
        { "{\"a\":1.0}", NULL },
        { "{\"\":1}", NULL },
        { "{\"\xc3\xa9\":1}", NULL },
        { "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", NULL },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_json) json_t *value = json_loads(rows[i].input, 0, NULL);
        PC_AUTO(pc_json) json_t *again = NULL;
        PC_AUTO(pc_json) json_t *as_given = NULL;
        PC_AUTO(free) char *text = NULL;

        assert_non_null(value);
        assert_int_equal(pc_canonical_write(value, &text, NULL), rows[i].expected ? PC_OK : PC_E_INPUT);
        if (!rows[i].expected) {
            continue;
        }
        assert_string_equal(text, rows[i].expected);
        assert_int_equal(pc_canonical_read((pc_bytes){ (const uint8_t *)text, strlen(text) }, &again, NULL), PC_OK);
        assert_int_equal(pc_canonical_read((pc_bytes){ (const uint8_t *)rows[i].input, strlen(rows[i].input) },
                                           &as_given, NULL),
                         strcmp(rows[i].input, text) == 0 ? PC_OK : PC_E_INPUT);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_is_written_is_read_back),
        CASE(each_changed_byte_is_found_in_its_line),
        CASE(a_dropped_swapped_or_repeated_line_is_found),
        CASE(a_torn_line_is_recorded_and_the_transcript_resumes),
        CASE(a_header_that_is_not_complete_is_refused),
        CASE(what_is_wrong_but_not_torn_is_refused_by_its_line),
        CASE(the_order_of_records_is_kept),
        CASE(a_record_without_its_members_is_refused),
        CASE(a_pin_in_a_uri_is_not_written),
        CASE(two_processes_do_not_write_one_transcript),
        CASE(an_existing_transcript_is_not_begun_again),
        CASE(an_earlier_ceremony_is_the_first_prev),
        cmocka_unit_test(canonical_form_is_that_of_rfc_8785),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
