/* SPDX-License-Identifier: Apache-2.0 */

/* The signer that uses libp11's engine. The only file that uses OpenSSL's ENGINE API, which is deprecated in 3.0 and
 * removed in 4.0. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <dlfcn.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include "signer/engine/lens.h"
#include "pair/public_key.h"
#include "signer/kind.h"
#include "signer/token_sign.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

#define ENGINE_FILE P11CERT_ENGINES_DIR "/pkcs11.so"
#define LENS_FILE   "p11cert/p11cert-lens.so"

static void engine_release(ENGINE *engine)
{
    (void)ENGINE_free(engine);
}

PC_AUTO_DEFINE(ENGINE, ENGINE, engine_release);

/* The engine stays loaded for the life of the process: 0.4.12 cannot be loaded again after it was released. The lens is
 * refocused instead. The engine only uses the lens, so it keeps nothing open. */
static ENGINE *the_engine;

/* The key as the lens shows it: its public half in the form that PKCS#11 specifies. */
typedef struct {
    pc_key shown;
    pc_arena *arena; /* for `shown` */
} engine_state;

static void close_state(void *state)
{
    engine_state *closing = state;

    if (closing) {
        pc_lens_close();
        pc_arena_free(closing->arena);
        free(closing);
    }
}

static void engine_state_free(engine_state *state)
{
    close_state(state);
}

PC_AUTO_DEFINE(engine_state, engine_state, engine_state_free);

/* The lens is in a folder next to libp11cert, wherever that was loaded from. */
static pc_status find_lens(char path[static 4096], pc_error *err)
{
    Dl_info info;
    const char *folder_end = NULL;

    if (dladdr((void *)(uintptr_t)pc_lens_function_list, &info) != 0 && info.dli_fname) {
        folder_end = strrchr(info.dli_fname, '/');
    }
    int len =
        folder_end ? snprintf(path, 4096, "%.*s/" LENS_FILE, (int)(folder_end - info.dli_fname), info.dli_fname) : -1;

    if (len < 0 || len >= 4096 || access(path, R_OK) != 0) {
        (void)pc_fail(err, PC_E_CRYPTO, "the module " LENS_FILE " was not found next to libp11cert");
        return pc_hint(err, PC_E_CRYPTO, "install p11cert completely: cmake --install build");
    }
    return PC_OK;
}

/* 0.4.12 can only be loaded once per process, and openssl.cnf may already have loaded it for another module. It is only
 * used when this program requests a key, so pointing it at the lens instead does no harm. */
static ENGINE *find_configured_engine(void)
{
    ENGINE *engine = ENGINE_get_first();

    while (engine && strcmp(ENGINE_get_id(engine), "pkcs11") != 0) {
        engine = ENGINE_get_next(engine); /* releases the one before */
    }
    return engine;
}

/* By its full path, regardless of the environment's engine settings, and never as a default: that would break modules
 * that use OpenSSL themselves (tpm2-pkcs11). */
static pc_status load_engine(ENGINE **ret_engine, pc_error *err)
{
    PC_AUTO(ENGINE) ENGINE *engine = find_configured_engine();

    if (!engine) {
        ENGINE_load_dynamic();
        engine = ENGINE_by_id("dynamic");
        if (!engine || ENGINE_ctrl_cmd_string(engine, "SO_PATH", ENGINE_FILE, 0) != 1 ||
            ENGINE_ctrl_cmd_string(engine, "ID", "pkcs11", 0) != 1 ||
            ENGINE_ctrl_cmd_string(engine, "LIST_ADD", "0", 0) != 1 ||
            ENGINE_ctrl_cmd_string(engine, "LOAD", NULL, 0) != 1) {
            (void)pc_fail_openssl(err, PC_E_CRYPTO, "libp11's engine cannot be loaded from " ENGINE_FILE);
            return pc_hint(err, PC_E_CRYPTO, "install it: apt-get install libengine-pkcs11-openssl");
        }
    }
    *ret_engine = PC_TAKE(engine);
    return PC_OK;
}

static pc_status start_engine(pc_error *err)
{
    char lens_path[4096];
    PC_AUTO(ENGINE) ENGINE *engine = NULL;

    if (the_engine) {
        return PC_OK;
    }
    PC_TRY(find_lens(lens_path, err));
    PC_TRY(load_engine(&engine, err));
    if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", lens_path, 0) != 1 || ENGINE_init(engine) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "libp11's engine cannot be initialised with \"%s\"", lens_path);
    }
    the_engine = PC_TAKE(engine);
    return PC_OK;
}

static pc_status load_private_key(const char *uri, const char *label, EVP_PKEY **ret_key, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = ENGINE_load_private_key(the_engine, uri, NULL, NULL);

    if (!key) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "libp11's engine cannot load the key \"%s\"", label);
    }
    if (pc_lens_call_count() == 0) {
        return pc_fail(err, PC_E_INTERNAL, "libp11's engine loaded a key without using the lens");
    }
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

/* Modules return EC points with and without their OCTET STRING header; the engine gets OpenSSL's form. */
static pc_status describe_shown(const pc_signer_order *order, engine_state *state, pc_error *err)
{
    state->arena = pc_arena_new();
    if (!state->arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_attributes(order->public_key, state->arena, &state->shown.half, err));
    state->shown.handle = order->key->handle;
    memcpy(state->shown.flags, order->key->flags, sizeof state->shown.flags);
    return PC_OK;
}

static pc_status open_key(const pc_signer_order *order, void **ret_state, EVP_PKEY **ret_private, pc_error *err)
{
    char uri[64];
    PC_AUTO(engine_state) engine_state *state = calloc(1, sizeof *state);

    if (!state) {
        return pc_fail_memory(err);
    }
    PC_TRY(describe_shown(order, state, err));
    pc_lens_focus(order->token, &state->shown, pc_raw_signature_len(order->public_key), uri);
    PC_TRY(start_engine(err));
    PC_TRY(load_private_key(uri, order->key->label, ret_private, err));
    *ret_state = PC_TAKE(state);
    return PC_OK;
}

static CK_RV last_refusal(const void *state, const char **ret_function)
{
    (void)state;
    *ret_function = pc_lens_last_function();
    return pc_lens_last_rv();
}

static bool supports(unsigned long key_type)
{
    return key_type == CKK_RSA || key_type == CKK_EC;
}

static pc_status list_parts(pc_arena *arena, pc_signer_parts *ret_parts, pc_error *err)
{
    char lens_path[4096];

    PC_TRY(find_lens(lens_path, err));
    PC_TRY(start_engine(err));
    const pc_signer_parts parts = {
        .items = { { "engine", pc_arena_format(arena, "%s, " ENGINE_FILE, ENGINE_get_name(the_engine)) },
                   { "lens", pc_arena_string(arena, lens_path) } },
        .count = 2,
    };

    *ret_parts = parts;
    return parts.items[0].found && parts.items[1].found ? PC_OK : pc_fail_memory(err);
}

const pc_signer_kind pc_signer_engine = {
    .name = "engine",
    .signs = "RSA and EC keys",
    .one_at_a_time = true,
    .supports = supports,
    .load = start_engine,
    .list_parts = list_parts,
    .open = open_key,
    .close = close_state,
    .refusal = last_refusal,
};
