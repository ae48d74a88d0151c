/* SPDX-License-Identifier: Apache-2.0 */
#include "powershell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The bytes of a quote of this kind at a place; 0 if there is none. PowerShell's tokenizer has these four and three. */
static size_t quote_at(const char *at, const char *const *kinds)
{
    for (; *kinds; kinds++) {
        if (strncmp(at, *kinds, strlen(*kinds)) == 0) {
            return strlen(*kinds);
        }
    }
    return 0;
}

static const char *const single_quotes[] = { "'", "\u2018", "\u2019", "\u201a", "\u201b", NULL };
static const char *const double_quotes[] = { "\"", "\u201c", "\u201d", "\u201e", NULL };

/* Past a single-quoted string; its value goes to out unless that is NULL. */
static const char *skip_single(const char *at, char *out, size_t out_size)
{
    size_t used = 0;

    for (at += quote_at(at, single_quotes); *at;) {
        size_t quote = quote_at(at, single_quotes);
        size_t second = quote ? quote_at(at + quote, single_quotes) : 0;

        if (quote && !second) {
            if (out) {
                out[used] = '\0';
            }
            return at + quote;
        }
        at += quote;
        size_t len = second ? second : 1;

        if (out) {
            assert_true(used + len < out_size);
            memcpy(out + used, at, len);
            used += len;
        }
        at += len;
    }
    fail_msg("a single-quoted string does not end");
    return NULL;
}

static const char *skip_double(const char *at)
{
    for (at += quote_at(at, double_quotes); *at; at++) {
        size_t quote = quote_at(at, double_quotes);

        if (*at == '`' && at[1]) {
            at++;
        } else if (quote && !quote_at(at + quote, double_quotes)) {
            return at + quote;
        } else if (quote) {
            at += quote;
        }
    }
    fail_msg("a double-quoted string does not end");
    return NULL;
}

static const char *skip_comment(const char *at)
{
    if (at[0] == '<' && at[1] == '#') {
        const char *end = strstr(at, "#>");

        assert_non_null(end);
        return end + 2;
    }
    return at + strcspn(at, "\n");
}

/* Past a string or comment that begins here; NULL if none does. */
static const char *skip_opaque(const char *at)
{
    if (at[0] == '#' || (at[0] == '<' && at[1] == '#')) {
        return skip_comment(at);
    }
    if (quote_at(at, single_quotes)) {
        return skip_single(at, NULL, 0);
    }
    return quote_at(at, double_quotes) ? skip_double(at) : NULL;
}

static char closer_of(char opener)
{
    return opener == '(' ? ')' : opener == '[' ? ']' : '}';
}

void powershell_expect_sound(const char *script)
{
    char open[64];
    size_t depth = 0;
    unsigned line = 1;

    for (const char *at = script; *at;) {
        const char *next = skip_opaque(at);

        if (!next && strchr("([{", *at)) {
            assert_true(depth < sizeof open);
            open[depth++] = *at;
        } else if (!next && strchr(")]}", *at)) {
            if (!depth || closer_of(open[--depth]) != *at) {
                fail_msg("line %u: \"%c\" closes nothing", line, *at);
            }
        }
        for (next = next ? next : at + 1; at < next; at++) {
            line += *at == '\n';
        }
    }
    if (depth) {
        fail_msg("\"%c\" is never closed", open[depth - 1]);
    }
}

const char *powershell_literal(const char *script, const char *name, char *out, size_t out_size)
{
    for (const char *at = script; *at;) {
        const char *next = skip_opaque(at);
        size_t len = strlen(name);

        if (!next && strncmp(at, name, len) == 0 && at[len + strspn(at + len, " ")] == '=') {
            const char *value = at + len + strspn(at + len, " =");

            if (*value == '\'') {
                (void)skip_single(value, out, out_size);
                return out;
            }
        }
        at = next ? next : at + 1;
    }
    fail_msg("%s = '...' is not there", name);
    return NULL;
}
