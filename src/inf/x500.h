/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_X500_H
#define PC_INF_X500_H

#include <p11cert/error.h>
#include <p11cert/request.h>

#include "base/arena.h"

#define PC_X500_OID_COMMON_NAME "2.5.4.3"

/** How an X.500 string is read; Microsoft's CERT_NAME_STR_* flags become these. */
typedef struct {
    const char *separators; /**< characters that end a relative name */
    bool plus;              /**< '+' joins attributes of one relative name */
    bool no_quoting;        /**< '"' is an ordinary character */
    bool reverse;           /**< the order is reversed */
} pc_x500_options;

/** What CertStrToName does when no flag is set: ',' and ';' separate, '+' joins. */
extern const pc_x500_options pc_x500_default;

/**
 * Read an X.500 string as Microsoft's CertStrToName does: keys without case, dotted OIDs with or
 * without "OID.", values in double quotes with a doubled quote for one, "#hex", no backslash
 * escapes; the order is kept. Blanks around keys and values are dropped. An empty string is an
 * empty name. Stricter than Windows where leniency would hide mistakes: a value may not be empty, and
 * one that contains '=' or a quote must be quoted.
 *
 * @param arena     owns all that ret_name points to
 * @return PC_OK; PC_E_INPUT with the place and the reason; PC_E_MEMORY.
 *
 * Source: Microsoft, CertStrToName; RFC 5280 appendix A for the limits of country and the IA5 types.
 */
PC_MUST_CHECK pc_status pc_x500_parse(pc_arena *arena, const char *text, const pc_x500_options *options,
                                      pc_name *ret_name, pc_error *err);

/**
 * Is every value of a name text? "#hex" stands for an OCTET STRING, which no attribute of a name takes
 * (RFC 5280 appendix A), so that no name with one is written here.
 * @return PC_OK; PC_E_INPUT with the attribute.
 */
PC_MUST_CHECK pc_status pc_x500_check_text(const pc_name *name, pc_error *err);

/** Is it a key that an X.500 string may have: "CN", "2.5.4.3", "OID.2.5.4.3"? */
bool pc_x500_is_key(const char *key);

#endif
