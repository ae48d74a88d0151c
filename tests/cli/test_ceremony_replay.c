/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert ceremony replay, and the lints that verify repeats: the same artefacts are produced again, and nothing else
 * is accepted. */
#include "harness.h"

#include <unistd.h>

#define REPLAY(...)    P11CERT("ceremony", "replay", __VA_ARGS__)
#define VERIFY(folder) P11CERT("ceremony", "verify", "--mode", "rehearsal", folder)
#define SHELL(line)    expect_exit(RUN("sh", "-c", line), 0)
#define TRANSCRIPT     "bad/transcript.jsonl"
#define RECHAIN        TEST_DATA_DIR "/../ceremony/rechain.py"
#define EDIT(sed)      SHELL("sed " sed " good/transcript.jsonl | python3 " RECHAIN " > " TRANSCRIPT)

#define NO_SHA256 "0000000000000000000000000000000000000000000000000000000000000000"

static const char script[] =
    "ceremony: {id: again, title: Again}\n"
    "roles:\n"
    "  - {name: operator}\n"
    "  - {name: witness, count: 2}\n"
    "tokens:\n"
    "  - {role: root, label: root}\n"
    "  - {role: ed, label: ed}\n"
    "inputs:\n"
    "  - {file: gone.yaml}\n"
    "  - {file: own.yaml}\n"
    "steps:\n"
    "  - {kind: init, token: root}\n"
    "  - {kind: keygen, token: root, key: root, type: rsa-3072, use: ca}\n"
    "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
    "  - {kind: export-public, token: root, key: root, out: root.pub}\n"
    "  - {kind: init, token: ed}\n"
    "  - {kind: keygen, token: ed, key: ed, type: ec-p256, use: ca}\n"
    "  - {kind: request, token: ed, key: ed, subject: 'CN=Issuing', names: ['dns:ca.example'], out: ed.req}\n"
    "  - {kind: issue, token: root, ca: root, request: ed.req, profile: own.yaml, out: ed.cer}\n"
    "  - {kind: prove, token: ed, key: ed}\n"
    "  - {kind: crl, token: root, ca: root, issuer: root.cer, revoked: gone.yaml, days: 30, out: root.crl}\n"
    "  - {kind: confirm, text: All is well., by: operator}\n"
    "  - {kind: witness, by: witness}\n"
    "  - {kind: confirm, text: It was seen., by: witness}\n"
    "  - {kind: close}\n";

static int make_world(void **state)
{
    (void)world_new(state);
    assert_int_equal(0, unsetenv("P11CERT_PIN_SOURCE"));
    file_write("c.yaml", script, 0644);
    file_write("gone.yaml", "revoked: [{serial: \"4711\", time: 2026-01-02, reason: superseded}]\n", 0644);
    file_write("own.yaml", "name: own\nbase: issuing-ca\ntitle: Own\nsource: of our own\nvalidity: 3y\n", 0644);
    expect_exit(P11CERT("ceremony", "rehearse", "--quiet", "c.yaml", "--out", "good"), 0);
    return 0;
}

/* Every test has a copy of its own. */
static int copy_good(void **state)
{
    (void)state;
    (void)out_of(WORDS("sh", "-c", "rm -rf bad; cp -r good bad"));
    return 0;
}

static void the_same_bytes_come_out(void **state)
{
    (void)state;
    const run_result *result = REPLAY("good");

    expect_exit(result, 0);
    expect_contains(result, result->out, "root.cer: the same ");
    expect_contains(result, result->out, " bytes (RSA PKCS#1 v1.5)\n");
    expect_contains(result, result->out, "ed.req: the same ");
    expect_contains(result, result->out, ", and the signature verifies; its scheme is not deterministic\n");
    expect_contains(result, result->out, "root.pub: the same ");
    expect_contains(result, result->out, "root.crl: the same ");
    expect_contains(result, result->out, "proof-9.txt: the same ");
    expect_contains(result, result->out, "replayed as REHEARSAL\n");
    assert_int_equal(3, count_of(result->out, "(RSA PKCS#1 v1.5)"));
}

