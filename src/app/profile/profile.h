/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PROFILE_PROFILE_H
#define PC_APP_PROFILE_PROFILE_H

#include <p11cert/certificate_profile.h>

#include "base/arena.h"

#define PC_OID_OCSP_SIGNING  "1.3.6.1.5.5.7.3.9"
#define PC_OID_TIME_STAMPING "1.3.6.1.5.5.7.3.8"

#define PC_CERTIFICATE_PROFILE_MAX_SIZE ((size_t)64 * 1024) /**< bytes */

PC_AUTO_DEFINE(pc_certificate_profile, pc_certificate_profile, pc_certificate_profile_free);

/** The built-in profile of that name, without regard to case, or NULL. */
const pc_certificate_profile *pc_certificate_profile_find(const char *name);

/** "there is no certificate profile ...", with the existing names. Returns status. */
pc_status pc_certificate_profile_not_found(const char *name, pc_status status, pc_error *err);

#endif
