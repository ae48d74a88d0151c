/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/x500_repair.h"

#include <string.h>

#include "base/host_name.h"
#include "base/text.h"

enum { MAX_ATTRIBUTES = 64, VALUE_MAX = 250 };

/* "KEY=" and the text up to the next such key, separators and all. */
typedef struct {
    pc_span key;
    pc_span value;
    char joint; /* what separates it from the previous one: ',' or '+', '\0' for the first */
} attribute;

typedef struct {
    attribute items[MAX_ATTRIBUTES];
    size_t count;
} attributes;

/* The length of a key that certreq knows, without its '='; 0 if there is none at the place. */
static size_t key_len(const char *place)
{
    size_t len = strcspn(place, "=,;+\" \t\\");
    size_t blanks = strspn(place + len, " \t");
    char key[64];

    if (len == 0 || len >= sizeof key || place[len + blanks] != '=') {
        return 0;
    }
    memcpy(key, place, len);
    key[len] = '\0';
    return pc_x500_is_key(key) ? len : 0;
}

/* Past a quoted value, or one character. */
static const char *step(const char *place, const pc_x500_options *options)
{
    const char *close = *place == '"' && !options->no_quoting ? strchr(place + 1, '"') : NULL;

    return close ? close + 1 : place + 1;
}

/* The separator before a position, looking back over blanks; '\0' if there is none, ' ' if there are only blanks. */
static char joint_before(const char *start, const char *place, const pc_x500_options *options)
{
    const char *each = place;

    while (each > start && pc_is_space(each[-1])) {
        each--;
    }
    if (each == start) {
        return '\0';
    }
    bool is_escaped = each - start >= 2 && each[-2] == '\\';

    if (!is_escaped && strchr(options->separators, each[-1])) {
        return ',';
    }
    return !is_escaped && each[-1] == '+' && options->plus ? '+' : each < place ? ' ' : '\0';
}

/* The value without the separator at its end. */
static pc_span trim_value(pc_span value, char joint)
{
    value = pc_span_trim(value);
    if (value.len && (joint == ',' || joint == '+')) {
        value.len--;
    }
    return pc_span_trim(value);
}

