/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fault.h"
#include "run.h"
#include "token/module.h"

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static pc_status open_module(const char *name, const char *init_args, pc_error *err)
{
    PC_AUTO(pc_module) pc_module *module = NULL;

    return pc_module_open(name, init_args, &module, err);
}

static void what_is_not_a_module_is_refused(void **state)
{
    static const struct {
        const char *name, *module;
        pc_status status;
    } rows[] = {
        { "not there", "/nonexistent/module.so", PC_E_NOT_FOUND },
        { "a folder", "/usr/lib/", PC_E_INPUT },
        { "a device", "/dev/null", PC_E_INPUT },
        { "a text", "/etc/passwd", PC_E_INPUT },
        { "a library that is no module", "/lib/x86_64-linux-gnu/libc.so.6", PC_E_INPUT },
        { "a name the registry does not have", "no-such-module", PC_E_NOT_FOUND },
        { "an empty name", "", PC_E_NOT_FOUND },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_error err = { 0 };
        pc_status status = open_module(rows[i].module, NULL, &err);

        if (status != rows[i].status) {
            print_error("%s: %s\n", rows[i].name, err.frames[0]);
        }
        assert_int_equal(status, rows[i].status);
        assert_true(error_says(&err, rows[i].module));
    }
}

static void copy_module(const char *path)
{
    const char *const argv[] = { "cp", FAULT_MODULE, path, NULL };
    char out[256];

    assert_int_equal(run_program(argv, out, sizeof out), 0);
}

static void module_that_others_can_write_is_not_loaded(void **state)
{
    static const struct {
        mode_t mode;
        pc_status status;
    } rows[] = {
        { 0755, PC_OK },
        { 0500, PC_OK },
        { 0757, PC_E_REFUSED },
        { 0777, PC_E_REFUSED },
    };
    char path[128];

    (void)state;
    copy_module(token_store_path(&store, "module.so", path));
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        fault_plan(&store, "");
        assert_int_equal(chmod(path, rows[i].mode), 0);
        assert_int_equal(open_module(path, NULL, NULL), rows[i].status);
        assert_int_equal(fault_calls(&store, "C_Initialize"), rows[i].status == PC_OK);
    }
}

static void module_of_another_user_or_group_is_not_loaded(void **state)
{
    char path[128];

    (void)state;
    if (geteuid() != 0) {
        return; /* only root can give a file away; root runs this wherever the whole suite is run */
    }
    copy_module(token_store_path(&store, "foreign.so", path));
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(open_module(path, NULL, NULL), PC_E_REFUSED);
    assert_int_equal(chown(path, 0, 65534), 0);
    assert_int_equal(open_module(path, NULL, NULL), PC_OK);
    assert_int_equal(chmod(path, 0775), 0); /* of another group than root's */
    assert_int_equal(open_module(path, NULL, NULL), PC_E_REFUSED);
}

static void module_is_found_by_its_name_in_the_registry(void **state)
{
    PC_AUTO(pc_module) pc_module *module = NULL;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_slot *slots = NULL;
    size_t count = 0;
    bool found = false;

    (void)state;
    assert_int_equal(pc_module_open("softhsm2", NULL, &module, NULL), PC_OK);
    assert_int_equal(pc_module_slots(module, arena, &slots, &count, NULL), PC_OK);
    for (size_t i = 0; i < count; i++) {
        found = found || strcmp(slots[i].info.label, "a") == 0;
    }
    assert_true(found);
}

static void registry_lists_its_modules_by_name(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char **names = NULL;
    size_t count = 0;
    bool found = false;

    (void)state;
    assert_int_equal(pc_module_names(arena, &names, &count, NULL), PC_OK);
    for (size_t i = 0; i < count; i++) {
        found = found || strcmp(names[i], "softhsm2") == 0;
    }
    assert_true(found);
}

static void init_arguments_are_passed_to_a_module_named_only_by_path(void **state)
{
    pc_error err = { 0 };

    (void)state;
    /* SoftHSM accepts none (PKCS#11 v2.40 section 5.4, pReserved), so the refusal shows that they arrived. */
    assert_int_equal(open_module(SOFTHSM_MODULE, "configdir='sql:x'", &err), PC_E_TOKEN);
    assert_int_equal(err.code, CKR_ARGUMENTS_BAD);
    assert_int_equal(open_module("softhsm2", "configdir='sql:x'", NULL), PC_E_USAGE);
    assert_int_equal(open_module(SOFTHSM_MODULE, NULL, NULL), PC_OK);
}

static void module_that_does_not_start_is_named(void **state)
{
    pc_error err = { 0 };

    (void)state;
    fault_plan(&store, "C_Initialize=1+ return=0x02");
    assert_int_equal(open_module(FAULT_MODULE, NULL, &err), PC_E_TOKEN);
    assert_int_equal(err.code, CKR_HOST_MEMORY);
    assert_true(error_says(&err, FAULT_MODULE));
    assert_int_equal(fault_calls(&store, "C_Finalize"), 0);
}

