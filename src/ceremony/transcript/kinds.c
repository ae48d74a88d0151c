/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/kinds.h"

#include <string.h>

#include "ceremony/transcript/digest.h"

typedef enum { TEXT, NUMBER, DIGEST, OBJECT, ARRAY } member_type;

static const char *const type_names[] = {
    [TEXT] = "text",        [NUMBER] = "a whole number", [DIGEST] = "a SHA-256 in hex",
    [OBJECT] = "an object", [ARRAY] = "an array",
};

typedef struct {
    const char *name;
    member_type type;
} member;

#define MEMBERS_MOST 8u

static const struct {
    const char *kind;
    member members[MEMBERS_MOST];
} kinds[] = {
    { "header",
      { { "format", TEXT },
        { "mode", TEXT },
        { "title", TEXT },
        { "script_sha256", DIGEST },
        { "site_sha256", DIGEST },
        { "tool", OBJECT },
        { "modules", ARRAY } } },
    { "person", { { "name", TEXT }, { "role", TEXT }, { "presence", TEXT } } },
    { "token", { { "role", TEXT }, { "phase", TEXT }, { "label", TEXT }, { "serial", TEXT } } },
    { "step", { { "step", NUMBER }, { "step_kind", TEXT }, { "phase", TEXT } } },
    { "confirm", { { "step", NUMBER }, { "role", TEXT }, { "name", TEXT } } },
    { "intent", { { "call", TEXT } } },
    { "outcome", { { "intent", NUMBER }, { "result", TEXT } } },
    { "attributes", { { "key", TEXT }, { "class", TEXT }, { "values", OBJECT } } },
    { "artefact", { { "name", TEXT }, { "type", TEXT }, { "size", NUMBER }, { "sha256", DIGEST } } },
    { "lint", { { "name", TEXT }, { "linter", TEXT }, { "result", TEXT } } },
    { "check", { { "what", TEXT }, { "result", TEXT } } },
    { "draw", { { "purpose", TEXT }, { "source", TEXT }, { "value", TEXT } } },
    { "deviation", { { "reason", TEXT }, { "by", TEXT } } },
    { "pause", { { "reason", TEXT } } },
    { "resume", { { "reason", TEXT } } },
    { "abort", { { "reason", TEXT }, { "by", TEXT } } },
    { "torn", { { "size", NUMBER }, { "sha256", DIGEST }, { "hex", TEXT } } },
    { "note", { { "text", TEXT } } },
    { "close", { { "outcome", TEXT } } },
};

static bool has_type(const json_t *value, member_type type)
{
    pc_sha256 digest;

    switch (type) {
    case TEXT:
        return json_is_string(value);
    case NUMBER:
        return json_is_integer(value);
    case DIGEST:
        return pc_sha256_from_hex(json_string_value(value), &digest);
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value);
    }
    return false;
}

pc_status pc_record_kind_check(const char *kind, const json_t *body, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        const member *each = kinds[i].members;

        if (strcmp(kind, kinds[i].kind) != 0) {
            continue;
        }
        for (size_t j = 0; j < MEMBERS_MOST && each[j].name; j++) {
            if (!has_type(json_object_get(body, each[j].name), each[j].type)) {
                return pc_fail(err, PC_E_INPUT, "a record of the kind \"%s\" requires \"%s\", %s", kind, each[j].name,
                               type_names[each[j].type]);
            }
        }
        return PC_OK;
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not a kind of record", kind);
}
