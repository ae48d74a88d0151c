/* SPDX-License-Identifier: Apache-2.0 */
/* Placeholders of scripts and templates. */
#include "inf/inf_placeholder.h"

#include <string.h>

#include "inf/inf_value.h"

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

/* $name, $env:NAME, ${name}, $(name). A '$' in the middle of a word, or at its end as in DOMAIN\SERVER$, is an ordinary
 * character.
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

/* The length of the words in front, of letters, digits and what joins them; 0 if they do not begin with a letter. */
static size_t length_of_words(const char *text)
{
    size_t len = 0;

    while (pc_is_alnum(text[len]) || (text[len] && strchr(" _-.", text[len]))) {
        len++;
    }
    return is_letter(text[0]) ? len : 0;
}

/* {f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39} */
static bool is_guid(const char *text, size_t len)
{
    return len == 36 && strspn(text, "0123456789abcdefABCDEF-") == len;
}

/* {name} for a reader, {0} of .NET, {{name}} of templates. Tags such as {text} and the braces of a GUID are neither. */
static size_t length_of_braces(const char *text)
{
    size_t words = length_of_words(text + 1);

    if (words && text[1 + words] == '}' && !is_guid(text + 1, words) && !pc_inf_is_tag(text)) {
        return words + 2;
    }
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

/* [name], @name@, __name__ in place of a whole part of a name. */
static size_t length_of_part(const char *text)
{
    size_t before = strspn(text, "[@_");
    const char *end = text[0] == '[' ? "]" : text[0] == '@' ? "@" : "__";
    size_t wanted = strlen(end);

    if (before != wanted) {
        return 0;
    }
    size_t words = length_of_words(text + before);

    while (words && text[0] == '_' && text[before + words - 1] == '_') {
        words--;
    }
    return words && strncmp(text + before + words, end, wanted) == 0 ? before + words + wanted : 0;
}

pc_span pc_inf_find_placeholder(const char *text)
{
    for (const char *each = text; *each; each++) {
        bool in_word = each > text && pc_is_alnum(each[-1]);
        size_t len = *each == '$'                     ? length_of_variable(each, in_word)
                     : *each == '{'                   ? length_of_braces(each)
                     : *each == '<'                   ? length_of_angles(each)
                     : each > text && each[-1] == '=' ? length_of_part(each)
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
    bool is_tagged = pc_text_equal(entry->section, "Extensions") && entry->value[0] == '{';
    size_t tag = is_tagged ? length_to(entry->value, '}') : 0; /* an unknown tag is reported as such */
    pc_span found = pc_inf_find_placeholder(is_free ? "" : entry->value + tag);
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
