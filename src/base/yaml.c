/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "base/yaml_texts.h"

#define MOST_LEVELS 8 /* of a schema; deeper keys are not suggested */

/** The first complaint and the innermost place that libcyaml reports. */
typedef struct {
    char what[160];
    size_t line; /* 0: unknown */
} complaint;

static size_t read_number(const char *digits)
{
    size_t number = 0;

    for (; *digits >= '0' && *digits <= '9' && number < 1000000; digits++) {
        number = number * 10 + (size_t)(*digits - '0');
    }
    return number;
}

/* "Load: Unexpected key: x", then "Load: Backtrace:" and "  in mapping field 'y' (line: 3, column: 5)", innermost
 * first. */
PC_PRINTF(3, 0)
static void listen(cyaml_log_t level, void *context, const char *format, va_list args)
{
    complaint *heard = context;
    char text[320];
    const char *line = NULL;

    if (level < CYAML_LOG_ERROR || vsnprintf(text, sizeof text, format, args) < 0) {
        return;
    }
    text[strcspn(text, "\n")] = '\0';
    line = strstr(text, "(line: ");
    if (line) {
        heard->line = heard->line ? heard->line : read_number(line + strlen("(line: "));
    } else if (!*heard->what && !strstr(text, "Backtrace:")) {
        const char *words = strncmp(text, "Load: ", 6) == 0 ? text + 6 : text;

        (void)snprintf(heard->what, sizeof heard->what, "%.150s", words);
    }
}

static cyaml_config_t config_for(complaint *heard)
{
    return (cyaml_config_t){
        .log_fn = heard ? listen : NULL,
        .log_ctx = heard,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

/* libcyaml reads the first document and ignores any others. */
static size_t line_of_second_document(pc_bytes bytes)
{
    size_t line = 1;
    bool has_content = false;
    bool at_start = true;

    for (size_t i = 0; i < bytes.len; i++) {
        bool is_marker = at_start && bytes.len - i >= 3 && memcmp(bytes.data + i, "---", 3) == 0;

        if (is_marker && has_content) {
            return line;
        }
        has_content = has_content || is_marker ||
                      (at_start && bytes.data[i] != '#' && bytes.data[i] != '\n' && bytes.data[i] != '%');
        at_start = bytes.data[i] == '\n';
        line += at_start;
    }
    return 0;
}

static const struct {
    cyaml_err_t code;
    const char *sentence;
} sentences[] = {
    { CYAML_ERR_ALIAS, "YAML aliases are not accepted" },
    { CYAML_ERR_INVALID_KEY, "this key is unknown" },
    { CYAML_ERR_INVALID_VALUE, "this value is not valid here" },
    { CYAML_ERR_UNEXPECTED_EVENT, "this is not allowed here" },
    { CYAML_ERR_STRING_LENGTH_MIN, "this text is too short" },
    { CYAML_ERR_STRING_LENGTH_MAX, "this text is too long" },
    { CYAML_ERR_SEQUENCE_ENTRIES_MIN, "this list has too few entries" },
    { CYAML_ERR_SEQUENCE_ENTRIES_MAX, "this list has too many entries" },
    { CYAML_ERR_MAPPING_FIELD_MISSING, "a required key is missing" },
    { CYAML_ERR_LIBYAML_PARSER, "this is not valid YAML" },
};

/* What libcyaml's complaint says in words of its own: "Expecting STRING, got event: MAPPING_START". */
static const struct {
    const char *heard;
    const char *sentence;
} details[] = {
    { "Expecting STRING", "a text is expected here" },
    { "Expecting SEQUENCE", "a list is expected here" },
    { "Expecting MAPPING", "keys with values are expected here" },
    { "already seen", "this key is there twice" },
    { "STRING length < 1:", "a text is missing here" },
};

static const char *sentence_of(cyaml_err_t code, const complaint *heard)
{
    for (size_t i = 0; i < PC_COUNT(details); i++) {
        if (strstr(heard->what, details[i].heard)) {
            return details[i].sentence;
        }
    }
    for (size_t i = 0; i < PC_COUNT(sentences); i++) {
        if (sentences[i].code == code) {
            return sentences[i].sentence;
        }
    }
    return "this cannot be read";
}

static void offer_keys(const cyaml_schema_value_t *value, pc_nearest *nearest, int level)
{
    if (level == MOST_LEVELS) {
        return;
    }
    if (value->type == CYAML_SEQUENCE || value->type == CYAML_SEQUENCE_FIXED) {
        offer_keys(value->sequence.entry, nearest, level + 1);
    }
    if (value->type != CYAML_MAPPING) {
        return;
    }
    for (const cyaml_schema_field_t *field = value->mapping.fields; field->key; field++) {
        pc_nearest_offer(nearest, field->key);
        offer_keys(&field->value, nearest, level + 1);
    }
}

/* "Unexpected key: KEY" */
static const char *unknown_key(const complaint *heard)
{
    const char *colon = strrchr(heard->what, ':');

    return colon && colon[1] == ' ' ? colon + 2 : NULL;
}

/* A known key that stands in the wrong place is its own nearest one. */
static pc_status hint_about_key(const pc_yaml_source *source, const char *key, pc_error *err)
{
    pc_nearest nearest = pc_nearest_to(key);

    offer_keys(source->schema, &nearest, 0);
    if (!nearest.best) {
        return pc_hint(err, PC_E_INPUT, "%s", source->hint);
    }
    return strcmp(nearest.best, key) == 0
               ? pc_hint(err, PC_E_INPUT, "\"%s\" belongs to another level of the file; %s", key, source->hint)
               : pc_hint(err, PC_E_INPUT, "did you mean \"%s\"? %s", nearest.best, source->hint);
}

/* libcyaml words its complaints differently from version to version, so they are only quoted. */
static pc_status damaged(const pc_yaml_source *source, const complaint *heard, cyaml_err_t code, pc_error *err)
{
    const char *reason = *heard->what ? heard->what : cyaml_strerror(code);
    const char *key = code == CYAML_ERR_INVALID_KEY ? unknown_key(heard) : NULL;

    if (code == CYAML_ERR_OOM) {
        return pc_fail_memory(err);
    }
    if (heard->line) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\", near line %zu: %s (libcyaml: %s)", source->file, heard->line,
                      sentence_of(code, heard), reason);
    } else {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\": %s (libcyaml: %s)", source->file, sentence_of(code, heard), reason);
    }
    return key ? hint_about_key(source, key, err) : pc_hint(err, PC_E_INPUT, "%s", source->hint);
}

