/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_NEGOTIATE_H
#define PC_ENROLL_NEGOTIATE_H

#include <p11cert/bytes.h>

#include "base/cleanup.h"

/**
 * One login to HTTP/HOST by Negotiate (RFC 4559, RFC 4178) with the caller's Kerberos ticket: one token goes to the
 * server, and its answer shows that it has the key of that service. MIT Kerberos makes the tokens.
 */
typedef struct pc_negotiate pc_negotiate;

/**
 * The token for the server.
 *
 * @param host       name of the server, as in its address
 * @param binding    pc_channel_binding_of its certificate, copied; empty: the token is not bound
 * @param ret_token  lives as long as the login, and is wiped with it
 * @return PC_OK; PC_E_AUTH (no ticket, it has expired, the realm does not know the service, the clocks differ, no KDC
 *         answers: each with a hint); PC_E_CRYPTO (the module cannot be opened); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_negotiate_new(const char *host, pc_bytes binding, pc_negotiate **ret_login,
                                         pc_bytes *ret_token, pc_error *err);

/**
 * Check the token with which the server answers. Only once.
 * @return PC_OK: it has the key of the service; PC_E_AUTH (it has not, or the token gives the reason of a refusal).
 */
PC_MUST_CHECK pc_status pc_negotiate_finish(pc_negotiate *login, pc_bytes token, pc_error *err);

/** Accepts NULL. */
void pc_negotiate_free(pc_negotiate *login);

PC_AUTO_DEFINE(pc_negotiate, pc_negotiate, pc_negotiate_free);

#endif
