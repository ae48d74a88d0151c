/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_ALT_NAME_H
#define PC_INF_ALT_NAME_H

#include <p11cert/error.h>
#include <p11cert/request.h>

#include "base/arena.h"

/**
 * Check the text of a subject alternative name against its kind; read a PC_ALT_DIRECTORY or PC_ALT_GUID.
 *
 * @param arena     owns what ret_name points to; the text is copied
 * @return PC_OK; PC_E_INPUT with what is wrong and, if it is clear, what was meant; PC_E_MEMORY.
 *
 * Source: RFC 5280 section 4.2.1.6; DNS names by RFC 1123 section 2.1, with '_' as Windows host names have it.
 */
PC_MUST_CHECK pc_status pc_alt_name_read(pc_arena *arena, pc_alt_name_kind kind, const char *text,
                                         pc_alt_name *ret_name, pc_error *err);

/** The key of a kind in certreq's text form: "dns", "ipaddress", … Never NULL. */
const char *pc_alt_name_key(pc_alt_name_kind kind);

/** Do two names mean the same? DNS names are compared without case. */
bool pc_alt_name_same(const pc_alt_name *a, const pc_alt_name *b);

#endif
