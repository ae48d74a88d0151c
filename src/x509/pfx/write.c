/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/write.h"

#include <openssl/pkcs12.h>
#include <string.h>

#include "base/secret_auto.h"
#include "x509/openssl_error.h"

PC_AUTO_DEFINE(PKCS12, PKCS12, PKCS12_free);

static inline void bag_stack_free(STACK_OF(PKCS12_SAFEBAG) *bags)
{
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
PC_AUTO_DEFINE(bag_stack, STACK_OF(PKCS12_SAFEBAG), bag_stack_free);

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

static pc_status cannot_build(pc_error *err)
{
    return pc_fail_openssl(err, PC_E_CRYPTO, "the PFX cannot be built");
}

/* What pairs key and certificate, and what people see. OpenSSL's parameters are not const, but it copies the bytes. */
static pc_status mark(const pc_pfx_plan *plan, PKCS12_SAFEBAG *bag, pc_error *err)
{
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned int id_len = sizeof id;

    if (plan->local_id.len && plan->local_id.len <= sizeof id) {
        memcpy(id, plan->local_id.data, plan->local_id.len);
        id_len = (unsigned)plan->local_id.len;
    } else if (X509_digest(plan->leaf, EVP_sha1(), id, &id_len) != 1) {
        return cannot_build(err);
    }
    bool named = !plan->friendly_name || PKCS12_add_friendlyname_utf8(bag, plan->friendly_name, -1) == 1;

    return named && PKCS12_add_localkeyid(bag, id, (int)id_len) == 1 ? PC_OK : cannot_build(err);
}

/* 17.2 has no value; only its presence matters. */
static pc_status mark_for_windows(const pc_pfx_plan *plan, PKCS12_SAFEBAG *bag, pc_error *err)
{
    bool set = !plan->for_schannel || PKCS12_add_CSPName_asc(bag, PC_PFX_SCHANNEL_PROVIDER, -1) == 1;

    set = set && PKCS12_add1_attr_by_NID(bag, NID_LocalKeySet, 0, NULL, -1) == 1;
    return set ? PC_OK : pc_fail_openssl(err, PC_E_CRYPTO, "the key's attributes cannot be set");
}

/** A PFX while it is built. */
typedef struct {
    const pc_pfx_plan *plan;
    const char *words; /* the password */
    int cipher;
    STACK_OF(PKCS7) *safes;
} building;

static pc_status add_certificates(building *state, pc_error *err)
{
    const pc_pfx_plan *plan = state->plan;
    PC_AUTO(bag_stack) STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *leaf = PKCS12_add_cert(&bags, plan->leaf);

    if (!leaf) {
        return cannot_build(err);
    }
    PC_TRY(mark(plan, leaf, err));
    for (int i = 0; i < sk_X509_num(plan->chain); i++) {
        if (!PKCS12_add_cert(&bags, sk_X509_value(plan->chain, i))) {
            return cannot_build(err);
        }
    }
    return PKCS12_add_safe(&state->safes, bags, state->cipher, (int)plan->rounds, state->words) == 1
               ? PC_OK
               : cannot_build(err);
}

static pc_status add_key(building *state, pc_error *err)
{
    const pc_pfx_plan *plan = state->plan;
    PC_AUTO(bag_stack) STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12_SAFEBAG *key = PKCS12_add_key(&bags, plan->key, plan->for_schannel ? KEY_EX : 0, (int)plan->rounds,
                                         state->cipher, state->words);

    if (!key) {
        return cannot_build(err);
    }
    PC_TRY(mark_for_windows(plan, key, err));
    PC_TRY(mark(plan, key, err));
    return PKCS12_add_safe(&state->safes, bags, -1, 0, NULL) == 1 ? PC_OK : cannot_build(err);
}

static pc_status build(building *state, PKCS12 **ret_pfx, pc_error *err)
{
    const pc_pfx_plan *plan = state->plan;

    PC_TRY(add_certificates(state, err));
    PC_TRY(add_key(state, err));
    PC_AUTO(PKCS12) PKCS12 *pfx = PKCS12_add_safes(state->safes, 0);

    if (!pfx || PKCS12_set_mac(pfx, state->words, -1, NULL, 0, (int)plan->rounds,
                               plan->legacy ? EVP_sha1() : EVP_sha256()) != 1) {
        return cannot_build(err);
    }
    *ret_pfx = PC_TAKE(pfx);
    return PC_OK;
}

pc_status pc_pfx_write(const pc_pfx_plan *plan, pc_arena *arena, pc_bytes *ret_bytes, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *password = NULL;
    PC_AUTO(PKCS12) PKCS12 *pfx = NULL;

    PC_TRY(end_password(plan->password, &password, err));
    building state = {
        .plan = plan,
        .words = (const char *)pc_secret_bytes(password),
        .cipher = plan->legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc,
    };
    pc_status status = build(&state, &pfx, err);

    sk_PKCS7_pop_free(state.safes, PKCS7_free);
    PC_TRY(status);
    return encode(pfx, arena, ret_bytes, err);
}
