/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/canonical.h"

#include <string.h>

#include "base/text.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define NAME_MOST       64u

static pc_status check(const json_t *value, int depth, pc_error *err);

static pc_status check_name(const char *name, pc_error *err)
{
    size_t len = strlen(name);

    if (len >= 1 && len <= NAME_MOST && strspn(name, NAME_CHARACTERS) == len) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_INPUT, "\"%.80s\" cannot be the name of a member: 1 to %u of A-Z a-z 0-9 _ . -", name,
                   NAME_MOST);
}

static pc_status check_object(const json_t *object, int depth, pc_error *err)
{
    const char *name = NULL;
    json_t *member = NULL;

    /* The macro takes a non-const object, but does not change it. */
    json_object_foreach((json_t *)(uintptr_t)object, name, member)
    {
        PC_TRY(check_name(name, err));
        PC_TRY(check(member, depth + 1, err));
    }
    return PC_OK;
}

static pc_status check_array(const json_t *array, int depth, pc_error *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        PC_TRY(check(json_array_get(array, i), depth + 1, err));
    }
    return PC_OK;
}

static pc_status check_number(json_int_t number, pc_error *err)
{
    return number >= -PC_CANONICAL_MOST && number <= PC_CANONICAL_MOST
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "the number %lld is too large to be exact in JSON; write it as text",
                         (long long)number);
}

static pc_status check_text(const json_t *text, pc_error *err)
{
    return memchr(json_string_value(text), '\0', json_string_length(text))
               ? pc_fail(err, PC_E_INPUT, "a text contains a NUL character")
               : PC_OK;
}

static pc_status check(const json_t *value, int depth, pc_error *err)
{
    if (depth > PC_CANONICAL_DEPTH) {
        return pc_fail(err, PC_E_INPUT, "objects or arrays are nested more than %d deep", PC_CANONICAL_DEPTH);
    }
    if (json_is_object(value)) {
        return check_object(value, depth, err);
    }
    if (json_is_array(value)) {
        return check_array(value, depth, err);
    }
    if (json_is_integer(value)) {
        return check_number(json_integer_value(value), err);
    }
    if (json_is_string(value)) {
        return check_text(value, err);
    }
    return json_is_real(value) ? pc_fail(err, PC_E_INPUT, "a number that is not whole; write it as text") : PC_OK;
}

/* RFC 8785 section 3.2.2.2: the digits of \u001f are lower case. jansson writes them in upper case; everything else is
 * the same, including the order of the names, since they are ASCII. */
static void lower_escapes(char *text)
{
    for (char *cursor = strchr(text, '\\'); cursor; cursor = strchr(cursor, '\\')) {
        for (size_t i = 2; cursor[1] == 'u' && i < 6; i++) {
            cursor[i] = pc_to_lower(cursor[i]);
        }
        cursor += 2;
    }
}

pc_status pc_canonical_write(const json_t *value, char **ret_text, pc_error *err)
{
    PC_TRY(check(value, 0, err));
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

    if (!text) {
        return pc_fail_memory(err);
    }
    lower_escapes(text);
    *ret_text = text;
    return PC_OK;
}

pc_status pc_canonical_read(pc_bytes text, json_t **ret_value, pc_error *err)
{
    json_error_t problem = { .line = -1 };
    PC_AUTO(pc_json)
    json_t *value = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    PC_AUTO(free) char *again = NULL;

    if (!value) {
        return json_error_code(&problem) == json_error_out_of_memory
                   ? pc_fail_memory(err)
                   : pc_fail(err, PC_E_INPUT, "not JSON: %s", problem.text);
    }
    PC_TRY(pc_canonical_write(value, &again, err));
    if (strlen(again) != text.len || memcmp(again, text.data, text.len) != 0) {
        return pc_fail(err, PC_E_INPUT, "not in canonical form (RFC 8785)");
    }
    *ret_value = PC_TAKE(value);
    return PC_OK;
}
