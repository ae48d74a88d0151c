/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static const char *const rsa_alone[] = { "RSA" };

const pc_rule_parameters pc_rule_defaults = {
    .minimum_rsa_bits = 2048,
    .minimum_ec_bits = 224,
    .minimum_exponent = 65537,
    .expiry_days = 30,
    .allowed = rsa_alone,
    .allowed_count = PC_COUNT(rsa_alone),
};

PC_PRINTF(2, 0)
static const char *format_text(pc_rule_case *rule_case, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : pc_arena_alloc(rule_case->arena, (size_t)len + 1);

    if (text) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    } else {
        rule_case->out_of_memory = true;
    }
    va_end(again);
    return text ? text : "";
}

const char *pc_rule_text(pc_rule_case *rule_case, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = format_text(rule_case, format, args);

    va_end(args);
    return text;
}

const char *pc_rule_safe(pc_rule_case *rule_case, const char *text)
{
    if (!text) {
        return "";
    }
    const char *safe = pc_text_escape(rule_case->arena, text, strlen(text));

    if (!safe) {
        rule_case->out_of_memory = true;
        return "";
    }
    return safe;
}

void pc_rule_say(pc_rule_case *rule_case, pc_verdict verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = format_text(rule_case, format, args);

    va_end(args);
    bool softened = verdict == PC_VERDICT_FAIL && rule_case->result->severity != PC_SEVERITY_ERROR;

    rule_case->result->verdict = softened ? PC_VERDICT_WARNING : verdict;
    rule_case->result->evidence = pc_rule_safe(rule_case, text);
}

void pc_rule_remedy(pc_rule_case *rule_case, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    rule_case->result->remedy = format_text(rule_case, format, args);
    va_end(args);
}

/* A remedy is made to be pasted, so nothing that a shell could act on may come into it from outside. */
const char *pc_rule_word(const char *text, const char *placeholder)
{
    if (!text || !text[0] || text[0] == '-') {
        return placeholder;
    }
    for (const char *cursor = text; *cursor; cursor++) {
        if (!pc_is_alnum(*cursor) && !strchr("._-/", *cursor)) {
            return placeholder;
        }
    }
    return text;
}

const char *pc_rule_date(pc_rule_case *rule_case, int64_t time_sec)
{
    char words[PC_TIME_TEXT];

    return pc_text_time(time_sec, words)
               ? pc_rule_text(rule_case, "%s", words)
               : pc_rule_text(rule_case, "%" PRId64 " s after 1970-01-01T00:00:00Z", time_sec);
}

const char *pc_rule_names(pc_rule_case *rule_case, const char *const *names, size_t count)
{
    enum { SHOWN = 4 };
    const char *list = count ? "" : "none";

    for (size_t i = 0; i < count && i < SHOWN; i++) {
        list = pc_rule_text(rule_case, "%s%s\"%s\"", list, i ? ", " : "", names[i]);
    }
    return count > SHOWN ? pc_rule_text(rule_case, "%s and %zu more", list, count - SHOWN) : list;
}

const char *pc_rule_source(pc_rule_case *rule_case)
{
    const char *kind = rule_case->evidence->subject_is_request ? "Request" : "Certificate";
    const char *file = rule_case->evidence->subject.file;

    const char *token = rule_case->evidence->subject.token;
    const char *what = file ? pc_rule_text(rule_case, "%s \"%s\"", kind, file) : kind;

    return token ? pc_rule_text(rule_case, "%s on token \"%s\"", what, token) : what;
}

const char *pc_rule_inf(pc_rule_case *rule_case)
{
    const char *file = rule_case->evidence->inf.file;

    return file ? pc_rule_text(rule_case, "INF file \"%s\"", file) : "INF file";
}

const char *pc_rule_pfx(pc_rule_case *rule_case)
{
    const char *file = rule_case->evidence->pfx.file;

    return file ? pc_rule_text(rule_case, "PFX \"%s\"", file) : "PFX";
}

const char *pc_rule_key_name(pc_rule_case *rule_case)
{
    const pc_evidence_key *key = &rule_case->evidence->key;
    const char *label = key->label ? pc_rule_text(rule_case, "Key \"%s\"", key->label) : "Key without a label";

    return key->token ? pc_rule_text(rule_case, "%s on token \"%s\"", label, key->token) : label;
}

const char *pc_rule_login_hint(const pc_rule_case *rule_case)
{
    return rule_case->evidence->key.logged_in ? "" : " There was no login: give the token's PIN source.";
}

const char *pc_rule_fact(pc_fact value)
{
    static const char *const names[] = { "unknown", "false", "true" };

    return names[value];
}

static const char *join(pc_rule_case *rule_case, const char *const *words, size_t count, const char *before)
{
    const char *list = "";

    for (size_t i = 0; i < count; i++) {
        list = pc_rule_text(rule_case, "%s%s%s", list, i ? " or " : before, words[i]);
    }
    return list;
}

const char *pc_rule_algorithms(pc_rule_case *rule_case)
{
    const pc_rule_parameters *parameters = rule_case->parameters;
    const char *allowed = join(rule_case, parameters->allowed, parameters->allowed_count, "");
    const char *forbidden = join(rule_case, parameters->forbidden, parameters->forbidden_count, "not ");

    if (!parameters->allowed_count && !parameters->forbidden_count) {
        return "of any kind";
    }
    return pc_rule_text(rule_case, "%s%s%s", allowed, *allowed && *forbidden ? ", " : "", forbidden);
}

static const char *parameter_text(pc_rule_case *rule_case, pc_span name)
{
    const pc_rule_parameters *parameters = rule_case->parameters;

    if (pc_span_equal(name, "rsa-bits")) {
        return pc_rule_text(rule_case, "%u", parameters->minimum_rsa_bits);
    }
    if (pc_span_equal(name, "expiry-days")) {
        return pc_rule_text(rule_case, "%u", parameters->expiry_days);
    }
    return pc_rule_safe(rule_case, pc_rule_algorithms(rule_case));
}

const char *pc_rule_title(pc_rule_case *rule_case)
{
    const char *title = rule_case->rule->title;
    const char *open = strchr(title, '{');
    const char *close = open ? strchr(open, '}') : NULL;

    if (!close) {
        return title;
    }
    const pc_span name = { .start = open + 1, .len = (size_t)(close - open - 1) };

    return pc_rule_text(rule_case, "%.*s%s%s", (int)(open - title), title, parameter_text(rule_case, name), close + 1);
}
