/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/safe.h"

#include <openssl/err.h>
#include <string.h>

#include "base/bytes.h"
#include "x509/openssl_error.h"
#include "x509/pfx/read.h"

#define MAX_SAFES 64
#define MAX_BAGS  1000u
#define MAX_DEPTH 8u

static inline void pkcs7_stack_free(STACK_OF(PKCS7) *stack)
{
    sk_PKCS7_pop_free(stack, PKCS7_free);
}
PC_AUTO_DEFINE(PKCS7_stack, STACK_OF(PKCS7), pkcs7_stack_free);
PC_AUTO_DEFINE(PKCS12, PKCS12, PKCS12_free);

void pc_pfx_safe_clear(pc_pfx_safe *safe)
{
    for (size_t i = 0; i < safe->safe_count; i++) {
        sk_PKCS12_SAFEBAG_pop_free(safe->safes[i], PKCS12_SAFEBAG_free);
    }
    for (size_t i = 0; i < PC_COUNT(safe->providers); i++) {
        if (safe->providers[i]) {
            (void)OSSL_PROVIDER_unload(safe->providers[i]);
        }
    }
    OSSL_LIB_CTX_free(safe->legacy);
    *safe = (pc_pfx_safe){ .arena = NULL };
}

static pc_status damaged(const pc_pfx_safe *safe, const char *what, pc_error *err)
{
    return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is damaged, or not a PFX: %s", safe->file, what);
}

static pc_status wrong_password(const pc_pfx_safe *safe, pc_error *err)
{
    ERR_clear_error();
    if (!safe->password_len) {
        return pc_fail(err, PC_E_AUTH, "\"%s\" requires a password", safe->file);
    }
    (void)pc_fail(err, PC_E_AUTH, "the password for \"%s\" is wrong, or the file was changed", safe->file);
    return pc_hint(err, PC_E_AUTH, "one attempt was made; check the source in `password_source`");
}

static pc_status add_words(pc_pfx_safe *safe, const char *words, pc_error *err)
{
    if (safe->protection && strstr(safe->protection, words)) {
        return PC_OK;
    }
    safe->protection = safe->protection ? pc_arena_format(safe->arena, "%s; %s", safe->protection, words) : words;
    return safe->protection ? PC_OK : pc_fail_memory(err);
}

static bool mac_fits(PKCS12 *pfx, const char *password, int len)
{
    return PKCS12_verify_mac(pfx, password, len) == 1;
}

/* PKCS#12 distinguishes no password from an empty one (its appendix B.1 ends a password with two zero bytes); users do
 * not. */
static pc_status check_mac(pc_pfx_safe *safe, PKCS12 *pfx, pc_error *err)
{
    pc_pfx_protection protection;
    bool empty = safe->password_len == 0;

    if (PKCS12_mac_present(pfx) != 1) {
        return add_words(safe, "no MAC", err);
    }
    PC_TRY(pc_pfx_protection_of_mac(pfx, safe->file, safe->arena, &protection, err));
    PC_TRY(pc_pfx_spend(&safe->rounds_left, protection.rounds, safe->file, err));
    PC_TRY(pc_pfx_spend(&safe->rounds_left, empty ? protection.rounds : 0, safe->file, err));
    safe->has_mac = true;
    safe->suites |= protection.suite;
    PC_TRY(add_words(safe, protection.words, err));
    if (mac_fits(pfx, safe->password, safe->password_len)) {
        return PC_OK;
    }
    if (empty && mac_fits(pfx, NULL, 0)) {
        safe->password = NULL;
        return PC_OK;
    }
    return wrong_password(safe, err);
}

static pc_status load_legacy(pc_pfx_safe *safe, pc_error *err)
{
    if (safe->legacy) {
        return PC_OK;
    }
    safe->legacy = OSSL_LIB_CTX_new();
    if (!safe->legacy) {
        return pc_fail_memory(err);
    }
    safe->providers[0] = OSSL_PROVIDER_load(safe->legacy, "default");
    safe->providers[1] = OSSL_PROVIDER_load(safe->legacy, "legacy");
    if (safe->providers[0] && safe->providers[1]) {
        return PC_OK;
    }
    (void)pc_fail_openssl(err, PC_E_CRYPTO,
                          "\"%s\" is encrypted with an outdated cipher, and OpenSSL's legacy provider, which "
                          "implements it, cannot be loaded",
                          safe->file);
    return pc_hint(err, PC_E_CRYPTO,
                   "install it (legacy.so among OpenSSL's modules), or have the file exported again with "
                   "AES-256 or TripleDES");
}

