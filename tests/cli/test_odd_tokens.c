/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens that are not SoftHSM: what they claim, choose, refuse and print (tests/support/odd_module.c). */
#include "harness.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

/* From now on the module has these quirks; none if NULL. */
static void use_habits(const char *habits)
{
    assert_int_equal(0, setenv("P11CERT_MODULE", habits ? ODD_MODULE : SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_ODD", habits ? habits : "", 1));
}

static int forget_habits(void **state)
{
    (void)state;
    use_habits(NULL);
    return 0;
}

#define ODD(habits, ...) (use_habits(habits), P11CERT(__VA_ARGS__))

/* ---- a module that prints ---- */

static void expect_json(const run_result *result)
{
    json_error_t error;
    json_t *value = json_loadb(result->out, result->out_len, 0, &error);

    if (!value) {
        fail_msg("%s: %s\n%s", result->line, error.text, result->out);
    }
    json_decref(value);
}

static void what_a_module_prints_stays_out_of_the_results(void **state)
{
    static const char *const rows[][9] = {
        { P11CERT_PROGRAM, "list", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "tokens", "--json" },
        { P11CERT_PROGRAM, "doctor", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "list", "--token", "none", "--json" },
        { P11CERT_PROGRAM, "show", "--token", "servers", "--key", "printed", "--json" },
        { P11CERT_PROGRAM, "repair", "--token", "servers", "--json" },
        { P11CERT_PROGRAM, "check", "--token", "servers", "--key", "printed", "--json" },
    };

    (void)state;
    expect_exit(ODD(NULL, "new", "--token", "servers", "--subject", "CN=printed", "--out", "printed.req"), 0);
    use_habits("prints");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = run_words(rows[i]);

        expect_json(result);
        expect_lacks(result, result->out, "VendorHSM");
        expect_contains(result, result->err, "VendorHSM: starting");
    }
}

static void what_a_module_prints_stays_out_of_a_request_on_standard_output(void **state)
{
    const run_result *result =
        ODD("prints", "new", "--token", "servers", "--subject", "CN=piped", "--key-type", "ec-p256", "--out", "-");

    (void)state;
    expect_exit(result, 0);
    assert_ptr_equal(result->out, strstr(result->out, "-----BEGIN CERTIFICATE REQUEST-----"));
    file_write("piped.req", result->out, 0600);
    expect_request_verifies("piped.req");
    expect_contains(result, result->err, "VendorHSM: generating");
}

static void what_a_module_prints_stays_out_of_the_lines_of_a_batch(void **state)
{
    (void)state;
    file_write("hosts.csv", "fqdn\nb1.contoso.com\nb2.contoso.com\nb3.contoso.com\n", 0600);
    const run_result *result = ODD("prints", "batch", "--token", "servers", "--hosts", "hosts.csv", "--key-type",
                                   "ec-p256", "--out", "fleet", "--json");

    expect_exit(result, 0);
    expect_lacks(result, result->out, "VendorHSM");
    assert_int_equal(4, count_of(result->out, "\n")); /* the last is about the run */
    assert_int_equal(3, count_of(result->out, "\"outcome\":\"made\""));
}

/* ---- outputs that are not files ---- */

static void expect_request_on_stdout(const run_result *result)
{
    expect_exit(result, 0);
    assert_ptr_equal(result->out, strstr(result->out, "-----BEGIN CERTIFICATE REQUEST-----"));
    file_write("stdout.req", result->out, 0600);
    expect_request_verifies("stdout.req");
    expect_contains(result, result->err, "standard output");
}

/* The link /dev/stdout is root's to replace. */
static void a_request_goes_to_standard_output_by_any_name(void **state)
{
    static const char *const names[] = { "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
    struct stat before;
    struct stat after;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int is_there = lstat(names[i], &before);

        expect_request_on_stdout(ODD(NULL, "new", "--token", "servers", "--subject", "CN=stdout", "--key-type",
                                     "ec-p256", "--force", "--out", names[i]));
        assert_int_equal(is_there, lstat(names[i], &after));
        assert_true(is_there != 0 || strncmp(names[i], "/proc", 5) == 0 || before.st_ino == after.st_ino);
    }
}

static void two_outputs_are_not_mixed_whatever_standard_output_is_called(void **state)
{
    (void)state;
    expect_exit(ODD(NULL, "new", "--subject", "CN=a", "--out", "/dev/stdout", "--json"), 2);
    expect_exit(ODD(NULL, "check", "a.cer", "--no-token", "--junit", "-", "--html", "/dev/stdout"), 2);
    expect_exit(ODD(NULL, "export", "--key", "a", "--out", "/dev/stdout", "--password-source", "prompt"), 2);
}

/* ---- what a token claims ---- */

static void a_pin_is_used_whatever_the_token_claims(void **state)
{
    static const char *const habits[] = { "short-pins", "no-pin-length", "keypad", "no-login",
                                          "short-pins,keypad,no-login" };

    (void)state;
    expect_exit(ODD(NULL, "new", "--token", "servers", "--subject", "CN=claimed", "--key-type", "ec-p256", "--out",
                    "claimed.req"),
                0);
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        const run_result *result = ODD(habits[i], "list", "--token", "servers");

        expect_exit(result, 0);
        expect_contains(result, result->out, "key \"claimed\"");
        expect_exit(ODD(habits[i], "new", "--token", "servers", "--key", "claimed", "--subject", "CN=claimed",
                        "--force", "--out", "claimed.req"),
                    0);
    }
}

