/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

pc_xml pc_xml_new(void)
{
    pc_xml xml = { .failed = true };

    if (pc_libxml2_load(NULL) != PC_OK) {
        return xml; /* pc_xml_take says why */
    }
    xml.buffer = pc_libxml2()->buffer_create();
    xml.writer = xml.buffer ? pc_libxml2()->new_writer(xml.buffer, 0) : NULL;
    xml.failed = !xml.writer || pc_libxml2()->set_indent(xml.writer, 1) < 0;
    return xml;
}

void pc_xml_clear(pc_xml *xml)
{
    if (xml->writer) {
        pc_libxml2()->free_writer(xml->writer);
    }
    if (xml->buffer) {
        pc_libxml2()->buffer_free(xml->buffer);
    }
    *xml = (pc_xml){ .failed = true };
}

static const xmlChar *as_xml(const char *text)
{
    return (const xmlChar *)text;
}

static void note(pc_xml *xml, int written)
{
    xml->failed = xml->failed || written < 0;
}

/* U+FFFE and U+FFFF are valid UTF-8, but not characters of XML 1.0 (section 2.2). */
static bool is_no_character(const char *cursor)
{
    return (unsigned char)cursor[0] == 0xef && (unsigned char)cursor[1] == 0xbf &&
           ((unsigned char)cursor[2] & 0xfe) == 0xbe;
}

static size_t plain_length(const char *text)
{
    size_t len = 0;

    while (text[len] && text[len] != '\n' && !is_no_character(text + len)) {
        len++;
    }
    return len;
}

/* No byte becomes more than four. @return owned by the caller, NULL when out of memory. */
static char *safe_text(const char *text)
{
    char *safe = malloc(strlen(text) * 4 + 1);

    for (char *cursor = safe; cursor;) {
        size_t len = plain_length(text);

        pc_text_escape_into(text, len, cursor, len * 4 + 1);
        cursor += strlen(cursor);
        text += len;
        if (!*text) {
            break;
        }
        if (*text == '\n') {
            *cursor++ = *text++;
            *cursor = '\0';
        } else {
            cursor += snprintf(cursor, 13, "\\xef\\xbf\\x%02x", (unsigned)(unsigned char)text[2]);
            text += 3;
        }
    }
    return safe;
}

void pc_xml_declaration(pc_xml *xml)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->start_document(xml->writer, NULL, "UTF-8", NULL));
    }
}

void pc_xml_html5_doctype(pc_xml *xml)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->write_dtd(xml->writer, as_xml("html"), NULL, NULL, NULL));
    }
}

void pc_xml_start(pc_xml *xml, const char *element)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->start_element(xml->writer, as_xml(element)));
    }
}

void pc_xml_end(pc_xml *xml)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->full_end_element(xml->writer));
    }
}

void pc_xml_end_void(pc_xml *xml)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->end_element(xml->writer));
    }
}

void pc_xml_attribute(pc_xml *xml, const char *name, const char *value)
{
    if (xml->failed || !value) {
        return;
    }
    PC_AUTO(free) char *safe = safe_text(value);

    note(xml, safe ? pc_libxml2()->write_attribute(xml->writer, as_xml(name), as_xml(safe)) : -1);
}

void pc_xml_number(pc_xml *xml, const char *name, size_t value)
{
    char digits[32];

    (void)snprintf(digits, sizeof digits, "%zu", value);
    pc_xml_attribute(xml, name, digits);
}

void pc_xml_text(pc_xml *xml, const char *text)
{
    if (xml->failed || !text) {
        return;
    }
    PC_AUTO(free) char *safe = safe_text(text);

    note(xml, safe ? pc_libxml2()->write_string(xml->writer, as_xml(safe)) : -1);
}

void pc_xml_format(pc_xml *xml, const char *format, ...)
{
    PC_AUTO(free) char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
        xml->failed = true;
    }
    va_end(args);
    pc_xml_text(xml, text);
}

void pc_xml_raw(pc_xml *xml, const char *text)
{
    if (!xml->failed) {
        note(xml, pc_libxml2()->write_raw(xml->writer, as_xml(text)));
    }
}

void pc_xml_element(pc_xml *xml, const char *element, const char *class_name, const char *text)
{
    pc_xml_start(xml, element);
    pc_xml_attribute(xml, "class", class_name);
    pc_xml_text(xml, text);
    pc_xml_end(xml);
}

pc_status pc_xml_take(pc_xml *xml, char **ret_text, size_t *ret_len, pc_error *err)
{
    PC_TRY(pc_libxml2_load(err));
    if (!xml->failed) {
        note(xml, pc_libxml2()->end_document(xml->writer));
        note(xml, pc_libxml2()->flush(xml->writer));
    }
    char *text = xml->failed ? NULL : strdup((const char *)pc_libxml2()->buffer_content(xml->buffer));

    if (!text) {
        return pc_fail_memory(err);
    }
    *ret_text = text;
    *ret_len = strlen(text);
    return PC_OK;
}
