/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders of scripts and templates. */
#include "inf/inf_placeholder.h"

#include <string.h>

static bool is_letter(char c)
{
    return pc_is_alnum(c) && !pc_is_digit(c);
}

/* The length with its brackets, up to the closing one; 0 without it. */
static size_t length_to(const char *text, char close)
{
    const char *end = strchr(text, close);

    return end ? (size_t)(end - text) + 1 : 0;
}

/* $name, $env:NAME, ${name}, $(name). A '$' in the middle of a word, or at its end as in DOMAIN\SERVER$, is just one.
 */
static size_t length_of_variable(const char *text, bool in_word)
{
    if (text[1] == '{' || text[1] == '(') {
        return length_to(text, text[1] == '{' ? '}' : ')');
    }
    if (in_word || (!is_letter(text[1]) && text[1] != '_')) {
        return 0;
    }
    size_t len = 1;

    while (pc_is_alnum(text[len]) || text[len] == '_' || text[len] == ':') {
        len++;
    }
    return len;
}

/* {0} of .NET, {{name}} of templates. Tags such as {text} and the braces of a GUID are neither. */
static size_t length_of_braces(const char *text)
{
    if (text[1] == '{') {
        const char *end = strstr(text, "}}");

        return end ? (size_t)(end - text) + 2 : 0;
    }
    size_t digits = strspn(text + 1, "0123456789");

    return digits > 0 && digits < 3 && text[1 + digits] == '}' ? digits + 2 : 0;
}

/* <FQDN>, <server name>. */
static size_t length_of_angles(const char *text)
{
    size_t len = length_to(text, '>');

    return is_letter(text[1]) && len && !memchr(text, '=', len) ? len : 0;
}

pc_span pc_inf_find_placeholder(const char *text)
{
    for (const char *each = text; *each; each++) {
        bool in_word = each > text && pc_is_alnum(each[-1]);
        size_t len = *each == '$'   ? length_of_variable(each, in_word)
                     : *each == '{' ? length_of_braces(each)
                     : *each == '<' ? length_of_angles(each)
                                    : 0;

        if (len) {
            return (pc_span){ .start = each, .len = len };
        }
    }
    return (pc_span){ .start = text, .len = 0 };
}

pc_status pc_inf_check_placeholder(pc_inf_job *job, const pc_inf_entry *entry)
{
    bool is_free = pc_text_equal(entry->section, "Version") || pc_text_equal(entry->section, "Strings");
    pc_span found = pc_inf_find_placeholder(is_free ? "" : entry->value);
    pc_finding head = {
        .id = "inf.placeholder",
        .severity = PC_SEVERITY_ERROR,
        .line = entry->line,
        .fix = "put the value in its place",
    };

    if (found.len == 0) {
        return PC_OK;
    }
    return pc_inf_find(job->inf, &head,
                       "`%s` has the placeholder %s, which the script or template that wrote the file did not fill",
                       pc_quote(entry->key).text, pc_quote_span(found).text);
}
