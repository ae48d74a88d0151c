/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_ERROR_H
#define PC_ENROLL_WIRE_ERROR_H

#include <curl/curl.h>
#include <p11cert/ca.h>

#include "enroll/http/ticket_login.h"

/** A transfer that failed in libcurl. Borrowed. */
typedef struct {
    CURLcode code;
    const char *detail;       /**< libcurl's words; "" if none */
    const char *url;          /**< of the CA's pages */
    bool is_out_of_time;      /**< by this machine's clock, the server's certificate is not valid yet, or has expired */
    bool wants_a_certificate; /**< the server ended the TLS handshake, since it got no client certificate */
} pc_wire_failure;

/**
 * Report it as a sentence with a hint. The failure is described in our words, by its CURLcode; libcurl's wording
 * differs between versions, and is only quoted as the reason.
 */
pc_status pc_wire_fail(pc_error *err, const pc_wire_failure *failure);

/** An answer with a status other than 200. */
typedef struct {
    long status; /**< HTTP */
    const char *url;
    const pc_ca_access *access;
    const pc_login_trouble *login; /**< for 401 */
    bool is_empty_of_iis;          /**< IIS sent no body */
    int64_t ahead_sec;             /**< how far the server's clock is ahead of this machine's, as it says; 0: unknown */
} pc_wire_refusal;

/** @return PC_E_AUTH for 401, else PC_E_CA. */
pc_status pc_wire_fail_status(pc_error *err, const pc_wire_refusal *refusal);

#endif
