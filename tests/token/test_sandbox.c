/* SPDX-License-Identifier: Apache-2.0 */
/* The sandbox as a library function: this process's environment is unchanged, and a failure leaves nothing. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <p11cert/sandbox.h>

#include "run.h"
#include "token/module.h"
#include "token_store.h"

static token_store store;

static int make_place(void **state)
{
    char path[128];

    (void)state;
    token_store_make(&store);
    assert_int_equal(mkdir(token_store_path(&store, "place", path), 0700), 0);
    assert_int_equal(setenv("TMPDIR", path, 1), 0);
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static size_t left_in_place(void)
{
    DIR *place = opendir(getenv("TMPDIR"));
    size_t count = 0;

    assert_non_null(place);
    for (const struct dirent *each; (each = readdir(place));) {
        count += each->d_name[0] != '.';
    }
    (void)closedir(place);
    return count;
}

static void environment_is_as_before(void **state)
{
    static const char *const values[] = { NULL, "", "/some/where.conf" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(values); i++) {
        pc_sandbox *sandbox = NULL;

        assert_int_equal(values[i] ? setenv("SOFTHSM2_CONF", values[i], 1) : unsetenv("SOFTHSM2_CONF"), 0);
        assert_int_equal(pc_sandbox_make(&(pc_sandbox_order){ .label = "a" }, &sandbox, NULL), PC_OK);
        if (values[i]) {
            assert_string_equal(getenv("SOFTHSM2_CONF"), values[i]);
        } else {
            assert_null(getenv("SOFTHSM2_CONF"));
        }
        assert_int_equal(left_in_place(), 1);
        assert_int_equal(pc_sandbox_remove(sandbox, NULL), PC_OK);
        assert_int_equal(left_in_place(), 0);
        assert_int_equal(pc_sandbox_remove(sandbox, NULL), PC_OK);
        pc_sandbox_free(sandbox);
    }
    token_store_use(&store);
}

/* A module is initialised once in a process, with one configuration. */
static void softhsm_that_is_in_use_is_left_alone(void **state)
{
    PC_AUTO(pc_module) pc_module *module = NULL;
    pc_sandbox *sandbox = NULL;
    pc_error err = { .status = PC_OK };
    char before[128];
    char path[128];

    (void)state;
    assert_int_equal(pc_module_open(SOFTHSM_MODULE, NULL, &module, NULL), PC_OK);
    assert_int_equal(pc_sandbox_make(&(pc_sandbox_order){ .label = NULL }, &sandbox, &err), PC_E_TOKEN);
    assert_true(error_says(&err, "CKR_CRYPTOKI_ALREADY_INITIALIZED"));
    assert_true(error_says(&err, "the sandbox was not created"));
    assert_null(sandbox);
    assert_int_equal(left_in_place(), 0);
    (void)snprintf(before, sizeof before, "%s", token_store_path(&store, "softhsm2.conf", path));
    assert_string_equal(getenv("SOFTHSM2_CONF"), before);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_is_as_before),
        cmocka_unit_test(softhsm_that_is_in_use_is_left_alone),
    };

    return cmocka_run_group_tests(tests, make_place, remove_place);
}
