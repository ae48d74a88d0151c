/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/script.h"

#include <string.h>

#include "ceremony/script/judge_texts.h"

#define FIELD(type, kind_, key, member) \
    { \
        .name = (key), .kind = PC_FIELD_##kind_, .offset = offsetof(type, member) \
    }
#define FIELD_WITH(type, kind_, key, member, ...) \
    { \
        .name = (key), .kind = PC_FIELD_##kind_, .offset = offsetof(type, member), __VA_ARGS__ \
    }
#define FIELDS_END \
    { \
        .name = NULL \
    }
#define LIST(key, member, rows) \
    { \
        .name = (key), .kind = PC_FIELD_LIST, .offset = offsetof(pc_script, member), .fields = (rows), \
        .item_size = sizeof *((pc_script *)NULL)->member.items \
    }

static const pc_field head_fields[] = { FIELD_WITH(pc_script_head, TEXT, "id", id, .required = true),
                                        FIELD_WITH(pc_script_head, TEXT, "title", title, .required = true),
                                        FIELD(pc_script_head, TEXT, "purpose", purpose),
                                        FIELD(pc_script_head, TEXT, "approval", approval),
                                        FIELD(pc_script_head, TEXT, "follows", follows),
                                        FIELDS_END };

static const pc_field role_fields[] = { FIELD_WITH(pc_script_role, TEXT, "name", name, .required = true),
                                        FIELD(pc_script_role, TEXT, "title", title),
                                        FIELD_WITH(pc_script_role, NUMBER, "count", count, .max = 100), FIELDS_END };

static const pc_field token_fields[] = { FIELD_WITH(pc_script_token, TEXT, "role", role, .required = true),
                                         FIELD_WITH(pc_script_token, TEXT, "label", label, .required = true),
                                         FIELD(pc_script_token, TEXT, "manufacturer", manufacturer),
                                         FIELD(pc_script_token, TEXT, "model", model),
                                         FIELD(pc_script_token, TEXT, "firmware", firmware),
                                         FIELD(pc_script_token, TEXT, "serial", serial),
                                         FIELD(pc_script_token, TEXTS, "mechanisms", mechanisms),
                                         FIELD(pc_script_token, TEXTS, "keys", keys),
                                         FIELDS_END };

static const pc_field input_fields[] = { FIELD_WITH(pc_script_input, TEXT, "file", file, .required = true),
                                         FIELD(pc_script_input, TEXT, "sha256", sha256),
                                         FIELD(pc_script_input, TEXT, "what", what), FIELDS_END };

static const pc_field step_fields[] = { FIELD_WITH(pc_script_step, WORD, "kind", kind, .required = true,
                                                   .words = pc_step_kind_names),
                                        FIELD(pc_script_step, TEXT, "title", title),
                                        FIELD(pc_script_step, TEXT, "text", text),
                                        FIELD(pc_script_step, TEXTS, "by", by),
                                        FIELD(pc_script_step, BOOL, "unattended", unattended),
                                        FIELD(pc_script_step, TEXT, "token", token),
                                        FIELD(pc_script_step, TEXT, "key", key),
                                        FIELD(pc_script_step, TEXT, "type", type),
                                        FIELD(pc_script_step, TEXT, "use", use),
                                        FIELD(pc_script_step, TEXT, "subject", subject),
                                        FIELD(pc_script_step, TEXTS, "names", names),
                                        FIELD_WITH(pc_script_step, NUMBER, "days", days, .max = 36500),
                                        FIELD(pc_script_step, TEXT, "profile", profile),
                                        FIELD(pc_script_step, TEXT, "ca", ca),
                                        FIELD(pc_script_step, TEXT, "request", request),
                                        FIELD(pc_script_step, TEXT, "certificate", certificate),
                                        FIELD(pc_script_step, TEXT, "issuer", issuer),
                                        FIELD(pc_script_step, TEXTS, "chain", chain),
                                        FIELD(pc_script_step, TEXT, "revoked", revoked),
                                        FIELD(pc_script_step, TEXT, "previous", previous),
                                        FIELD(pc_script_step, TEXT, "copy", copy),
                                        FIELD(pc_script_step, BOOL, "empty", empty),
                                        FIELD(pc_script_step, TEXTS, "keys", keys),
                                        FIELD(pc_script_step, TEXT, "out", out),
                                        FIELDS_END };

static const pc_field script_fields[] = { FIELD_WITH(pc_script, MAP, "ceremony", head, .required = true,
                                                     .fields = head_fields),
                                          LIST("roles", roles, role_fields),
                                          FIELD(pc_script, TEXTS, "materials", materials),
                                          LIST("tokens", tokens, token_fields),
                                          LIST("inputs", inputs, input_fields),
                                          LIST("steps", steps, step_fields),
                                          FIELD(pc_script, TEXTS, "outputs", outputs),
                                          FIELDS_END };

