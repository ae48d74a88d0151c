/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_TICKET_LOGIN_H
#define PC_ENROLL_TICKET_LOGIN_H

#include <curl/curl.h>

#include "base/cleanup.h"

/**
 * A login with a Kerberos ticket that is bound to its TLS connection, as Extended Protection requires. libcurl does
 * that itself only since 8.10, and not through a proxy: 8.14 makes its token before the tunnel ends at the server. Each
 * request carries a token of its own, which is made when libcurl has chosen the connection and before it sends anything
 * on it; so the token is always bound to the certificate of that connection, even if libcurl has to connect again.
 */
typedef struct pc_ticket_login pc_ticket_login;

/**
 * Take the login over from libcurl: sets its options.
 * @param address  over TLS; every request of the handle goes to its host
 * @return PC_OK; PC_E_USAGE (not an address); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ticket_login_new(CURL *curl, const char *address, pc_ticket_login **ret_login,
                                            pc_error *err);

/**
 * Before each transfer: its headers, to which the token will be added.
 * @param headers  what becomes CURLOPT_HTTPHEADER; NULL: none. Freed by this function if it fails.
 * @return the headers; NULL when out of memory.
 */
struct curl_slist *pc_ticket_login_begin(pc_ticket_login *login, struct curl_slist *headers);

/** A line of the answer's headers. */
void pc_ticket_login_note_header(pc_ticket_login *login, const char *line, size_t len);

/**
 * After each transfer that succeeded: check the answer to the token, if there is one.
 * @return PC_OK, also for HTTP 401; PC_E_CA (the server does not have the key of the service).
 */
PC_MUST_CHECK pc_status pc_ticket_login_end(pc_ticket_login *login, long status, pc_error *err);

/** A login that the server refused: the reasons, as far as this machine can know them. */
typedef struct {
    const char *failed;  /**< why no ticket could be presented, in Kerberos's words; "": one was, or not known */
    const char *refused; /**< why the server did not accept it, in Kerberos's words; "": not known */
    const char *hint;    /**< about either; "": none */
    const char
        *certificate; /**< SHA-256 of the certificate to which it was bound, in hex; "": not known or not bound */
} pc_login_trouble;

/** After HTTP 401. Texts live until the next transfer. */
pc_login_trouble pc_ticket_login_trouble(const pc_ticket_login *login);

/** Accepts NULL. */
void pc_ticket_login_free(pc_ticket_login *login);

PC_AUTO_DEFINE(pc_ticket_login, pc_ticket_login, pc_ticket_login_free);

#endif
