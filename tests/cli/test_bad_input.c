/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong in practice. Each case requires a clear error, the right exit code, and nothing half done on token or
 * disk; where a PIN is involved, no more than one login.
 */
#include "harness.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_WORDS(subject, ...) \
    WORDS("new", "--subject", subject, "--key-type", "ec-p256", "--token", "servers", __VA_ARGS__)
#define NEW(subject, ...) \
    P11CERT("new", "--subject", subject, "--key-type", "ec-p256", "--token", "servers", __VA_ARGS__)

/* Keys on the token and names in the folder, before and after. */
typedef struct {
    size_t keys;
    size_t certificates;
    const char *files;
} census;

static census take_census(void)
{
    return (census){ token_count("servers", "privkey"), token_count("servers", "cert"), folder_listing() };
}

static void expect_unchanged(census before)
{
    census now = take_census();

    assert_int_equal(before.keys, now.keys);
    assert_int_equal(before.certificates, now.certificates);
    assert_string_equal(before.files, now.files);
}

/* ---- the PIN ---- */

static void a_wrong_pin_is_tried_once(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("list", "--token", "servers", "--pin-source", "file:so.pin"), "C_Login", &calls), 5,
                  "bad-pin-wrong");
    assert_int_equal(1, calls);
}

static void a_pin_file_that_is_open_to_others_is_not_read(void **state)
{
    size_t calls = 0;

    (void)state;
    file_write("open.pin", USER_PIN, 0644);
    expect_golden(run_spied(WORDS("list", "--token", "servers", "--pin-source", "file:open.pin"), "C_Login", &calls), 8,
                  "bad-pin-file-open");
    assert_int_equal(0, calls);
    assert_int_equal(0, unlink("open.pin"));
}

static void a_pin_that_cannot_be_right_is_not_tried(void **state)
{
    static const struct {
        const char *pin;
        int exit_code;
        const char *says;
    } rows[] = {
        { "", 5, "is empty; " },
        { "\n", 5, "is empty; " },
        { USER_PIN "\n\n", 3, "contains a line end; |a single line of UTF-8" },
        { USER_PIN "\nof token servers\n", 3, "contains a line end; " },
        { "\xef\xbb\xbf" USER_PIN "\r\n", 3, "begins with a byte order mark; " },
    };
    size_t calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        file_write("wrong.pin", rows[i].pin, 0600);
        const run_result *result =
            run_spied(WORDS("list", "--token", "servers", "--pin-source", "file:wrong.pin"), "C_Login", &calls);

        expect_exit(result, rows[i].exit_code);
        expect_said(result, rows[i].says);
        expect_contains(result, result->err, "no login was attempted");
        assert_int_equal(0, calls);
    }
    assert_int_equal(0, unlink("wrong.pin"));
}

/* The limits that a token reports may be wrong: they prevent nothing, and explain what failed. */
static void a_pin_outside_the_reported_limits_is_tried_once(void **state)
{
    size_t calls = 0;

    (void)state;
    file_write("short.pin", "123", 0600);
    expect_golden(run_spied(WORDS("list", "--token", "servers", "--pin-source", "file:short.pin"), "C_Login", &calls),
                  5, "bad-pin-short");
    assert_int_equal(1, calls);
    assert_int_equal(0, unlink("short.pin"));
}

static void a_line_end_is_not_part_of_a_pin(void **state)
{
    static const char *const pins[] = { USER_PIN, USER_PIN "\n", USER_PIN "\r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof pins / sizeof *pins; i++) {
        file_write("good.pin", pins[i], 0600);
        expect_exit(P11CERT("list", "--token", "servers", "--pin-source", "file:good.pin"), 0);
    }
    assert_int_equal(0, unlink("good.pin"));
}

static void a_pin_source_that_is_not_there_is_named(void **state)
{
    (void)state;
    expect_golden(P11CERT("list", "--token", "servers", "--pin-source", "file:none.pin"), 4, "bad-pin-file-none");
    expect_golden(P11CERT("list", "--token", "servers", "--pin-source", "env:NO_PIN_HERE"), 5, "bad-pin-env-none");
    expect_exit(P11CERT("list", "--token", "servers", "--pin-source", "file:tokens"), 3);
}

