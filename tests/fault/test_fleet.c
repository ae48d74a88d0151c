/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sweep.h"

/* As test_sweep.c, for many hosts in one run, for a token that is made, and for a key that is destroyed. */

static void batch_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_batch), 0);
}

static void batch_survives_any_fault_while_issuing(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_batch_issue), 0);
}

static void batch_accept_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_batch_accept), 0);
}

static void init_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_init), 0);
}

static void pin_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_pin), 0);
}

static void retire_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_retire), 0);
}

/* With an argument, only the tests whose names match it (cmocka: "*repair*"). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_survives_any_fault),        cmocka_unit_test(batch_survives_any_fault_while_issuing),
        cmocka_unit_test(batch_accept_survives_any_fault), cmocka_unit_test(init_survives_any_fault),
        cmocka_unit_test(pin_survives_any_fault),          cmocka_unit_test(retire_survives_any_fault),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
