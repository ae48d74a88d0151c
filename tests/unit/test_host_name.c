/* SPDX-License-Identifier: Apache-2.0 */
#include "base/host_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *text;
    bool is_strict;
    bool is_windows;
} rows[] = {
    { "a", true, true },
    { "srv1.example.com", true, true },
    { "a-b.c", true, true },
    { "1.2", true, true },
    { "srv_1.example.com", false, true },
    { "_a", false, true },
    { "", false, false },
    { ".", false, false },
    { ".a", false, false },
    { "a.", false, false },
    { "a..b", false, false },
    { "-a.b", false, false },
    { "a-.b", false, false },
    { "a.-", false, false },
    { "a b", false, false },
    { "a/b", false, false },
    { "../x", false, false },
    { "*.a", false, false },
    { "\xc3\xa4.de", false, false },
    { LABEL_63, true, true },
    { LABEL_63 "a", false, false },
    { NAME_253, true, true },
    { NAME_253 "a", false, false },
};

static void host_name_is_distinguished_from_other_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        print_message("  %s\n", rows[i].text);
        assert_int_equal(pc_is_host_name(rows[i].text, PC_HOST_NAME_STRICT), rows[i].is_strict);
        assert_int_equal(pc_is_host_name(rows[i].text, PC_HOST_NAME_WINDOWS), rows[i].is_windows);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_name_is_distinguished_from_other_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
