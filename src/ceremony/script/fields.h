/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_FIELDS_H
#define PC_CEREMONY_FIELDS_H

#include "ceremony/script/findings.h"
#include "ceremony/script/yaml_tree.h"

/** Texts in the arena. */
typedef struct {
    const char **items;
    size_t count;
} pc_script_texts;

/** The values that a key of a mapping accepts, and the type of the field that it fills. */
typedef enum {
    PC_FIELD_TEXT,   /**< const char *; not empty */
    PC_FIELD_TEXTS,  /**< pc_script_texts: a list, or one text */
    PC_FIELD_NUMBER, /**< unsigned, from 1 to `max` */
    PC_FIELD_BOOL,   /**< bool: true or false */
    PC_FIELD_WORD,   /**< unsigned: the position in `words` */
    PC_FIELD_MAP,    /**< a struct with these `fields` */
    PC_FIELD_LIST,   /**< { T *items; size_t count; } of structs with these `fields` */
} pc_field_kind;

/** A row of a table, which ends with a row without a name. */
typedef struct pc_field {
    const char *name;
    pc_field_kind kind;
    size_t offset;
    bool required;
    unsigned max;
    const char *const *words; /**< NULL-terminated */
    const struct pc_field *fields;
    size_t item_size; /**< of a list */
} pc_field;

/**
 * Fill a struct from a mapping. The struct's first member is `size_t line`, which is set; members for which the mapping
 * has no key are unchanged. Every mistake becomes a finding with its line: unknown keys with the nearest known one,
 * missing keys, values of another kind.
 * @return PC_OK, also with findings; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_fields_read(const pc_script_node *map, const pc_field *fields, void *target,
                                       pc_script_findings *findings, pc_error *err);

/** The most similar known word; NULL if none is similar. */
const char *pc_fields_nearest(const char *word, const char *const *words);

#endif
