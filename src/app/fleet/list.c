/* SPDX-License-Identifier: Apache-2.0 */
#include "app/fleet/list.h"

#include <csv.h>
#include <errno.h>
#include <jansson.h>
#include <p11cert/batch.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "base/text_stream.h"

#define MOST_COLUMNS 16u
#define BAD_TEXT \
    "it has a character that is not seen, or changes how others are seen, such as a control character, or it is not " \
    "UTF-8"

static const char *const column_names[PC_COLUMN_COUNT] = { "fqdn", "dns", "ip", "label", "template" };

/* The row that libcsv is returning, field by field. */
typedef struct {
    pc_arena *arena;
    const char *fields[MOST_COLUMNS];
    size_t count;
    bool is_whole;
    bool has_bad_text; /* a character that is not seen, or not UTF-8 */
    bool out_of_memory;
} csv_row;

struct pc_batch_list {
    FILE *in;
    pc_text_stream text; /* of the input */
    char *path;
    bool is_json;
    struct csv_parser csv;
    bool has_csv;
    pc_batch_column columns[MOST_COLUMNS];
    size_t column_count;
    unsigned long line; /* number of the next character's line, from 1 */
};

void pc_batch_list_free(pc_batch_list *list)
{
    if (!list) {
        return;
    }
    if (list->has_csv) {
        csv_free(&list->csv);
    }
    if (list->in && list->in != stdin) {
        (void)fclose(list->in);
    }
    free(list->path);
    free(list);
}

static int next_char(pc_batch_list *list)
{
    int c = pc_text_stream_next(&list->text);

    list->line += c == '\n';
    return c;
}

static void skip_line(pc_batch_list *list)
{
    for (int c = next_char(list); c != '\n' && c != EOF; c = next_char(list)) {
    }
}

static pc_status check_read(const pc_batch_list *list, pc_error *err)
{
    return ferror(list->in) ? pc_fail_errno(err, PC_E_IO, errno, "cannot read \"%s\"", list->path) : PC_OK;
}

static bool is_good_text(const char *text, size_t len)
{
    return pc_text_is_utf8(text, len) && !memchr(text, '\0', len) && !pc_text_find_harmful((pc_span){ text, len }, "");
}

/* ---- CSV ---- */

static void take_field(void *text, size_t len, void *context)
{
    csv_row *row = context;
    const char *copy = pc_arena_text(row->arena, text, len);

    row->out_of_memory = row->out_of_memory || !copy;
    row->has_bad_text = row->has_bad_text || !is_good_text(text, len);
    if (row->count < MOST_COLUMNS) {
        row->fields[row->count] = copy;
    }
    row->count++;
}

static void take_end(int c, void *context)
{
    (void)c;
    ((csv_row *)context)->is_whole = true;
}

static pc_status start_csv(pc_batch_list *list, pc_error *err)
{
    if (list->has_csv) {
        csv_free(&list->csv);
    }
    list->has_csv = csv_init(&list->csv, CSV_STRICT | CSV_STRICT_FINI) == 0;
    return list->has_csv ? PC_OK : pc_fail_memory(err);
}

static pc_status bad_row(pc_batch_list *list, pc_batch_row *ret_row, pc_error *err, const char *what)
{
    (void)pc_fail(err, PC_E_INPUT, "%s", what);
    *ret_row = PC_BATCH_ROW_BAD;
    return list->is_json ? PC_OK : start_csv(list, err);
}

/* A byte at a time, so that the end of a row is noticed at once and no row uses more memory than allowed. */
static pc_status read_csv_row(pc_batch_list *list, csv_row *row, unsigned long *ret_line, pc_batch_row *ret_row,
                              pc_error *err)
{
    size_t len = 0;
    bool begun = false;

    *ret_row = PC_BATCH_ROW_HOST;
    while (!row->is_whole) {
        unsigned long line = list->line;
        int c = next_char(list);
        unsigned char byte = (unsigned char)c;

        if (!begun && c != '\n' && c != '\r') {
            begun = true;
            *ret_line = line;
        }
        if (c == EOF) {
            PC_TRY(check_read(list, err));
            if (csv_fini(&list->csv, take_field, take_end, row) != 0) {
                return bad_row(list, ret_row, err, "a quoted value is not closed");
            }
            *ret_row = row->is_whole ? PC_BATCH_ROW_HOST : PC_BATCH_ROW_END;
            return PC_OK;
        }
        if (csv_parse(&list->csv, &byte, 1, take_field, take_end, row) != 1) {
            if (csv_error(&list->csv) != CSV_EPARSE) {
                return pc_fail_memory(err);
            }
            if (c != '\n') {
                skip_line(list);
            }
            return bad_row(list, ret_row, err, "a quote is in a place where CSV does not allow one (RFC 4180)");
        }
        if (++len > PC_BATCH_MAX_ROW) {
            skip_line(list);
            return bad_row(list, ret_row, err, "it is longer than 64 KiB");
        }
    }
    return row->out_of_memory ? pc_fail_memory(err) : PC_OK;
}

