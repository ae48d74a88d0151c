/* SPDX-License-Identifier: Apache-2.0 */
/* --json: one value on standard output, with the documented keys and no other, for results and for errors. */
#include "harness.h"

#include <jansson.h>

#define INF "CertRequestConfig.inf"

/* Fail unless an object has exactly these keys, which are separated by blanks. */
static void expect_keys(const json_t *object, const char *keys)
{
    char list[512];
    char *rest = NULL;
    size_t count = 0;

    assert_true(json_is_object(object));
    (void)snprintf(list, sizeof list, "%s", keys);
    for (char *key = strtok_r(list, " ", &rest); key; key = strtok_r(NULL, " ", &rest)) {
        if (!json_object_get(object, key)) {
            fail_msg("the key \"%s\" is missing", key);
        }
        count++;
    }
    if (json_object_size(object) != count) {
        (void)json_dumpf(object, stderr, JSON_INDENT(2));
        fail_msg("there are other keys than %s", keys);
    }
}

/* Every value has a status at its top, so that nobody has to guess it; the remaining keys are those of the verb. */
static void take_status(json_t *value, int exit_code)
{
    const char *expected = exit_code == 0 ? "ok" : exit_code == 1 ? "finding" : "failed";
    const json_t *status = json_object_get(value, "status");

    assert_non_null(json_string_value(status));
    assert_string_equal(expected, json_string_value(status));
    (void)json_object_del(value, "status");
}

/* The value on standard output, which must contain nothing else; the caller releases it. */
static json_t *parse(const run_result *result, int exit_code)
{
    json_error_t error;

    expect_exit(result, exit_code);
    json_t *value = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);

    if (!value) {
        (void)fprintf(stderr, "$ %s\n%s%s", result->line, result->out, result->err);
        fail_msg("standard output is not JSON: %s", error.text);
    }
    take_status(value, exit_code);
    return value;
}

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    assert_non_null(text);
    return text;
}

static void expect_key_flags(const json_t *flags)
{
    expect_keys(flags,
                "token private sensitive extractable always-sensitive never-extractable local modifiable copyable "
                "destroyable wrap-with-trusted always-authenticate sign sign-recover decrypt unwrap derive");
}

static void init_json_has_token_and_outcome(void **state)
{
    json_t *value = parse(P11CERT("init", "servers", "--so-pin-source", "file:so.pin", "--json"), 0);

    (void)state;
    expect_keys(value, "token changed outcome");
    assert_true(json_is_true(json_object_get(value, "changed")));
    assert_string_equal("servers", text_at(value, "token"));
    assert_string_equal("made", text_at(value, "outcome"));
    json_decref(value);
    value = parse(P11CERT("init", "servers", "--so-pin-source", "file:so.pin", "--json"), 0);
    assert_string_equal("there", text_at(value, "outcome"));
    json_decref(value);
    expect_exit(P11CERT("init", "ca", "--so-pin-source", "file:so.pin"), 0);
}

static void tokens_json_has_modules_and_tokens(void **state)
{
    json_t *value = parse(P11CERT("tokens", "--module", SOFTHSM, "--json"), 0);
    const json_t *module = json_array_get(json_object_get(value, "modules"), 0);

    (void)state;
    expect_keys(value, "modules");
    expect_keys(module, "module problem hint tokens free_slots");
    assert_true(json_is_null(json_object_get(module, "problem")));
    assert_true(json_is_null(json_object_get(module, "hint")));
    assert_int_equal(2, json_array_size(json_object_get(module, "tokens")));
    expect_keys(json_array_get(json_object_get(module, "tokens"), 0),
                "label manufacturer model serial uri min_pin_len max_pin_len");
    json_decref(value);
}

