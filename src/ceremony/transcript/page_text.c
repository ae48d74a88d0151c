/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/page_text.h"

#include <string.h>

#include "base/text.h"

void pc_page_markup(FILE *out, const char *markup)
{
    (void)fwrite(markup, 1, strlen(markup), out);
}

static void write_character(FILE *out, char c)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" } };

    for (size_t i = 0; i < PC_COUNT(entities); i++) {
        if (c == entities[i].c) {
            pc_page_markup(out, entities[i].entity);
            return;
        }
    }
    (void)fwrite(&c, 1, 1, out);
}

void pc_page_text(FILE *out, const char *text)
{
    while (*text) {
        char safe[64] = "";
        size_t taken = 1;

        (void)pc_text_decode(text, strnlen(text, 4), &taken);
        pc_text_escape_into(text, taken, safe, sizeof safe);
        for (const char *c = safe; *c; c++) {
            write_character(out, *c);
        }
        text += taken;
    }
}
