/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert init, tokens and doctor: making a token, and reporting what exists and what will cause problems. */
#include "harness.h"

#define INIT(...) P11CERT("init", __VA_ARGS__, "--so-pin-source", "file:so.pin")

static void init_makes_a_token_that_other_tools_can_log_in_to(void **state)
{
    (void)state;
    expect_golden(INIT("first"), 0, "init-made");
    assert_string_equal("", token_objects("first", "privkey"));
}

static void init_again_does_nothing(void **state)
{
    (void)state;
    token_make_key("first", "precious", "01");
    expect_golden(INIT("first"), 0, "init-there");
    assert_int_equal(1, token_count("first", "privkey"));
    assert_int_equal(1, count_of(out_of(WORDS("softhsm2-util", "--show-slots")), "first"));
}

/* A token that was made, and whose user PIN was not set: the rest is done. */
static void init_completes_an_interrupted_run(void **state)
{
    (void)state;
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--init-token", "--slot-index", "1", "--label", "begun",
                       "--so-pin", SO_PIN));
    expect_golden(INIT("begun"), 0, "init-finished");
    assert_string_equal("", token_objects("begun", "privkey"));
}

static void init_reads_both_pins_before_it_makes_anything(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("init", "half", "--so-pin-source", "file:so.pin", "--pin-source", "file:none.pin"),
                            "C_InitToken", &calls),
                  4, "init-no-user-pin");
    assert_int_equal(0, calls);
    assert_int_equal(0, count_of(out_of(WORDS("softhsm2-util", "--show-slots")), "half"));
}

static void init_with_a_wrong_officer_pin_is_reported(void **state)
{
    size_t calls = 0;

    (void)state;
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--init-token", "--slot-index", "2", "--label", "guarded",
                       "--so-pin", SO_PIN));
    expect_golden(run_spied(WORDS("init", "guarded", "--so-pin-source", "file:user.pin"), "C_Login", &calls), 5,
                  "init-wrong-so-pin");
    assert_int_equal(1, calls);
}

static void tokens_lists_a_module(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("tokens", "--module", SOFTHSM);
    expect_exit(result, 0);
    expect_contains(result, result->out, SOFTHSM "\n");
    expect_contains(result, result->out, "    first\n        --token 'pkcs11:");
    expect_contains(result, result->out,
                    "token=first'\n        SoftHSM project, model SoftHSM v2; PIN of 4 to 255 bytes\n");
    expect_contains(result, result->out, "    1 free slot: `p11cert init LABEL` makes a token\n");
    assert_int_equal(3, count_of(result->out, "--token '"));
}

static void the_uri_that_tokens_prints_finds_the_token(void **state)
{
    char uri[256] = "";
    const run_result *result;

    (void)state;
    result = P11CERT("tokens", "--module", SOFTHSM);
    const char *at = strstr(result->out, "    first\n        --token '");

    assert_non_null(at);
    assert_int_equal(1, sscanf(at, "    first\n        --token '%255[^']", uri));
    expect_exit(P11CERT("list", "--token", uri), 0);
}

static void tokens_logs_in_to_nothing(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_exit(run_spied(WORDS("tokens"), "C_Login", &calls), 0);
    assert_int_equal(0, calls);
}

static void doctor_finds_no_problem_on_a_good_token(void **state)
{
    (void)state;
    only_with_engine();
    expect_golden(P11CERT("doctor", "--token", "first"), 0, "doctor-well");
}

static void doctor_says_which_signer_is_in_use_and_what_the_others_need(void **state)
{
    (void)state;
    only_with_engine();
    expect_golden(P11CERT("doctor", "--token", "first", "--signer", "native"), 0, "doctor-signer-native");
}

static void build_without_engines_says_so(void **state)
{
    (void)state;
    only_without_engine();
    const run_result *result = P11CERT("doctor", "--token", "first");

    expect_exit(result, 0);
    expect_contains(result, result->out, "native, the default of this build");
    expect_lacks(result, result->out, "engine");
    result = P11CERT("new", "--signer", "engine", "--token", "first", "--subject", "CN=a", "--out", "a.req");
    expect_exit(result, 2);
    expect_contains(result, result->err, "this build of p11cert has no signer \"engine\"");
    assert_false(file_exists("a.req"));
}

static void unknown_signer_is_refused(void **state)
{
    (void)state;
    expect_golden(P11CERT("doctor", "--token", "first", "--signer", "natve"), 2, "signer-unknown");
    assert_int_equal(0, setenv("P11CERT_SIGNER", "none", 1));
    const run_result *result = P11CERT("doctor", "--token", "first");

    (void)unsetenv("P11CERT_SIGNER");
    expect_exit(result, 2);
    expect_contains(result, result->err, "engine, native");
}

