/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_QUOTED_H
#define PC_INF_QUOTED_H

#include <string.h>

#include "base/text.h"

/**
 * A word from the user, as quoted in a sentence: escaped, and cut with "..." if it is long. A value, so that
 * `pc_quote(word).text` lives until the end of the call it is an argument of (C17 6.2.4).
 */
typedef struct {
    char text[128];
} pc_quoted;

static inline pc_quoted pc_quote_span(pc_span span)
{
    pc_quoted quoted = { "" };

    pc_text_escape_into(span.start, span.len, quoted.text, sizeof quoted.text);
    return quoted;
}

static inline pc_quoted pc_quote(const char *text)
{
    return pc_quote_span(pc_span_of(text));
}

#endif
