/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include <string.h>

#include "app/look/event.h"
#include "app/look/rules_text.h"
#include "base/result.h"
#include "base/text.h"
#include "enroll/certsrv/codes.h"

PC_AUTO_DEFINE(pc_term, pc_term, pc_term_free);

#define WORD_MOST 32u /* bytes of an id; a longer word is not one */

static const char *const kinds[] = {
    [PC_TERM_EVENT] = "event",
    [PC_TERM_CA_CODE] = "ca-code",
    [PC_TERM_RULE] = "rule",
    [PC_TERM_FINDING] = "finding",
};

const char *pc_term_kind_name(pc_term_kind kind)
{
    return kinds[kind];
}

void pc_term_free(pc_term *term)
{
    pc_arena_free(term ? term->arena : NULL);
}

/* --- what kind of word is it? --- */

static size_t count_of(const char *word, const char *accepted)
{
    return strspn(word, accepted);
}

static bool is_event(const char *word)
{
    return count_of(word, "0123456789") == 5 && word[5] == '\0';
}

/* "0x80094800", or without "0x" as certutil prints it. */
static bool is_ca_code(const char *word)
{
    const char *digits = pc_text_starts(word, "0x") ? word + 2 : word;

    return digits[0] == '8' && count_of(digits, "0123456789abcdefABCDEF") == 8 && digits[8] == '\0';
}

static bool is_rule(const char *word)
{
    const size_t len = count_of(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return len > 1 && len <= WORD_MOST && word[len] == '\0' && word[0] >= 'A' && word[0] <= 'Z';
}

static bool is_finding(const char *word)
{
    const char *name = pc_text_starts(word, "inf.") ? word + strlen("inf.") : "";
    const size_t len = count_of(name, "abcdefghijklmnopqrstuvwxyz-");

    return len > 1 && len <= WORD_MOST && name[len] == '\0';
}

bool pc_term_recognise(const char *word)
{
    return is_event(word) || is_ca_code(word) || is_rule(word) || is_finding(word);
}

/* --- events --- */

static pc_status fail_unknown(const char *what, const char *word, const char *hint, pc_error *err)
{
    (void)pc_fail(err, PC_E_NOT_FOUND, "there is no %s \"%s\" that p11cert knows", what, word);
    return pc_hint(err, PC_E_NOT_FOUND, "%s", hint);
}

static pc_status explain_event(const char *word, pc_term *term, pc_error *err)
{
    unsigned long id = 0;
    const pc_scom_event *event = pc_text_to_number(word, 99999, &id) ? pc_scom_event_find(id) : NULL;

    if (!event) {
        return fail_unknown("event", word,
                            "it knows the events of the source \"OpsMgr Connector\" that are about certificates and "
                            "connections, 20049 to 21036",
                            err);
    }
    term->kind = PC_TERM_EVENT;
    term->name = pc_arena_string(term->arena, word);
    term->title = event->title;
    term->meaning = event->meaning;
    term->remedy = event->remedy;
    term->rules = event->rules;
    return term->name ? PC_OK : pc_fail_memory(err);
}

/* --- codes of a CA --- */

static pc_status explain_ca_code(const char *word, pc_term *term, pc_error *err)
{
    const char *digits = pc_text_starts(word, "0x") ? word + 2 : word;
    size_t len = 0;
    const uint8_t *bytes = pc_text_from_hex(term->arena, digits, &len);
    unsigned long code = 0;

    if (!bytes) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < len; i++) {
        code = code << 8 | bytes[i];
    }
    const pc_certsrv_code *found = pc_certsrv_code_find(code);

    if (!found) {
        return fail_unknown("code of a CA", word, "`certutil -error CODE` on Windows prints the text of any code", err);
    }
    term->kind = PC_TERM_CA_CODE;
    term->name = pc_arena_format(term->arena, "0x%08lx", code);
    term->title = found->name;
    term->meaning = found->disposition == PC_CA_DENIED  ? "AD CS denied the request."
                    : found->disposition == PC_CA_ERROR ? "AD CS could not process the request."
                                                        : "AD CS denied the request, or could not process it.";
    term->remedy = pc_arena_format(term->arena, "%c%s.", found->advice[0] - ('a' - 'A'),
                                   found->advice + 1); /* all begin with a..z */
    return term->name && term->remedy ? PC_OK : pc_fail_memory(err);
}

