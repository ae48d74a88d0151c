/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/script/judge.h"

#include <string.h>

#include "base/nearest.h"
#include "base/text.h"
#include "ceremony/script/judge_texts.h"
#include "ceremony/transcript/proof_text.h"

#define LONGEST_NAME  100u
#define LONGEST_LABEL 32u

typedef struct {
    const pc_script *script;
    pc_script_findings *findings;
    pc_error *err;
} judging;

#define FIND(line, ...) PC_TRY(pc_script_find(judge->findings, line, judge->err, __VA_ARGS__))

/* --- names -------------------------------------------------------------------------------------- */

/* A name of a file in the folder of the ceremony, on any system; it must not look like an option or be hidden. */
static bool is_plain_name(const char *name)
{
    size_t len = strlen(name);

    for (const char *c = name; *c; c++) {
        if (!pc_is_alnum(*c) && !strchr("._-", *c)) {
            return false;
        }
    }
    return len >= 1 && len <= LONGEST_NAME && *name != '.' && *name != '-';
}

/* Files that the ceremony itself writes to its folder. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = { "ceremony.yaml", "site.yaml", "transcript.jsonl", "manifest.json",
                                            "verify.sh",     "lock",      "head.txt",         "signatures",
                                            "README.txt",    NULL };
    size_t i = 0;

    while (reserved[i] && !pc_text_equal(reserved[i], name)) {
        i++;
    }
    return reserved[i] != NULL || pc_text_starts(name, "transcript") || pc_text_starts(name, "manifest") ||
           pc_text_starts(name, PC_PROOF_PREFIX);
}

static pc_status judge_name(const judging *judge, size_t line, const char *name)
{
    if (!is_plain_name(name)) {
        FIND(line, "\"%s\" is not the name of a file in this folder: use letters, digits, '.', '_' and '-'", name);
    } else if (is_reserved(name)) {
        FIND(line, "\"%s\" is a name that the ceremony's folder uses itself", name);
    }
    return PC_OK;
}

/* --- the lists ---------------------------------------------------------------------------------- */

static pc_status judge_head(const judging *judge)
{
    const pc_script_head *head = &judge->script->head;

    if (head->id && !is_plain_name(head->id)) {
        FIND(head->line, "\"id\" may have letters, digits, '.', '_' and '-', and begins with a letter or digit");
    }
    if (head->follows && !pc_script_find_input(judge->script, head->follows)) {
        FIND(head->line, "\"follows\" names \"%s\", which is not listed in inputs", head->follows);
    }
    return PC_OK;
}

static pc_status judge_roles(const judging *judge)
{
    for (size_t i = 0; i < judge->script->roles.count; i++) {
        const pc_script_role *role = &judge->script->roles.items[i];
        const pc_script_role *first = role->name ? pc_script_find_role(judge->script, role->name) : role;

        if (first != role) {
            FIND(role->line, "the role \"%s\" is already in line %zu", role->name, first->line);
        }
    }
    return PC_OK;
}

static pc_status judge_tokens(const judging *judge)
{
    for (size_t i = 0; i < judge->script->tokens.count; i++) {
        const pc_script_token *token = &judge->script->tokens.items[i];
        const pc_script_token *first = token->role ? pc_script_find_token(judge->script, token->role) : token;

        if (first != token) {
            FIND(token->line, "the token \"%s\" is already in line %zu", token->role, first->line);
        }
        if (token->label && strlen(token->label) > LONGEST_LABEL) {
            FIND(token->line, "a token's label has at most %u bytes", LONGEST_LABEL);
        }
        for (size_t j = 0; j < i && token->label; j++) {
            const char *other = judge->script->tokens.items[j].label;

            if (other && strcmp(other, token->label) == 0) {
                FIND(token->line, "two tokens have the label \"%s\"", token->label);
            }
        }
    }
    return PC_OK;
}

static pc_status judge_inputs(const judging *judge)
{
    for (size_t i = 0; i < judge->script->inputs.count; i++) {
        const pc_script_input *input = &judge->script->inputs.items[i];
        const pc_script_input *first = input->file ? pc_script_find_input(judge->script, input->file) : input;

        if (first != input) {
            FIND(input->line, "the input \"%s\" is already in line %zu", input->file, first->line);
        }
        if (input->file && !is_plain_name(input->file)) {
            FIND(input->line, "\"%s\" is not the name of a file in the same folder", input->file);
        }
        if (input->sha256 && (strlen(input->sha256) != 64 || strspn(input->sha256, "0123456789abcdef") != 64)) {
            FIND(input->line, "\"sha256\" must be 64 hexadecimal digits in lower case");
        }
    }
    return PC_OK;
}

/* --- what a step refers to ---------------------------------------------------------------------- */

