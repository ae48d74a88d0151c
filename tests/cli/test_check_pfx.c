/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert check on a PFX: what Windows will make of it. The files are written by openssl pkcs12. */
#include "harness.h"

#define CHECK(...) P11CERT("check", __VA_ARGS__, "--password-source", "file:pw", "--fqdn", "server.contoso.com")
#define EXPORT(file, ...) \
    (void)out_of(WORDS("openssl", "pkcs12", "-export", "-passout", "file:pw", "-out", file, __VA_ARGS__))

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                       "ca.cer", "-days", "3650", "-subj", "/CN=Contoso Root CA", "-addext",
                       "keyUsage=critical,keyCertSign"));
    file_write("leaf.ext",
               "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
               "extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:server.contoso.com\n",
               0644);
    (void)out_of(WORDS("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "req", "-subj",
                       "/CN=server.contoso.com"));
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "req", "-CA", "ca.cer", "-CAkey", "ca.key", "-days", "400",
                       "-set_serial", "0x11223344556677889900aabbccddeeff", "-extfile", "leaf.ext", "-out",
                       "server.cer"));
    file_write("pw", "correct-horse-battery\n", 0600);
    file_write("wrong", "no-horse-at-all\n", 0600);
    EXPORT("good.pfx", "-inkey", "key", "-in", "server.cer", "-certfile", "ca.cer", "-keyex", "-CSP",
           "Microsoft RSA SChannel Cryptographic Provider", "-LMK");
    return 0;
}

static void a_pfx_made_for_scom_passes(void **state)
{
    const run_result *result = CHECK("good.pfx");

    (void)state;
    expect_golden(result, 0, "check-pfx-good");
    expect_lacks(result, result->out, "correct-horse");
}

/* One file with every mistake that openssl pkcs12 lets a person make. */
static void a_pfx_with_faults_fails_each_rule_it_breaks(void **state)
{
    (void)state;
    EXPORT("bad.pfx", "-inkey", "key", "-in", "server.cer", "-keysig", "-CSP",
           "Microsoft Software Key Storage Provider", "-keypbe", "AES-128-CBC", "-certpbe", "NONE", "-nomac");
    expect_golden(CHECK("bad.pfx"), 1, "check-pfx-bad");
    EXPORT("open.pfx", "-inkey", "key", "-in", "server.cer", "-keypbe", "NONE", "-certpbe", "NONE");
    expect_contains(CHECK("open.pfx"), CHECK("open.pfx")->out, "FAIL        PFX-ENCRYPTION ");
    EXPORT("nokey.pfx", "-nokeys", "-in", "server.cer");
    expect_contains(CHECK("nokey.pfx"), CHECK("nokey.pfx")->out, "FAIL        KEY-PRIV ");
    EXPORT("old.pfx", "-inkey", "key", "-in", "server.cer", "-legacy", "-certfile", "ca.cer");
    expect_contains(CHECK("old.pfx"), CHECK("old.pfx")->out, "pass        PFX-ENCRYPTION ");
    EXPORT("3des.pfx", "-inkey", "key", "-in", "server.cer", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES",
           "-macalg", "sha1");
    expect_contains(CHECK("3des.pfx"), CHECK("3des.pfx")->out, "weaker than AES-256");
}

/* As in .NET's own test files; openssl, certtool and Windows read such files. */
static void zero_bytes_after_a_pfx_are_ignored(void **state)
{
    (void)state;
    (void)out_of(WORDS("sh", "-c", "cat good.pfx >padded.pfx && head -c 8 /dev/zero >>padded.pfx"));
    expect_exit(CHECK("padded.pfx"), 0);
    expect_exit(P11CERT("import", "padded.pfx", "--label", "padded", "--password-source", "file:pw", "--token",
                        "servers", "--pin-source", "file:user.pin"),
                0);
}

/* The file that goes to the host outranks the file that asked for it. */
static void a_pfx_outranks_the_inf(void **state)
{
    const run_result *result;

    (void)state;
    file_write("ksp.inf",
               "[NewRequest]\nSubject = \"CN=server.contoso.com\"\nKeyLength = 2048\nKeySpec = 2\n"
               "ProviderName = \"Microsoft Software Key Storage Provider\"\n",
               0644);
    result = CHECK("ksp.inf", "good.pfx");
    expect_contains(result, result->out, "pass        KEY-SPEC ");
    expect_contains(result, result->out, "pass        KEY-CSP ");
    expect_contains(result, result->out, "    inf: ksp.inf\n    pfx: good.pfx\n");
    /* Its own certificate beside it, and the root, are nothing new. */
    result = CHECK("good.pfx", "server.cer", "ca.cer");
    expect_exit(result, 0);
    expect_contains(result, result->out, "CN=server.contoso.com <- CN=Contoso Root CA");
}

static void what_p11cert_exports_passes(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--pin-source", "file:user.pin", "--subject",
                        "CN=server.contoso.com", "--dns", "server.contoso.com", "--exportable", "--out", "ours.req"),
                0);
    (void)out_of(WORDS("openssl", "x509", "-req", "-in", "ours.req", "-CA", "ca.cer", "-CAkey", "ca.key", "-days",
                       "400", "-set_serial", "0x11223344556677889900aabbccddeeff", "-extfile", "leaf.ext", "-out",
                       "ours.cer"));
    expect_exit(P11CERT("accept", "ours.cer", "--chain", "ca.cer", "--token", "servers", "--pin-source",
                        "file:user.pin"),
                0);
    expect_exit(P11CERT("export", "--key", "server.contoso.com", "--out", "ours.pfx", "--token", "servers",
                        "--pin-source", "file:user.pin", "--password-source", "file:pw"),
                0);
    result = P11CERT("check", "ours.pfx", "--password-source", "file:pw", "--fqdn", "server.contoso.com", "--token",
                     "servers", "--pin-source", "file:user.pin");
    expect_golden(result, 0, "check-pfx-ours");
}

static void what_cannot_be_read_is_reported(void **state)
{
    (void)state;
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key", "-out",
                       "other.cer", "-days", "5", "-subj", "/CN=other", "-addext",
                       "basicConstraints=critical,CA:FALSE"));
    expect_golden(P11CERT("check", "good.pfx", "--password-source", "file:wrong"), 5, "check-pfx-wrong-password");
    expect_golden(P11CERT("check", "good.pfx"), 5, "check-pfx-no-terminal");
    expect_golden(CHECK("good.pfx", "good.pfx"), 2, "check-pfx-twice");
    expect_golden(CHECK("good.pfx", "other.cer"), 3, "check-pfx-other-certificate");
    expect_golden(CHECK("other.cer", "good.pfx"), 3, "check-pfx-other-certificate");
    expect_golden(P11CERT("show", "good.pfx"), 3, "show-pfx");
    expect_golden(P11CERT("accept", "good.pfx", "--token", "servers", "--pin-source", "file:user.pin"), 3,
                  "accept-pfx");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pfx_made_for_scom_passes),
        cmocka_unit_test(a_pfx_with_faults_fails_each_rule_it_breaks),
        cmocka_unit_test(zero_bytes_after_a_pfx_are_ignored),
        cmocka_unit_test(a_pfx_outranks_the_inf),
        cmocka_unit_test(what_p11cert_exports_passes),
        cmocka_unit_test(what_cannot_be_read_is_reported),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