/* --- rules and findings --- */

/* The cells of a table row, without the backquotes around code. */
static bool take_cell(const char **cursor, pc_arena *arena, const char **ret_cell)
{
    const char *end = strstr(*cursor, " |");
    char *cell = end ? pc_arena_text(arena, *cursor, (size_t)(end - *cursor)) : NULL;
    char *put = cell;

    if (!cell) {
        return false;
    }
    for (const char *get = cell; *get; get++) {
        if (*get != '`') {
            *put++ = *get;
        }
    }
    *put = '\0';
    *ret_cell = cell;
    *cursor = end + strlen(" |");
    *cursor += **cursor == ' ';
    return true;
}

#define MOST_CELLS 5u

/** A row of a table in a document: what its cells say of a word. */
typedef struct {
    const char *word;
    bool is_found;
    const char *cells[MOST_CELLS]; /* behind that of the word */
} described;

static pc_status read_row(const char *document, size_t cell_count, pc_arena *arena, described *row, pc_error *err)
{
    const char *mark = pc_arena_format(arena, "\n| `%s` | ", row->word);
    const char *cursor = mark ? strstr(document, mark) : NULL;

    if (!mark) {
        return pc_fail_memory(err);
    }
    row->is_found = cursor != NULL;
    cursor = cursor ? cursor + strlen(mark) : NULL;
    for (size_t i = 0; cursor && i < cell_count; i++) {
        if (!take_cell(&cursor, arena, &row->cells[i])) {
            return pc_fail(err, PC_E_INTERNAL, "the description of %s has too few cells", row->word);
        }
    }
    return PC_OK;
}

enum { CELL_TITLE, CELL_PROFILES, CELL_EVIDENCE, CELL_REQUIREMENT, CELL_REMEDY, CELLS };

/* docs/policy-rules.md is the only place where rules are described. */
static pc_status explain_rule(const char *word, pc_term *term, pc_error *err)
{
    described row = { .word = word };

    PC_TRY(read_row(pc_policy_rules_text, CELLS, term->arena, &row, err));
    if (!row.is_found) {
        return fail_unknown("rule", word, "`p11cert check --list-rules` lists all rules", err);
    }
    term->kind = PC_TERM_RULE;
    term->name = pc_arena_string(term->arena, word);
    term->title = row.cells[CELL_TITLE];
    term->meaning = row.cells[CELL_REQUIREMENT];
    term->remedy = row.cells[CELL_REMEDY];
    term->severities = row.cells[CELL_PROFILES];
    term->evidence = row.cells[CELL_EVIDENCE];
    return term->name ? PC_OK : pc_fail_memory(err);
}

enum { FINDING_SEVERITY, FINDING_REASON, FINDING_EXAMPLE, FINDING_FIX, FINDING_CELLS };

/* Findings are described in docs/inf-findings.md alone. */
static pc_status explain_finding(const char *word, pc_term *term, pc_error *err)
{
    described row = { .word = word };

    PC_TRY(read_row(pc_inf_findings_text, FINDING_CELLS, term->arena, &row, err));
    if (!row.is_found) {
        return fail_unknown("finding", word, "p11cert-inf(7) lists all findings in INF files", err);
    }
    term->kind = PC_TERM_FINDING;
    term->name = pc_arena_string(term->arena, word);
    term->title = "about an INF file";
    term->meaning =
        pc_arena_format(term->arena, "%s Example: %s", row.cells[FINDING_REASON], row.cells[FINDING_EXAMPLE]);
    term->remedy = row.cells[FINDING_FIX];
    term->severities = row.cells[FINDING_SEVERITY];
    return term->name && term->meaning ? PC_OK : pc_fail_memory(err);
}

pc_status pc_explain_term(const char *word, pc_term **ret_term, pc_error *err)
{
    PC_AUTO(pc_term) pc_term *term = PC_RESULT_NEW(pc_term);

    if (!term) {
        return pc_fail_memory(err);
    }
    PC_TRY(is_event(word)     ? explain_event(word, term, err)
           : is_ca_code(word) ? explain_ca_code(word, term, err)
           : is_finding(word) ? explain_finding(word, term, err)
                              : explain_rule(word, term, err));
    *ret_term = PC_TAKE(term);
    return PC_OK;
}
