/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_ERROR_H
#define PC_ENROLL_WIRE_ERROR_H

#include <curl/curl.h>
#include <p11cert/ca.h>

#include "enroll/http/ticket_login.h"

/**
 * Report a transfer that failed in libcurl, as a sentence with a hint. The failure is described in our words, by its
 * CURLcode; libcurl's wording differs between versions, and is only quoted as the reason.
 *
 * @param url     of the CA's pages
 * @param detail  libcurl's words; "" if none
 */
pc_status pc_wire_fail(pc_error *err, CURLcode code, const char *detail, const char *url);

/** An answer with a status other than 200. */
typedef struct {
    long status; /**< HTTP */
    const char *url;
    const pc_ca_access *access;
    const pc_login_trouble *login; /**< for 401 */
    bool is_empty_of_iis;          /**< IIS sent no body */
} pc_wire_refusal;

/** @return PC_E_AUTH for 401, else PC_E_CA. */
pc_status pc_wire_fail_status(pc_error *err, const pc_wire_refusal *refusal);

#endif