static void doctor_without_a_pin_does_not_log_in(void **state)
{
    char source[128];
    size_t calls = 0;

    (void)state;
    only_with_engine();
    (void)snprintf(source, sizeof source, "%s", getenv("P11CERT_PIN_SOURCE"));
    (void)unsetenv("P11CERT_PIN_SOURCE");
    const run_result *result = run_spied(WORDS("doctor", "--token", "first"), "C_Login", &calls);

    assert_int_equal(0, setenv("P11CERT_PIN_SOURCE", source, 1));
    expect_golden(result, 0, "doctor-no-login");
    assert_int_equal(0, calls);
}

static void doctor_reports_what_will_cause_problems(void **state)
{
    (void)state;
    (void)INIT("biting");
    token_make_key("biting", "one", "07");
    token_make_key("biting", "two", "07");
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "biting", "--login", "--pin", USER_PIN,
                       "--keypairgen", "--key-type", "EC:edwards25519", "--label", "edwards", "--id", "08"));
    const run_result *result = P11CERT("doctor", "--token", "biting");

    expect_exit(result, 0);
    expect_contains(result, result->out, "token.duplicate-id");
    expect_contains(result, result->out, "share a CKA_ID");
    expect_contains(result, result->out, "token.foreign-key");
    expect_contains(result, result->out, "\"edwards\"");
}

static void doctor_names_what_stops_the_work(void **state)
{
    (void)state;
    only_with_engine();
    expect_golden(P11CERT("doctor", "--token", "first", "--module", "./none.so"), 6, "doctor-no-module");
    expect_golden(P11CERT("doctor", "--token", "first", "--pin-source", "file:so.pin"), 6, "doctor-wrong-pin");
    const run_result *several = P11CERT("doctor");

    expect_exit(several, 6);
    expect_contains(several, several->out, "name one with --token LABEL");
    several = P11CERT("doctor", "--json");
    expect_contains(several, several->out, "name one with --token LABEL");
    const run_result *result = run_with_fault(WORDS("doctor", "--token", "first"), "C_GetMechanismList=1+ return=0x70");

    /* A list that cannot be read says nothing about its contents. */
    expect_contains(result, result->out, "the module does not report the token's mechanisms");
    expect_lacks(result, result->out, "the token has no CKM_");
}

/* SoftHSM itself says only CKR_GENERAL_ERROR (tests/token/test_softhsm.c has the other situations). */
static void softhsm_without_its_configuration_is_explained_by_every_verb(void **state)
{
    static const char *const verbs[] = { "doctor", "list", "tokens" };
    char *configuration = strdup(getenv("SOFTHSM2_CONF"));

    (void)state;
    only_with_engine();
    assert_int_equal(0, setenv("SOFTHSM2_CONF", "/nonexistent/softhsm2.conf", 1));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "softhsm-no-configuration-%s", verbs[i]);
        expect_golden(P11CERT(verbs[i], "--module", SOFTHSM), 6, name);
    }
    /* It opens every module of this machine; what those leak is not p11cert's. */
    const run_result *result = RUN("env", "ASAN_OPTIONS=detect_leaks=0", P11CERT_PROGRAM, "tokens", "--json");

    assert_int_equal(0, setenv("SOFTHSM2_CONF", configuration, 1));
    free(configuration);
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"problem\": \"SoftHSM cannot read its configuration");
    expect_contains(result, result->out, "\"hint\": \"SOFTHSM2_CONF names this file");
}

/* With the default signer, whichever one the other tests are run with, and without the one that only some machines
 * have. */
static int default_world_new(void **state)
{
    int failed = world_new(state);

    return unsetenv("P11CERT_SIGNER") != 0 || setenv("OPENSSL_MODULES", "/nonexistent", 1) != 0 || failed;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_makes_a_token_that_other_tools_can_log_in_to),
        cmocka_unit_test(init_again_does_nothing),
        cmocka_unit_test(init_completes_an_interrupted_run),
        cmocka_unit_test(init_reads_both_pins_before_it_makes_anything),
        cmocka_unit_test(init_with_a_wrong_officer_pin_is_reported),
        cmocka_unit_test(tokens_lists_a_module),
        cmocka_unit_test(the_uri_that_tokens_prints_finds_the_token),
        cmocka_unit_test(tokens_logs_in_to_nothing),
        cmocka_unit_test(doctor_finds_no_problem_on_a_good_token),
        cmocka_unit_test(doctor_says_which_signer_is_in_use_and_what_the_others_need),
        cmocka_unit_test(build_without_engines_says_so),
        cmocka_unit_test(unknown_signer_is_refused),
        cmocka_unit_test(doctor_without_a_pin_does_not_log_in),
        cmocka_unit_test(doctor_reports_what_will_cause_problems),
        cmocka_unit_test(doctor_names_what_stops_the_work),
        cmocka_unit_test(softhsm_without_its_configuration_is_explained_by_every_verb),
    };

    return cmocka_run_group_tests(tests, default_world_new, world_remove);
}