static void a_claim_explains_a_login_that_failed(void **state)
{
    static const struct {
        const char *habits;
        const char *says;
    } rows[] = {
        { "short-pins", "reports that its PINs have 4 to 6 bytes" },
        { "keypad", "reports that it has its own keypad" },
        { "no-login", "CKR_PIN_INCORRECT" },
    };

    (void)state;
    file_write("wrong.pin", "wrong-pin", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *result = ODD(rows[i].habits, "list", "--token", "servers", "--pin-source", "file:wrong.pin");

        expect_exit(result, 5);
        expect_contains(result, result->err, rows[i].says);
        expect_contains(result, result->err, "one attempt was made");
    }
    expect_exit(ODD(NULL, "list", "--token", "servers"), 0); /* which clears CKF_USER_PIN_COUNT_LOW */
}

static void lengths_that_a_token_does_not_report_are_not_made_up(void **state)
{
    const run_result *result = ODD("no-pin-length", "tokens");

    (void)state;
    expect_exit(result, 0);
    expect_lacks(result, result->out, "PIN of");
    result = ODD("no-pin-length", "tokens", "--json");
    expect_contains(result, result->out, "\"min_pin_len\": null");
}

/* ---- what a token requires in a template, and what it makes of it ---- */

#define NEW(habits, name, ...) \
    ODD(habits, "new", "--token", "servers", "--subject", "CN=" name, "--force", "--out", name ".req", __VA_ARGS__)

static size_t keys_labelled(const char *label)
{
    char line[64];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    return count_of(token_objects("servers", "privkey"), line) + count_of(token_objects("servers", "pubkey"), line);
}

static void public_keys_may_have_to_be_private(void **state)
{
    static const char *const types[] = { "rsa-2048", "ec-p256" };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        expect_exit(NEW("private-public", "hidden", "--key-type", types[i], "--label", types[i]), 0);
        expect_request_verifies("hidden.req");
    }
    expect_exit(ODD("private-public", "issue", "--token", "servers", "--self-signed", "--subject", "CN=Hidden CA",
                    "--out", "hidden-ca.cer"),
                0);
    expect_exit(ODD("private-public", "issue", "hidden.req", "--token", "servers", "--ca", "Hidden CA", "--out",
                    "hidden.cer"),
                0);
    expect_exit(ODD("private-public", "accept", "hidden.cer", "--token", "servers"), 0);
}

