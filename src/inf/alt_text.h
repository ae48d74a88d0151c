/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_ALT_TEXT_H
#define PC_INF_ALT_TEXT_H

#include <p11cert/error.h>
#include <p11cert/request.h>

#include "base/text.h"

/**
 * certreq's text form of subject alternative names: "dns=a&dns=b&upn=x&ipaddress=10.0.0.1". Keys
 * without case: dns, email, upn, url, ipaddress, registeredid, directoryname, guid, and any dotted OID
 * for an otherName, whose value has tags as in [Extensions]. Empty parts, as a trailing '&' makes them,
 * are skipped.
 *
 * Source: Microsoft certreq, the [Extensions] section.
 */

/** The next part, trimmed; moves *text after it. false if there is none left. */
bool pc_alt_text_next(const char **text, pc_span *ret_part);

/** Where in a part the next name begins, because the '&' before it is missing; NULL if nowhere. */
const char *pc_alt_text_run_on(pc_span part);

/**
 * Add the name of one part to a request.
 * @return PC_OK; PC_E_INPUT if its key is unknown, a '&' is missing, or the name is refused;
 *         PC_E_MEMORY. The request is unchanged on failure.
 */
PC_MUST_CHECK pc_status pc_alt_text_add(pc_request *request, pc_span part, pc_error *err);

/**
 * Read an otherName: "{utf8}text", "{octet}base64", "{octet}{hex}00 01", "{asn}base64", "{hex}04 01 00".
 * @param oid, value  borrowed; must live as long as the name
 * @return PC_OK; PC_E_INPUT; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_alt_text_other(pc_arena *arena, const char *oid, const char *value, pc_alt_name *ret_name,
                                          pc_error *err);

#endif
