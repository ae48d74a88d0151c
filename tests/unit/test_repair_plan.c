/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "app/repair/plan.h"

/* The planner alone: objects as rows, without a token. */

static pc_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = pc_arena_new();
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    pc_arena_free(arena);
    return 0;
}

static pc_repair_object object(pc_repair_class class, unsigned value, const char *id)
{
    pc_repair_object made = { .class = class,
                              .label = "x",
                              .id = { (const uint8_t *)id, strlen(id) },
                              .modifiable = PC_FACT_TRUE,
                              .known = true,
                              .can_sign_here = true,
                              .may_sign = true,
                              .tried = true };

    memcpy(made.value, &value, sizeof value);
    memcpy(made.identifier, &value, sizeof value);
    made.identifier[19] = 1;
    memcpy(made.digest, &value, class == PC_REPAIR_CERTIFICATE ? sizeof value : 0);
    return made;
}

static pc_repair_plan plan_of(pc_repair_object *objects, size_t count)
{
    pc_repair_plan plan = { .arena = arena, .objects = objects, .object_count = count };

    assert_int_equal(PC_OK, pc_repair_plan_make(&plan, NULL));
    return plan;
}

static size_t count_of(const pc_repair_plan *plan, pc_repair_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->item_count; i++) {
        count += plan->items[i].state == state;
    }
    return count;
}

static void nothing_gives_nothing(void **state)
{
    (void)state;
    const pc_repair_plan plan = plan_of(NULL, 0);

    assert_int_equal(0, plan.item_count);
}

static void what_follows_a_key_waits_for_its_new_id(void **state)
{
    pc_repair_object objects[] = { object(PC_REPAIR_KEY, 1, ""), object(PC_REPAIR_PUBLIC, 1, "") };

    (void)state;
    const pc_repair_plan plan = plan_of(objects, 2);

    assert_int_equal(2, count_of(&plan, PC_REPAIR_PLANNED));
    assert_int_equal(0, plan.items[0].object);
    assert_int_equal(PC_REPAIR_NONE, plan.items[0].after);
    assert_int_equal(1, plan.items[1].object);
    assert_int_equal(0, plan.items[1].after);
    assert_memory_equal(objects[0].identifier, plan.items[1].value.data, 20);
}

/* A key whose public value is unknown may be the one that the certificate belongs to. */
static void an_unknown_key_of_the_same_id_keeps_strangers_in_place(void **state)
{
    pc_repair_object objects[] = { object(PC_REPAIR_KEY, 1, "a"), object(PC_REPAIR_KEY, 0, "a"),
                                   object(PC_REPAIR_CERTIFICATE, 2, "a") };

    (void)state;
    objects[1].known = false;
    const pc_repair_plan plan = plan_of(objects, 3);

    assert_int_equal(0, count_of(&plan, PC_REPAIR_PLANNED));
    assert_int_equal(2, count_of(&plan, PC_REPAIR_REFUSED)); /* shared id; not proved */
}

static void an_identifier_that_another_key_has_is_not_given(void **state)
{
    pc_repair_object objects[] = { object(PC_REPAIR_KEY, 1, "a"), object(PC_REPAIR_KEY, 2, "a"),
                                   object(PC_REPAIR_KEY, 3, "") };

    (void)state;
    objects[0].named = true;
    objects[2].id.data = objects[0].identifier;
    objects[2].id.len = sizeof objects[0].identifier;
    pc_repair_plan plan = { .arena = arena, .objects = objects, .object_count = 3, .restricted = true };

    assert_int_equal(PC_OK, pc_repair_plan_make(&plan, NULL));
    assert_int_equal(1, plan.item_count);
    assert_int_equal(PC_REPAIR_REFUSED, plan.items[0].state);
}

/* 20,000 keys, each with a misplaced public key and certificate, some all with one CKA_ID: in at most a second. */
static void a_large_token_is_planned_by_sorting(void **state)
{
    const size_t keys = 20000;
    pc_repair_object *objects = pc_arena_alloc(arena, 3 * keys * sizeof *objects);
    clock_t started = clock();

    (void)state;
    for (size_t i = 0; i < keys; i++) {
        const char *id = pc_arena_format(arena, "%zu", i);

        objects[3 * i] = object(PC_REPAIR_KEY, (unsigned)i + 1, id);
        objects[3 * i + 1] = object(PC_REPAIR_PUBLIC, (unsigned)i + 1, "elsewhere");
        objects[3 * i + 2] = object(PC_REPAIR_CERTIFICATE, (unsigned)i + 1, "");
    }
    const pc_repair_plan plan = plan_of(objects, 3 * keys);

    assert_int_equal(2 * keys, count_of(&plan, PC_REPAIR_PLANNED));
    assert_int_equal(0, count_of(&plan, PC_REPAIR_REFUSED));
    assert_true((double)(clock() - started) / CLOCKS_PER_SEC < 5.0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(what_follows_a_key_waits_for_its_new_id),
        cmocka_unit_test(an_unknown_key_of_the_same_id_keeps_strangers_in_place),
        cmocka_unit_test(an_identifier_that_another_key_has_is_not_given),
        cmocka_unit_test(a_large_token_is_planned_by_sorting),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
