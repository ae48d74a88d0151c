/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/inf.h>

#include <string.h>

#include "base/encoding.h"
#include "inf/findings.h"
#include "inf/inf_read.h"
#include "inf/inf_strings.h"
#include "inf/inf_unseen.h"
#include "inf/quoted.h"

void pc_inf_free(pc_inf *inf)
{
    if (inf) {
        pc_arena_free(inf->arena);
    }
}

static pc_inf *inf_new(const char *file)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inf *inf = arena ? pc_arena_alloc(arena, sizeof *inf) : NULL;

    if (!inf) {
        return NULL;
    }
    inf->file = pc_arena_string(arena, file);
    if (!inf->file) {
        return NULL;
    }
    inf->arena = PC_TAKE(arena);
    return inf;
}

static pc_status check_size(size_t len, const char *file, pc_error *err)
{
    if (len == 0) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is empty", file);
    }
    if (len > PC_INF_MAX_SIZE) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has %zu bytes; an INF file has at most %zu", file, len,
                       PC_INF_MAX_SIZE);
    }
    return PC_OK;
}

static pc_status check_characters(const pc_decoded *decoded, const char *file, pc_error *err)
{
    for (size_t i = 0; i < decoded->len; i++) {
        unsigned char c = (unsigned char)decoded->text[i];

        if (c >= 0x20 && c != 0x7f) {
            continue;
        }
        if (c == '\0') {
            return pc_fail(err, PC_E_INPUT,
                           "\"%s\" contains a NUL byte: it is a binary file, or UTF-16 without its byte order mark",
                           file);
        }
        if (c != '\t' && c != '\r' && c != '\n') {
            return pc_fail(err, PC_E_INPUT, "\"%s\" contains the control character 0x%02x: it is a binary file", file,
                           (unsigned)c);
        }
    }
    return PC_OK;
}

static pc_status collect_strings(const pc_raw_file *raw, pc_inf_strings *strings)
{
    size_t section = 0;

    if (!pc_name_map_find(&raw->sections, pc_span_of("Strings"), &section)) {
        return PC_OK;
    }
    for (size_t i = 0; i < raw->count; i++) {
        const pc_inf_line *parts = &raw->entries[i].parts;

        if (raw->entries[i].section != section || !parts->has_equals) {
            continue;
        }
        const char *name = pc_inf_unquote(raw->inf->arena, parts->key);
        const char *value = pc_inf_unquote(raw->inf->arena, parts->value);

        if (!name || !value) {
            return PC_E_MEMORY;
        }
        PC_TRY(pc_inf_strings_define(strings, name, value));
    }
    return PC_OK;
}

/* Characters of UTF-8: every byte that does not continue one. */
static size_t character_count(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static pc_status find_too_long(pc_inf *inf, const pc_inf_entry *entry)
{
    const pc_finding head = {
        .id = "inf.line-too-long",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "split the value, where the section allows _continue_ = \"…\" lines below it",
    };

    return pc_inf_find(inf, &head,
                       "the line has more than %u characters once %%strings%% are replaced, more than "
                       "Windows reads; it is ignored",
                       PC_INF_MAX_LINE);
}

static pc_status keep_entry(pc_inf *inf, const pc_inf_entry *entry, pc_error *err)
{
    bool fits =
        entry->key && entry->value && character_count(entry->key) + character_count(entry->value) <= PC_INF_MAX_LINE;

    if (!fits) {
        return find_too_long(inf, entry) == PC_OK ? PC_OK : pc_fail_memory(err);
    }
    pc_inf_entry *slot = PC_PUSH(inf->arena, inf->entries, inf->entry_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = *entry;
    return PC_OK;
}

static char *unquoted_value(pc_arena *arena, const pc_inf_line *parts)
{
    if (parts->typographic == PC_TYPOGRAPHIC_PAIR) {
        return pc_arena_text(arena, parts->value.start, parts->value.len);
    }
    return pc_inf_unquote(arena, parts->value);
}

static pc_status make_entry(pc_inf *inf, const pc_raw_entry *raw, pc_inf_strings *strings, pc_error *err)
{
    const pc_inf_line *parts = &raw->parts;
    pc_inf_entry entry = {
        .line = raw->line,
        .last_line = raw->last_line,
        .section = inf->sections[raw->section],
        .was_quoted = parts->typographic == PC_TYPOGRAPHIC_PAIR || pc_inf_is_quoted(parts->value),
        .was_typographic = parts->typographic == PC_TYPOGRAPHIC_PAIR,
        .has_bare_comma = parts->typographic != PC_TYPOGRAPHIC_PAIR && pc_inf_has_bare_comma(parts->value),
        .is_quote_open = parts->is_quote_open,
    };
    const char *key = pc_inf_unquote(inf->arena, parts->key);
    const char *value = unquoted_value(inf->arena, parts);

    if (parts->has_comment) {
        entry.comment = pc_arena_text(inf->arena, parts->comment.start, parts->comment.len);
    }
    if (!key || !value || (parts->has_comment && !entry.comment)) {
        return pc_fail_memory(err);
    }
    if (pc_text_equal(entry.section, "Strings")) {
        entry.key = key;
        entry.value = value;
    } else {
        PC_TRY(pc_inf_strings_expand(strings, key, raw->line, &entry.key, err));
        PC_TRY(pc_inf_strings_expand(strings, value, raw->line, &entry.value, err));
    }
    return keep_entry(inf, &entry, err);
}

static pc_status read_text(pc_inf *inf, pc_span text, pc_error *err)
{
    pc_raw_file raw = { .inf = inf, .sections = { .arena = inf->arena } };
    pc_inf_strings strings = pc_inf_strings_for(inf);

    PC_TRY(pc_raw_file_read(&raw, text, err));
    if (pc_inf_find_unseen(inf, text) != PC_OK || collect_strings(&raw, &strings) != PC_OK) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < raw.count; i++) {
        PC_TRY(make_entry(inf, &raw.entries[i], &strings, err));
    }
    return pc_inf_findings_seal(inf) == PC_OK ? PC_OK : pc_fail_memory(err);
}

pc_status pc_inf_parse(const uint8_t *bytes, size_t len, const char *file, pc_inf **ret_inf, pc_error *err)
{
    PC_AUTO(pc_inf) pc_inf *inf = NULL;
    pc_decoded decoded = { .encoding = NULL };

    PC_TRY(check_size(len, file, err));
    inf = inf_new(file);
    if (!inf) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_encoding_decode(inf->arena, bytes, len, &decoded, err);

    if (status != PC_OK) {
        return pc_note(err, status, "cannot read \"%s\"", file);
    }
    PC_TRY(check_characters(&decoded, file, err));
    inf->encoding = decoded.encoding;
    PC_TRY(read_text(inf, (pc_span){ .start = decoded.text, .len = decoded.len }, err));
    *ret_inf = PC_TAKE(inf);
    return PC_OK;
}
