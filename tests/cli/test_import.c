/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert import: PFX files that OpenSSL made, imported to a token that pkcs11-tool examines. */
#include "harness.h"

#include <signal.h>

#define IMPORT(...)   P11CERT("import", "--token", "servers", __VA_ARGS__)
#define WITH_PASSWORD "--password-source", "file:password"

/* make_pfx NAME KEY-OPTIONS EXPORT-OPTIONS: a key with a certificate by the root, and the PFX of both. */
static const char *const functions =
    "set -e; make_pfx() { openssl req -newkey $2 -nodes -keyout $1.key -subj /CN=$1 -out $1.req; "
    "openssl x509 -req -in $1.req -CA ca.pem -CAkey ca.key -set_serial 0x1122334455667788 -days 20 -out $1.pem; "
    "openssl pkcs12 -export -inkey $1.key -in $1.pem -certfile ca.pem -passout file:password -out $1.pfx $3; }; ";

static void shell(const char *script)
{
    char whole[2048];

    (void)snprintf(whole, sizeof whole, "%s%s", functions, script);
    (void)out_of(WORDS("sh", "-c", whole));
}

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    token_make("second");
    file_write("password", "correct horse Battery 9 staple\n", 0600);
    file_write("wrong", "another one altogether\n", 0600);
    shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -set_serial "
          "0x7b00112233445566778899aabbccddeeff001122 -subj '/CN=Outer Root' -days 30 -out ca.pem; "
          "make_pfx rsa rsa:2048 '-name scom01 -CSP ContosoCSP'; "
          "make_pfx ec 'ec -pkeyopt ec_paramgen_curve:secp521r1'; "
          "make_pfx rc2 rsa:2048 -legacy; "
          "make_pfx nomac 'ec -pkeyopt ec_paramgen_curve:prime256v1' '-nomac'; "
          "make_pfx old 'rsa:1024'; "
          "make_pfx open 'ec -pkeyopt ec_paramgen_curve:prime256v1' '-keypbe NONE -certpbe NONE'");
    return 0;
}

static const char *attributes(const char *label)
{
    char script[256];

    (void)snprintf(script, sizeof script,
                   "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                   " -O --type privkey --label %s 2>&1",
                   label);
    return out_of(WORDS("sh", "-c", script));
}

static void expect_objects(size_t keys, size_t certificates)
{
    assert_int_equal(keys, token_count("servers", "privkey"));
    assert_int_equal(keys, token_count("servers", "pubkey"));
    assert_int_equal(certificates, token_count("servers", "cert"));
}

static void a_wrong_password_is_tried_once_and_never_reaches_the_token(void **state)
{
    size_t calls = 0;

    (void)state;
    expect_golden(run_spied(WORDS("import", "rsa.pfx", "--token", "servers", "--password-source", "file:wrong"),
                            "C_Login", &calls),
                  5, "import-wrong-password");
    assert_int_equal(0, calls);
    expect_exit(IMPORT("rsa.pfx"), 5);
    expect_objects(0, 0);
}

static void what_is_not_a_complete_pfx_is_refused(void **state)
{
    (void)state;
    shell("head -c 900 rsa.pfx >cut.pfx; : >empty.pfx; "
          "openssl pkcs12 -export -nokeys -in rsa.pem -passout file:password -out certificates.pfx; "
          "openssl pkcs12 -export -inkey rsa.key -nocerts -passout file:password -out alone.pfx");
    expect_golden(IMPORT("cut.pfx", WITH_PASSWORD), 3, "import-cut");
    expect_golden(IMPORT("rsa.pem", WITH_PASSWORD), 3, "import-pem");
    expect_exit(IMPORT("empty.pfx", WITH_PASSWORD), 3);
    expect_exit(IMPORT("none.pfx", WITH_PASSWORD), 4);
    expect_golden(IMPORT("certificates.pfx", WITH_PASSWORD), 3, "import-no-key");
    expect_golden(IMPORT("alone.pfx", WITH_PASSWORD), 3, "import-no-certificate");
    expect_golden(IMPORT("old.pfx", WITH_PASSWORD), 3, "import-rsa-1024");
    expect_objects(0, 0);
}

static void a_token_that_fails_keeps_nothing(void **state)
{
    static const char *const plans[] = {
        "C_UnwrapKey=1 return=0x30",    "C_UnwrapKey=2 then=0x30",     "C_CreateObject=1 then=0x30",
        "C_CreateObject=2 return=0x30", "C_GenerateKey=1 return=0x32",
    };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const run_result *result =
            run_with_fault(WORDS("import", "rsa.pfx", "--token", "servers", WITH_PASSWORD), plans[i]);

        expect_exit(result, 6);
        expect_contains(result, result->err, "nothing of the key \"scom01\" was left on token \"servers\"");
        expect_objects(0, 0);
    }
}

