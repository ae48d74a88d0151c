/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert check: the list of rules, waivers on the command line, and the files it writes. */
#include "harness.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define CHECK(...) P11CERT("check", "poor.cer", "--no-token", __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-days", "200",
                       "-subj", "/CN=server.example.com", "-addext", "keyUsage=critical,digitalSignature", "-addext",
                       "extendedKeyUsage=serverAuth", "-out", "poor.cer"));
    (void)unlink("key");
    return 0;
}

static void rules_are_listed(void **state)
{
    const run_result *result = P11CERT("check", "--list-rules");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "\nEXP-5       The key is exportable, as the page requires\n");
    expect_contains(result, result->out, "scom, error:\n");
    expect_golden(P11CERT("check", "--list-rules", "--policy", "scom"), 0, "check-list-rules-scom");
    result = P11CERT("check", "--list-rules", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"id\": \"EXP-5\"");
    expect_exit(P11CERT("check", "--list-rules", "--policy", "swom"), 2);
}

static void mistakes_in_waivers_and_files_are_usage_errors(void **state)
{
    static const struct {
        const char *golden;
        const char *words[12];
    } rows[] = {
        { "waive-no-reason", { "--waive", "EXP-5" } },
        { "waive-blank-reason", { "--waive", "EXP-5", "--reason", "  " } },
        { "waive-second-no-reason", { "--waive", "EXP-5", "--reason", "a", "--waive", "EXP-3" } },
        { "waive-reason-first", { "--reason", "a", "--waive", "EXP-5" } },
        { "waive-until-first", { "--until", "2099-01-01" } },
        { "waive-two-reasons", { "--waive", "EXP-5", "--reason", "a", "--reason", "b" } },
        { "waive-twice", { "--waive", "EXP-5", "--reason", "a", "--waive", "exp-5", "--reason", "b" } },
        { "probe-no-token", { "--probe" } },
        { "force-nothing", { "--force" } },
        { "same-file", { "--html", "a", "--junit", "a" } },
        { "json-stdout", { "--html", "-", "--json" } },
        { "list-and-judge", { "--list-rules" } },
    };
    const char *before = folder_listing();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[20] = { P11CERT_PROGRAM, "check", "poor.cer", "--no-token" };
        char golden[64];

        memcpy(words + 4, rows[i].words, sizeof rows[i].words);
        (void)snprintf(golden, sizeof golden, "check-%s", rows[i].golden);
        expect_golden(run_words(words), 2, golden);
    }
    assert_string_equal(before, folder_listing());
}

/* Each text belongs to the waiver before it, and all of them reach the judge. */
static void several_waivers_are_taken(void **state)
{
    const run_result *result =
        CHECK("--waive", "EKU", "--reason", "a", "--until", "2099-12-31", "--waive", "KU", "--reason", "b");

    (void)state;
    assert_in_range(result->exit_code, 0, 1);
    expect_contains(result, result->out, "EKU");
    assert_string_equal("", result->err);
}

static void many_waivers_are_taken(void **state)
{
    (void)state;
    expect_golden(RUN("sh", "-c", "\"$1\" check poor.cer $(seq -f '--waive R-%g --reason a --until 2099-01-01' 100)",
                      "sh", P11CERT_PROGRAM),
                  2, "check-waive-many");
}

static size_t xpath_count(const char *file, const char *expression)
{
    char whole[256];

    (void)snprintf(whole, sizeof whole, "count(%s)", expression);
    return strtoul(out_of(WORDS("xmllint", "--xpath", whole, file)), NULL, 10);
}

static void both_reports_are_written_beside_the_text(void **state)
{
    const run_result *text = CHECK("--fqdn", "server.example.com");
    const run_result *result = CHECK("--fqdn", "server.example.com", "--html", "a.html", "--junit", "a.xml");
    struct stat info;

    (void)state;
    expect_exit(result, 1);
    (void)out_of(WORDS("xmllint", "--noout", "--schema", TEST_DATA_DIR "/junit.xsd", "a.xml"));
    assert_int_equal(count_of(text->out, "\nFAIL "), xpath_count("a.xml", "//testcase/failure"));
    assert_int_equal(count_of(text->out, "\nFAIL "), xpath_count("a.html", "//article//span[@class='verdict fail']"));
    assert_int_equal(count_of(text->out, "\nnot checked "), xpath_count("a.xml", "//testcase/skipped"));
    assert_int_equal(xpath_count("a.html", "//article"), xpath_count("a.xml", "//testcase"));
    assert_int_equal(count_of(text->out, "\n"), count_of(result->out, "\n"));
    assert_int_equal(0, stat("a.html", &info));
    assert_int_equal(0, info.st_mode & 0133);
    expect_exit(CHECK("--html", "b.html", "--json"), 1);
    assert_true(file_exists("b.html"));
}