/* The cost of decryption is determined and deducted before any key is derived. */
static pc_status prepare(pc_pfx_safe *safe, const X509_ALGOR *algorithm, bool is_key, pc_error *err)
{
    pc_pfx_protection protection;

    PC_TRY(pc_pfx_protection_of(algorithm, safe->file, safe->arena, &protection, err));
    PC_TRY(pc_pfx_spend(&safe->rounds_left, protection.rounds, safe->file, err));
    PC_TRY(pc_pfx_spend(&safe->rounds_left, safe->password_len ? 0 : protection.rounds, safe->file, err));
    PC_TRY(add_words(safe, protection.words, err));
    safe->suites |= is_key && protection.suite == PC_PFX_OLD_CERTIFICATES ? PC_PFX_OTHER : protection.suite;
    return protection.needs_legacy ? load_legacy(safe, err) : PC_OK;
}

/* Programs differ in which form an empty password has, and some use one for the MAC and the other for the parts. */
static bool has_other_form(pc_pfx_safe *safe)
{
    if (safe->password_len) {
        return false;
    }
    ERR_clear_error();
    safe->password = safe->password ? NULL : "";
    return true;
}

/* If the MAC was valid, the password is right. */
static pc_status cannot_decrypt(const pc_pfx_safe *safe, pc_error *err)
{
    return safe->has_mac ? damaged(safe, "a part of it cannot be decrypted", err) : wrong_password(safe, err);
}

static pc_status decrypt_safe(pc_pfx_safe *safe, const PKCS7 *content, STACK_OF(PKCS12_SAFEBAG) **ret_bags,
                              pc_error *err)
{
    const PKCS7_ENC_CONTENT *inner = content->d.encrypted ? content->d.encrypted->enc_data : NULL;

    if (!inner || !inner->algorithm || !inner->enc_data) {
        return damaged(safe, "an encrypted part is empty", err);
    }
    PC_TRY(prepare(safe, inner->algorithm, false, err));
    for (int form = 0; !*ret_bags && (form == 0 || (form == 1 && has_other_form(safe))); form++) {
        *ret_bags = PKCS12_item_decrypt_d2i_ex(inner->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), safe->password,
                                               safe->password_len, inner->enc_data, 1, safe->legacy, NULL);
    }
    return *ret_bags ? PC_OK : cannot_decrypt(safe, err);
}

static pc_status unpack(pc_pfx_safe *safe, PKCS7 *content, STACK_OF(PKCS12_SAFEBAG) **ret_bags, pc_error *err)
{
    switch (OBJ_obj2nid(content->type)) {
    case NID_pkcs7_data:
        *ret_bags = PKCS12_unpack_p7data(content);
        return *ret_bags ? PC_OK : damaged(safe, "a part of it cannot be read", err);
    case NID_pkcs7_encrypted:
        return decrypt_safe(safe, content, ret_bags, err);
    case NID_pkcs7_enveloped:
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is encrypted for a certificate or a group of users, not with a password",
                      safe->file);
        return pc_hint(err, PC_E_INPUT,
                       "have it exported again with a password (certutil -p, or \"Password\" in the wizard)");
    default:
        return damaged(safe, "a part of it has an unexpected type", err);
    }
}

