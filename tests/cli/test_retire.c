/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert retire: what is destroyed, what stays, what is refused, and the record of it. */
#include "harness.h"

#include <sys/stat.h>

#define RETIRE(...) P11CERT("retire", "--token", "servers", __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Root", "--token", "ca", "--out", "root.cer"), 0);
    return 0;
}

static void make_key(const char *label)
{
    char subject[64];

    (void)snprintf(subject, sizeof subject, "CN=%s", label);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", subject, "--label", label, "--key-type", "ec-p256",
                        "--force", "--out", "made.req"),
                0);
}

static void make_key_with_certificate(const char *label)
{
    make_key(label);
    expect_exit(P11CERT("issue", "made.req", "--ca", "Root", "--token", "ca", "--force", "--out", "made.cer"), 0);
    expect_exit(P11CERT("accept", "made.cer", "--token", "servers", "--chain", "root.cer"), 0);
}

static size_t objects_of(const char *label)
{
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s", label);
    return count_of(token_objects("servers", "privkey"), line) + count_of(token_objects("servers", "pubkey"), line) +
           count_of(token_objects("servers", "cert"), line);
}

static void a_key_without_a_certificate_goes_with_its_public_key(void **state)
{
    (void)state;
    make_key("bare");
    make_key("other");
    assert_int_equal(2, objects_of("bare"));
    expect_golden(RETIRE("--key", "bare", "--yes"), 0, "retire-bare");
    assert_int_equal(0, objects_of("bare"));
    assert_int_equal(2, objects_of("other"));
    expect_golden(RETIRE("--key", "bare", "--yes"), 4, "retire-not-there");
}

static void a_dry_run_shows_what_would_be_destroyed(void **state)
{
    (void)state;
    make_key_with_certificate("shown");
    expect_golden(RETIRE("--key", "shown", "--dry-run"), 0, "retire-dry-run");
    expect_golden(RETIRE("--key", "shown", "--dry-run", "--json"), 0, "retire-dry-run-json");
    assert_int_equal(3, objects_of("shown"));
}

static void a_valid_certificate_keeps_its_key(void **state)
{
    (void)state;
    make_key_with_certificate("valid");
    expect_golden(RETIRE("--key", "valid", "--yes"), 8, "retire-valid");
    assert_int_equal(3, objects_of("valid"));
    expect_golden(RETIRE("--key", "valid", "--yes", "--allow-valid"), 0, "retire-allow-valid");
    assert_int_equal(0, objects_of("valid"));
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "subject:    DN: CN=Root"));
}

static void the_certificate_stays_if_asked_for(void **state)
{
    (void)state;
    make_key_with_certificate("half");
    expect_exit(RETIRE("--key", "half", "--yes", "--allow-valid", "--keep-certificate"), 0);
    assert_int_equal(1, objects_of("half"));
    assert_int_equal(1, count_of(token_objects("servers", "cert"), "label:      half"));
}

static void a_cas_key_names_what_it_issued(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("accept", "made.cer", "--token", "servers", "--chain", "root.cer"), 4);
    make_key("leaf");
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Own CA", "--token", "servers", "--out", "own.cer"),
                0);
    expect_exit(P11CERT("issue", "made.req", "--ca", "Own CA", "--token", "servers", "--force", "--out", "made.cer"),
                0);
    expect_exit(P11CERT("accept", "made.cer", "--token", "servers"), 0);
    result = RETIRE("--key", "Own CA", "--dry-run");
    expect_exit(result, 0);
    expect_contains(result, result->out, "it issued CN=leaf");
    expect_contains(result, result->out, "its certificate is valid until");
}

static void a_key_is_found_by_its_uri(void **state)
{
    (void)state;
    make_key("by-uri");
    expect_exit(RETIRE("--key", "pkcs11:token=ca;object=by-uri", "--yes"), 4);
    expect_exit(RETIRE("--key", "pkcs11:token=servers;object=by-uri", "--yes"), 0);
    assert_int_equal(0, objects_of("by-uri"));
}

static void a_secret_key_can_be_retired(void **state)
{
    (void)state;
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--keygen", "--key-type", "aes:32", "--label", "wrapkey", "--id", "44"));
    assert_int_equal(1, token_count("servers", "secrkey"));
    expect_golden(RETIRE("--key", "wrapkey", "--yes"), 0, "retire-secret");
    assert_int_equal(0, token_count("servers", "secrkey"));
}

