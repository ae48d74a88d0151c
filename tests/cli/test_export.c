/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert export: what OpenSSL and GnuTLS find in the file, and what is refused. */
#include "harness.h"

#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT(...)   P11CERT("export", "--token", "servers", __VA_ARGS__)
#define PASSWORD      "correct horse Battery 9 staple"
#define WITH_PASSWORD "--password-source", "file:password"
#define FOREIGN_KEY   "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "foreign.key"
#define CSP           "Microsoft RSA SChannel Cryptographic Provider"

static void make_bound_key(const char *name, const char *type, const char *exportable)
{
    char script[512];

    (void)snprintf(script, sizeof script,
                   "%s new --token servers --subject CN=%s --label %s --key-type %s %s --out %s.req", P11CERT_PROGRAM,
                   name, name, type, exportable, name);
    (void)out_of(WORDS("sh", "-c", script));
    (void)snprintf(script, sizeof script,
                   "openssl x509 -req -in %s.req -CA ca.pem -CAkey foreign.key -days 20 -out %s.pem "
                   "-set_serial 0x11223344556677889900aabbccddeeff",
                   name, name);
    (void)out_of(WORDS("sh", "-c", script));
    (void)snprintf(script, sizeof script, "%s.pem", name);
    expect_exit(P11CERT("accept", script, "--chain", "ca.pem", "--token", "servers"), 0);
}

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    (void)out_of(
        WORDS("openssl", "req", "-x509", FOREIGN_KEY, "-subj", "/CN=Outer Root", "-days", "30", "-out", "ca.pem"));
    make_bound_key("rsa.contoso.com", "rsa-2048", "--exportable");
    make_bound_key("ec", "ec-p256", "--exportable");
    make_bound_key("fixed", "rsa-2048", "");
    file_write("password", PASSWORD "\n", 0600);
    return 0;
}

static const char *openssl_info(const char *pfx)
{
    char script[256];

    (void)snprintf(script, sizeof script, "openssl pkcs12 -in %s -passin file:password -nodes -info 2>&1", pfx);
    return out_of(WORDS("sh", "-c", script));
}

static void expect_in(const char *text, const char *words)
{
    if (!strstr(text, words)) {
        fail_msg("\"%s\" is not in:\n%s", words, text);
    }
}

static void the_file_holds_all_that_windows_needs(void **state)
{
    struct stat info;

    (void)state;
    expect_golden(EXPORT("--key", "rsa.contoso.com", "--out", "rsa.pfx", WITH_PASSWORD), 0, "export-rsa");
    const char *text = openssl_info("rsa.pfx");

    expect_in(text, "MAC: sha256, Iteration 600000");
    expect_in(text, "Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256");
    expect_in(text, "PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256");
    expect_in(text, "Microsoft Local Key set: <No Values>");
    expect_in(text, "Microsoft CSP Name: " CSP);
    expect_in(text, "X509v3 Key Usage: 10");
    expect_in(text, "friendlyName: rsa.contoso.com");
    expect_in(out_of(WORDS("sh", "-c",
                           "openssl pkcs12 -in rsa.pfx -passin file:password -cacerts -nokeys | "
                           "openssl x509 -noout -subject -nameopt RFC2253")),
              "subject=CN=Outer Root\n");
    assert_int_equal(2, count_of(text, "localKeyID: "));
    assert_int_equal(0, stat("rsa.pfx", &info));
    assert_int_equal(0600, info.st_mode & 0777);
}

static void gnutls_opens_it_too(void **state)
{
    (void)state;
    const char *text =
        out_of(WORDS("certtool", "--p12-info", "--inder", "--infile", "rsa.pfx", "--password", PASSWORD));

    expect_in(text, "BEGIN ENCRYPTED PRIVATE KEY");
    assert_int_equal(2, count_of(text, "BEGIN CERTIFICATE"));
    assert_int_equal(0, count_of(text, "FAIL"));
}

/* --- the attributes, against those of `openssl pkcs12 -export` --- */

