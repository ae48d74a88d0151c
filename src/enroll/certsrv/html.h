/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_HTML_H
#define PC_ENROLL_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/libxml2_calls.h"

/**
 * HTML as libxml2 reads it, for pages from outside: any bytes are allowed. Nothing is fetched, only HTML's own entities
 * are known, and data beyond the limits is not read. Names of elements are lower case, text is UTF-8.
 */

#define PC_HTML_MAX ((size_t)512 * 1024) /**< bytes of a page that are read; a page of AD CS has fewer than 100,000 */

/**
 * @param ret_page  NULL if the page has no content
 * @return PC_OK (an empty page has no elements); PC_E_MEMORY; as pc_libxml2_load.
 */
PC_MUST_CHECK pc_status pc_html_parse(const uint8_t *bytes, size_t len, xmlDoc **ret_page, pc_error *err);

/** The first element of the page; NULL if it has none. Accepts NULL. */
const xmlNode *pc_html_first(const xmlDoc *page);

/** The element that follows in the order of the page, children before siblings; NULL after the last. */
const xmlNode *pc_html_next(const xmlNode *element);

/** The next sibling that is an element. NULL if there is none. */
const xmlNode *pc_html_sibling(const xmlNode *element);

/** Is it the element of that name? Accepts NULL. */
bool pc_html_is(const xmlNode *element, const char *name);

/** The value of an attribute, "" if it has none; NULL without the attribute. Borrowed from the page. */
const char *pc_html_attribute(const xmlNode *element, const char *name);

/** The first element of that id, whatever the case; NULL if there is none. */
const xmlNode *pc_html_by_id(const xmlDoc *page, const char *id);

/**
 * The text of an element that a reader sees: without scripts, styles and comments, with runs of white space and control
 * characters replaced by one blank, and with a blank between elements.
 *
 * @param element  NULL: no text
 * @return the text in the arena, trimmed and NUL-terminated; NULL when out of memory.
 */
const char *pc_html_text(pc_arena *arena, const xmlNode *element);

/** The text in front of an element, back to the start of its parent or the element before it. As pc_html_text. */
const char *pc_html_text_before(pc_arena *arena, const xmlNode *element);

#endif
