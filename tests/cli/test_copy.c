/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert copy: what pkcs11-tool and openssl find on the second token, what is refused, and what --check says. */
#include "harness.h"

#include <signal.h>

#define TO            "--to", "backup", "--to-pin-source", "file:user.pin"
#define COPY_WORDS(k) "copy", "--token", "servers", TO, "--key", k
#define COPY(k)       P11CERT(COPY_WORDS(k))
#define CHECK(...)    P11CERT("copy", "--check", "--token", "servers", TO, __VA_ARGS__)

#define BACKUP_TOOL "pkcs11-tool --module " SOFTHSM " --token-label backup --login --pin " USER_PIN

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    token_make("backup");
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Root", "--token", "ca", "--out", "root.cer"), 0);
    return 0;
}

/* With a request and a certificate: NAME.req, NAME.cer. */
static void make_key(const char *name, const char *type, const char *exportable)
{
    char script[600];

    (void)snprintf(script, sizeof script,
                   "%s new --token servers --subject CN=%s --label %s --key-type %s %s --out %s.req &&"
                   "%s issue %s.req --ca Root --token ca --out %s.cer &&"
                   "%s accept %s.cer --chain root.cer --token servers",
                   P11CERT_PROGRAM, name, name, type, exportable, name, P11CERT_PROGRAM, name, name, P11CERT_PROGRAM,
                   name);
    (void)out_of(WORDS("sh", "-c", script));
}

static void make_exportable(const char *name)
{
    make_key(name, "ec-p256", "--exportable");
}

/* All objects of the second token: nothing was written if it is the same before and after. */
static const char *backup_objects(void)
{
    return out_of(WORDS("sh", "-c", BACKUP_TOOL " -O 2>/dev/null | grep -v URI | sort"));
}

static size_t objects_on_backup(const char *label)
{
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    return count_of(backup_objects(), line);
}

/* One module is initialised once: other arguments for its second token would have no effect. */
static void init_args_for_the_module_of_both_tokens_are_refused(void **state)
{
    (void)state;
    const run_result *result = CHECK("--to-module-init-args", "x");

    expect_exit(result, 2);
    expect_contains(result, result->err, "can be initialised only once");
}

/* A second module gets its own arguments, which SoftHSM does not accept, and not those of the first. */
static void a_second_module_gets_its_own_init_args(void **state)
{
    (void)state;
    (void)out_of(WORDS("cp", SOFTHSM, "second.so")); /* else it would be the module of the first token */
    const run_result *result = CHECK("--to-module", "./second.so", "--to-module-init-args", "x");

    expect_exit(result, 6);
    expect_contains(result, result->err, "CKR_ARGUMENTS_BAD");
    expect_contains(result, result->err, "./second.so");
}

/* --- the copy, as judged by other programs --- */

/* The copy signs, and openssl verifies with the certificate that the CA issued for the original. By its CKA_ID, since
 * pkcs11-tool 0.23 signs with any key otherwise. */
static void expect_copy_signs(const char *name, const char *input, const char *how)
{
    char script[1000];

    (void)snprintf(script, sizeof script,
                   "echo signed >text && openssl dgst -sha256 -binary text >hash &&"
                   "openssl x509 -in %s.cer -pubkey -noout >%s.pub &&"
                   "id=$(" BACKUP_TOOL " -O --type privkey | sed -n '/label: *%s$/{n;s/.*ID: *//p}') &&" BACKUP_TOOL
                   " --id $id --sign --mechanism %s -i %s -o %s.sig && "
                   "openssl dgst -sha256 -verify %s.pub -signature %s.sig text",
                   name, name, name, how, input, name, name, name);
    assert_non_null(strstr(out_of(WORDS("sh", "-c", script)), "Verified OK"));
}

static void an_rsa_key_is_copied_with_certificate_and_issuer(void **state)
{
    (void)state;
    make_key("rsa", "rsa-2048", "--exportable");
    expect_golden(COPY("rsa"), 0, "copy-rsa");
    expect_copy_signs("rsa", "text", "SHA256-RSA-PKCS");
    assert_int_equal(3, objects_on_backup("rsa"));
    assert_int_equal(1, objects_on_backup("Root"));
    assert_int_equal(1, count_of(token_objects("backup", "privkey"), "sensitive, extractable"));
}

