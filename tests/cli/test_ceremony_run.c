/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert ceremony rehearse and run: what is made and recorded, and how a run continues after an interruption. */
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

#define CEREMONY(...)  P11CERT("ceremony", __VA_ARGS__)
#define REHEARSE(...)  P11CERT("ceremony", "rehearse", "--quiet", "c.yaml", __VA_ARGS__)
#define RUN_ATTENDED   "ceremony", "run", "--quiet", "c.yaml", "--site", "site.yaml", "--out", "out", "--allow-softhsm"
#define RUN_CEREMONY() P11CERT(RUN_ATTENDED, "--unattended")
#define CANARY         "918273645546372819"

static const char head[] = "ceremony: {id: demo, title: Demo}\n"
                           "roles:\n"
                           "  - {name: operator, title: Token operator}\n"
                           "  - {name: witness, count: 2}\n"
                           "tokens:\n"
                           "  - {role: root, label: demo-root}\n"
                           "steps:\n";

static const char steps_of_root[] = "  - {kind: init, token: root}\n"
                                    "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                                    "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                                    "  - {kind: close}\n";

static void write_script(const char *steps)
{
    char text[65536];

    (void)snprintf(text, sizeof text, "%s%s", head, steps);
    file_write("c.yaml", text, 0644);
}

static void expect_model(const char *model)
{
    char edit[128];

    (void)snprintf(edit, sizeof edit, "s/label: demo-root/&, model: '%s'/", model);
    (void)out_of(WORDS("sed", "-i", edit, "c.yaml"));
}

static void write_site(const char *module)
{
    char text[1024];

    file_write("canary.pin", CANARY, 0600);
    (void)snprintf(text, sizeof text,
                   "site: test\nproduction:\n"
                   "  - {token: root, module: %s, pin-source: 'file:canary.pin', so-pin-source: 'file:so.pin'}\n",
                   module);
    file_write("site.yaml", text, 0644);
}

static int make_world(void **state)
{
    (void)world_new(state);
    write_script(steps_of_root);
    write_site(FAULT_MODULE);
    assert_int_equal(0, setenv("P11CERT_FAULT_MODULE", SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_FAULT_RUN", "1", 1));
    return 0;
}

/* Every test begins with an empty store. */
static int clean(void **state)
{
    (void)state;
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
    (void)out_of(WORDS("sh", "-c", "rm -rf out r r2 tokens lock log; mkdir tokens"));
    return 0;
}

static size_t records(const char *kind)
{
    char words[64];
    size_t len = 0;

    (void)snprintf(words, sizeof words, "\"kind\":\"%s\"", kind);
    return count_of(file_read("out/transcript.jsonl", &len), words);
}

/* With these lines typed at a terminal. */
static const run_result *attended(const char *lines)
{
    file_write("typed", lines, 0644);
    return RUN("sh", "-c",
               "script -qec \"$0 ceremony run c.yaml --site site.yaml --out out --allow-softhsm\" /dev/null < typed",
               P11CERT_PROGRAM);
}

/* ---- rehearse ---- */

static void a_rehearsal_needs_softhsm_alone_and_leaves_no_token(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir("there", 0700));
    assert_int_equal(0, setenv("TMPDIR", "there", 1));
    const run_result *result = REHEARSE("--out", "r");

    assert_int_equal(0, unsetenv("TMPDIR"));
    expect_exit(result, 0);
    expect_contains(result, result->out, "Demo: rehearsal finished\n    4 of 4 steps, 0 deviations\n");
    assert_string_equal("", out_of(WORDS("ls", "-A", "there")));
    assert_string_equal("", out_of(WORDS("ls", "-A", "-I", "p11cert.lock", "tokens")));
    (void)out_of(WORDS("rm", "-r", "there"));
    expect_exit(RUN("openssl", "verify", "-CAfile", "r/root.cer", "r/root.cer"), 0);
    expect_exit(RUN("grep", "-c", "\"mode\":\"REHEARSAL\"", "r/transcript.jsonl"), 0);
    expect_exit(REHEARSE("--out", "r"), 8);
}

/* The signal waits until the tokens are deleted. */
static void a_rehearsal_that_is_interrupted_leaves_no_token(void **state)
{
    static const char interrupt[] =
        "mkdir there; TMPDIR=there \"$0\" ceremony rehearse --quiet c.yaml --out r & while kill -0 $! && ! grep -qs "
        "keygen r/transcript.jsonl; do sleep 0.01; done; kill -s TERM $!; wait $!; code=$?; ls -A there; rm -rf there; "
        "exit $code";
    static char steps[8192] = "  - {kind: init, token: root}\n";

    (void)state;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(steps + strlen(steps), sizeof steps - strlen(steps),
                       "  - {kind: keygen, token: root, key: k%d, type: ec-p256}\n", i);
    }
    (void)strcat(steps, "  - {kind: close}\n");
    write_script(steps);
    const run_result *result = RUN("sh", "-c", interrupt, P11CERT_PROGRAM);

    write_script(steps_of_root);
    expect_exit(result, 143);
    assert_string_equal("", result->out);
}

static void a_rehearsal_records_the_script_that_production_records(void **state)
{
    static const char digests[] =
        "for d in r out; do head -n 1 $d/transcript.jsonl | jq -r .body.script_sha256; done | "
        "sort -u | wc -l; cmp -s r/ceremony.yaml out/ceremony.yaml && cmp -s c.yaml "
        "out/ceremony.yaml && echo same";

    (void)state;
    write_script("  - {kind: say, text: x, unattended: true}\n  - {kind: close}\n");
    expect_exit(REHEARSE("--out", "r"), 0);
    expect_exit(RUN_CEREMONY(), 0);
    assert_string_equal("1\nsame\n", out_of(WORDS("sh", "-c", digests)));
    write_script(steps_of_root);
}

static void every_serial_number_is_another(void **state)
{
    enum { COUNT = 40 };
    static char steps[32768];
    size_t len = 0;

    (void)state;
    len += (size_t)snprintf(steps, sizeof steps,
                            "  - {kind: init, token: root}\n"
                            "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                            "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                            "  - {kind: keygen, token: root, key: a, type: ec-p256}\n"
                            "  - {kind: request, token: root, key: a, subject: CN=a, out: a.req}\n");
    for (int i = 0; i < COUNT; i++) {
        len += (size_t)snprintf(steps + len, sizeof steps - len,
                                "  - {kind: issue, token: root, ca: root, request: a.req, out: %d.cer}\n", i);
    }
    (void)snprintf(steps + len, sizeof steps - len, "  - {kind: close}\n");
    write_script(steps);
    expect_exit(REHEARSE("--out", "r"), 0);
    write_script(steps_of_root);
    /* Positive, at most 20 octets, and none without at least 64 random bits: none is short. */
    const char *serials = out_of(WORDS("sh", "-c",
                                       "for c in r/*.cer; do openssl x509 -in $c -noout -serial; done | "
                                       "grep -cE '^serial=[0-9A-F]{24,40}$'; for c in r/*.cer; do openssl x509 -in $c "
                                       "-noout -serial; done | sort -u | wc -l"));

    assert_string_equal("41\n41\n", serials);
}

/* ---- run ---- */

static void production_refuses_softhsm_unless_told(void **state)
{
    (void)state;
    write_site(SOFTHSM);
    const run_result *result = P11CERT("ceremony", "run", "--quiet", "c.yaml", "--site", "site.yaml", "--out", "out");

    write_site(FAULT_MODULE);
    expect_exit(result, 8);
    expect_contains(result, result->err, "is on SoftHSM");
    assert_string_equal("", out_of(WORDS("ls", "-A", "-I", "p11cert.lock", "tokens")));
}

