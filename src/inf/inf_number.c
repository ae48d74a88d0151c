/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/inf_number.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

#define MAX_UNSIGNED 0xfffffffful

/* A word as a separate string; a word longer than any number or symbol is cut, and so matches none. */
typedef struct {
    char text[80];
} word;

static word word_of(pc_span span)
{
    word copy = { "" };

    size_t len = span.len < sizeof copy.text ? span.len : sizeof copy.text;

    (void)snprintf(copy.text, sizeof copy.text, "%.*s", (int)len, span.start);
    return copy;
}

static bool read_number(const char *text, unsigned long *bits)
{
    unsigned long number = 0;

    if (pc_text_to_number(text, MAX_UNSIGNED, bits)) {
        return true;
    }
    if (text[0] != '-' || !pc_is_digit(text[1]) || !pc_text_to_number(text + 1, MAX_UNSIGNED / 2 + 1, &number)) {
        return false;
    }
    *bits = (MAX_UNSIGNED - number + 1) & MAX_UNSIGNED;
    return true;
}

static bool read_word(pc_span span, const pc_inf_symbols *symbols, unsigned long *bits)
{
    word copy = word_of(span);
    unsigned long number = 0;

    if (read_number(copy.text, &number)) {
        *bits |= number;
        return (number & ~symbols->mask) == 0;
    }
    for (size_t i = 0; i < symbols->count; i++) {
        if (pc_span_equal(span, symbols->items[i].name)) {
            *bits |= symbols->items[i].bits;
            return true;
        }
    }
    return false;
}

bool pc_inf_to_bits(const char *text, const pc_inf_symbols *symbols, unsigned long *ret_bits, pc_span *ret_bad)
{
    unsigned long bits = 0;

    for (bool more = true; more;) {
        size_t len = strcspn(text, "|");
        pc_span span = pc_span_trim((pc_span){ .start = text, .len = len });

        if (!read_word(span, symbols, &bits)) {
            *ret_bad = span;
            return false;
        }
        more = text[len] == '|';
        text += len + more;
    }
    *ret_bits = bits;
    return true;
}

const char *pc_inf_nearest_symbol(pc_span span, const pc_inf_symbols *symbols)
{
    word copy = word_of(span);
    pc_nearest nearest = pc_nearest_to(copy.text);

    for (size_t i = 0; i < symbols->count; i++) {
        pc_nearest_offer(&nearest, symbols->items[i].name);
    }
    return nearest.best;
}