static pc_status no_header(const pc_batch_list *list, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "the list \"%s\" has no header line that names its columns", list->path);
    return pc_hint(
        err, PC_E_INPUT,
        "write a first line such as: fqdn,dns,ip,label,template (fqdn is required, the others are optional)");
}

static bool find_column(const char *name, pc_batch_column *ret_column)
{
    for (unsigned i = 0; i < PC_COLUMN_COUNT; i++) {
        if (pc_text_equal(name, column_names[i])) {
            *ret_column = (pc_batch_column)i;
            return true;
        }
    }
    return false;
}

static pc_status take_header(pc_batch_list *list, const csv_row *row, pc_error *err)
{
    bool seen[PC_COLUMN_COUNT] = { false };

    for (size_t i = 0; i < row->count && i < MOST_COLUMNS; i++) {
        pc_batch_column column = PC_COLUMN_FQDN;

        if (!find_column(row->fields[i], &column)) {
            bool is_header = i > 0 && seen[PC_COLUMN_FQDN];

            (void)no_header(list, err);
            return is_header
                       ? pc_fail(err, PC_E_INPUT,
                                 "the list \"%s\" has an unknown column \"%s\"; the columns are fqdn, dns, ip, label "
                                 "and template",
                                 list->path, row->fields[i])
                       : PC_E_INPUT;
        }
        if (seen[column]) {
            return pc_fail(err, PC_E_INPUT, "the list \"%s\" has the column \"%s\" twice", list->path, row->fields[i]);
        }
        seen[column] = true;
        list->columns[list->column_count++] = column;
    }
    return seen[PC_COLUMN_FQDN] && row->count <= MOST_COLUMNS ? PC_OK : no_header(list, err);
}

static pc_status read_header(pc_batch_list *list, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    csv_row row = { .arena = arena };
    unsigned long line = 0;
    pc_batch_row outcome = PC_BATCH_ROW_END;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(start_csv(list, err));
    PC_TRY(read_csv_row(list, &row, &line, &outcome, err));
    if (outcome != PC_BATCH_ROW_HOST || row.has_bad_text) {
        return no_header(list, err);
    }
    return take_header(list, &row, err);
}

static pc_status next_csv(pc_batch_list *list, pc_arena *arena, pc_batch_fields *fields, pc_batch_row *ret_row,
                          pc_error *err)
{
    csv_row row = { .arena = arena };

    PC_TRY(read_csv_row(list, &row, &fields->line, ret_row, err));
    if (*ret_row != PC_BATCH_ROW_HOST) {
        return PC_OK;
    }
    if (row.has_bad_text) {
        return bad_row(list, ret_row, err, BAD_TEXT);
    }
    if (row.count > list->column_count) {
        return bad_row(list, ret_row, err, "it has more values than the header line has columns");
    }
    for (size_t i = 0; i < row.count; i++) {
        fields->values[list->columns[i]] = *row.fields[i] ? row.fields[i] : NULL;
    }
    return PC_OK;
}

/* ---- JSON Lines ---- */

/* Names in a JSON list are joined as in CSV. Each value is one name, so none may contain a separator. */
static const char *join(const json_t *list, pc_arena *arena)
{
    const char *joined = "";

    for (size_t i = 0; i < json_array_size(list) && joined; i++) {
        const char *each = json_string_value(json_array_get(list, i));

        joined = each && !strpbrk(each, "; \t") ? pc_arena_format(arena, "%s%s%s", joined, i ? ";" : "", each) : NULL;
    }
    return joined;
}

static const char *take_member(pc_batch_column column, const json_t *value, pc_arena *arena)
{
    bool takes_list = column == PC_COLUMN_DNS || column == PC_COLUMN_IP;

    if (takes_list && json_is_array(value)) {
        return join(value, arena);
    }
    return json_is_string(value) ? pc_arena_string(arena, json_string_value(value)) : NULL;
}