static PKCS12 *open_pfx(const char *path)
{
    size_t len = 0;
    const unsigned char *at = (const unsigned char *)file_read(path, &len);
    PKCS12 *pfx = d2i_PKCS12(NULL, &at, (long)len);

    assert_non_null(pfx);
    return pfx;
}

static const PKCS12_SAFEBAG *key_bag(STACK_OF(PKCS7) *safes, STACK_OF(PKCS12_SAFEBAG) **ret_bags)
{
    for (int i = 0; i < sk_PKCS7_num(safes); i++) {
        if (PKCS7_type_is_data(sk_PKCS7_value(safes, i))) {
            *ret_bags = PKCS12_unpack_p7data(sk_PKCS7_value(safes, i));
            return sk_PKCS12_SAFEBAG_value(*ret_bags, 0);
        }
    }
    fail_msg("there is no key bag");
    return NULL;
}

/* The attributes of the bag and of the PKCS#8 in it, each in DER and in hex, sorted as DER sorts a SET. */
static void attributes_of(const char *path, char out[static 4096])
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    PKCS12 *pfx = open_pfx(path);
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(pfx);
    const PKCS12_SAFEBAG *bag = key_bag(safes, &bags);
    PKCS8_PRIV_KEY_INFO *key = PKCS12_decrypt_skey(bag, PASSWORD, -1);
    const STACK_OF(X509_ATTRIBUTE) *sets[] = { PKCS12_SAFEBAG_get0_attrs(bag), PKCS8_pkey_get0_attrs(key) };
    size_t at = 0;

    for (size_t i = 0; i < 2; i++) {
        for (int j = 0; j < sk_X509_ATTRIBUTE_num(sets[i]); j++) {
            X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(sets[i], j);
            unsigned char *der = NULL;
            int len = i2d_X509_ATTRIBUTE(attribute, &der);

            /* The CKA_ID here, the SHA-1 of the certificate there. */
            bool is_id = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) == NID_localKeyID;

            assert_true(len > 0 && at + 2 * (size_t)len + 2 < 4096);
            for (int k = 0; k < len && !is_id; k++) {
                at += (size_t)snprintf(out + at, 4096 - at, "%02x", der[k]);
            }
            out[at++] = i ? '8' : '\n';
            OPENSSL_free(der);
        }
    }
    out[at] = '\0';
    PKCS8_PRIV_KEY_INFO_free(key);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(pfx);
}

static void the_attributes_are_bit_for_bit_those_that_openssl_writes(void **state)
{
    static char ours[4096];
    static char theirs[4096];

    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "openssl pkcs12 -in rsa.pfx -passin file:password -nodes -nocerts -out key.pem && "
                       "openssl pkcs12 -export -inkey key.pem -in rsa.contoso.com.pem -certfile ca.pem -keyex -LMK "
                       "-CSP '" CSP "' -name rsa.contoso.com -passout file:password -out theirs.pfx"));
    attributes_of("rsa.pfx", ours);
    attributes_of("theirs.pfx", theirs);
    assert_string_equal(theirs, ours);
    expect_in(ours, "06092b0601040182371101"); /* 1.3.6.1.4.1.311.17.1 */
    expect_in(ours, "2b06010401823711023100"); /* 1.3.6.1.4.1.311.17.2 and an empty SET */
}

static void the_key_is_that_of_the_certificate(void **state)
{
    (void)state;
    const char *from_key = out_of(WORDS("openssl", "pkey", "-in", "key.pem", "-pubout"));
    const char *from_certificate = out_of(WORDS("openssl", "x509", "-in", "rsa.contoso.com.pem", "-noout", "-pubkey"));

    assert_string_equal(from_certificate, from_key);
    (void)out_of(WORDS("openssl", "pkey", "-in", "key.pem", "-check", "-noout"));
}