static void a_public_key_may_have_to_be_private_when_it_is_imported_or_repaired(void **state)
{
    (void)state;
    (void)out_of(
        WORDS("sh", "-c",
              "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout i.key -days 30 "
              "-subj /CN=imported -out i.pem 2>/dev/null && openssl pkcs12 -export -inkey i.key -in i.pem "
              "-passout pass: -out i.pfx"));
    file_write("empty", "", 0600);
    expect_exit(ODD("private-public", "import", "i.pfx", "--token", "servers", "--label", "imported",
                    "--password-source", "file:empty"),
                0);
    assert_int_equal(2, keys_labelled("imported"));
    expect_exit(NEW(NULL, "halved", "--key-type", "rsa-2048"), 0);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "pubkey", "--label", "halved"));
    expect_exit(ODD("private-public", "repair", "--token", "servers", "--apply"), 0);
    assert_int_equal(2, keys_labelled("halved"));
}

/* ---- a module that unwraps keys as it likes ---- */

static void make_pfx(const char *name)
{
    char script[400];

    (void)snprintf(script, sizeof script,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout %s.key -days 30 "
                   "-subj /CN=%s -out %s.pem 2>/dev/null && openssl pkcs12 -export -inkey %s.key -in %s.pem "
                   "-passout pass: -out %s.pfx",
                   name, name, name, name, name, name);
    (void)out_of(WORDS("sh", "-c", script));
}

/* What pkcs11-tool says in the line "Access:" of the private key. */
static void expect_access(const char *label, const char *access)
{
    char line[100];
    const char *key = NULL;

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    key = strstr(token_objects("servers", "privkey"), line);
    assert_non_null(key);
    (void)snprintf(line, sizeof line, "Access:     %s\n", access);
    key = strstr(key, "Access:");
    assert_non_null(key);
    assert_memory_equal(line, key, strlen(line));
}

static void an_unwrapped_key_that_can_be_extracted_is_written_instead(void **state)
{
    static const struct {
        const char *habits;
        const char *file;
        const char *label;
        const char *option;
        const char *access;
    } rows[] = {
        { "weak-unwrapped", "weak-stays.pfx", "weak-stays", NULL, "sensitive" },
        { "weak-unwrapped", "weak-moves.pfx", "weak-moves", "--exportable", "sensitive, extractable" },
        { "weak-unwrapped,no-control", "weak-nss.pfx", "weak-nss", NULL, "sensitive" },
    };

    (void)state;
    file_write("empty", "", 0600);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_pfx(rows[i].label);
        const run_result *result = ODD(rows[i].habits, "import", rows[i].file, "--token", "servers", "--label",
                                       rows[i].label, "--password-source", "file:empty", rows[i].option);

        expect_exit(result, 0);
        expect_contains(result, result->out, "imported with C_CreateObject");
        expect_contains(result, result->out, "does not give an unwrapped key the requested attributes");
        expect_lacks(result, result->out, "one-time");
        assert_int_equal(2, keys_labelled(rows[i].label));
        expect_access(rows[i].label, rows[i].access);
    }
}

/* NSS does not say which attribute it refuses. */
static void a_key_is_unwrapped_without_what_the_token_does_not_know(void **state)
{
    (void)state;
    file_write("empty", "", 0600);
    make_pfx("no-control");
    const run_result *result = ODD("no-control", "import", "no-control.pfx", "--token", "servers", "--label",
                                   "no-control", "--password-source", "file:empty");

    expect_exit(result, 0);
    expect_contains(result, result->out, "imported with CKM_AES_KEY_WRAP_PAD");
    assert_int_equal(2, keys_labelled("no-control"));
    expect_access("no-control", "sensitive");
}

