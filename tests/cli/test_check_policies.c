/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert check with profiles other than scom: hsm, the probe, waivers, and custom files. */
#include "harness.h"

#include <time.h>

#define TOKEN               "--token", "servers", "--pin-source", "file:user.pin"
#define CHECK(...)          P11CERT("check", __VA_ARGS__)
#define OF_CERTIFICATE(...) P11CERT("check", "poor.cer", "--no-token", "--fqdn", "server.example.com", __VA_ARGS__)

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-set_serial",
                       "0x11223344556677889900aabbccddeeff", "-days", "200", "-subj", "/CN=server.example.com",
                       "-addext", "keyUsage=critical,digitalSignature,keyEncipherment", "-addext",
                       "extendedKeyUsage=serverAuth", "-out", "poor.cer"));
    expect_exit(P11CERT("new", TOKEN, "--subject", "CN=own", "--label", "own", "--out", "own.req"), 0);
    return 0;
}

static void the_rules_of_each_profile_are_listed(void **state)
{
    static const char *const profiles[] = { "scom-current", "hsm", "probe" };

    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        char golden[64];

        (void)snprintf(golden, sizeof golden, "check-list-rules-%s", profiles[i]);
        expect_golden(CHECK("--list-rules", "--policy", profiles[i]), 0, golden);
    }
}

/* The remaining findings for a key as p11cert makes it. */
static void a_key_of_p11cert_is_judged(void **state)
{
    (void)state;
    expect_golden(CHECK("--policy", "hsm", "--key", "own", TOKEN), 1, "check-hsm-own");
    /* Its request says why it may decrypt. */
    expect_golden(CHECK("own.req", "--policy", "hsm", TOKEN), 0, "check-hsm-own-request");
}

#define PKCS11_TOOL(...) \
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "traps", "--login", "--pin", USER_PIN, \
                       __VA_ARGS__))

/* A key that nobody should make, together with keys that can extract it, all made by pkcs11-tool. */
static void a_key_with_every_trap_is_judged(void **state)
{
    (void)state;
    token_make("traps");
    PKCS11_TOOL("--keypairgen", "--key-type", "rsa:1024", "--label", "trap", "--id", "07", "--extractable",
                "--usage-sign", "--usage-decrypt", "--usage-derive", "--usage-wrap");
    PKCS11_TOOL("--keypairgen", "--key-type", "EC:prime256v1", "--label", "twin", "--id", "07");
    PKCS11_TOOL("--keygen", "--key-type", "AES:32", "--label", "transport", "--id", "09", "--usage-wrap",
                "--usage-decrypt");
    (void)out_of(WORDS("openssl", "x509", "-in", "poor.cer", "-outform", "DER", "-out", "poor.der"));
    PKCS11_TOOL("--write-object", "poor.der", "--type", "cert", "--id", "07", "--label", "stranger");
    expect_golden(CHECK("--policy", "hsm", "--key", "trap", "--token", "traps", "--pin-source", "file:user.pin"), 1,
                  "check-hsm-trap");
    /* And one that came from a file, and can be read. */
    (void)out_of(WORDS("openssl", "genrsa", "-out", "brought.pem", "2048"));
    (void)out_of(WORDS("openssl", "rsa", "-in", "brought.pem", "-outform", "DER", "-out", "brought.der"));
    PKCS11_TOOL("--write-object", "brought.der", "--type", "privkey", "--label", "brought", "--id", "08",
                "--extractable", "--usage-sign", "--usage-derive");
    expect_golden(CHECK("--policy", "hsm", "--key", "brought", "--token", "traps", "--pin-source", "file:user.pin"), 1,
                  "check-hsm-brought");
}

/* `--all` reads the token once, and answers for each key from what it has read. */
static void a_key_is_judged_the_same_alone_and_among_all(void **state)
{
    static const char *const labels[] = { "trap", "twin", "brought" };

    (void)state;
    const run_result *all =
        CHECK("--all", "--policy", "hsm", "--token", "traps", "--pin-source", "file:user.pin", "--json");

    expect_exit(all, 1);
    file_write("all.json", all->out, 0600);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const run_result *alone =
            CHECK("--key", labels[i], "--policy", "hsm", "--token", "traps", "--pin-source", "file:user.pin", "--json");

        expect_exit(alone, 1);
        file_write("alone.json", alone->out, 0600);
        (void)out_of(WORDS(
            "sh", "-euc",
            "rules() { jq -S --arg key \"$0\" '(.reports // [.])[] | select(.name | contains($key)) | .rules' \"$1\" | "
            "sed 's/it is now [^.]*//'; }; rules all.json >all.rules; rules alone.json >alone.rules; "
            "test $(wc -l <alone.rules) -gt 50; cmp all.rules alone.rules",
            labels[i]));
    }
}

