/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/site.h"

#include <string.h>

#include "base/text.h"
#include "base/text_alike.h"
#include "ceremony/script/judge_texts.h"

#define TEXT(type, key, member) \
    { \
        .name = (key), .kind = PC_FIELD_TEXT, .offset = offsetof(type, member) \
    }
#define TEXT_WITH(type, key, member, ...) \
    { \
        .name = (key), .kind = PC_FIELD_TEXT, .offset = offsetof(type, member), __VA_ARGS__ \
    }
#define LIST(key, member, rows) \
    { \
        .name = (key), .kind = PC_FIELD_LIST, .offset = offsetof(pc_site, member), .fields = (rows), \
        .item_size = sizeof *((pc_site *)NULL)->member.items \
    }
#define FIELDS_END \
    { \
        .name = NULL \
    }

static const pc_field token_fields[] = { TEXT_WITH(pc_site_token, "token", token, .required = true),
                                         TEXT(pc_site_token, "module", module),
                                         TEXT(pc_site_token, "init-args", init_args),
                                         TEXT(pc_site_token, "uri", uri),
                                         TEXT(pc_site_token, "pin-source", pin_source),
                                         TEXT(pc_site_token, "so-pin-source", so_pin_source),
                                         FIELDS_END };

static const pc_field person_fields[] = { TEXT_WITH(pc_site_person, "role", role, .required = true),
                                          TEXT_WITH(pc_site_person, "name", name, .required = true),
                                          TEXT(pc_site_person, "key", key), FIELDS_END };

static const pc_field site_fields[] = { TEXT_WITH(pc_site, "site", site, .required = true),
                                        LIST("production", production, token_fields),
                                        LIST("rehearsal", rehearsal, token_fields),
                                        LIST("people", people, person_fields), FIELDS_END };

typedef struct {
    const pc_script *script;
    pc_script_findings *findings;
    pc_error *err;
} judging;

#define FIND(line, ...) PC_TRY(pc_script_find(judge->findings, line, judge->err, __VA_ARGS__))

static pc_status judge_row(const judging *judge, const pc_site_token *first, const pc_site_token *row)
{
    if (row->token && !pc_script_find_token(judge->script, row->token)) {
        FIND(row->line, "the ceremony has no token \"%s\"", row->token);
    }
    for (const pc_site_token *each = first; each < row; each++) {
        if (row->token && each->token && strcmp(each->token, row->token) == 0) {
            FIND(row->line, "the token \"%s\" is already in line %zu", row->token, each->line);
        }
    }
    if (row->uri && !pc_text_starts(row->uri, "pkcs11:")) {
        FIND(row->line, "\"uri\" must be a PKCS#11 URI (RFC 7512)");
    }
    if (row->uri && pc_text_find(row->uri, strlen(row->uri), "pin-value")) {
        FIND(row->line, "a PIN must not be in this file: use \"pin-source\"");
    }
    return PC_OK;
}

static pc_status judge_place(const judging *judge, const pc_site_person *first, const pc_site_person *person)
{
    for (const pc_site_person *each = first; each < person; each++) {
        if (person->name && each->name && strcmp(each->name, person->name) == 0) {
            FIND(person->line, "\"%s\" is already in line %zu: a person can be listed only once", person->name,
                 each->line);
        } else if (person->name && each->name && pc_text_alike(each->name, person->name)) {
            FIND(person->line, "\"%s\" looks like \"%s\" in line %zu: a person can be listed only once", person->name,
                 each->name, each->line);
        } else if (person->key && each->key && strcmp(each->key, person->key) == 0) {
            FIND(person->line, "the key is already that of \"%s\" in line %zu", each->name ? each->name : "",
                 each->line);
        }
    }
    return PC_OK;
}

static pc_status judge_people(const judging *judge, const pc_site *site)
{
    for (size_t i = 0; i < site->people.count; i++) {
        const pc_site_person *person = &site->people.items[i];

        PC_TRY(pc_script_judge_line(person->name, person->line, judge->findings, judge->err));
        if (person->role && !pc_script_find_role(judge->script, person->role)) {
            FIND(person->line, "the ceremony has no role \"%s\"", person->role);
        }
        if (person->key && strncmp(person->key, "spki-sha256:", 12) != 0 && strncmp(person->key, "SHA256:", 7) != 0) {
            FIND(person->line, "\"key\" must be spki-sha256: and 64 hexadecimal digits, or what ssh-keygen -l shows");
        }
        PC_TRY(judge_place(judge, site->people.items, person));
    }
    return PC_OK;
}

pc_status pc_site_read(pc_file_bytes source, const pc_script *script, pc_site *ret_site, pc_script_findings *findings,
                       pc_error *err)
{
    const judging judge = { .script = script, .findings = findings, .err = err };
    const pc_script_node *root = NULL;

    *ret_site = (pc_site){ .file = pc_arena_string(script->arena, source.name) };
    PC_TRY(pc_bytes_copy(script->arena, source.bytes, &ret_site->bytes, err));
    PC_TRY(pc_sha256_of(ret_site->bytes, &ret_site->digest, err));
    PC_TRY(pc_yaml_tree_read(ret_site->bytes, source.name, script->arena, &root, err));
    if (root->kind != PC_NODE_MAP) {
        return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: a site file is a mapping: site, production, rehearsal",
                       source.name, root->line);
    }
    PC_TRY(pc_script_judge_unseen(ret_site->bytes, source.name, findings, err));
    PC_TRY(pc_script_judge_scripts(root, findings, err));
    PC_TRY(pc_fields_read(root, site_fields, ret_site, findings, err));
    for (size_t i = 0; i < ret_site->production.count; i++) {
        PC_TRY(judge_row(&judge, ret_site->production.items, &ret_site->production.items[i]));
    }
    for (size_t i = 0; i < ret_site->rehearsal.count; i++) {
        PC_TRY(judge_row(&judge, ret_site->rehearsal.items, &ret_site->rehearsal.items[i]));
    }
    PC_TRY(judge_people(&judge, ret_site));
    pc_script_findings_sort(findings);
    return PC_OK;
}

const pc_site_token *pc_site_find(const pc_site *site, bool is_production, const char *role)
{
    const pc_site_token *items = is_production ? site->production.items : site->rehearsal.items;
    size_t count = is_production ? site->production.count : site->rehearsal.count;

    for (size_t i = 0; i < count; i++) {
        if (role && items[i].token && strcmp(items[i].token, role) == 0) {
            return &items[i];
        }
    }
    return NULL;
}