/* NSS, with a certificate that its own certutil wrote before. */
static void a_certificate_that_is_there_under_another_id_names_repair(void **state)
{
    (void)state;
    expect_exit(NEW(NULL, "twice", "--key-type", "ec-p256"), 0);
    (void)out_of(
        WORDS("sh", "-c",
              "openssl req -x509 -newkey rsa:2048 -nodes -keyout by.key -subj /CN=by -out by.pem 2>/dev/null && "
              "openssl x509 -req -in twice.req -CA by.pem -CAkey by.key -CAcreateserial -out twice.pem "
              "2>/dev/null && openssl x509 -in twice.pem -outform DER -out twice.der"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--write-object", "twice.der", "--type", "cert", "--id", "7a7a", "--label", "twice"));
    const run_result *result = ODD("one-certificate", "accept", "twice.pem", "--token", "servers");

    expect_exit(result, 6);
    expect_contains(result, result->err, "with another CKA_ID");
    expect_contains(result, result->err, "run `p11cert repair --apply`");
    expect_exit(ODD("one-certificate", "repair", "--token", "servers", "--apply"), 0);
    expect_exit(ODD("one-certificate", "accept", "twice.pem", "--token", "servers"), 0);
}

/* As tpm2-pkcs11. */
static void a_token_that_makes_each_key_itself_says_what_to_do(void **state)
{
    const run_result *result = NULL;

    (void)state;
    file_write("empty", "", 0600);
    make_pfx("outside");
    result = ODD("no-outside", "import", "outside.pfx", "--token", "servers", "--label", "outside", "--password-source",
                 "file:empty");
    expect_exit(result, 6);
    expect_contains(result, result->err, "may take no private keys from outside");
    assert_int_equal(0, keys_labelled("outside"));
    result = ODD("no-exportable", "new", "--token", "servers", "--subject", "CN=moving", "--key-type", "ec-p256",
                 "--exportable", "--out", "moving.req");
    expect_exit(result, 6);
    expect_contains(result, result->err, "make no exportable keys");
    assert_int_equal(0, keys_labelled("moving"));
}

static void a_copy_that_could_be_read_is_removed(void **state)
{
    (void)state;
    token_make("second");
    expect_exit(ODD(NULL, "new", "--token", "servers", "--subject", "CN=copied", "--key-type", "ec-p256",
                    "--exportable", "--out", "copied.req"),
                0);
    const run_result *result = ODD("weak-unwrapped", "copy", "--key", "copied", "--token", "servers", "--to", "second",
                                   "--to-pin-source", "file:user.pin");

    expect_exit(result, 6);
    expect_contains(result, result->err, "sensitive is false");
    expect_contains(result, result->err, "`p11cert export` and `p11cert import` can write");
    assert_int_equal(0, token_count("second", "privkey"));
    assert_int_equal(0, token_count("second", "pubkey"));
}

static size_t keys_with_id(const char *id)
{
    char line[64];

    (void)snprintf(line, sizeof line, "ID:         %s\n", id);
    return count_of(token_objects("servers", "privkey"), line);
}

static void a_cka_id_of_the_tokens_own_is_taken(void **state)
{
    static const struct {
        const char *habits;
        const char *type;
    } rows[] = { { "cuts-id", "rsa-2048" }, { "cuts-id", "ec-p256" }, { "own-id", "ec-p256" } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char label[16];

        (void)snprintf(label, sizeof label, "odd-%zu", i);
        expect_exit(NEW(rows[i].habits, "odd", "--key-type", rows[i].type, "--label", label), 0);
        expect_request_verifies("odd.req");
        assert_int_equal(2, keys_labelled(label));
    }
    assert_int_equal(1, keys_with_id("012345"));
}

/* It would name two keys, and other programs find a certificate's key by it. */
static void a_key_under_another_keys_cka_id_is_removed(void **state)
{
    static const char *const types[] = { "rsa-2048", "ec-p256" };

    (void)state;
    expect_exit(NEW("own-id", "first", "--key-type", "ec-p256", "--label", "odd-2"), 0);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const run_result *result = NEW("own-id", "second", "--key-type", types[i]);

        expect_exit(result, 6);
        expect_contains(result, result->err, "it has the CKA_ID 012345, and so have other keys");
        expect_contains(result, result->err, "--id HEX");
        assert_int_equal(0, keys_labelled("second"));
        assert_int_equal(2, keys_labelled("odd-2"));
    }
}

static void a_token_that_takes_only_short_cka_ids_gets_one(void **state)
{
    const run_result *result = NEW("short-ids", "short", "--key-type", "ec-p256");

    (void)state;
    expect_exit(result, 6);
    expect_contains(result, result->err, "CKR_ATTRIBUTE_VALUE_INVALID");
    expect_contains(result, result->err, "give one with --id HEX");
    assert_int_equal(0, keys_labelled("short"));
    result = NEW("short-ids", "short", "--key-type", "ec-p256", "--id", "0A1b");
    expect_exit(result, 0);
    assert_int_equal(1, keys_with_id("0a1b"));
    expect_exit(ODD("short-ids", "issue", "--token", "servers", "--self-signed", "--subject", "CN=Short CA", "--id",
                    "ca", "--key-type", "ec-p256", "--out", "short-ca.cer"),
                0);
    expect_exit(ODD("short-ids", "issue", "short.req", "--token", "servers", "--ca", "Short CA", "--out", "short.cer"),
                0);
    expect_exit(ODD("short-ids", "accept", "short.cer", "--token", "servers"), 0);
    expect_exit(ODD("short-ids", "renew", "--token", "servers", "--key", "short", "--new-key", "--id", "0a1c", "--out",
                    "renewed.req"),
                0);
    (void)out_of(
        WORDS("sh", "-c",
              "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout s.key -days 30 "
              "-subj /CN=short-import -out s.pem 2>/dev/null && openssl pkcs12 -export -inkey s.key -in s.pem "
              "-passout pass: -out s.pfx"));
    file_write("empty", "", 0600);
    expect_exit(ODD("short-ids", "import", "s.pfx", "--token", "servers", "--id", "0a1d", "--password-source",
                    "file:empty"),
                0);
}

static void a_cka_id_that_is_given_must_be_one_and_free(void **state)
{
    static const char *const wrong[] = { "", "0", "0g", "0x01", "01:02", " 01" };
    char long_one[2 * 65 + 1];
    const run_result *result;

    (void)state;
    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_exit(NEW(NULL, "wrong-id", "--id", wrong[i]), 2);
    }
    expect_exit(NEW(NULL, "wrong-id", "--id", long_one), 2);
    expect_exit(NEW(NULL, "id-one", "--key-type", "ec-p256", "--id", "beef"), 0);
    result = NEW(NULL, "id-two", "--key-type", "ec-p256", "--id", "beef");
    expect_exit(result, 8);
    expect_contains(result, result->err, "already has the CKA_ID beef");
    assert_int_equal(0, keys_labelled("id-two"));
    expect_exit(NEW(NULL, "id-one", "--key-type", "ec-p256", "--id", "beef"), 0); /* found, not made again */
    assert_int_equal(2, keys_labelled("id-one"));
    result = NEW(NULL, "id-one", "--key-type", "ec-p256", "--id", "beee");
    expect_exit(result, 8);
    expect_contains(result, result->err, "its CKA_ID is beef");
    result = ODD(NULL, "new", "--subject", "CN=dry", "--id", "c0ffee", "--dry-run");
    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "CKA_ID                   c0ffee\n"));
}