static pc_status judge_people(const judging *judge, const pc_script_step *step)
{
    const pc_step_kind_row *kind = &pc_step_kinds[step->kind];
    unsigned people = 0;

    for (size_t i = 0; i < step->by.count; i++) {
        const char *name = step->by.items[i];
        const pc_script_role *role = pc_script_find_role(judge->script, name);
        pc_nearest nearest = pc_nearest_to(name);

        people += role ? (role->count ? role->count : 1) : 0;
        for (size_t j = 0; j < judge->script->roles.count && !role; j++) {
            if (judge->script->roles.items[j].name) {
                pc_nearest_offer(&nearest, judge->script->roles.items[j].name);
            }
        }
        if (!role && nearest.best) {
            FIND(step->line, "step %zu: the role \"%s\" is not listed in roles; did you mean \"%s\"?", step->number,
                 name, nearest.best);
        } else if (!role) {
            FIND(step->line, "step %zu: the role \"%s\" is not listed in roles", step->number, name);
        }
    }
    if (kind->is_for_people && step->unattended) {
        FIND(step->line, "step %zu: a step of kind %s cannot be unattended", step->number, kind->name);
    }
    if (step->kind == PC_STEP_RETIRE && people < 2) {
        FIND(step->line, "step %zu: two people must confirm the destruction of a key; \"by\" names %u", step->number,
             people);
    }
    return PC_OK;
}

static pc_status judge_token(const judging *judge, const pc_script_step *step, const char *role)
{
    pc_nearest nearest = pc_nearest_to(role ? role : "");

    if (!role || pc_script_find_token(judge->script, role)) {
        return PC_OK;
    }
    for (size_t i = 0; i < judge->script->tokens.count; i++) {
        if (judge->script->tokens.items[i].role) {
            pc_nearest_offer(&nearest, judge->script->tokens.items[i].role);
        }
    }
    if (nearest.best) {
        FIND(step->line, "step %zu: the token \"%s\" is not listed in tokens; did you mean \"%s\"?", step->number, role,
             nearest.best);
    } else {
        FIND(step->line, "step %zu: the token \"%s\" is not listed in tokens", step->number, role);
    }
    return PC_OK;
}

/* --- results of earlier steps -------------------------------------------------------------------- */

static bool same(const char *left, const char *right)
{
    return left && right && strcmp(left, right) == 0;
}

/* The last step before this one that makes or destroys the key. */
static const pc_script_step *find_key_step(const pc_script *script, const pc_script_step *step, const char *key)
{
    for (const pc_script_step *each = step; each-- > script->steps.items;) {
        if ((each->kind == PC_STEP_KEYGEN || each->kind == PC_STEP_RETIRE) && same(each->token, step->token) &&
            same(each->key, key)) {
            return each;
        }
    }
    return NULL;
}

static bool is_there_before(const pc_script *script, const pc_script_step *step, const char *key)
{
    const pc_script_token *token = pc_script_find_token(script, step->token);

    return token && pc_script_texts_have(&token->keys, key);
}

static pc_status judge_new_key(const judging *judge, const pc_script_step *step)
{
    const pc_script_step *earlier = find_key_step(judge->script, step, step->key);

    if (is_there_before(judge->script, step, step->key) || (earlier && earlier->kind == PC_STEP_KEYGEN)) {
        FIND(step->line, "step %zu: the key \"%s\" is already on the token \"%s\" at that point", step->number,
             step->key, step->token);
    }
    if (step->use && !same(step->use, "sign") && !same(step->use, "ca") && !same(step->use, "decrypt") &&
        !same(step->use, "wrap")) {
        FIND(step->line, "step %zu: \"use\" must be sign, ca, decrypt or wrap", step->number);
    }
    return PC_OK;
}

static pc_status judge_key(const judging *judge, const pc_script_step *step, const char *key)
{
    if (!key || !step->token || !pc_script_find_token(judge->script, step->token)) {
        return PC_OK;
    }
    if (step->kind == PC_STEP_KEYGEN) {
        return judge_new_key(judge, step);
    }
    const pc_script_step *earlier = find_key_step(judge->script, step, key);

    if (earlier && earlier->kind == PC_STEP_RETIRE) {
        FIND(step->line, "step %zu: the key \"%s\" has been destroyed in step %zu", step->number, key, earlier->number);
    } else if (!earlier && !is_there_before(judge->script, step, key)) {
        FIND(step->line,
             "step %zu: no earlier step creates the key \"%s\" on the token \"%s\", and its \"keys\" do not list it",
             step->number, key, step->token);
    }
    return PC_OK;
}

static const pc_script_step *find_writer(const pc_script *script, const pc_script_step *end, const char *file)
{
    for (const pc_script_step *each = script->steps.items; each < end; each++) {
        if (same(each->out, file)) {
            return each;
        }
    }
    return NULL;
}

