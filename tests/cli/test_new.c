/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert new: kinds of key, names, what the file and the flags say of exportability, a key that is there. */
#include "harness.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEW(...) P11CERT("new", "--token", "servers", __VA_ARGS__)

static const char *request_text(const char *file)
{
    expect_request_verifies(file);
    return out_of(WORDS("openssl", "req", "-in", file, "-noout", "-text", "-nameopt", "RFC2253"));
}

static void each_kind_of_key_makes_a_request_that_verifies(void **state)
{
    static const struct {
        const char *kind;
        const char *says;
    } rows[] = {
        { "rsa-2048", "Public-Key: (2048 bit)" }, { "rsa-3072", "Public-Key: (3072 bit)" },
        { "ec-p256", "ASN1 OID: prime256v1" },    { "ec-p384", "ASN1 OID: secp384r1" },
        { "ec-p521", "ASN1 OID: secp521r1" },
    };
    char subject[64];
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(subject, sizeof subject, "CN=%s.example.com", rows[i].kind);
        (void)snprintf(out, sizeof out, "%s.req", rows[i].kind);
        expect_exit(NEW("--subject", subject, "--key-type", rows[i].kind, "--out", out), 0);
        assert_non_null(strstr(request_text(out), rows[i].says));
    }
}

static void names_from_flags_are_in_the_request(void **state)
{
    const char *text;

    (void)state;
    expect_golden(NEW("--subject", "CN=names.example.com,O=\"Contoso, Ltd.\",C=DE", "--key-type", "ec-p256", "--dns",
                      "names.example.com", "--dns", "*.example.com", "--ip", "192.0.2.7", "--ip", "2001:db8::7",
                      "--email", "a@example.com", "--upn", "b@example.com", "--out", "names.req"),
                  0, "new-names");
    text = request_text("names.req");
    assert_non_null(strstr(text, "Subject: C=DE,O=Contoso\\, Ltd.,CN=names.example.com"));
    assert_non_null(strstr(text, "DNS:names.example.com, DNS:*.example.com, IP Address:192.0.2.7, "
                                 "IP Address:2001:DB8:0:0:0:0:0:7, email:a@example.com, othername: UPN:"));
    assert_non_null(strstr(text, ":b@example.com\n"));
}

static void a_wrong_name_is_refused_before_a_key_is_made(void **state)
{
    static const char *const rows[][2] = {
        { "--dns", "two words" },
        { "--ip", "192.0.2.300" },
        { "--email", "nobody" },
        { "--upn", "nobody" },
    };
    size_t before = token_count("servers", "privkey");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = NEW("--subject", "CN=a", rows[i][0], rows[i][1], "--out", "a.req");

        assert_int_not_equal(0, result->exit_code);
        expect_contains(result, result->err, rows[i][1]);
    }
    expect_exit(NEW("--subject", "no equals sign", "--out", "a.req"), 3);
    assert_int_equal(before, token_count("servers", "privkey"));
    assert_false(file_exists("a.req"));
}

/* What the file says, what the flag says, and what the token then reports. */
static void the_file_decides_and_the_flags_override_it(void **state)
{
    static const struct {
        const char *label;
        const char *line;
        const char *flag;
        bool exportable;
        bool conflict;
    } rows[] = {
        { "silent", "", NULL, false, false },
        { "true", "Exportable = TRUE\n", NULL, true, false },
        { "false", "Exportable = FALSE\n", NULL, false, false },
        { "misspelt", "Key Exportable = TRUE\n", NULL, false, true },
        { "true-overridden", "Exportable = TRUE\n", "--non-exportable", false, true },
        { "false-overridden", "Exportable = FALSE\n", "--exportable", true, true },
        { "misspelt-affirmed", "Key Exportable = TRUE\n", "--exportable", true, false },
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(text, sizeof text, "[NewRequest]\nSubject = \"CN=a.example.com\"\nMachineKeySet = TRUE\n%s",
                       rows[i].line);
        file_write("wish.inf", text, 0644);
        const run_result *result = NEW("wish.inf", "--key-type", "ec-p256", "--label", rows[i].label, "--force",
                                       "--out", "wish.req", rows[i].flag);

        expect_exit(result, 0);
        expect_contains(result, result->out, rows[i].exportable ? ", EXPORTABLE)" : ", not exportable)");
        (rows[i].conflict ? expect_contains : expect_lacks)(result, result->err, "conflict:");
        (rows[i].exportable ? expect_lacks : expect_contains)(result, result->out, "proof:");
        const char *key = out_of(WORDS("sh", "-c",
                                       "pkcs11-tool --module " SOFTHSM " --token-label servers --login --pin " USER_PIN
                                       " --list-objects --type privkey | grep -A4 \"label: *$0\\$\"",
                                       rows[i].label));

        assert_int_equal(rows[i].exportable ? 0 : 1, count_of(key, "never extractable"));
    }
}