static void a_run_makes_what_the_script_says_and_records_it(void **state)
{
    (void)state;
    write_script(
        "  - {kind: init, token: root}\n"
        "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
        "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
        "  - {kind: keygen, token: root, key: leaf, type: ec-p256}\n"
        "  - {kind: request, token: root, key: leaf, subject: CN=leaf, names: 'dns:leaf.example', out: a.req}\n"
        "  - {kind: issue, token: root, ca: root, request: a.req, days: 30, out: a.cer}\n"
        "  - {kind: accept, token: root, certificate: a.cer, chain: root.cer}\n"
        "  - {kind: export-public, token: root, key: leaf, out: a.pub}\n"
        "  - {kind: prove, token: root, key: leaf}\n"
        "  - {kind: check-token, token: root, keys: [leaf, root]}\n"
        "  - {kind: policy, profile: hsm, certificate: a.cer, chain: root.cer, token: root}\n"
        "  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 0);
    (void)out_of(WORDS("sed", "-i", "s/days: 30/days: 31/", "c.yaml"));
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 8);
    expect_contains(result, result->err, "belongs to a ceremony with another script");
    write_script(steps_of_root);
    expect_exit(RUN("openssl", "verify", "-CAfile", "out/root.cer", "out/a.cer"), 0);
    assert_string_equal(out_of(WORDS("cat", "out/a.pub")),
                        out_of(WORDS("openssl", "x509", "-in", "out/a.cer", "-noout", "-pubkey")));
    assert_int_equal(records("attributes"), 2);
    assert_int_equal(records("intent"), records("outcome"));
    assert_int_equal(records("artefact"), 8); /* with site.yaml and what step 9 kept */
    expect_exit(RUN("openssl", "dgst", "-sha256", "-verify", "out/proof-9.pub", "-signature", "out/proof-9.sig",
                    "out/proof-9.txt"),
                0);
    expect_exit(RUN("cmp", "out/proof-9.pub", "out/a.pub"), 0);
    assert_int_equal(records("close"), 1);
    expect_exit(RUN("sh", "-c",
                    "jq -r 'select(.kind == \"artefact\") | .body.sha256 + \"  out/\" + .body.name' "
                    "out/transcript.jsonl | sha256sum -c --quiet"),
                0);
    expect_exit(RUN("jq", "-e", "-s",
                    "[.[] | select(.kind == \"attributes\") | .body.values] | length == 2 and all(.CKA_EXTRACTABLE == "
                    "false and .CKA_SENSITIVE == true and .CKA_NEVER_EXTRACTABLE == true)",
                    "out/transcript.jsonl"),
                0);
}

static void a_finished_run_is_left_alone(void **state)
{
    (void)state;
    expect_exit(RUN_CEREMONY(), 0);
    (void)out_of(WORDS("cp", "out/transcript.jsonl", "before"));
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 0);
    expect_contains(result, result->out, "finished before; nothing was done");
    expect_exit(RUN("cmp", "before", "out/transcript.jsonl"), 0);
    remove("before");
}

static void existing_files_are_not_overwritten(void **state)
{
    (void)state;
    assert_int_equal(0, mkdir("out", 0755));
    file_write("out/root.cer", "mine", 0644);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    expect_exit(result, 8);
    expect_contains(result, result->err, "\"out/root.cer\" exists");
    assert_false(file_exists("log")); /* before any call to the module */
    assert_string_equal("mine", out_of(WORDS("cat", "out/root.cer")));
}

static void a_key_or_token_of_that_name_is_refused(void **state)
{
    (void)state;
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n  - {kind: close}\n");
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    expect_exit(P11CERT("keygen", "--module", SOFTHSM, "--token", "demo-root", "--pin-source", "file:canary.pin",
                        "--label", "root", "--key-type", "ec-p256", "--use", "ca"),
                0);
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 8);
    expect_contains(result, result->err, "a key \"root\" is already on token \"demo-root\"");
    expect_contains(result, result->err, "no option changes what the ceremony file orders");
    expect_lacks(result, result->err, "--label");
    (void)out_of(WORDS("rm", "-rf", "out"));
    write_script(steps_of_root);
    result = RUN_CEREMONY();
    expect_exit(result, 8);
    expect_contains(result, result->err, "a token \"demo-root\" already exists; it is not initialised again");
}

/* Write a script whose token must offer these. */
static void write_script_with_mechanisms(const char *mechanisms)
{
    char text[2048];

    (void)snprintf(text, sizeof text,
                   "ceremony: {id: demo, title: Demo}\n"
                   "tokens: [{role: root, label: demo-root, mechanisms: [%s]}]\nsteps:\n%s",
                   mechanisms, steps_of_root);
    file_write("c.yaml", text, 0644);
}

static void a_mechanism_that_is_missing_is_refused_before_anything_is_made(void **state)
{
    static const char refusal[] = "the token \"root\" does not offer 0x80000abc, which the script requires";

    (void)state;
    write_script_with_mechanisms("CKM_ECDSA, 0x80000abc");
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    expect_exit(result, 6);
    expect_contains(result, result->err, refusal);
    assert_false(file_exists("out"));
    expect_exit(RUN("grep", "-c", "C_GetMechanismList", "log"), 0);
    expect_exit(RUN("grep", "-c", "-E", "C_(InitToken|Login|Generate|Create)", "log"), 1);
    result = REHEARSE("--out", "r");
    expect_exit(result, 6);
    expect_contains(result, result->err, refusal);
    assert_false(file_exists("r"));
    result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm");
    expect_exit(result, 1);
    expect_contains(result, result->out, "does not offer 0x80000abc");
}

static void mechanisms_that_are_there_let_the_ceremony_begin(void **state)
{
    (void)state;
    write_script_with_mechanisms("CKM_ECDSA, CKM_EC_KEY_PAIR_GEN, 0x1041");
    expect_exit(RUN_CEREMONY(), 0);
    expect_exit(REHEARSE("--out", "r"), 0);
    /* A failed answer is not an empty list. */
    (void)out_of(WORDS("sh", "-c", "rm -rf out tokens; mkdir tokens"));
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_GetMechanismList=1+ return=0x30", 1));
    const run_result *result = RUN_CEREMONY();

    write_script(steps_of_root);
    expect_exit(result, 6);
    expect_contains(result, result->err, "does not report its mechanisms");
}

static void an_unknown_mechanism_is_found_by_lint(void **state)
{
    (void)state;
    write_script_with_mechanisms("CKM_ECDSB, CKM_NO_SUCH_THING_AT_ALL");
    const run_result *result = CEREMONY("lint", "c.yaml");

    write_script(steps_of_root);
    expect_exit(result, 1);
    expect_contains(result, result->out,
                    "\"CKM_ECDSB\" is not a mechanism that p11cert knows; did you mean CKM_ECDSA?");
    expect_contains(result, result->out, "\"CKM_NO_SUCH_THING_AT_ALL\" is not a mechanism");
}

/* In production; in a rehearsal SoftHSM replaces any token. */
static void a_token_of_another_model_is_refused_before_it_is_used(void **state)
{
    static const char refusal[] = "the token's model is \"SoftHSM v2\", and the script expects \"No such HSM*\"";

    (void)state;
    expect_model("No such HSM*");
    expect_exit(REHEARSE("--out", "r"), 0);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    write_script(steps_of_root);
    expect_exit(result, 6);
    expect_contains(result, result->err, refusal);
    assert_false(file_exists("out"));
    expect_exit(RUN("grep", "-q", "C_GetTokenInfo", "log"), 0);
    expect_exit(RUN("grep", "-c", "-E", "C_(InitToken|Login|Generate|Create)", "log"), 1);
}

