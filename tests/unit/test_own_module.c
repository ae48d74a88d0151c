/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own_module.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/libxml2_calls.h"
#include "enroll/http/curl_calls.h"
#include "enroll/http/gssapi_calls.h"

static void library_is_loaded_when_it_is_needed(void **state)
{
    (void)state;
    assert_null(pc_libxml2());
    assert_null(pc_curl());
    assert_null(pc_gssapi());
    pc_libxml2_free_document(NULL);
    assert_int_equal(pc_libxml2_load(NULL), PC_OK);
    assert_int_equal(pc_curl_load(NULL), PC_OK);
    const pc_curl_calls *curl = pc_curl();

    assert_non_null(curl->version_info(CURLVERSION_NOW)->version);
    assert_int_equal(pc_curl_load(NULL), PC_OK);
    assert_ptr_equal(pc_curl(), curl);
}

/* Every place of a table must be filled: a call of one that is not would end the program. */
static void table_has_no_gaps(void **state)
{
    (void)state;
    assert_int_equal(pc_libxml2_load(NULL), PC_OK);
    assert_int_equal(pc_curl_load(NULL), PC_OK);
    assert_int_equal(pc_gssapi_load(NULL), PC_OK);
    const struct {
        const void *table;
        size_t size;
    } rows[] = {
        { pc_libxml2(), sizeof(pc_libxml2_calls) },
        { pc_curl(), sizeof(pc_curl_calls) },
        { pc_gssapi(), sizeof(pc_gssapi_calls) },
    };

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        void *const *entries = rows[i].table;

        for (size_t j = 0; j < rows[i].size / sizeof *entries; j++) {
            if (!entries[j]) {
                fail_msg("table %zu, entry %zu is empty", i, j);
            }
        }
    }
}

static const struct {
    const char *file;
    const char *function;
    size_t size;
    const char *version;
    const char *message;
    const char *hint;
} rows[] = {
    { "p11cert-nothing.so", PC_CURL_FUNCTION, sizeof(pc_curl_calls), P11CERT_VERSION,
      "p11cert-nothing.so was not found next to", "install p11cert completely" },
    { PC_CURL_MODULE, PC_CURL_FUNCTION, sizeof(pc_curl_calls) + 1, P11CERT_VERSION,
      "belongs to another version of p11cert", "run the command again" },
    { PC_CURL_MODULE, PC_LIBXML2_FUNCTION, sizeof(pc_libxml2_calls), P11CERT_VERSION,
      "belongs to another version of p11cert", "run the command again" },
    { PC_CURL_MODULE, PC_CURL_FUNCTION, sizeof(pc_curl_calls), "0.0.1", "belongs to another version of p11cert",
      "run the command again" },
};

static void module_that_cannot_serve_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_own_module module = {
            .file = rows[i].file, .function = rows[i].function, .table_size = rows[i].size, .version = rows[i].version
        };
        pc_error err = { .status = PC_OK };

        assert_int_equal(pc_own_module_open(&module, &err), PC_E_CRYPTO);
        assert_null(atomic_load(&module.table));
        assert_non_null(strstr(err.frames[0], rows[i].message));
        assert_non_null(strstr(err.hint, rows[i].hint));
    }
}

#define THREADS 8u

static void *load(void *user)
{
    return pc_own_module_open(user, NULL) == PC_OK ? user : NULL;
}

static void threads_may_open_it_together(void **state)
{
    pc_own_module module = { .file = PC_CURL_MODULE,
                             .function = PC_CURL_FUNCTION,
                             .table_size = sizeof(pc_curl_calls),
                             .version = P11CERT_VERSION };
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, load, &module), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *opened = NULL;

        assert_int_equal(pthread_join(threads[i], &opened), 0);
        assert_ptr_equal(opened, &module);
    }
    assert_non_null(atomic_load(&module.table));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_is_loaded_when_it_is_needed),
        cmocka_unit_test(table_has_no_gaps),
        cmocka_unit_test(module_that_cannot_serve_is_refused),
        cmocka_unit_test(threads_may_open_it_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