static void two_keys_of_one_label_are_ambiguous(void **state)
{
    (void)state;
    token_make_key("servers", "twin", "71");
    token_make_key("servers", "twin", "72");
    expect_exit(RETIRE("--key", "twin", "--yes"), 4);
    assert_int_equal(4, objects_of("twin"));
    expect_exit(RETIRE("--key", "pkcs11:id=%71", "--yes"), 0);
    assert_int_equal(2, objects_of("twin"));
    expect_exit(RETIRE("--key", "twin", "--yes"), 0);
}

static void a_record_that_cannot_be_opened_leaves_the_key(void **state)
{
    const run_result *result;

    (void)state;
    make_key("unrecorded");
    result = RETIRE("--key", "unrecorded", "--yes", "--record", "no-folder/record.jsonl");
    expect_exit(result, 3);
    expect_contains(result, result->err, "nothing was destroyed: the record cannot be opened");
    assert_int_equal(2, objects_of("unrecorded"));
    expect_exit(RETIRE("--key", "unrecorded", "--yes"), 0);
}

/* Two private keys that share a CKA_ID: only the public key of the named one is destroyed. */
static void a_shared_id_costs_no_other_key_its_objects(void **state)
{
    const run_result *result;

    (void)state;
    token_make_key("servers", "shares-a", "73");
    token_make_key("servers", "shares-b", "73");
    result = RETIRE("--key", "shares-a", "--yes");
    expect_exit(result, 0);
    expect_contains(result, result->out, "the private key \"shares-b\" has the same CKA_ID and stays");
    assert_int_equal(2, objects_of("shares-b"));
    expect_exit(RETIRE("--key", "shares-b", "--yes"), 0);
}

/* ---- a second run ---- */

static void a_second_run_with_the_record_changes_nothing(void **state)
{
    (void)state;
    make_key("twice");
    expect_exit(RETIRE("--key", "twice", "--yes", "--record", "twice.jsonl"), 0);
    const size_t lines = count_of(file_read("twice.jsonl", NULL), "\n");
    const run_result *result = RETIRE("--key", "twice", "--yes", "--record", "twice.jsonl", "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    expect_contains(result, result->out, "\"retired_at\": \"20");
    assert_int_equal(lines, count_of(file_read("twice.jsonl", NULL), "\n"));
    result = RETIRE("--key", "twice", "--yes", "--record", "twice.jsonl");
    expect_exit(result, 0);
    expect_contains(result, result->out, "an earlier run retired it at 20");
    expect_contains(result, result->out, "nothing was destroyed");
    result = RETIRE("--key", "pkcs11:object=twice", "--yes", "--record", "twice.jsonl");
    expect_exit(result, 0);
}

/* Each of these could be a name that is wrong. */
static void without_proof_a_second_run_finds_no_key(void **state)
{
    static const struct {
        const char *name;
        const char *edit; /* of the record, for sed */
    } rows[] = {
        { "another key", "s/\"label\":\"gone-key\"/\"label\":\"gone-kez\"/" },
        { "another token", "s/\"token\":{\"label\":\"servers\"/\"token\":{\"label\":\"serverz\"/" },
        { "another token of the same label", "s/\"serial\":\"[0-9a-f]*\"/\"serial\":\"00\"/" },
        { "only begun", "/\"event\":\"done\"/d" },
        { "failed", "s/\"event\":\"done\"/\"event\":\"failed\"/" },
        { "begun again", "p;s/\"event\":\"done\"/\"event\":\"begun\"/" },
        { "a line that cannot be read", "$a{\"time\":" },
        { "empty", "d" },
    };

    (void)state;
    make_key("gone-key");
    expect_exit(RETIRE("--key", "gone-key", "--yes", "--record", "good.jsonl"), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)out_of(WORDS("sh", "-c", "sed \"$0\" good.jsonl >edited.jsonl", rows[i].edit));
        const run_result *result = RETIRE("--key", "gone-key", "--yes", "--record", "edited.jsonl");

        if (result->exit_code != 4) {
            print_error("%s\n", rows[i].name);
        }
        expect_exit(result, 4);
        expect_contains(result, result->err, "no key on token \"servers\" matches \"gone-key\"");
    }
    expect_exit(RETIRE("--key", "gone-key", "--yes", "--record", "nowhere.jsonl"), 4);
    assert_false(file_exists("nowhere.jsonl"));
    expect_exit(RETIRE("--key", "gone-key", "--yes"), 4);
    expect_exit(RETIRE("--key", "gone-key", "--yes", "--record", "good.jsonl"), 0);
}