/* ---- one bad element ---- */

static void a_failing_slot_stops_only_commands_that_may_need_it(void **state)
{
    const run_result *result = ODD("sick-slot", "list", "--token", "servers");

    (void)state;
    expect_exit(result, 0);
    expect_contains(result, result->err, "cannot be read, and was skipped (C_GetTokenInfo: CKR_DEVICE_ERROR");
    result = ODD("sick-slot", "list", "--token", "other");
    expect_exit(result, 6);
    expect_contains(result, result->err, "no other token matches");
    expect_contains(result, result->err, "C_GetTokenInfo: CKR_DEVICE_ERROR");
    result = ODD("sick-slot", "new", "--subject", "CN=sick", "--out", "sick.req");
    expect_exit(result, 6);
    expect_contains(result, result->err, "no token was named, and one cannot be read");
    expect_exit(ODD("sick-slot", "init", "fresh", "--so-pin-source", "file:so.pin"), 6);
    result = ODD("sick-slot", "tokens");
    expect_exit(result, 0);
    expect_contains(result, result->out, "problem: the token in slot");
    expect_contains(result, result->out, "    servers\n");
    result = ODD("sick-slot", "doctor", "--token", "servers");
    expect_contains(result, result->out, "module.slot");
}

/* Needs a mount namespace: the registry is a folder of the system. */
static void a_critical_module_that_stops_the_registry_is_passed_over(void **state)
{
    (void)state;
    use_habits(NULL);
    assert_int_equal(0, unsetenv("P11CERT_MODULE"));
    (void)out_of(WORDS("sh", "-c",
                       "mkdir -p registry && printf 'module: " SOFTHSM "\n' >registry/softhsm2.module && "
                       "printf '# the vendor\nmodule: /nowhere/none.so\ncritical: yes\n' >registry/vendor.module && "
                       "printf 'module: " SOFTHSM "\nenable-in: p11-kit-proxy\n' >registry/elsewhere.module && "
                       "printf 'remote: |cat\n' >registry/away.module"));
    if (RUN("unshare", "-m", "mount", "--bind", "registry", "/usr/share/p11-kit/modules")->exit_code != 0) {
        print_message("[  NOTE    ] no mount namespace can be made: this case needs one\n");
        skip();
    }
    static const struct {
        const char *verb;
        int exit_code;
        const char *out;
        const char *err;
    } rows[] = {
        { "tokens", 0, "    servers\n", "" },
        { "tokens", 0, "\"/nowhere/none.so\"", "" },
        { "list --module softhsm2 --token servers", 0, "token \"servers\"", "module 'vendor' was marked as critical" },
        { "list --module softhsm2 --token servers", 0, "", "\"softhsm2\" was loaded without it" },
        { "list --module vendor", 4, "", "\"/nowhere/none.so\"" },
        { "list --module here-only", 3, "", "--module /PATH/MODULE.so" },
        { "list --module elsewhere", 3, "", "module 'vendor' was marked as critical" },
        { "list --module away", 3, "", "module 'vendor' was marked as critical" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char script[256];

        (void)snprintf(script, sizeof script, "mount --bind registry /usr/share/p11-kit/modules && exec \"$0\" %s",
                       rows[i].verb);
        const run_result *result = RUN("unshare", "-m", "sh", "-c", script, P11CERT_PROGRAM);

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->out, rows[i].out);
        expect_contains(result, result->err, rows[i].err);
    }
}

