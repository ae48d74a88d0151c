/* SPDX-License-Identifier: Apache-2.0 */
/* --log, --quiet and --verbose: what is recorded, what is not done because it cannot be recorded, and what is
 * printed. */
#include <jansson.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#define EC "--key-type", "ec-p256"

/* A record of the log by its place, the last one with -1. Every line must be JSON. */
static json_t *record(const char *log, int place)
{
    json_t *all = json_array();
    char *text = strdup(file_read(log, NULL));

    assert_non_null(text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *one = json_loads(line, 0, NULL);

        assert_non_null(one);
        (void)json_array_append_new(all, one);
    }
    free(text);
    json_t *wanted = json_array_get(all, place < 0 ? json_array_size(all) - 1 : (size_t)place);

    assert_non_null(wanted);
    (void)json_incref(wanted);
    json_decref(all);
    return wanted;
}

static const char *text_in(const json_t *value, const char *object, const char *name)
{
    const json_t *outer = object ? json_object_get(value, object) : value;

    return json_string_value(json_object_get(outer, name));
}

static void expect_act(const char *log, int place, const char *const row[5])
{
    json_t *one = record(log, place);

    assert_string_equal(row[0], text_in(one, NULL, "act"));
    assert_string_equal(row[1], text_in(one, "object", "class"));
    assert_string_equal(row[2], text_in(one, "object", "label"));
    assert_string_equal(row[3], text_in(one, NULL, "result"));
    if (row[4]) {
        assert_non_null(strstr(text_in(one, NULL, "purpose"), row[4]));
    }
    assert_string_equal("servers", text_in(one, "token", "label"));
    assert_int_equal((int)geteuid(), (int)json_integer_value(json_object_get(json_object_get(one, "user"), "euid")));
    json_decref(one);
}

static void each_act_has_a_record_and_reading_has_none(void **state)
{
    static const char *const rows[][5] = {
        { "make-key-pair", "private-key", "web", "CKR_OK", NULL },
        { "wrap-key", "private-key", "web", "CKR_KEY_UNEXTRACTABLE", NULL }, /* the proof that it cannot be extracted */
        { "sign", "private-key", "web", "CKR_OK", "request CN=web" },
        { "make-key-pair", "private-key", "Root", "CKR_OK", NULL },
        { "wrap-key", "private-key", "Root", "CKR_KEY_UNEXTRACTABLE", NULL },
        { "sign", "private-key", "Root", "CKR_OK", "CN=Root" },
        { "sign", "private-key", "Root", "CKR_OK", "proof of possession" },
        { "create-object", "certificate", "Root", "CKR_OK", NULL },
        { "sign", "private-key", "Root", "CKR_OK", "CN=web" },
        { "remove-object", "private-key", "web", "CKR_OK", NULL },
        { "remove-object", "public-key", "web", "CKR_OK", NULL },
    };

    (void)state;
    (void)setenv("P11CERT_LOG", "a.log", 1);
    expect_exit(P11CERT("new", EC, "--subject", "CN=web", "--label", "web", "--out", "web.req"), 0);
    expect_exit(P11CERT("issue", EC, "--self-signed", "--subject", "CN=Root", "--out", "root.cer"), 0);
    expect_exit(P11CERT("issue", "web.req", "--ca", "Root", "--out", "web.cer"), 0);
    expect_exit(P11CERT("list"), 0);
    expect_exit(P11CERT("show", "--key", "web"), 0);
    expect_exit(P11CERT("retire", "--key", "web", "--yes"), 0);
    (void)unsetenv("P11CERT_LOG");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_act("a.log", (int)i, rows[i]);
    }
    expect_act("a.log", -1, rows[sizeof rows / sizeof *rows - 1]);
}

static void a_failure_has_a_record_without_a_secret(void **state)
{
    (void)state;
    file_write("wrong.pin", "00000000", 0600);
    (void)setenv("SUDO_USER", "alice", 1);
    expect_exit(P11CERT("list", "--pin-source", "file:wrong.pin", "--log", "f.log"), 5);
    (void)unsetenv("SUDO_USER");
    expect_exit(P11CERT("list"), 0); /* resets the token's counter */
    json_t *one = record("f.log", -1);

    assert_string_equal("failure", text_in(one, NULL, "event"));
    assert_string_equal("list", text_in(one, NULL, "verb"));
    assert_string_equal("auth", text_in(one, NULL, "status"));
    assert_string_equal("CKR_PIN_INCORRECT", text_in(one, NULL, "result"));
    assert_string_equal("alice", text_in(one, "user", "claims_sudo_user"));
    assert_null(strstr(file_read("f.log", NULL), "00000000"));
    json_decref(one);
}

