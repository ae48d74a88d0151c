/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_CERTIFICATE_PROFILES_H
#define PC_CLI_CERTIFICATE_PROFILES_H

#include <jansson.h>
#include <p11cert/certificate_profile.h>
#include <stdio.h>

/** Certificate profiles, each with what it grants and its source. */
void pc_certificate_profiles_print(FILE *out, const pc_certificate_profile *profiles, size_t count);

/** The same; NULL when out of memory. */
json_t *pc_certificate_profiles_to_json(const pc_certificate_profile *profiles, size_t count);

#endif
