/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_LIBXML2_CALLS_H
#define PC_BASE_LIBXML2_CALLS_H

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xmlwriter.h>

#include "base/cleanup.h"

/**
 * The functions of libxml2 that p11cert uses, to read a CA's answers and to write reports. libxml2 loads ICU, so it is
 * linked to a module of its own, which is opened for them.
 */
typedef struct {
    __typeof__(htmlCtxtReadMemory) *html_read_memory;
    __typeof__(htmlFreeParserCtxt) *html_free_parser;
    __typeof__(htmlNewParserCtxt) *html_new_parser;
    __typeof__(xmlBufferContent) *buffer_content;
    __typeof__(xmlBufferCreate) *buffer_create;
    __typeof__(xmlBufferFree) *buffer_free;
    __typeof__(xmlCtxtReadMemory) *read_memory;
    __typeof__(xmlDocGetRootElement) *root_element;
    __typeof__(xmlFreeDoc) *free_document;
    __typeof__(xmlFreeParserCtxt) *free_parser;
    __typeof__(xmlFreeTextWriter) *free_writer;
    __typeof__(xmlGetIntSubset) *internal_subset;
    __typeof__(xmlGetNoNsProp) *attribute;
    __typeof__(xmlGetNsProp) *attribute_in;
    __typeof__(xmlNewParserCtxt) *new_parser;
    __typeof__(xmlNewTextWriterMemory) *new_writer;
    __typeof__(xmlNodeGetContent) *content;
    __typeof__(xmlTextWriterEndDocument) *end_document;
    __typeof__(xmlTextWriterEndElement) *end_element;
    __typeof__(xmlTextWriterFlush) *flush;
    __typeof__(xmlTextWriterFullEndElement) *full_end_element;
    __typeof__(xmlTextWriterSetIndent) *set_indent;
    __typeof__(xmlTextWriterStartDocument) *start_document;
    __typeof__(xmlTextWriterStartElement) *start_element;
    __typeof__(xmlTextWriterWriteAttribute) *write_attribute;
    __typeof__(xmlTextWriterWriteDTD) *write_dtd;
    __typeof__(xmlTextWriterWriteRaw) *write_raw;
    __typeof__(xmlTextWriterWriteString) *write_string;
    void (*free_text)(xmlChar *text);
} pc_libxml2_calls;

#define PC_LIBXML2_MODULE   "p11cert-libxml2.so"
#define PC_LIBXML2_FUNCTION "pc_libxml2_table"

/** Load libxml2, unless it is loaded. @return PC_OK; PC_E_CRYPTO as pc_own_module_open. */
PC_MUST_CHECK pc_status pc_libxml2_load(pc_error *err);

/** libxml2's functions. Only after pc_libxml2_load succeeded. */
const pc_libxml2_calls *pc_libxml2(void);

void pc_libxml2_free_document(xmlDoc *document); /**< accepts NULL, also before pc_libxml2_load */
void pc_libxml2_free_text(xmlChar *text);

PC_AUTO_DEFINE(xml_document, xmlDoc, pc_libxml2_free_document);
PC_AUTO_DEFINE(xml_text, xmlChar, pc_libxml2_free_text);

#endif
