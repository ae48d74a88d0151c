/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/outward.h"
#include "base/text.h"

#define MEMBER_COUNT 7u
#define KIND_MOST    32u

/* A line's own digest is its last member. */
static const char digest_head[] = ",\"sha256\":\"";
#define DIGEST_TAIL_LEN (sizeof digest_head - 1 + PC_SHA256_TEXT - 1 + 2) /* with the quote and the brace after it */

void pc_record_clear(pc_record *record)
{
    json_decref(record->whole);
    *record = (pc_record){ .whole = NULL };
}

/* Microseconds after the text of a second, which ends in Z. */
static void write_time(const struct timespec *now, char out[static PC_TIME_TEXT])
{
    if (!pc_text_time(now->tv_sec, out)) {
        (void)snprintf(out, PC_TIME_TEXT, "1970-01-01T00:00:00Z");
    }
    size_t len = strlen(out);

    (void)snprintf(out + len - 1, PC_TIME_TEXT - len + 1, ".%06ldZ", now->tv_nsec / 1000);
}

static json_t *object_of(const pc_record_content *content)
{
    struct timespec wall = { .tv_sec = 0 };
    struct timespec monotonic = { .tv_sec = 0 };
    char time_text[PC_TIME_TEXT] = "";
    char prev[PC_SHA256_TEXT] = "";

    (void)clock_gettime(CLOCK_REALTIME, &wall);
    (void)clock_gettime(CLOCK_BOOTTIME, &monotonic);
    write_time(&wall, time_text);
    pc_sha256_to_hex(content->prev, prev);
    return json_pack("{s:s, s:O, s:s, s:I, s:s, s:I}", "at", time_text, "body", content->body, "kind", content->kind,
                     "mono_us", (json_int_t)monotonic.tv_sec * 1000000 + monotonic.tv_nsec / 1000, "prev", prev, "seq",
                     (json_int_t)content->seq);
}

static pc_status add_digest(char *text, char **ret_line, pc_error *err)
{
    size_t len = strlen(text);
    pc_sha256 digest = { { 0 } };
    char hex[PC_SHA256_TEXT] = "";

    PC_TRY(pc_sha256_of((pc_bytes){ (const uint8_t *)text, len }, &digest, err));
    pc_sha256_to_hex(&digest, hex);
    text[len - 1] = '\0'; /* the closing brace */
    if (asprintf(ret_line, "%s%s%s\"}", text, digest_head, hex) < 0) {
        *ret_line = NULL;
        return pc_fail_memory(err);
    }
    return PC_OK;
}

pc_status pc_record_write(const pc_record_content *content, char **ret_line, pc_error *err)
{
    PC_AUTO(pc_json) json_t *object = object_of(content);
    PC_AUTO(free) char *text = NULL;

    if (!object) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_canonical_write(object, &text, err));
    pc_outward_hide_pins(text);
    if (strlen(text) > PC_RECORD_MOST - DIGEST_TAIL_LEN) {
        return pc_fail(err, PC_E_INPUT, "a record of %zu bytes; the most is %zu", strlen(text), PC_RECORD_MOST);
    }
    return add_digest(text, ret_line, err);
}

/* The line without its own digest, as it was when the digest was computed. */
static pc_status digest_without_itself(pc_bytes line, pc_sha256 *ret_digest, pc_error *err)
{
    size_t len = line.len - DIGEST_TAIL_LEN;
    PC_AUTO(free) uint8_t *text = malloc(len + 1);

    if (!text) {
        return pc_fail_memory(err);
    }
    memcpy(text, line.data, len);
    text[len] = '}';
    return pc_sha256_of((pc_bytes){ text, len + 1 }, ret_digest, err);
}

static pc_status check_digest(pc_bytes line, pc_error *err)
{
    const char *text = (const char *)line.data;
    char hex[PC_SHA256_TEXT] = "";
    pc_sha256 stated = { { 0 } };
    pc_sha256 computed = { { 0 } };

    if (line.len <= DIGEST_TAIL_LEN ||
        memcmp(text + line.len - DIGEST_TAIL_LEN, digest_head, sizeof digest_head - 1) != 0) {
        return pc_fail(err, PC_E_VERIFY, "it does not end in its own digest");
    }
    memcpy(hex, text + line.len - PC_SHA256_TEXT - 1, PC_SHA256_TEXT - 1);
    PC_TRY(digest_without_itself(line, &computed, err));
    if (!pc_sha256_from_hex(hex, &stated) || !pc_sha256_equal(&stated, &computed)) {
        return pc_fail(err, PC_E_VERIFY, "its digest does not match its content: it was changed");
    }
    return PC_OK;
}

static bool is_kind(const char *kind)
{
    size_t len = kind ? strlen(kind) : 0;

    return len >= 1 && len <= KIND_MOST && strspn(kind, "abcdefghijklmnopqrstuvwxyz-") == len;
}

/* 2026-11-29T01:18:16.123456Z */
static bool is_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ";

    for (size_t i = 0; text && i < sizeof form; i++) {
        if (form[i] == 'd' ? !pc_is_digit(text[i]) : text[i] != form[i]) {
            return false;
        }
    }
    return text != NULL;
}

static pc_status take_members(pc_record *record, pc_error *err)
{
    const json_t *whole = record->whole;
    const json_t *seq = json_object_get(whole, "seq");
    const json_t *mono = json_object_get(whole, "mono_us");

    record->seq = json_integer_value(seq);
    record->mono_us = json_integer_value(mono);
    record->kind = json_string_value(json_object_get(whole, "kind"));
    record->at = json_string_value(json_object_get(whole, "at"));
    record->body = json_object_get(whole, "body");
    if (json_object_size(whole) != MEMBER_COUNT || !json_is_integer(seq) || record->seq < 1 || !json_is_integer(mono) ||
        record->mono_us < 0 || !json_is_object(record->body) || !is_kind(record->kind) || !is_time(record->at) ||
        !pc_sha256_from_hex(json_string_value(json_object_get(whole, "prev")), &record->prev)) {
        return pc_fail(err, PC_E_VERIFY,
                       "it is not a record: at, body, kind, mono_us, prev, seq and sha256 are its members");
    }
    return PC_OK;
}

static pc_status read_canonical(pc_bytes line, json_t **ret_value, pc_error *err)
{
    pc_status status = pc_canonical_read(line, ret_value, err);

    return status == PC_E_INPUT ? pc_note(err, PC_E_VERIFY, "it is not in the form in which records are written")
                                : status;
}

pc_status pc_record_read(pc_bytes line, pc_record *ret_record, pc_error *err)
{
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };

    if (line.len > PC_RECORD_MOST) {
        return pc_fail(err, PC_E_VERIFY, "it is longer than %zu bytes", PC_RECORD_MOST);
    }
    PC_TRY(check_digest(line, err));
    PC_TRY(read_canonical(line, &record.whole, err));
    PC_TRY(take_members(&record, err));
    PC_TRY(pc_sha256_of(line, &record.digest, err));
    *ret_record = record;
    record = (pc_record){ .whole = NULL };
    return PC_OK;
}

const char *pc_record_text(const pc_record *record, const char *name)
{
    return json_string_value(json_object_get(record->body, name));
}

bool pc_record_number(const pc_record *record, const char *name, int64_t *ret_number)
{
    const json_t *number = json_object_get(record->body, name);

    if (json_is_integer(number)) {
        *ret_number = json_integer_value(number);
    }
    return json_is_integer(number);
}
