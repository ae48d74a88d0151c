/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/provider/settings.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* In the order of preference. Sources: provider-pkcs11(7) of pkcs11-provider, README.md of libp11. */
static const pc_provider_product products[] = {
    { .name = "pkcs11-provider",
      .section = "pkcs11",
      .property = "provider=pkcs11",
      .module = "pkcs11-module-path",
      .others = "",
      .base = "pkcs11.so" },
    { .name = "libp11's provider",
      .section = "pkcs11prov",
      .property = "provider=pkcs11prov",
      .module = "pkcs11_module",
      .others = "debug_level = 0\n", /* else it writes what it finds to stderr */
      .base = "pkcs11prov.so" },
};

/* Each of the two providers reads one of these variables before its configuration. */
static pc_status check_environment(pc_error *err)
{
    static const char *const names[] = { "PKCS11_PROVIDER_MODULE", "PKCS11_MODULE_PATH" };

    for (size_t i = 0; i < PC_COUNT(names); i++) {
        if (getenv(names[i])) {
            (void)pc_fail(err, PC_E_CRYPTO,
                          "%s is set in the environment and would make OpenSSL's provider bypass p11cert", names[i]);
            return pc_hint(err, PC_E_CRYPTO, "unset %s, and name the module in P11CERT_MODULE", names[i]);
        }
    }
    return PC_OK;
}

pc_status pc_provider_find(pc_provider_found *ret_found, pc_error *err)
{
    const char *named = secure_getenv("OPENSSL_MODULES");
    const char *folder = named ? named : OPENSSL_info(OPENSSL_INFO_MODULES_DIR);

    PC_TRY(check_environment(err));
    for (size_t i = 0; i < PC_COUNT(products); i++) {
        int len = snprintf(ret_found->file, sizeof ret_found->file, "%s/%s", folder, products[i].base);

        if (len > 0 && (size_t)len < sizeof ret_found->file && access(ret_found->file, R_OK) == 0) {
            ret_found->product = &products[i];
            return PC_OK;
        }
    }
    (void)pc_fail(err, PC_E_CRYPTO,
                  "OpenSSL's folder of modules \"%s\" contains no PKCS#11 provider (pkcs11.so, pkcs11prov.so)", folder);
    return pc_hint(err, PC_E_CRYPTO, "install pkcs11-provider, which Debian includes from release 13");
}

/* --- the configuration --- */

/* A value as written in a configuration file, with special characters escaped. */
static const char *escape(pc_arena *arena, const char *value)
{
    char *escaped = pc_arena_alloc(arena, 2 * strlen(value) + 1);

    for (char *out = escaped; escaped && *value; value++) {
        if (strchr("\\$#\"'`", *value)) {
            *out++ = '\\';
        }
        *out++ = *value;
    }
    return escaped;
}

static const char *format_settings(pc_arena *arena, const pc_provider_found *found, const char *lens_path)
{
    const pc_provider_product *product = found->product;
    const char *file = escape(arena, found->file);
    const char *lens = escape(arena, lens_path);

    return !file || !lens
               ? NULL
               : pc_arena_format(arena,
                                 "openssl_conf = main\n[main]\nproviders = providers\n"
                                 "[providers]\ndefault = default_section\n%s = pkcs11_section\n"
                                 "[default_section]\nactivate = 1\n"
                                 "[pkcs11_section]\nidentity = %s\nmodule = %s\n%s = %s\n%sactivate = 1\n",
                                 product->section, product->section, file, product->module, lens, product->others);
}

pc_status pc_provider_write_settings(const pc_provider_found *found, const char *lens_path, int *ret_file,
                                     char ret_path[static 64], pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *text = arena ? format_settings(arena, found, lens_path) : NULL;

    if (!text) {
        return pc_fail_memory(err);
    }
    int file = memfd_create("p11cert-provider.cnf", MFD_CLOEXEC);

    if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text)) {
        int problem = errno;

        (void)(file >= 0 && close(file));
        return pc_fail_errno(err, PC_E_IO, problem, "the configuration of OpenSSL's provider cannot be written");
    }
    (void)snprintf(ret_path, 64, "/proc/self/fd/%d", file);
    *ret_file = file;
    return PC_OK;
}
