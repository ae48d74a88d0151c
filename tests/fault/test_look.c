/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sweep.h"

/* As test_sweep.c, for verbs that only read: what a module did not answer is not reported as a fact. */

static void list_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_list), 0);
}

static void tokens_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_tokens), 0);
}

static void doctor_survives_any_fault(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_doctor), 0);
}

static void check_survives_any_fault_while_probing(void **state)
{
    (void)state;
    assert_int_equal(sweep_flow(&flow_check), 0);
}

/* With an argument, only the tests whose names match it (cmocka: "*repair*"). */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_survives_any_fault),
        cmocka_unit_test(tokens_survives_any_fault),
        cmocka_unit_test(doctor_survives_any_fault),
        cmocka_unit_test(check_survives_any_fault_while_probing),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