/* --- the probe --- */

static void a_token_alone_is_tried(void **state)
{
    (void)state;
    expect_golden(CHECK("--probe", TOKEN), 0, "check-probe");
    expect_golden(CHECK("--probe", "--json", TOKEN), 0, "check-probe-json");
    assert_int_equal(1, token_count("servers", "privkey"));
}

static void a_probe_is_judged_by_every_policy(void **state)
{
    const run_result *result = CHECK("--key", "own", "--probe", TOKEN);

    (void)state;
    expect_exit(result, 1);
    expect_contains(result, result->out, "policy scom:");
    expect_contains(result, result->out, "pass        PROBE-WRAP ");
    expect_contains(result, result->out, "    probe: temporary RSA-2048 keys, not exportable\n");
    result = CHECK("--key", "own", "--probe", "--policy", "hsm", "--junit", "probe.xml", "--html", "probe.html", TOKEN);
    expect_exit(result, 1);
    (void)out_of(WORDS("xmllint", "--noout", "--schema", TEST_DATA_DIR "/junit.xsd", "probe.xml"));
    assert_string_equal("6\n", out_of(WORDS("xmllint", "--xpath", "count(//testcase[starts-with(@name,'PROBE-')])",
                                            "probe.xml")));
    assert_string_equal("6\n", out_of(WORDS("xmllint", "--xpath",
                                            "count(//article[starts-with(normalize-space(.//h3|.//h2),'PROBE-')"
                                            " or .//*[starts-with(text(),'PROBE-')]])",
                                            "probe.html")));
    result = CHECK("--key", "own", "--probe", "--waive", "PROBE-READ", "--reason", "a", TOKEN);
    expect_contains(result, result->out, "PROBE-READ");
    expect_exit(CHECK("--key", "own", "--waive", "PROBE-READ", "--reason", "a", TOKEN), 2);
}

/* An exportable key is probed as an exportable one; and without --probe there is not a single additional call. */
static void what_is_tried_is_what_the_key_is(void **state)
{
    const run_result *result;
    size_t calls = 0;

    (void)state;
    expect_exit(P11CERT("new", TOKEN, "--subject", "CN=ec", "--label", "ec", "--key-type", "ec-p384", "--exportable",
                        "--out", "ec.req"),
                0);
    result = CHECK("--key", "ec", "--probe", "--policy", "probe", TOKEN);
    expect_contains(result, result->out, "    probe: temporary EC P-384 keys, exportable\n");
    (void)run_spied(WORDS("check", "--key", "ec", "--policy", "hsm", TOKEN), "C_GenerateKeyPair", &calls);
    assert_int_equal(0, calls);
    (void)run_spied(WORDS("check", "--key", "ec", "--policy", "hsm", TOKEN), "C_GenerateKey", &calls);
    assert_int_equal(0, calls);
}

/* A module that says it changed the flag, and a module that did. */
static void a_token_that_lies_fails(void **state)
{
    (void)state;
    expect_golden(run_with_fault(WORDS("check", "--probe", TOKEN),
                                 "C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0; C_WrapKey=2 skip=0"),
                  1, "check-probe-lies");
    expect_golden(run_with_fault(WORDS("check", "--probe", TOKEN), "C_GenerateKeyPair=1+ return=0xb5"), 1,
                  "check-probe-not-made");
}

/* --- waivers --- */

static const char *day(int from_today)
{
    static char text[16];
    time_t when = time(NULL) + (time_t)from_today * 24 * 60 * 60;
    struct tm utc;

    assert_non_null(gmtime_r(&when, &utc));
    assert_true(strftime(text, sizeof text, "%Y-%m-%d", &utc) > 0);
    return text;
}

