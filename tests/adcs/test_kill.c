/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert submit and retrieve, killed at each call of the module and run again: they end in the same state. */
#include "ca_world.h"

#include <signal.h>

#define REACH "--token", "servers", "--cacert", ca.cacert, "--auth", "none"

static int make_world(void **state)
{
    (void)ca_world_new(state);
    make_request("server");
    return 0;
}

/* Does what its messages say, until nothing is left to do. */
static void go_on(const char *url)
{
    const run_result *result = SUBMIT(url, "server.req", TEMPLATE, "--accept", "--auth", "none");

    if (result->exit_code == 8 && strstr(result->err, "`p11cert retrieve` asks")) {
        result = RETRIEVE("--accept", "--auth", "none", "--out", "server.cer");
    } else if (result->exit_code == 8 && strstr(result->err, "submit it with --again")) {
        result = SUBMIT(url, "server.req", TEMPLATE, "--accept", "--again", "--auth", "none");
    } else if (result->exit_code == 8) {
        expect_contains(result, result->err, "\"server.cer\" exists");
        return; /* it was complete before it was killed */
    }
    expect_exit(result, 0);
}

/* One key with one certificate, no record, and the certificate is the one in the file. */
static void expect_end_state(void)
{
    const char *objects = out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login",
                                       "--pin", USER_PIN, "--list-objects"));

    assert_int_equal(0, count_of(objects, "'p11cert pending request'"));
    assert_int_equal(1, count_of(objects, "Private Key Object"));
    assert_int_equal(3, count_of(objects, "  label:      server\n")); /* private and public key, certificate */
    shell("pkcs11-tool --module %s --token-label servers --login --pin %s --read-object --type cert --label server "
          "--output-file bound.der >/dev/null 2>&1; openssl x509 -in server.cer -outform DER | cmp - bound.der; rm "
          "bound.der",
          SOFTHSM, USER_PIN);
}

static void sweep_of_kills(const char *const *words, const char *url)
{
    unsigned call = 1;

    shell("cp -a tokens before");
    for (;; call++) {
        const run_result *killed = run_with_fault(words, text_of("call=%u kill=0", call));

        if (killed->signal == 0) {
            expect_exit(killed, 0);
            break;
        }
        assert_int_equal(SIGKILL, killed->signal);
        go_on(url);
        expect_end_state();
        shell("rm -rf tokens server.cer*; cp -a before tokens");
    }
    (void)fprintf(stderr, "    killed at each of %u calls\n", call - 1);
    assert_true(call > 20);
}

static void a_submission(void **state)
{
    const char *url = ca_url(ca.https, "anonymous/enterprise");

    (void)state;
    sweep_of_kills(WORDS("submit", "server.req", REACH, "--ca", url, TEMPLATE, "--accept"), url);
}

static void a_retrieval(void **state)
{
    const char *url = ca_url(ca.https, "anonymous/standalone");

    (void)state;
    approve(number_in(SUBMIT(url, "server.req", "--auth", "none")));
    sweep_of_kills(WORDS("retrieve", REACH, "--accept", "--out", "server.cer"), url);
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