static void module_that_cannot_lock_is_started_without(void **state)
{
    (void)state;
    fault_plan(&store, "C_Initialize=1 return=0x0a");
    assert_int_equal(open_module(FAULT_MODULE, NULL, NULL), PC_OK);
    assert_int_equal(fault_calls(&store, "C_Initialize"), 2);
    assert_int_equal(fault_calls(&store, "C_Finalize"), 1);
}

static void tokens_that_go_away_while_listed_are_left_out(void **state)
{
    static const struct {
        const char *plan;
        pc_status status;
    } rows[] = {
        { "C_GetTokenInfo=1+ return=0xe0", PC_OK },           { "C_GetTokenInfo=1+ return=0xe1", PC_OK },
        { "C_GetTokenInfo=1+ return=0x30", PC_OK },           { "C_GetSlotList=1+ return=0x30", PC_E_TOKEN },
        { "C_GetSlotList=1+ length=0x7fffffff", PC_E_TOKEN }, { "C_GetSlotList=1 return=0x150", PC_OK },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_module) pc_module *module = NULL;
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_slot *slots = NULL;
        size_t count = 77;

        fault_plan(&store, rows[i].plan);
        assert_int_equal(pc_module_open(FAULT_MODULE, NULL, &module, NULL), PC_OK);
        assert_int_equal(pc_module_slots(module, arena, &slots, &count, NULL), rows[i].status);
        assert_int_equal(count, rows[i].status != PC_OK ? 77 : i < 3 ? 0 : 2);
        assert_int_equal(module->sick_count, i == 2 ? 2 : 0);
    }
}

/* --- a module with very many slots, whose list grows between two calls --- */

static CK_ULONG crowd_size;

static CK_RV crowd_slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_ULONG room = *count;

    (void)present;
    crowd_size += 7;
    *count = crowd_size;
    if (!slots) {
        return CKR_OK;
    }
    if (room < crowd_size) {
        return CKR_BUFFER_TOO_SMALL;
    }
    for (CK_ULONG i = 0; i < crowd_size; i++) {
        slots[i] = i;
    }
    return CKR_OK;
}

static CK_RV crowd_token(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    (void)slot;
    memset(info, ' ', sizeof *info);
    info->flags = CKF_TOKEN_INITIALIZED;
    return CKR_OK;
}

static void no_more_slots_are_given_than_the_limit(void **state)
{
    CK_FUNCTION_LIST functions = { .C_GetSlotList = crowd_slots, .C_GetTokenInfo = crowd_token };
    pc_module module = { .functions = &functions };
    static const CK_ULONG sizes[] = {
        1, 57, 64, 65, 500, 990, 1000, 1003, 1005, 1008, 1009, 1010, 1015, 1017, 1024, 2000,
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(sizes); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_slot *slots = NULL;
        size_t count = 0;

        crowd_size = sizes[i];
        pc_status status = pc_module_slots(&module, arena, &slots, &count, NULL);

        assert_true(status == PC_OK || status == PC_E_TOKEN);
        assert_true(status == PC_OK || sizes[i] > 1000);
        assert_in_range(count, 0, PC_MODULE_MAX_SLOTS);
    }
}

static void fields_of_the_token_are_trimmed_and_terminated(void **state)
{
    PC_AUTO(pc_module) pc_module *module = NULL;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_slot *slots = NULL;
    size_t count = 0;
    bool live = false;
    bool free_slot = false;

    (void)state;
    assert_int_equal(pc_module_open(SOFTHSM_MODULE, NULL, &module, NULL), PC_OK);
    assert_int_equal(pc_module_slots(module, arena, &slots, &count, NULL), PC_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(slots[i].info.manufacturer, "SoftHSM project");
        assert_string_equal(slots[i].info.model, "SoftHSM v2");
        live = live || (pc_slot_is_initialised(&slots[i]) && strcmp(slots[i].info.label, "a") == 0);
        free_slot = free_slot || (!pc_slot_is_initialised(&slots[i]) && slots[i].info.label[0] == '\0');
    }
    assert_true(live);
    assert_true(free_slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_a_module_is_refused),
        cmocka_unit_test(module_that_others_can_write_is_not_loaded),
        cmocka_unit_test(module_of_another_user_or_group_is_not_loaded),
        cmocka_unit_test(module_is_found_by_its_name_in_the_registry),
        cmocka_unit_test(registry_lists_its_modules_by_name),
        cmocka_unit_test(init_arguments_are_passed_to_a_module_named_only_by_path),
        cmocka_unit_test(module_that_does_not_start_is_named),
        cmocka_unit_test(module_that_cannot_lock_is_started_without),
        cmocka_unit_test(tokens_that_go_away_while_listed_are_left_out),
        cmocka_unit_test(no_more_slots_are_given_than_the_limit),
        cmocka_unit_test(fields_of_the_token_are_trimmed_and_terminated),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