/* Without a file, no file is mentioned. */
static void without_a_file_no_file_is_mentioned(void **state)
{
    const run_result *result;

    (void)state;
    result = NEW("--subject", "CN=no-file", "--key-type", "ec-p256", "--out", "no-file.req");
    expect_golden(result, 0, "new-no-file");
    expect_lacks(result, result->out, "the file");
}

static void only_the_request_is_on_standard_output(void **state)
{
    const run_result *result;

    (void)state;
    result = NEW("--subject", "CN=stdout", "--key-type", "ec-p256", "--out", "-");
    expect_exit(result, 0);
    assert_int_equal(0, strncmp(result->out, "-----BEGIN CERTIFICATE REQUEST-----\n", 36));
    assert_non_null(strstr(result->out, "-----END CERTIFICATE REQUEST-----\n"));
    assert_string_equal("", strstr(result->out, "-----END CERTIFICATE REQUEST-----\n") + 34);
    expect_contains(result, result->err, "key \"stdout\"");
    expect_lacks(result, result->err, "written to -\n");
}

static void an_inf_is_read_from_standard_input(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "new",     "-",     "--token",   "servers",
                                  "--key-type",    "ec-p256", "--out", "stdin.req", NULL };

    (void)state;
    file_write("stdin.inf", "[NewRequest]\nSubject = \"CN=stdin.example.com\"\nMachineKeySet = TRUE\n", 0644);
    expect_exit(run_order_now(&(run_order){ .words = words, .in = "stdin.inf" }), 0);
    assert_non_null(strstr(request_text("stdin.req"), "CN=stdin.example.com"));
}

static void a_key_that_is_there_is_used_by_name(void **state)
{
    size_t before = token_count("servers", "privkey");

    (void)state;
    expect_golden(NEW("--key", "no-file", "--subject", "CN=again", "--out", "again.req"), 0, "new-named-key");
    assert_int_equal(before, token_count("servers", "privkey"));
    assert_string_equal(out_of(WORDS("openssl", "req", "-in", "again.req", "-noout", "-pubkey")),
                        out_of(WORDS("openssl", "req", "-in", "no-file.req", "-noout", "-pubkey")));
    expect_golden(NEW("--key", "no-such-key", "--subject", "CN=a", "--out", "a.req"), 4, "new-no-such-key");
    assert_false(file_exists("a.req"));
    const run_result *hidden = run_with_fault(WORDS("new", "--token", "servers", "--key", "no-file", "--subject",
                                                    "CN=again", "--out", "h.req"),
                                              "C_GetAttributeValue=1+ length=-1@0x162");

    expect_exit(hidden, 0);
    expect_said(hidden, "exportable or not: the token does not say|!EXPORTABLE");
}

static void running_it_again_resumes_with_the_same_key(void **state)
{
    size_t before = token_count("servers", "privkey");

    (void)state;
    assert_int_equal(0, unlink("no-file.req"));
    expect_golden(NEW("--subject", "CN=no-file", "--key-type", "ec-p256", "--out", "no-file.req"), 0, "new-resumed");
    assert_int_equal(before, token_count("servers", "privkey"));
    assert_string_equal(out_of(WORDS("openssl", "req", "-in", "again.req", "-noout", "-pubkey")),
                        out_of(WORDS("openssl", "req", "-in", "no-file.req", "-noout", "-pubkey")));
}

