/* SPDX-License-Identifier: Apache-2.0 */

/* The signer that requires only OpenSSL: a provider (provider(7)) that is part of this library and turns OpenSSL's
 * signatures into C_SignInit and C_Sign. */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "signer/kind.h"
#include "signer/native/dispatch.h"
#include "signer/native/key.h"
#include "signer/native/signature.h"
#include "signer/token_sign.h"
#include "token/ml_dsa.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

#define PROVIDER   "p11cert-native"
#define PROPERTIES "provider=" PROVIDER

/* --- the provider --- */

/* The names are those of OpenSSL's own keys (OSSL_PROVIDER-default(7)). */
static const OSSL_ALGORITHM managements[] = {
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, pc_native_rsa_management, NULL },
    { "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTIES, pc_native_ec_management, NULL },
    { "ED25519:1.3.101.112", PROPERTIES, pc_native_ed25519_management, NULL },
    { "ML-DSA-44:2.16.840.1.101.3.4.3.17", PROPERTIES, pc_native_ml_dsa_management, NULL },
    { "ML-DSA-65:2.16.840.1.101.3.4.3.18", PROPERTIES, pc_native_ml_dsa_management, NULL },
    { "ML-DSA-87:2.16.840.1.101.3.4.3.19", PROPERTIES, pc_native_ml_dsa_management, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", PROPERTIES, pc_native_rsa_signature, NULL },
    { "ECDSA", PROPERTIES, pc_native_ecdsa_signature, NULL },
    { "ED25519:1.3.101.112", PROPERTIES, pc_native_message_signature, NULL },
    { "ML-DSA-44:2.16.840.1.101.3.4.3.17", PROPERTIES, pc_native_message_signature, NULL },
    { "ML-DSA-65:2.16.840.1.101.3.4.3.18", PROPERTIES, pc_native_message_signature, NULL },
    { "ML-DSA-87:2.16.840.1.101.3.4.3.19", PROPERTIES, pc_native_message_signature, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? managements : operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static const OSSL_DISPATCH dispatch[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, PC_DISPATCH(query) },
    { 0, NULL },
};

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **ret_dispatch,
                         void **ret_context)
{
    union {
        const OSSL_CORE_HANDLE *given;
        void *pointer;
    } context = { .given = handle };

    (void)core;
    *ret_dispatch = dispatch;
    *ret_context = context.pointer; /* must not be NULL; unused */
    return 1;
}

/* --- a library context of its own --- */

/* Each signer has one: nothing is shared between signers, nor with other users of OpenSSL in the process. */
typedef struct {
    OSSL_LIB_CTX *context;
    OSSL_PROVIDER *own;
    OSSL_PROVIDER *standard; /* encodes the public half */
    pc_native_key key;
} native_state;

static void close_state(void *state)
{
    native_state *closing = state;

    if (closing) {
        (void)(closing->own && OSSL_PROVIDER_unload(closing->own));
        (void)(closing->standard && OSSL_PROVIDER_unload(closing->standard));
        OSSL_LIB_CTX_free(closing->context);
        EVP_PKEY_free(closing->key.public_key);
        free(closing);
    }
}

static void native_state_free(native_state *state)
{
    close_state(state);
}

PC_AUTO_DEFINE(native_state, native_state, native_state_free);

static pc_status open_context(native_state **ret_state, pc_error *err)
{
    PC_AUTO(native_state) native_state *state = calloc(1, sizeof *state);

    if (!state || !(state->context = OSSL_LIB_CTX_new())) {
        return pc_fail_memory(err);
    }
    if (OSSL_PROVIDER_add_builtin(state->context, PROVIDER, provider_init) != 1 ||
        !(state->own = OSSL_PROVIDER_load(state->context, PROVIDER)) ||
        !(state->standard = OSSL_PROVIDER_load(state->context, "default"))) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL cannot start p11cert's own provider");
    }
    *ret_state = PC_TAKE(state);
    return PC_OK;
}

static pc_status import_key(native_state *state, const char *label, EVP_PKEY **ret_private, pc_error *err)
{
    pc_native_key *key = &state->key;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(PC_NATIVE_PARAM_KEY, &key, sizeof key),
        OSSL_PARAM_END,
    };
    PC_AUTO(EVP_PKEY_CTX)
    EVP_PKEY_CTX *context =
        EVP_PKEY_CTX_new_from_name(state->context, EVP_PKEY_get0_type_name(key->public_key), PROPERTIES);
    union {
        const OSSL_PARAM *given;
        OSSL_PARAM *pointer;
    } unqualified = { .given = params };

    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, ret_private, EVP_PKEY_KEYPAIR, unqualified.pointer) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "OpenSSL does not accept the key \"%s\"", label);
    }
    return PC_OK;
}

static pc_status open_key(const pc_signer_order *order, void **ret_state, EVP_PKEY **ret_private, pc_error *err)
{
    PC_AUTO(native_state) native_state *state = NULL;

    PC_TRY(open_context(&state, err));
    if (EVP_PKEY_up_ref(order->public_key) != 1) {
        return pc_fail_memory(err);
    }
    state->key = (pc_native_key){
        .token = order->token,
        .handle = order->key->handle,
        .key_type = order->key->half.key_type,
        .needs_login = pc_key_needs_login(order->key),
        .public_key = order->public_key,
        .last_rv = CKR_OK,
        .last_function = "",
    };
    PC_TRY(import_key(state, order->key->label, ret_private, err));
    *ret_state = PC_TAKE(state);
    return PC_OK;
}

static CK_RV last_refusal(const void *state, const char **ret_function)
{
    const native_state *asked = state;

    *ret_function = asked->key.last_function;
    return asked->key.last_rv;
}

static bool supports(unsigned long key_type)
{
    return key_type == CKK_RSA || key_type == CKK_EC || key_type == CKK_EC_EDWARDS || key_type == CKK_ML_DSA;
}

static pc_status load(pc_error *err)
{
    PC_AUTO(native_state) native_state *state = NULL;

    return open_context(&state, err);
}

#define KEYS "RSA, EC, Ed25519 and (with OpenSSL 3.5 or later) ML-DSA keys"

static pc_status list_parts(pc_arena *arena, pc_signer_parts *ret_parts, pc_error *err)
{
    (void)arena;
    PC_TRY(load(err));
    *ret_parts = (pc_signer_parts){ .items = { { "native", "part of p11cert, signs with " KEYS } }, .count = 1 };
    return PC_OK;
}

const pc_signer_kind pc_signer_native = {
    .name = "native",
    .signs = KEYS,
    .supports = supports,
    .load = load,
    .list_parts = list_parts,
    .open = open_key,
    .close = close_state,
    .refusal = last_refusal,
};
