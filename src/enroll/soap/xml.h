/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_XML_H
#define PC_ENROLL_XML_H

#include <p11cert/bytes.h>

#include "base/arena.h"
#include "base/libxml2_calls.h"

/**
 * XML from outside, by libxml2: any bytes are allowed. Nothing is fetched, only XML's own five entities are replaced,
 * and a document with a DTD is refused. Elements are found by namespace and local name, never by prefix; unknown
 * elements are skipped.
 */

/** @return PC_OK; PC_E_CA (not well-formed, or with a DTD); PC_E_MEMORY; as pc_libxml2_load. */
PC_MUST_CHECK pc_status pc_xml_parse(pc_bytes text, xmlDoc **ret_document, pc_error *err);

/** The first child of that name, in that namespace ("": in none); NULL: none. Accepts NULL. */
const xmlNode *pc_xml_child(const xmlNode *parent, const char *space, const char *name);

/** The next sibling of the same name; NULL: none. */
const xmlNode *pc_xml_next(const xmlNode *element);

/** Is it present, and not marked as xsi:nil? */
bool pc_xml_has_value(const xmlNode *element);

/**
 * Its text without white space at the ends, escaped so that it is safe to print; "" if it is missing or nil. NULL when
 * out of memory.
 */
const char *pc_xml_words(pc_arena *arena, const xmlNode *element);

/** Its text as it is, for base64; "" if it is missing or nil. NULL when out of memory. */
const char *pc_xml_text(pc_arena *arena, const xmlNode *element);

/** An integer, or `usual` if it is missing, nil or not one. */
int64_t pc_xml_number(const xmlNode *element, int64_t usual);

/** "true" or "1". */
bool pc_xml_bool(const xmlNode *element);

/** An attribute without a namespace, escaped; "" if it is missing. NULL when out of memory. */
const char *pc_xml_attribute(pc_arena *arena, const xmlNode *element, const char *name);

/** Text for the content of an element or an attribute. NULL when out of memory. */
const char *pc_xml_quote(pc_arena *arena, const char *text);

#endif
