/* SPDX-License-Identifier: Apache-2.0 */

/* The module that is linked to libxml2. It needs nothing of libp11cert. */
#include "base/libxml2_calls.h"
#include "base/own_module.h"

/* xmlFree is a variable or a macro, depending on how libxml2 was built. */
static void free_text(xmlChar *text)
{
    xmlFree(text);
}

static const pc_libxml2_calls calls = {
    .html_read_memory = htmlCtxtReadMemory,
    .html_free_parser = htmlFreeParserCtxt,
    .html_new_parser = htmlNewParserCtxt,
    .buffer_content = xmlBufferContent,
    .buffer_create = xmlBufferCreate,
    .buffer_free = xmlBufferFree,
    .read_memory = xmlCtxtReadMemory,
    .root_element = xmlDocGetRootElement,
    .free_document = xmlFreeDoc,
    .free_parser = xmlFreeParserCtxt,
    .free_writer = xmlFreeTextWriter,
    .internal_subset = xmlGetIntSubset,
    .attribute = xmlGetNoNsProp,
    .attribute_in = xmlGetNsProp,
    .new_parser = xmlNewParserCtxt,
    .new_writer = xmlNewTextWriterMemory,
    .content = xmlNodeGetContent,
    .end_document = xmlTextWriterEndDocument,
    .end_element = xmlTextWriterEndElement,
    .flush = xmlTextWriterFlush,
    .full_end_element = xmlTextWriterFullEndElement,
    .set_indent = xmlTextWriterSetIndent,
    .start_document = xmlTextWriterStartDocument,
    .start_element = xmlTextWriterStartElement,
    .write_attribute = xmlTextWriterWriteAttribute,
    .write_dtd = xmlTextWriterWriteDTD,
    .write_raw = xmlTextWriterWriteRaw,
    .write_string = xmlTextWriterWriteString,
    .free_text = free_text,
};

pc_own_module_function pc_libxml2_table;

__attribute__((visibility("default"))) const void *pc_libxml2_table(size_t *ret_size, const char **ret_version)
{
    *ret_version = P11CERT_VERSION;
    *ret_size = sizeof calls;
    return &calls;
}