static void an_ec_key_is_copied_with_its_id(void **state)
{
    (void)state;
    make_key("ec", "ec-p256", "--exportable");
    expect_golden(P11CERT(COPY_WORDS("ec"), "--json"), 0, "copy-ec-json");
    expect_copy_signs("ec", "hash", "ECDSA --signature-format openssl");
    assert_int_equal(3, objects_on_backup("ec"));
    expect_exit(P11CERT("copy", "--check", "--key", "ec", "--token", "backup", "--to", "servers", "--to-pin-source",
                        "file:user.pin"),
                0);
}

/* The private key is unwrapped; what is written are its public key, its certificate and the one-time public key. */
static void the_tokens_unwrap_what_they_wrapped_for_each_other(void **state)
{
    size_t calls = 0;

    (void)state;
    make_exportable("spied");
    expect_exit(run_spied(WORDS(COPY_WORDS("spied")), "C_UnwrapKey", &calls), 0);
    assert_int_equal(2, calls);
    make_exportable("spied-too");
    expect_exit(run_spied(WORDS(COPY_WORDS("spied-too")), "C_CreateObject", &calls), 0);
    assert_int_equal(3, calls);
}

static void a_second_run_changes_nothing(void **state)
{
    (void)state;
    make_exportable("again");
    expect_exit(COPY("again"), 0);
    const char *before = backup_objects();

    expect_golden(COPY("again"), 0, "copy-again");
    const run_result *result = P11CERT(COPY_WORDS("again"), "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_string_equal(before, backup_objects());
}

static void what_is_missing_is_completed(void **state)
{
    (void)state;
    make_exportable("half");
    expect_exit(COPY("half"), 0);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "backup", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "cert", "--label", "half"));
    const run_result *checked = CHECK("--key", "half");

    expect_exit(checked, 1);
    expect_contains(checked, checked->out, "lacks 1 of the 1 certificates");
    const run_result *result = P11CERT(COPY_WORDS("half"), "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": true");
    expect_exit(CHECK("--key", "half"), 0);
    assert_int_equal(3, objects_on_backup("half"));
}

/* Killed before each call that writes or signs, the same command ends with the same token. */
static void a_killed_copy_is_finished_by_the_same_command(void **state)
{
    static const char *const plans[] = {
        "C_CreateObject=1 kill=0", "C_WrapKey=1 kill=0",      "C_WrapKey=2 kill=0",  "C_UnwrapKey=1 kill=0",
        "C_UnwrapKey=2 kill=0",    "C_SignInit=1 kill=0",     "C_SignInit=2 kill=0", "C_CreateObject=3 kill=0",
        "C_UnwrapKey=2 lost=0x30", "C_UnwrapKey=2 then=0x30",
    };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "cut%zu", i);
        make_exportable(name);
        const run_result *cut = run_with_fault(WORDS(COPY_WORDS(name)), plans[i]);

        assert_true(cut->signal == SIGKILL || cut->exit_code == 6);
        expect_exit(COPY(name), 0);
        assert_int_equal(3, objects_on_backup(name));
        expect_exit(CHECK("--key", name), 0);
    }
}

