/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include <string.h>

#include "base/encoding.h"
#include "inf/findings.h"
#include "inf/inf_make.h"

static const char *const effects[] = {
    [PC_EFFECT_HONOURED] = "honoured",
    [PC_EFFECT_MAPPED] = "mapped",
    [PC_EFFECT_IGNORED] = "ignored",
    [PC_EFFECT_REFUSED] = "refused",
};

static const char *const kinds[] = {
    [PC_INF_REQUEST] = "request",
    [PC_INF_CA_POLICY] = "ca-policy",
    [PC_INF_NONE] = "none",
};

PC_AUTO_DEFINE(pc_explanation, pc_explanation, pc_explanation_free);

const char *pc_effect_name(pc_effect effect)
{
    return (size_t)effect < PC_COUNT(effects) ? effects[effect] : "ignored";
}

const char *pc_inf_kind_name(pc_inf_kind kind)
{
    return (size_t)kind < PC_COUNT(kinds) ? kinds[kind] : "none";
}

void pc_explanation_free(pc_explanation *explanation)
{
    if (explanation) {
        pc_request_free(explanation->request);
        pc_inf_free(explanation->inf);
        pc_arena_free(explanation->arena);
    }
}

static pc_explanation *explanation_new(void)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_explanation *explanation = arena ? pc_arena_alloc(arena, sizeof *explanation) : NULL;

    if (explanation) {
        explanation->arena = PC_TAKE(arena);
    }
    return explanation;
}

/* The lines as they are in the file, including those that the grammar joins or skips. Divided in place. */
static pc_status keep_lines(pc_explanation *explanation, const uint8_t *bytes, size_t len, pc_error *err)
{
    pc_decoded decoded = { .encoding = NULL };

    PC_TRY(pc_encoding_decode(explanation->arena, bytes, len, &decoded, err));
    char *text = pc_arena_text(explanation->arena, decoded.text, decoded.len);
    char *end = text ? text + decoded.len : NULL;

    while (text && text < end) {
        const char **slot = PC_PUSH(explanation->arena, explanation->source_lines, explanation->source_line_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = text;
        text += strcspn(text, "\r\n");
        if (text < end) {
            bool is_pair = text[0] == '\r' && text[1] == '\n';

            *text = '\0';
            text += is_pair ? 2 : 1;
        }
    }
    return end ? PC_OK : pc_fail_memory(err);
}

static pc_status find_no_request(pc_explanation *explanation)
{
    pc_inf *inf = explanation->inf;
    pc_error why = { 0 };
    bool is_policy = explanation->kind == PC_INF_CA_POLICY;
    const pc_finding head = {
        .id = is_policy ? "inf.ca-policy" : "inf.no-request",
        .severity = PC_SEVERITY_ERROR,
        .fix = is_policy ? "put it where the CA's setup reads it; for a request, write a file with [NewRequest]"
                         : "write what to request in a section [NewRequest]",
    };

    (void)pc_inf_refuse(inf, &why);
    pc_inf_findings_unseal(inf);
    PC_TRY(pc_inf_find(inf, &head, "%s", why.frames[0]));
    return pc_inf_findings_seal(inf);
}

static pc_status make_request(pc_explanation *explanation, pc_inf_said *said, pc_error *err)
{
    explanation->exportable = PC_WISH_NO;
    explanation->key_algorithm = "RSA";
    explanation->kind = pc_inf_kind_of(explanation->inf);
    if (explanation->kind != PC_INF_REQUEST) {
        return find_no_request(explanation) == PC_OK ? PC_OK : pc_fail_memory(err);
    }
    PC_TRY(pc_inf_make_request(explanation->inf, said, &explanation->request, err));
    if (explanation->request->wish.exportable == PC_WISH_YES || said->exportable_encrypted) {
        explanation->exportable = PC_WISH_YES;
    }
    explanation->request_type = said->request_type;
    explanation->key_bits = said->key_bits;
    explanation->key_algorithm = said->key_algorithm ? said->key_algorithm : "RSA";
    explanation->hash = said->hash;
    return PC_OK;
}

static pc_directive directive_of(const pc_explanation *explanation, const pc_inf_said *said, size_t index)
{
    const pc_inf_entry *entry = &explanation->inf->entries[index];
    const pc_inf_meaning *meaning = said->meanings ? &said->meanings[index] : NULL;
    pc_directive directive = {
        .line = entry->line,
        .section = entry->section,
        .key = entry->key,
        .value = entry->value,
        .effect = PC_EFFECT_IGNORED,
        .note = explanation->kind == PC_INF_CA_POLICY ? pc_inf_section_note(entry->section)
                                                      : "no request is created from this file",
    };

    if (meaning && meaning->note) {
        directive.effect = meaning->effect;
        directive.note = meaning->note;
    }
    return directive;
}

/* Both lists are in the order of lines: the line of an error is what `new` refuses. */
static void mark_refused(pc_explanation *explanation)
{
    const pc_findings *findings = &explanation->inf->findings;
    size_t index = 0;

    for (size_t i = 0; i < explanation->directive_count; i++) {
        pc_directive *directive = &explanation->directives[i];

        while (index < findings->count && findings->items[index].line < directive->line) {
            index++;
        }
        for (size_t j = index; j < findings->count && findings->items[j].line == directive->line; j++) {
            if (findings->items[j].severity == PC_SEVERITY_ERROR) {
                directive->effect = PC_EFFECT_REFUSED;
                directive->note = findings->items[j].message;
                break;
            }
        }
    }
}

static pc_status list_directives(pc_explanation *explanation, const pc_inf_said *said, pc_error *err)
{
    for (size_t i = 0; i < explanation->inf->entry_count; i++) {
        pc_directive *slot = PC_PUSH(explanation->arena, explanation->directives, explanation->directive_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = directive_of(explanation, said, i);
    }
    mark_refused(explanation);
    return PC_OK;
}

pc_status pc_inf_explain(const uint8_t *bytes, size_t len, const char *file, pc_explanation **ret_explanation,
                         pc_error *err)
{
    PC_AUTO(pc_explanation) pc_explanation *explanation = explanation_new();
    pc_inf_said said = { .meanings = NULL };

    if (!explanation) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_inf_parse(bytes, len, file, &explanation->inf, err));
    PC_TRY(keep_lines(explanation, bytes, len, err));
    PC_TRY(make_request(explanation, &said, err));
    PC_TRY(list_directives(explanation, &said, err));
    *ret_explanation = PC_TAKE(explanation);
    return PC_OK;
}
