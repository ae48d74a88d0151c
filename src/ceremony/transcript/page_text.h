/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_PAGE_TEXT_H
#define PC_CEREMONY_TRANSCRIPT_PAGE_TEXT_H

#include <stdio.h>

/** Our own markup, written unchanged. */
void pc_page_markup(FILE *out, const char *markup);

/**
 * Text from outside, for content and for quoted attributes, in HTML and in SVG: markup characters are escaped, and
 * characters that change how the text around them is displayed are shown as \xNN (pc_text_escape_into).
 */
void pc_page_text(FILE *out, const char *text);

#endif
