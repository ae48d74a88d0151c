/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/x500.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "inf/quoted.h"

const pc_x500_options pc_x500_default = { .separators = ",;", .plus = true };

/* No directory has names this deep; it limits what a hostile file can make us keep. */
enum { MAX_PARTS = 256 };

typedef enum {
    VALUE_ANY,
    VALUE_ASCII,
    VALUE_COUNTRY,
} value_rule;

static const struct {
    const char *key;
    const char *oid;
    value_rule rule;
} attributes[] = {
    { "CN", PC_X500_OID_COMMON_NAME, VALUE_ANY },
    { "L", "2.5.4.7", VALUE_ANY },
    { "O", "2.5.4.10", VALUE_ANY },
    { "OU", "2.5.4.11", VALUE_ANY },
    { "C", "2.5.4.6", VALUE_COUNTRY },
    { "S", "2.5.4.8", VALUE_ANY },
    { "ST", "2.5.4.8", VALUE_ANY },
    { "STREET", "2.5.4.9", VALUE_ANY },
    { "T", "2.5.4.12", VALUE_ANY },
    { "Title", "2.5.4.12", VALUE_ANY },
    { "G", "2.5.4.42", VALUE_ANY },
    { "GivenName", "2.5.4.42", VALUE_ANY },
    { "I", "2.5.4.43", VALUE_ANY },
    { "Initials", "2.5.4.43", VALUE_ANY },
    { "SN", "2.5.4.4", VALUE_ANY },
    { "E", "1.2.840.113549.1.9.1", VALUE_ASCII },
    { "Email", "1.2.840.113549.1.9.1", VALUE_ASCII },
    { "DC", "0.9.2342.19200300.100.1.25", VALUE_ASCII },
    { "SERIALNUMBER", "2.5.4.5", VALUE_ANY },
    { "DESCRIPTION", "2.5.4.13", VALUE_ANY },
    { "POSTALCODE", "2.5.4.17", VALUE_ANY },
    { "POBOX", "2.5.4.18", VALUE_ANY },
    { "PHONE", "2.5.4.20", VALUE_ANY },
    { "UnstructuredName", "1.2.840.113549.1.9.2", VALUE_ANY },
};

typedef struct {
    pc_arena *arena;
    const pc_x500_options *options;
    const char *start;
    const char *cursor;
    pc_error *err;
} name_parser;

static size_t place(const name_parser *parser)
{
    return (size_t)(parser->cursor - parser->start) + 1;
}

static void skip_blanks(name_parser *parser)
{
    while (pc_is_space(*parser->cursor)) {
        parser->cursor++;
    }
}

static bool is_separator(const name_parser *parser, char c)
{
    return c != '\0' && (strchr(parser->options->separators, c) || (c == '+' && parser->options->plus));
}

static value_rule rule_of(const char *oid)
{
    for (size_t i = 0; i < PC_COUNT(attributes); i++) {
        if (strcmp(attributes[i].oid, oid) == 0) {
            return attributes[i].rule;
        }
    }
    return VALUE_ANY;
}

/* The OID of a key; NULL if certreq does not know it. */
static const char *oid_of_key(const char *key)
{
    const char *dotted = pc_text_starts(key, "OID.") ? key + 4 : key;

    for (size_t i = 0; i < PC_COUNT(attributes); i++) {
        if (pc_text_equal(key, attributes[i].key)) {
            return attributes[i].oid;
        }
    }
    return pc_text_is_oid(dotted) ? dotted : NULL;
}

bool pc_x500_is_key(const char *key)
{
    return oid_of_key(key) != NULL;
}

static pc_status find_oid(const name_parser *parser, const char *key, const char **ret_oid)
{
    const char *oid = oid_of_key(key);

    if (!oid) {
        return pc_fail(
            parser->err, PC_E_INPUT,
            "\"%s\" is not a name attribute that certreq knows; use CN, O, OU, L, S, C, DC, E … or a dotted OID",
            pc_quote(key).text);
    }
    *ret_oid = oid;
    return PC_OK;
}

/* A part without '=': it may belong to the previous value, in which the separator was meant as an ordinary
 * character. */
static pc_status fail_without_equals(const name_parser *parser, const char *from, pc_span key)
{
    const char *joint = from;

    while (joint > parser->start && pc_is_space(joint[-1])) {
        joint--;
    }
    joint -= joint > parser->start;
    if (*joint == '+') {
        return pc_fail(
            parser->err, PC_E_INPUT,
            "\"%s\" after '+' has no '=': '+' joins two attributes, so a value that contains it must be quoted, "
            "or needs X500NameFlags = 0x20000000 (CERT_NAME_STR_NO_PLUS_FLAG)",
            pc_quote_span(key).text);
    }
    if (joint > parser->start && joint[-1] == '\\') {
        return pc_fail(
            parser->err, PC_E_INPUT,
            "\"%s\" after '\\%c' has no '=': a backslash does not escape in such a name; a value that contains "
            "'%c' must be quoted",
            pc_quote_span(key).text, *joint, *joint);
    }
    return pc_fail(parser->err, PC_E_INPUT, "\"%s\" has no '=': each part of a name is written KEY=value",
                   pc_quote_span(key).text);
}