/* A script that is checked may lack a text: an empty item, a missing name. */
bool pc_script_texts_have(const pc_script_texts *texts, const char *text)
{
    for (size_t i = 0; text && i < texts->count; i++) {
        if (texts->items[i] && strcmp(texts->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

const pc_script_role *pc_script_find_role(const pc_script *script, const char *name)
{
    for (size_t i = 0; i < script->roles.count; i++) {
        if (script->roles.items[i].name && strcmp(script->roles.items[i].name, name) == 0) {
            return &script->roles.items[i];
        }
    }
    return NULL;
}

const pc_script_token *pc_script_find_token(const pc_script *script, const char *role)
{
    for (size_t i = 0; i < script->tokens.count; i++) {
        if (script->tokens.items[i].role && strcmp(script->tokens.items[i].role, role) == 0) {
            return &script->tokens.items[i];
        }
    }
    return NULL;
}

const pc_script_input *pc_script_find_input(const pc_script *script, const char *file)
{
    for (size_t i = 0; i < script->inputs.count; i++) {
        if (script->inputs.items[i].file && strcmp(script->inputs.items[i].file, file) == 0) {
            return &script->inputs.items[i];
        }
    }
    return NULL;
}

const pc_script_step *pc_script_find_keygen(const pc_script *script, const pc_script_step *step)
{
    for (const pc_script_step *each = script->steps.items; each < step; each++) {
        if (each->kind == PC_STEP_KEYGEN && each->token && each->key && step->token && step->key &&
            strcmp(each->token, step->token) == 0 && strcmp(each->key, step->key) == 0) {
            return each;
        }
    }
    return NULL;
}

const char *pc_script_role_title(const pc_script *script, const char *name)
{
    const pc_script_role *role = pc_script_find_role(script, name);

    return role && role->title ? role->title : name;
}

static bool lists(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

/* Finds keys that belong to steps of another kind, and required keys that are missing. */
static pc_status check_step_keys(const pc_script_node *node, const pc_script_step *step, pc_script_findings *findings,
                                 pc_error *err)
{
    static const char *const common[] = { "kind", "title", "text", "by", "unattended", NULL };
    const pc_step_kind_row *kind = &pc_step_kinds[step->kind];
    pc_script_texts found = { .count = 0 };

    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->items[i].key;
        const char **item = PC_PUSH(findings->arena, found.items, found.count);

        if (!item) {
            return pc_fail_memory(err);
        }
        *item = key;
        bool is_known = false;

        for (const pc_field *field = step_fields; field->name; field++) {
            is_known = is_known || strcmp(field->name, key) == 0;
        }
        if (is_known && !lists(common, key) && !lists(kind->required, key) && !lists(kind->allowed, key)) {
            PC_TRY(pc_script_find(findings, node->items[i].key_line, err, "a step of kind %s has no \"%s\"", kind->name,
                                  key));
        }
    }
    for (const char *const *each = kind->required; *each; each++) {
        if (!pc_script_texts_have(&found, *each)) {
            PC_TRY(pc_script_find(findings, step->line, err, "a step of kind %s requires \"%s\"", kind->name, *each));
        }
    }
    return PC_OK;
}

static const pc_script_node *child(const pc_script_node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (map->items[i].key && strcmp(map->items[i].key, key) == 0) {
            return &map->items[i];
        }
    }
    return NULL;
}

static pc_status check_steps(const pc_script_node *root, pc_script *script, pc_script_findings *findings, pc_error *err)
{
    const pc_script_node *steps = child(root, "steps");

    if (!steps || steps->kind != PC_NODE_LIST || steps->count == 0) {
        return pc_script_find(findings, steps ? steps->line : root->line, err, "there are no steps");
    }
    for (size_t i = 0; i < steps->count; i++) {
        script->steps.items[i].number = i + 1;
        const pc_script_node *kind = steps->items[i].kind == PC_NODE_MAP ? child(&steps->items[i], "kind") : NULL;

        /* A kind that is missing or misspelt has already been reported. */
        if (kind && kind->text && lists(pc_step_kind_names, kind->text)) {
            PC_TRY(check_step_keys(&steps->items[i], &script->steps.items[i], findings, err));
        }
    }
    return PC_OK;
}

pc_status pc_script_read(pc_file_bytes source, pc_arena *arena, pc_script *ret_script, pc_script_findings *ret_findings,
                         pc_error *err)
{
    const pc_script_node *root = NULL;

    *ret_script = (pc_script){ .file = pc_arena_string(arena, source.name), .arena = arena };
    *ret_findings = (pc_script_findings){ .arena = arena };
    PC_TRY(pc_bytes_copy(arena, source.bytes, &ret_script->bytes, err));
    PC_TRY(pc_sha256_of(ret_script->bytes, &ret_script->digest, err));
    pc_sha256_to_hex(&ret_script->digest, ret_script->sha256);
    PC_TRY(pc_yaml_tree_read(ret_script->bytes, source.name, arena, &root, err));
    if (root->kind != PC_NODE_MAP) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\", line %zu: a ceremony file is a mapping: ceremony, roles, tokens, steps", source.name,
                       root->line);
    }
    PC_TRY(pc_script_judge_unseen(ret_script->bytes, source.name, ret_findings, err));
    PC_TRY(pc_script_judge_scripts(root, ret_findings, err));
    PC_TRY(pc_fields_read(root, script_fields, ret_script, ret_findings, err));
    PC_TRY(check_steps(root, ret_script, ret_findings, err));
    pc_script_findings_sort(ret_findings);
    return PC_OK;
}