static pc_status refuse_unseen(void *context, const pc_yaml_unseen *found, pc_error *err)
{
    const pc_yaml_source *source = context;

    if (found->text) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: \"%s\" has " PC_TEXT_HARMFUL, source->file, found->line,
                      found->text, (unsigned)found->point);
    } else {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\": line %zu has " PC_TEXT_HARMFUL, source->file, found->line,
                      (unsigned)found->point);
    }
    return pc_hint(err, PC_E_INPUT, "remove it, so that %s is what those who review it see", source->what);
}

pc_status pc_yaml_load(const pc_yaml_source *source, void **ret_data, pc_error *err)
{
    complaint heard = { .line = 0 };
    const cyaml_config_t config = config_for(&heard);
    cyaml_data_t *data = NULL;
    size_t second = line_of_second_document(source->bytes);

    if (source->bytes.len > source->max_size) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is too large for %s", source->file, source->what);
    }
    if (second) {
        return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: a second document begins; %s is a single document",
                       source->file, second, source->what);
    }
    pc_yaml_source named = *source;

    PC_TRY(pc_yaml_find_unseen(source->bytes, source->file, &(pc_yaml_unseen_report){ refuse_unseen, &named }, err));
    cyaml_err_t code = cyaml_load_data(source->bytes.data, source->bytes.len, &config, source->schema, &data, NULL);

    if (code != CYAML_OK) {
        return damaged(source, &heard, code, err);
    }
    if (!data) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is empty: it is not %s", source->file, source->what);
        return pc_hint(err, PC_E_INPUT, "%s", source->hint);
    }
    *ret_data = data;
    return PC_OK;
}

void pc_yaml_free(const struct cyaml_schema_value *schema, void *data)
{
    const cyaml_config_t config = config_for(NULL);

    (void)cyaml_free(&config, schema, data, 0);
}

static size_t line_of(pc_bytes bytes, const char *text)
{
    size_t len = strlen(text);
    size_t line = 1;
    bool in_comment = false;

    for (size_t i = 0; len && i + len <= bytes.len; i++) {
        if (bytes.data[i] == '\n') {
            line++;
            in_comment = false;
        } else if (bytes.data[i] == '#') {
            in_comment = true;
        } else if (!in_comment && memcmp(bytes.data + i, text, len) == 0) {
            return line;
        }
    }
    return 0;
}

const char *pc_yaml_place(const pc_yaml_source *source, const char *value, pc_arena *arena)
{
    size_t line = line_of(source->bytes, value);
    const char *text = line ? pc_arena_format(arena, "\"%s\", line %zu", source->file, line)
                            : pc_arena_format(arena, "\"%s\"", source->file);

    return text ? text : source->file;
}
