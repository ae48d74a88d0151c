/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/est/est.h"

#include <string.h>

#include "enroll/base64.h"

/* DER of a SEQUENCE longer than 127 bytes, or PEM: base64 is neither. Servers that send them do not follow the
 * standard, but have issued the certificate: an error would have it requested a second time. */
static bool is_not_encoded(pc_bytes body)
{
    static const char pem[] = "-----BEGIN ";
    const bool is_der = body.len > 1 && body.data[0] == 0x30 && body.data[1] > 0x80;

    return is_der || (body.len >= sizeof pem - 1 && memcmp(body.data, pem, sizeof pem - 1) == 0);
}

pc_status pc_est_decode(pc_arena *arena, pc_bytes body, pc_bytes *ret_der, pc_error *err)
{
    if (is_not_encoded(body)) {
        *ret_der = body;
        return PC_OK;
    }
    if (pc_base64_decode(arena, body, ret_der)) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_CA, "the server's answer is not base64, as EST requires (RFC 8951 section 3.1)");
}