static pc_status read_key(name_parser *parser, pc_name_attribute *attribute)
{
    const char *from = parser->cursor;

    while (*parser->cursor && *parser->cursor != '=' && !is_separator(parser, *parser->cursor)) {
        parser->cursor++;
    }
    pc_span key = pc_span_trim((pc_span){ .start = from, .len = (size_t)(parser->cursor - from) });

    if (*parser->cursor != '=' && key.len == 0) {
        return pc_fail(parser->err, PC_E_INPUT, "a part such as CN=value is missing at character %zu", place(parser));
    }
    if (*parser->cursor != '=') {
        return fail_without_equals(parser, from, key);
    }
    if (key.len == 0) {
        return pc_fail(parser->err, PC_E_INPUT, "a key such as CN is missing before '=' at character %zu",
                       place(parser));
    }
    parser->cursor++;
    attribute->key = pc_arena_text(parser->arena, key.start, key.len);
    return attribute->key ? find_oid(parser, attribute->key, &attribute->oid) : pc_fail_memory(parser->err);
}

/* The text between the quote at `cursor` and its closing one; len SIZE_MAX if it is not closed. */
static pc_span quoted_span(const char *cursor)
{
    const char *end = cursor + 1;

    while (*end && (*end != '"' || end[1] == '"')) {
        end += *end == '"' ? 2 : 1;
    }
    return (pc_span){ .start = cursor + 1, .len = *end ? (size_t)(end - cursor) - 1 : SIZE_MAX };
}

static pc_status read_quoted(name_parser *parser, pc_name_attribute *attribute)
{
    pc_span quoted = quoted_span(parser->cursor);

    if (quoted.len == SIZE_MAX) {
        return pc_fail(parser->err, PC_E_INPUT, "the quote opened at character %zu is not closed", place(parser));
    }
    char *text = pc_arena_alloc(parser->arena, quoted.len + 1);

    if (!text) {
        return pc_fail_memory(parser->err);
    }
    attribute->text = text;
    for (size_t i = 0; i < quoted.len; i++) {
        *text++ = quoted.start[i];
        i += quoted.start[i] == '"';
    }
    parser->cursor = quoted.start + quoted.len + 1;
    skip_blanks(parser);
    return PC_OK;
}

/* The value up to a separator, blanks trimmed; *parser moves to the separator. */
static pc_span take_bare(name_parser *parser)
{
    const char *from = parser->cursor;

    while (*parser->cursor && !is_separator(parser, *parser->cursor)) {
        parser->cursor++;
    }
    return pc_span_trim((pc_span){ .start = from, .len = (size_t)(parser->cursor - from) });
}

static pc_status read_bare(name_parser *parser, pc_name_attribute *attribute)
{
    pc_span value = take_bare(parser);

    for (size_t i = 0; i < value.len; i++) {
        if (!parser->options->no_quoting && (value.start[i] == '=' || value.start[i] == '"')) {
            return pc_fail(parser->err, PC_E_INPUT,
                           "the value \"%s\" of %s contains '%c': either a ',' is missing, or the value must be quoted",
                           pc_quote_span(value).text, attribute->key, value.start[i]);
        }
    }
    attribute->text = pc_arena_text(parser->arena, value.start, value.len);
    return attribute->text ? PC_OK : pc_fail_memory(parser->err);
}

static pc_status read_hex(name_parser *parser, pc_name_attribute *attribute)
{
    parser->cursor++;
    pc_span value = take_bare(parser);
    char *text = pc_arena_alloc(parser->arena, value.len + 1);
    size_t len = 0;

    if (!text) {
        return pc_fail_memory(parser->err);
    }
    for (size_t i = 0; i < value.len; i++) {
        char lower = pc_to_lower(value.start[i]);

        if (pc_is_space(lower)) {
            continue;
        }
        if (!pc_is_digit(lower) && (lower < 'a' || lower > 'f')) {
            return pc_fail(parser->err, PC_E_INPUT, "\"#%s\" is not hex", pc_quote_span(value).text);
        }
        text[len++] = value.start[i];
    }
    if (len % 2) {
        return pc_fail(parser->err, PC_E_INPUT, "\"#%s\" has an odd number of hex digits", pc_quote_span(value).text);
    }
    attribute->text = text;
    attribute->form = PC_VALUE_DER;
    return PC_OK;
}

