/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_SHOW_FIELDS_H
#define PC_X509_SHOW_FIELDS_H

#include <p11cert/show.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "x509/auto.h"

/**
 * A displayed part under construction. Everything added is escaped first: it comes from untrusted files. Each function
 * returns PC_OK; PC_E_INPUT for an unreadable value; PC_E_MEMORY.
 */
typedef struct {
    pc_arena *arena;
    pc_shown_part *part;
} pc_show;

/** @param value  arbitrary bytes, `len` of them */
PC_MUST_CHECK pc_status pc_show_bytes_as_text(const pc_show *show, const char *name, const void *value, size_t len);

PC_MUST_CHECK pc_status pc_show_text(const pc_show *show, const char *name, const char *value);
PC_MUST_CHECK pc_status pc_show_string(const pc_show *show, const char *name, const ASN1_STRING *string);
PC_MUST_CHECK pc_status pc_show_integer(const pc_show *show, const char *name, const ASN1_INTEGER *integer);

/** Dotted, with the identifier's name if OpenSSL or Windows has one. */
PC_MUST_CHECK pc_status pc_show_oid(const pc_show *show, const char *name, const ASN1_OBJECT *oid);

/** "{hex}30…": the DER of a value without a better representation. */
PC_MUST_CHECK pc_status pc_show_hex(const pc_show *show, const char *name, pc_bytes bytes);

/** A general name, "DNS", "UPN" and so on; `prefix` precedes its kind ("permitted "). */
PC_MUST_CHECK pc_status pc_show_general_name(const pc_show *show, const char *prefix, const GENERAL_NAME *name);

/** The contents of the buffer, one field without a name per line. */
PC_MUST_CHECK pc_status pc_show_lines(const pc_show *show, BIO *lines);

/** Start a part: its identifier, dotted and by name. */
PC_MUST_CHECK pc_status pc_show_identity(const pc_show *show, const ASN1_OBJECT *oid);

/** End it: an unreadable value is left without fields. @return PC_OK; PC_E_MEMORY if `status` is. */
PC_MUST_CHECK pc_status pc_show_finish(const pc_show *show, pc_status status);

/** The decoded DER value, if nothing follows it; else NULL. Owned by the caller. */
void *pc_show_unpack(const ASN1_STRING *der, const ASN1_ITEM *item);

/** The human-readable name of an identifier, or NULL. */
const char *pc_oid_words(const char *oid);

#endif
