/* SPDX-License-Identifier: Apache-2.0 */

/* The signer that uses libp11's engine. The only file that uses OpenSSL's ENGINE API, which is deprecated in 3.0 and
 * removed in 4.0. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <string.h>

#include "base/own_module.h"
#include "signer/lens/lens.h"
#include "signer/lens/view.h"
#include "signer/kind.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"

#define ENGINE_FILE P11CERT_ENGINES_DIR "/pkcs11.so"

static void engine_release(ENGINE *engine)
{
    (void)ENGINE_free(engine);
}

PC_AUTO_DEFINE(ENGINE, ENGINE, engine_release);

/* The engine stays loaded for the life of the process: 0.4.12 cannot be loaded again after it was released. The lens is
 * refocused instead. The engine only uses the lens, so it keeps nothing open. */
static ENGINE *the_engine;

/* 0.4.12 can only be loaded once per process, and openssl.cnf may already have loaded it for another module. It is only
 * used when this program requests a key, so pointing it at the lens instead does no harm. */
static ENGINE *find_configured_engine(void)
{
    ENGINE *engine = ENGINE_get_first();

    while (engine && strcmp(ENGINE_get_id(engine), "pkcs11") != 0) {
        engine = ENGINE_get_next(engine); /* releases the previous one */
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
    char lens_path[PC_OWN_MODULE_PATH_ROOM];
    PC_AUTO(ENGINE) ENGINE *engine = NULL;

    if (the_engine) {
        return PC_OK;
    }
    PC_TRY(pc_own_module_find(PC_LENS_FILE, lens_path, err));
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

static pc_status open_key(const pc_signer_order *order, void **ret_state, EVP_PKEY **ret_private, pc_error *err)
{
    char uri[64];
    PC_AUTO(pc_lens_view) pc_lens_view *view = NULL;

    PC_TRY(pc_lens_view_open(order, uri, &view, err));
    PC_TRY(start_engine(err));
    PC_TRY(load_private_key(uri, order->key->label, ret_private, err));
    *ret_state = PC_TAKE(view);
    return PC_OK;
}

static bool supports(unsigned long key_type)
{
    return key_type == CKK_RSA || key_type == CKK_EC;
}

static pc_status list_parts(pc_arena *arena, pc_signer_parts *ret_parts, pc_error *err)
{
    char lens_path[PC_OWN_MODULE_PATH_ROOM];

    PC_TRY(pc_own_module_find(PC_LENS_FILE, lens_path, err));
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
    .raw_only = true,
    .supports = supports,
    .load = start_engine,
    .list_parts = list_parts,
    .open = open_key,
    .close = pc_lens_close_state,
    .refusal = pc_lens_refusal,
};