static void a_waiver_accepts_what_does_not_hold(void **state)
{
    const run_result *result;

    (void)state;
    expect_golden(OF_CERTIFICATE("--waive", "EKU", "--reason", "the peer is\x1b[2J ours", "--until", "2099-12-31"), 0,
                  "check-waived");
    result = OF_CERTIFICATE("--waive", "EKU", "--reason", "a", "--until", day(0));
    expect_exit(result, 0);
    expect_contains(result, result->out, "waived      EKU ");
    result = OF_CERTIFICATE("--waive", "EKU", "--reason", "a", "--until", day(-1));
    expect_exit(result, 1);
    expect_contains(result, result->out, "FAIL        EKU ");
    expect_golden(OF_CERTIFICATE("--waive", "EKU", "--reason", "until the next issue", "--until", "2020-02-29"), 1,
                  "check-waiver-expired");
    expect_golden(OF_CERTIFICATE("--waive", "KU", "--reason", "nobody needs it"), 1, "check-waiver-unneeded");
    expect_golden(OF_CERTIFICATE("--waive", "EKV", "--reason", "a"), 2, "check-waiver-unknown");
    expect_golden(OF_CERTIFICATE("--waive", "EKU", "--reason", "a", "--until", "2027-02-29"), 2,
                  "check-waiver-no-date");
    expect_golden(OF_CERTIFICATE("--policy", "probe", "--waive", "EKU", "--reason", "a"), 2,
                  "check-waiver-other-policy");
}

/* --- a custom profile --- */

static void a_custom_profile_is_used(void **state)
{
    (void)state;
    file_write("own.yaml",
               "name: own\ntitle: what we want\nrules:\n"
               "  - {id: KEY-LEN, severity: error, requirement: \"ours\", parameters: {minimum-rsa-bits: 3072}}\n"
               "  - {id: EXPIRY, severity: info, parameters: {expiry-days: 300}}\n"
               "  - {id: EKU, severity: error}\n"
               "waivers:\n  - {rule: EKU, reason: a server only}\n",
               0644);
    expect_golden(OF_CERTIFICATE("--policy", "own.yaml"), 1, "check-own");
    /* The command line takes precedence over the file. */
    expect_golden(OF_CERTIFICATE("--policy", "own.yaml", "--waive", "EKU", "--reason", "said now"), 1,
                  "check-own-outranked");
}

static void a_hostile_profile_is_refused(void **state)
{
    static const struct {
        const char *golden;
        const char *text;
    } rows[] = {
        { "tag", "name: !!python/object/apply:os.system [id]\nrules: []\n" },
        { "alias", "name: &a own\ntitle: *a\nrules: []\n" },
        { "unknown-rule", "name: own\nrules:\n  - {id: EKV, severity: error}\n" },
        { "unknown-key", "name: own\nrulez: []\n" },
        { "no-reason", "name: own\nrules:\n  - {id: EKU, severity: error}\nwaivers:\n  - {rule: EKU, reason: ''}\n" },
        { "escape", "name: \"\\x1b[2J\"\nrules:\n  - {id: EKU, severity: bad}\n" },
        { "unseen", "name: own\n# \u202e\nrules: []\n" },
        { "unseen-escaped", "name: \"o\\u200Bwn\"\nrules: []\n" },
        { "number", "name: own\nrules:\n  - {id: KEY-LEN, severity: error, parameters: {minimum-rsa-bits: -1}}\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char golden[64];

        file_write("hostile.yaml", rows[i].text, 0644);
        (void)snprintf(golden, sizeof golden, "check-profile-%s", rows[i].golden);
        const run_result *result = OF_CERTIFICATE("--policy", "hostile.yaml");

        expect_golden(result, 3, golden);
        expect_lacks(result, result->err, "\x1b");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_of_each_profile_are_listed),
        cmocka_unit_test(a_key_of_p11cert_is_judged),
        cmocka_unit_test(a_key_with_every_trap_is_judged),
        cmocka_unit_test(a_key_is_judged_the_same_alone_and_among_all),
        cmocka_unit_test(a_token_alone_is_tried),
        cmocka_unit_test(a_probe_is_judged_by_every_policy),
        cmocka_unit_test(what_is_tried_is_what_the_key_is),
        cmocka_unit_test(a_token_that_lies_fails),
        cmocka_unit_test(a_waiver_accepts_what_does_not_hold),
        cmocka_unit_test(a_custom_profile_is_used),
        cmocka_unit_test(a_hostile_profile_is_refused),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