/* The request does not contain it: the INF file is the only source. */
static void the_friendly_name_comes_from_the_inf_file(void **state)
{
    (void)state;
    file_write("host.inf",
               "[NewRequest]\nSubject = \"CN=other\"\nFriendlyName = \"SCOM of %host%\"\n"
               "[Strings]\nhost = \"hall 3\"\n",
               0644);
    file_write("bare.inf", "[NewRequest]\nSubject = \"CN=other\"\n", 0644);
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "inf.pfx", "--inf", "host.inf", WITH_PASSWORD), 0);
    expect_in(openssl_info("inf.pfx"), "friendlyName: SCOM of hall 3");
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "plain.pfx", "--inf", "bare.inf", WITH_PASSWORD), 0);
    expect_in(openssl_info("plain.pfx"), "friendlyName: rsa.contoso.com");
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "no.pfx", "--inf", "none.inf", WITH_PASSWORD), 4);
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "no.pfx", "--inf", "rsa.contoso.com.pem", WITH_PASSWORD),
                3);
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "no.pfx", "--inf", "host.inf", "--friendly-name", "x",
                       WITH_PASSWORD),
                2);
    assert_false(file_exists("no.pfx"));
}

static void legacy_is_what_old_windows_reads(void **state)
{
    (void)state;
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "old.pfx", "--legacy", "--friendly-name", "f\xc3\xbcr SCOM",
                       WITH_PASSWORD),
                0);
    const char *text = openssl_info("old.pfx");

    expect_in(text, "MAC: sha1, Iteration 600000");
    expect_in(text, "Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 600000");
    expect_in(text, "PKCS7 Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 600000");
    text = out_of(WORDS("certtool", "--p12-info", "--inder", "--infile", "old.pfx", "--password", PASSWORD));
    assert_int_equal(2, count_of(text, "Friendly name: f\xc3\xbcr SCOM"));
}

static void an_ec_key_names_no_csp(void **state)
{
    (void)state;
    expect_golden(EXPORT("--key", "ec", "--out", "ec.pfx", WITH_PASSWORD), 0, "export-ec");
    const char *text = openssl_info("ec.pfx");

    assert_int_equal(0, count_of(text, "CSP"));
    assert_int_equal(0, count_of(text, "Key Usage: "));
    expect_in(text, "Microsoft Local Key set");
}

/* There is no terminal here, so a prompt would give exit code 5. */
static void a_key_that_is_not_exportable_is_refused_before_a_password_is_asked(void **state)
{
    (void)state;
    expect_golden(EXPORT("--key", "fixed", "--out", "fixed.pfx"), 8, "export-fixed");
    expect_golden(run_with_fault(WORDS("export", "--token", "servers", "--key", "ec", "--out", "trusted.pfx"),
                                 "call=1+ put=1@0x210"),
                  8, "export-trusted");
    expect_exit(EXPORT("--key", "ec", "--out", "asked.pfx"), 5);
    assert_false(file_exists("fixed.pfx") || file_exists("trusted.pfx") || file_exists("asked.pfx"));
}

static void a_file_that_exists_is_kept(void **state)
{
    size_t calls = 0;

    (void)state;
    file_write("there.pfx", "there", 0644);
    expect_golden(run_spied(WORDS("export", "--key", "ec", "--out", "there.pfx", "--token", "servers"), "C_Login",
                            &calls),
                  8, "export-exists");
    assert_int_equal(0, calls);
    assert_string_equal("there", file_read("there.pfx", NULL));
    expect_exit(EXPORT("--key", "ec", "--out", "there.pfx", "--force", WITH_PASSWORD), 0);
    expect_in(openssl_info("there.pfx"), "BEGIN PRIVATE KEY");
}

/* The key does not leave the token for this, and the existing file is not changed. */
static void a_second_run_writes_nothing(void **state)
{
    size_t calls = 0;
    struct stat before;
    struct stat after;

    (void)state;
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", WITH_PASSWORD), 0);
    assert_int_equal(0, stat("again.pfx", &before));
    expect_golden(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", WITH_PASSWORD), 0, "export-again");
    const run_result *result = run_spied(WORDS("export", "--token", "servers", "--key", "rsa.contoso.com", "--out",
                                               "again.pfx", WITH_PASSWORD, "--json"),
                                         "C_WrapKey", &calls);

    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
    assert_int_equal(0, calls);
    assert_int_equal(0, stat("again.pfx", &after));
    assert_int_equal(before.st_ino, after.st_ino);
    expect_exit(EXPORT("--key", "ec", "--out", "lone.pfx", "--generate-password", "lone.password"), 0);
    result = EXPORT("--key", "ec", "--out", "lone.pfx", "--generate-password", "lone.password", "--json");
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"changed\": false");
}

