/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/renew/hook.h"

static const pc_hook_variable told[] = {
    { "P11CERT_RENEWED_LABEL", "a 'quoted' \"label\" $(false)" },
    { NULL, NULL },
    { "KIT_WORDS", NULL },
};

static int exit_of(const char *command)
{
    pc_error err = { .status = PC_OK };
    int code = -2;

    assert_int_equal(PC_OK, pc_hook_run(command, told, PC_COUNT(told), &code, &err));
    return code;
}

static void its_exit_code_or_signal_is_reported(void **state)
{
    (void)state;
    assert_int_equal(0, exit_of("true"));
    assert_int_equal(3, exit_of("exit 3"));
    assert_int_equal(127, exit_of("/nonexistent/program 2>/dev/null"));
    assert_int_equal(128 + 15, exit_of("kill -15 $$"));
}

static void variables_are_passed_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(0, exit_of("test \"$P11CERT_RENEWED_LABEL\" = \"a 'quoted' \\\"label\\\" \\$(false)\""));
}

static void variables_that_lead_to_a_pin_are_withheld(void **state)
{
    static const char *const secret[] = { "P11CERT_PIN_SOURCE",    "P11CERT_SO_PIN_SOURCE", "P11CERT_PASSWORD_SOURCE",
                                          "CREDENTIALS_DIRECTORY", "P11CERT_RENEWED_STALE", "KIT_WORDS" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(secret); i++) {
        assert_int_equal(0, setenv(secret[i], "canary", 1));
    }
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    assert_int_equal(0, exit_of("! env | grep -q canary && test \"$P11CERT_TOKEN\" = servers"));
}

static void no_descriptor_is_inherited(void **state)
{
    int open_fd = open("/dev/null", O_RDONLY); /* inherited, but changed for the hook */

    (void)state;
    assert_true(open_fd > 2);
    assert_int_equal(42, dup2(open_fd, 42));
    assert_int_equal(0, exit_of("test -e /proc/self/fd/0 && ! test -e /proc/$$/fd/42"));
    (void)close(42);
    (void)close(open_fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_exit_code_or_signal_is_reported),
        cmocka_unit_test(variables_are_passed_as_they_are),
        cmocka_unit_test(variables_that_lead_to_a_pin_are_withheld),
        cmocka_unit_test(no_descriptor_is_inherited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
