/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_ADCS_STAND_IN_H
#define TEST_ADCS_STAND_IN_H

#include "enroll/certsrv/certsrv.h"

/** The stand-in that tests/adcs/with started for this process (README.md). */

/** The value of "ADCS_HTTPS" or another of its variables; ends the test if it is not set. */
const char *stand_in(const char *variable);

/** "https://localhost:1234/AUTHENTICATION/MOOD/certsrv"; in a static buffer that the next call uses again. */
const char *stand_in_url(const char *server, const char *authentication, const char *mood);

/** Anonymous, with the right root and the time-outs of a test. */
pc_ca_access stand_in_access(const char *url);

/** A wire to the address of the access. @return as pc_address_of_ca and pc_wire_open. */
pc_status stand_in_open(const pc_ca_access *access, const pc_ca_credentials *credentials, pc_wire **ret_wire,
                        pc_error *err);

/** How many requests it has received so far. */
size_t stand_in_seen(void);

/** A part of the last request that it kept ("body", "user", "CertRequest" ...), NUL-terminated, in the arena. "" if it
 * does not exist. */
const char *stand_in_last(pc_arena *arena, const char *name);

/** A file in its folder; ends the test if it does not exist. */
const char *stand_in_file(pc_arena *arena, const char *name);

/** A page as it is sent. @param values  for render, as the shell sets them. The arena's. */
const char *stand_in_page(pc_arena *arena, const char *values, const char *language, const char *page);

/** A certificate request in PEM for a new RSA key, with one DNS name. The arena's. */
const char *stand_in_request(pc_arena *arena, const char *host);

/** Have a pending request issued (NULL), or decided in a way that `approve` accepts: "deny", "revoke". */
void stand_in_decide(unsigned long id, const char *decision);

#endif