static const char *take_object(const json_t *object, pc_arena *arena, pc_batch_fields *fields)
{
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        pc_batch_column column = PC_COLUMN_FQDN;

        if (!find_column(name, &column)) {
            return "it has a member other than fqdn, dns, ip, label, template";
        }
        if (json_is_null(value)) {
            continue;
        }
        const char *text = take_member(column, value, arena);

        if (!text) {
            return "a value is not a plain string (or, for dns and ip, a list of names)";
        }
        if (!is_good_text(text, strlen(text))) {
            return BAD_TEXT;
        }
        fields->values[column] = *text ? text : NULL;
    }
    return NULL;
}

/* Reads a line into the arena, at most PC_BATCH_MAX_ROW bytes of it. @return its length, PC_BATCH_MAX_ROW + 1 if it is
 * longer. */
static size_t read_line(pc_batch_list *list, char *text)
{
    size_t len = 0;

    for (int c = next_char(list); c != '\n' && c != EOF; c = next_char(list)) {
        if (len == PC_BATCH_MAX_ROW) {
            skip_line(list);
            return PC_BATCH_MAX_ROW + 1;
        }
        text[len++] = (char)c;
    }
    return len;
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!pc_is_space(text[i]) && text[i] != '\r') {
            return false;
        }
    }
    return true;
}

static pc_status next_json(pc_batch_list *list, pc_arena *arena, pc_batch_fields *fields, pc_batch_row *ret_row,
                           pc_error *err)
{
    PC_AUTO(free) char *text = malloc(PC_BATCH_MAX_ROW);
    size_t len = 0;

    if (!text) {
        return pc_fail_memory(err);
    }
    do {
        fields->line = list->line;
        len = read_line(list, text);
        PC_TRY(check_read(list, err));
        if (len == 0 && feof(list->in)) {
            *ret_row = PC_BATCH_ROW_END;
            return PC_OK;
        }
    } while (is_blank(text, len <= PC_BATCH_MAX_ROW ? len : 0) && len <= PC_BATCH_MAX_ROW);
    if (len > PC_BATCH_MAX_ROW) {
        return bad_row(list, ret_row, err, "it is longer than 64 KiB");
    }
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    const char *wrong = json_is_object(object) ? take_object(object, arena, fields)
                                               : "it is not one JSON object on one line with each name once";

    json_decref(object);
    *ret_row = PC_BATCH_ROW_HOST;
    return wrong ? bad_row(list, ret_row, err, wrong) : PC_OK;
}

/* ---- both ---- */

/* Skip to the first character that is not blank: it shows what kind of list this is. */
static pc_status look_at_start(pc_batch_list *list, pc_error *err)
{
    int c = 0;

    list->text = pc_text_stream_open(list->in);
    do {
        c = next_char(list);
    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    PC_TRY(check_read(list, err));
    if (c == EOF) {
        return no_header(list, err);
    }
    if (c == 0 || c >= 0xef) {
        return pc_fail(err, PC_E_INPUT, "the list \"%s\" is not UTF-8 or UTF-16 text", list->path);
    }
    list->is_json = c == '{';
    pc_text_stream_back(&list->text, c);
    return PC_OK;
}

static pc_status open_file(pc_batch_list *list, const char *path, pc_error *err)
{
    struct stat info;

    list->in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!list->in) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno, "cannot open the list \"%s\"",
                             path);
    }
    if (fstat(fileno(list->in), &info) == 0 && S_ISDIR(info.st_mode)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is a folder, not a list of hosts", path);
    }
    return PC_OK;
}

pc_status pc_batch_list_open(const char *path, pc_batch_list **ret_list, pc_error *err)
{
    PC_AUTO(pc_batch_list) pc_batch_list *list = calloc(1, sizeof *list);

    if (!list || !(list->path = strdup(path))) {
        return pc_fail_memory(err);
    }
    list->line = 1;
    PC_TRY(open_file(list, path, err));
    PC_TRY(look_at_start(list, err));
    if (!list->is_json) {
        PC_TRY(read_header(list, err));
    }
    *ret_list = PC_TAKE(list);
    return PC_OK;
}

pc_status pc_batch_list_next(pc_batch_list *list, pc_arena *arena, pc_batch_fields *ret_fields, pc_batch_row *ret_row,
                             pc_error *err)
{
    *ret_fields = (pc_batch_fields){ .line = list->line };
    return list->is_json ? next_json(list, arena, ret_fields, ret_row, err)
                         : next_csv(list, arena, ret_fields, ret_row, err);
}
