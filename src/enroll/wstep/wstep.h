/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WSTEP_H
#define PC_ENROLL_WSTEP_H

#include "enroll/protocol.h"
#include "enroll/soap/xml.h"

/** Messages of the certificate enrolment web service of Windows ([MS-WSTEP]). Pure: any bytes are allowed. */

/**
 * The body that submits a request (RequestSecurityToken, Issue).
 * @return PC_OK; PC_E_INPUT (the text is neither the request nor a PKCS#7); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_wstep_submission(pc_arena *arena, const pc_ca_submission *submission, const char **ret_body,
                                            pc_error *err);

/** The body that asks for the state of a request (QueryTokenStatus). NULL when out of memory. */
const char *pc_wstep_query(pc_arena *arena, const char *request_id);

/**
 * Read RequestSecurityTokenResponseCollection: the content of soap:Body. Only its structure decides, never its words,
 * which are translated: a certificate means issued, a reference to one means pending, and anything else is
 * PC_CA_UNKNOWN.
 *
 * @param ret_reply  an issued certificate comes as PEM with those that the CA sent along; the state of a pending one is
 *                   the URI of the reference, which only the server vouches for, or ""
 * @return PC_OK; PC_E_CA (the certificate cannot be read); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_wstep_read(pc_arena *arena, const xmlNode *collection, pc_ca_reply *ret_reply,
                                      pc_error *err);

#endif
