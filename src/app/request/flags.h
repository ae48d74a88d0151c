/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REQUEST_FLAGS_H
#define PC_APP_REQUEST_FLAGS_H

#include <p11cert/new.h>

/**
 * Replace usages, digest and template of the request by those of the order. If neither an INF nor the order states
 * usages, they become those of a TLS server and client, which SCOM requires.
 * @return PC_OK; PC_E_USAGE (an unknown name); PC_E_INPUT (not an OID); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_new_apply_usage(const pc_new_order *order, pc_request *request, pc_error *err);

#endif