static void a_token_with_another_serial_number_is_refused(void **state)
{
    (void)state;
    (void)out_of(WORDS("sed", "-i", "s/label: demo-root/&, serial: '4711*'/", "c.yaml"));
    expect_exit(REHEARSE("--out", "r"), 0);
    const run_result *result = RUN_CEREMONY();

    write_script(steps_of_root);
    expect_exit(result, 6);
    expect_contains(result, result->err, "the token's serial number is \"");
    expect_contains(result, result->err, "and the script expects \"4711*\"");
    assert_false(file_exists("out"));
}

/* Another token in its place, while the ceremony pauses: even steps that change nothing on a token check again. */
static void a_token_that_was_exchanged_is_refused(void **state)
{
    static const char *const steps[] = {
        "  - {kind: prove, token: root, key: root}\n",
        "  - {kind: export-public, token: root, key: root, out: root.pub}\n",
        "  - {kind: request, token: root, key: root, subject: CN=R, out: r.req}\n",
        "  - {kind: crl, token: root, ca: root, out: root.crl}\n",
        "  - {kind: copy-check, token: root, key: root, copy: root}\n",
    };

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char text[1024];

        (void)clean(state);
        (void)snprintf(text, sizeof text,
                       "  - {kind: init, token: root}\n"
                       "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                       "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                       "  - {kind: confirm, text: So far., by: operator}\n%s  - {kind: close}\n",
                       steps[i]);
        write_script(text);
        expect_model("SoftHSM v2");
        expect_exit(RUN_CEREMONY(), 8); /* nobody confirms */
        assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_GetTokenInfo=1+ put=72", 1));
        const run_result *result = attended("y\n");

        assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
        expect_exit(result, 6);
        expect_contains(result, result->out, "the token's model is \"HoftHSM v2\"");
        expect_exit(RUN_CEREMONY(), 0);
    }
    write_script(steps_of_root);
}

/* ---- plan ---- */

static void a_plan_changes_nothing(void **state)
{
    static const char changing[] = "C_(Generate|Create|Set|Destroy|Copy|InitToken|InitPIN|Unwrap|Derive)";

    (void)state;
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n  - {kind: close}\n");
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--out", "out", "--allow-softhsm");

    expect_exit(result, 0);
    expect_contains(result, result->out, "token \"root\" (demo-root): there, serial number ");
    expect_contains(result, result->out,
                    "  1  Generate a key pair: key root, token root\n"
                    "        changes the token: C_GenerateKeyPair\n");
    expect_contains(result, result->out, "0 problems; nothing was changed\n");
    expect_exit(RUN("grep", "-c", "C_OpenSession", "log"), 0);
    expect_exit(RUN("grep", "-E", changing, "log"), 1);
    assert_false(file_exists("out"));
    /* The same log of a run has them, so the search can find them. */
    expect_exit(RUN_CEREMONY(), 0);
    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    expect_exit(RUN("grep", "-q", "-E", changing, "log"), 0);
    result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--out", "out", "--allow-softhsm");
    write_script(steps_of_root);
    expect_exit(result, 1);
    expect_contains(result, result->out, "problem: a key with that label is on the token");
    expect_contains(result, result->out, "problem: the output file exists");
    expect_contains(result, result->out, "2 problems");
}

static void a_plan_names_a_token_that_is_missing_or_not_the_expected_one(void **state)
{
    (void)state;
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256}\n  - {kind: close}\n");
    expect_model("No such HSM*");
    const run_result *result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm");

    expect_exit(result, 1);
    expect_contains(result, result->out, "(demo-root): not found");
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm", "--json");
    write_script(steps_of_root);
    expect_exit(result, 1);
    expect_contains(result, result->out, "the script expects \\\"No such HSM*\\\"");
    expect_contains(result, result->out, "\"status\": \"finding\"");
}

/* ---- interruptions ---- */

/* What is on the token, without what is random. */
static const char *objects(void)
{
    return out_of(WORDS("sh", "-c",
                        "pkcs11-tool --module " SOFTHSM " --token-label demo-root --login --pin " CANARY
                        " -O 2>/dev/null | grep -E 'Object;|label:' | cut -d';' -f1 | sort"));
}

static size_t token_count_of(const char *object)
{
    return count_of(objects(), object);
}

static void kill_at(unsigned long call)
{
    char plan[64];

    (void)snprintf(plan, sizeof plan, "call=%lu kill=0", call);
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", plan, 1));
    (void)RUN_CEREMONY();
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
}

/* Killed before each call that changes the token, and before the following call. */
static void a_run_that_is_killed_resumes_to_the_same_objects(void **state)
{
    static const char changing[] =
        "grep -nE 'C_(InitToken|InitPIN|GenerateKeyPair|CreateObject|Sign)$' log | cut -d: -f1";

    write_script(steps_of_root);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    expect_exit(RUN_CEREMONY(), 0);
    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    const char *expected = objects();
    char *rest = NULL;
    char *calls = strdup(out_of(WORDS("sh", "-c", changing)));
    size_t count = 0;

    assert_non_null(calls);
    for (char *each = strtok_r(calls, "\n", &rest); each; each = strtok_r(NULL, "\n", &rest)) {
        for (unsigned long after = 0; after < 2; after++) {
            (void)clean(state);
            kill_at(strtoul(each, NULL, 10) + after);
            expect_exit(RUN_CEREMONY(), 0);
            assert_string_equal(expected, objects());
            assert_int_equal(records("deviation"), 1);
            assert_int_equal(records("resume"), 1);
            assert_int_equal(records("intent"), records("outcome"));
            count++;
        }
    }
    free(calls);
    assert_true(count >= 10);
}

static void a_transcript_that_was_changed_is_not_resumed(void **state)
{
    (void)state;
    kill_at(40);
    (void)out_of(WORDS("sed", "-i", "s/\"title\":\"Demo\"/\"title\":\"Dema\"/", "out/transcript.jsonl"));
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 6);
    expect_contains(result, result->err, "line 1");
}

static void a_torn_last_line_is_kept_and_resumed_from(void **state)
{
    (void)state;
    kill_at(60);
    (void)out_of(WORDS("truncate", "-s", "-7", "out/transcript.jsonl"));
    expect_exit(RUN_CEREMONY(), 0);
    assert_int_equal(records("torn"), 1);
}

/* No file may grow over 2, 4, … blocks of 512 bytes; what was written until then stays. */
static void a_full_disk_is_resumed_from(void **state)
{
    static const char *const blocks[] = { "4", "6", "9", "14", "20" };
    char line[512];

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        (void)clean(state);
        kill_at(1); /* the folder is there by then, with its copies */
        (void)snprintf(line, sizeof line,
                       "ulimit -f %s; exec \"$0\" ceremony run -q c.yaml --site site.yaml --out out --allow-softhsm "
                       "--unattended",
                       blocks[i]);
        const run_result *result = RUN("sh", "-c", line, P11CERT_PROGRAM);

        expect_exit(result, 3);
        expect_contains(result, result->err, "hint:");
        expect_exit(RUN_CEREMONY(), 0);
        assert_int_equal(1, token_count_of("Private Key Object"));
        assert_int_equal(1, token_count_of("Certificate Object"));
        assert_int_equal(records("intent"), records("outcome"));
    }
}

