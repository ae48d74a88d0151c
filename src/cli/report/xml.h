/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_REPORT_XML_H
#define PC_CLI_REPORT_XML_H

#include <stdbool.h>

#include <p11cert/error.h>

#include "base/libxml2_calls.h"

/**
 * libxml2's writer into memory. A failure is recorded and reported once, by pc_xml_take, so that the code reads like
 * the document. Every text is escaped: markup by libxml2; control characters, direction overrides, bytes that are not
 * UTF-8 and characters that XML 1.0 does not allow as \xNN. Line ends stay.
 */
typedef struct {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
    bool failed;
} pc_xml;

/** Cannot fail; clear it with pc_xml_clear, or declare it with PC_AUTO_XML. */
pc_xml pc_xml_new(void);
void pc_xml_clear(pc_xml *xml);
#define PC_AUTO_XML __attribute__((cleanup(pc_xml_clear)))

void pc_xml_declaration(pc_xml *xml); /**< <?xml … encoding="UTF-8"?> */
void pc_xml_html5_doctype(pc_xml *xml);

void pc_xml_start(pc_xml *xml, const char *element);
/** Ends with an end tag even if the element is empty, as HTML requires. */
void pc_xml_end(pc_xml *xml);
/** Ends an element that can have no content, such as HTML's meta. */
void pc_xml_end_void(pc_xml *xml);

/** NULL: the attribute is left out. */
void pc_xml_attribute(pc_xml *xml, const char *name, const char *value);
void pc_xml_number(pc_xml *xml, const char *name, size_t value);

/** NULL adds nothing. */
void pc_xml_text(pc_xml *xml, const char *text);
void pc_xml_format(pc_xml *xml, const char *format, ...) PC_PRINTF(2, 3);

/** Text of the program itself, for <style>; unescaped. */
void pc_xml_raw(pc_xml *xml, const char *text);

/** An element with a text in it, and a class unless that is NULL. */
void pc_xml_element(pc_xml *xml, const char *element, const char *class_name, const char *text);

/** End all elements. @param ret_text owned by the caller, free. @return PC_OK; PC_E_MEMORY; as pc_libxml2_load. */
PC_MUST_CHECK pc_status pc_xml_take(pc_xml *xml, char **ret_text, size_t *ret_len, pc_error *err);

#endif
