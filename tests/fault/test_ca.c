/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mini_ca.h"
#include "sweep.h"

/* As test_sweep.c, for verbs that talk to a CA. */

static int begin(void **state)
{
    (void)state;
    mini_ca_start();
    return 0;
}

static int end(void **state)
{
    (void)state;
    mini_ca_stop();
    return 0;
}

static void submit_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_submit), 0);
}

static void retrieve_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_retrieve), 0);
}

static void enroll_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_enroll), 0);
}

static void renew_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_renew), 0);
}

static void renew_survives_any_fault_with_a_new_key(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_renew_key), 0);
}

/* With an argument, only the tests whose names match it (cmocka: "*repair*"). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submit_survives_any_fault),
        cmocka_unit_test(retrieve_survives_any_fault),
        cmocka_unit_test(enroll_survives_any_fault),
        cmocka_unit_test(renew_survives_any_fault),
        cmocka_unit_test(renew_survives_any_fault_with_a_new_key),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, begin, end);
}
