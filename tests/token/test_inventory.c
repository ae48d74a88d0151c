/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/inventory.h"
#include "token/public_half.h"

static token_store store;

static int make_store(void **state)
{
    raw_token raw;
    CK_OBJECT_HANDLE public_half = 0;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "full");
    token_store_add_token(&store, "empty");
    raw_open("full", &raw);
    raw_generate_many(&raw, "key", NULL, 30);
    raw_generate_many(&raw, "twin", "one-id", 3);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "one-id" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_ED25519, .label = "edwards", .id = "edwards" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "half", .id = "half" }, &public_half);
    raw_destroy(&raw, public_half);
    raw_write_certificate(&raw, "certificate", "key-7", (pc_bytes){ (const unsigned char *)"whatever", 8 });
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_status read_all(const char *name, const char *plan, pc_arena *arena, pc_inventory *ret_inventory,
                          pc_error *err)
{
    pc_token *token = NULL;
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, name);

    fault_plan(&store, plan);
    pc_status status = pc_token_open(&access, PC_TOKEN_READ, &token, err);

    if (status == PC_OK) {
        status = pc_inventory_read(token, arena, ret_inventory, err);
    }
    pc_token_close(token);
    return status;
}

static const pc_key *labelled(const pc_inventory *inventory, const char *label)
{
    for (size_t i = 0; i < inventory->key_count; i++) {
        if (strcmp(inventory->keys[i].label, label) == 0) {
            return &inventory->keys[i];
        }
    }
    fail_msg("no key is labelled \"%s\"", label);
    return NULL;
}

static void everything_is_there_once(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inventory inventory;

    (void)state;
    assert_int_equal(read_all("full", "", arena, &inventory, NULL), PC_OK);
    assert_int_equal(inventory.key_count, 36);
    assert_int_equal(inventory.public_count, 35);
    assert_int_equal(inventory.certificate_count, 1);
    assert_string_equal(inventory.certificates[0].label, "certificate");
    for (unsigned i = 0; i < 30; i++) {
        char label[32];

        (void)snprintf(label, sizeof label, "key-%u", i);
        (void)labelled(&inventory, label);
    }
}

static void public_half_is_joined_in_by_id_and_by_bare_calls_the_same(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inventory inventory;
    raw_token raw;

    (void)state;
    assert_int_equal(read_all("full", "", arena, &inventory, NULL), PC_OK);
    raw_open("full", &raw);
    for (unsigned i = 0; i < 30; i++) {
        char label[32];
        unsigned char point[128];

        (void)snprintf(label, sizeof label, "key-%u", i);
        const pc_key *key = labelled(&inventory, label);

        assert_int_equal(raw_read(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, label), CKA_EC_POINT, point, sizeof point),
                         key->half.point.len);
        assert_memory_equal(point, key->half.point.data, key->half.point.len);
    }
    raw_close(&raw);
}

static void public_half_is_not_guessed_among_twins(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inventory inventory;

    (void)state;
    assert_int_equal(read_all("full", "", arena, &inventory, NULL), PC_OK);
    assert_false(pc_public_half_is_whole(&labelled(&inventory, "twin-0")->half));
    assert_false(pc_public_half_is_whole(&labelled(&inventory, "twin-2")->half));
    assert_false(pc_public_half_is_whole(&labelled(&inventory, "half")->half));
    /* An RSA key shows its own public half, even if another key shares its id. */
    assert_true(pc_public_half_is_whole(&labelled(&inventory, "rsa")->half));
}

static void one_call_is_made_for_each_object_and_few_besides(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inventory inventory;

    (void)state;
    assert_int_equal(read_all("full", "", arena, &inventory, NULL), PC_OK);
    assert_int_equal(fault_calls(&store, "C_GetAttributeValue"), 36 + 35 + 1);
    assert_int_equal(fault_calls(&store, "C_FindObjectsInit"), 3);
    assert_int_equal(fault_calls(&store, "C_FindObjectsFinal"), 3);
}

static void empty_token_has_an_empty_inventory(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_inventory inventory = { .key_count = 9, .public_count = 9, .certificate_count = 9 };

    (void)state;
    assert_int_equal(read_all("empty", "", arena, &inventory, NULL), PC_OK);
    assert_int_equal(inventory.key_count + inventory.public_count + inventory.certificate_count, 0);
}

static void failure_half_way_gives_no_inventory(void **state)
{
    static const char *const plans[] = {
        "C_GetAttributeValue=1 return=0x30", "C_GetAttributeValue=50 return=0x32", "C_FindObjects=2 return=0xb3",
        "C_FindObjectsInit=3 return=0x30",   "C_FindObjects=1 length=0x7fffffff",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_inventory inventory = { .key_count = 99 };

        assert_int_equal(read_all("full", plans[i], arena, &inventory, NULL), PC_E_TOKEN);
        assert_int_equal(inventory.key_count, 99);
    }
}

static void inventory_of_one_key_is_found_by_template(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_token *token = NULL;
    pc_inventory inventory;
    const pc_key_selector selector = { .words = "key-7", .label = "key-7" };
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "full");

    (void)state;
    fault_plan(&store, "");
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    assert_int_equal(pc_inventory_of_key(token, &selector, arena, &inventory, NULL), PC_OK);
    pc_token_close(token);
    assert_int_equal(inventory.key_count, 1);
    assert_string_equal(inventory.keys[0].label, "key-7");
    assert_int_equal(inventory.certificate_count, 1);
    /* The key, its public object, the only certificate. */
    assert_int_equal(fault_calls(&store, "C_GetAttributeValue"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_there_once),
        cmocka_unit_test(public_half_is_joined_in_by_id_and_by_bare_calls_the_same),
        cmocka_unit_test(public_half_is_not_guessed_among_twins),
        cmocka_unit_test(one_call_is_made_for_each_object_and_few_besides),
        cmocka_unit_test(empty_token_has_an_empty_inventory),
        cmocka_unit_test(failure_half_way_gives_no_inventory),
        cmocka_unit_test(inventory_of_one_key_is_found_by_template),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
