/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/judge_texts.h"

#include <string.h>

#include "base/text.h"

typedef struct {
    const pc_script *script;
    pc_script_findings *findings;
    pc_error *err;
} judging;

/* The first character that misleads; 0: there is none. */
static uint32_t find_harmful(const char *text, const char *allowed)
{
    const size_t len = strlen(text);

    for (size_t i = 0; i < len;) {
        size_t taken = 1;
        const uint32_t point = pc_text_decode(text + i, len - i, &taken);

        if (point && pc_text_is_harmful(point) && (point > 0x7f || !strchr(allowed, (int)point))) {
            return point;
        }
        i += taken;
    }
    return 0;
}

static pc_status judge_text(const judging *judge, size_t line, const char *text, const char *allowed)
{
    const uint32_t point = text ? find_harmful(text, allowed) : 0;

    return point ? pc_script_find(judge->findings, line, judge->err,
                                  "\"%s\" has the character U+%04X, which is not seen, or changes how others are seen",
                                  text, (unsigned)point)
                 : PC_OK;
}

static pc_status judge_name(const judging *judge, size_t line, const char *name)
{
    return judge_text(judge, line, name, "");
}

/* What people read, which may have several lines. */
static pc_status judge_prose(const judging *judge, size_t line, const char *text)
{
    return judge_text(judge, line, text, "\n\t");
}

static pc_status judge_names(const judging *judge, size_t line, const pc_script_texts *names)
{
    for (size_t i = 0; i < names->count; i++) {
        PC_TRY(judge_name(judge, line, names->items[i]));
    }
    return PC_OK;
}

static pc_status judge_head(const judging *judge)
{
    const pc_script_head *head = &judge->script->head;

    PC_TRY(judge_prose(judge, head->line, head->title));
    PC_TRY(judge_prose(judge, head->line, head->purpose));
    PC_TRY(judge_prose(judge, head->line, head->approval));
    for (size_t i = 0; i < judge->script->materials.count; i++) {
        PC_TRY(judge_prose(judge, judge->script->line, judge->script->materials.items[i]));
    }
    return PC_OK;
}

static pc_status judge_lists(const judging *judge)
{
    for (size_t i = 0; i < judge->script->roles.count; i++) {
        const pc_script_role *role = &judge->script->roles.items[i];

        PC_TRY(judge_name(judge, role->line, role->name));
        PC_TRY(judge_prose(judge, role->line, role->title));
    }
    for (size_t i = 0; i < judge->script->tokens.count; i++) {
        const pc_script_token *token = &judge->script->tokens.items[i];

        PC_TRY(judge_name(judge, token->line, token->role));
        PC_TRY(judge_name(judge, token->line, token->label));
        PC_TRY(judge_names(judge, token->line, &token->keys));
    }
    for (size_t i = 0; i < judge->script->inputs.count; i++) {
        PC_TRY(judge_prose(judge, judge->script->inputs.items[i].line, judge->script->inputs.items[i].what));
    }
    return PC_OK;
}

static pc_status judge_step(const judging *judge, const pc_script_step *step)
{
    PC_TRY(judge_prose(judge, step->line, step->title));
    PC_TRY(judge_prose(judge, step->line, step->text));
    PC_TRY(judge_name(judge, step->line, step->key));
    PC_TRY(judge_name(judge, step->line, step->ca));
    PC_TRY(judge_name(judge, step->line, step->subject));
    return judge_names(judge, step->line, &step->names);
}

pc_status pc_script_judge_texts(const pc_script *script, pc_script_findings *findings, pc_error *err)
{
    const judging judge = { script, findings, err };

    PC_TRY(judge_head(&judge));
    PC_TRY(judge_lists(&judge));
    for (size_t i = 0; i < script->steps.count; i++) {
        PC_TRY(judge_step(&judge, &script->steps.items[i]));
    }
    return PC_OK;
}
