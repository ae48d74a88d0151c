/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/fields.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"

typedef struct {
    pc_script_findings *findings;
    pc_error *err;
} reading;

typedef struct {
    void *items;
    size_t count;
} any_list;

static const char *const kind_words[] = {
    [PC_NODE_TEXT] = "a text",
    [PC_NODE_LIST] = "a list",
    [PC_NODE_MAP] = "a mapping",
};

static pc_status wrong_kind(const reading *reader, const pc_script_node *node, const char *name,
                            pc_script_node_kind needed)
{
    return pc_script_find(reader->findings, node->line, reader->err, "\"%s\" must be %s, not %s", name,
                          kind_words[needed], kind_words[node->kind]);
}

const char *pc_fields_nearest(const char *word, const char *const *words)
{
    pc_nearest nearest = pc_nearest_to(word);

    for (; *words; words++) {
        pc_nearest_offer(&nearest, *words);
    }
    return nearest.best;
}

static pc_status read_text(const reading *reader, const pc_script_node *node, const char *name, const char **ret_text)
{
    if (node->kind != PC_NODE_TEXT) {
        return wrong_kind(reader, node, name, PC_NODE_TEXT);
    }
    if (!*node->text) {
        return pc_script_find(reader->findings, node->line, reader->err, "\"%s\" is empty", name);
    }
    *ret_text = node->text;
    return PC_OK;
}

static pc_status read_texts(const reading *reader, const pc_script_node *node, const char *name, pc_script_texts *texts)
{
    const pc_script_node *items = node->kind == PC_NODE_LIST ? node->items : node;
    size_t count = node->kind == PC_NODE_LIST ? node->count : 1;

    if (node->kind == PC_NODE_MAP) {
        return wrong_kind(reader, node, name, PC_NODE_LIST);
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = NULL;

        PC_TRY(read_text(reader, &items[i], name, &text));
        const char **item = text ? PC_PUSH(reader->findings->arena, texts->items, texts->count) : NULL;

        if (text && !item) {
            return pc_fail_memory(reader->err);
        }
        if (item) {
            *item = text;
        }
    }
    return PC_OK;
}

static pc_status read_number(const reading *reader, const pc_script_node *node, const pc_field *field, unsigned *ret)
{
    unsigned long number = 0;

    if (node->kind != PC_NODE_TEXT || !pc_text_to_number(node->text, field->max, &number) || number == 0) {
        return pc_script_find(reader->findings, node->line, reader->err, "\"%s\" must be a number from 1 to %u",
                              field->name, field->max);
    }
    *ret = (unsigned)number;
    return PC_OK;
}

static pc_status read_bool(const reading *reader, const pc_script_node *node, const char *name, bool *ret)
{
    bool is_true = node->kind == PC_NODE_TEXT && strcmp(node->text, "true") == 0;

    if (!is_true && (node->kind != PC_NODE_TEXT || strcmp(node->text, "false") != 0)) {
        return pc_script_find(reader->findings, node->line, reader->err, "\"%s\" must be true or false", name);
    }
    *ret = is_true;
    return PC_OK;
}

static pc_status unknown_word(const reading *reader, const pc_script_node *node, const pc_field *field)
{
    const char *nearest = pc_fields_nearest(node->text, field->words);

    return nearest
               ? pc_script_find(reader->findings, node->line, reader->err,
                                "\"%s\" is not a value of \"%s\"; did you mean %s?", node->text, field->name, nearest)
               : pc_script_find(reader->findings, node->line, reader->err, "\"%s\" is not a value of \"%s\"",
                                node->text, field->name);
}

static pc_status read_word(const reading *reader, const pc_script_node *node, const pc_field *field, unsigned *ret)
{
    if (node->kind != PC_NODE_TEXT) {
        return wrong_kind(reader, node, field->name, PC_NODE_TEXT);
    }
    for (unsigned i = 0; field->words[i]; i++) {
        if (strcmp(field->words[i], node->text) == 0) {
            *ret = i;
            return PC_OK;
        }
    }
    return unknown_word(reader, node, field);
}

static pc_status read_map(const reading *reader, const pc_script_node *node, const pc_field *field, void *target)
{
    return node->kind == PC_NODE_MAP ? pc_fields_read(node, field->fields, target, reader->findings, reader->err)
                                     : wrong_kind(reader, node, field->name, PC_NODE_MAP);
}

static pc_status read_list(const reading *reader, const pc_script_node *node, const pc_field *field, any_list *list)
{
    if (node->kind != PC_NODE_LIST) {
        return wrong_kind(reader, node, field->name, PC_NODE_LIST);
    }
    for (size_t i = 0; i < node->count; i++) {
        void *item = pc_arena_push(reader->findings->arena, &list->items, &list->count, field->item_size);

        if (!item) {
            return pc_fail_memory(reader->err);
        }
        *(size_t *)item = node->items[i].line;
        PC_TRY(read_map(reader, &node->items[i], field, item));
    }
    return PC_OK;
}

static pc_status read_field(const reading *reader, const pc_script_node *node, const pc_field *field, void *target)
{
    void *place = (unsigned char *)target + field->offset;

    switch (field->kind) {
    case PC_FIELD_TEXT:
        return read_text(reader, node, field->name, place);
    case PC_FIELD_TEXTS:
        return read_texts(reader, node, field->name, place);
    case PC_FIELD_NUMBER:
        return read_number(reader, node, field, place);
    case PC_FIELD_BOOL:
        return read_bool(reader, node, field->name, place);
    case PC_FIELD_WORD:
        return read_word(reader, node, field, place);
    case PC_FIELD_MAP:
        return read_map(reader, node, field, place);
    case PC_FIELD_LIST:
        return read_list(reader, node, field, place);
    }
    return pc_fail(reader->err, PC_E_INTERNAL, "a field of an unknown kind");
}

static pc_status unknown_key(const reading *reader, const pc_script_node *node, const pc_field *fields)
{
    pc_nearest nearest = pc_nearest_to(node->key);

    for (; fields->name; fields++) {
        pc_nearest_offer(&nearest, fields->name);
    }
    return nearest.best
               ? pc_script_find(reader->findings, node->key_line, reader->err,
                                "the key \"%s\" is unknown here; did you mean \"%s\"?", node->key, nearest.best)
               : pc_script_find(reader->findings, node->key_line, reader->err, "the key \"%s\" is unknown here",
                                node->key);
}

static const pc_field *find_field(const pc_field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name) != 0) {
        fields++;
    }
    return fields->name ? fields : NULL;
}

static bool has_key(const pc_script_node *map, const char *name)
{
    size_t i = 0;

    while (i < map->count && strcmp(map->items[i].key, name) != 0) {
        i++;
    }
    return i < map->count;
}

pc_status pc_fields_read(const pc_script_node *map, const pc_field *fields, void *target, pc_script_findings *findings,
                         pc_error *err)
{
    const reading reader = { .findings = findings, .err = err };

    *(size_t *)target = map->line;
    for (size_t i = 0; i < map->count; i++) {
        const pc_field *field = find_field(fields, map->items[i].key);

        PC_TRY(field ? read_field(&reader, &map->items[i], field, target)
                     : unknown_key(&reader, &map->items[i], fields));
    }
    for (; fields->name; fields++) {
        if (fields->required && !has_key(map, fields->name)) {
            PC_TRY(pc_script_find(findings, map->line, err, "the key \"%s\" is missing", fields->name));
        }
    }
    return PC_OK;
}
