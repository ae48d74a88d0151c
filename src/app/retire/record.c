/* SPDX-License-Identifier: Apache-2.0 */
#include "app/retire/record.h"

#include <jansson.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/outward.h"
#include "base/text.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *objects_of(const pc_retire_result *result)
{
    json_t *objects = json_array();

    for (size_t i = 0; i < result->object_count; i++) {
        const pc_retire_object *each = &result->objects[i];

        (void)json_array_append_new(objects,
                                    json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:o}", "class",
                                              pc_retire_class_name(each->object_class), "state",
                                              pc_retire_state_name(each->state), "label", text_or_null(each->label),
                                              "id", each->id, "subject", text_or_null(each->subject), "serial",
                                              text_or_null(each->serial), "not_after", text_or_null(each->not_after),
                                              "note", text_or_null(each->note)));
    }
    return objects;
}

/* Labels of tokens need not be UTF-8. */
static json_t *label_of(const pc_token_info *token)
{
    char safe[4 * sizeof token->label];

    pc_text_escape_into(token->label, strlen(token->label), safe, sizeof safe);
    return json_string(safe);
}

static json_t *line_of(const char *event, const pc_retire_result *result, const pc_error *why)
{
    char time_text[PC_TIME_TEXT] = "";

    (void)pc_text_time((int64_t)time(NULL), time_text);
    return json_pack("{s:s, s:s, s:I, s:{s:o, s:s}, s:{s:o, s:s, s:s, s:o}, s:o, s:o}", "time", time_text, "event",
                     event, "uid", (json_int_t)getuid(), "token", "label", label_of(&result->token), "serial",
                     result->token.serial, "key", "label", text_or_null(result->label), "id", result->id, "kind",
                     result->kind, "spki_sha256", text_or_null(result->spki_sha256), "objects", objects_of(result),
                     "error", why ? json_string(why->frames[0]) : json_null());
}

pc_status pc_retire_record(const pc_line_file *file, const char *event, const pc_retire_result *result,
                           const pc_error *why, pc_error *err)
{
    if (!file) {
        return PC_OK;
    }
    json_t *line = line_of(event, result, why);
    PC_AUTO(free) char *plain = line ? json_dumps(line, JSON_COMPACT) : NULL;
    PC_AUTO(free) char *text = plain ? pc_outward_json(plain) : NULL;

    json_decref(line);
    if (!text) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_line_file_add(file, text, err));
    return pc_line_file_sync(file, err);
}
