/* SPDX-License-Identifier: Apache-2.0 */
#include "app/spki.h"

#include "base/text.h"
#include "x509/openssl_error.h"

pc_status pc_spki_sha256(const EVP_PKEY *key, pc_arena *arena, const char **ret_hex, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;

    if (len <= 0 || EVP_Digest(der, (size_t)len, digest, &digest_len, EVP_sha256(), NULL) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    const char *hex = pc_text_hex(arena, digest, digest_len, '\0');

    if (!hex) {
        return pc_fail_memory(err);
    }
    *ret_hex = hex;
    return PC_OK;
}