/* Keys that only one signer supports, and a scheme that a custom profile requests. */
static void ed25519_and_pss_come_out_too(void **state)
{
    (void)state;
    file_write("pss.yaml", "name: own-pss\nbase: root\ntitle: Own\nsource: of our own\npss: true\n", 0644);
    file_write(
        "kinds.yaml",
        "ceremony: {id: kinds, title: Kinds}\ntokens: [{role: t, label: t}]\ninputs: [{file: pss.yaml}]\nsteps:\n"
        "  - {kind: init, token: t}\n"
        "  - {kind: keygen, token: t, key: ed, type: ed25519, use: ca}\n"
        "  - {kind: self-sign, token: t, key: ed, subject: CN=Ed, out: ed.cer}\n"
        "  - {kind: crl, token: t, ca: ed, days: 30, out: ed.crl}\n"
        "  - {kind: prove, token: t, key: ed}\n"
        "  - {kind: keygen, token: t, key: pss, type: rsa-2048, use: ca}\n"
        "  - {kind: self-sign, token: t, key: pss, subject: CN=Pss, profile: pss.yaml, out: pss.cer}\n"
        "  - {kind: close}\n",
        0644);
    expect_exit(P11CERT("ceremony", "rehearse", "--quiet", "kinds.yaml", "--out", "kinds"), 0);
    expect_exit(VERIFY("kinds"), 0);
    SHELL("sh " TEST_DATA_DIR "/../../src/ceremony/transcript/verify.sh --mode rehearsal kinds");
    SHELL("openssl verify -CAfile kinds/pss.cer kinds/pss.cer && openssl verify -CAfile kinds/ed.cer kinds/ed.cer");
    const run_result *result = REPLAY("kinds");

    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "bytes (Ed25519)\n"));
    expect_contains(result, result->out, "pass  pss.cer: the same");
}

/* As for a third party: no module, no network, only the bundle. */
static void a_bundle_is_enough(void **state)
{
    (void)state;
    expect_exit(P11CERT("ceremony", "bundle", "good", "--out", "good.tar"), 0);
    SHELL("mkdir -p alone/tmp && cp good.tar alone");
    static const char line[] = "cd alone && env -i TMPDIR=$PWD/tmp PATH=$PATH $run \"" P11CERT_PROGRAM
                               "\" ceremony $verb good.tar $more > out; code=$?; ls -A tmp; exit $code";

    for (int i = 0; i < 4; i++) {
        (void)setenv("run", i % 2 && geteuid() == 0 ? "unshare -n" : "", 1);
        (void)setenv("verb", i < 2 ? "replay" : "verify", 1);
        (void)setenv("more", i < 2 ? "" : "--mode rehearsal", 1);
        const run_result *result = RUN("sh", "-c", line);

        expect_exit(result, 0);
        assert_string_equal("", result->out); /* nothing is left in the temporary folder */
    }
    (void)unsetenv("run");
    (void)unsetenv("verb");
    (void)unsetenv("more");
}

static void a_transcript_without_its_files_is_not_enough(void **state)
{
    (void)state;
    expect_exit(REPLAY("good/transcript.jsonl"), 2);
    expect_exit(REPLAY("none"), 4);
}

static void expect_not_replayed(const char *words)
{
    const run_result *result = REPLAY("bad");

    expect_exit(result, 1);
    expect_contains(result, result->out, words);
    expect_contains(result, result->out, "NOT REPLAYED: ");
}

static void a_line_that_was_changed_is_found_by_the_chain(void **state)
{
    (void)state;
    SHELL("sed '/serial number/s/\"value\":\"[0-9a-f]/\"value\":\"x/' good/transcript.jsonl > " TRANSCRIPT);
    expect_not_replayed("FAIL  chain: ");
}

