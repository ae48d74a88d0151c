/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_YAML_H
#define PC_BASE_YAML_H

#include <stddef.h>

#include <p11cert/error.h>

#include "base/arena.h"
#include "base/bytes.h"

struct cyaml_schema_value;

/** A YAML file that is read strictly: one document, no aliases, no keys or values that its schema does not name. */
typedef struct {
    pc_bytes bytes;
    const char *file; /**< for errors */
    const char *what; /**< "a profile", for errors */
    const char *hint; /**< a sentence that says where the format is described */
    size_t max_size;  /**< bytes; more is refused */
    const struct cyaml_schema_value *schema;
} pc_yaml_source;

/**
 * Read the file as libcyaml does by the schema.
 * @param ret_data  freed with pc_yaml_free and the same schema
 * @return PC_OK; PC_E_INPUT with file and line, and the nearest known key to an unknown one; PC_E_MEMORY. A
 *         character that misleads those who review the file (pc_yaml_find_unseen) is PC_E_INPUT too.
 */
PC_MUST_CHECK pc_status pc_yaml_load(const pc_yaml_source *source, void **ret_data, pc_error *err);
void pc_yaml_free(const struct cyaml_schema_value *schema, void *data);

/**
 * "FILE", line 7, found as the first line that contains a value outside a comment: libcyaml does not keep the position
 * of a value. In the arena. Never NULL: only the name of the file if the line is unknown or when out of memory.
 */
const char *pc_yaml_place(const pc_yaml_source *source, const char *value, pc_arena *arena);

#endif
