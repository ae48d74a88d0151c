/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/html.h"

#include <string.h>

#include "base/text.h"

/* A NUL ends the text for libxml2 and is white space for a reader. */
static char *without_nul(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);

    for (size_t i = 0; text && i < len; i++) {
        text[i] = bytes[i] ? (char)bytes[i] : ' ';
    }
    if (text) {
        text[len] = '\0';
    }
    return text;
}

static void context_free(htmlParserCtxt *context)
{
    pc_libxml2()->html_free_parser(context);
}
PC_AUTO_DEFINE(html_context, htmlParserCtxt, context_free);
PC_AUTO_DEFINE(html_text, char, free);

pc_status pc_html_parse(const uint8_t *bytes, size_t len, xmlDoc **ret_page, pc_error *err)
{
    const int options = HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING;
    size_t read_len = len < PC_HTML_MAX ? len : PC_HTML_MAX;

    PC_TRY(pc_libxml2_load(err));
    PC_AUTO(html_text) char *text = without_nul(bytes, read_len);
    PC_AUTO(html_context) htmlParserCtxt *context = pc_libxml2()->html_new_parser();

    if (!text || !context) {
        return pc_fail_memory(err);
    }
    *ret_page = pc_libxml2()->html_read_memory(context, text, (int)read_len, NULL, "UTF-8", options);
    if (context->errNo == XML_ERR_NO_MEMORY) {
        pc_libxml2()->free_document(*ret_page);
        *ret_page = NULL;
        return pc_fail_memory(err);
    }
    return PC_OK;
}

/* --- finding --------------------------------------------------------------------------------- */

/* The element itself or the next one after it on its level. */
static const xmlNode *element_from(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE) {
        node = node->next;
    }
    return node;
}

const xmlNode *pc_html_first(const xmlDoc *page)
{
    return page ? element_from(page->children) : NULL;
}

const xmlNode *pc_html_sibling(const xmlNode *element)
{
    return element_from(element->next);
}

const xmlNode *pc_html_next(const xmlNode *element)
{
    const xmlNode *child = element_from(element->children);

    if (child) {
        return child;
    }
    for (; element && element->type == XML_ELEMENT_NODE; element = element->parent) {
        const xmlNode *sibling = pc_html_sibling(element);

        if (sibling) {
            return sibling;
        }
    }
    return NULL;
}

bool pc_html_is(const xmlNode *element, const char *name)
{
    return element && element->type == XML_ELEMENT_NODE && strcmp((const char *)element->name, name) == 0;
}

const char *pc_html_attribute(const xmlNode *element, const char *name)
{
    for (const xmlAttr *each = element->properties; each; each = each->next) {
        if (strcmp((const char *)each->name, name) == 0) {
            return each->children && each->children->content ? (const char *)each->children->content : "";
        }
    }
    return NULL;
}

const xmlNode *pc_html_by_id(const xmlDoc *page, const char *id)
{
    for (const xmlNode *element = pc_html_first(page); element; element = pc_html_next(element)) {
        const char *own = pc_html_attribute(element, "id");

        if (own && pc_text_equal(own, id)) {
            return element;
        }
    }
    return NULL;
}

/* --- text ------------------------------------------------------------------------------------ */

/* Text under construction; if room is NULL, it is only measured. */
typedef struct {
    char *room;
    size_t len;
    bool is_apart; /* there is white space before the next character */
} visible_text;

static void add_byte(visible_text *text, char byte)
{
    if (text->is_apart && text->len > 0) {
        if (text->room) {
            text->room[text->len] = ' ';
        }
        text->len++;
    }
    text->is_apart = false;
    if (text->room) {
        text->room[text->len] = byte;
    }
    text->len++;
}

static void add_content(visible_text *text, const xmlNode *node)
{
    static const char no_break_space[] = "\xc2\xa0";

    for (const char *rest = (const char *)node->content; rest && *rest;) {
        size_t blank = strncmp(rest, no_break_space, strlen(no_break_space)) == 0 ? strlen(no_break_space)
                       : (unsigned char)*rest <= ' ' || *rest == 0x7f             ? 1
                                                                                  : 0;

        if (blank) {
            text->is_apart = true;
        } else {
            add_byte(text, *rest);
        }
        rest += blank ? blank : 1;
    }
}

static bool is_hidden(const xmlNode *node)
{
    return node->type != XML_ELEMENT_NODE || pc_html_is(node, "script") || pc_html_is(node, "style");
}

/* The node after a node, skipping its children, within `root`. */
static const xmlNode *step_over(const xmlNode *node, const xmlNode *root, visible_text *text)
{
    for (; node != root; node = node->parent) {
        if (node->next) {
            return node->next;
        }
        text->is_apart = true;
    }
    return NULL;
}

static void collect(visible_text *text, const xmlNode *root)
{
    for (const xmlNode *node = root; node;) {
        bool is_text = node->type == XML_TEXT_NODE || node->type == XML_ENTITY_REF_NODE;

        if (is_text) {
            add_content(text, node);
        } else {
            text->is_apart = true;
        }
        node = !is_text && !is_hidden(node) && node->children ? node->children : step_over(node, root, text);
    }
}

const char *pc_html_text(pc_arena *arena, const xmlNode *element)
{
    visible_text text = { .room = NULL };

    if (!element) {
        return pc_arena_string(arena, "");
    }
    collect(&text, element);
    text = (visible_text){ .room = pc_arena_alloc(arena, text.len + 1) };
    if (text.room) {
        collect(&text, element);
    }
    return text.room;
}

const char *pc_html_text_before(pc_arena *arena, const xmlNode *element)
{
    const xmlNode *before = element->prev;

    return pc_html_text(arena, before && before->type == XML_TEXT_NODE ? before : NULL);
}