static void usages_digest_template_and_uri_come_from_flags(void **state)
{
    const char *text;

    (void)state;
    expect_exit(NEW("--subject", "CN=usage.example.com", "--key-type", "ec-p256", "--uri",
                    "https://usage.example.com/a", "--eku", "codeSigning", "--eku", "1.3.6.1.4.1.311.10.3.4",
                    "--key-usage", "digitalSignature, nonRepudiation", "--digest", "sha384", "--template", "WebServer",
                    "--out", "usage.req"),
                0);
    text = request_text("usage.req");
    assert_non_null(strstr(text, "URI:https://usage.example.com/a\n"));
    assert_non_null(strstr(text, "  Code Signing, Microsoft Encrypted File System\n"));
    assert_non_null(strstr(text, "  Digital Signature, Non Repudiation\n"));
    assert_non_null(strstr(text, "Signature Algorithm: ecdsa-with-SHA384"));
    assert_non_null(strstr(text, "1.3.6.1.4.1.311.20.2: "));
    assert_non_null(strstr(text, "W.e.b.S.e.r.v.e.r"));
}

/* The file says serverAuth and clientAuth, 0xa0 and SHA256. */
static void usages_from_flags_replace_those_of_the_file(void **state)
{
    const char *text;

    (void)state;
    file_write("usage.inf",
               "[NewRequest]\nSubject=\"CN=file.example.com\"\nKeyUsage=0xa0\nHashAlgorithm=SHA256\n"
               "[EnhancedKeyUsageExtension]\nOID=1.3.6.1.5.5.7.3.1\nOID=1.3.6.1.5.5.7.3.2\n",
               0600);
    expect_exit(NEW("usage.inf", "--eku", "emailProtection", "--key-usage", "keyEncipherment", "--digest", "sha512",
                    "--out", "usage-file.req"),
                0);
    text = request_text("usage-file.req");
    assert_non_null(strstr(text, "  E-mail Protection\n"));
    assert_non_null(strstr(text, "  Key Encipherment\n"));
    assert_non_null(strstr(text, "Signature Algorithm: sha512WithRSAEncryption"));
}

static void an_unknown_usage_is_refused_before_a_key_is_made(void **state)
{
    static const char *const rows[][3] = {
        { "--eku", "serverauht", "did you mean serverAuth?" },
        { "--eku", "1.2.x", "neither an OID" },
        { "--eku", "serverAuth,clientAuth", "once for each" },
        { "--key-usage", "digitalSignature,signing", "\"signing\" is not a key usage" },
        { "--key-usage", "", "the value of --key-usage is empty" },
        { "--key-usage", ",", "is not a key usage" },
        { "--digest", "sha1", "--digest" },
        { "--uri", "no uri", "no uri" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result =
            NEW("--subject", "CN=usage-none", "--key-type", "ec-p256", rows[i][0], rows[i][1], "--out", "none.req");

        assert_true(result->exit_code == 2 || result->exit_code == 3);
        expect_contains(result, result->err, rows[i][2]);
    }
    assert_int_equal(0, count_of(token_objects("servers", "privkey"), "usage-none"));
}

/* What a playbook does on its second run: the same orders, the same state. */
static void a_completed_run_is_not_repeated(void **state)
{
    size_t calls = 0;
    const char *const words[] = { "new",        "--token", "servers", "--subject", "CN=twice.example.com",
                                  "--key-type", "ec-p256", "--out",   "twice.req", "--json",
                                  NULL };
    const run_result *result = run_words((const char *const[]){ P11CERT_PROGRAM, "new", "--token", "servers",
                                                                "--subject", "CN=twice.example.com", "--key-type",
                                                                "ec-p256", "--out", "twice.req", "--json", NULL });

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": true");
    const char *before = file_read("twice.req", NULL);

    result = run_spied(words, "C_GenerateKeyPair", &calls);
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_int_equal(0, calls);
    (void)run_spied(words, "C_Sign", &calls);
    assert_int_equal(0, calls);
    assert_string_equal(before, file_read("twice.req", NULL));
    expect_golden(NEW("--subject", "CN=twice.example.com", "--key-type", "ec-p256", "--out", "twice.req"), 0,
                  "new-unchanged");
    expect_exit(NEW("--key", "twice.example.com", "--subject", "CN=twice.example.com", "--out", "twice.req"), 0);
}