static void a_retired_key_that_is_there_under_another_name_is_reported(void **state)
{
    (void)state;
    token_make_key("servers", "comes-back", "c0de");
    expect_exit(RETIRE("--key", "comes-back", "--yes", "--record", "back.jsonl"), 0);
    token_make_key("servers", "is-back", "c0de");
    const run_result *result = RETIRE("--key", "comes-back", "--yes", "--record", "back.jsonl");

    expect_exit(result, 8);
    expect_contains(result, result->err, "it is on the token again, as \"is-back\"");
    expect_exit(RETIRE("--key", "is-back", "--yes"), 0);
}

/* ---- the record of the key's CA ---- */

/* As enroll writes it. */
static void record_ca_of(const char *label, const char *spki_sha256, const char *address)
{
    char text[512];
    char name[64];

    (void)snprintf(text, sizeof text,
                   "{\"format\":\"p11cert-key-ca-1\",\"protocol\":\"est\",\"ca\":\"%s\",\"spki-sha256\":\"%s\"}",
                   address, spki_sha256);
    (void)snprintf(name, sizeof name, "CA of %s", label);
    file_write("ca.record", text, 0644);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--write-object", "ca.record", "--type", "data", "--private", "--label", name,
                       "--application-label", "p11cert CA of a key"));
}

typedef struct {
    char text[65];
} digest;

static digest digest_of(const char *label)
{
    const run_result *result = RETIRE("--key", label, "--dry-run", "--json");
    const char *member = strstr(result->out, "\"spki_sha256\": ");
    digest found;

    assert_non_null(member);
    assert_int_equal(1, sscanf(member, "\"spki_sha256\": \"%64[0-9a-f]\"", found.text));
    return found;
}

/* They are private: token_objects does not log in. */
static const char *ca_records(void)
{
    return out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                        "--list-objects", "--type", "data"));
}

static void the_record_of_the_keys_ca_is_shown_and_removed(void **state)
{
    (void)state;
    make_key("enrolled");
    make_key("neighbour");
    record_ca_of("neighbour", digest_of("neighbour").text, "https://other.example");
    record_ca_of("enrolled", digest_of("enrolled").text, "https://est.example/arbitrary");
    assert_int_equal(2, count_of(ca_records(), "'CA of "));
    expect_golden(RETIRE("--key", "enrolled", "--dry-run"), 0, "retire-ca-record");
    assert_int_equal(2, count_of(ca_records(), "'CA of "));
    const run_result *result = RETIRE("--key", "enrolled", "--yes", "--json", "--record", "ca.jsonl");

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"CA record\"");
    expect_contains(result, result->out, "https://est.example/arbitrary (est)");
    assert_int_equal(1, count_of(file_read("ca.jsonl", NULL), "{\"class\":\"CA record\",\"state\":\"gone\""));
    assert_int_equal(2, count_of(file_read("ca.jsonl", NULL), "https://est.example/arbitrary (est)"));
    assert_int_equal(1, count_of(ca_records(), "'CA of "));
    assert_int_equal(1, count_of(ca_records(), "'CA of neighbour'"));
    assert_int_equal(0, objects_of("enrolled"));
    expect_exit(RETIRE("--key", "neighbour", "--yes"), 0);
    assert_int_equal(0, count_of(ca_records(), "'CA of "));
}

static void a_token_that_does_not_remove_the_ca_record_is_detected(void **state)
{
    const run_result *result;

    (void)state;
    make_key("kept");
    record_ca_of("kept", digest_of("kept").text, "https://est.example");
    result =
        run_with_fault(WORDS("retire", "--token", "servers", "--key", "kept", "--yes"), "C_DestroyObject=1 skip=0");
    expect_exit(result, 6);
    expect_contains(result, result->err, "still has");
    assert_int_equal(1, count_of(ca_records(), "'CA of kept'"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "data", "--label", "CA of kept"));
}