static pc_status check_text(const name_parser *parser, const pc_name_attribute *attribute)
{
    const char *text = attribute->text;
    value_rule rule = rule_of(attribute->oid);

    for (const char *cursor = text; *cursor; cursor++) {
        if (rule == VALUE_ASCII && (unsigned char)*cursor >= 0x80) {
            return pc_fail(parser->err, PC_E_INPUT, "the value of %s must be ASCII", attribute->key);
        }
    }
    if (!pc_text_is_utf8(text, strlen(text))) {
        return pc_fail(parser->err, PC_E_INPUT, "the value of %s is not UTF-8", attribute->key);
    }
    /* Comparing names leaves most of them out (RFC 4518, 2.2), so the name is the same one without them. */
    const uint32_t harmful = pc_text_find_harmful(pc_span_of(text), "");

    if (harmful) {
        return pc_fail(parser->err, PC_E_INPUT, "the value of %s has " PC_TEXT_HARMFUL, attribute->key,
                       (unsigned)harmful);
    }
    if (rule == VALUE_COUNTRY && (strlen(text) != 2 || !pc_is_alnum(text[0]) || !pc_is_alnum(text[1]))) {
        return pc_fail(parser->err, PC_E_INPUT, "C is a country code of two letters such as DE, not \"%s\"",
                       pc_quote(text).text);
    }
    return PC_OK;
}

static pc_status read_attribute(name_parser *parser, pc_name_attribute *attribute)
{
    PC_TRY(read_key(parser, attribute));
    skip_blanks(parser);
    if (*parser->cursor == '"' && !parser->options->no_quoting) {
        PC_TRY(read_quoted(parser, attribute));
    } else if (*parser->cursor == '#') {
        PC_TRY(read_hex(parser, attribute));
    } else {
        PC_TRY(read_bare(parser, attribute));
    }
    if (attribute->text[0] == '\0') {
        return pc_fail(parser->err, PC_E_INPUT, "the value of %s is empty", attribute->key);
    }
    if (*parser->cursor && !is_separator(parser, *parser->cursor)) {
        return pc_fail(parser->err, PC_E_INPUT, "text follows the closing quote at character %zu", place(parser));
    }
    return attribute->form == PC_VALUE_TEXT ? check_text(parser, attribute) : PC_OK;
}

static pc_status read_rdn(name_parser *parser, pc_rdn *rdn)
{
    for (;;) {
        pc_name_attribute *attribute = PC_PUSH(parser->arena, rdn->attributes, rdn->count);

        if (!attribute) {
            return pc_fail_memory(parser->err);
        }
        if (rdn->count > MAX_PARTS) {
            return pc_fail(parser->err, PC_E_INPUT, "a name may have at most %d parts", MAX_PARTS);
        }
        PC_TRY(read_attribute(parser, attribute));
        if (*parser->cursor != '+' || !parser->options->plus) {
            return PC_OK;
        }
        parser->cursor++;
        skip_blanks(parser);
    }
}

static void reverse(pc_name *name)
{
    for (size_t i = 0; i < name->count / 2; i++) {
        pc_rdn swap = name->rdns[i];

        name->rdns[i] = name->rdns[name->count - 1 - i];
        name->rdns[name->count - 1 - i] = swap;
    }
}

pc_status pc_x500_parse(pc_arena *arena, const char *text, const pc_x500_options *options, pc_name *ret_name,
                        pc_error *err)
{
    name_parser parser = { .arena = arena, .options = options, .start = text, .cursor = text, .err = err };
    pc_name name = { 0 };

    skip_blanks(&parser);
    for (bool more = *parser.cursor != '\0'; more;) {
        pc_rdn *rdn = PC_PUSH(arena, name.rdns, name.count);

        if (!rdn) {
            return pc_fail_memory(err);
        }
        if (name.count > MAX_PARTS) {
            return pc_fail(err, PC_E_INPUT, "a name may have at most %d parts", MAX_PARTS);
        }
        PC_TRY(read_rdn(&parser, rdn));
        more = *parser.cursor != '\0';
        parser.cursor += more;
        skip_blanks(&parser);
    }
    if (options->reverse) {
        reverse(&name);
    }
    *ret_name = name;
    return PC_OK;
}

pc_status pc_x500_check_text(const pc_name *name, pc_error *err)
{
    for (size_t i = 0; i < name->count; i++) {
        for (size_t j = 0; j < name->rdns[i].count; j++) {
            const pc_name_attribute *each = &name->rdns[i].attributes[j];

            if (each->form != PC_VALUE_TEXT) {
                return pc_fail(err, PC_E_INPUT,
                               "the value of %s is hex, which Windows encodes as an OCTET STRING; p11cert "
                               "writes no such name",
                               pc_quote(each->key).text);
            }
        }
    }
    return PC_OK;
}