/* Both verifiers find one thing missing: in production somebody must sign. */
static void expect_verified_but_for_signatures(void)
{
    const run_result *result = CEREMONY("verify", "out");

    expect_exit(result, 1);
    expect_contains(result, result->out, "NOT VERIFIED: 1 failure\n");
    expect_contains(result, result->out, "FAIL  signatures: nobody has signed the head");
    result = RUN("sh", TEST_DATA_DIR "/../../src/ceremony/transcript/verify.sh", "out");
    expect_exit(result, 1);
    expect_contains(result, result->out, "NOT VERIFIED: 1 failures\n");
    expect_contains(result, result->out, "FAIL  signatures: nobody has signed the head");
}

/* The transcript may grow to the end of each of its lines, and the next write of it fails in its middle. */
static void a_run_that_stops_at_each_record_resumes_to_what_verifies(void **state)
{
    static const char ends[] = "awk '{ len += length($0) + 1; print len }' out/transcript.jsonl";
    char limit[64];

    write_script("  - {kind: init, token: root}\n"
                 "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                 "  - {kind: prove, token: root, key: root}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 0);
    expect_verified_but_for_signatures();
    char *rest = NULL;
    char *lengths = strdup(out_of(WORDS("sh", "-c", ends)));
    size_t count = 0;

    assert_non_null(lengths);
    for (char *each = strtok_r(lengths, "\n", &rest); each; each = strtok_r(NULL, "\n", &rest)) {
        (void)clean(state);
        (void)snprintf(limit, sizeof limit, "--fsize=%lu", strtoul(each, NULL, 10) + 40);
        const run_result *cut = RUN("prlimit", limit, P11CERT_PROGRAM, RUN_ATTENDED, "--unattended");

        if (cut->exit_code != 0) {
            count++;
            expect_exit(RUN_CEREMONY(), 0);
        }
        assert_int_equal(1, token_count_of("Private Key Object"));
        assert_int_equal(1, token_count_of("Certificate Object"));
        expect_verified_but_for_signatures();
    }
    free(lengths);
    write_script(steps_of_root);
    assert_true(count >= 20);
}

/* Neither a key nor a number that can be guessed. */
static void a_program_without_random_numbers_makes_nothing(void **state)
{
    (void)state;
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n  - {kind: close}\n");
    file_write("no-random.cnf", "openssl_conf = all\n[all]\nrandom = none\n[none]\nrandom = NO-SUCH-GENERATOR\n", 0644);
    assert_int_equal(0, setenv("OPENSSL_CONF", "no-random.cnf", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("OPENSSL_CONF"));
    expect_exit(result, 6);
    expect_contains(result, result->err, "no random CKA_ID could be generated");
    assert_int_equal(0, token_count_of("Private Key Object"));
    assert_int_equal(records("draw"), 0);
    expect_exit(RUN_CEREMONY(), 0);
    write_script(steps_of_root);
}

static void an_answer_that_was_lost_makes_no_second_key(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_GenerateKeyPair=1 lost=0x30", 1));
    expect_exit(RUN_CEREMONY(), 6);
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
    expect_exit(RUN_CEREMONY(), 0);
    assert_int_equal(1, token_count_of("Private Key Object"));
    assert_int_equal(1, token_count_of("Public Key Object"));
}

/* CKR_RANDOM_NO_RNG, CKR_FUNCTION_FAILED: no key is made, and none is recorded. */
static void a_token_without_random_numbers_makes_no_key(void **state)
{
    static const char *const plans[] = { "C_GenerateKeyPair=1+ return=0x121", "C_GenerateKeyPair=1+ return=0x6" };

    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        (void)clean(state);
        assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", plans[i], 1));
        const run_result *result = RUN_CEREMONY();

        assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
        expect_exit(result, 6);
        expect_contains(result, result->err, "C_GenerateKeyPair: ");
        assert_string_equal("", objects());
        assert_int_equal(records("attributes"), 0);
        expect_exit(RUN_CEREMONY(), 0);
        assert_int_equal(1, token_count_of("Private Key Object"));
        expect_verified_but_for_signatures();
    }
}

/* ---- modules that deceive ---- */

static void a_key_that_is_extractable_after_all_stops_the_ceremony(void **state)
{
    (void)state;
    /* CKA_EXTRACTABLE is read back as true. */
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_GetAttributeValue=1+ put=1@0x162", 1));
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 6);
    expect_contains(result, result->err, "extractable");
    assert_false(file_exists("out/root.cer"));
    assert_int_equal(records("close"), 0);
}

