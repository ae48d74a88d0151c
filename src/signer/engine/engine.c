/* SPDX-License-Identifier: Apache-2.0 */

/* The only file that uses OpenSSL's ENGINE API, which is deprecated in 3.0 and removed in 4.0. Another signing backend
 * can be added behind signer.h. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include <dlfcn.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

#include "signer/engine/lens.h"
#include "pair/public_key.h"
#include "signer/signer.h"
#include "token/ckr.h"
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

struct pc_signer {
    EVP_PKEY *private_key;
    EVP_PKEY *public_key;
    pc_key shown;    /* the key as the lens shows it: its public half in the form that PKCS#11 specifies */
    pc_arena *arena; /* for `shown` */
};

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

static pc_status load_private_key(pc_signer *signer, const char *uri, const char *label, pc_error *err)
{
    signer->private_key = ENGINE_load_private_key(the_engine, uri, NULL, NULL);
    if (!signer->private_key) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "libp11's engine cannot load the key \"%s\"", label);
    }
    if (pc_lens_call_count() == 0) {
        return pc_fail(err, PC_E_INTERNAL, "libp11's engine loaded a key without using the lens");
    }
    return PC_OK;
}

/* Modules return EC points with and without their OCTET STRING header; the engine gets OpenSSL's form. */
static pc_status describe_shown(pc_signer *signer, const pc_key *key, pc_error *err)
{
    signer->arena = pc_arena_new();
    if (!signer->arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_attributes(signer->public_key, signer->arena, &signer->shown.half, err));
    signer->shown.handle = key->handle;
    memcpy(signer->shown.flags, key->flags, sizeof signer->shown.flags);
    return PC_OK;
}

/* C_Sign returns an ECDSA signature as two numbers of the field's length (PKCS#11 v2.40 section 2.3.1). */
static size_t raw_signature_len(const EVP_PKEY *key)
{
    size_t bytes = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;

    return EVP_PKEY_is_a(key, "RSA") ? bytes : bytes * 2;
}

pc_status pc_signer_open(const pc_token *token, const pc_key *key, pc_signer **ret_signer, pc_error *err)
{
    char uri[64];
    PC_AUTO(pc_signer) pc_signer *signer = calloc(1, sizeof *signer);

    if (!signer) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_of(key, &signer->public_key, err));
    PC_TRY(describe_shown(signer, key, err));
    pc_lens_focus(token, &signer->shown, raw_signature_len(signer->public_key), uri);
    PC_TRY(start_engine(err));
    PC_TRY(load_private_key(signer, uri, key->label, err));
    *ret_signer = PC_TAKE(signer);
    return PC_OK;
}

void pc_signer_close(pc_signer *signer)
{
    if (!signer) {
        return;
    }
    EVP_PKEY_free(signer->private_key);
    EVP_PKEY_free(signer->public_key);
    pc_lens_close();
    pc_arena_free(signer->arena);
    free(signer);
}

EVP_PKEY *pc_signer_private(const pc_signer *signer)
{
    return signer->private_key;
}

EVP_PKEY *pc_signer_public(const pc_signer *signer)
{
    return signer->public_key;
}

pc_status pc_signer_fail(pc_error *err)
{
    if (pc_lens_last_rv() != CKR_OK) {
        ERR_clear_error();
        return pc_fail_ckr(err, pc_lens_last_rv(), pc_lens_last_function());
    }
    return pc_fail_openssl(err, PC_E_CRYPTO, "the signature failed");
}

pc_status pc_engine_probe(char ret_engine[static 256], char ret_lens[static 4096], pc_error *err)
{
    PC_TRY(find_lens(ret_lens, err));
    PC_TRY(start_engine(err));
    (void)snprintf(ret_engine, 256, "%s, " ENGINE_FILE, ENGINE_get_name(the_engine));
    return PC_OK;
}

pc_status pc_engine_check(pc_error *err)
{
    return start_engine(err);
}