/* Each time, SoftHSM leaves a key without key material under the CKA_ID and label of the copy. */
static void expect_copied_past_wrecks(const char *name, const char *plan, size_t wrecks)
{
    size_t keys = token_count("backup", "privkey");

    for (size_t i = 0; i < wrecks; i++) {
        assert_int_equal(SIGKILL, run_with_fault(WORDS(COPY_WORDS(name)), plan)->signal);
        assert_int_equal(keys + i + 1, token_count("backup", "privkey"));
    }
    const run_result *result = COPY(name);

    expect_exit(result, 0);
    expect_contains(result, result->out, "without key material, left by a program that was killed");
    result = P11CERT(COPY_WORDS(name), "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    expect_exit(CHECK("--key", name), 0);
    assert_int_equal(keys + wrecks + 1, token_count("backup", "privkey"));
    expect_exit(P11CERT("repair", "--token", "backup", "--apply"), 0);
    assert_int_equal(keys + 1, token_count("backup", "privkey"));
    assert_int_equal(3, objects_on_backup(name));
}

static void a_copy_is_made_past_the_wrecks_of_killed_ones(void **state)
{
    char plan[64];

    (void)state;
    make_exportable("counted");
    (void)snprintf(plan, sizeof plan, "C_UnwrapKey=2 halfkill=%u",
                   writes_in_call(WORDS(COPY_WORDS("counted")), "C_UnwrapKey=2") - 1);
    make_exportable("wreck");
    expect_copied_past_wrecks("wreck", plan, 1);
    make_exportable("wrecks");
    expect_copied_past_wrecks("wrecks", plan, 4);
    expect_copy_signs("wrecks", "hash", "ECDSA --signature-format openssl");
}

/* --- what is refused --- */

static void a_key_that_may_not_leave_is_refused_with_the_options(void **state)
{
    (void)state;
    const char *before = backup_objects();

    make_key("fixed", "ec-p256", "");
    expect_golden(COPY("fixed"), 8, "copy-fixed");
    make_exportable("trusted");
    expect_golden(run_with_fault(WORDS(COPY_WORDS("trusted")), "call=1+ put=1@0x210"), 8, "copy-trusted");
    expect_golden(run_with_fault(WORDS(COPY_WORDS("trusted")), "C_WrapKey=2+ return=0x69"), 8, "copy-not-wrappable");
    assert_string_equal(before, backup_objects());
}

static void a_missing_mechanism_is_named_with_its_token(void **state)
{
    static const struct {
        const char *plan;
        const char *words;
    } rows[] = {
        { "C_GenerateKeyPair=1 return=0x70", "token \"backup\" could not generate a one-time RSA key" },
        { "C_WrapKey=1 return=0x70", "token \"servers\" could not wrap a one-time key for the other token" },
        { "C_UnwrapKey=1 return=0x70", "token \"backup\" could not unwrap the one-time key of the other token" },
        { "C_WrapKey=2+ return=0x70", "token \"servers\" could not wrap the private key" },
        { "C_UnwrapKey=2+ return=0x70", "token \"backup\" could not unwrap the private key" },
    };

    (void)state;
    make_exportable("poor");
    const char *before = backup_objects();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = run_with_fault(WORDS(COPY_WORDS("poor")), rows[i].plan);

        expect_exit(result, 6);
        expect_contains(result, result->err, rows[i].words);
        expect_contains(result, result->err, "CKR_MECHANISM_INVALID");
        expect_contains(result, result->err, "p11cert export");
        expect_contains(result, result->err, "nothing of the key \"poor\" was left on token \"backup\"");
        assert_string_equal(before, backup_objects());
    }
}

static void another_key_keeps_its_label_and_its_id(void **state)
{
    (void)state;
    token_make_key("backup", "taken", "61");
    make_exportable("taken");
    token_make_key("servers", "by-id", "62");
    token_make_key("backup", "other", "62");
    const char *before = backup_objects();

    expect_golden(COPY("taken"), 8, "copy-label-taken");
    const run_result *result = run_with_fault(WORDS(COPY_WORDS("by-id")), "call=1+ put=1@0x162");

    expect_exit(result, 8);
    expect_contains(result, result->err, "another key on token \"backup\" has the CKA_ID");
    assert_string_equal(before, backup_objects());
}

/* Undoing removes what this run wrote, and not the public key of others that has the same CKA_ID. */
static void a_stray_public_key_under_its_id_is_not_removed(void **state)
{
    (void)state;
    make_exportable("met");
    (void)out_of(WORDS("sh", "-c",
                       "id=$(pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                       " -O --type privkey | sed -n '/label: *met$/{n;s/.*ID: *//p}') && "
                       "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out stray.key && "
                       "openssl pkey -in stray.key -pubout -outform DER -out stray.der && " BACKUP_TOOL
                       " --write-object stray.der --type pubkey --id $id --label stray"));
    expect_exit(run_with_fault(WORDS(COPY_WORDS("met")), "C_UnwrapKey=2 return=0x30"), 6);
    assert_int_equal(1, objects_on_backup("stray"));
    assert_int_equal(0, objects_on_backup("met"));
    const run_result *result = COPY("met");

    expect_exit(result, 4);
    expect_contains(result, result->err, "several public keys have the CKA_ID");
    assert_int_equal(1, objects_on_backup("stray"));
    assert_int_equal(0, objects_on_backup("met"));
}

/* A token that shows no value of a certificate: without it, the copy would be called complete. */
static void a_certificate_that_cannot_be_read_is_not_left_out(void **state)
{
    (void)state;
    make_exportable("unread");
    const char *before = backup_objects();
    const run_result *result = run_with_fault(WORDS(COPY_WORDS("unread")), "C_GetAttributeValue=1+ length=0@0x11");

    expect_exit(result, 6);
    expect_contains(result, result->err, "nothing was written");
    expect_contains(result, result->err, "it is not known whether the key has a certificate");
    assert_string_equal(before, backup_objects());
    result = run_with_fault(WORDS("export", "--token", "servers", "--key", "unread", "--out", "unread.pfx",
                                  "--generate-password", "unread.pass"),
                            "C_GetAttributeValue=1+ length=0@0x11");
    expect_exit(result, 6);
    expect_contains(result, result->err, "it is not known whether the key has a certificate");
    assert_false(file_exists("unread.pfx"));
    assert_false(file_exists("unread.pass"));
    result = run_with_fault(WORDS("list", "--token", "servers"), "C_GetAttributeValue=1+ length=0@0x11");
    expect_contains(result, result->out, "UNREADABLE: the token shows no certificate in it");
    expect_exit(COPY("unread"), 0);
}