static void a_killed_run_is_finished_by_the_next(void **state)
{
    (void)state;
    assert_int_equal(
        SIGKILL,
        run_with_fault(WORDS("import", "ec.pfx", "--token", "servers", WITH_PASSWORD), "C_UnwrapKey=1 kill=0")->signal);
    assert_int_equal(1, token_count("servers", "pubkey"));
    expect_exit(IMPORT("ec.pfx", WITH_PASSWORD), 0);
    expect_objects(1, 2);
}

/* Another run found the public object of an interrupted one as well, and made its key for it. */
static void undoing_leaves_the_key_of_another_run_under_the_same_id(void **state)
{
    char id[64];
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "import", "nomac.pfx", "--label", "shared", "--token",
                                             "servers", "--module", FAULT_MODULE, WITH_PASSWORD) };

    (void)state;
    assert_int_equal(SIGKILL, run_with_fault(WORDS("import", "nomac.pfx", "--label", "shared", "--token", "servers",
                                                   WITH_PASSWORD),
                                             "C_UnwrapKey=1 kill=0")
                                  ->signal);
    const char *left = strstr(token_objects("servers", "pubkey"), "shared\n");

    assert_non_null(left);
    assert_non_null(strstr(left, "ID:"));
    assert_int_equal(1, sscanf(strstr(left, "ID:"), "ID: %63[0-9a-f]", id));
    running program = run_start_with_fault(&order, "C_OpenSession=2 hold=120", "C_OpenSession", 2);

    token_make_key("servers", "rival", id);
    gate_open();
    const run_result *result = run_finish(&program);

    expect_exit(result, 6);
    expect_contains(result, result->err, "nothing of the key \"shared\" was left on token \"servers\"");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      rival\n"));
    assert_int_equal(0, count_of(token_objects("servers", "privkey"), "label:      shared\n"));
    (void)out_of(WORDS("sh", "-c",
                       "for type in privkey pubkey pubkey; do pkcs11-tool --module " SOFTHSM
                       " --token-label servers --login --pin " USER_PIN " --delete-object --type $type --id $0; done",
                       id));
}

static void the_key_comes_in_and_is_not_exportable(void **state)
{
    (void)state;
    expect_golden(IMPORT("rsa.pfx", WITH_PASSWORD), 0, "import-rsa");
    expect_objects(2, 3);
    const char *text = attributes("scom01");

    assert_non_null(strstr(text, "Usage:      decrypt, sign\n"));
    assert_non_null(strstr(text, "Access:     sensitive\n"));
    expect_golden(P11CERT("export", "--key", "scom01", "--out", "again.pfx", "--token", "servers"), 8,
                  "import-then-export");
}

/* What another program signs with the imported key, OpenSSL verifies with the certificate. By its CKA_ID: pkcs11-tool
 * lists and uses any private key, whatever label it was given. */
static void the_key_signs_for_another_program(void **state)
{
    char id[64];
    const char *at = strstr(attributes("scom01"), "scom01\n");

    (void)state;
    assert_non_null(at);
    assert_int_equal(1, sscanf(at, "scom01 ID: %63[0-9a-f]", id));
    file_write("text", "words", 0600);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--sign", "-m", "SHA256-RSA-PKCS", "--id", id, "--input-file", "text", "--output-file",
                       "signature"));
    shell("openssl x509 -in rsa.pem -noout -pubkey >rsa.pub; openssl dgst -sha256 -verify rsa.pub -signature signature "
          "text");
}

static void a_second_run_finds_the_key(void **state)
{
    (void)state;
    expect_golden(IMPORT("rsa.pfx", "--exportable", WITH_PASSWORD), 0, "import-again");
    expect_objects(2, 3);
}

static void a_label_that_another_key_has_is_refused(void **state)
{
    (void)state;
    expect_golden(IMPORT("rc2.pfx", "--label", "scom01", WITH_PASSWORD), 8, "import-label");
    expect_objects(2, 3);
}

static void old_ciphers_and_missing_protection_are_read_and_reported(void **state)
{
    (void)state;
    expect_golden(IMPORT("rc2.pfx", WITH_PASSWORD), 0, "import-rc2");
    expect_golden(IMPORT("nomac.pfx", WITH_PASSWORD), 0, "import-no-mac");
    shell("openssl pkcs12 -export -inkey open.key -in open.pem -keypbe NONE -certpbe NONE -nomac -passout pass: -out "
          "open.pfx");
    expect_golden(IMPORT("open.pfx"), 0, "import-open");
    expect_objects(5, 6);
}