static void a_pin_that_is_changed_is_not_in_the_record(void **state)
{
    (void)state;
    file_write("next.pin", "40718263", 0600);
    expect_exit(P11CERT("pin", "--new-pin-source", "file:next.pin", "--log", "p.log"), 0);
    expect_exit(P11CERT("pin", "--pin-source", "file:next.pin", "--new-pin-source", "file:user.pin", "--log", "p.log"),
                0);
    json_t *one = record("p.log", -1);

    assert_string_equal("change-pin", text_in(one, NULL, "act"));
    assert_string_equal("CKR_OK", text_in(one, NULL, "result"));
    assert_null(strstr(file_read("p.log", NULL), "40718263"));
    assert_null(strstr(file_read("p.log", NULL), USER_PIN));
    json_decref(one);
}

static void a_revocation_has_a_record(void **state)
{
    (void)state;
    expect_exit(P11CERT("new", EC, "--subject", "CN=r", "--label", "r", "--out", "r.req"), 0);
    expect_exit(P11CERT("issue", "r.req", "--ca", "Root", "--issuance-log", "i.log", "--out", "r.cer"), 0);
    expect_exit(P11CERT("revoke", "r.cer", "--issuance-log", "i.log", "--log", "r.log"), 0);
    json_t *one = record("r.log", -1);

    assert_string_equal("revoke", text_in(one, NULL, "act"));
    assert_non_null(strstr(text_in(one, "object", "text"), "CN=r"));
    json_decref(one);
    const run_result *result = P11CERT("revoke", "r.cer", "--issuance-log", "i.log", "--log", "i.log");

    expect_exit(result, 3);
    expect_contains(result, result->err, "--issuance-log");
}

static void what_cannot_be_recorded_is_not_done(void **state)
{
    static const char *const logs[] = { "no-folder/a.log", "/dev/null", "root.cer", "a-link" };

    (void)state;
    assert_int_equal(0, symlink("nowhere", "a-link"));
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        expect_exit(P11CERT("new", EC, "--subject", "CN=n", "--label", "n", "--out", "n.req", "--log", logs[i]), 3);
        assert_false(file_exists("n.req"));
    }
    assert_false(file_exists("nowhere"));
    if (access("/dev/log", F_OK) != 0) {
        expect_exit(P11CERT("new", EC, "--subject", "CN=n", "--label", "n", "--out", "n.req", "--log", "syslog"), 3);
    }
    (void)setenv("P11CERT_LOG", "/dev/null", 1);
    expect_exit(P11CERT("list"), 3);
    (void)unsetenv("P11CERT_LOG");
    const run_result *result = P11CERT("list", "--json");

    expect_lacks(result, result->out, "\"n\"");
}

static void a_full_disk_is_reported_before_a_key_is_made(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("[  NOTE    ] only root can mount a small disk: this case needs root\n");
        return;
    }
    assert_int_equal(0, mkdir("disk", 0700));
    assert_int_equal(0, mount("none", "disk", "tmpfs", 0, "size=16k"));
    const run_result *result =
        P11CERT("new", EC, "--subject", "CN=d", "--label", "d", "--out", "d.req", "--log", "disk/a.log");

    assert_int_equal(0, umount("disk"));
    expect_exit(result, 3);
    expect_contains(result, result->err, "cannot write the audit log \"disk/a.log\": No space left on device");
    result = P11CERT("list", "--json");
    expect_lacks(result, result->out, "\"d\"");
}

/* The room that was set aside is not there after all: the disk is full when the record of the key is written. */
static void an_act_whose_record_is_lost_is_done_and_nothing_after_it(void **state)
{
    (void)state;
    const run_result *result =
        RUN("sh", "-c",
            "export ASAN_OPTIONS=verify_asan_link_order=0:$ASAN_OPTIONS P11CERT_JOURNAL=/lost.log "
            "P11CERT_JOURNAL_LOG=calls P11CERT_KILL='full 1'; LD_PRELOAD=" JOURNAL_KILL
            " exec \"$0\" new --key-type ec-p256 --subject CN=lost --label lost --out lost.req --log lost.log",
            P11CERT_PROGRAM);

    expect_exit(result, 3);
    expect_contains(result, result->err, "the last act is not in the audit log; nothing was done after it");
    expect_contains(result, result->err, "lost.log\": No space left on device");
    expect_contains(result, result->err, "`p11cert list` shows the state of the token");
    assert_string_equal("", file_read("lost.log", NULL));
    assert_false(file_exists("lost.req"));
    result = P11CERT("list", "--json");
    expect_contains(result, result->out, "\"lost\"");

    expect_exit(P11CERT("new", EC, "--subject", "CN=lost", "--label", "lost", "--out", "lost.req", "--log", "lost.log"),
                0);
    assert_true(file_exists("lost.req"));
    assert_int_equal(0, count_of(file_read("lost.log", NULL), "\"C_GenerateKeyPair\"")); /* the key was there already */
    assert_int_not_equal(0, count_of(file_read("lost.log", NULL), "\"C_Sign\""));
}

