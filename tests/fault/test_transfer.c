/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sweep.h"

/* As test_sweep.c, for keys that are exported and imported: no half-written file, no one-time key left, no key on the
 * token that no message mentions. */

static void export_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_export), 0);
}

static void import_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_import), 0);
}

static void kit_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_kit), 0);
}

static void copy_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_copy), 0);
}

/* With an argument, only the tests whose names match it (cmocka: "*repair*"). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export_survives_any_fault),
        cmocka_unit_test(import_survives_any_fault),
        cmocka_unit_test(kit_survives_any_fault),
        cmocka_unit_test(copy_survives_any_fault),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