static pc_status judge_file(const judging *judge, const pc_script_step *step, const char *file)
{
    if (file && !find_writer(judge->script, step, file) && !pc_script_find_input(judge->script, file)) {
        FIND(step->line, "step %zu: no earlier step writes the file \"%s\", and inputs do not list it", step->number,
             file);
    }
    return PC_OK;
}

static pc_status judge_output(const judging *judge, const pc_script_step *step)
{
    if (!step->out) {
        return PC_OK;
    }
    const pc_script_step *earlier = find_writer(judge->script, step, step->out);

    PC_TRY(judge_name(judge, step->line, step->out));
    if (earlier) {
        FIND(step->line, "step %zu: the file \"%s\" is already written in step %zu, line %zu", step->number, step->out,
             earlier->number, earlier->line);
    }
    if (pc_script_find_input(judge->script, step->out)) {
        FIND(step->line, "step %zu: the file \"%s\" is an input and is not overwritten", step->number, step->out);
    }
    return PC_OK;
}

static pc_status judge_place(const judging *judge, const pc_script_step *step)
{
    size_t count = judge->script->steps.count;

    if (step->kind == PC_STEP_CLOSE && step->number != count) {
        FIND(step->line, "step %zu: close must be the last step", step->number);
    }
    if (step->number == count && step->kind != PC_STEP_CLOSE) {
        FIND(step->line, "step %zu: the last step must be of kind close", step->number);
    }
    for (const pc_script_step *each = judge->script->steps.items; step->kind == PC_STEP_INIT && each < step; each++) {
        if (same(each->token, step->token) && each->kind != PC_STEP_CHECK_TOKEN) {
            FIND(step->line, "step %zu: the token \"%s\" is already used in step %zu: initialise it first",
                 step->number, step->token, each->number);
            break;
        }
    }
    return PC_OK;
}

/* A CA has one first CRL: each later one has the next number, and keeps what was revoked. */
static pc_status judge_previous(const judging *judge, const pc_script_step *step)
{
    const pc_script_step *last = NULL;

    for (const pc_script_step *each = judge->script->steps.items; step->kind == PC_STEP_CRL && each < step; each++) {
        if (each->kind == PC_STEP_CRL && same(each->token, step->token) && same(each->ca, step->ca)) {
            last = each;
        }
    }
    if (last && last->out && !same(step->previous, last->out)) {
        FIND(step->line, "step %zu: \"previous\" must be \"%s\", the CRL that this CA issues in step %zu", step->number,
             last->out, last->number);
    }
    return PC_OK;
}

static pc_status judge_step(const judging *judge, const pc_script_step *step)
{
    PC_TRY(judge_people(judge, step));
    PC_TRY(judge_token(judge, step, step->token));
    PC_TRY(judge_token(judge, step, step->copy));
    PC_TRY(judge_key(judge, step, step->key));
    PC_TRY(judge_key(judge, step, step->ca));
    PC_TRY(judge_file(judge, step, step->request));
    PC_TRY(judge_file(judge, step, step->certificate));
    PC_TRY(judge_file(judge, step, step->issuer));
    PC_TRY(judge_file(judge, step, step->revoked));
    PC_TRY(judge_file(judge, step, step->previous));
    for (size_t i = 0; i < step->chain.count; i++) {
        PC_TRY(judge_file(judge, step, step->chain.items[i]));
    }
    PC_TRY(judge_previous(judge, step));
    PC_TRY(judge_output(judge, step));
    return judge_place(judge, step);
}

/* With "outputs", the list that the auditor sees must be complete and contain nothing else. */
static pc_status judge_outputs(const judging *judge)
{
    const pc_script *script = judge->script;
    const pc_script_step *end = script->steps.count ? script->steps.items + script->steps.count : script->steps.items;

    for (size_t i = 0; i < script->outputs.count; i++) {
        if (!find_writer(script, end, script->outputs.items[i])) {
            FIND(0, "\"outputs\" lists \"%s\", which no step writes", script->outputs.items[i]);
        }
    }
    for (const pc_script_step *step = script->steps.items; script->outputs.count > 0 && step < end; step++) {
        if (step->out && !pc_script_texts_have(&script->outputs, step->out)) {
            FIND(step->line, "step %zu: \"outputs\" does not list \"%s\"", step->number, step->out);
        }
    }
    return PC_OK;
}

pc_status pc_script_judge(const pc_script *script, pc_script_findings *findings, pc_error *err)
{
    const judging self = { .script = script, .findings = findings, .err = err };
    const judging *judge = &self;

    PC_TRY(judge_head(judge));
    PC_TRY(judge_roles(judge));
    PC_TRY(judge_tokens(judge));
    PC_TRY(judge_inputs(judge));
    for (size_t i = 0; i < script->steps.count; i++) {
        PC_TRY(judge_step(judge, &script->steps.items[i]));
    }
    PC_TRY(judge_outputs(judge));
    PC_TRY(pc_script_judge_names(script, findings, err));
    pc_script_findings_sort(findings);
    return PC_OK;
}
