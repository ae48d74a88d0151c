/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_DER_H
#define PC_INF_DER_H

#include <stdint.h>

#include "base/arena.h"

/** The little of DER (ITU-T X.690) that extension values of an INF need: walking through it, and wrapping bytes. */

enum {
    PC_DER_BOOLEAN = 0x01,
    PC_DER_INTEGER = 0x02,
    PC_DER_BIT_STRING = 0x03,
    PC_DER_OCTET_STRING = 0x04,
    PC_DER_OID = 0x06,
    PC_DER_UTF8_STRING = 0x0c,
    PC_DER_SEQUENCE = 0x30,
};

/** Borrowed bytes. */
typedef struct {
    const uint8_t *at;
    size_t len;
} pc_der;

typedef struct {
    uint8_t tag;
    pc_der content;
    pc_der whole; /**< with tag and length */
} pc_der_item;

/** Take the first item off `rest`. false at the end, and for what is not DER with one-byte tags. */
bool pc_der_take(pc_der *rest, pc_der_item *ret_item);

/** The same where the tag must be this one. */
bool pc_der_take_tag(pc_der *rest, uint8_t tag, pc_der *ret_content);

/** Are the bytes one item, sound in itself down to 32 levels, with nothing behind it? */
bool pc_der_is_one(pc_der der);

/** An INTEGER's content as a number; false if it is negative or over 2^31 - 1. */
bool pc_der_to_number(pc_der content, unsigned *ret_number);

/** The dotted form of an OID's content.
 *  @return PC_OK; PC_E_INPUT if it is none or has an arc over 63 bits; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_der_to_oid(pc_arena *arena, pc_der content, const char **ret_oid);

/** tag, length, bytes. Its `at` is NULL when out of memory. */
pc_der pc_der_wrap(pc_arena *arena, uint8_t tag, pc_der content);

/** An OBJECT IDENTIFIER of a dotted text with arcs of at most 63 bits; `at` is NULL if it is none, or out of memory. */
pc_der pc_der_from_oid(pc_arena *arena, const char *oid);

#endif
