/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sweep.h"

/*
 * A module that fails, vanishes, lies about lengths or crashes the process at any one of its calls must leave: a clean
 * error or a result that verifies; no file if it failed; never two keys, never half a pair, never a key that no message
 * mentions; and a state from which the same command completes.
 */

static void new_survives_any_fault_while_making_a_key(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_new_make), 0);
}

static void new_survives_any_fault_while_resuming_with_a_key(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_new_go_on), 0);
}

static void new_survives_any_fault_with_a_named_key(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_new_key), 0);
}

static void accept_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_accept), 0);
}

static void issue_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_issue), 0);
}

static void issue_survives_any_fault_while_making_a_ca(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_self_signed), 0);
}

static void repair_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_repair), 0);
}

/* With an argument, only the tests whose names match it (cmocka: "*repair*"). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_survives_any_fault_while_making_a_key),
        cmocka_unit_test(new_survives_any_fault_while_resuming_with_a_key),
        cmocka_unit_test(new_survives_any_fault_with_a_named_key),
        cmocka_unit_test(accept_survives_any_fault),
        cmocka_unit_test(issue_survives_any_fault),
        cmocka_unit_test(issue_survives_any_fault_while_making_a_ca),
        cmocka_unit_test(repair_survives_any_fault),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
