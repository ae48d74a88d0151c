/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/soap/xml.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define INSTANCE "http://www.w3.org/2001/XMLSchema-instance"

static void context_free(xmlParserCtxt *context)
{
    pc_libxml2()->free_parser(context);
}

PC_AUTO_DEFINE(xml_context, xmlParserCtxt, context_free);

pc_status pc_xml_parse(pc_bytes text, xmlDoc **ret_document, pc_error *err)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;

    PC_TRY(pc_libxml2_load(err));
    PC_AUTO(xml_context) xmlParserCtxt *context = pc_libxml2()->new_parser();

    if (!context) {
        return pc_fail_memory(err);
    }
    PC_AUTO(xml_document)
    xmlDoc *document = pc_libxml2()->read_memory(context, (const char *)text.data, (int)text.len, NULL, NULL, options);

    if (context->errNo == XML_ERR_NO_MEMORY) {
        return pc_fail_memory(err);
    }
    if (!document || !pc_libxml2()->root_element(document)) {
        return pc_fail(err, PC_E_CA, "the server's answer is not XML");
    }
    if (pc_libxml2()->internal_subset(document)) {
        return pc_fail(err, PC_E_CA, "the server's answer declares a document type, which SOAP does not allow");
    }
    *ret_document = PC_TAKE(document);
    return PC_OK;
}

/* --- finding ----------------------------------------------------------------------------------------------------- */

static bool is_named(const xmlNode *node, const char *space, const char *name)
{
    const char *own = node->type == XML_ELEMENT_NODE && node->ns && node->ns->href ? (const char *)node->ns->href : "";

    return node->type == XML_ELEMENT_NODE && strcmp(own, space) == 0 && strcmp((const char *)node->name, name) == 0;
}

const xmlNode *pc_xml_child(const xmlNode *parent, const char *space, const char *name)
{
    for (const xmlNode *each = parent ? parent->children : NULL; each; each = each->next) {
        if (is_named(each, space, name)) {
            return each;
        }
    }
    return NULL;
}

const xmlNode *pc_xml_next(const xmlNode *element)
{
    for (const xmlNode *each = element->next; each; each = each->next) {
        if (is_named(each, element->ns ? (const char *)element->ns->href : "", (const char *)element->name)) {
            return each;
        }
    }
    return NULL;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

static bool is_true(const xmlChar *text)
{
    return text && (strcmp((const char *)text, "true") == 0 || strcmp((const char *)text, "1") == 0);
}

bool pc_xml_has_value(const xmlNode *element)
{
    PC_AUTO(xml_text)
    xmlChar *nil =
        element ? pc_libxml2()->attribute_in(element, (const xmlChar *)"nil", (const xmlChar *)INSTANCE) : NULL;

    return element && !is_true(nil);
}

static pc_span span_of(const xmlChar *text)
{
    const char *start = text ? (const char *)text : "";
    size_t len = strlen(start);

    while (len > 0 && strchr(" \t\r\n", start[len - 1])) {
        len--;
    }
    while (len > 0 && strchr(" \t\r\n", *start)) {
        start++;
        len--;
    }
    return (pc_span){ .start = start, .len = len };
}

const char *pc_xml_words(pc_arena *arena, const xmlNode *element)
{
    PC_AUTO(xml_text) xmlChar *text = pc_xml_has_value(element) ? pc_libxml2()->content(element) : NULL;
    pc_span span = span_of(text);

    return pc_text_escape(arena, span.start, span.len);
}

const char *pc_xml_text(pc_arena *arena, const xmlNode *element)
{
    PC_AUTO(xml_text) xmlChar *text = pc_xml_has_value(element) ? pc_libxml2()->content(element) : NULL;

    return pc_arena_string(arena, text ? (const char *)text : "");
}

int64_t pc_xml_number(const xmlNode *element, int64_t usual)
{
    PC_AUTO(xml_text) xmlChar *text = pc_xml_has_value(element) ? pc_libxml2()->content(element) : NULL;
    pc_span span = span_of(text);
    char digits[24];
    char *end = NULL;

    if (span.len == 0 || span.len >= sizeof digits) {
        return usual;
    }
    memcpy(digits, span.start, span.len);
    digits[span.len] = '\0';
    errno = 0;
    intmax_t number = strtoimax(digits, &end, 10);

    return errno == 0 && *end == '\0' ? (int64_t)number : usual;
}

bool pc_xml_bool(const xmlNode *element)
{
    PC_AUTO(xml_text) xmlChar *text = pc_xml_has_value(element) ? pc_libxml2()->content(element) : NULL;
    pc_span span = span_of(text);

    return (span.len == 4 && strncmp(span.start, "true", 4) == 0) || (span.len == 1 && *span.start == '1');
}

const char *pc_xml_attribute(pc_arena *arena, const xmlNode *element, const char *name)
{
    PC_AUTO(xml_text) xmlChar *text = element ? pc_libxml2()->attribute(element, (const xmlChar *)name) : NULL;
    pc_span span = span_of(text);

    return pc_text_escape(arena, span.start, span.len);
}

const char *pc_xml_quote(pc_arena *arena, const char *text)
{
    static const struct {
        char character;
        const char *quoted;
    } rows[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\r', "&#13;" } };
    char *quoted = pc_arena_alloc(arena, 6 * strlen(text) + 1);
    char *end = quoted;

    for (const char *each = text; quoted && *each; each++) {
        const char *word = NULL;

        for (size_t i = 0; i < PC_COUNT(rows); i++) {
            word = *each == rows[i].character ? rows[i].quoted : word;
        }
        if (word) {
            memcpy(end, word, strlen(word));
            end += strlen(word);
        } else {
            *end++ = *each;
        }
    }
    return quoted;
}
