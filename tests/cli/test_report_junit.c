/* SPDX-License-Identifier: Apache-2.0 */
/* The JUnit report, judged by xmllint: by schema, and by counting what is in it. */
#include "harness.h"

#include "cli/report/junit.h"
#include "report_sample.h"

#define SCHEMA TEST_DATA_DIR "/junit.xsd"

static void write_report(const pc_report *report, const char *host)
{
    PC_AUTO(free) pc_report *copy = sample_copy(report);
    const pc_check_result result = { .reports = &copy, .report_count = 1 };
    pc_error err = { .status = PC_OK };
    PC_AUTO(free) char *text = NULL;
    size_t len = 0;

    assert_int_equal(PC_OK, pc_check_to_junit(&result, host, &text, &len, &err));
    assert_int_equal(len, strlen(text));
    file_write("report.xml", text, 0644);
    (void)out_of(WORDS("xmllint", "--noout", "--schema", SCHEMA, "report.xml"));
}

static const char *xpath(const char *expression)
{
    return out_of(WORDS("xmllint", "--xpath", expression, "report.xml"));
}

static void expect_xpath(const char *expression, const char *expected)
{
    const char *got = xpath(expression);

    if (strncmp(got, expected, strlen(expected)) != 0 || strcmp(got + strlen(expected), "\n") != 0) {
        fail_msg("%s is %swhere %s was expected", expression, got, expected);
    }
}

/* Results with distinct names are not merged by a build server. */
static void names_carry_what_was_checked_and_levels_decide_what_fails(void **state)
{
    pc_report first = sample_report();
    pc_report second = least_report();
    pc_report *reports[] = { &first, &second };
    static const pc_checked_file files[] = { { "stray.cer", PC_FILE_UNUSED }, { "root.cer", PC_FILE_ISSUER } };
    const pc_check_result result = { .reports = reports, .report_count = 2, .files = files, .file_count = 2 };
    pc_error err = { .status = PC_OK };
    PC_AUTO(free) char *text = NULL;
    size_t len = 0;

    (void)state;
    first.name = "a.cer, serial 01";
    first.fail_on = PC_FAIL_ON_NOT_CHECKED;
    second.name = "b.cer";
    assert_int_equal(PC_OK, pc_check_to_junit(&result, "auditor-1", &text, &len, &err));
    file_write("report.xml", text, 0644);
    (void)out_of(WORDS("xmllint", "--noout", "--schema", SCHEMA, "report.xml"));
    expect_xpath("string(//testsuite[1]/@name)", "p11cert.check.scom.a.cer, serial 01");
    expect_xpath("string(//testcase[1]/@classname)", "p11cert.check.scom.a.cer, serial 01");
    expect_xpath("string(//testsuite[1]/@failures)", "3");
    expect_xpath("count(//testsuite[1]//failure)", "3");
    expect_xpath("string(//testsuite[1]/@skipped)", "1");
    expect_xpath("string(//testsuite[3]/testcase[1]/@name)", "stray.cer");
    expect_xpath("string(//testsuite[3]/testcase[2]/failure/@message)", "no rule could be checked");
    expect_xpath("number(/testsuites/@failures) = count(//failure)", "true");
    expect_xpath("number(/testsuites/@tests) = count(//testcase)", "true");
}

static void each_verdict_becomes_what_a_build_server_shows(void **state)
{
    static const char *const rows[][2] = {
        { "count(//testcase)", "6" },
        { "count(//testcase/failure)", "1" },
        { "count(//testcase/skipped)", "2" },
        { "count(//testcase/system-out)", "5" },
        { "string(/testsuites/@failures)", "1" },
        { "string(/testsuites/@tests)", "6" },
        { "string(//testsuite/@tests)", "6" },
        { "string(//testsuite/@failures)", "1" },
        { "string(//testsuite/@errors)", "0" },
        { "string(//testsuite/@skipped)", "2" },
        { "string(//testsuite/@name)", "p11cert.check.scom" },
        { "string(//testsuite/@timestamp)", "2026-11-23T01:00:00" },
        { "string(//testsuite/@hostname)", "auditor-1" },
        { "string(//failure/@type)", "error" },
        { "string(//skipped[@type='not-checked']/@message)", "No root certificate was given." },
        { "string(//skipped[@type='waived']/@message)", "The key stays in the HSM: <b>decision</b> 2026/14." },
        { "string(//property[@name='policy file']/@value)", "own <policy>.yaml" },
        { "string(//property[@name='token']/@value)", "servers" },
        { "string(//testcase[1]/@name)", "SUBJ-CN: A common name is the server's name" },
        { "count(//testcase[starts-with(@name,'EXPIRY')]/*)", "1" },
        { "contains(//testcase[starts-with(@name,'EXPIRY')]/system-out,'verdict: warning')", "true" },
        { "contains(//failure,'waiver: expired; until 2025-01-31')", "true" },
        { "contains(//testcase[starts-with(@name,'EXP-6')]/system-out,'waiver: unneeded; until no end')", "true" },
        { "contains(//testcase[starts-with(@name,'EXP-5')]/system-out,'waiver: applied; until 2027-06-30')", "true" },
    };
    const pc_report report = sample_report();

    (void)state;
    write_report(&report, "auditor-1");
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        expect_xpath(rows[i][0], rows[i][1]);
    }
}

static void no_text_breaks_the_document(void **state)
{
    const pc_report report = sample_report();

    (void)state;
    write_report(&report, NULL);
    expect_xpath("count(//script) + count(//img) + count(//b)", "0");
    expect_xpath("count(//@hostname)", "0");
    expect_xpath("string(//failure/@message)",
                 "\"><script>document.title='owned'</script><img src=\"http://probe.invalid/x.png\" onerror=alert(1)> "
                 "&amp; ]]> bell\\x07 esc\\x1b[31m bidi\\xe2\\x80\\xae latin1\\xe9 none\\xef\\xbf\\xbf end");
    expect_xpath("contains(//failure,'\n  [Extensions]\n  2.5.29.17')", "true");
}

static void what_is_not_known_is_left_out(void **state)
{
    const pc_report report = least_report();

    (void)state;
    write_report(&report, NULL);
    expect_xpath("count(//testsuite/@timestamp)", "0");
    expect_xpath("count(//property)", "2");
    expect_xpath("count(//skipped)", "1");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_carry_what_was_checked_and_levels_decide_what_fails),
        cmocka_unit_test(each_verdict_becomes_what_a_build_server_shows),
        cmocka_unit_test(no_text_breaks_the_document),
        cmocka_unit_test(what_is_not_known_is_left_out),
    };

    return cmocka_run_group_tests(tests, world_new, world_remove);
}