/* The chain was rebuilt, as the author of the transcript can do: other drawn values give other bytes. */
static void another_draw_gives_other_bytes(void **state)
{
    (void)state;
    EDIT("'/serial number/s/\"value\":\"......../\"value\":\"00112233/'");
    expect_not_replayed("FAIL  root.cer: the part to be signed is not what the script and the draws produce");
    EDIT("'/\"time of issue\"/s/\"value\":\"20../\"value\":\"2031/'");
    expect_not_replayed("FAIL  root.crl: the part to be signed is not what the script and the draws produce");
    EDIT("'/\"challenge\",\"source\"/s/\"value\":\"......../\"value\":\"00112233/'");
    expect_not_replayed("FAIL  proof-9.txt: the challenge is not what the script and the draws produce");
    EDIT("'/\"time of issue\"/s/\"value\":\"20../\"value\":\"then/'");
    expect_not_replayed("is not a valid time");
}

static void a_draw_that_is_missing_or_duplicate_fails(void **state)
{
    (void)state;
    EDIT("'/\"purpose\":\"serial number\"/d'");
    expect_not_replayed("FAIL  ed.cer: the transcript does not record exactly one serial number for step 8");
    EDIT("'/\"purpose\":\"serial number\"/{p;s/\"value\":\"......../\"value\":\"00112233/}'");
    expect_not_replayed("FAIL  ed.cer: the transcript does not record exactly one serial number for step 8");
}

static void a_file_that_was_changed_is_found(void **state)
{
    (void)state;
    SHELL("cp bad/ed.cer bad/root.cer");
    expect_not_replayed("FAIL  root.cer: it is not the file that record ");
}

/* The record of the file was changed too: the certificate has a validity period other than the script says. */
static void another_certificate_of_the_key_is_found(void **state)
{
    static const char line[] =
        "openssl req -x509 -newkey rsa:3072 -nodes -keyout k -subj /CN=Root -days 9 -out bad/root.cer 2>/dev/null;"
        "sum=$(sha256sum < bad/root.cer | cut -c1-64); size=$(stat -c %s bad/root.cer);"
        "sed '/\"kind\":\"artefact\"/{/root[.]cer/s/\"sha256\":\"[0-9a-f]*\",\"size\":[0-9]*/"
        "\"sha256\":\"'$sum'\",\"size\":'$size'/}' good/transcript.jsonl | python3 " RECHAIN " > " TRANSCRIPT;

    (void)state;
    SHELL(line);
    expect_not_replayed("FAIL  root.cer: its public key is not that of the key \"root/root\" on the token");
}

#define EDIT_SCRIPT(sed) \
    SHELL("sed " sed " good/ceremony.yaml > bad/ceremony.yaml; sum=$(sha256sum < bad/ceremony.yaml | cut -c1-64); " \
          "sed \"1s/\\\"script_sha256\\\":\\\"[0-9a-f]*/\\\"script_sha256\\\":\\\"$sum/\" " \
          "good/transcript.jsonl | python3 " RECHAIN " > " TRANSCRIPT)

static void another_script_is_found(void **state)
{
    (void)state;
    SHELL("sed -i s/CN=Root/CN=Boot/ bad/ceremony.yaml");
    expect_not_replayed("FAIL  script: ");
    EDIT_SCRIPT("s/CN=Root/CN=Boot/");
    expect_not_replayed("FAIL  root.cer: the part to be signed is not what the script and the draws produce");
}

/* What another CA of the ceremony issued fits that CA's certificate, which is among the files. */
static void another_ca_than_the_script_names_is_found(void **state)
{
    (void)state;
    EDIT_SCRIPT("'s/issue, token: root, ca: root/issue, token: ed, ca: ed/'");
    expect_not_replayed("FAIL  ed.cer: the CA that issued it is not the one that the script names");
    EDIT_SCRIPT("'s/crl, token: root, ca: root, issuer: root.cer/crl, token: ed, ca: ed/'");
    expect_not_replayed("FAIL  root.crl: the CA that issued it is not the one that the script names");
    EDIT_SCRIPT("s/issuer:.root.cer/issuer:' 'ed.cer/");
    expect_not_replayed("FAIL  root.crl: the certificate of the CA that issued it is not \"ed.cer\"");
}

