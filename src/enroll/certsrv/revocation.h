/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_REVOCATION_H
#define PC_ENROLL_REVOCATION_H

#include "base/arena.h"

/** How the administrator of AD CS revokes a certificate: no protocol of Windows offers it. NULL when out of memory. */
const char *pc_certsrv_describe_revocation(pc_arena *arena, const char *serial, int reason);

#endif