static void new_json_has_key_findings_and_conflict(void **state)
{
    const run_result *result = P11CERT("new", INF, "--token", "servers", "--out", "a.req", "--json");
    json_t *value = parse(result, 0);
    const json_t *key = json_object_get(value, "key");

    (void)state;
    assert_string_equal("", result->err);
    expect_keys(value, "token changed key request spki_sha256 because options conflict findings");
    expect_keys(key, "label kind origin flags proof unsupported_flags tolerated");
    expect_key_flags(json_object_get(key, "flags"));
    assert_string_equal("made", text_at(key, "origin"));
    assert_true(json_is_false(json_object_get(json_object_get(key, "flags"), "extractable")));
    assert_non_null(strstr(text_at(value, "conflict"), "requests an exportable key"));
    assert_int_equal(5, json_array_size(json_object_get(value, "findings")));
    expect_keys(json_array_get(json_object_get(value, "findings"), 0), "id severity line message fix");
    json_decref(value);
}

static void dry_run_json_has_the_templates(void **state)
{
    json_t *value = parse(P11CERT("new", INF, "--out", "dry.req", "--dry-run", "--json"), 0);

    (void)state;
    expect_keys(value, "dry_run key request conflict findings");
    expect_keys(json_object_get(value, "key"), "label exportable because mechanism private public");
    expect_keys(json_object_get(value, "request"), "subject signature attributes extensions");
    json_decref(value);
}

static void issue_json_has_the_certificate(void **state)
{
    json_t *value = parse(P11CERT("issue", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256", "--token",
                                  "ca", "--out", "ca.cer", "--json"),
                          0);

    (void)state;
    expect_keys(value, "certificate changed ca_key token self_signed was_there profile added_usage left_out clamped "
                       "warnings linters unfinished out");
    expect_keys(json_object_get(value, "certificate"), "subject issuer serial not_after");
    assert_true(json_is_true(json_object_get(value, "self_signed")));
    json_decref(value);
    value = parse(P11CERT("issue", "a.req", "--ca", "Root", "--token", "ca", "--out", "a.cer", "--json"), 0);
    expect_keys(value, "certificate changed ca_key token self_signed was_there profile added_usage left_out clamped "
                       "warnings linters unfinished out");
    assert_string_equal("CN=server.contoso.com", text_at(json_object_get(value, "certificate"), "subject"));
    json_decref(value);
}

static void accept_reports_what_was_bound(void **state)
{
    json_t *value = parse(P11CERT("accept", "a.cer", "--chain", "ca.cer", "--token", "servers", "--json"), 0);
    const json_t *issuer = json_array_get(json_object_get(value, "issuers"), 0);

    (void)state;
    expect_keys(value, "token changed key certificate issuers chain other_certificates");
    expect_keys(json_object_get(value, "key"), "label id");
    expect_keys(json_object_get(value, "certificate"), "subject issuer serial not_after id state");
    expect_keys(issuer, "subject issuer serial not_after id state");
    assert_string_equal("written", text_at(issuer, "state"));
    json_decref(value);
    value = parse(P11CERT("accept", "a.cer", "--chain", "ca.cer", "--token", "servers", "--json"), 0);
    assert_string_equal("already", text_at(json_object_get(value, "certificate"), "state"));
    json_decref(value);
}

/* Refused because of the certificate's file: nothing was sent, so no record says that something is being sent. */
static void submit_json_has_no_state_without_a_record(void **state)
{
    json_t *value = NULL;
    const run_result *result =
        P11CERT("submit", "a.req", "--ca", "https://localhost:1/certsrv", "--token", "servers", "--json");

    (void)state;
    expect_exit(result, 8);
    value = json_loads(result->out, 0, NULL);
    const json_t *item = json_array_get(json_object_get(value, "requests"), 0);

    assert_true(json_is_false(json_object_get(item, "kept")));
    assert_true(json_is_null(json_object_get(json_object_get(item, "request"), "state")));
    json_decref(value);
}

static void kit_json_has_certificate_files_and_conflict(void **state)
{
    json_t *value =
        parse(P11CERT("kit", "--key", "server.contoso.com", "--token", "servers", "--out", "kit", "--json"), 0);
    const json_t *files = json_object_get(value, "files");

    (void)state;
    expect_keys(
        value,
        "out changed name way key certificate chain missing_issuer repair conflict options protection password_file "
        "problems files sums_sha256");
    expect_keys(json_object_get(value, "key"), "label id token");
    expect_keys(json_object_get(value, "certificate"), "subject issuer serial thumbprint not_after");
    assert_string_equal("hsm", text_at(value, "way"));
    assert_non_null(strstr(text_at(value, "conflict"), "EXP-3"));
    assert_int_equal(4, json_array_size(json_object_get(value, "options")));
    assert_int_equal(6, json_array_size(files));
    expect_keys(json_array_get(files, 0), "name what sha256");
    assert_string_equal(text_at(value, "sums_sha256"), text_at(json_array_get(files, 5), "sha256"));
    json_decref(value);
}

