/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml_texts.h"

#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/encoding.h"
#include "base/text.h"

#define ALLOWED "\t\r\n"

/* A place in the file. libyaml counts characters, and so does `index`. */
typedef struct {
    pc_bytes bytes;
    size_t byte;
    size_t index;
    size_t line;
    size_t last_reported; /* line */
    const pc_yaml_unseen_report *report;
    pc_error *err;
} walk;

PC_AUTO_DEFINE_VALUE(yaml_parser, yaml_parser_t, yaml_parser_delete);
PC_AUTO_DEFINE_VALUE(yaml_event, yaml_event_t, yaml_event_delete);

static pc_status judge_character(walk *place, uint32_t point)
{
    if (!point || !pc_text_is_harmful_in_comment(point) || (point < 0x80 && strchr(ALLOWED, (int)point)) ||
        place->last_reported == place->line) {
        return PC_OK;
    }
    place->last_reported = place->line;
    return place->report->found(place->report->context, &(pc_yaml_unseen){ place->line, NULL, point }, place->err);
}

/* Go on to a character of the file. */
static pc_status walk_to(walk *place, size_t index, bool is_judged)
{
    while (place->index < index && place->byte < place->bytes.len) {
        const char *text = (const char *)place->bytes.data + place->byte;
        size_t taken = 1;
        const uint32_t point = pc_text_decode(text, place->bytes.len - place->byte, &taken);

        PC_TRY(is_judged ? judge_character(place, point) : PC_OK);
        place->line += point == '\n';
        place->byte += taken;
        place->index++;
    }
    return PC_OK;
}

static pc_status judge_scalar(walk *place, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    const uint32_t point = pc_text_find_harmful((pc_span){ value, event->data.scalar.length }, ALLOWED);
    const pc_yaml_unseen unseen = { event->start_mark.line + 1, value, point };

    PC_TRY(walk_to(place, event->start_mark.index, true));
    PC_TRY(point ? place->report->found(place->report->context, &unseen, place->err) : PC_OK);
    /* A header of a block, as in "text: | # comment", belongs to the scalar, but not to its value. */
    return walk_to(place, event->end_mark.index, point == 0);
}

static pc_status judge_events(walk *place, yaml_parser_t *parser)
{
    yaml_event_type_t type = YAML_NO_EVENT;

    while (type != YAML_STREAM_END_EVENT) {
        PC_AUTO(yaml_event) yaml_event_t event = { .type = YAML_NO_EVENT };

        if (!yaml_parser_parse(parser, &event)) {
            return parser->error == YAML_MEMORY_ERROR ? pc_fail_memory(place->err) : PC_OK;
        }
        type = event.type;
        PC_TRY(type == YAML_SCALAR_EVENT ? judge_scalar(place, &event) : PC_OK);
    }
    return walk_to(place, SIZE_MAX, true);
}

pc_status pc_yaml_find_unseen(pc_bytes bytes, const char *file, const pc_yaml_unseen_report *report, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(yaml_parser) yaml_parser_t parser = { .error = YAML_NO_ERROR };
    walk place = { .bytes = bytes, .line = 1, .report = report, .err = err };

    if (!arena || !yaml_parser_initialize(&parser)) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_encoding_resolve_mark(arena, file, &place.bytes, err));
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    /* libyaml asserts that the address is not NULL, even for empty input. */
    yaml_parser_set_input_string(&parser, place.bytes.data ? place.bytes.data : (const yaml_char_t *)"",
                                 place.bytes.len);
    return judge_events(&place, &parser);
}