/* Only the time of the check differs, which is not what a report says. */
static void a_report_that_says_the_same_is_left_alone(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(CHECK("--html", "same.html", "--junit", "same.xml"), 1);
    (void)out_of(WORDS("sh", "-c",
                       "at=$(grep -o 'timestamp=\"[^\"]*\"' same.xml | head -n 1 | cut -d'\"' -f2); "
                       "sed -i \"s/from $at/from START/g; s/$at/2001-02-03T04:05:06/g; s/START/$at/g; s/[0-9]* days "
                       "left/1234 days left/\" same.html same.xml; "
                       "grep -q '1234 days left' same.html; "
                       "grep -q 2001-02-03T04:05:06 same.html; grep -q 2001-02-03T04:05:06 same.xml; "
                       "sha256sum same.* > sums"));
    result = CHECK("--html", "same.html", "--junit", "same.xml", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\"changed\": false");
    result = CHECK("--html", "same.html", "--junit", "same.xml");
    expect_exit(result, 1);
    expect_contains(result, result->out, "the report in \"same.html\" has the same content; it was not changed");
    (void)out_of(WORDS("sha256sum", "-c", "sums"));
    result = CHECK("--html", "same.html", "--junit", "new.xml", "--fqdn", "other.contoso.com");
    expect_exit(result, 8);
    expect_contains(result, result->err, "it is not the HTML report of this check; no report was written");
    assert_false(file_exists("new.xml"));
    (void)out_of(WORDS("sha256sum", "-c", "sums"));
    result = CHECK("--html", "same.html", "--force", "--json");
    expect_contains(result, result->out, "\"changed\": true");
}

static void a_file_that_exists_is_replaced_only_with_force(void **state)
{
    (void)state;
    file_write("kept", "mine\n", 0644);
    expect_golden(CHECK("--html", "kept"), 8, "check-html-exists");
    expect_golden(CHECK("--junit", "kept", "--html", "new.html"), 8, "check-junit-exists");
    assert_string_equal("mine\n", file_read("kept", NULL));
    assert_false(file_exists("new.html"));
    expect_exit(CHECK("--html", "kept", "--force"), 1);
    assert_int_equal(1, xpath_count("kept", "/html"));
}

/* Two spellings of one file: the second report finds the first in its place. */
static void files_already_written_are_reported(void **state)
{
    (void)state;
    expect_golden(CHECK("--junit", "one", "--html", "./one"), 8, "check-same-file-spelt");
    assert_int_equal(1, xpath_count("one", "/testsuites"));
}

static void a_report_can_go_to_standard_output(void **state)
{
    const run_result *result = CHECK("--junit", "-");

    (void)state;
    expect_exit(result, 1);
    file_write("piped.xml", result->out, 0644);
    (void)out_of(WORDS("xmllint", "--noout", "--schema", TEST_DATA_DIR "/junit.xsd", "piped.xml"));
    expect_contains(result, result->err, "FAIL ");
    result = run_order_now(&(run_order){
        .words = WORDS(P11CERT_PROGRAM, "check", "poor.cer", "--no-token", "--html", "-"), .out = "/dev/full" });
    expect_golden(result, 3, "check-html-stdout-full");
}

/* Detected before the token is opened: no login for a report that cannot be written. */
static void an_output_that_cannot_be_written_is_reported_before_the_token_is_used(void **state)
{
    size_t calls = 0;
    const char *before = folder_listing();

    (void)state;
    const run_result *result =
        run_spied(WORDS("check", "poor.cer", "--token", "servers", "--html", "none/a.html"), "C_Initialize", &calls);

    assert_int_equal(0, calls);
    expect_golden(result, 3, "check-html-no-folder");
    expect_golden(CHECK("--junit", "tokens"), 3, "check-junit-folder");
    assert_string_equal(before, folder_listing());
}

static void a_check_that_fails_writes_no_report(void **state)
{
    (void)state;
    expect_exit(P11CERT("check", "poor.cer", "--token", "none", "--html", "never.html", "--junit", "never.xml"), 4);
    assert_false(file_exists("never.html"));
    assert_false(file_exists("never.xml"));
}

