/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADDRESS_H
#define PC_ENROLL_ADDRESS_H

#include <p11cert/ca.h>

#include "base/arena.h"

/**
 * The folder of the pages from what the user gave: "https://ca/certsrv/". Nothing in it becomes "/certsrv/"; a page at
 * its end (certrqxt.asp) is dropped.
 *
 * @return PC_OK; PC_E_USAGE (no URL of http or https; a user, query or fragment in it); PC_E_REFUSED (http without
 *         insecure_http; BASIC or NTLM over http at all); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_address_of_ca(pc_arena *arena, const pc_ca_access *access, const char **ret_folder,
                                         pc_error *err);

/**
 * May a redirect be followed? Only to the same host and port and by TLS; or from http to https of the same host.
 * @return PC_OK; PC_E_CA, with both addresses named; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_address_check_redirect(const char *from, const char *to, pc_error *err);

#endif