/* ---- token and module ---- */

static void a_missing_token_is_reported_with_those_that_exist(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("list", "--token", "nobody");
    expect_exit(result, 4);
    expect_contains(result, result->err, "p11cert: no token matches \"nobody\"\n  hint:    available: ");
    expect_contains(result, result->err, "\"servers\" (model SoftHSM v2, serial ");
    expect_contains(result, result->err, "\"ca\" (model SoftHSM v2, serial ");
    expect_exit(P11CERT("list", "--token", "pkcs11:token=servers;model=Other"), 4);
}

static void two_tokens_where_one_is_meant_are_both_listed(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("list");
    expect_exit(result, 4);
    expect_contains(result, result->err, "\"servers\"");
    expect_contains(result, result->err, "\"ca\"");
}

static void a_file_that_is_not_a_module_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("cp", SOFTHSM, "open-to-group.so"));
    assert_int_equal(0, chown("open-to-group.so", (uid_t)-1, 1)); /* not the private group of root */
    assert_int_equal(0, chmod("open-to-group.so", 0775));
    expect_golden(P11CERT("list", "--token", "servers", "--module", "/etc/passwd"), 3, "bad-module-text");
    expect_golden(P11CERT("list", "--token", "servers", "--module", "./none.so"), 4, "bad-module-missing");
    expect_golden(P11CERT("list", "--token", "servers", "--module", "./tokens"), 3, "bad-module-folder");
    expect_golden(P11CERT("list", "--token", "servers", "--module", "./open-to-group.so"), 8,
                  "bad-module-group-writable");
    expect_golden(P11CERT("list", "--token", "servers", "--module", "no-such-name"), 4, "bad-module-unregistered");
    const run_result *result =
        P11CERT("list", "--token", "servers", "--module", "/usr/lib/x86_64-linux-gnu/libpopt.so.0");

    expect_exit(result, 3);
    expect_contains(result, result->err, "is not a PKCS#11 module");
    assert_int_equal(0, unlink("open-to-group.so"));
}

static void a_token_that_cannot_make_the_key_says_so(void **state)
{
    const run_result *result;
    census before = take_census();

    (void)state;
    result = run_with_fault(NEW_WORDS("CN=a", "--out", "a.req"), "C_GenerateKeyPair=1+ return=0x70");
    expect_exit(result, 6);
    expect_contains(result, result->err, "C_GenerateKeyPair: CKR_MECHANISM_INVALID");
    expect_contains(result, result->err, "p11cert doctor");
    expect_lacks(result, result->err, "stays there");
    expect_unchanged(before);
}

/* ---- the INF ---- */

static void an_unusable_inf_is_reported_before_any_login(void **state)
{
    static const struct {
        const char *file;
        const char *golden;
        int exit_code;
    } rows[] = {
        { "none.inf", "bad-inf-none", 4 },         { "tokens", "bad-inf-folder", 3 },
        { "empty.inf", "bad-inf-empty", 3 },       { "binary.inf", "bad-inf-binary", 3 },
        { "huge.inf", "bad-inf-huge", 3 },         { "other.inf", "bad-inf-no-new-request", 3 },
        { "capolicy.inf", "bad-inf-capolicy", 3 },
    };
    size_t calls = 0;

    (void)state;
    file_write("empty.inf", "", 0644);
    file_write("binary.inf", "\177ELF\2\1\1\3\4\5\6\7\10\201\215\217\220\235", 0644);
    file_write("huge.inf", "[NewRequest]\n", 0644);
    assert_int_equal(0, truncate("huge.inf", 100L * 1024 * 1024));
    file_write("other.inf", "[EnhancedKeyUsageExtension]\nOID = 1.3.6.1.5.5.7.3.1\n", 0644);
    file_write("capolicy.inf", file_read(TEST_DATA_DIR "/inf/capolicy.inf", NULL), 0644);
    census before = take_census();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_golden(run_spied(WORDS("new", rows[i].file, "--token", "servers", "--out", "a.req"), "C_Login", &calls),
                      rows[i].exit_code, rows[i].golden);
        assert_int_equal(0, calls);
    }
    expect_unchanged(before);
}

