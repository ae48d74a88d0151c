/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rule.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

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

    return file ? pc_rule_text(on, "%s \"%s\"", kind, file) : kind;
}

const char *pc_rule_inf(pc_rule_case *on)
{
    const char *file = on->evidence->inf.file;

    return file ? pc_rule_text(on, "INF file \"%s\"", file) : "INF file";
}

const char *pc_rule_key_name(pc_rule_case *on)
{
    const pc_evidence_key *key = &on->evidence->key;
    const char *label = key->label ? pc_rule_text(on, "Key \"%s\"", key->label) : "Key without a label";

    return key->token ? pc_rule_text(on, "%s on token \"%s\"", label, key->token) : label;
}