static void expect_key_tree(json_t *value)
{
    const json_t *key = json_array_get(json_object_get(value, "keys"), 0);
    const json_t *certificate = json_array_get(json_object_get(key, "certificates"), 0);

    expect_keys(value, "token keys other_certificates other_objects pending");
    expect_keys(key, "label kind id uri spki_sha256 flags certificates");
    expect_key_flags(json_object_get(key, "flags"));
    expect_keys(
        certificate,
        "label id subject issuer serial not_after expired ca belongs chain chain_complete current superseded_by");
    assert_string_equal(text_at(key, "id"), text_at(certificate, "id"));
    assert_true(json_is_true(json_object_get(certificate, "belongs")));
    assert_true(json_is_true(json_object_get(certificate, "chain_complete")));
    json_decref(value);
}

static void list_json_has_the_tree(void **state)
{
    (void)state;
    expect_key_tree(parse(P11CERT("list", "--token", "servers", "--json"), 0));
}

static void show_says_the_same_about_a_key_as_list(void **state)
{
    (void)state;
    expect_key_tree(parse(P11CERT("show", "--key", "server.contoso.com", "--token", "servers", "--json"), 0));
}

static void show_json_has_what_is_in_a_file(void **state)
{
    json_t *value = parse(P11CERT("show", "a.cer", "--json"), 0);
    const json_t *item = json_array_get(json_object_get(value, "items"), 0);

    (void)state;
    expect_keys(value, "items");
    expect_keys(item,
                "kind subject dns_names key_algorithm key_bits hash key_usage eku attributes extensions spki_sha256 "
                "issuer signature damage");
    assert_string_equal("certificate", text_at(item, "kind"));
    assert_string_equal("CN=Root", text_at(item, "issuer"));
    json_decref(value);
}

static void check_reports_every_rule(void **state)
{
    json_t *value = parse(P11CERT("check", "a.cer", "ca.cer", INF, "--token", "servers", "--json"), 1);
    const json_t *rule = NULL;
    size_t at = 0;
    size_t failed = 0;

    (void)state;
    expect_keys(
        value,
        "name policy policy_title policy_file judged_at items counts failed nothing_checked lacks_certificate changed "
        "signatures files rules");
    assert_string_equal("scom", text_at(value, "policy"));
    json_array_foreach(json_object_get(value, "rules"), at, rule)
    {
        expect_keys(rule, "id title severity verdict requirement evidence remedy waiver");
        assert_non_null(strstr("pass fail warning not-checked waived", text_at(rule, "verdict")));
        failed += strcmp(text_at(rule, "verdict"), "fail") == 0;
    }
    assert_true(at > 20);
    assert_true(failed > 0);
    json_decref(value);
}

static void doctor_json_has_its_diagnoses(void **state)
{
    json_t *value = parse(P11CERT("doctor", "--token", "servers", "--json"), 0);

    (void)state;
    expect_keys(value, "diagnoses");
    expect_keys(json_array_get(json_object_get(value, "diagnoses"), 0), "id state found fix");
    json_decref(value);
}