static void an_unknown_key_in_an_inf_is_named_with_its_line(void **state)
{
    (void)state;
    file_write("unknown.inf",
               "[NewRequest]\nSubject = \"CN=unknown.example.com\"\nKeyLenght = 3072\nColour = red\n"
               "KeyAlgorithm = RSA\n\n[Nonsense]\na = b\n",
               0644);
    expect_golden(P11CERT("new", "unknown.inf", "--token", "servers", "--key-type", "ec-p256", "--out", "unknown.req"),
                  0, "bad-inf-unknown-key");
    assert_int_equal(0, unlink("unknown.req"));
}

/* ---- the output ---- */

static void an_output_file_that_exists_is_refused_before_login(void **state)
{
    size_t calls = 0;

    (void)state;
    file_write("there.req", "what was there\n", 0644);
    census before = take_census();

    expect_golden(run_spied(WORDS("new", "--subject", "CN=a", "--token", "servers", "--out", "there.req"), "C_Login",
                            &calls),
                  8, "bad-out-exists");
    assert_int_equal(0, calls);
    assert_string_equal("what was there\n", file_read("there.req", NULL));
    expect_unchanged(before);
}

static void force_replaces_the_output_file(void **state)
{
    (void)state;
    expect_exit(NEW("CN=forced", "--out", "there.req", "--force"), 0);
    expect_request_verifies("there.req");
    assert_int_equal(0, unlink("there.req"));
}

/* An existing device or pipe is not a file to be replaced: /dev/null must survive a careless --force. */
static void force_replaces_only_a_file(void **state)
{
    struct stat info;

    (void)state;
    assert_int_equal(0, mkfifo("a-fifo", 0600));
    const run_result *result = NEW("CN=forced-fifo", "--out", "a-fifo", "--force");

    assert_int_equal(0, lstat("a-fifo", &info));
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_not_equal(0, result->exit_code);
    assert_int_equal(0, unlink("a-fifo"));
}

static void a_missing_output_folder_is_reported_before_a_key_is_made(void **state)
{
    census before = take_census();

    (void)state;
    expect_golden(NEW("CN=a", "--out", "no-folder/a.req"), 3, "bad-out-no-folder");
    expect_golden(NEW("CN=a", "--out", "tokens"), 3, "bad-out-folder");
    expect_unchanged(before);
}

/* A disk of 16 KiB with a file that fills it; the folder must be empty. */
static void fill_small_disk(const char *folder)
{
    char block[1024] = { 0 };
    char path[64];

    assert_int_equal(0, mount("none", folder, "tmpfs", 0, "size=16k"));
    (void)snprintf(path, sizeof path, "%s/filler", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0) {
    }
    (void)close(fd);
}

static void a_full_output_folder_is_reported_before_a_key_is_made(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir("disk", 0700));
    if (geteuid() != 0) {
        print_message("[  NOTE    ] only root can mount a small disk: this case needs root\n");
        (void)rmdir("disk");
        return;
    }
    census before = take_census();

    fill_small_disk("disk");
    const run_result *result = NEW("CN=a", "--out", "disk/a.req");
    const char *left = out_of(WORDS("ls", "-A", "disk"));

    assert_int_equal(0, umount("disk"));
    expect_golden(result, 3, "bad-out-full");
    assert_string_equal("filler\n", left);
    expect_unchanged(before);
    assert_int_equal(0, rmdir("disk"));
}

