/* SPDX-License-Identifier: Apache-2.0 */
/* Several simultaneous runs of one command: one key, one token, whichever user they run as. */
#include "harness.h"

#define RUNS 4

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                       "-keyout", "a.key", "-subj", "/CN=a", "-days", "30", "-out", "a.pem"));
    (void)out_of(WORDS("openssl", "pkcs12", "-export", "-in", "a.pem", "-inkey", "a.key", "-passout",
                       "pass:twelve-bytes", "-out", "a.pfx"));
    file_write("pfx.password", "twelve-bytes\n", 0600);
    return 0;
}

/* "%d" in a word becomes the number of the run. Returns how many ended with 0. */
static unsigned run_at_once(const char *const *words)
{
    running programs[RUNS];
    unsigned good = 0;

    for (int i = 0; i < RUNS; i++) {
        const char *own[32] = { P11CERT_PROGRAM };
        static char names[RUNS][64];

        for (int j = 0; words[j]; j++) {
            const char *number = strstr(words[j], "%d");

            own[j + 1] = words[j];
            if (number) {
                (void)snprintf(names[i], sizeof names[i], "%.*s%d%s", (int)(number - words[j]), words[j], i,
                               number + 2);
                own[j + 1] = names[i];
            }
        }
        programs[i] = run_start(&(run_order){ .words = own });
    }
    for (int i = 0; i < RUNS; i++) {
        const run_result *result = run_finish(&programs[i]);

        assert_true(result->exit_code >= 0);
        good += result->exit_code == 0;
        if (result->exit_code != 0) {
            print_message("%s", result->err);
        }
    }
    return good;
}

static size_t keys_labelled(const char *label)
{
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    return count_of(token_objects("servers", "privkey"), line);
}

static void runs_of_new_make_one_key(void **state)
{
    (void)state;
    assert_int_equal(RUNS, run_at_once(WORDS("new", "--subject", "CN=one", "--key-type", "ec-p256", "--out",
                                             "one-%d.req", "--token", "servers")));
    assert_int_equal(1, keys_labelled("one"));
}

static void runs_of_issue_make_one_ca(void **state)
{
    (void)state;
    assert_int_equal(RUNS, run_at_once(WORDS("issue", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256",
                                             "--out", "root-%d.pem", "--token", "servers")));
    assert_int_equal(1, keys_labelled("Root"));
    assert_int_equal(1, token_count("servers", "cert"));
}

static void runs_of_import_leave_one_key(void **state)
{
    (void)state;
    assert_int_equal(RUNS, run_at_once(WORDS("import", "a.pfx", "--label", "in-%d", "--password-source",
                                             "file:pfx.password", "--token", "servers")));
    size_t keys = 0;

    for (int i = 0; i < RUNS; i++) {
        char label[16];

        (void)snprintf(label, sizeof label, "in-%d", i);
        keys += keys_labelled(label);
    }
    assert_int_equal(1, keys);
}

static void runs_of_init_make_one_token(void **state)
{
    (void)state;
    assert_int_equal(RUNS, run_at_once(WORDS("init", "new-token", "--so-pin-source", "file:so.pin")));
    assert_int_equal(1, count_of(out_of(WORDS("softhsm2-util", "--show-slots")), "new-token"));
}

/* Another program makes a key of that label at the same time; the run looks again after it has made its own. */
static void without_a_lock_the_second_key_is_removed(void **state)
{
    char *lock = strdup(getenv("P11CERT_LOCK"));
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "new", "--subject", "CN=two", "--key-type", "ec-p256",
                                             "--out", "two.req", "--token", "servers", "--module", FAULT_MODULE) };

    (void)state;
    assert_int_equal(0, setenv("P11CERT_LOCK", "/dev/null/none", 1));
    running program = run_start_with_fault(&order, "C_FindObjectsInit=4 hold=120", "C_FindObjectsInit", 4);

    assert_int_equal(1, keys_labelled("two"));
    token_make_key("servers", "two", "0e");
    gate_open();
    const run_result *loser = run_finish(&program);

    assert_int_equal(0, setenv("P11CERT_LOCK", lock, 1));
    free(lock);
    expect_exit(loser, 8);
    expect_contains(loser, loser->err, "warning: the lock file \"/dev/null/none\" cannot be opened");
    expect_contains(loser, loser->err, "another run made a key \"two\" at the same time");
    assert_int_equal(1, keys_labelled("two"));
    assert_non_null(strstr(token_objects("servers", "privkey"), "ID:         0e"));
    assert_false(file_exists("two.req"));
}

/* As from cron or sudo: no variable says where a lock could be. */
static void runs_without_an_environment_make_one_key(void **state)
{
    (void)state;
    assert_int_equal(0, unsetenv("P11CERT_LOCK"));
    assert_int_equal(0, unsetenv("XDG_RUNTIME_DIR"));
    assert_int_equal(RUNS, run_at_once(WORDS("new", "--subject", "CN=bare", "--key-type", "ec-p256", "--out",
                                             "bare-%d.req", "--token", "servers")));
    assert_int_equal(1, keys_labelled("bare"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_new_make_one_key),
        cmocka_unit_test(runs_of_issue_make_one_ca),
        cmocka_unit_test(runs_of_import_leave_one_key),
        cmocka_unit_test(runs_of_init_make_one_token),
        cmocka_unit_test(without_a_lock_the_second_key_is_removed),
        cmocka_unit_test(runs_without_an_environment_make_one_key),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
