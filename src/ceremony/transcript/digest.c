/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/digest.h"

#include <string.h>

#include <openssl/evp.h>

#include "x509/openssl_error.h"

pc_status pc_sha256_of(pc_bytes bytes, pc_sha256 *ret_digest, pc_error *err)
{
    /* EVP does not accept NULL, which an empty range may have. */
    return EVP_Digest(bytes.len ? bytes.data : (const uint8_t *)"", bytes.len, ret_digest->bytes, NULL, EVP_sha256(),
                      NULL) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "cannot compute a SHA-256");
}

void pc_sha256_to_hex(const pc_sha256 *digest, char out[static PC_SHA256_TEXT])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < PC_SHA256_LEN; i++) {
        out[2 * i] = digits[digest->bytes[i] >> 4];
        out[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    out[PC_SHA256_TEXT - 1] = '\0';
}

static uint8_t digit_value(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

bool pc_sha256_from_hex(const char *text, pc_sha256 *ret_digest)
{
    if (!text || strspn(text, "0123456789abcdef") != PC_SHA256_TEXT - 1 || text[PC_SHA256_TEXT - 1] != '\0') {
        return false;
    }
    for (size_t i = 0; i < PC_SHA256_LEN; i++) {
        ret_digest->bytes[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
    }
    return true;
}

bool pc_sha256_equal(const pc_sha256 *left, const pc_sha256 *right)
{
    return memcmp(left->bytes, right->bytes, PC_SHA256_LEN) == 0;
}