static void a_report_that_cannot_be_written_is_a_failure(void **state)
{
    static const struct {
        const char *words[8];
        const char *golden;
    } rows[] = {
        { { P11CERT_PROGRAM, "--help" }, "bad-stdout-full" },
        { { P11CERT_PROGRAM, "--version" }, "bad-stdout-full" },
        { { P11CERT_PROGRAM, "list", "--help" }, "bad-stdout-full" },
        { { P11CERT_PROGRAM, "list", "--token", "servers" }, "bad-report-full" },
        { { P11CERT_PROGRAM, "list", "--token", "servers", "--json" }, "bad-report-full" },
        { { P11CERT_PROGRAM, "tokens", "--module", SOFTHSM }, "bad-report-full" },
        { { P11CERT_PROGRAM, "doctor", "--token", "servers" }, "bad-report-full" },
        { { P11CERT_PROGRAM, "check", "failing.inf", "--no-token" }, "bad-report-full" },
    };

    (void)state;
    file_write("failing.inf", "[NewRequest]\nSubject=\"CN=a\"\nKeySpec=2\n", 0644);
    assert_int_equal(1, P11CERT("check", "failing.inf", "--no-token")->exit_code); /* whole, it ends by its finding */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_golden(run_order_now(&(run_order){ .words = rows[i].words, .out = "/dev/full" }), 3, rows[i].golden);
    }
}

static void a_request_that_cannot_be_written_keeps_the_key_for_the_next_run(void **state)
{
    const run_result *result;

    (void)state;
    result = run_order_now(&(run_order){ .words = WORDS(P11CERT_PROGRAM, "new", "--subject", "CN=to-full", "--key-type",
                                                        "ec-p256", "--token", "servers", "--out", "-"),
                                         .out = "/dev/full" });
    expect_golden(result, 3, "bad-out-stdout-full");
    expect_golden(NEW("CN=to-full", "--out", "to-full.req"), 0, "bad-out-stdout-full-resumed");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      to-full\n"));
    assert_int_equal(0, unlink("to-full.req"));
}

/* ---- between key and request ---- */

static const char *id_of_key(const char *label)
{
    return out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                        "--read-object", "--type", "pubkey", "--label", label));
}

static void a_run_that_was_killed_after_making_the_key_is_resumed(void **state)
{
    census before = take_census();

    (void)state;
    const run_result *killed = run_with_fault(NEW_WORDS("CN=killed", "--out", "killed.req"), "C_SignInit=1 kill=0");

    assert_int_equal(9, killed->signal);
    assert_string_equal(before.files, folder_listing());
    assert_int_equal(before.keys + 1, token_count("servers", "privkey"));
    expect_golden(NEW("CN=killed", "--out", "killed.req"), 0, "bad-killed-resumed");
    assert_int_equal(before.keys + 1, token_count("servers", "privkey"));
    expect_request_verifies("killed.req");
    assert_int_equal(0, unlink("killed.req"));
}

static void a_signature_that_fails_keeps_the_key_and_says_so(void **state)
{
    census before = take_census();

    (void)state;
    const run_result *failed =
        run_with_fault(NEW_WORDS("CN=unsigned", "--out", "unsigned.req"), "C_SignInit=1+ return=0x30");

    expect_golden(failed, 6, "bad-sign-failed");
    assert_string_equal(before.files, folder_listing());
    const char *key = id_of_key("unsigned");
    const char *listed = token_objects("servers", "privkey");

    expect_golden(NEW("CN=unsigned", "--out", "unsigned.req"), 0, "bad-sign-failed-resumed");
    assert_string_equal(listed, token_objects("servers", "privkey"));
    assert_string_equal(key, id_of_key("unsigned"));
    assert_int_equal(before.keys + 1, token_count("servers", "privkey"));
    assert_int_equal(0, unlink("unsigned.req"));
}

/* ---- keys of one name ---- */

static void two_keys_of_one_label_are_both_listed(void **state)
{
    (void)state;
    token_make_key("servers", "twin", "01");
    token_make_key("servers", "twin", "02");
    census before = take_census();
    const run_result *named =
        P11CERT("new", "--key", "twin", "--subject", "CN=a", "--token", "servers", "--out", "a.req");

    expect_exit(named, 4);
    expect_contains(named, named->err, "\"twin\" (EC P-256, CKA_ID 01)");
    expect_contains(named, named->err, "\"twin\" (EC P-256, CKA_ID 02)");
    expect_contains(named, named->err, "--key 'pkcs11:id=");
    expect_exit(NEW("CN=twin", "--out", "a.req"), 4);
    expect_exit(P11CERT("show", "--key", "twin", "--token", "servers"), 4);
    expect_unchanged(before);
    expect_exit(P11CERT("new", "--key", "pkcs11:id=%02", "--subject", "CN=a", "--token", "servers", "--out", "a.req"),
                0);
    assert_int_equal(0, unlink("a.req"));
}