/* The token shows a public key other than that of the private one: a bit of the modulus is flipped. */
static void a_public_key_of_another_key_stops_before_the_request(void **state)
{
    (void)state;
    write_script("  - {kind: init, token: root}\n"
                 "  - {kind: keygen, token: root, key: leaf, type: rsa-2048}\n"
                 "  - {kind: confirm, text: So far., by: operator}\n"
                 "  - {kind: request, token: root, key: leaf, subject: CN=leaf, out: a.req}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 8); /* nobody confirms */
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_GetAttributeValue=1+ flip=9@0x120", 1));
    const run_result *result = attended("y\n");

    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
    expect_exit(result, 6);
    assert_false(file_exists("out/a.req"));
    write_script(steps_of_root);
}

static void a_lint_error_stops_before_the_token_signs(void **state)
{
    (void)state;
    /* A TLS server's certificate without a name: the policy ca refuses it. */
    write_script("  - {kind: init, token: root}\n"
                 "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                 "  - {kind: keygen, token: root, key: leaf, type: ec-p256}\n"
                 "  - {kind: request, token: root, key: leaf, subject: CN=leaf, out: a.req}\n"
                 "  - {kind: issue, token: root, ca: root, request: a.req, profile: tls-server, out: a.cer}\n"
                 "  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 8);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    write_script(steps_of_root);
    expect_exit(result, 8);
    assert_false(file_exists("out/a.cer"));
    expect_exit(RUN("grep", "-c", "C_Sign", "log"), 1);
    expect_exit(RUN("grep", "-q", "C_OpenSession", "log"), 0);
}

/* The certificate of the CA has no subject: a CRL by it would have no issuer. */
static void a_lint_error_stops_before_the_token_signs_a_crl(void **state)
{
    static const char odd[] =
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout k -subj /CN=Other -days 9 -out other.cer 2>/dev/null; "
        "printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\n' > ext; openssl x509 -in out/root.cer -noout -pubkey > pub; "
        "openssl x509 -new -force_pubkey pub -subj / -CA other.cer -CAkey k -days 5 -extfile ext -out odd.cer";

    (void)state;
    write_script("  - {kind: init, token: root}\n"
                 "  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 0);
    expect_exit(RUN("sh", "-c", odd), 0);
    write_script("  - {kind: crl, token: root, ca: root, issuer: odd.cer, out: root.crl}\n  - {kind: close}\n");
    (void)out_of(
        WORDS("sed", "-i", "s/^steps:/inputs: [{file: odd.cer}]\\n&/; s/demo-root/&, keys: [root]/", "c.yaml"));
    (void)out_of(WORDS("rm", "-rf", "out"));
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result = RUN_CEREMONY();

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    write_script(steps_of_root);
    expect_exit(result, 8);
    expect_contains(result, result->err, "CRL-ISSUER: ");
    expect_contains(result, result->err, "the CRL was not signed");
    assert_false(file_exists("out/root.crl"));
    expect_exit(RUN("grep", "-c", "C_Sign", "log"), 1);
    expect_exit(RUN("grep", "-q", "C_Login", "log"), 0);
}

static void a_signature_of_another_key_stops_before_the_file(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_Sign=1+ flip=3", 1));
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 6);
    assert_false(file_exists("out/root.cer"));
}

/* ---- a copy on a second token ---- */

static const char copying[] =
    "set -e; export SO=file:so.pin PIN=file:canary.pin; for t in demo-root demo-copy demo-other; do \"$0\" init $t "
    "--module " SOFTHSM " --so-pin-source $SO --pin-source $PIN > /dev/null; done; "
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out k.pem 2>/dev/null; "
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out o.pem 2>/dev/null; "
    "for t in demo-root:k demo-copy:k demo-other:o; do softhsm2-util --import ${t#*:}.pem --token ${t%:*} --label root "
    "--id 01 --pin " CANARY " > /dev/null; done";

static void write_copy_site(const char *copy)
{
    char text[1024];

    (void)snprintf(text, sizeof text,
                   "site: test\nproduction:\n"
                   "  - {token: root, module: " FAULT_MODULE ", pin-source: 'file:canary.pin'}\n"
                   "  - {token: copy, module: " FAULT_MODULE
                   ", uri: 'pkcs11:token=%s', pin-source: 'file:canary.pin'}\n",
                   copy);
    file_write("site.yaml", text, 0644);
}

static void a_copy_is_the_same_key_or_the_ceremony_stops(void **state)
{
    (void)state;
    expect_exit(RUN("sh", "-c", copying, P11CERT_PROGRAM), 0);
    write_script("  - {kind: copy-check, token: root, key: root, copy: copy}\n  - {kind: close}\n");
    (void)out_of(WORDS("sed", "-i",
                       "s/  - {role: root, label: demo-root}/  - {role: root, label: demo-root, keys: root}\\n"
                       "  - {role: copy, label: demo-copy}/",
                       "c.yaml"));
    write_copy_site("demo-other");
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 4);
    assert_false(file_exists("out/proof-1.sig"));
    (void)out_of(WORDS("rm", "-rf", "out"));
    write_copy_site("demo-copy");
    expect_exit(RUN_CEREMONY(), 0);
    expect_exit(RUN("openssl", "dgst", "-sha256", "-verify", "out/proof-1.pub", "-signature", "out/proof-1.sig",
                    "out/proof-1.txt"),
                0);
    expect_verified_but_for_signatures();
    expect_exit(CEREMONY("replay", "out"), 0);
    write_site(FAULT_MODULE);
    write_script(steps_of_root);
}

/* ---- secrets ---- */

/* As the holders type them: the prompt drops what was typed before it. The last line of the file ends the wait for a
 * question that is not asked. */
static const run_result *run_with_shares(const char *cards)
{
    char line[1024];

    (void)snprintf(line, sizeof line,
                   "rm -f typed-to; { n=1; for card in %s; do until grep -q \"share $n of\\|^Script done\" typed-to "
                   "2>/dev/null; do sleep 0.05; done; sed -n 2p $card; n=$((n + 1)); done; } | script -qefc \"$0 "
                   "ceremony run -q c.yaml --site "
                   "site.yaml --out out --allow-softhsm\" typed-to >/dev/null; code=$?; cat typed-to; exit $code",
                   cards);
    return RUN("sh", "-c", line, P11CERT_PROGRAM);
}

/* A wrong share is detected before any login to the token. */
static void a_pin_that_was_split_opens_the_token(void **state)
{
    static const char site[] = "site: test\nproduction:\n"
                               "  - {token: root, module: " FAULT_MODULE ", pin-source: shares, so-pin-source: "
                               "'file:so.pin'}\n";

    (void)state;
    write_script(
        "  - {kind: prove, token: root, key: root}\n  - {kind: export-public, token: root, key: root, out: a.pub}\n"
        "  - {kind: close}\n");
    (void)out_of(WORDS("sed", "-i", "s/demo-root/&, keys: [root]/", "c.yaml"));
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    expect_exit(P11CERT("keygen", "--module", SOFTHSM, "--token", "demo-root", "--pin-source", "file:canary.pin",
                        "--label", "root", "--key-type", "ec-p256"),
                0);
    (void)out_of(WORDS("rm", "-rf", "cards"));
    expect_exit(CEREMONY("shares", "--new-pin-source", "file:canary.pin", "--threshold", "2", "--count", "3", "--out",
                         "cards"),
                0);
    (void)out_of(WORDS("sh", "-c", "sed '2s/-[0-9a-f]*/-0000/9' cards/share-2.txt > cards/altered.txt"));
    file_write("site.yaml", site, 0644);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *altered = run_with_shares("cards/altered.txt");

    expect_contains(altered, altered->out, "no login was attempted");
    expect_exit(RUN("grep", "-c", "C_Login", "log"), 1);
    const run_result *result = run_with_shares("cards/share-1.txt cards/share-3.txt");

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    write_site(FAULT_MODULE);
    write_script(steps_of_root);
    expect_exit(result, 0);
    assert_int_equal(1, count_of(result->out, "share 1 of the PIN")); /* for both steps */
    expect_exit(RUN("grep", "-q", "C_Login", "log"), 0);
    expect_exit(RUN("grep", "-rq", CANARY, "out"), 1);
    assert_int_equal(records("close"), 1);
}

/* ---- who signs ---- */

/* The site file did not say whose key it is: whoever makes the bundle says so. */
static void expect_signer_can_be_named(void)
{
    static const char digest[] =
        "openssl x509 -in w.cer -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | "
        "cut -d' ' -f1 | tr -d '\\n'";
    char identity[96];
    const run_result *result = CEREMONY("bundle", "out", "--out", "signed.tar");

    expect_exit(result, 6);
    expect_contains(result, result->err, "--signer");
    (void)snprintf(identity, sizeof identity, "spki-sha256:%s", out_of(WORDS("sh", "-c", digest)));
    expect_exit(CEREMONY("bundle", "out", "--out", "signed.tar", "--signer", identity), 0);
    expect_exit(CEREMONY("verify", "signed.tar", "--signer", identity), 0);
    expect_exit(CEREMONY("verify", "signed.tar"), 1);
    (void)unlink("signed.tar");
}

/* The command that sign-off prints leaves nothing in the folder; what ssh-keygen would leave there is refused. */
static void expect_ssh_as_printed(void)
{
    static const char as_printed[] = "rm -f KEY KEY.pub; ssh-keygen -q -t ed25519 -N '' -f KEY && "
                                     "\"$0\" ceremony sign-off out | grep ssh-keygen | sh";

    expect_exit(RUN("sh", "-c", as_printed, P11CERT_PROGRAM), 0);
    (void)out_of(WORDS("cp", "NAME.sig", "out/head.txt.sig"));
    const run_result *result = CEREMONY("sign-off", "out", "--add", "out/head.txt.sig", "--name", "ada");

    expect_exit(result, 8);
    expect_contains(result, result->err, "\"out/head.txt.sig\" is in the ceremony's folder");
    (void)out_of(WORDS("rm", "out/head.txt.sig"));
    expect_exit(CEREMONY("sign-off", "out", "--add", "NAME.sig", "--name", "ada"), 0);
    result = CEREMONY("verify", "out");
    expect_lacks(result, result->out, "FAIL  files");
    expect_lacks(result, result->out, "does not list this file");
}

static void a_head_can_be_signed_once_it_is_final(void **state)
{
    static const char sign[] = "openssl req -x509 -newkey rsa:2048 -nodes -keyout w.key -subj /CN=W -days 9 -out w.cer "
                               "2>/dev/null; openssl cms -sign -binary -in \"$0\" -signer w.cer -inkey w.key -outform "
                               "DER -out w.p7s";

    (void)state;
    write_script("  - {kind: say, text: Welcome., unattended: true}\n"
                 "  - {kind: confirm, text: So far., by: operator}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 8); /* nobody confirms */
    file_write("early.txt", "p11cert-ceremony-head-1\n", 0644);
    expect_exit(RUN("sh", "-c", sign, "early.txt"), 0);
    const run_result *result = CEREMONY("sign-off", "out", "--add", "w.p7s", "--name", "W");

    expect_exit(result, 8);
    expect_contains(result, result->err, "closed");
    expect_exit(CEREMONY("bundle", "out", "--out", "early.tar"), 6);
    assert_false(file_exists("early.tar"));
    expect_exit(attended("y\n"), 0);
    expect_exit(CEREMONY("bundle", "out", "--out", "early.tar"), 6);              /* nobody has signed */
    expect_exit(CEREMONY("sign-off", "out", "--add", "w.p7s", "--name", "W"), 6); /* of another text */
    assert_false(file_exists("out/signatures"));
    result = CEREMONY("sign-off", "out");
    expect_exit(result, 0);
    expect_contains(result, result->out, "    p11cert sign out/head.txt --key LABEL --detached --out NAME.p7s\n");
    expect_exit(RUN("sh", "-c", sign, "out/head.txt"), 0);
    result = CEREMONY("sign-off", "out", "--add", "w.p7s", "--name", "W");
    write_script(steps_of_root);
    expect_exit(result, 0);
    expect_signer_can_be_named();
    expect_ssh_as_printed();
}

static void no_pin_is_in_what_a_ceremony_leaves(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    const run_result *result =
        P11CERT("ceremony", "run", "c.yaml", "--site", "site.yaml", "--out", "out", "--allow-softhsm", "--unattended");

    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    expect_exit(result, 0);
    expect_lacks(result, result->out, CANARY);
    expect_lacks(result, result->err, CANARY);
    expect_exit(RUN("grep", "-r", "-l", "-e", CANARY, "-e", SO_PIN, "out", "log"), 1);
    file_write("site.yaml", "site: x\nproduction: [{token: root, uri: 'pkcs11:token=a?pin-value=" CANARY "'}]\n", 0644);
    result = RUN_CEREMONY();
    write_site(FAULT_MODULE);
    expect_exit(result, 3);
    expect_contains(result, result->err, "a PIN must not be in this file");
    expect_lacks(result, result->err, CANARY);
}

/* ---- people ---- */

static const char people_steps[] = "  - {kind: witness, by: [operator, witness]}\n"
                                   "  - {kind: confirm, text: The door is closed., by: [operator, witness]}\n"
                                   "  - {kind: close}\n";

static void those_present_confirm_by_name(void **state)
{
    (void)state;
    write_script(people_steps);
    const run_result *result = attended("Ada\nBob\nCleo\nwhat?\ny\nd the clock is wrong\ny\ny\n");

    expect_exit(result, 0);
    expect_contains(result, result->out, "Token operator (Ada): confirm?");
    expect_exit(RUN("jq", "-e", "-s",
                    "[.[] | select(.kind == \"confirm\") | .body.name] == [\"Ada\", \"Bob\", \"Cleo\"] and "
                    "[.[] | select(.kind == \"deviation\") | .body.by + \": \" + .body.reason] == [\"Bob: the clock is "
                    "wrong\"]",
                    "out/transcript.jsonl"),
                0);
}

/* What nobody sees in the record is asked for again, also an arrow key; the names of the site are judged too. */
static void an_answer_with_unseen_characters_is_asked_for_again(void **state)
{
    (void)state;
    write_script(people_steps);
    const run_result *result = attended("A\u200bda\nAda\nB\033[Dob\nBob\nCleo\ny\nd \u202eright is wrong\ny\ny\n");

    expect_exit(result, 0);
    expect_contains(result, result->out, "The answer has the character U+200B, which is not seen");
    expect_contains(result, result->out, "The answer has the character U+001B, which is not seen");
    expect_contains(result, result->out, "The answer has the character U+202E, which is not seen");
    expect_exit(RUN("jq", "-e", "-s",
                    "[.[] | select(.kind == \"confirm\") | .body.name] == [\"Ada\", \"Bob\", \"Cleo\"] and "
                    "all(.[]; .kind != \"deviation\")",
                    "out/transcript.jsonl"),
                0);
    (void)clean(state);
    file_write("site.yaml", "site: test\n# \u2066\npeople:\n  - {role: operator, name: \"A\\u200Bda\"}\n", 0644);
    result = attended("\n");
    expect_exit(result, 3);
    expect_contains(result, result->out, "\"site.yaml\", line 2: a comment has the character U+2066");
    file_write("site.yaml", "site: test\npeople:\n  - {role: operator, name: \"A\\u200Bda\"}\n", 0644);
    result = attended("\n");
    expect_exit(result, 3);
    expect_contains(result, result->out, "\"site.yaml\", line 3: \"A\\xe2\\x80\\x8bda\" has the character U+200B");
    file_write("site.yaml", "site: test\npeople:\n  - {role: operator, name: \"A\\nda\"}\n", 0644);
    result = attended("\n");
    expect_exit(result, 3);
    expect_contains(result, result->out, "must be on one line");
    write_site(FAULT_MODULE);
    write_script(steps_of_root);
}

/* The run is killed before the first object of the pair is destroyed, and between the two. */
static void a_key_is_destroyed_before_two_people(void **state)
{
    static const char *const plans[] = { "C_DestroyObject=1 kill=0", "C_DestroyObject=2 kill=0" };

    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        (void)clean(state);
        write_script("  - {kind: init, token: root, unattended: true}\n"
                     "  - {kind: keygen, token: root, key: old, type: ec-p256}\n"
                     "  - {kind: keygen, token: root, key: kept, type: ec-p256}\n"
                     "  - {kind: retire, token: root, key: old, by: witness}\n"
                     "  - {kind: check-token, token: root, keys: kept}\n  - {kind: close}\n");
        expect_exit(RUN_CEREMONY(), 8); /* the witnesses must be there */
        assert_int_equal(2, token_count_of("Private Key Object"));
        assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", plans[i], 1));
        (void)attended("y\ny\n");
        assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
        assert_int_equal(2 - (int)i, token_count_of("Private Key Object"));
        expect_exit(attended("y\ny\n"), 0);
        assert_int_equal(1, token_count_of("Private Key Object"));
        assert_int_equal(1, token_count_of("Public Key Object"));
        assert_int_equal(records("intent"), records("outcome"));
    }
    write_script(steps_of_root);
}

static const char retiring_steps[] = "  - {kind: init, token: root, unattended: true}\n"
                                     "  - {kind: keygen, token: root, key: old, type: ec-p256}\n"
                                     "  - {kind: retire, token: root, key: %s, by: witness}\n"
                                     "  - {kind: close}\n";

/* The token is lost after the last object was destroyed: the failure is recorded, and the key is gone. */
static void a_key_that_was_destroyed_after_all_is_retired(void **state)
{
    char text[1024];

    (void)snprintf(text, sizeof text, retiring_steps, "old");
    write_script(text);
    assert_int_equal(0, setenv("P11CERT_FAULT_LOG", "log", 1));
    expect_exit(attended("y\ny\n"), 0);
    assert_int_equal(0, unsetenv("P11CERT_FAULT_LOG"));
    (void)snprintf(text, sizeof text, "C_DestroyObject=%lu> return=0x32",
                   strtoul(out_of(WORDS("grep", "-c", "C_DestroyObject$", "log")), NULL, 10));
    (void)clean(state);
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", text, 1));
    assert_int_not_equal(0, attended("y\ny\n")->exit_code);
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
    assert_string_equal("", objects());
    assert_int_equal(records("intent"), records("outcome"));
    expect_exit(attended("y\ny\n"), 0);
    assert_int_equal(records("close"), 1);
    write_script(steps_of_root);
}

/* Without its PIN, the token was not asked: the record must not say that the key is gone. */
static void a_key_is_not_gone_because_the_pin_is(void **state)
{
    char text[1024];

    (void)snprintf(text, sizeof text, retiring_steps, "old");
    write_script(text);
    assert_int_equal(0, setenv("P11CERT_FAULT_PLAN", "C_DestroyObject=1 kill=0", 1));
    (void)attended("y\ny\n");
    assert_int_equal(0, unsetenv("P11CERT_FAULT_PLAN"));
    assert_int_equal(0, rename("canary.pin", "moved.pin"));
    const run_result *result = attended("y\ny\n");

    assert_int_equal(0, rename("moved.pin", "canary.pin"));
    assert_int_not_equal(0, result->exit_code);
    expect_lacks(result, result->out, "no longer found");
    assert_int_equal(records("close"), 0);
    expect_exit(attended("y\ny\n"), 0);
    assert_int_equal(records("close"), 1);
    assert_string_equal("", objects());
    write_script(steps_of_root);
    (void)state;
}

static void a_plan_says_that_a_module_or_a_pin_is_missing(void **state)
{
    (void)state;
    write_site("/nowhere/module.so");
    const run_result *result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm");

    write_site(FAULT_MODULE);
    expect_exit(result, 4);
    expect_contains(result, result->err, "/nowhere/module.so");
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n  - {kind: close}\n");
    token_make("demo-root");
    assert_int_equal(0, rename("canary.pin", "moved.pin"));
    result = CEREMONY("plan", "c.yaml", "--site", "site.yaml", "--allow-softhsm");
    assert_int_equal(0, rename("moved.pin", "canary.pin"));
    write_script(steps_of_root);
    expect_exit(result, 4);
    expect_contains(result, result->err, "canary.pin");
    expect_lacks(result, result->out, "not found");
}

static void a_key_that_never_was_is_not_retired(void **state)
{
    (void)state;
    write_script("  - {kind: init, token: root, unattended: true}\n"
                 "  - {kind: keygen, token: root, key: old, type: ec-p256}\n  - {kind: break}\n"
                 "  - {kind: retire, token: root, key: old, by: witness}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 8); /* the witnesses must be there */
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "demo-root", "--login", "--pin", CANARY,
                       "--delete-object", "--type", "privkey", "--label", "old"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "demo-root", "--login", "--pin", CANARY,
                       "--delete-object", "--type", "pubkey", "--label", "old"));
    for (int i = 0; i < 2; i++) {
        expect_exit(attended("y\ny\n"), 4);
        assert_int_equal(records("close"), 0);
    }
    write_script(steps_of_root);
}