static const struct {
    const char *name;
    const char *words[12];
    const char *status;
    int exit_code;
} errors[] = {
    { "a verb that is none", { "lst", "--json" }, "usage", 2 },
    { "an option that is none, after --json", { "list", "--json", "--frobnicate" }, "usage", 2 },
    { "an option that is none, before --json", { "list", "--frobnicate", "--json" }, "usage", 2 },
    { "a word too many", { "list", "a", "--json" }, "usage", 2 },
    { "no output file", { "new", "--subject", "CN=a", "--json" }, "usage", 2 },
    { "request on standard output", { "new", "--subject", "CN=a", "--out", "-", "--json" }, "usage", 2 },
    { "certificate on standard output", { "issue", "a.req", "--ca", "Root", "--out", "-", "--json" }, "usage", 2 },
    { "a folder as INF", { "new", "tokens", "--out", "x", "--json" }, "input", 3 },
    { "no such INF", { "new", "none.inf", "--out", "x", "--json" }, "not-found", 4 },
    { "no such token", { "list", "--token", "nobody", "--json" }, "not-found", 4 },
    { "two tokens", { "list", "--json" }, "ambiguous", 4 },
    { "a wrong PIN", { "list", "--token", "servers", "--pin-source", "file:so.pin", "--json" }, "auth", 5 },
    { "an output file that exists",
      { "new", "--subject", "CN=a", "--token", "servers", "--out", "a.req", "--json" },
      "refused",
      8 },
    { "a certificate for another key", { "accept", "ca.cer", "--token", "servers", "--json" }, "not-found", 4 },
    { "what is no certificate", { "show", "user.pin", "--json" }, "input", 3 },
    { "nothing to check", { "check", "--json" }, "usage", 2 },
    { "a module that is missing", { "tokens", "--module", "./none.so", "--json" }, "not-found", 4 },
};

/* @return NULL if the error is as it should be, else what is wrong. */
static const char *judge_error(const run_result *result, const char *status, int exit_code)
{
    json_t *value = json_loads(result->out, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(value, "error");
    const char *told = json_string_value(json_object_get(error, "status"));
    const char *wrong = NULL;

    if (result->exit_code != exit_code) {
        wrong = "another exit code";
    } else if (!json_equal(json_object_get(value, "status"), json_object_get(error, "status"))) {
        wrong = "another status at the top";
    } else if (!value || json_object_size(value) != 2 || json_object_size(error) != 3) {
        wrong = "not {\"error\": {\"status\", \"because\", \"hint\"}}";
    } else if (!told || strcmp(told, status) != 0) {
        wrong = "another status";
    } else if (json_array_size(json_object_get(error, "because")) == 0 || !json_object_get(error, "hint")) {
        wrong = "no reason given";
    } else if (*result->err) {
        wrong = "text on standard error";
    }
    json_decref(value);
    return wrong;
}

static void every_error_is_reported_as_json_too(void **state)
{
    const char *words[16] = { P11CERT_PROGRAM };
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        memcpy(words + 1, errors[i].words, sizeof errors[i].words);
        const run_result *result = run_words(words);
        const char *wrong = judge_error(result, errors[i].status, errors[i].exit_code);

        if (wrong) {
            (void)fprintf(stderr, "%s: %s (wanted %s, %d)\n$ %s\n%s%s(exit code %d)\n", errors[i].name, wrong,
                          errors[i].status, errors[i].exit_code, result->line, result->out, result->err,
                          result->exit_code);
            bad++;
        }
    }
    assert_int_equal(0, bad);
}

static int make_world(void **state)
{
    (void)world_new(state);
    file_write(INF, file_read(TEST_DATA_DIR "/" INF, NULL), 0644);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_json_has_token_and_outcome),
        cmocka_unit_test(tokens_json_has_modules_and_tokens),
        cmocka_unit_test(new_json_has_key_findings_and_conflict),
        cmocka_unit_test(dry_run_json_has_the_templates),
        cmocka_unit_test(issue_json_has_the_certificate),
        cmocka_unit_test(accept_reports_what_was_bound),
        cmocka_unit_test(submit_json_has_no_state_without_a_record),
        cmocka_unit_test(kit_json_has_certificate_files_and_conflict),
        cmocka_unit_test(list_json_has_the_tree),
        cmocka_unit_test(show_says_the_same_about_a_key_as_list),
        cmocka_unit_test(show_json_has_what_is_in_a_file),
        cmocka_unit_test(check_reports_every_rule),
        cmocka_unit_test(doctor_json_has_its_diagnoses),
        cmocka_unit_test(every_error_is_reported_as_json_too),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