/* Another order, another key, or a changed file: refused as before, and nothing is done. */
static void a_file_with_anything_else_is_still_refused(void **state)
{
    const char *before = file_read("twice.req", NULL);

    (void)state;
    expect_golden(NEW("--subject", "CN=twice.example.com", "--dns", "a.example.com", "--key-type", "ec-p256", "--out",
                      "twice.req"),
                  8, "new-other-request");
    expect_exit(NEW("--subject", "CN=twice.example.com", "--key-type", "ec-p384", "--out", "twice.req"), 8);
    expect_exit(NEW("--subject", "CN=twice.example.com", "--key-type", "ec-p256", "--exportable", "--out", "twice.req"),
                8);
    expect_exit(NEW("--subject", "CN=twice.example.com", "--key-type", "ec-p256", "--label", "new label", "--out",
                    "twice.req"),
                8);
    assert_string_equal(before, file_read("twice.req", NULL));
    assert_int_equal(0, count_of(token_objects("servers", "privkey"), "new label"));
    file_write("not.req", "twice\n", 0600);
    expect_exit(NEW("--subject", "CN=twice.example.com", "--key-type", "ec-p256", "--out", "not.req"), 8);
}

/* The token says nothing about the file then. */
static void a_file_is_not_refused_because_the_token_fails(void **state)
{
    const char *const words[] = { "new",       "--subject", "CN=twice.example.com", "--key-type", "ec-p256", "--out",
                                  "twice.req", NULL };
    static const char *const plans[] = { "C_FindObjectsInit=1+ return=0x30", "C_FindObjects=1+ return=0x30",
                                         "C_GetAttributeValue=1+ return=0x30" };

    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        const run_result *result = run_with_fault(words, plans[i]);

        expect_exit(result, 6);
        expect_contains(result, result->err, "CKR_DEVICE_ERROR");
    }
    expect_exit(NEW("--key", "nobody", "--subject", "CN=twice.example.com", "--out", "twice.req"), 4);
}

static void a_flag_the_token_reports_wrongly_can_be_tolerated(void **state)
{
    static const char lie[] = "C_GetAttributeValue=1+ put=0@0x163";
    const char *const asked[] = { "new",         "--subject",  "CN=foreign", "--key-type", "ec-p256", "--out",
                                  "foreign.req", "--tolerate", "local",      "--force",    "--json",  NULL };
    const char *const not_asked[] = { "new",   "--subject",   "CN=foreign", "--key-type", "ec-p256",
                                      "--out", "foreign.req", "--force",    NULL };

    (void)state;
    const run_result *refused = run_with_fault(not_asked, lie);

    expect_exit(refused, 6);
    expect_contains(refused, refused->err, "--tolerate local");
    const run_result *made = run_with_fault(asked, lie);

    expect_exit(made, 0);
    expect_contains(made, made->out, "\"tolerated\": \"local is false\"");
    expect_contains(made, made->out, "\"origin\": \"made\"");
    /* The key is there now, and what was tolerated then must be tolerated again. */
    expect_exit(run_with_fault(not_asked, lie), 8);
    made = run_with_fault(asked, lie);
    expect_exit(made, 0);
    expect_contains(made, made->out, "\"origin\": \"resumed\"");
    expect_contains(made, made->out, "\"tolerated\": \"local is false\"");
    expect_exit(P11CERT("new", "--subject", "CN=x", "--out", "x.req", "--tolerate", "extractable"), 2);
}

static void the_token_is_named_by_uri_and_environment_too(void **state)
{
    (void)state;
    expect_exit(P11CERT("list", "--token", "pkcs11:token=servers;model=SoftHSM%20v2;manufacturer=SoftHSM%20project"),
                0);
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    expect_exit(P11CERT("list"), 0);
    assert_int_equal(0, setenv("P11CERT_TOKEN", "nobody", 1));
    expect_exit(P11CERT("list", "--token", "servers"), 0);
    expect_exit(P11CERT("list"), 4);
    (void)unsetenv("P11CERT_TOKEN");
}

