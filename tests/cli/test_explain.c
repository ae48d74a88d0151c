/* SPDX-License-Identifier: Apache-2.0 */
/* `explain`: exact texts for people and for programs, without using a token. */
#include "harness.h"

#include <unistd.h>

#define INF "CertRequestConfig.inf"

static int make_world(void **state)
{
    (void)world_new(state);
    file_write(INF, file_read(TEST_DATA_DIR "/" INF, NULL), 0644);
    file_write("capolicy.inf", file_read(TEST_DATA_DIR "/inf/capolicy.inf", NULL), 0644);
    file_write("mixed.inf", file_read(TEST_DATA_DIR "/inf/mixed.inf", NULL), 0644);
    return 0;
}

static void file_of_the_guide_is_explained_line_by_line(void **state)
{
    (void)state;
    expect_golden(P11CERT("explain", INF), 0, "explain-guide");
    expect_golden(P11CERT("explain", INF, "--json"), 0, "explain-guide-json");
}

static void every_kind_of_name_and_effect_is_reported(void **state)
{
    (void)state;
    expect_golden(P11CERT("explain", "mixed.inf"), 0, "explain-mixed");
    expect_golden(P11CERT("explain", "mixed.inf", "--json"), 0, "explain-mixed-json");
}

static void capolicy_file_is_explained_and_not_taken_for_a_request(void **state)
{
    (void)state;
    expect_golden(P11CERT("explain", "capolicy.inf"), 0, "explain-capolicy");
    expect_golden(P11CERT("explain", "capolicy.inf", "--json"), 0, "explain-capolicy-json");
}

static void refused_finding_is_the_one_that_new_gives(void **state)
{
    const run_result *result;

    (void)state;
    file_write("weak.inf", "[NewRequest]\nSubject=\"CN=a\"\nHashAlgorithm=sha1\n", 0644);
    result = P11CERT("explain", "weak.inf");
    expect_exit(result, 0);
    expect_contains(result, result->out, "HashAlgorithm \"sha1\" is not supported: SHA-1 collisions");
    result = P11CERT("new", "weak.inf", "--out", "weak.req");
    expect_exit(result, 3);
    expect_contains(result, result->err, "HashAlgorithm \"sha1\" is not supported: SHA-1 collisions");
}

static void there_is_no_colour_in_a_pipe(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("explain", INF);
    expect_lacks(result, result->out, "\033");
}

/* Even if the environment names a token. The loader says what is loaded. */
static void token_is_not_touched(void **state)
{
    const run_result *result;

    (void)state;
    result = RUN("env", "P11CERT_MODULE=" SOFTHSM, "P11CERT_TOKEN=servers", "P11CERT_PIN_SOURCE=prompt",
                 "LD_DEBUG=files", P11CERT_PROGRAM, "explain", INF);
    expect_exit(result, 0);
    expect_contains(result, result->err, "libp11cert");
    expect_lacks(result, result->err, "softhsm");
    expect_exit(RUN("env", "P11CERT_MODULE=/does/not/exist", P11CERT_PROGRAM, "explain", INF), 0);
}

static const struct {
    const char *file;
    int exit_code;
    const char *says;
} refused[] = {
    { "none.inf", 4, "No such file" },    { "tokens", 3, "\"tokens\"" },   { "empty.inf", 3, "is empty" },
    { "huge.inf", 3, "104857600 bytes" }, { "text.inf", 3, "no section" },
};

static void file_that_is_not_an_inf_is_refused(void **state)
{
    (void)state;
    file_write("empty.inf", "", 0644);
    file_write("text.inf", "a letter\n", 0644);
    file_write("huge.inf", "[NewRequest]\n", 0644);
    assert_int_equal(0, truncate("huge.inf", 100L * 1024 * 1024));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const run_result *result = P11CERT("explain", refused[i].file);

        expect_exit(result, refused[i].exit_code);
        expect_contains(result, result->err, refused[i].says);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_of_the_guide_is_explained_line_by_line),
        cmocka_unit_test(every_kind_of_name_and_effect_is_reported),
        cmocka_unit_test(capolicy_file_is_explained_and_not_taken_for_a_request),
        cmocka_unit_test(refused_finding_is_the_one_that_new_gives),
        cmocka_unit_test(there_is_no_colour_in_a_pipe),
        cmocka_unit_test(token_is_not_touched),
        cmocka_unit_test(file_that_is_not_an_inf_is_refused),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
