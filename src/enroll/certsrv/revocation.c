/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/revocation.h"

const char *pc_certsrv_describe_revocation(pc_arena *arena, const char *serial, int reason)
{
    return pc_arena_format(arena,
                           "an administrator of AD CS revokes it with `certutil -revoke %s %d` on the CA, or in "
                           "certsrv.msc: Issued Certificates, the certificate, All Tasks, Revoke Certificate; "
                           "`certutil -CRL` then publishes the CRL",
                           serial, reason);
}
