/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_unseen.h"

#include <string.h>

#include "inf/findings.h"
#include "inf/fix.h"

/* The lines are trimmed. */
static bool is_comment(pc_span line)
{
    return line.len && line.start[0] == ';';
}

static bool is_harmful(pc_span line, uint32_t point)
{
    return point && point != '\t' &&
           (is_comment(line) ? pc_text_is_harmful_in_comment(point) : pc_text_is_harmful(point));
}

/* The first harmful character; 0 if there is none. */
static uint32_t find(pc_span line)
{
    for (size_t i = 0; i < line.len;) {
        size_t taken = 1;
        const uint32_t point = pc_text_decode(line.start + i, line.len - i, &taken);

        if (is_harmful(line, point)) {
            return point;
        }
        i += taken;
    }
    return 0;
}

/* The line without harmful characters. NULL when out of memory. */
static const char *strip(const pc_inf *inf, pc_span line)
{
    char *text = pc_arena_alloc(inf->arena, line.len + 1);
    size_t len = 0;

    for (size_t i = 0; text && i < line.len;) {
        size_t taken = 1;
        const uint32_t point = pc_text_decode(line.start + i, line.len - i, &taken);

        if (!is_harmful(line, point)) {
            memcpy(text + len, line.start + i, taken);
            len += taken;
        }
        i += taken;
    }
    return text;
}

static pc_status judge_line(pc_inf *inf, unsigned number, pc_span line)
{
    const uint32_t point = find(line);
    pc_finding head = { .id = "inf.unseen-character", .severity = PC_SEVERITY_ERROR, .line = number };

    if (!point) {
        return PC_OK;
    }
    head.fix = pc_inf_find_is_full(inf, PC_SEVERITY_ERROR) ? "" : strip(inf, line);
    if (head.fix && *head.fix) {
        pc_inf_fix_lines(&head, number, number, head.fix);
    } else if (head.fix) {
        head.fix = "remove the line";
        head.edit = (pc_edit){ .action = PC_EDIT_REMOVE, .first_line = number, .last_line = number };
    }
    return pc_inf_find(inf, &head, "the line has " PC_TEXT_HARMFUL, (unsigned)point);
}

pc_status pc_inf_find_unseen(pc_inf *inf, pc_span text)
{
    pc_line_reader lines = { .cursor = text.start, .end = text.start + text.len, .next_line = 1 };
    unsigned number = 1;

    for (pc_span line = { text.start, 0 }; lines.cursor < lines.end; number = lines.next_line) {
        line = pc_line_take_physical(&lines);
        PC_TRY(judge_line(inf, number, line));
    }
    return PC_OK;
}
