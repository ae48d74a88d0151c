/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/conf.h>

#include "base/cleanup.h"
#include "signer/provider/settings.h"

/* What OpenSSL reads in the configuration that makes a provider use the lens. */

static const struct {
    const char *file; /* in OpenSSL's folder of modules */
    const char *section;
    const char *module;
    const char *debug_level; /* NULL: not set */
} rows[] = {
    { "pkcs11.so", "pkcs11", "pkcs11-module-path", NULL },
    { "pkcs11prov.so", "pkcs11prov", "pkcs11_module", "0" },
};

/* A folder of modules with this one file. */
static void make_folder(const char *file, char folder[static 64])
{
    char path[128];

    (void)strcpy(folder, "/tmp/p11cert-settings.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *made = fopen(path, "w");

    assert_non_null(made);
    assert_int_equal(fclose(made), 0);
    assert_int_equal(setenv("OPENSSL_MODULES", folder, 1), 0);
}

static void remove_folder(const char *file, const char *folder)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void expect_setting(const CONF *conf, const char *section, const char *name, const char *value)
{
    const char *found = NCONF_get_string(conf, section, name);

    if (value) {
        assert_non_null(found);
        assert_string_equal(found, value);
    } else {
        assert_null(found);
    }
}

static void each_provider_uses_the_lens_and_prints_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_provider_found found;
        char folder[64];
        char path[64];
        int file = -1;
        CONF *conf = NCONF_new(NULL);

        make_folder(rows[i].file, folder);
        assert_int_equal(pc_provider_find(&found, NULL), PC_OK);
        assert_string_equal(found.product->section, rows[i].section);
        assert_int_equal(pc_provider_write_settings(&found, "/lib/a $lens.so", &file, path, NULL), PC_OK);
        assert_int_equal(NCONF_load(conf, path, NULL), 1);
        expect_setting(conf, "providers", rows[i].section, "pkcs11_section");
        expect_setting(conf, "pkcs11_section", "module", found.file);
        expect_setting(conf, "pkcs11_section", rows[i].module, "/lib/a $lens.so");
        expect_setting(conf, "pkcs11_section", "debug_level", rows[i].debug_level);
        expect_setting(conf, "pkcs11_section", "activate", "1");
        NCONF_free(conf);
        (void)close(file);
        remove_folder(rows[i].file, folder);
    }
}

static void a_folder_without_a_provider_is_named(void **state)
{
    pc_provider_found found;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(setenv("OPENSSL_MODULES", "/nonexistent", 1), 0);
    assert_int_equal(pc_provider_find(&found, &err), PC_E_CRYPTO);
    assert_non_null(strstr(err.frames[0], "\"/nonexistent\" contains no PKCS#11 provider"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_provider_uses_the_lens_and_prints_nothing),
        cmocka_unit_test(a_folder_without_a_provider_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
