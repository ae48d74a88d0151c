/* SPDX-License-Identifier: Apache-2.0 */

/* The signer that uses a PKCS#11 provider of OpenSSL, installed on this machine: pkcs11-provider, or the provider that
 * libp11 comes with since 0.4.14. Like the engine it sees the token through the lens only, so that it never gets a PIN,
 * and cannot mistake another key with the same CKA_ID or label for ours. */
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <unistd.h>

#include "base/own_module.h"
#include "signer/kind.h"
#include "signer/lens/lens.h"
#include "signer/lens/view.h"
#include "signer/provider/settings.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

static void store_close(OSSL_STORE_CTX *store)
{
    (void)OSSL_STORE_close(store);
}

PC_AUTO_DEFINE(OSSL_STORE_CTX, OSSL_STORE_CTX, store_close);
PC_AUTO_DEFINE(OSSL_STORE_INFO, OSSL_STORE_INFO, OSSL_STORE_INFO_free);

/* Each key has a library context of its own, which is closed with it: a provider asks once what a token can do, and the
 * next key may be on another token. Whatever openssl.cnf has loaded stays separate. */
typedef struct {
    pc_provider_found found;
    OSSL_LIB_CTX *context;
    pc_lens_view *view;
} provider_state;

static void close_state(void *state)
{
    provider_state *closing = state;

    if (closing) {
        OSSL_LIB_CTX_free(closing->context);
        pc_lens_view_close(closing->view);
        free(closing);
    }
}

static void provider_state_free(provider_state *state)
{
    close_state(state);
}

PC_AUTO_DEFINE(provider_state, provider_state, provider_state_free);

static pc_status load_settings(const provider_state *state, pc_error *err)
{
    const pc_provider_found *found = &state->found;
    char lens_path[PC_OWN_MODULE_PATH_ROOM];
    char settings_path[64];
    int settings = -1;

    PC_TRY(pc_own_module_find(PC_LENS_FILE, lens_path, err));
    PC_TRY(pc_provider_write_settings(found, lens_path, &settings, settings_path, err));
    int loaded = OSSL_LIB_CTX_load_config(state->context, settings_path);

    (void)close(settings);
    if (loaded != 1 || OSSL_PROVIDER_available(state->context, found->product->section) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL cannot load %s from %s", found->product->name, found->file);
    }
    return PC_OK;
}

static pc_status start_provider(provider_state **ret_state, pc_error *err)
{
    PC_AUTO(provider_state) provider_state *state = calloc(1, sizeof *state);

    if (!state || !(state->context = OSSL_LIB_CTX_new())) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_provider_find(&state->found, err));
    PC_TRY(load_settings(state, err));
    *ret_state = PC_TAKE(state);
    return PC_OK;
}

static pc_status load(pc_error *err)
{
    PC_AUTO(provider_state) provider_state *state = NULL;

    return start_provider(&state, err);
}

/* The store returns what matches the URI, of which there is one key. */
static EVP_PKEY *first_private_key(OSSL_STORE_CTX *store)
{
    EVP_PKEY *key = NULL;

    while (!key && OSSL_STORE_eof(store) != 1) {
        PC_AUTO(OSSL_STORE_INFO) OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
            key = OSSL_STORE_INFO_get1_PKEY(info);
        } else if (!info && OSSL_STORE_error(store)) {
            break;
        }
    }
    return key;
}

static pc_status load_private_key(const provider_state *state, const char *uri, const char *label, EVP_PKEY **ret_key,
                                  pc_error *err)
{
    const pc_provider_product *product = state->found.product;
    PC_AUTO(OSSL_STORE_CTX)
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, state->context, product->property, NULL, NULL, NULL, NULL, NULL);
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = store ? first_private_key(store) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "%s cannot load the key \"%s\"", product->name, label);
    }
    if (pc_lens_call_count() == 0) {
        return pc_fail(err, PC_E_INTERNAL, "%s loaded a key without using the lens", product->name);
    }
    ERR_clear_error(); /* some releases leave error entries from earlier attempts */
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

static pc_status open_key(const pc_signer_order *order, void **ret_state, EVP_PKEY **ret_private, pc_error *err)
{
    char uri[64];
    PC_AUTO(provider_state) provider_state *state = NULL;

    PC_TRY(start_provider(&state, err));
    PC_TRY(pc_lens_view_open(order, uri, &state->view, err));
    PC_TRY(load_private_key(state, uri, order->key->label, ret_private, err));
    *ret_state = PC_TAKE(state);
    return PC_OK;
}

static bool supports(unsigned long key_type)
{
    return key_type == CKK_RSA || key_type == CKK_EC;
}

static pc_status list_parts(pc_arena *arena, pc_signer_parts *ret_parts, pc_error *err)
{
    char lens_path[PC_OWN_MODULE_PATH_ROOM];
    PC_AUTO(provider_state) provider_state *state = NULL;

    PC_TRY(pc_own_module_find(PC_LENS_FILE, lens_path, err));
    PC_TRY(start_provider(&state, err));
    const pc_signer_parts parts = {
        .items = { { "provider", pc_arena_format(arena, "%s, %s", state->found.product->name, state->found.file) },
                   { "lens", pc_arena_string(arena, lens_path) } },
        .count = 2,
    };

    *ret_parts = parts;
    return parts.items[0].found && parts.items[1].found ? PC_OK : pc_fail_memory(err);
}

const pc_signer_kind pc_signer_provider = {
    .name = "provider",
    .signs = "RSA and EC keys",
    .one_at_a_time = true,
    .supports = supports,
    .load = load,
    .list_parts = list_parts,
    .open = open_key,
    .close = close_state,
    .refusal = pc_lens_refusal,
};