static void a_pfx_with_another_content_is_kept(void **state)
{
    (void)state;
    file_write("other.password", "another horse Battery 9 staple\n", 0600);
    expect_golden(EXPORT("--key", "ec", "--out", "again.pfx", WITH_PASSWORD), 8, "export-other-key");
    expect_golden(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", "--password-source", "file:other.password"),
                  8, "export-other-password");
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", WITH_PASSWORD, "--legacy"), 8);
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", WITH_PASSWORD, "--friendly-name", "x"), 8);
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "again.pfx", WITH_PASSWORD, "--cert",
                       "rsa.contoso.com.pem"),
                0);
    /* The same names and certificate, but a private key that is not the certificate's. */
    (void)out_of(WORDS("sh", "-c", "head -c 900 again.pfx > cut.pfx"));
    expect_exit(EXPORT("--key", "rsa.contoso.com", "--out", "cut.pfx", WITH_PASSWORD), 8);
    (void)unlink("lone.password");
    expect_exit(EXPORT("--key", "ec", "--out", "lone.pfx", "--generate-password", "lone.password"), 8);
    assert_false(file_exists("lone.password"));
}

static void a_password_is_made_on_demand(void **state)
{
    struct stat info;
    size_t len = 0;

    (void)state;
    expect_exit(EXPORT("--key", "ec", "--out", "made.pfx", "--generate-password", "made.password"), 0);
    assert_int_equal(0, stat("made.password", &info));
    assert_int_equal(0600, info.st_mode & 0777);
    const char *made = file_read("made.password", &len);

    assert_int_equal(31, len);
    assert_int_equal(30, strspn(made, "abcdefghijklmnopqrstuvwxyz234567-"));
    (void)out_of(
        WORDS("openssl", "pkcs12", "-in", "made.pfx", "-passin", "file:made.password", "-nodes", "-out", "made.pem"));
    expect_exit(EXPORT("--key", "ec", "--out", "made.pfx", "--generate-password", "made.password", "--force"), 8);
    expect_exit(EXPORT("--key", "ec", "--out", "both.pfx", "--generate-password", "both.password", WITH_PASSWORD), 2);
    expect_exit(EXPORT("--key", "ec", "--out", "/proc/none/x.pfx", "--generate-password", "lost.password"), 3);
    assert_false(file_exists("lost.password"));
    assert_false(file_exists("both.password"));
}

static void a_weak_password_is_refused_unless_it_is_wanted(void **state)
{
    (void)state;
    file_write("short", "Passw0rd!", 0600);
    file_write("run", "aaaaaaaaaaaaaaaaaaa", 0600);
    file_write("latin",
               "gr\xf6\xdf"
               "er als zwoelf",
               0600);
    expect_golden(EXPORT("--key", "ec", "--out", "weak.pfx", "--password-source", "file:short"), 8, "export-weak");
    expect_exit(EXPORT("--key", "ec", "--out", "weak.pfx", "--password-source", "file:run"), 8);
    expect_exit(EXPORT("--key", "ec", "--out", "weak.pfx", "--password-source", "file:latin"), 3);
    assert_false(file_exists("weak.pfx"));
    expect_exit(EXPORT("--key", "ec", "--out", "weak.pfx", "--password-source", "file:short", "--accept-weak-password"),
                0);
}

