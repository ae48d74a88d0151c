/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_SHOWN_H
#define PC_INF_SHOWN_H

#include <string.h>

#include "base/text.h"

/**
 * A word of the user's as a sentence quotes it: escaped, and cut with "..." when long. A value, so
 * that `pc_show(word).text` lives until the end of the call it is an argument of (C17 6.2.4).
 */
typedef struct {
    char text[128];
} pc_shown;

static inline pc_shown pc_show_span(pc_span span)
{
    pc_shown shown = { "" };

    pc_text_escape_into(span.at, span.len, shown.text, sizeof shown.text);
    return shown;
}

static inline pc_shown pc_show(const char *text)
{
    return pc_show_span(pc_span_of(text));
}

#endif