/* ---- what the ceremony file orders ---- */

static void expect_other_contents(const char *words)
{
    const run_result *result = VERIFY("bad");

    expect_exit(result, 1);
    expect_contains(result, result->out, words);
    expect_lacks(result, result->out, "pass  orders: ");
}

static void contents_are_what_was_ordered(void **state)
{
    (void)state;
    const run_result *result = VERIFY("good");

    expect_exit(result, 0);
    expect_contains(result, result->out,
                    "pass  orders: 6 files, each with the contents that the ceremony file orders\n");
    expect_contains(result, result->out, "note  own.yaml: line 10 of the ceremony file states no SHA-256 of it: ");
}

/* Another ceremony file, or another profile, is shown than the one by which the files were made. */
static void another_order_is_named_with_both_values(void **state)
{
    (void)state;
    EDIT_SCRIPT("s/CN=Root/CN=Boot/");
    expect_other_contents(
        "FAIL  root.cer: step 3, line 14: subject: the ceremony file orders \"CN=Boot\", and this has "
        "\"CN=Root\"\n");
    EDIT_SCRIPT("s/rsa-3072/rsa-4096/");
    expect_other_contents(
        "FAIL  root.cer: step 2, line 13: a key of type rsa-4096 is ordered, and this is RSA of 3072 bits\n");
    EDIT_SCRIPT("s/ec-p256/ec-p384/");
    expect_other_contents(
        "FAIL  ed.req: step 6, line 17: a key of type ec-p384 is ordered, and this is EC of 256 bits\n");
    expect_other_contents("FAIL  proof-9.txt: step 6, line 17: a key of type ec-p384 is ordered, ");
    EDIT_SCRIPT("s/dns:ca.example/dns:cb.example/");
    expect_other_contents("FAIL  ed.req: step 7, line 18: X509v3 Subject Alternative Name: the ceremony file orders "
                          "\"DNS cb.example\", and this has \"DNS ca.example\"\n");
    EDIT_SCRIPT("'s/days: 30/days: 40/'");
    expect_other_contents("FAIL  root.crl: step 10, line 21: next update: the ceremony file orders \"20");
}

/* Its digest, which the ceremony file does not state, was written where it is recorded. */
static void another_profile_is_found_by_what_it_would_have_made(void **state)
{
    (void)state;
    SHELL("sed -i s/3y/2y/ bad/own.yaml; sum=$(sha256sum <bad/own.yaml | cut -c1-64); "
          "sed "
          "\"/\\\"name\\\":\\\"own.yaml\\\"/s/\\\"sha256\\\":\\\"[0-9a-f]*\\\",\\\"size\\\"/"
          "\\\"sha256\\\":\\\"$sum\\\",\\\"size\\\"/\" "
          "good/transcript.jsonl | python3 " RECHAIN " > " TRANSCRIPT);
    expect_other_contents("FAIL  ed.cer: step 8, line 19: not after: the ceremony file orders \"20");
}

/* The records of both halves of what a reviewer compares: what was ordered, and what the token showed. */
static void another_use_of_a_key_is_named(void **state)
{
    (void)state;
    const run_result *result = VERIFY("good");

    expect_exit(result, 0);
    expect_contains(result, result->out, "pass  keys: 2 generated, each for the use that the ceremony file orders\n");
    expect_lacks(result, result->out, "note  keys: ");
    EDIT_SCRIPT("'s/rsa-3072, use: ca/rsa-3072, use: decrypt/'");
    result = VERIFY("bad");
    expect_exit(result, 1);
    expect_contains(
        result, result->out,
        "FAIL  keys: step 2, line 13: the key \"root\" is ordered for the use decrypt, so CKA_SIGN should be "
        "false; the token showed true\n");
    expect_contains(result, result->out, "so CKA_DECRYPT should be true; the token showed false\n");
    expect_lacks(result, result->out, "pass  keys: ");
    EDIT("'/\"kind\":\"attributes\"/{/ed.ed/s/\"CKA_DECRYPT\":false/\"CKA_DECRYPT\":true/}'");
    result = VERIFY("bad");
    expect_exit(result, 1);
    expect_contains(result, result->out,
                    "FAIL  keys: step 6, line 17: the key \"ed\" is ordered for the use ca, so CKA_DECRYPT should be "
                    "false; the token showed true\n");
    EDIT("'/\"kind\":\"attributes\"/{/root.root/{p;s/\"CKA_SIGN\":true/\"CKA_SIGN\":false/}}'");
    result = VERIFY("bad");
    expect_exit(result, 1);
    expect_contains(result, result->out, "the attributes of the key \"root\" are recorded twice, and differ\n");
}

