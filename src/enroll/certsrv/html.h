/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_HTML_H
#define PC_ENROLL_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/**
 * What a reader of an HTML page sees, as far as that takes no browser: without tags, comments, scripts and styles, with
 * the common entities resolved and white space run together. Any bytes are allowed; control characters become blanks.
 *
 * @param max  bytes of text, after which the rest of the page is left unread
 * @return the text in the arena, NUL-terminated; NULL when out of memory.
 */
char *pc_html_text(pc_arena *arena, const uint8_t *bytes, size_t len, size_t max);

/** The entities of a piece of HTML resolved, nothing else. NULL when out of memory. */
char *pc_html_unescape(pc_arena *arena, pc_span span);

/**
 * The next tag of that name at or after *offset, which is moved behind it.
 *
 * @param ret_attributes  what stands between name and ">", borrowed
 * @return false if there is none.
 */
bool pc_html_next_tag(const uint8_t *bytes, size_t len, const char *name, size_t *offset, pc_span *ret_attributes);

/** The value of an attribute of a tag, quoted or not, entities as they stand. @return false if it has none. */
bool pc_html_attribute(pc_span attributes, const char *name, pc_span *ret_value);

#endif