static void a_key_of_that_label_and_another_kind_is_not_touched(void **state)
{
    (void)state;
    token_make_key("servers", "taken", "03");
    census before = take_census();
    const run_result *result = P11CERT("new", "--subject", "CN=taken", "--token", "servers", "--out", "a.req");

    expect_exit(result, 8);
    expect_contains(result, result->err, "--label OTHER creates a new key");
    expect_unchanged(before);
}

/* ---- the machine ---- */

/* Sites that sign with `openssl -engine pkcs11` have the engine in openssl.cnf, from which OpenSSL loads it in every
 * program.
 */
static void an_openssl_cnf_that_loads_the_engine_for_another_module_does_no_harm(void **state)
{
    static const char *const ways[] = { "init = 0", "init = 1" };

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char text[512];
        char label[16];

        (void)snprintf(text, sizeof text,
                       "openssl_conf = all\n[all]\nengines = engines\n[engines]\npkcs11 = pkcs11\n[pkcs11]\n"
                       "engine_id = pkcs11\nMODULE_PATH = %s\n%s\n",
                       SPY, ways[i]);
        (void)snprintf(label, sizeof label, "engine-%zu", i);
        file_write("openssl.cnf", text, 0644);
        assert_int_equal(0, setenv("OPENSSL_CONF", "openssl.cnf", 1));
        const run_result *result = NEW("CN=engine", "--label", label, "--out", label);

        assert_int_equal(0, unsetenv("OPENSSL_CONF"));
        expect_exit(result, 0);
        expect_request_verifies(label);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_pin_is_tried_once),
        cmocka_unit_test(a_pin_file_that_is_open_to_others_is_not_read),
        cmocka_unit_test(a_pin_that_cannot_be_right_is_not_tried),
        cmocka_unit_test(a_pin_outside_the_reported_limits_is_tried_once),
        cmocka_unit_test(a_line_end_is_not_part_of_a_pin),
        cmocka_unit_test(a_pin_source_that_is_not_there_is_named),
        cmocka_unit_test(a_missing_token_is_reported_with_those_that_exist),
        cmocka_unit_test(two_tokens_where_one_is_meant_are_both_listed),
        cmocka_unit_test(a_file_that_is_not_a_module_is_refused),
        cmocka_unit_test(a_token_that_cannot_make_the_key_says_so),
        cmocka_unit_test(an_unusable_inf_is_reported_before_any_login),
        cmocka_unit_test(an_unknown_key_in_an_inf_is_named_with_its_line),
        cmocka_unit_test(an_output_file_that_exists_is_refused_before_login),
        cmocka_unit_test(force_replaces_the_output_file),
        cmocka_unit_test(force_replaces_only_a_file),
        cmocka_unit_test(a_missing_output_folder_is_reported_before_a_key_is_made),
        cmocka_unit_test(a_full_output_folder_is_reported_before_a_key_is_made),
        cmocka_unit_test(a_report_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(a_request_that_cannot_be_written_keeps_the_key_for_the_next_run),
        cmocka_unit_test(a_run_that_was_killed_after_making_the_key_is_resumed),
        cmocka_unit_test(a_signature_that_fails_keeps_the_key_and_says_so),
        cmocka_unit_test(two_keys_of_one_label_are_both_listed),
        cmocka_unit_test(a_key_of_that_label_and_another_kind_is_not_touched),
        cmocka_unit_test(an_openssl_cnf_that_loads_the_engine_for_another_module_does_no_harm),
    };

    return cmocka_run_group_tests(tests, world_new_with_tokens, world_remove);
}