#define AS_PRODUCTION() \
    SHELL("sed 1s/REHEARSAL/PRODUCTION/ " TRANSCRIPT " | python3 " RECHAIN " > more && mv more " TRANSCRIPT)

/* In a rehearsal other tokens take the place of those that the ceremony file expects. */
static void another_token_is_named(void **state)
{
    (void)state;
    const run_result *result = VERIFY("good");

    expect_exit(result, 0);
    expect_contains(result, result->out, "pass  tokens: 2 records, each with the label that the ceremony file gives\n");
    EDIT("'/\"kind\":\"token\"/s/\"label\":\"root\"/\"label\":\"boot\"/'");
    result = VERIFY("bad");
    expect_exit(result, 1);
    expect_contains(result, result->out,
                    "FAIL  tokens: step 1, line 6: the token \"root\" had the label \"boot\", and the ceremony file "
                    "expects \"root\"\n");
    expect_lacks(result, result->out, "pass  tokens: ");
    EDIT("'/\"kind\":\"token\"/s/\"role\":\"ed\"/\"role\":\"other\"/'");
    result = VERIFY("bad");
    expect_exit(result, 1);
    expect_contains(result, result->out, "FAIL  tokens: step 5: the ceremony file has no token \"other\"\n");
    EDIT_SCRIPT("\"s/label: root/&, model: 'No HSM', serial: '4711'/\"");
    result = VERIFY("bad");
    expect_contains(result, result->out, "pass  tokens: 2 records, each with the label that the ceremony file gives\n");
    AS_PRODUCTION();
    result = P11CERT("ceremony", "verify", "bad"); /* nobody has signed it */
    expect_exit(result, 1);
    expect_contains(result, result->out,
                    "FAIL  tokens: step 1, line 6: the token \"root\" had the model \"SoftHSM v2\", and the ceremony "
                    "file expects \"No HSM\"\n");
}

static void the_serial_number_of_a_token_is_compared(void **state)
{
    (void)state;
    EDIT_SCRIPT("\"s/label: root/&, serial: '4711'/\"");
    AS_PRODUCTION();
    const run_result *result = P11CERT("ceremony", "verify", "bad");

    expect_exit(result, 1);
    expect_contains(result, result->out, "FAIL  tokens: step 1, line 6: the token \"root\" had the serial number \"");
    EDIT_SCRIPT("\"s/label: root/&, model: 'SoftHSM*', firmware: '2*', serial: '*'/\"");
    AS_PRODUCTION();
    result = P11CERT("ceremony", "verify", "bad");
    expect_contains(result, result->out, "pass  tokens: 2 records, each as the ceremony file expects\n");
    SHELL("sed 's/\"firmware\":\"[^\"]*\",//' " TRANSCRIPT " | python3 " RECHAIN " > more && mv more " TRANSCRIPT);
    result = P11CERT("ceremony", "verify", "bad");
    expect_contains(result, result->out,
                    "note  tokens: step 1, line 6: the transcript does not record everything that the ceremony file "
                    "expects of the token \"root\"\n");
    expect_lacks(result, result->out, "pass  tokens: ");
    SHELL("sed '/\"kind\":\"token\"/{/\"role\":\"root\"/d}' " TRANSCRIPT " | python3 " RECHAIN
          " > more && mv more " TRANSCRIPT);
    result = P11CERT("ceremony", "verify", "bad");
    expect_contains(result, result->out,
                    "note  tokens: line 6: the transcript does not record the token \"root\", whose properties the "
                    "ceremony file states\n");
    expect_lacks(result, result->out, "pass  tokens: ");
}

