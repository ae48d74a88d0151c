/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/est/est.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/* --- base64 ------------------------------------------------------------------------------------------------------ */

/* Not by OpenSSL's BIO, which fails on a line of more than 76 characters without a break. */
pc_status pc_est_decode(pc_arena *arena, pc_bytes body, pc_bytes *ret_der, pc_error *err)
{
    char *text = pc_arena_alloc(arena, body.len + 1);
    size_t len = 0;

    if (!text) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < body.len; i++) {
        if (!memchr(" \t\r\n", body.data[i], 4)) {
            text[len++] = (char)body.data[i];
        }
    }
    size_t padding = len > 1 && text[len - 1] == '=' ? (text[len - 2] == '=' ? 2u : 1u) : 0;
    uint8_t *der = pc_arena_alloc(arena, len / 4 * 3 + 1);

    if (!der) {
        return pc_fail_memory(err);
    }
    /* EVP_DecodeBlock takes '=' anywhere and counts it as zero bits. */
    if (len == 0 || len % 4 != 0 || memchr(text, '=', len - padding) ||
        EVP_DecodeBlock(der, (const unsigned char *)text, (int)len) < 0) {
        ERR_clear_error();
        return pc_fail(err, PC_E_CA, "the server's answer is not base64, as EST requires (RFC 8951 section 3.1)");
    }
    *ret_der = (pc_bytes){ der, len / 4 * 3 - padding };
    return PC_OK;
}

const char *pc_est_encode(pc_arena *arena, pc_bytes der)
{
    char *text = pc_arena_alloc(arena, 4 * (der.len / 3 + 1) + 1);

    if (text) {
        (void)EVP_EncodeBlock((unsigned char *)text, der.data, (int)der.len);
    }
    return text;
}
