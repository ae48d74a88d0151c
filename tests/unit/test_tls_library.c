/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "enroll/http/tls_library.h"

static const struct {
    const char *ssl_version; /* as in curl_version_info */
    unsigned major;
    bool is_ours;
} rows[] = {
    { "OpenSSL/3.0.19", 3, true },
    { "OpenSSL/3.5.9", 4, false },
    { "OpenSSL/4.0.3", 3, false },
    { "OpenSSL/30.0.1", 3, false },
    { "OpenSSL/1.1.1w", 3, false },
    { "OpenSSL/", 3, false },
    { "OpenSSL/3", 3, false },
    { "GnuTLS/3.7.9", 3, false },
    { "LibreSSL/3.8.2", 3, false },
    { "BoringSSL", 3, false },
    { "(GnuTLS/3.7.9) OpenSSL/3.0.19", 3, true },
    { "(OpenSSL/3.0.19) GnuTLS/3.7.9", 3, false },
    { "OpenSSL/3.0.19 (GnuTLS/3.7.9)", 3, true },
    { "", 3, false },
    { NULL, 3, false },
};

static void only_the_same_major_version_of_openssl_will_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].ssl_version ? rows[i].ssl_version : "(none)");
        assert_int_equal(rows[i].is_ours, pc_tls_library_is_openssl(rows[i].ssl_version, rows[i].major));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(only_the_same_major_version_of_openssl_will_do) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
