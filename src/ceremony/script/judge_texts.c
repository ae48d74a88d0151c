/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/judge_texts.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/text_script.h"
#include "base/yaml_texts.h"

/* More than anybody reads; also sorting them stays cheap. */
#define MOST_FOUND 100u

static pc_status find_unseen(void *context, const pc_yaml_unseen *unseen, pc_error *err)
{
    pc_script_findings *findings = context;

    if (findings->count >= MOST_FOUND) {
        return PC_OK;
    }
    return unseen->text
               ? pc_script_find(findings, unseen->line, err, "\"%s\" has " PC_TEXT_HARMFUL, unseen->text,
                                (unsigned)unseen->point)
               : pc_script_find(findings, unseen->line, err, "a comment has " PC_TEXT_HARMFUL, (unsigned)unseen->point);
}

pc_status pc_script_judge_unseen(pc_bytes file, const char *name, pc_script_findings *findings, pc_error *err)
{
    return pc_yaml_find_unseen(file, name, &(pc_yaml_unseen_report){ find_unseen, findings }, err);
}

static bool is_prose(const pc_script_node *node)
{
    static const char *const keys[] = { "text", "purpose", "approval", "materials" };

    for (size_t i = 0; node->key && i < PC_COUNT(keys); i++) {
        if (strcmp(node->key, keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status judge_scripts_of(const pc_script_node *node, pc_script_findings *findings, pc_error *err)
{
    pc_text_mixture mixture;

    if (findings->count >= MOST_FOUND || !pc_text_find_mixture(pc_span_of(node->text), &mixture)) {
        return PC_OK;
    }
    return pc_script_find(findings, node->line, err,
                          "the word \"%.*s\" mixes %s and %s letters (U+%04X and U+%04X), which can look alike",
                          (int)(mixture.word.len < INT_MAX ? mixture.word.len : INT_MAX), mixture.word.start,
                          mixture.scripts[0], mixture.scripts[1], (unsigned)mixture.points[0],
                          (unsigned)mixture.points[1]);
}

pc_status pc_script_judge_scripts(const pc_script_node *node, pc_script_findings *findings, pc_error *err)
{
    if (is_prose(node)) {
        return PC_OK;
    }
    if (node->kind == PC_NODE_TEXT) {
        return judge_scripts_of(node, findings, err);
    }
    for (size_t i = 0; i < node->count; i++) {
        PC_TRY(pc_script_judge_scripts(&node->items[i], findings, err));
    }
    return PC_OK;
}

pc_status pc_script_judge_line(const char *name, size_t line, pc_script_findings *findings, pc_error *err)
{
    return name && strpbrk(name, "\t\r\n")
               ? pc_script_find(findings, line, err, "\"%s\" is a name, and must be on one line, without tabs", name)
               : PC_OK;
}

static pc_status judge_list(const pc_script_texts *names, size_t line, pc_script_findings *findings, pc_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        PC_TRY(pc_script_judge_line(names->items[i], line, findings, err));
    }
    return PC_OK;
}

static pc_status judge_step(const pc_script_step *step, pc_script_findings *findings, pc_error *err)
{
    PC_TRY(pc_script_judge_line(step->key, step->line, findings, err));
    PC_TRY(pc_script_judge_line(step->ca, step->line, findings, err));
    PC_TRY(pc_script_judge_line(step->subject, step->line, findings, err));
    return judge_list(&step->names, step->line, findings, err);
}

pc_status pc_script_judge_names(const pc_script *script, pc_script_findings *findings, pc_error *err)
{
    for (size_t i = 0; i < script->roles.count; i++) {
        PC_TRY(pc_script_judge_line(script->roles.items[i].name, script->roles.items[i].line, findings, err));
    }
    for (size_t i = 0; i < script->tokens.count; i++) {
        const pc_script_token *token = &script->tokens.items[i];

        PC_TRY(pc_script_judge_line(token->role, token->line, findings, err));
        PC_TRY(pc_script_judge_line(token->label, token->line, findings, err));
        PC_TRY(judge_list(&token->keys, token->line, findings, err));
    }
    for (size_t i = 0; i < script->steps.count; i++) {
        PC_TRY(judge_step(&script->steps.items[i], findings, err));
    }
    return PC_OK;
}