/* Some tokens do not let a program switch a use off, or do not show it: a person must judge that. */
static void a_use_that_the_token_decides_is_a_note(void **state)
{
    (void)state;
    EDIT("'/\"kind\":\"attributes\"/{/root.root/{s/\"CKA_UNWRAP\":false/\"CKA_UNWRAP\":true/;s/\"CKA_DERIVE\":false/"
         "\"CKA_DERIVE\":null/}}'");
    const run_result *result = VERIFY("bad");

    expect_exit(result, 0);
    expect_contains(result, result->out,
                    "note  keys: step 2, line 13: the key \"root\" is ordered for the use ca, so "
                    "CKA_UNWRAP should be false; the token showed true\n");
    expect_contains(result, result->out, "so CKA_DERIVE should be false; the token did not show it\n");
    expect_lacks(result, result->out, "pass  keys: ");
}

/* ---- the lints that verify repeats ---- */

static void lints_give_the_same_again(void **state)
{
    (void)state;
    const run_result *result = VERIFY("good");

    expect_exit(result, 0);
    expect_contains(result, result->out, "pass  lints: 3 artefacts checked again against the policy ca\n");
}

static void a_lint_that_was_recorded_otherwise_fails(void **state)
{
    (void)state;
    EDIT("'/\"kind\":\"lint\"/{/ed.cer/s/\"warnings\":\\[[^]]*\\]/\"warnings\":[]/}'");
    const run_result *result = VERIFY("bad");

    expect_exit(result, 1);
    expect_contains(result, result->out, "FAIL  ed.cer: p11cert ");
    expect_contains(result, result->out, "recorded other warnings than p11cert ");
}

/* Another version may have had other rules: a person should examine the difference. */
static void a_lint_of_another_version_is_a_note(void **state)
{
    (void)state;
    EDIT("'/\"kind\":\"lint\"/{/ed.cer/s/\"warnings\":\\[[^]]*\\]/\"warnings\":[]/;s/p11cert [0-9.]*, policy/p11cert "
         "0.0.1, policy/}'");
    const run_result *result = VERIFY("bad");

    expect_exit(result, 0);
    expect_contains(result, result->out, "note  ed.cer: p11cert 0.0.1, policy ca recorded other warnings than");
}

/* ---- the steps of the ceremony file ---- */

static void expect_not_verified(const char *words, int second_verifier)
{
    const run_result *result = VERIFY("bad");

    expect_exit(result, 1);
    expect_contains(result, result->out, words);
    expect_exit(RUN("sh", TEST_DATA_DIR "/../../src/ceremony/transcript/verify.sh", "--mode", "rehearsal", "bad"),
                second_verifier);
}

/* The author of the transcript left something out, and the chain is consistent: the second verifier cannot read the
 * ceremony file. */
static void a_step_that_was_left_out_is_missed(void **state)
{
    (void)state;
    const run_result *result = VERIFY("good");

    expect_contains(result, result->out, "pass  steps: each step of the ceremony file was carried out");
    EDIT("'/\"step\":9[,}]/d'");
    SHELL("rm bad/proof-9.*");
    expect_not_verified("FAIL  end: the ceremony has 14 steps, but only 13 were begun", 1);
    expect_not_verified("FAIL  steps: step 9 of the ceremony file (prove) was not carried out in its place", 1);
    SHELL("cp good/proof-9.* bad");
    EDIT("'/\"step\":9[,}]/s/\"step_kind\":\"prove\"/\"step_kind\":\"say\"/'");
    expect_not_verified("FAIL  steps: step 9 of the ceremony file (prove) was not carried out in its place", 0);
}

