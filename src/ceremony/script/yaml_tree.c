/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/yaml_tree.h"

#include <string.h>
#include <yaml.h>

typedef struct {
    const char *file;
    pc_arena *arena;
    yaml_document_t *document;
    bool *is_used; /* indexed by the number of the node: a node that is reached twice has an alias */
} reading;

PC_AUTO_DEFINE_VALUE(yaml_parser, yaml_parser_t, yaml_parser_delete);
PC_AUTO_DEFINE_VALUE(yaml_document, yaml_document_t, yaml_document_delete);

static pc_status refuse(const reading *reader, const yaml_node_t *node, const char *what, pc_error *err)
{
    return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: %s", reader->file, node->start_mark.line + 1, what);
}

static const char *default_tag(yaml_node_type_t type)
{
    return type == YAML_SCALAR_NODE     ? YAML_DEFAULT_SCALAR_TAG
           : type == YAML_SEQUENCE_NODE ? YAML_DEFAULT_SEQUENCE_TAG
                                        : YAML_DEFAULT_MAPPING_TAG;
}

static pc_status check_node(const reading *reader, int number, unsigned depth, pc_error *err)
{
    const yaml_node_t *node = yaml_document_get_node(reader->document, number);

    if (reader->is_used[number - 1]) {
        return refuse(reader, node, "YAML aliases are not accepted", err);
    }
    if (depth > PC_NODE_DEEPEST) {
        return refuse(reader, node, "lists and mappings are nested too deeply", err);
    }
    if (node->tag && strcmp((const char *)node->tag, default_tag(node->type)) != 0) {
        return refuse(reader, node, "YAML tags are not accepted", err);
    }
    if (node->type == YAML_SCALAR_NODE && strlen((const char *)node->data.scalar.value) != node->data.scalar.length) {
        return refuse(reader, node, "this text contains a NUL", err);
    }
    reader->is_used[number - 1] = true;
    return PC_OK;
}

static pc_status read_node(const reading *reader, int number, unsigned depth, pc_script_node *ret_node, pc_error *err);

static pc_status read_list(const reading *reader, const yaml_node_t *node, unsigned depth, pc_script_node *list,
                           pc_error *err)
{
    for (const yaml_node_item_t *each = node->data.sequence.items.start; each < node->data.sequence.items.top; each++) {
        pc_script_node *item = PC_PUSH(reader->arena, list->items, list->count);

        if (!item) {
            return pc_fail_memory(err);
        }
        PC_TRY(read_node(reader, *each, depth + 1, item, err));
    }
    return PC_OK;
}

static pc_status check_key(const reading *reader, const pc_script_node *map, int number, pc_error *err)
{
    const yaml_node_t *key = yaml_document_get_node(reader->document, number);

    if (key->type != YAML_SCALAR_NODE) {
        return refuse(reader, key, "the key of a mapping must be a text", err);
    }
    PC_TRY(check_node(reader, number, 0, err));
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->items[i].key, (const char *)key->data.scalar.value) == 0) {
            return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: the key \"%s\" is already there, in line %zu",
                           reader->file, key->start_mark.line + 1, map->items[i].key, map->items[i].key_line);
        }
    }
    return PC_OK;
}

static pc_status read_map(const reading *reader, const yaml_node_t *node, unsigned depth, pc_script_node *map,
                          pc_error *err)
{
    for (const yaml_node_pair_t *each = node->data.mapping.pairs.start; each < node->data.mapping.pairs.top; each++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, each->key);
        pc_script_node value = { .kind = PC_NODE_TEXT };

        PC_TRY(check_key(reader, map, each->key, err));
        PC_TRY(read_node(reader, each->value, depth + 1, &value, err));
        value.key = pc_arena_string(reader->arena, (const char *)key->data.scalar.value);
        value.key_line = key->start_mark.line + 1;
        pc_script_node *item = PC_PUSH(reader->arena, map->items, map->count);

        if (!value.key || !item) {
            return pc_fail_memory(err);
        }
        *item = value;
    }
    return PC_OK;
}

static pc_status read_node(const reading *reader, int number, unsigned depth, pc_script_node *ret_node, pc_error *err)
{
    const yaml_node_t *node = yaml_document_get_node(reader->document, number);

    PC_TRY(check_node(reader, number, depth, err));
    *ret_node = (pc_script_node){ .line = node->start_mark.line + 1 };
    if (node->type == YAML_SEQUENCE_NODE) {
        ret_node->kind = PC_NODE_LIST;
        return read_list(reader, node, depth, ret_node, err);
    }
    if (node->type == YAML_MAPPING_NODE) {
        ret_node->kind = PC_NODE_MAP;
        return read_map(reader, node, depth, ret_node, err);
    }
    ret_node->text = pc_arena_string(reader->arena, (const char *)node->data.scalar.value);
    return ret_node->text ? PC_OK : pc_fail_memory(err);
}

static pc_status load(const char *file, yaml_parser_t *parser, yaml_document_t *document, pc_error *err)
{
    if (yaml_parser_load(parser, document)) {
        return PC_OK;
    }
    if (parser->error == YAML_MEMORY_ERROR) {
        return pc_fail_memory(err);
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: this is not valid YAML: %s", file, parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "it cannot be read");
}

static pc_status refuse_more(const char *file, yaml_parser_t *parser, pc_error *err)
{
    PC_AUTO(yaml_document) yaml_document_t further = { .start_implicit = 0 };

    PC_TRY(load(file, parser, &further, err));
    return yaml_document_get_root_node(&further)
               ? pc_fail(err, PC_E_INPUT, "\"%s\", line %zu: a second document begins; there may be only one", file,
                         further.start_mark.line + 1)
               : PC_OK;
}

pc_status pc_yaml_tree_read(pc_bytes bytes, const char *file, pc_arena *arena, const pc_script_node **ret_root,
                            pc_error *err)
{
    PC_AUTO(yaml_parser) yaml_parser_t parser = { .error = YAML_NO_ERROR };
    PC_AUTO(yaml_document) yaml_document_t document = { .start_implicit = 0 };
    pc_script_node *root = pc_arena_alloc(arena, sizeof *root);

    if (!root || !yaml_parser_initialize(&parser)) {
        return pc_fail_memory(err);
    }
    /* libyaml asserts that the address is not NULL, even for empty input. */
    yaml_parser_set_input_string(&parser, bytes.data ? bytes.data : (const yaml_char_t *)"", bytes.len);
    PC_TRY(load(file, &parser, &document, err));
    if (!yaml_document_get_root_node(&document)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is empty", file);
    }
    size_t count = (size_t)(document.nodes.top - document.nodes.start);
    const reading reader = {
        .file = file, .arena = arena, .document = &document, .is_used = pc_arena_alloc(arena, count * sizeof(bool))
    };

    if (!reader.is_used) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_node(&reader, 1, 0, root, err));
    PC_TRY(refuse_more(file, &parser, err));
    *ret_root = root;
    return PC_OK;
}
