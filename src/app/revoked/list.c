/* SPDX-License-Identifier: Apache-2.0 */
#include "app/revoked/list.h"

#include <csv.h>
#include <cyaml/cyaml.h>
#include <jansson.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/yaml.h"

#define MOST_SERIAL ((size_t)20)      /* octets: RFC 5280 section 4.1.2.2 */
#define MOST_YAML   ((size_t)4 << 20) /* bytes; longer lists are CSV or JSON Lines */
#define MOST_ROWS   100000

enum { SERIAL, TIME, REASON, INVALIDITY, EXPIRES, COLUMNS };

static const char *const column_names[COLUMNS] = { "serial", "time", "reason", "invalidity-date", "expires" };

/** An entry as in its file. NULL: missing. */
typedef struct {
    const char *serial;
    const char *time;
    const char *reason;
    const char *invalidity;
    const char *expires;
} entry_texts;

/** A file being read. */
typedef struct {
    const char *file;
    pc_bytes bytes;
    int64_t now_sec;
    pc_arena *arena;
    pc_revoked_list list;
    size_t line; /* of the entry being read; 0: unknown */
    pc_error *err;
} reading;

/* --- one entry --- */

static const char *place(const reading *in)
{
    const char *text = in->line ? pc_arena_format(in->arena, "\"%s\", line %zu", in->file, in->line)
                                : pc_arena_format(in->arena, "\"%s\"", in->file);

    return text ? text : in->file;
}

static pc_status bad_entry(const reading *in, pc_status status)
{
    return pc_note(in->err, status, "%s: the entry cannot be used", place(in));
}

pc_status pc_serial_from_text(const char *text, pc_arena *arena, pc_bytes *ret_serial, pc_error *err)
{
    size_t digits = strlen(text) - (pc_text_starts(text, "0x") ? 2 : 0);
    const char *padded =
        pc_arena_format(arena, "%s%s", digits % 2 ? "0" : "", pc_text_starts(text, "0x") ? text + 2 : text);
    size_t len = 0;

    if (!padded) {
        return pc_fail_memory(err);
    }
    /* "1:2f" is already hexadecimal in pairs. */
    const uint8_t *bytes = pc_text_from_hex(arena, strchr(text, ':') ? text : padded, &len);

    while (bytes && len && !*bytes) {
        bytes++;
        len--;
    }
    if (!bytes || !len || len > MOST_SERIAL) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a serial number: hexadecimal, not zero, at most 20 octets",
                       text);
    }
    *ret_serial = (pc_bytes){ bytes, len };
    return PC_OK;
}

static pc_status read_time(const reading *in, const char *text, int64_t *ret_sec)
{
    return !text || pc_text_to_time(text, ret_sec)
               ? PC_OK
               : pc_fail(in->err, PC_E_INPUT, "\"%s\" is not a time such as 2027-01-31T12:00:00Z or 2027-01-31", text);
}

static pc_status check_times(const reading *in, const pc_revoked *revoked)
{
    if (revoked->time_sec > in->now_sec) {
        return pc_fail(in->err, PC_E_INPUT, "the time of the revocation is in the future");
    }
    if (revoked->invalidity_sec > revoked->time_sec) {
        return pc_fail(in->err, PC_E_INPUT, "the invalidity date is later than the revocation");
    }
    return PC_OK;
}

static pc_status read_entry(const reading *in, const entry_texts *texts, pc_revoked *revoked)
{
    if (!texts->serial || !texts->time) {
        return pc_fail(in->err, PC_E_INPUT, "serial and time are required");
    }
    PC_TRY(pc_serial_from_text(texts->serial, in->arena, &revoked->serial, in->err));
    PC_TRY(read_time(in, texts->time, &revoked->time_sec));
    PC_TRY(read_time(in, texts->invalidity, &revoked->invalidity_sec));
    PC_TRY(read_time(in, texts->expires, &revoked->expires_sec));
    if (texts->reason) {
        PC_TRY(pc_revocation_reason_from_name(texts->reason, &revoked->reason, in->err));
    }
    return check_times(in, revoked);
}

static pc_status add_entry(reading *in, const entry_texts *texts)
{
    pc_revoked *revoked = PC_PUSH(in->arena, in->list.items, in->list.count);

    if (!revoked) {
        return pc_fail_memory(in->err);
    }
    pc_status status = read_entry(in, texts, revoked);

    return status == PC_OK ? PC_OK : bad_entry(in, status);
}

/* --- YAML --- */

typedef struct {
    entry_texts *items;
    unsigned items_count;
} yaml_list;

#define FIELD(key, flags, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), entry_texts, member, 1, 64)

