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
    const char *hint; /**< where the form is described: a sentence */
    size_t max_size;  /**< bytes; more is refused */
    const struct cyaml_schema_value *schema;
} pc_yaml_source;

/**
 * Read the file as libcyaml does by the schema.
 * @param ret_data  freed with pc_yaml_free and the same schema
 * @return PC_OK; PC_E_INPUT with file and line, and the nearest known key to an unknown one; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_yaml_load(const pc_yaml_source *source, void **ret_data, pc_error *err);
void pc_yaml_free(const struct cyaml_schema_value *schema, void *data);

/**
 * "FILE", line 7, by the first line that holds a value outside a comment: libcyaml does not keep where a value was.
 * In the arena. Never NULL: the bare name of the file where the line is unknown, or there is no memory.
 */
const char *pc_yaml_place(const pc_yaml_source *source, const char *value, pc_arena *arena);

#endif
