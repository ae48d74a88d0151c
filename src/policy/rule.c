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
static const char *format_text(pc_rule_case *on, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : pc_arena_alloc(on->arena, (size_t)len + 1);

    if (text) {
        (void)vsnprintf(text, (size_t)len + 1, format, again);
    } else {
        on->out_of_memory = true;
    }
    va_end(again);
    return text ? text : "";
}

const char *pc_rule_text(pc_rule_case *on, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = format_text(on, format, args);

    va_end(args);
    return text;
}

const char *pc_rule_safe(pc_rule_case *on, const char *text)
{
    if (!text) {
        return "";
    }
    const char *safe = pc_text_escape(on->arena, text, strlen(text));

    if (!safe) {
        on->out_of_memory = true;
        return "";
    }
    return safe;
}

void pc_rule_say(pc_rule_case *on, pc_verdict verdict, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = format_text(on, format, args);

    va_end(args);
    bool softened = verdict == PC_VERDICT_FAIL && on->result->severity != PC_SEVERITY_ERROR;

    on->result->verdict = softened ? PC_VERDICT_WARNING : verdict;
    on->result->evidence = pc_rule_safe(on, text);
}

void pc_rule_remedy(pc_rule_case *on, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    on->result->remedy = format_text(on, format, args);
    va_end(args);
}

/* A remedy is made to be pasted, so nothing that a shell could act on may come into it from outside. */
const char *pc_rule_word(const char *text, const char *placeholder)
{
    if (!text || !text[0] || text[0] == '-') {
        return placeholder;
    }
    for (const char *at = text; *at; at++) {
        if (!pc_is_alnum(*at) && !strchr("._-/", *at)) {
            return placeholder;
        }
    }
    return text;
}

const char *pc_rule_date(pc_rule_case *on, int64_t time_sec)
{
    time_t when = (time_t)time_sec;
    struct tm utc;

    if (!gmtime_r(&when, &utc)) {
        return pc_rule_text(on, "%" PRId64 " s after 1970-01-01T00:00:00Z", time_sec);
    }
    return pc_rule_text(on, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", (int64_t)utc.tm_year + 1900, utc.tm_mon + 1,
                        utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

const char *pc_rule_names(pc_rule_case *on, const char *const *names, size_t count)
{
    enum { SHOWN = 4 };
    const char *list = count ? "" : "none";

    for (size_t i = 0; i < count && i < SHOWN; i++) {
        list = pc_rule_text(on, "%s%s\"%s\"", list, i ? ", " : "", names[i]);
    }
    return count > SHOWN ? pc_rule_text(on, "%s and %zu more", list, count - SHOWN) : list;
}

const char *pc_rule_source(pc_rule_case *on)
{
    const char *kind = on->evidence->subject_is_request ? "Request" : "Certificate";
    const char *file = on->evidence->subject.file;

    const char *token = on->evidence->subject.token;
    const char *what = file ? pc_rule_text(on, "%s \"%s\"", kind, file) : kind;

    return token ? pc_rule_text(on, "%s on token \"%s\"", what, token) : what;
}

const char *pc_rule_inf(pc_rule_case *on)
{
    const char *file = on->evidence->inf.file;

    return file ? pc_rule_text(on, "INF file \"%s\"", file) : "INF file";
}

const char *pc_rule_pfx(pc_rule_case *on)
{
    const char *file = on->evidence->pfx.file;

    return file ? pc_rule_text(on, "PFX \"%s\"", file) : "PFX";
}

const char *pc_rule_key_name(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;
    const char *label = key->label ? pc_rule_text(on, "Key \"%s\"", key->label) : "Key without a label";

    return key->token ? pc_rule_text(on, "%s on token \"%s\"", label, key->token) : label;
}

const char *pc_rule_fact(pc_fact value)
{
    static const char *const names[] = { "unknown", "false", "true" };

    return names[value];
}

static const char *join(pc_rule_case *on, const char *const *words, size_t count, const char *before)
{
    const char *list = "";

    for (size_t i = 0; i < count; i++) {
        list = pc_rule_text(on, "%s%s%s", list, i ? " or " : before, words[i]);
    }
    return list;
}

const char *pc_rule_algorithms(pc_rule_case *on)
{
    const pc_rule_parameters *by = on->parameters;
    const char *allowed = join(on, by->allowed, by->allowed_count, "");
    const char *forbidden = join(on, by->forbidden, by->forbidden_count, "not ");

    if (!by->allowed_count && !by->forbidden_count) {
        return "of any kind";
    }
    return pc_rule_text(on, "%s%s%s", allowed, *allowed && *forbidden ? ", " : "", forbidden);
}

static const char *parameter_text(pc_rule_case *on, pc_span name)
{
    const pc_rule_parameters *by = on->parameters;

    if (pc_span_equal(name, "rsa-bits")) {
        return pc_rule_text(on, "%u", by->minimum_rsa_bits);
    }
    if (pc_span_equal(name, "expiry-days")) {
        return pc_rule_text(on, "%u", by->expiry_days);
    }
    return pc_rule_safe(on, pc_rule_algorithms(on));
}

const char *pc_rule_title(pc_rule_case *on)
{
    const char *title = on->rule->title;
    const char *open = strchr(title, '{');
    const char *close = open ? strchr(open, '}') : NULL;

    if (!close) {
        return title;
    }
    const pc_span name = { .at = open + 1, .len = (size_t)(close - open - 1) };

    return pc_rule_text(on, "%.*s%s%s", (int)(open - title), title, parameter_text(on, name), close + 1);
}
