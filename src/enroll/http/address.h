/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADDRESS_H
#define PC_ENROLL_ADDRESS_H

#include <p11cert/ca.h>

#include "base/arena.h"

/**
 * The address of the enrolment pages from the URL that the user gave: "https://ca/certsrv", without a slash at its end.
 * An empty path becomes "/certsrv"; the name of a page at its end (certrqxt.asp) is dropped.
 *
 * @param access  its url, login and insecure_http are looked at
 * @return PC_OK; PC_E_USAGE (not a URL of http or https; a user, query or fragment in it); PC_E_REFUSED (http without
 *         insecure_http; BASIC or NTLM over http in any case); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_address_of_ca(pc_arena *arena, const pc_ca_access *access, const char **ret_address,
                                         pc_error *err);

/**
 * Check that a redirect may be followed: only to the same host and port over TLS, or from http to https on the same
 * host.
 * @return PC_OK; PC_E_CA, which names both addresses; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_address_check_redirect(const char *source, const char *target, pc_error *err);

#endif
