/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/base64.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/* Not by OpenSSL's BIO, which fails on a line of more than 76 characters without a break. */
bool pc_base64_decode(pc_arena *arena, pc_bytes text, pc_bytes *ret_bytes)
{
    char *packed = pc_arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; packed && i < text.len; i++) {
        if (!memchr(" \t\r\n", text.data[i], 4)) {
            packed[len++] = (char)text.data[i];
        }
    }
    size_t padding = len > 1 && packed[len - 1] == '=' ? (packed[len - 2] == '=' ? 2u : 1u) : 0;
    uint8_t *bytes = packed ? pc_arena_alloc(arena, len / 4 * 3 + 1) : NULL;

    /* EVP_DecodeBlock takes '=' anywhere and counts it as zero bits. */
    if (!bytes || len == 0 || len % 4 != 0 || memchr(packed, '=', len - padding) ||
        EVP_DecodeBlock(bytes, (const unsigned char *)packed, (int)len) < 0) {
        ERR_clear_error();
        return false;
    }
    *ret_bytes = (pc_bytes){ bytes, len / 4 * 3 - padding };
    return true;
}

const char *pc_base64_encode(pc_arena *arena, pc_bytes bytes)
{
    char *text = pc_arena_alloc(arena, 4 * (bytes.len / 3 + 1) + 1);

    if (text) {
        (void)EVP_EncodeBlock((unsigned char *)text, bytes.data, (int)bytes.len);
    }
    return text;
}
