/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_WIRE_SETUP_H
#define PC_ENROLL_WIRE_SETUP_H

#include <curl/curl.h>

#include "enroll/http/wire.h"

/**
 * libcurl for this process, with memory that is wiped as it is freed. Counted: each success needs one
 * curl_global_cleanup. @return PC_OK; PC_E_MEMORY; as pc_curl_load.
 */
PC_MUST_CHECK pc_status pc_wire_library(pc_error *err);

/**
 * Set TLS, login and proxy on a new handle. Access and credentials stay borrowed by it.
 * @return as pc_wire_open.
 */
PC_MUST_CHECK pc_status pc_wire_set_up(CURL *curl, const pc_ca_access *access, const pc_ca_credentials *credentials,
                                       pc_error *err);

/**
 * "sha256//BASE64;..." in libcurl's form, from hex or base64, several separated by commas.
 * @return PC_OK; PC_E_USAGE; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_wire_pins(pc_arena *arena, const char *text, const char **ret_pins, pc_error *err);

#endif