static void a_configuration_file_names_the_log_and_doctor_says_so(void **state)
{
    char config[1024];

    (void)state;
    (void)snprintf(config, sizeof config, "log: %s/c.log\n", world_folder());
    file_write("config.yaml", config, 0600);
    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    expect_exit(P11CERT("keygen", "--use", "sign", "--label", "c", EC), 0);
    expect_exit(P11CERT("keygen", "--use", "sign", "--label", "c2", EC, "--log", "other.log"), 0);
    const run_result *result = P11CERT("doctor", "--pin-source", "file:user.pin");

    expect_contains(result, result->out, "c.log, from log of config.yaml");
    json_t *first = record("c.log", 0);
    json_t *second = record("other.log", 0);

    assert_string_equal("c", text_in(first, "object", "label"));
    assert_string_equal("c2", text_in(second, "object", "label"));
    json_decref(first);
    json_decref(second);
    file_write("config.yaml", "log: relative.log\n", 0600);
    expect_exit(P11CERT("list"), 3);
    (void)unsetenv("P11CERT_CONFIG");
}

static void quiet_prints_errors_and_what_was_asked_for(void **state)
{
    (void)state;
    const run_result *result = P11CERT("new", EC, "--subject", "CN=q", "--label", "q", "--out", "q.req", "--quiet");

    expect_exit(result, 0);
    assert_string_equal("", result->out);
    assert_string_equal("", result->err);
    result = P11CERT("new", EC, "--subject", "CN=q", "--label", "q", "--out", "no-folder/q.req", "-q");
    expect_exit(result, 3);
    assert_string_equal("", result->out);
    expect_contains(result, result->err, "p11cert: ");
    result = P11CERT("new", EC, "--subject", "CN=q2", "--label", "q2", "--out", "-", "-q");
    expect_exit(result, 0);
    assert_int_equal(0, strncmp(result->out, "-----BEGIN", 10));
    assert_string_equal("", result->err);
    result = P11CERT("new", EC, "--subject", "CN=q3", "--label", "q3", "--out", "q3.req", "-q", "--json");
    expect_exit(result, 0);
    assert_int_equal('{', result->out[0]);
    result = P11CERT("list", "--quiet");
    expect_contains(result, result->out, "key \"q\"");
    result = P11CERT("retire", "--key", "q", "--dry-run", "--quiet");
    expect_contains(result, result->out, "q");
    expect_exit(P11CERT("list", "--quiet", "--verbose"), 2);
}

static void verbose_says_what_is_done_and_counts_the_calls(void **state)
{
    (void)state;
    const run_result *result = P11CERT("new", EC, "--subject", "CN=v", "--label", "v", "--out", "v.req", "--verbose");

    expect_exit(result, 0);
    expect_contains(result, result->err, "make-key-pair: private-key \"v\"");
    expect_contains(result, result->err, " on token \"servers\", serial ");
    expect_contains(result, result->err, "for request CN=v: CKR_OK\n");
    expect_contains(result, result->err, " calls to the PKCS#11 module\n");
    expect_contains(result, result->out, "v.req");
    result = P11CERT("show", "v.req", "-v");
    expect_exit(result, 0);
    assert_string_equal("p11cert: 0 calls to the PKCS#11 module\n", result->err);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_act_has_a_record_and_reading_has_none),
        cmocka_unit_test(a_failure_has_a_record_without_a_secret),
        cmocka_unit_test(a_pin_that_is_changed_is_not_in_the_record),
        cmocka_unit_test(a_revocation_has_a_record),
        cmocka_unit_test(what_cannot_be_recorded_is_not_done),
        cmocka_unit_test(a_full_disk_is_reported_before_a_key_is_made),
        cmocka_unit_test(an_act_whose_record_is_lost_is_done_and_nothing_after_it),
        cmocka_unit_test(a_configuration_file_names_the_log_and_doctor_says_so),
        cmocka_unit_test(quiet_prints_errors_and_what_was_asked_for),
        cmocka_unit_test(verbose_says_what_is_done_and_counts_the_calls),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
