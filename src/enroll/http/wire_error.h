/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_ERROR_H
#define PC_ENROLL_WIRE_ERROR_H

#include <curl/curl.h>
#include <p11cert/ca.h>

/** A transfer that libcurl could not do, as a sentence with what to do. @param detail  libcurl's words; "" if none */
pc_status pc_wire_fail(pc_error *err, CURLcode code, const char *detail, const pc_ca_access *access);

/**
 * An answer with another status than 200.
 * @param login_failed  why no ticket could be shown, in Kerberos's words; "" if one was or none was wanted
 * @return PC_E_AUTH for 401, else PC_E_CA.
 */
pc_status pc_wire_fail_status(pc_error *err, long http_status, const char *url, const pc_ca_access *access,
                              const char *login_failed);

#endif