static const cyaml_schema_field_t entry_fields[] = {
    FIELD("serial", CYAML_FLAG_DEFAULT, serial),    FIELD("time", CYAML_FLAG_DEFAULT, time),
    FIELD("reason", CYAML_FLAG_OPTIONAL, reason),   FIELD("invalidity-date", CYAML_FLAG_OPTIONAL, invalidity),
    FIELD("expires", CYAML_FLAG_OPTIONAL, expires), CYAML_FIELD_END,
};
static const cyaml_schema_value_t entry_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, entry_texts, entry_fields) };
static const cyaml_schema_field_t list_fields[] = {
    CYAML_FIELD_SEQUENCE_COUNT("revoked", CYAML_FLAG_POINTER, yaml_list, items, items_count, &entry_schema, 0,
                               MOST_ROWS),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t list_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, yaml_list, list_fields) };

static pc_status add_all(reading *in, const yaml_list *list)
{
    for (unsigned i = 0; i < list->items_count; i++) {
        pc_status status = add_entry(in, &list->items[i]);

        if (status != PC_OK) {
            return pc_note(in->err, status, "entry %u of %u", i + 1, list->items_count);
        }
    }
    return PC_OK;
}

static pc_status read_yaml(reading *in)
{
    const pc_yaml_source source = {
        .bytes = in->bytes,
        .file = in->file,
        .what = "a list of revoked certificates",
        .hint = "p11cert-ca(7), \"Revoked certificates\", shows the format",
        .max_size = MOST_YAML,
        .schema = &list_schema,
    };
    void *data = NULL;

    PC_TRY(pc_yaml_load(&source, &data, in->err));
    pc_status status = add_all(in, data);

    pc_yaml_free(&list_schema, data);
    return status;
}

/* --- JSON Lines --- */

static void set_text(entry_texts *texts, int column, const char *value)
{
    const char **const fields[COLUMNS] = { &texts->serial, &texts->time, &texts->reason, &texts->invalidity,
                                           &texts->expires };

    *fields[column] = value;
}

static pc_status unknown_column(const reading *in, const char *name)
{
    pc_nearest nearest = pc_nearest_to(name);

    for (int i = 0; i < COLUMNS; i++) {
        pc_nearest_offer(&nearest, column_names[i]);
    }
    (void)pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is not known here", place(in), name);
    return nearest.best ? pc_hint(in->err, PC_E_INPUT, "did you mean %s?", nearest.best)
                        : pc_hint(in->err, PC_E_INPUT, "known are serial, time, reason, invalidity-date and expires");
}

static pc_status find_column(const reading *in, const char *name, int *ret_column)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (strcmp(name, column_names[i]) == 0) {
            *ret_column = i;
            return PC_OK;
        }
    }
    return unknown_column(in, name);
}

static pc_status take_object(reading *in, json_t *object)
{
    entry_texts texts = { .serial = NULL };
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach(object, key, value)
    {
        int column = 0;

        PC_TRY(find_column(in, key, &column));
        if (!json_is_string(value)) {
            return pc_fail(in->err, PC_E_INPUT, "%s: \"%s\" is not a text", place(in), key);
        }
        set_text(&texts, column, json_string_value(value));
    }
    return add_entry(in, &texts);
}

static pc_status read_json_line(reading *in, const char *line, size_t len)
{
    json_error_t why;
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
    pc_status status = json_is_object(object)
                           ? take_object(in, object)
                           : pc_fail(in->err, PC_E_INPUT, "%s: this is not a JSON object", place(in));

    json_decref(object);
    return status;
}

static pc_status read_json(reading *in)
{
    const char *cursor = (const char *)in->bytes.data;
    const char *end = cursor + in->bytes.len;

    while (cursor < end) {
        const char *stop = memchr(cursor, '\n', (size_t)(end - cursor));
        size_t len = stop ? (size_t)(stop - cursor) : (size_t)(end - cursor);

        in->line++;
        if (len && strspn(cursor, " \t\r") < len) {
            PC_TRY(read_json_line(in, cursor, len));
        }
        cursor += len + 1;
    }
    return PC_OK;
}

/* --- CSV --- */

/** The data that libcsv has returned so far. */
typedef struct {
    reading *in;
    int columns[COLUMNS]; /* of the header, by position */
    size_t column_count;
    entry_texts row;
    size_t position;
    bool has_header;
    pc_status status; /* of the first failure */
} csv_reading;

static pc_status take_value(csv_reading *csv, const char *text)
{
    int column = 0;

    if (!csv->has_header) {
        if (csv->column_count == COLUMNS) {
            return pc_fail(csv->in->err, PC_E_INPUT, "%s: the header line has too many columns", place(csv->in));
        }
        PC_TRY(find_column(csv->in, text, &column));
        csv->columns[csv->column_count++] = column;
        return PC_OK;
    }
    if (csv->position == csv->column_count) {
        return pc_fail(csv->in->err, PC_E_INPUT, "%s: it has more values than the header line has columns",
                       place(csv->in));
    }
    set_text(&csv->row, csv->columns[csv->position++], *text ? text : NULL);
    return PC_OK;
}

