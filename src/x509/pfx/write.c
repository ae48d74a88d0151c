/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/write.h"

#include <openssl/pkcs12.h>
#include <string.h>

#include "base/secret_auto.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(PKCS12, PKCS12, PKCS12_free);

/* OpenSSL copies these two from the key to its bag. 17.2 has no value; only its presence matters. */
static pc_status set_attributes(const pc_pfx_plan *plan, pc_error *err)
{
    bool set = EVP_PKEY_add1_attr_by_NID(plan->key, NID_LocalKeySet, 0, NULL, -1) == 1;

    if (set && plan->for_schannel) {
        set = EVP_PKEY_add1_attr_by_NID(plan->key, NID_ms_csp_name, MBSTRING_ASC,
                                        (const unsigned char *)PC_PFX_SCHANNEL_PROVIDER, -1) == 1;
    }
    return set ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the key's attributes cannot be set");
}

/* OpenSSL requires it to end with a NUL. */
static pc_status end_password(pc_secret *given, pc_secret **ret_password, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *password = NULL;
    size_t len = pc_secret_len(given);

    PC_TRY(pc_secret_new(len + 1, &password, err));
    memcpy(pc_secret_bytes(password), pc_secret_bytes(given), len);
    *ret_password = PC_TAKE(password);
    return PC_OK;
}

static pc_status encode(const PKCS12 *pfx, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_PKCS12(pfx, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the PFX cannot be encoded");
    }
    ret_bytes->data = pc_arena_copy(arena, der, (size_t)len);
    ret_bytes->len = (size_t)len;
    return ret_bytes->data ? PC_OK : pc_fail_memory(err);
}

pc_status pc_pfx_write(const pc_pfx_plan *plan, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *password = NULL;
    int cipher = plan->legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;

    PC_TRY(end_password(plan->password, &password, err));
    PC_TRY(set_attributes(plan, err));
    const char *words = (const char *)pc_secret_bytes(password);
    PC_AUTO(PKCS12)
    PKCS12 *pfx = PKCS12_create(words, plan->friendly_name, plan->key, plan->leaf, plan->chain, cipher, cipher,
                                (int)plan->rounds, -1, plan->for_schannel ? KEY_EX : 0);

    if (!pfx ||
        PKCS12_set_mac(pfx, words, -1, NULL, 0, (int)plan->rounds, plan->legacy ? EVP_sha1() : EVP_sha256()) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the PFX cannot be built");
    }
    return encode(pfx, arena, ret_bytes, err);
}