static void a_token_that_unwraps_nothing_is_written_to(void **state)
{
    (void)state;
    shell("make_pfx written rsa:2048; make_pfx point 'ec -pkeyopt ec_paramgen_curve:secp384r1'");
    expect_golden(run_with_fault(WORDS("import", "written.pfx", "--token", "servers", WITH_PASSWORD),
                                 "C_UnwrapKey=1+ return=0x54"),
                  0, "import-written");
    expect_exit(run_with_fault(WORDS("import", "point.pfx", "--token", "servers", WITH_PASSWORD),
                               "C_UnwrapKey=1+ return=0x54"),
                0);
    expect_objects(7, 8);
}

/* The result describes the key that was read back: here the token reports another value, or none. */
static void the_result_describes_the_key_that_was_read_back(void **state)
{
    static const struct {
        const char *plan;
        const char *words;
    } rows[] = {
        { "", "(CKA_NEVER_EXTRACTABLE is false)|    not exportable" },
        { "C_GetAttributeValue=1+ put=1@0x164", "(CKA_NEVER_EXTRACTABLE is wrongly true)|!is false|the token claims" },
        { "C_GetAttributeValue=1+ length=-1@0x164", "(CKA_NEVER_EXTRACTABLE is not shown)|!is false" },
        { "C_GetAttributeValue=1+ length=-1@0x162", "exportable or not: the token does not say|!is not exportable|"
                                                    "does not show whether its key is exportable" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            run_with_fault(WORDS("import", "rsa.pfx", "--token", "servers", WITH_PASSWORD), rows[i].plan);

        expect_exit(result, 0);
        expect_contains(result, result->out, "already on token");
        expect_said(result, rows[i].words);
    }
}

/* A key from one token to another, and exported again: OpenSSL finds the same key in both files. */
static void an_exported_key_comes_to_a_second_token(void **state)
{
    (void)state;
    expect_exit(P11CERT("import", "rsa.pfx", "--token", "second", "--exportable", WITH_PASSWORD), 0);
    expect_exit(P11CERT("export", "--key", "scom01", "--token", "second", "--out", "out.pfx", WITH_PASSWORD), 0);
    shell("openssl pkcs12 -in out.pfx -passin file:password -nodes -nocerts | openssl pkey -out out.key; "
          "openssl pkey -in rsa.key -out in.key; cmp in.key out.key");
}

/* In hex, by the label of the key. */
static const char *id_of(const char *token, const char *label)
{
    char filter[128];
    const run_result *result = P11CERT("list", "--token", token, "--json");

    expect_exit(result, 0);
    file_write("list.json", result->out, 0600);
    (void)snprintf(filter, sizeof filter, ".keys[] | select(.label == \"%s\") | .id", label);
    return out_of(WORDS("jq", "-r", filter, "list.json"));
}

/* A URI that names a key by its CKA_ID finds the copy too; if that CKA_ID is in use, the copy gets another. */
static void an_exported_key_keeps_its_cka_id(void **state)
{
    (void)state;
    token_make("third");
    expect_exit(P11CERT("import", "nomac.pfx", "--token", "second", "--exportable", "--label", "moved", WITH_PASSWORD),
                0);
    expect_exit(P11CERT("export", "--key", "moved", "--token", "second", "--out", "moved.pfx", WITH_PASSWORD), 0);
    expect_exit(P11CERT("import", "moved.pfx", "--token", "third", "--label", "copy", WITH_PASSWORD), 0);
    const char *id = id_of("second", "moved");

    assert_int_equal(33, strlen(id));
    assert_string_equal(id, id_of("third", "copy"));
    token_make("fourth");
    char hex[40];

    (void)snprintf(hex, sizeof hex, "%.32s", id);
    token_make_key("fourth", "other", hex);
    expect_exit(P11CERT("import", "moved.pfx", "--token", "fourth", "--label", "copy", WITH_PASSWORD), 0);
    assert_string_not_equal(id, id_of("fourth", "copy"));
    assert_string_equal(id, id_of("fourth", "other"));
}

static void json_has_the_same(void **state)
{
    (void)state;
    expect_golden(IMPORT("rsa.pfx", "--json", WITH_PASSWORD), 0, "import-json");
}

/* What a run takes away again when it fails is its own, also where somebody gave its public key another key's CKA_ID.
 */
static void a_public_key_under_another_keys_id_costs_that_key_nothing(void **state)
{
    (void)state;
    token_make("mixed");
    token_make_key("mixed", "precious", "00112233445566778899aabbccddeeff");
    shell("openssl pkey -in rsa.key -pubout -outform DER -out stray.der; "
          "pkcs11-tool --module " SOFTHSM " --token-label mixed --login --pin " USER_PIN
          " --write-object stray.der --type pubkey --id 00112233445566778899aabbccddeeff --label stray");
    expect_exit(run_with_fault(WORDS("import", "rsa.pfx", "--token", "mixed", WITH_PASSWORD),
                               "C_UnwrapKey=1 then=0x30"),
                6);
    assert_non_null(strstr(token_objects("mixed", "privkey"), "precious"));
    expect_exit(P11CERT("import", "rsa.pfx", "--token", "mixed", WITH_PASSWORD), 0);
    assert_non_null(strstr(token_objects("mixed", "privkey"), "precious"));
    assert_int_equal(2, token_count("mixed", "privkey"));
}

/* SoftHSM leaves a key without key material, with the CKA_ID of the public object that the next run takes. */
static void an_import_is_finished_past_the_wrecks_of_killed_ones(void **state)
{
    char plan[64];
    const char *const words[] = {
        "import", "open.pfx", "--label", "wrecked", "--token", "killed", WITH_PASSWORD, NULL
    };

    (void)state;
    token_make("killed");
    token_make("counted");
    unsigned writes = writes_in_call(WORDS("import", "open.pfx", "--token", "counted", WITH_PASSWORD), "C_UnwrapKey=2");

    (void)snprintf(plan, sizeof plan, "C_UnwrapKey=2 halfkill=%u", writes - 1);
    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(SIGKILL, run_with_fault(words, plan)->signal);
        assert_int_equal(i, token_count("killed", "privkey"));
    }
    const run_result *result = P11CERT("import", "open.pfx", "--label", "wrecked", "--token", "killed", WITH_PASSWORD);

    expect_exit(result, 0);
    expect_contains(result, result->out, "3 keys without key material");
    result = P11CERT("import", "open.pfx", "--token", "killed", WITH_PASSWORD, "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    expect_exit(P11CERT("repair", "--token", "killed", "--apply"), 0);
    assert_int_equal(1, token_count("killed", "privkey"));
    expect_exit(P11CERT("retire", "--token", "killed", "--key", "wrecked", "--yes", "--allow-valid"), 0);
    assert_int_equal(0, token_count("killed", "privkey"));
}

/* Writes the public key of a certificate under each CKA_ID. */
static void plant_public_keys(const char *token, const char *pem, const char *ids)
{
    char script[512];

    (void)snprintf(script, sizeof script,
                   "openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER -out planted.der; "
                   "for id in %s; do pkcs11-tool --module " SOFTHSM " --token-label %s --login --pin " USER_PIN
                   " --write-object planted.der --type pubkey --label planted --id $id; done",
                   pem, ids, token);
    shell(script);
}

/* Whatever the order in which the token lists them, and whoever wrote them. */
static void of_several_public_keys_the_first_free_cka_id_is_adopted(void **state)
{
    static const struct {
        const char *token;
        const char *pfx;
        const char *ids;
        const char *adopted;
    } rows[] = {
        { "rising", "rsa", "a1 a2 a3", "a1" },
        { "falling", "rsa", "a3 a2 a1", "a1" },
        { "curved", "open", "a2 a1 a3", "a1" },
        { "taken", "rsa", "a1 a3 a2", "a2" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *token = rows[i].token;
        char pem[16];
        char pfx[16];
        char id[16];

        (void)snprintf(pem, sizeof pem, "%s.pem", rows[i].pfx);
        (void)snprintf(pfx, sizeof pfx, "%s.pfx", rows[i].pfx);
        (void)snprintf(id, sizeof id, "ID:         %s\n", rows[i].adopted);
        token_make(token);
        if (strcmp(token, "taken") == 0) {
            token_make_key(token, "other", "a1");
        }
        plant_public_keys(token, pem, rows[i].ids);
        size_t publics = token_count(token, "pubkey");
        const run_result *result = P11CERT("import", pfx, "--label", "adopting", "--token", token, WITH_PASSWORD);

        expect_exit(result, 0);
        expect_contains(result, result->out, "3 public key objects of this key");
        expect_contains(result, result->out, rows[i].adopted);
        assert_int_equal(publics, token_count(token, "pubkey"));
        const char *key = strstr(token_objects(token, "privkey"), "adopting\n");

        assert_non_null(key);
        assert_non_null(strstr(key, id));
        result = P11CERT("import", pfx, "--label", "adopting", "--token", token, WITH_PASSWORD, "--json");
        expect_exit(result, 0);
        expect_contains(result, result->out, "\"changed\": false");
    }
}

/* Anybody can give a public key object the CKA_ID of another key. */
static void a_planted_public_key_is_named_with_the_way_out(void **state)
{
    (void)state;
    token_make("planted");
    expect_exit(P11CERT("new", "--subject", "CN=other", "--label", "other", "--key-type", "ec-p256", "--id", "b1",
                        "--out", "other.req", "--token", "planted"),
                0);
    plant_public_keys("planted", "open.pem", "b1");
    const run_result *result = P11CERT("import", "open.pfx", "--token", "planted", WITH_PASSWORD);

    expect_exit(result, 6);
    expect_contains(result, result->err, "\"other\", which was on token \"planted\" before, is not that of");
    expect_contains(result, result->err, "p11cert repair");
    expect_lacks(result, result->err, "run the same command again");
    result = P11CERT("accept", "open.pem", "--token", "planted");
    expect_exit(result, 6);
    expect_contains(result, result->err, "p11cert repair");
    result = P11CERT("new", "--key", "other", "--subject", "CN=x", "--out", "planted.req", "--token", "planted");
    expect_exit(result, 4);
    expect_contains(result, result->err, "p11cert repair");
    assert_int_equal(0, token_count("planted", "cert"));
    expect_exit(P11CERT("repair", "--token", "planted", "--apply"), 0);
    expect_exit(P11CERT("import", "open.pfx", "--token", "planted", WITH_PASSWORD), 0);
    expect_exit(P11CERT("new", "--key", "other", "--subject", "CN=x", "--out", "planted.req", "--token", "planted"), 0);
}

/* OpenSSL, NSS and Windows write such files; a PFX of our own always has a password. */
static void a_pfx_with_an_empty_password_is_read(void **state)
{
    static const char *const files[] = { "vacant-new.pfx", "vacant-old.pfx" };

    (void)state;
    file_write("empty", "", 0600);
    assert_int_equal(0, setenv("EMPTY", "", 1));
    shell("make_pfx vacant 'ec -pkeyopt ec_paramgen_curve:prime256v1'; "
          "for form in new old; do old=; test $form = new || old=-legacy; openssl pkcs12 -export -inkey vacant.key "
          "-in vacant.pem -passout pass: $old -out vacant-$form.pfx; done");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        expect_exit(P11CERT("check", files[i], "--no-token", "--password-source", "file:wrong"), 5);
        assert_in_range(P11CERT("check", files[i], "--no-token", "--password-source", "file:empty")->exit_code, 0, 1);
        assert_in_range(P11CERT("check", files[i], "--no-token")->exit_code, 0, 1);
        expect_exit(IMPORT(files[i], "--exportable", "--label", "vacant", "--password-source",
                           i ? "env:EMPTY" : "file:empty"),
                    0);
        assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      vacant\n"));
    }
    expect_exit(P11CERT("check", "rsa.pfx", "--no-token", "--password-source", "file:empty"), 5);
    expect_exit(P11CERT("export", "--token", "servers", "--key", "vacant", "--out", "e.pfx", "--password-source",
                        "file:empty"),
                5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_password_is_tried_once_and_never_reaches_the_token),
        cmocka_unit_test(what_is_not_a_complete_pfx_is_refused),
        cmocka_unit_test(a_token_that_fails_keeps_nothing),
        cmocka_unit_test(a_killed_run_is_finished_by_the_next),
        cmocka_unit_test(undoing_leaves_the_key_of_another_run_under_the_same_id),
        cmocka_unit_test(the_key_comes_in_and_is_not_exportable),
        cmocka_unit_test(the_key_signs_for_another_program),
        cmocka_unit_test(a_second_run_finds_the_key),
        cmocka_unit_test(a_label_that_another_key_has_is_refused),
        cmocka_unit_test(old_ciphers_and_missing_protection_are_read_and_reported),
        cmocka_unit_test(a_token_that_unwraps_nothing_is_written_to),
        cmocka_unit_test(the_result_describes_the_key_that_was_read_back),
        cmocka_unit_test(an_exported_key_comes_to_a_second_token),
        cmocka_unit_test(an_exported_key_keeps_its_cka_id),
        cmocka_unit_test(json_has_the_same),
        cmocka_unit_test(a_public_key_under_another_keys_id_costs_that_key_nothing),
        cmocka_unit_test(an_import_is_finished_past_the_wrecks_of_killed_ones),
        cmocka_unit_test(of_several_public_keys_the_first_free_cka_id_is_adopted),
        cmocka_unit_test(a_planted_public_key_is_named_with_the_way_out),
        cmocka_unit_test(a_pfx_with_an_empty_password_is_read),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