static void an_empty_text_gives_the_module_no_arguments(void **state)
{
    const char *before = getenv("P11CERT_MODULE_INIT_ARGS");

    (void)state;
    if (before) {
        return; /* the module of this family requires one */
    }
    assert_int_equal(0, setenv("P11CERT_MODULE_INIT_ARGS", "no text of SoftHSM's", 1));
    expect_exit(P11CERT("list", "--token", "servers"), 6);
    expect_exit(P11CERT("list", "--token", "servers", "--module-init-args", ""), 0);
    (void)unsetenv("P11CERT_MODULE_INIT_ARGS");
}

/* A run that gets a signal while the module is in a call: it ends once the call has returned, by that signal. */
static void end_in_call(const char *label, const char *function)
{
    char plan[64];
    const run_order order = { .words = WORDS(P11CERT_PROGRAM, "new", "--token", "servers", "--subject", "CN=ended",
                                             "--label", label, "--out", "ended.req", "--module", FAULT_MODULE) };

    (void)snprintf(plan, sizeof plan, "%s=1 hold=120", function);
    running program = run_start_with_fault(&order, plan, function, 1);

    assert_int_equal(0, kill(program.pid, SIGTERM));
    WAIT_UNTIL(holds_off(program.pid, SIGTERM));
    assert_int_equal(0, waitpid(program.pid, NULL, WNOHANG));
    gate_open();
    assert_int_equal(SIGTERM, run_finish(&program)->signal);
    assert_false(file_exists("ended.req"));
}

/* SoftHSM empties the file of its token at each login and rewrites it: a process that is killed in between loses all
 * keys. */
static void a_signal_waits_for_the_login_and_the_key(void **state)
{
    (void)state;
    end_in_call("ended-a", "C_Login");
    assert_int_equal(0, count_of(token_objects("servers", "privkey"), "label:      ended-a\n"));
    end_in_call("ended-b", "C_GenerateKeyPair");
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      ended-b\n"));
}

#define WITH_ID(label, id) \
    "new", "--token", "servers", "--subject", "CN=" label, "--key-type", "ec-p256", "--id", id, "--out", label ".req"
#define TOOL(...) \
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN, \
                       __VA_ARGS__))

/* SoftHSM writes the public key first, and of each key its material last. */
static void a_killed_run_does_not_keep_its_cka_id_from_the_next_one(void **state)
{
    static const struct {
        const char *words[14];
        unsigned missing; /* writes */
    } rows[] = {
        { { WITH_ID("killed-a", "0a01") }, 1 },  /* of the private key, only the material is missing */
        { { WITH_ID("killed-b", "0a02") }, 10 }, /* it has no CKA_ID yet either */
        { { WITH_ID("killed-c", "0a03") }, 35 }, /* there is no whole public key */
    };
    const unsigned writes = writes_in_call(WORDS(WITH_ID("counted", "0a00")), "C_GenerateKeyPair=1");
    const size_t keys = token_count("servers", "privkey");
    char plan[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(plan, sizeof plan, "C_GenerateKeyPair=1 halfkill=%u", writes - rows[i].missing);
        assert_int_equal(SIGKILL, run_with_fault(rows[i].words, plan)->signal);
        const run_result *result = run_with_fault(rows[i].words, "");

        expect_exit(result, 0);
        expect_contains(result, result->err, " that a killed run left of the key \"killed-");
        expect_request_verifies(rows[i].words[10]);
    }
    expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
    assert_int_equal(keys + sizeof rows / sizeof *rows, token_count("servers", "privkey"));
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         0a01\n"));
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         0a02\n"));
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "ID:         0a03\n"));
}

