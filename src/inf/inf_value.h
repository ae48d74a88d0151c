/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_VALUE_H
#define PC_INF_INF_VALUE_H

#include <p11cert/error.h>

#include "inf/der.h"

/** How a value is read, according to the tags at its start. */
typedef enum {
    PC_TAGGED_DER,   /**< no tag, {asn}, {hex}: the DER of the value itself */
    PC_TAGGED_TEXT,  /**< {text}: the extension's own text form */
    PC_TAGGED_UTF8,  /**< {utf8}: a UTF8String of the text */
    PC_TAGGED_OCTET, /**< {octet}: an OCTET STRING of the bytes */
} pc_tagged_form;

typedef struct {
    pc_tagged_form form;
    bool is_hex;      /**< the bytes of a DER or OCTET value are written in hex, not in base64 */
    bool is_critical; /**< {critical} */
    const char *rest; /**< what follows the tags; borrowed */
} pc_tagged;

/**
 * Read the tags at the start of an extension's value or of an otherName in a SAN: {text} {hex} {asn} {utf8}
 * {octet} {base64} {critical}, without case, in a chain such as {octet}{hex}.
 *
 * @return PC_OK; PC_E_INPUT if a tag is not known, not supported ({file}, {decimal}), or cannot follow
 *         those before it.
 *
 * Source: Microsoft certreq, the [Extensions] section: base64 is the default of bytes; what {octet} and {asn}
 * mean is from its examples 1.2.3.4.6.2={octet}AAEC… and 1.2.3.4.6.3={asn}BAgA….
 */
PC_MUST_CHECK pc_status pc_tagged_read(const char *text, pc_tagged *ret_tagged, pc_error *err);

/** Whether a text begins with a tag, supported or not. */
bool pc_inf_is_tag(const char *text);

/** The bytes that hex or base64 stands for. @return PC_OK; PC_E_INPUT if it is neither; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_tagged_bytes(pc_arena *arena, const pc_tagged *tagged, pc_bytes *ret_bytes, pc_error *err);

/**
 * The DER of a value of any form except {text}.
 * @return PC_OK; PC_E_INPUT if the bytes cannot be read, or are not DER; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_tagged_der(pc_arena *arena, const pc_tagged *tagged, pc_bytes *ret_der, pc_error *err);

#endif