static void a_person_has_one_place(void **state)
{
    (void)state;
    write_script(people_steps);
    const run_result *result = attended("Ada\nAda\n");

    expect_exit(result, 8);
    expect_contains(result, result->out,
                    "\"Ada\" is already present, as Token operator: a person can be listed only once");
    assert_int_equal(records("person"), 1);
    expect_exit(attended("Bob\nCleo\ny\ny\ny\n"), 0);
    assert_int_equal(records("person"), 3);
}

static void a_site_gives_each_person_and_key_one_place(void **state)
{
    static const char *const rows[][2] = {
        { "{role: witness, name: Ada}",
          "\"site.yaml\", line 4: \"Ada\" is already in line 3: a person can be listed only once" },
        { "{role: witness, name: Bob, key: 'SHA256:abc'}",
          "\"site.yaml\", line 4: the key is already that of \"Ada\" in line 3" },
    };

    (void)state;
    write_script(people_steps);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char site[256];

        (void)snprintf(site, sizeof site,
                       "site: test\npeople:\n  - {role: operator, name: Ada, key: 'SHA256:abc'}\n  - %s\n", rows[i][0]);
        file_write("site.yaml", site, 0644);
        const run_result *result = attended("\n");

        expect_exit(result, 3);
        expect_contains(result, result->out, rows[i][1]);
    }
    write_site(FAULT_MODULE);
    write_script(steps_of_root);
}