/* The incomplete private key is the proof that the public key is half of a pair, so it must go last. */
static void a_run_that_is_killed_while_it_removes_that_does_not_either(void **state)
{
    const char *const words[] = { WITH_ID("killed-twice", "0d01"), NULL };
    const unsigned writes = writes_in_call(WORDS(WITH_ID("counted-again", "0d00")), "C_GenerateKeyPair=1");
    char plan[64];

    (void)state;
    (void)snprintf(plan, sizeof plan, "C_GenerateKeyPair=1 halfkill=%u", writes - 1);
    assert_int_equal(SIGKILL, run_with_fault(words, plan)->signal);
    assert_int_equal(SIGKILL, run_with_fault(words, "C_DestroyObject=2 kill=0")->signal);
    expect_exit(run_with_fault(words, ""), 0);
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "label:      killed-twice\n"));
    assert_int_equal(1, count_of(token_objects("servers", "privkey"), "label:      killed-twice\n"));
    expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
}

/* It may be there on purpose: nothing on the token shows that a run was killed. */
static void a_public_key_alone_keeps_its_cka_id_until_retire_removes_it(void **state)
{
    (void)state;
    expect_exit(P11CERT(WITH_ID("alone", "0b01")), 0);
    TOOL("--delete-object", "--type", "privkey", "--label", "alone");
    expect_golden(P11CERT(WITH_ID("alone", "0b01"), "--force"), 8, "new-id-of-public-key");
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "label:      alone\n"));
    expect_exit(P11CERT("retire", "--token", "servers", "--key", "pkcs11:id=%0b%01", "--yes"), 0);
    expect_exit(P11CERT(WITH_ID("alone", "0b01"), "--force"), 0);
}

/* Of a killed run of another command, or of other programs: not taken for half of this pair. */
static void a_public_key_of_another_kind_or_label_is_not_removed(void **state)
{
    const unsigned writes = writes_in_call(WORDS(WITH_ID("counted-too", "0c00")), "C_GenerateKeyPair=1");
    char plan[64];

    (void)state;
    (void)snprintf(plan, sizeof plan, "C_GenerateKeyPair=1 halfkill=%u", writes - 1);
    assert_int_equal(SIGKILL, run_with_fault(WORDS(WITH_ID("other", "0c01")), plan)->signal);
    expect_exit(P11CERT(WITH_ID("another", "0c01")), 8);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=other", "--key-type", "rsa-2048", "--id", "0c01",
                        "--out", "other.req"),
                8);
    assert_int_equal(1, count_of(token_objects("servers", "pubkey"), "label:      other\n"));
    expect_exit(P11CERT("repair", "--token", "servers", "--apply"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_key_makes_a_request_that_verifies),
        cmocka_unit_test(names_from_flags_are_in_the_request),
        cmocka_unit_test(a_wrong_name_is_refused_before_a_key_is_made),
        cmocka_unit_test(the_file_decides_and_the_flags_override_it),
        cmocka_unit_test(without_a_file_no_file_is_mentioned),
        cmocka_unit_test(only_the_request_is_on_standard_output),
        cmocka_unit_test(an_inf_is_read_from_standard_input),
        cmocka_unit_test(a_key_that_is_there_is_used_by_name),
        cmocka_unit_test(running_it_again_resumes_with_the_same_key),
        cmocka_unit_test(usages_digest_template_and_uri_come_from_flags),
        cmocka_unit_test(usages_from_flags_replace_those_of_the_file),
        cmocka_unit_test(an_unknown_usage_is_refused_before_a_key_is_made),
        cmocka_unit_test(a_completed_run_is_not_repeated),
        cmocka_unit_test(a_file_with_anything_else_is_still_refused),
        cmocka_unit_test(a_file_is_not_refused_because_the_token_fails),
        cmocka_unit_test(a_flag_the_token_reports_wrongly_can_be_tolerated),
        cmocka_unit_test(the_token_is_named_by_uri_and_environment_too),
        cmocka_unit_test(an_empty_text_gives_the_module_no_arguments),
        cmocka_unit_test(a_signal_waits_for_the_login_and_the_key),
        cmocka_unit_test(a_killed_run_does_not_keep_its_cka_id_from_the_next_one),
        cmocka_unit_test(a_run_that_is_killed_while_it_removes_that_does_not_either),
        cmocka_unit_test(a_public_key_alone_keeps_its_cka_id_until_retire_removes_it),
        cmocka_unit_test(a_public_key_of_another_kind_or_label_is_not_removed),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
