/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/fleet/width.h"

/* A token that serves a number of hosts at once; every further one waits. Each host takes a second. */
static unsigned width_on(unsigned parallel, unsigned most, unsigned session_limit)
{
    pc_batch_width width = pc_batch_width_start(2, most, 0);
    double now_usec = 0;

    for (unsigned host = 0; host < 2000; host++) {
        unsigned at_once = width.jobs < parallel ? width.jobs : parallel;

        now_usec += 1e6 / at_once;
        unsigned wanted = pc_batch_width_note_done(&width, (int64_t)now_usec);
        unsigned left = session_limit > width.jobs ? session_limit - width.jobs : 0;

        assert_true(width.jobs + wanted <= most);
        if (wanted) {
            pc_batch_width_grow(&width, wanted < left ? wanted : left, wanted, (int64_t)now_usec);
        }
    }
    return width.jobs;
}

static void a_token_that_takes_many_at_once_gets_many(void **state)
{
    (void)state;
    assert_in_range(width_on(20, 64, 64), 20, 45);
    assert_int_equal(width_on(1000, 64, 64), 64);
}

/* One step is needed to find that out. */
static void a_token_that_does_one_thing_at_a_time_gets_few(void **state)
{
    (void)state;
    assert_int_equal(width_on(1, 64, 64), 3);
    assert_int_equal(width_on(2, 64, 64), 3);
}

static void the_tokens_limit_of_sessions_ends_the_growth(void **state)
{
    (void)state;
    assert_int_equal(width_on(1000, 64, 9), 9);
}

static void a_width_that_was_given_is_kept(void **state)
{
    (void)state;
    assert_int_equal(width_on(1000, 2, 64), 2);
}

/* If the clock does not advance, there is no rate. */
static void without_elapsed_time_there_is_no_rate(void **state)
{
    pc_batch_width width = pc_batch_width_start(1, 8, 5);

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(0, pc_batch_width_note_done(&width, 5));
    }
    assert_false(width.is_settled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_takes_many_at_once_gets_many),
        cmocka_unit_test(a_token_that_does_one_thing_at_a_time_gets_few),
        cmocka_unit_test(the_tokens_limit_of_sessions_ends_the_growth),
        cmocka_unit_test(a_width_that_was_given_is_kept),
        cmocka_unit_test(without_elapsed_time_there_is_no_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