static void the_key_of_a_person_comes_from_the_site(void **state)
{
    (void)state;
    write_script(people_steps);
    file_write("site.yaml",
               "site: test\npeople:\n  - {role: operator, name: Ada, key: 'SHA256:abc'}\n"
               "  - {role: witness, name: Bob, key: 'SHA256:def'}\n",
               0644);
    const run_result *result = attended("\nCarl\nDora\ny\ny\ny\ny\ny\ny\n");

    write_site(FAULT_MODULE);
    write_script(steps_of_root);
    expect_exit(result, 0);
    /* Carl came instead of Bob, so Bob's key is not his. */
    expect_exit(RUN("jq", "-e", "-s",
                    "[.[] | select(.kind == \"person\") | [.body.name, .body.key]] == [[\"Ada\", \"SHA256:abc\"], "
                    "[\"Carl\", null], [\"Dora\", null]]",
                    "out/transcript.jsonl"),
                0);
}

static void a_pin_is_asked_for_once(void **state)
{
    (void)state;
    expect_exit(P11CERT("init", "demo-root", "--module", SOFTHSM, "--so-pin-source", "file:so.pin", "--pin-source",
                        "file:canary.pin"),
                0);
    write_script("  - {kind: keygen, token: root, key: root, type: ec-p256, use: ca}\n"
                 "  - {kind: self-sign, token: root, key: root, subject: CN=Root, out: root.cer}\n"
                 "  - {kind: prove, token: root, key: root}\n  - {kind: close}\n");
    file_write("site.yaml", "site: test\nproduction: [{token: root, module: " SOFTHSM "}]\n", 0644);
    /* The prompt drops what was typed before it. */
    const run_result *result = RUN(
        "sh", "-c",
        "{ until grep -q 'PIN of token\\|^Script done' seen 2>/dev/null; do sleep 0.05; done; cat canary.pin; echo; } "
        "| script -qefc "
        "\"$0 ceremony run -q c.yaml --site site.yaml --out out --allow-softhsm\" seen >/dev/null; code=$?; cat seen; "
        "exit $code",
        P11CERT_PROGRAM);

    write_site(FAULT_MODULE);
    write_script(steps_of_root);
    expect_exit(result, 0);
    assert_int_equal(1, count_of(result->out, "PIN of token"));
}

static void a_pause_is_resumed_and_an_abort_ends_it(void **state)
{
    (void)state;
    write_script(people_steps);
    expect_exit(attended("Ada\nd Bob is late\npause for Bob\n"), 1);
    assert_int_equal(records("person"), 1);
    expect_exit(attended("Bob\nCleo\ny\npause lunch\n"), 1);
    assert_int_equal(records("pause"), 2);
    assert_int_equal(records("close"), 0);
    expect_exit(RUN_CEREMONY(), 8); /* nobody to ask */
    expect_exit(attended("y\ny\nabort the bag was open\n"), 1);
    assert_int_equal(records("abort"), 1);
    assert_int_equal(records("close"), 1);
    assert_int_equal(records("person"), 3); /* nobody was asked twice */
    const run_result *result = RUN_CEREMONY();

    expect_exit(result, 1);
    expect_contains(result, result->out, "aborted before; nothing was done");
    write_script(steps_of_root);
}