static void take_field(void *bytes, size_t len, void *context)
{
    csv_reading *csv = context;
    const char *text = pc_arena_text(csv->in->arena, bytes, len);

    if (csv->status == PC_OK) {
        csv->status = text ? take_value(csv, text) : pc_fail_memory(csv->in->err);
    }
}

static void take_end(int c, void *context)
{
    csv_reading *csv = context;

    (void)c;
    if (csv->status == PC_OK && csv->has_header) {
        csv->status = add_entry(csv->in, &csv->row);
    }
    csv->has_header = true;
    csv->position = 0;
    csv->row = (entry_texts){ .serial = NULL };
}

/* A line at a time, so that an error can give its number. A value here contains no line end. */
static pc_status parse_lines(csv_reading *csv, struct csv_parser *parser)
{
    const char *cursor = (const char *)csv->in->bytes.data;
    const char *end = cursor + csv->in->bytes.len;

    while (cursor < end && csv->status == PC_OK) {
        const char *stop = memchr(cursor, '\n', (size_t)(end - cursor));
        size_t len = stop ? (size_t)(stop - cursor) + 1 : (size_t)(end - cursor);

        csv->in->line++;
        if (csv_parse(parser, cursor, len, take_field, take_end, csv) != len) {
            return pc_fail(csv->in->err, PC_E_INPUT,
                           "%s: a quote is in a place where CSV does not allow one (RFC 4180)", place(csv->in));
        }
        cursor += len;
    }
    if (csv->status == PC_OK && csv_fini(parser, take_field, take_end, csv) != 0) {
        return pc_fail(csv->in->err, PC_E_INPUT, "%s: a quoted value is not closed", place(csv->in));
    }
    return csv->status;
}

static pc_status read_csv(reading *in)
{
    csv_reading csv = { .in = in, .status = PC_OK };
    struct csv_parser parser;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        return pc_fail_memory(in->err);
    }
    pc_status status = parse_lines(&csv, &parser);

    csv_free(&parser);
    return status;
}

/* --- the list --- */

static int compare_serials(const void *left, const void *right)
{
    const pc_bytes a = ((const pc_revoked *)left)->serial;
    const pc_bytes b = ((const pc_revoked *)right)->serial;

    return a.len != b.len ? (a.len < b.len ? -1 : 1) : memcmp(a.data, b.data, a.len);
}

void pc_revoked_list_sort(pc_revoked_list *list)
{
    if (list->count) {
        qsort(list->items, list->count, sizeof *list->items, compare_serials);
    }
}

const pc_revoked *pc_revoked_list_find(const pc_revoked_list *list, pc_bytes serial)
{
    const pc_revoked wanted = { .serial = serial };

    return list->count ? bsearch(&wanted, list->items, list->count, sizeof *list->items, compare_serials) : NULL;
}

static pc_status check_once(const reading *in)
{
    for (size_t i = 1; i < in->list.count; i++) {
        if (compare_serials(&in->list.items[i - 1], &in->list.items[i]) == 0) {
            const char *hex = pc_text_hex(in->arena, in->list.items[i].serial, '\0');

            return hex ? pc_fail(in->err, PC_E_INPUT, "\"%s\": the serial number %s is listed twice", in->file, hex)
                       : pc_fail_memory(in->err);
        }
    }
    return PC_OK;
}

static pc_status read_by_content(reading *in)
{
    const char *text = (const char *)in->bytes.data;
    size_t blank = strspn(text, " \t\r\n");
    size_t head = strcspn(text, "\n");

    if (text[blank] == '{') {
        return read_json(in);
    }
    return pc_text_starts(text, "serial") && !memchr(text, ':', head) ? read_csv(in) : read_yaml(in);
}

pc_status pc_revoked_list_read(const char *file, int64_t now_sec, pc_arena *arena, pc_revoked_list *ret_list,
                               pc_error *err)
{
    reading in = { .file = file, .now_sec = now_sec, .arena = arena, .err = err };

    PC_TRY(pc_file_read(arena, file, PC_REVOKED_MAX_SIZE, &in.bytes, err));
    PC_TRY(pc_encoding_resolve_mark(arena, file, &in.bytes, err));
    PC_TRY(read_by_content(&in));
    pc_revoked_list_sort(&in.list);
    PC_TRY(check_once(&in));
    *ret_list = in.list;
    return PC_OK;
}
