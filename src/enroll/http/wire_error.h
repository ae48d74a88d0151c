/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_ERROR_H
#define PC_ENROLL_WIRE_ERROR_H

#include <curl/curl.h>
#include <p11cert/ca.h>

/**
 * Report a transfer that failed in libcurl, as a sentence with a hint. The failure is described in our words, by its
 * CURLcode; libcurl's wording differs between versions, and is only quoted as the reason.
 *
 * @param url     of the CA's pages
 * @param detail  libcurl's words; "" if none
 */
pc_status pc_wire_fail(pc_error *err, CURLcode code, const char *detail, const char *url);

/**
 * An answer with a status other than 200.
 * @param login_failed  why no ticket could be presented, in Kerberos's words; "" if one was, or none was needed
 * @return PC_E_AUTH for 401, else PC_E_CA.
 */
pc_status pc_wire_fail_status(pc_error *err, long http_status, const char *url, const pc_ca_access *access,
                              const char *login_failed);

#endif
