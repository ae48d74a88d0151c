/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "app/fleet/known_labels.h"

#define SECOND 1000000

static pc_batch_known_labels after_searches(unsigned count, int64_t each_usec)
{
    pc_batch_known_labels known = pc_batch_known_labels_start(0);

    for (unsigned i = 0; i < count; i++) {
        pc_batch_known_labels_note(&known, each_usec);
    }
    return known;
}

static void reading_may_take_half_of_the_time_that_it_saves(void **state)
{
    const pc_batch_known_labels known = after_searches(10, 6000);

    (void)state;
    /* 100 hosts are left, at 6 ms each, and two search at the same time. */
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 110, 10, 2 }, SECOND / 10), 150000);
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 110, 10, 1 }, SECOND / 10), 300000);
}

/* A slow token serves few hosts before the labels must be read again: 10 in a second, so 90 of the 100,000. */
static void it_serves_no_more_hosts_than_its_life_allows(void **state)
{
    const pc_batch_known_labels known = after_searches(10, 6000);

    (void)state;
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 100000, 10, 1 }, SECOND), 270000);
}

static void a_list_of_unknown_length_is_as_long_again(void **state)
{
    const pc_batch_known_labels known = after_searches(60, 6000);

    (void)state;
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 0, 60, 1 }, SECOND), 180000);
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 0, 40, 1 }, SECOND), 0);
}

static void it_is_not_worth_while_for_few_hosts_or_without_a_measurement(void **state)
{
    const pc_batch_known_labels known = after_searches(10, 6000);
    const pc_batch_known_labels early = after_searches(1, 6000);
    const pc_batch_known_labels kept = after_searches(10, 0);

    (void)state;
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 50, 10, 1 }, SECOND), 0);
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 5, 10, 1 }, SECOND), 0);
    assert_int_equal(pc_batch_known_labels_worth(&early, (pc_batch_progress){ 500, 1, 1 }, SECOND), 0);
    assert_int_equal(pc_batch_known_labels_worth(&kept, (pc_batch_progress){ 500, 10, 1 }, SECOND), 0);
    assert_int_equal(pc_batch_known_labels_worth(&known, (pc_batch_progress){ 500, 10, 1 }, 0), 0);
}

static void before_the_first_host_reading_may_cost_half_of_the_searches(void **state)
{
    (void)state;
    assert_int_equal(pc_batch_known_labels_first((pc_batch_progress){ 200, 0, 2 }).searches, 50);
    assert_int_equal(pc_batch_known_labels_first((pc_batch_progress){ 200, 0, 1 }).searches, 100);
    assert_int_equal(pc_batch_known_labels_first((pc_batch_progress){ 200, 0, 1 }).usec, 3 * SECOND);
    assert_int_equal(pc_batch_known_labels_first((pc_batch_progress){ 49, 0, 1 }).searches, 0);
    assert_int_equal(pc_batch_known_labels_first((pc_batch_progress){ 0, 0, 1 }).searches, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_may_take_half_of_the_time_that_it_saves),
        cmocka_unit_test(before_the_first_host_reading_may_cost_half_of_the_searches),
        cmocka_unit_test(it_serves_no_more_hosts_than_its_life_allows),
        cmocka_unit_test(a_list_of_unknown_length_is_as_long_again),
        cmocka_unit_test(it_is_not_worth_while_for_few_hosts_or_without_a_measurement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