/* The header need not say how many steps there are: the ceremony file does. */
static void a_header_that_states_no_steps_hides_none(void **state)
{
    (void)state;
    EDIT("'1s/,\"steps\":14//'");
    expect_exit(VERIFY("bad"), 0);
    EDIT("'1s/,\"steps\":14//;/\"step\":14[,}]/d'");
    expect_not_verified("FAIL  steps: step 14 of the ceremony file (close) was not carried out in its place", 0);
    EDIT("'1s/,\"steps\":14//;/\"step\":14[,}]/{p;s/\"step\":14/\"step\":15/}'");
    expect_not_verified("FAIL  steps: the ceremony file has 14 steps, and 15 were begun", 0);
}

/* What was used in place of the file that was reviewed. */
static void an_input_that_was_exchanged_is_found(void **state)
{
    (void)state;
    EDIT("'/\"name\":\"own.yaml\"/s/\"origin\":\"input\",//'");
    expect_not_verified("FAIL  script: the input \"own.yaml\" of the ceremony file is not recorded as one", 0);
    SHELL("sed -i 's/{file: own.yaml/&, sha256: " NO_SHA256 "/' bad/ceremony.yaml");
    EDIT("'1s/\"script_sha256\":\"[0-9a-f]*/\"script_sha256\":\"'$(sha256sum <bad/ceremony.yaml | cut -c1-64)/");
    expect_not_verified(
        "FAIL  script: the ceremony file gives \"own.yaml\" another SHA-256 than that of the file that was used", 1);
}

/* The file was recorded as that of another step. */
static void a_file_that_its_step_did_not_record_is_missed(void **state)
{
    (void)state;
    EDIT("'/\"name\":\"root.crl\",\"sha256\"/s/\"step\":10,/\"step\":9,/'");
    expect_not_verified("FAIL  steps: step 10 writes \"root.crl\", and did not record it", 1);
}

static void a_confirmation_that_was_left_out_is_missed(void **state)
{
    (void)state;
    EDIT("'/\"kind\":\"confirm\"/d'");
    expect_not_verified("FAIL  steps: step 11 requires 1 of the role \"operator\", and the transcript has 0", 0);
}

/* A step that was interrupted is confirmed again; that is still one person. */
static void one_person_is_not_two(void **state)
{
    (void)state;
    EDIT("'/\"kind\":\"confirm\"/s/\"name\":\"witness 2\"/\"name\":\"witness 1\"/'");
    expect_not_verified("FAIL  steps: step 13 requires 2 of the role \"witness\", and the transcript has 1", 0);
    EDIT("'/\"kind\":\"confirm\"/{/\"name\":\"witness 1\"/p}'");
    expect_exit(VERIFY("bad"), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, copy_good)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_bytes_come_out),
        TEST(ed25519_and_pss_come_out_too),
        TEST(a_bundle_is_enough),
        TEST(a_transcript_without_its_files_is_not_enough),
        TEST(a_line_that_was_changed_is_found_by_the_chain),
        TEST(another_draw_gives_other_bytes),
        TEST(a_draw_that_is_missing_or_duplicate_fails),
        TEST(a_file_that_was_changed_is_found),
        TEST(another_certificate_of_the_key_is_found),
        TEST(another_script_is_found),
        TEST(another_ca_than_the_script_names_is_found),
        TEST(a_step_that_was_left_out_is_missed),
        TEST(a_header_that_states_no_steps_hides_none),
        TEST(an_input_that_was_exchanged_is_found),
        TEST(a_file_that_its_step_did_not_record_is_missed),
        TEST(a_confirmation_that_was_left_out_is_missed),
        TEST(one_person_is_not_two),
        TEST(contents_are_what_was_ordered),
        TEST(another_order_is_named_with_both_values),
        TEST(another_profile_is_found_by_what_it_would_have_made),
        TEST(another_use_of_a_key_is_named),
        TEST(another_token_is_named),
        TEST(the_serial_number_of_a_token_is_compared),
        TEST(a_use_that_the_token_decides_is_a_note),
        TEST(lints_give_the_same_again),
        TEST(a_lint_that_was_recorded_otherwise_fails),
        TEST(a_lint_of_another_version_is_a_note),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