/* The module returns another handle for the certificate, so that it does not read back as it was written. */
static void a_certificate_that_fails_leaves_a_key_that_is_named(void **state)
{
    (void)state;
    make_exportable("unbound");
    token_make_key("backup", "precious", "0f");
    const run_result *result = run_with_fault(WORDS(COPY_WORDS("unbound")), "C_CreateObject=3 swap=3");

    expect_contains(result, result->err, "does not read back as it was written");
    expect_contains(result, result->err, "the key \"unbound\" is on token \"backup\" and stays there");
    assert_int_equal(1, count_of(token_objects("backup", "privkey"), "label:      precious\n"));
    expect_exit(COPY("unbound"), 0);
    (void)out_of(WORDS("sh", "-c",
                       BACKUP_TOOL " --delete-object --type privkey --label precious && " BACKUP_TOOL
                                   " --delete-object --type pubkey --label precious"));
}

static void the_second_token_must_be_another_and_be_there(void **state)
{
    (void)state;
    make_exportable("here");
    expect_golden(P11CERT("copy", "--token", "servers", "--to", "servers", "--to-pin-source", "file:user.pin", "--key",
                          "here"),
                  2, "copy-same-token");
    expect_exit(P11CERT("copy", "--token", "servers", "--to", "nowhere", "--to-pin-source", "file:user.pin", "--key",
                        "here"),
                4);
    const run_result *result = P11CERT("copy", "--token", "servers", "--to", "pkcs11:model=SoftHSM%20v2",
                                       "--to-pin-source", "file:user.pin", "--key", "here");

    expect_exit(result, 4);
    expect_contains(result, result->err, "name one with --to LABEL, or --to 'pkcs11:token=LABEL;serial=SERIAL'");
    file_write("wrong.pin", "00000000\n", 0600);
    expect_golden(P11CERT("copy", "--token", "servers", "--to", "backup", "--to-pin-source", "file:wrong.pin", "--key",
                          "here"),
                  5, "copy-wrong-pin");
    expect_golden(P11CERT("copy", "--token", "servers", "--to", "backup", "--key", "here"), 5, "copy-no-pin");
    expect_exit(P11CERT("copy", "--token", "servers", TO), 2);
    expect_exit(P11CERT("copy", "--token", "servers", "--key", "here"), 2);
    expect_exit(COPY("no such key"), 4);
    assert_int_equal(0, objects_on_backup("here"));
}

/* --- the record of a request --- */

static void write_record(const char *token, const char *spki, const char *number)
{
    char script[1200];

    (void)snprintf(script, sizeof script,
                   "printf '{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"protocol\":\"certsrv\","
                   "\"ca\":\"https://ca.contoso.com/certsrv\",\"request-id\":\"%s\",\"ca-state\":\"\","
                   "\"submitted-at\":\"2026-11-23T01:00:00Z\",\"request-sha256\":\"%s\",\"request\":\"AAAA\","
                   "\"spki-sha256\":\"%s\",\"key-label\":\"asked\",\"key-id\":\"61\"}' >record &&"
                   "pkcs11-tool --module " SOFTHSM " --token-label %s --login --pin " USER_PIN
                   " --write-object record --type data --private --application-label 'p11cert pending request'"
                   " --label 'request of asked'",
                   number, spki, spki, token);
    (void)out_of(WORDS("sh", "-c", script));
}

static const char *spki_of(const char *name)
{
    char script[200];

    (void)snprintf(script, sizeof script,
                   "openssl x509 -in %s.cer -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum | "
                   "cut -d' ' -f1 | tr -d '\\n'",
                   name);
    return out_of(WORDS("sh", "-c", script));
}

