/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert submit and retrieve, killed at each call of the module and run again: they end in the same state. */
#include "kill_sweep.h"

static int make_world(void **state)
{
    (void)ca_world_new(state);
    make_request("server");
    return 0;
}

static void a_submission(void **state)
{
    const kill_sweep sweep = {
        .url = ca_url(ca.https, "anonymous/enterprise"),
        .login = WORDS(NOBODY),
        .words = WORDS(TEMPLATE),
    };

    (void)state;
    killed_while_submitting(&sweep);
}

static void a_retrieval(void **state)
{
    const kill_sweep sweep = { .url = ca_url(ca.https, "anonymous/standalone"), .login = WORDS(NOBODY) };

    (void)state;
    approve(number_in(SUBMIT(sweep.url, "server.req", NOBODY)));
    killed_while_retrieving(&sweep);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, ca_world_remove)

/* By name, so that the two can run at the same time. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_submission),
        IN_WORLD(a_retrieval),
    };

    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