static void a_ca_record_that_cannot_be_read_is_named_and_stays(void **state)
{
    const run_result *result;

    (void)state;
    make_key("unclear");
    record_ca_of("unclear", "no digest", "https://est.example");
    result = RETIRE("--key", "unclear", "--yes");
    expect_exit(result, 0);
    expect_contains(result, result->out, "data object \"CA of unclear\" cannot be read");
    assert_int_equal(1, count_of(ca_records(), "'CA of "));
    assert_int_equal(0, objects_of("unclear"));
}

static void nobody_confirms_without_a_terminal(void **state)
{
    (void)state;
    make_key("asked");
    const run_result *result =
        RUN("setsid", "--wait", P11CERT_PROGRAM, "retire", "--token", "servers", "--key", "asked");

    expect_exit(result, 8);
    expect_contains(result, result->err, "there is no terminal at which to confirm; nothing was done");
    expect_contains(result, result->err, "to go    private key \"asked\"");
    expect_exit(RETIRE("--key", "asked", "--json"), 2);
    assert_int_equal(2, objects_of("asked"));
}

static void nothing_is_destroyed_without_its_record(void **state)
{
    (void)state;
    make_key("unrecorded");
    const run_result *result = RETIRE("--key", "unrecorded", "--yes", "--record", "/dev/full");

    expect_exit(result, 3);
    expect_contains(result, result->err, "nothing was destroyed");
    expect_contains(result, result->err, "No space left on device");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      unrecorded"));
}

static void the_record_says_what_was_destroyed(void **state)
{
    const char *record;
    size_t len = 0;

    (void)state;
    make_key("recorded");
    file_write("retired.jsonl", "{\"torn\"", 0644);
    expect_exit(RETIRE("--key", "recorded", "--yes", "--record", "retired.jsonl"), 0);
    record = file_read("retired.jsonl", &len);
    assert_int_equal(3, count_of(record, "\n"));
    assert_int_equal(1, count_of(record, "\"event\":\"begun\""));
    assert_int_equal(1, count_of(record, "\"event\":\"done\""));
    assert_int_equal(1, count_of(record, "{\"class\":\"private key\",\"state\":\"gone\",\"label\":\"recorded\""));
    (void)out_of(WORDS("sh", "-c",
                       "tail -n 2 retired.jsonl | python3 -c 'import json,sys; [json.loads(l) for l in sys.stdin]'"));
}

static void nothing_is_destroyed_if_it_cannot_be_recorded(void **state)
{
    (void)state;
    make_key("unrecorded");
    expect_exit(RETIRE("--key", "unrecorded", "--yes", "--record", "/nonexistent/retired.jsonl"), 3);
    assert_int_equal(2, objects_of("unrecorded"));
    expect_exit(run_with_fault(WORDS("retire", "--token", "servers", "--key", "unrecorded", "--yes", "--record",
                                     "failed.jsonl"),
                               "C_DestroyObject=1 return=0x30"),
                6);
    assert_int_equal(1, count_of(file_read("failed.jsonl", NULL), "\"event\":\"failed\""));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_without_a_certificate_goes_with_its_public_key),
        cmocka_unit_test(a_dry_run_shows_what_would_be_destroyed),
        cmocka_unit_test(a_valid_certificate_keeps_its_key),
        cmocka_unit_test(the_certificate_stays_if_asked_for),
        cmocka_unit_test(a_cas_key_names_what_it_issued),
        cmocka_unit_test(a_key_is_found_by_its_uri),
        cmocka_unit_test(a_secret_key_can_be_retired),
        cmocka_unit_test(two_keys_of_one_label_are_ambiguous),
        cmocka_unit_test(a_record_that_cannot_be_opened_leaves_the_key),
        cmocka_unit_test(a_second_run_with_the_record_changes_nothing),
        cmocka_unit_test(without_proof_a_second_run_finds_no_key),
        cmocka_unit_test(a_retired_key_that_is_there_under_another_name_is_reported),
        cmocka_unit_test(a_shared_id_costs_no_other_key_its_objects),
        cmocka_unit_test(the_record_of_the_keys_ca_is_shown_and_removed),
        cmocka_unit_test(a_token_that_does_not_remove_the_ca_record_is_detected),
        cmocka_unit_test(a_ca_record_that_cannot_be_read_is_named_and_stays),
        cmocka_unit_test(nobody_confirms_without_a_terminal),
        cmocka_unit_test(nothing_is_destroyed_without_its_record),
        cmocka_unit_test(the_record_says_what_was_destroyed),
        cmocka_unit_test(nothing_is_destroyed_if_it_cannot_be_recorded),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