/* A disk with room for one report but not for the other, although at first there seems to be room. */
static void a_full_disk_leaves_no_half_report(void **state)
{
    char block[1024] = { 0 };
    const run_result *result;

    (void)state;
    if (geteuid() != 0) {
        print_message("[  NOTE    ] only root can mount a small disk: this case needs root\n");
        return;
    }
    assert_int_equal(0, mkdir("disk", 0700));
    assert_int_equal(0, mount("none", "disk", "tmpfs", 0, "size=16k"));
    int fd = open("disk/filler", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0) {
    }
    (void)close(fd);
    result = CHECK("--junit", "fits.xml", "--html", "disk/a.html");
    const char *left = out_of(WORDS("ls", "-A", "disk"));

    assert_int_equal(0, umount("disk"));
    assert_int_equal(0, rmdir("disk"));
    expect_golden(result, 3, "check-html-disk-full");
    assert_string_equal("filler\n", left);
    assert_false(file_exists("fits.xml"));
}

/* The PIN comes from a source that can be read only once. */
static void a_report_is_signed_by_a_key_on_the_token(void **state)
{
    const run_result *result;
    const run_order order = {
        .words =
            WORDS("sh", "-c",
                  "PIN=$(cat user.pin) exec " P11CERT_PROGRAM " check poor.cer --token servers --pin-source env:PIN "
                  "--html signed.html --junit signed.xml --sign-with signer"),
    };

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--label", "signer", "--subject", "CN=auditor", "--key-type",
                        "ec-p256", "--key-usage", "digitalSignature", "--out", "signer.req"),
                0);
    (void)out_of(
        WORDS("sh", "-ec",
              "openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -subj /CN=Root -days 9 -out root.pem\n"
              "echo keyUsage=critical,digitalSignature > ku\n"
              "openssl x509 -req -in signer.req -CA root.pem -CAkey root.key -set_serial 7 -days 9 -extfile ku "
              "-out signer.pem"));
    expect_exit(P11CERT("accept", "signer.pem", "--token", "servers", "--chain", "root.pem"), 0);
    result = run_order_now(&order);
    expect_exit(result, 1);
    expect_contains(result, result->out, "signed:  signed.html.p7s\n");
    (void)out_of(WORDS("sh", "-ec",
                       "for f in signed.html signed.xml; do openssl cms -verify -inform DER -in $f.p7s -content $f "
                       "-CAfile root.pem -binary -purpose any -out /dev/null; done; grep -q 'p7s' signed.html"));
    expect_exit(P11CERT("verify", "signed.html", "--trust", "root.pem"), 0);
    /* A second run changes neither report nor signature. */
    result = P11CERT("check", "poor.cer", "--token", "servers", "--html", "signed.html", "--junit", "signed.xml",
                     "--sign-with", "signer", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "\"changed\": false");
    expect_contains(result, result->out, "\"out\": \"signed.xml.p7s\"");
}

static void a_report_that_cannot_be_signed_is_reported(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("check", "poor.cer", "--token", "servers", "--html", "left.html", "--sign-with", "nobody");
    expect_exit(result, 4);
    expect_contains(result, result->err, "the report was written, but not signed");
    assert_true(file_exists("left.html"));
    assert_false(file_exists("left.html.p7s"));
    expect_exit(P11CERT("check", "poor.cer", "--token", "servers", "--html", "-", "--sign-with", "signer"), 2);
    expect_exit(P11CERT("check", "poor.cer", "--token", "servers", "--sign-with", "signer"), 2);
    expect_exit(CHECK("--html", "none.html", "--sign-with", "signer"), 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_listed),
        cmocka_unit_test(mistakes_in_waivers_and_files_are_usage_errors),
        cmocka_unit_test(several_waivers_are_taken),
        cmocka_unit_test(many_waivers_are_taken),
        cmocka_unit_test(both_reports_are_written_beside_the_text),
        cmocka_unit_test(a_report_that_says_the_same_is_left_alone),
        cmocka_unit_test(a_file_that_exists_is_replaced_only_with_force),
        cmocka_unit_test(a_report_is_signed_by_a_key_on_the_token),
        cmocka_unit_test(a_report_that_cannot_be_signed_is_reported),
        cmocka_unit_test(files_already_written_are_reported),
        cmocka_unit_test(a_report_can_go_to_standard_output),
        cmocka_unit_test(an_output_that_cannot_be_written_is_reported_before_the_token_is_used),
        cmocka_unit_test(a_check_that_fails_writes_no_report),
        cmocka_unit_test(a_full_disk_leaves_no_half_report),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
