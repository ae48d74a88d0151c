/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/print/shown.h"

#include "cli/print/output.h"

static json_t *fields_to_json(const pc_shown_part *part)
{
    json_t *array = json_array();

    for (size_t i = 0; i < part->field_count; i++) {
        (void)json_array_append_new(array, json_pack("{s:o, s:o}", "name", pc_json_text(part->fields[i].name), "value",
                                                     pc_json_text(part->fields[i].value)));
    }
    return array;
}

json_t *pc_json_shown_parts(const pc_shown_part *parts, size_t count, bool are_extensions)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *part = json_pack("{s:o, s:o}", "oid", pc_json_text(parts[i].oid), "name", pc_json_text(parts[i].name));

        if (are_extensions) {
            (void)json_object_set_new(part, "critical", json_boolean(parts[i].critical));
        }
        (void)json_object_set_new(part, "fields", fields_to_json(&parts[i]));
        (void)json_object_set_new(part, "hex", pc_json_text(parts[i].hex));
        (void)json_array_append_new(array, part);
    }
    return array;
}
