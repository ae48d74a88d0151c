/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_YAML_TREE_H
#define PC_CEREMONY_YAML_TREE_H

#include "base/arena.h"
#include "base/bytes.h"

/**
 * A YAML document as a tree in which every node knows its line, so that a finding can name it. Only texts, lists and
 * mappings: aliases, anchors, tags, a second document and keys that are not texts are refused, and so is a key that
 * appears twice in one mapping. Source: YAML 1.1 as libyaml reads it.
 */
typedef enum {
    PC_NODE_TEXT,
    PC_NODE_LIST,
    PC_NODE_MAP,
} pc_script_node_kind;

typedef struct pc_script_node {
    pc_script_node_kind kind;
    size_t line;                  /**< from 1 */
    const char *key;              /**< its key in the enclosing mapping; NULL for an item of a list and for the root */
    size_t key_line;              /**< 0 without a key */
    const char *text;             /**< of PC_NODE_TEXT: UTF-8 without NUL */
    struct pc_script_node *items; /**< of a list or a mapping */
    size_t count;
} pc_script_node;

#define PC_NODE_DEEPEST 6u /**< levels of lists and mappings */

/**
 * @param file      for errors
 * @param ret_root  in the arena
 * @return PC_OK; PC_E_INPUT with file and line; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_yaml_tree_read(pc_bytes bytes, const char *file, pc_arena *arena,
                                          const pc_script_node **ret_root, pc_error *err);

#endif