/* ---- slot and library in a URI ---- */

static void a_uri_matches_slot_and_library_or_nothing(void **state)
{
    static const char *const others[] = { "slot-description=Nonsense", "slot-manufacturer=Nonsense",
                                          "library-manufacturer=Nonsense", "library-description=Nonsense",
                                          "library-version=99.9" };
    static const char *const fitting[] = { "slot-manufacturer=SoftHSM%20project", "library-manufacturer=SoftHSM",
                                           "library-description=Implementation%20of%20PKCS11",
                                           "model=SoftHSM%20v2;manufacturer=SoftHSM%20project" };
    char uri[160];

    (void)state;
    expect_exit(NEW(NULL, "placed", "--key-type", "ec-p256"), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        (void)snprintf(uri, sizeof uri, "pkcs11:token=servers;%s", others[i]);
        expect_exit(ODD(NULL, "list", "--token", uri), 4);
        (void)snprintf(uri, sizeof uri, "pkcs11:object=placed;%s", others[i]);
        expect_exit(ODD(NULL, "show", "--token", "servers", "--key", uri), 4);
        expect_exit(ODD(NULL, "show", "--key", uri), 4);
    }
    for (size_t i = 0; i < 2 * (sizeof fitting / sizeof *fitting); i++) {
        const char *habits = i % 2 ? "nul-padded" : NULL;

        (void)snprintf(uri, sizeof uri, "pkcs11:token=servers;%s", fitting[i / 2]);
        expect_exit(ODD(habits, "list", "--token", uri), 0);
        (void)snprintf(uri, sizeof uri, "pkcs11:object=placed;%s", fitting[i / 2]);
        expect_exit(ODD(habits, "show", "--token", "servers", "--key", uri), 0);
    }
}