static void expect_record(const char *name, const char *words)
{
    const run_result *result = P11CERT(COPY_WORDS(name), "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, words);
}

static void the_record_of_a_pending_request_follows(void **state)
{
    (void)state;
    make_exportable("asked");
    write_record("servers", spki_of("asked"), "4711");
    expect_record("asked", "\"record\": \"written\"");
    expect_record("asked", "\"record\": \"already\"");
    const run_result *result = P11CERT("list", "--token", "backup", "--json");

    expect_exit(result, 0);
    expect_contains(result, result->out, "4711");
    make_exportable("other-record");
    write_record("servers", spki_of("other-record"), "4712");
    write_record("backup", spki_of("other-record"), "4713");
    expect_record("other-record", "\"record\": \"left\"");
}

/* --- copy --check --- */

static void each_difference_is_named(void **state)
{
    (void)state;
    make_exportable("same");
    make_exportable("missing");
    make_exportable("renamed");
    expect_exit(COPY("same"), 0);
    token_make_key("backup", "renamed", "77");
    expect_exit(CHECK("--key", "same"), 0);
    expect_golden(CHECK("--key", "same"), 0, "copy-check-same");
    expect_golden(CHECK("--key", "missing"), 1, "copy-check-missing");
    expect_golden(CHECK("--key", "renamed", "--json"), 1, "copy-check-other-key-json");
    const run_result *all = CHECK("--json");

    expect_exit(all, 1);
    expect_contains(all, all->out, "\"label\": \"missing\"");
    expect_contains(all, all->out, "\"status\": \"finding\"");
}

/* A clone with more permissions than the key is not the same key with regard to its policy. */
static void a_difference_in_flags_counts(void **state)
{
    (void)state;
    make_exportable("flags");
    expect_exit(COPY("flags"), 0);
    (void)out_of(WORDS("sh", "-c",
                       P11CERT_PROGRAM " export --token backup --key flags --out flags.pfx --generate-password "
                                       "flags.password && " P11CERT_PROGRAM
                                       " retire --token backup --key flags --yes --allow-valid && " P11CERT_PROGRAM
                                       " import flags.pfx --token backup --password-source file:flags.password"));
    const run_result *result = CHECK("--key", "flags");

    expect_exit(result, 1);
    expect_contains(result, result->out, "extractable is false, not true");
    expect_contains(result, result->out, "both keys");
    result = COPY("flags");
    expect_exit(result, 0);
    expect_contains(result, result->out, "the flags of the copy differ from those of the key");
}

/* What could not be judged is neither the same nor missing. */
static void what_fails_is_not_checked(void **state)
{
    (void)state;
    make_exportable("judged");
    expect_exit(COPY("judged"), 0);
    const run_result *result = run_with_fault(WORDS("copy", "--check", "--token", "servers", TO, "--key", "judged"),
                                              "C_SignInit=2+ return=0x54");

    expect_exit(result, 1);
    expect_contains(result, result->out, "NOT CHECKED");
    expect_contains(result, result->out, "only the key on the first token");
    result = run_with_fault(WORDS("copy", "--check", "--token", "servers", TO, "--key", "judged"),
                            "C_SignInit=2+ return=0x32");
    expect_exit(result, 6);
    result = run_with_fault(WORDS("copy", "--check", "--token", "servers", TO, "--key", "judged"), "C_Sign=2+ flip=9");
    expect_exit(result, 1);
    expect_contains(result, result->out, "DIFFERS");
    expect_contains(result, result->out, "does not verify with the public key of the original");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rsa_key_is_copied_with_certificate_and_issuer),
        cmocka_unit_test(an_ec_key_is_copied_with_its_id),
        cmocka_unit_test(the_tokens_unwrap_what_they_wrapped_for_each_other),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(what_is_missing_is_completed),
        cmocka_unit_test(a_killed_copy_is_finished_by_the_same_command),
        cmocka_unit_test(a_copy_is_made_past_the_wrecks_of_killed_ones),
        cmocka_unit_test(a_key_that_may_not_leave_is_refused_with_the_options),
        cmocka_unit_test(a_missing_mechanism_is_named_with_its_token),
        cmocka_unit_test(another_key_keeps_its_label_and_its_id),
        cmocka_unit_test(a_stray_public_key_under_its_id_is_not_removed),
        cmocka_unit_test(a_certificate_that_cannot_be_read_is_not_left_out),
        cmocka_unit_test(a_certificate_that_fails_leaves_a_key_that_is_named),
        cmocka_unit_test(the_second_token_must_be_another_and_be_there),
        cmocka_unit_test(the_record_of_a_pending_request_follows),
        cmocka_unit_test(each_difference_is_named),
        cmocka_unit_test(a_difference_in_flags_counts),
        cmocka_unit_test(init_args_for_the_module_of_both_tokens_are_refused),
        cmocka_unit_test(a_second_module_gets_its_own_init_args),
        cmocka_unit_test(what_fails_is_not_checked),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