static bool is_same_key(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pc_to_lower(a[i]) != pc_to_lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* "CN=CN=a" is "CN=a". */
static void drop_repeated_key(attribute *each)
{
    const char *end = each->value.start + each->value.len;

    /* Behind an empty value, the next attribute begins. */
    while (each->value.len > each->key.len && key_len(each->value.start) == each->key.len &&
           is_same_key(each->value.start, each->key.start, each->key.len)) {
        const char *value = strchr(each->value.start, '=') + 1;

        each->value = pc_span_trim((pc_span){ .start = value, .len = (size_t)(end - value) });
    }
}

static bool divide(const char *text, const pc_x500_options *options, attributes *all)
{
    const char *from = NULL; /* of the last value */
    const char *place = text;

    for (; *place; place = step(place, options)) {
        char joint = joint_before(text, place, options);
        size_t len = joint || place == text + strspn(text, " \t") ? key_len(place) : 0;

        if (len == 0) {
            continue;
        }
        if (all->count == MAX_ATTRIBUTES || (all->count == 0 && joint)) {
            return false;
        }
        if (all->count) {
            attribute *last = &all->items[all->count - 1];

            last->value = trim_value((pc_span){ .start = from, .len = (size_t)(place - from) }, joint);
        }
        all->items[all->count++] = (attribute){
            .key = { .start = place, .len = len },
            .joint = joint == ' ' ? ',' : joint,
        };
        from = strchr(place, '=') + 1;
        place = from - 1;
    }
    if (all->count) {
        all->items[all->count - 1].value = pc_span_trim((pc_span){ .start = from, .len = (size_t)(place - from) });
    }
    for (size_t i = 0; i < all->count; i++) {
        drop_repeated_key(&all->items[i]);
    }
    return all->count > 0;
}

static bool is_quoted(pc_span value)
{
    return value.len >= 2 && value.start[0] == '"' && value.start[value.len - 1] == '"';
}

/* A value, in quotes if it has a character that needs them. @return the end of what was written. */
static char *put_value(char *out, pc_span value, const pc_x500_options *options)
{
    char plain[VALUE_MAX * 2 + 2];
    size_t len = 0;
    bool needs_quotes = false;

    for (size_t i = 0; i < value.len && len + 2 < sizeof plain; i++) {
        bool escapes = value.start[i] == '\\' && i + 1 < value.len && strchr(",+;=\"\\<>#", value.start[i + 1]);

        i += escapes;
        needs_quotes = needs_quotes || strchr(",+;=\"<>#", value.start[i]);
        plain[len++] = value.start[i];
        if (value.start[i] == '"') {
            plain[len++] = '"';
        }
    }
    if (is_quoted(value) || !needs_quotes || options->no_quoting) {
        memcpy(out, value.start, value.len);
        return out + value.len;
    }
    *out++ = '"';
    memcpy(out, plain, len);
    out += len;
    *out++ = '"';
    return out;
}

/* Of one letter only in capitals: "rate=5" ends with no E. */
static bool ends_with_key(pc_span text)
{
    char key[32];

    for (size_t len = 1; len <= text.len && len < sizeof key && pc_is_alnum(text.start[text.len - len]); len++) {
        memcpy(key, text.start + text.len - len, len);
        key[len] = '\0';
        if ((len > 1 || pc_to_lower(key[0]) != key[0]) && pc_x500_is_key(key)) {
            return true;
        }
    }
    return false;
}

/* "KEY=" in a value without quotes: either it is text, or the separator before it is missing. */
static bool has_key(pc_span value)
{
    for (size_t i = 1; i < value.len && !is_quoted(value); i++) {
        if (value.start[i] == '=' && ends_with_key(pc_span_trim((pc_span){ .start = value.start, .len = i }))) {
            return true;
        }
    }
    return false;
}

/* Text that has one reading: not "#hex", which stands for DER, and no key. */
static bool is_clear(const attributes *all)
{
    for (size_t i = 0; i < all->count; i++) {
        pc_span value = all->items[i].value;

        if (value.len > VALUE_MAX || (value.len && value.start[0] == '#') || has_key(value)) {
            return false;
        }
    }
    return true;
}

static void put_all(char *out, const attributes *all, const pc_x500_options *options)
{
    for (size_t i = 0; i < all->count; i++) {
        const attribute *each = &all->items[i];

        if (i) {
            *out++ = each->joint == '+' ? '+' : options->separators[0];
        }
        memcpy(out, each->key.start, each->key.len);
        out += each->key.len;
        *out++ = '=';
        out = put_value(out, each->value, options);
    }
    *out = '\0';
}

static bool is_readable(pc_arena *arena, const char *text, const pc_x500_options *options)
{
    pc_name name = { 0 };

    return pc_x500_parse(arena, text, options, &name, NULL) == PC_OK && pc_x500_check_text(&name, NULL) == PC_OK;
}

pc_status pc_x500_repair(pc_arena *arena, const char *text, const pc_x500_options *options, const char **ret_repaired)
{
    attributes all = { .count = 0 };
    /* Every value may become twice as long, and get quotes. */
    char *repaired = pc_arena_alloc(arena, strlen(text) * 2 + 4 * MAX_ATTRIBUTES + 4);

    if (!repaired) {
        return PC_E_MEMORY;
    }
    if (pc_is_host_name(text, PC_HOST_NAME_WINDOWS) && strchr(text, '.')) {
        (void)stpcpy(stpcpy(repaired, "CN="), text);
    } else if (options->separators[0] && divide(text, options, &all) && is_clear(&all)) {
        put_all(repaired, &all, options);
    }
    *ret_repaired = repaired[0] && is_readable(arena, repaired, options) ? repaired : "";
    return PC_OK;
}