/* As if the record had been written by a clock that was far ahead. */
static void date_last_record_ahead(void)
{
    static const char change[] =
        "import hashlib, json\n"
        "canonical = lambda r: json.dumps(r, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()\n"
        "lines = open('out/transcript.jsonl', 'rb').read().split(b'\\n')[:-1]\n"
        "record = json.loads(lines[-1])\n"
        "record['at'] = '2099' + record['at'][4:]\n"
        "del record['sha256']\n"
        "record['sha256'] = hashlib.sha256(canonical(record)).hexdigest()\n"
        "open('out/transcript.jsonl', 'wb').write(b'\\n'.join(lines[:-1] + [canonical(record), b'']))\n";

    expect_exit(RUN("python3", "-c", change), 0);
}

/* It is recorded, and does not prevent verification. */
static void a_clock_that_goes_back_between_steps_is_a_deviation(void **state)
{
    (void)state;
    write_script("  - {kind: say, text: x, unattended: true}\n  - {kind: break, by: operator}\n  - {kind: close}\n");
    expect_exit(attended("pause\n"), 1);
    date_last_record_ahead();
    expect_exit(attended("y\n"), 0);
    write_script(steps_of_root);
    expect_exit(RUN("jq", "-e", "-s",
                    "[.[] | select(.kind == \"deviation\") | .body.reason | startswith(\"the clock went back: it was "
                    "2099\")] | any",
                    "out/transcript.jsonl"),
                0);
    expect_verified_but_for_signatures();
}

static void a_pause_waits_for_people(void **state)
{
    (void)state;
    write_script("  - {kind: break, by: [operator, witness]}\n  - {kind: close}\n");
    expect_exit(RUN_CEREMONY(), 8); /* nobody is there */
    assert_int_equal(records("close"), 0);
    expect_exit(attended("y\ny\n"), 8); /* the third has not come back */
    assert_int_equal(records("close"), 0);
    expect_exit(attended("y\ny\ny\n"), 0);
    write_script(steps_of_root);
    assert_int_equal(records("confirm"), 5);
    expect_verified_but_for_signatures();
}

/* What was made in a rehearsal is gone. The right transcript, once it is there, is followed. */
static void production_does_not_follow_a_rehearsal(void **state)
{
    static const char script[] = "ceremony: {id: %s, title: T%s}\nroles: [{name: a}]\n%ssteps:\n"
                                 "  - {kind: say, text: Hello}\n  - {kind: close}\n";
    char text[512];

    (void)state;
    file_write("empty.yaml", "site: test\n", 0644);
    (void)snprintf(text, sizeof text, script, "first", "", "");
    file_write("first.yaml", text, 0644);
    (void)snprintf(text, sizeof text, script, "next", ", follows: earlier.jsonl", "inputs: [{file: earlier.jsonl}]\n");
    file_write("next.yaml", text, 0644);
    expect_exit(CEREMONY("rehearse", "--quiet", "first.yaml", "--out", "r"), 0);
    (void)out_of(WORDS("cp", "r/transcript.jsonl", "earlier.jsonl"));
    expect_exit(CEREMONY("rehearse", "--quiet", "next.yaml", "--out", "r2"), 0);
    const run_result *refused =
        CEREMONY("run", "--quiet", "--unattended", "next.yaml", "--site", "empty.yaml", "--out", "out");

    expect_exit(refused, 8);
    expect_contains(refused, refused->err, "is the transcript of a rehearsal, which no production can follow");
    assert_false(file_exists("out/transcript.jsonl"));
    expect_exit(CEREMONY("run", "--quiet", "--unattended", "first.yaml", "--site", "empty.yaml", "--out", "first"), 0);
    (void)out_of(WORDS("cp", "first/transcript.jsonl", "earlier.jsonl"));
    refused = CEREMONY("run", "--quiet", "--unattended", "next.yaml", "--site", "empty.yaml", "--out", "out");
    expect_exit(refused, 8);
    expect_contains(refused, refused->err, "if an earlier attempt left that file, remove it");
    assert_int_equal(0, remove("out/earlier.jsonl"));
    expect_exit(CEREMONY("run", "--quiet", "--unattended", "next.yaml", "--site", "empty.yaml", "--out", "out"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clean)
    const struct CMUnitTest tests[] = {
        TEST(a_rehearsal_needs_softhsm_alone_and_leaves_no_token),
        TEST(a_rehearsal_that_is_interrupted_leaves_no_token),
        TEST(a_rehearsal_records_the_script_that_production_records),
        TEST(every_serial_number_is_another),
        TEST(production_refuses_softhsm_unless_told),
        TEST(production_does_not_follow_a_rehearsal),
        TEST(a_run_makes_what_the_script_says_and_records_it),
        TEST(a_finished_run_is_left_alone),
        TEST(existing_files_are_not_overwritten),
        TEST(a_key_or_token_of_that_name_is_refused),
        TEST(a_mechanism_that_is_missing_is_refused_before_anything_is_made),
        TEST(mechanisms_that_are_there_let_the_ceremony_begin),
        TEST(an_unknown_mechanism_is_found_by_lint),
        TEST(a_token_of_another_model_is_refused_before_it_is_used),
        TEST(a_token_with_another_serial_number_is_refused),
        TEST(a_token_that_was_exchanged_is_refused),
        TEST(a_plan_changes_nothing),
        TEST(a_plan_names_a_token_that_is_missing_or_not_the_expected_one),
        TEST(a_run_that_is_killed_resumes_to_the_same_objects),
        TEST(a_transcript_that_was_changed_is_not_resumed),
        TEST(a_torn_last_line_is_kept_and_resumed_from),
        TEST(a_full_disk_is_resumed_from),
        TEST(a_run_that_stops_at_each_record_resumes_to_what_verifies),
        TEST(a_token_without_random_numbers_makes_no_key),
        TEST(a_program_without_random_numbers_makes_nothing),
        TEST(an_answer_that_was_lost_makes_no_second_key),
        TEST(a_key_that_is_extractable_after_all_stops_the_ceremony),
        TEST(a_public_key_of_another_key_stops_before_the_request),
        TEST(a_lint_error_stops_before_the_token_signs),
        TEST(a_lint_error_stops_before_the_token_signs_a_crl),
        TEST(a_copy_is_the_same_key_or_the_ceremony_stops),
        TEST(a_pin_that_was_split_opens_the_token),
        TEST(a_head_can_be_signed_once_it_is_final),
        TEST(a_signature_of_another_key_stops_before_the_file),
        TEST(no_pin_is_in_what_a_ceremony_leaves),
        TEST(those_present_confirm_by_name),
        TEST(an_answer_with_unseen_characters_is_asked_for_again),
        TEST(a_key_is_destroyed_before_two_people),
        TEST(a_key_that_was_destroyed_after_all_is_retired),
        TEST(a_key_that_never_was_is_not_retired),
        TEST(a_key_is_not_gone_because_the_pin_is),
        TEST(a_plan_says_that_a_module_or_a_pin_is_missing),
        TEST(a_person_has_one_place),
        TEST(a_site_gives_each_person_and_key_one_place),
        TEST(the_key_of_a_person_comes_from_the_site),
        TEST(a_pin_is_asked_for_once),
        TEST(a_pause_is_resumed_and_an_abort_ends_it),
        TEST(a_clock_that_goes_back_between_steps_is_a_deviation),
        TEST(a_pause_waits_for_people),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
