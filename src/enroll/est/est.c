/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/est/est.h"

#include "enroll/base64.h"

pc_status pc_est_decode(pc_arena *arena, pc_bytes body, pc_bytes *ret_der, pc_error *err)
{
    if (pc_base64_decode(arena, body, ret_der)) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_CA, "the server's answer is not base64, as EST requires (RFC 8951 section 3.1)");
}