/* ---- hints by situation ---- */

static void a_hint_matches_the_call_that_failed(void **state)
{
    const run_result *result = NEW("bad-arguments", "bad", "--key-type", "ec-p256");

    (void)state;
    expect_exit(result, 6);
    expect_contains(result, result->err, "C_GenerateKeyPair: CKR_ARGUMENTS_BAD");
    expect_lacks(result, result->err, "--module-init-args");
    assert_int_equal(0, keys_labelled("bad"));
}

/* ---- threads ---- */

/* Several threads in an NSS database wait for one another. */
static void an_nss_token_is_used_by_one_thread(void **state)
{
    (void)state;
    file_write("nss.csv", "fqdn\nnss1.contoso.com\nnss2.contoso.com\nnss3.contoso.com\nnss4.contoso.com\n", 0644);
    expect_exit(ODD("nss", "batch", "--token", "servers", "--key-type", "ec-p256", "--jobs", "4", "--hosts", "nss.csv",
                    "--out", "nss"),
                0);
    assert_int_equal(4, count_of(token_objects("servers", "privkey"), "label:      nss"));
}

static void a_module_that_cannot_lock_keeps_its_init_arguments(void **state)
{
    (void)state;
    expect_exit(ODD("no-locks", "list", "--token", "servers", "--module-init-args", "configdir='here'"), 0);
}

#define CASE(name) cmocka_unit_test_teardown(name, forget_habits)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_a_module_prints_stays_out_of_the_results),
        CASE(what_a_module_prints_stays_out_of_a_request_on_standard_output),
        CASE(what_a_module_prints_stays_out_of_the_lines_of_a_batch),
        CASE(a_pin_is_used_whatever_the_token_claims),
        CASE(a_claim_explains_a_login_that_failed),
        CASE(lengths_that_a_token_does_not_report_are_not_made_up),
        CASE(public_keys_may_have_to_be_private),
        CASE(a_public_key_may_have_to_be_private_when_it_is_imported_or_repaired),
        CASE(an_unwrapped_key_that_can_be_extracted_is_written_instead),
        CASE(a_key_is_unwrapped_without_what_the_token_does_not_know),
        CASE(a_cka_id_of_the_tokens_own_is_taken),
        CASE(a_key_under_another_keys_cka_id_is_removed),
        CASE(a_token_that_takes_only_short_cka_ids_gets_one),
        CASE(a_cka_id_that_is_given_must_be_one_and_free),
        CASE(a_failing_slot_stops_only_commands_that_may_need_it),
        CASE(a_critical_module_that_stops_the_registry_is_passed_over),
        CASE(a_uri_matches_slot_and_library_or_nothing),
        CASE(a_hint_matches_the_call_that_failed),
        CASE(a_request_goes_to_standard_output_by_any_name),
        CASE(two_outputs_are_not_mixed_whatever_standard_output_is_called),
        CASE(an_nss_token_is_used_by_one_thread),
        CASE(a_module_that_cannot_lock_keeps_its_init_arguments),
        CASE(a_certificate_that_is_there_under_another_id_names_repair),
        CASE(a_token_that_makes_each_key_itself_says_what_to_do),
        CASE(a_copy_that_could_be_read_is_removed), /* with a second token */
    };

    return RUN_ON_SOFTHSM(tests, world_new_with_token, world_remove);
}