static pc_status flatten(pc_pfx_safe *safe, const STACK_OF(PKCS12_SAFEBAG) *bags, unsigned depth, pc_error *err)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);

        if (PKCS12_SAFEBAG_get_nid(bag) == NID_safeContentsBag) {
            if (depth + 1 >= MAX_DEPTH) {
                return pc_fail(err, PC_E_INPUT, "\"%s\" nests its parts more than %u deep", safe->file, MAX_DEPTH);
            }
            PC_TRY(flatten(safe, PKCS12_SAFEBAG_get0_safes(bag), depth + 1, err));
            continue;
        }
        const PKCS12_SAFEBAG **slot =
            safe->bag_count < MAX_BAGS ? PC_PUSH(safe->arena, safe->bags, safe->bag_count) : NULL;

        if (!slot) {
            return safe->bag_count < MAX_BAGS
                       ? pc_fail_memory(err)
                       : pc_fail(err, PC_E_INPUT, "\"%s\" has more than %u parts", safe->file, MAX_BAGS);
        }
        *slot = bag;
    }
    return PC_OK;
}

static pc_status open_contents(pc_pfx_safe *safe, const PKCS12 *pfx, pc_error *err)
{
    PC_AUTO(PKCS7_stack) STACK_OF(PKCS7) *contents = PKCS12_unpack_authsafes(pfx);

    if (!contents) {
        return damaged(safe, "its contents cannot be read", err);
    }
    if (sk_PKCS7_num(contents) > MAX_SAFES) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has %d safes; at most %d are read", safe->file, sk_PKCS7_num(contents),
                       MAX_SAFES);
    }
    for (int i = 0; i < sk_PKCS7_num(contents); i++) {
        STACK_OF(PKCS12_SAFEBAG) **slot = PC_PUSH(safe->arena, safe->safes, safe->safe_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(unpack(safe, sk_PKCS7_value(contents, i), slot, err));
        PC_TRY(flatten(safe, *slot, 0, err));
    }
    return PC_OK;
}

pc_status pc_pfx_safe_open(const pc_file_bytes *file, pc_secret *password, pc_arena *arena, pc_pfx_safe *ret_safe,
                           pc_error *err)
{
    const pc_bytes bytes = file->bytes;
    const unsigned char *cursor = bytes.data;

    *ret_safe = (pc_pfx_safe){
        .arena = arena,
        .file = file->name,
        .password = password ? (const char *)pc_secret_bytes(password) : "",
        .password_len = password ? (int)pc_secret_len(password) : 0,
        .rounds_left = PC_PFX_MAX_ROUNDS,
    };
    if (bytes.len > PC_PFX_MAX_SIZE) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has %zu bytes; the limit for a PFX is %zu", file->name, bytes.len,
                       PC_PFX_MAX_SIZE);
    }
    PC_AUTO(PKCS12) PKCS12 *pfx = d2i_PKCS12(NULL, &cursor, (long)bytes.len);

    if (!pfx) {
        ERR_clear_error(); /* its reasons would be misleading */
        return pc_fail(err, PC_E_INPUT, "\"%s\" is damaged, or not a PFX: it is truncated, or not the DER of a PFX",
                       file->name);
    }
    if (!pc_bytes_end_at(bytes, cursor)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains more data after the end of the PFX", file->name);
    }
    PC_TRY(check_mac(ret_safe, pfx, err));
    return open_contents(ret_safe, pfx, err);
}

pc_status pc_pfx_safe_key(pc_pfx_safe *safe, const PKCS12_SAFEBAG *bag, PKCS8_PRIV_KEY_INFO **ret_key, pc_error *err)
{
    if (PKCS12_SAFEBAG_get_nid(bag) == NID_keyBag) {
        *ret_key = ASN1_item_dup(ASN1_ITEM_rptr(PKCS8_PRIV_KEY_INFO), PKCS12_SAFEBAG_get0_p8inf(bag));
        return *ret_key ? PC_OK : damaged(safe, "its private key cannot be read", err);
    }
    const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
    const X509_ALGOR *algorithm = NULL;

    if (!shrouded) {
        return damaged(safe, "its private key cannot be read", err);
    }
    X509_SIG_get0(shrouded, &algorithm, NULL);
    PC_TRY(prepare(safe, algorithm, true, err));
    PKCS8_PRIV_KEY_INFO *key = NULL;

    for (int form = 0; !key && (form == 0 || (form == 1 && has_other_form(safe))); form++) {
        key = PKCS12_decrypt_skey_ex(bag, safe->password, safe->password_len, safe->legacy, NULL);
    }
    *ret_key = key;
    return *ret_key ? PC_OK : cannot_decrypt(safe, err);
}