static void a_certificate_is_needed_and_of_several_the_current_one_is_taken(void **state)
{
    (void)state;
    expect_exit(EXPORT("--key", "ec", "--out", "other.pfx", "--cert", "ca.pem", WITH_PASSWORD), 3);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=bare", "--key-type", "ec-p256", "--exportable",
                        "--label", "bare", "--out", "bare.req"),
                0);
    expect_golden(EXPORT("--key", "bare", "--out", "bare.pfx", WITH_PASSWORD), 4, "export-no-certificate");
    (void)out_of(WORDS("sh", "-c",
                       "openssl x509 -req -in ec.req -CA ca.pem -CAkey foreign.key -set_serial 0x2 -days 9 "
                       "-out ec2.pem"));
    expect_exit(P11CERT("accept", "ec2.pem", "--token", "servers"), 0);
    expect_exit(EXPORT("--key", "ec", "--out", "current.pfx", WITH_PASSWORD), 0);
    expect_exit(EXPORT("--key", "ec", "--out", "two.pfx", "--cert", "ec2.pem", WITH_PASSWORD), 0);
    assert_false(file_exists("bare.pfx"));
}

/* Both temporary keys, and in the second case the one that is written, are destroyed before the session ends. */
static void no_one_time_key_is_left_on_the_token(void **state)
{
    size_t made = 0;
    size_t destroyed = 0;

    (void)state;
    expect_exit(run_spied(WORDS("export", "--key", "rsa.contoso.com", "--out", "s1.pfx", "--token", "servers",
                                WITH_PASSWORD),
                          "C_DestroyObject", &destroyed),
                0);
    expect_exit(run_spied(WORDS("export", "--key", "rsa.contoso.com", "--out", "s2.pfx", "--token", "servers",
                                WITH_PASSWORD),
                          "C_WrapKey", &made),
                0);
    assert_int_equal(2, destroyed);
    assert_int_equal(3, made); /* the AES key; KWP, which SoftHSM does not know; PAD */
    expect_golden(run_with_fault(WORDS("export", "--token", "servers", "--key", "rsa.contoso.com", "--out",
                                       "written.pfx", WITH_PASSWORD),
                                 "C_GenerateKey=1 return=0x70"),
                  0, "export-written-key");
    expect_in(openssl_info("written.pfx"), "BEGIN PRIVATE KEY");
}

static void a_token_that_fails_leaves_no_file(void **state)
{
    (void)state;
    expect_exit(run_with_fault(WORDS("export", "--token", "servers", "--key", "rsa.contoso.com", "--out", "failed.pfx",
                                     "--generate-password", "failed.password"),
                               "C_WrapKey=3 return=0x30"),
                6);
    expect_exit(run_with_fault(WORDS("export", "--token", "servers", "--key", "rsa.contoso.com", "--out", "failed.pfx",
                                     "--generate-password", "failed.password"),
                               "C_WrapKey=3 return=0x6a"),
                8);
    assert_false(file_exists("failed.pfx") || file_exists("failed.password"));
}

static void json_has_the_same(void **state)
{
    (void)state;
    expect_golden(EXPORT("--key", "rsa.contoso.com", "--out", "json.pfx", "--json", WITH_PASSWORD), 0, "export-json");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_holds_all_that_windows_needs),
        cmocka_unit_test(gnutls_opens_it_too),
        cmocka_unit_test(the_attributes_are_bit_for_bit_those_that_openssl_writes),
        cmocka_unit_test(the_key_is_that_of_the_certificate),
        cmocka_unit_test(the_friendly_name_comes_from_the_inf_file),
        cmocka_unit_test(legacy_is_what_old_windows_reads),
        cmocka_unit_test(an_ec_key_names_no_csp),
        cmocka_unit_test(a_key_that_is_not_exportable_is_refused_before_a_password_is_asked),
        cmocka_unit_test(a_file_that_exists_is_kept),
        cmocka_unit_test(a_second_run_writes_nothing),
        cmocka_unit_test(a_pfx_with_another_content_is_kept),
        cmocka_unit_test(a_password_is_made_on_demand),
        cmocka_unit_test(a_weak_password_is_refused_unless_it_is_wanted),
        cmocka_unit_test(a_certificate_is_needed_and_of_several_the_current_one_is_taken),
        cmocka_unit_test(no_one_time_key_is_left_on_the_token),
        cmocka_unit_test(a_token_that_fails_leaves_no_file),
        cmocka_unit_test(json_has_the_same),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
