/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert sign and verify: every kind of signature, as openssl and certtool judge it, and what is refused. */
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

#define SIGN(...)   P11CERT("sign", "--token", "servers", __VA_ARGS__)
#define VERIFY(...) P11CERT("verify", __VA_ARGS__)
#define OPENSSL_CMS "openssl cms -verify -inform DER -purpose any -binary -CAfile root.pem "

/* Of a program that must succeed. */
#define SHELL(...) (void)out_of(WORDS("sh", "-e", "-c", __VA_ARGS__))

static void bind_key(const char *label, const char *type)
{
    char file[64];

    (void)snprintf(file, sizeof file, "%s.req", label);
    expect_exit(P11CERT("new", "--token", "servers", "--signer", "native", "--label", label, "--subject", "CN=signer",
                        "--key-type", type, "--out", file),
                0);
    SHELL(
        "openssl x509 -req -in \"$1.req\" -CA inter.pem -CAkey inter.key -set_serial \"0x$2\" -days 90 -out \"$1.pem\" "
        "-extfile sign.cnf; openssl x509 -in \"$1.pem\" -noout -pubkey > \"$1.pub\"",
        "sh", label,
        type[0] == 'r'   ? "11"
        : type[1] == 'd' ? "33"
                         : "22");
    (void)snprintf(file, sizeof file, "%s.pem", label);
    expect_exit(P11CERT("accept", file, "--token", "servers", "--signer", "native", "--chain", "inter.pem", "--chain",
                        "root.pem"),
                0);
}

/* A root, an intermediate CA, and signers below it. */
static int make_world(void **state)
{
    (void)world_new_with_token(state);
    file_write("sign.cnf", "keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n", 0644);
    SHELL("ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
          "openssl req -x509 $ec -keyout root.key -subj /CN=Root -days 100 -out root.pem\n"
          "openssl req $ec -keyout inter.key -subj /CN=Inter -out inter.req\n"
          "echo basicConstraints=critical,CA:true > inter.cnf\n"
          "openssl x509 -req -in inter.req -CA root.pem -CAkey root.key -set_serial 2 -days 100 -extfile inter.cnf "
          "-out inter.pem");
    bind_key("rsa", "rsa-2048");
    bind_key("ec", "ec-p384");
    bind_key("ed", "ed25519");
    file_write("report.txt", "a report\r\nwith two lines\n", 0644);
    return 0;
}

static const struct {
    const char *key;
    const char *pss;     /* or a repetition of another option */
    const char *digest;  /* of openssl */
    const char *options; /* of openssl, for a bare signature */
} kinds[] = {
    { "rsa", "--cms", "sha256", "" },
    { "rsa", "--pss", "sha256", "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32" },
    { "ec", "--cms", "sha384", "" },
};

static const char *const signers[] = {
#ifdef P11CERT_HAS_ENGINE
    "engine",
#endif
    "native",
};

static void sign_kind_as_cms(size_t kind, const char *signer)
{
    const char *key = kinds[kind].key;

    expect_exit(SIGN("report.txt", "--key", key, "--signer", signer, kinds[kind].pss, "--detached", "--force"), 0);
    SHELL(OPENSSL_CMS "-in report.txt.p7s -content report.txt -out /dev/null");
    expect_exit(SIGN("report.txt", "--key", key, "--signer", signer, kinds[kind].pss, "--force"), 0);
    SHELL(OPENSSL_CMS "-in report.txt.p7m -out content; cmp content report.txt; rm content");
    expect_exit(VERIFY("report.txt", "--trust", "root.pem"), 0);
    expect_exit(VERIFY("report.txt.p7m", "--trust", "root.pem"), 0);
}

static void openssl_takes_each_cms_signature(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof signers / sizeof *signers; s++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            sign_kind_as_cms(i, signers[s]);
        }
    }
    (void)unlink("report.txt.p7s");
}

/* GnuTLS supports no PSS parameters other than its own; it accepts the rest. */
static void gnutls_takes_a_cms_signature(void **state)
{
    const char *said;

    (void)state;
    expect_exit(SIGN("report.txt", "--key", "ec", "--force"), 0);
    said = out_of(
        WORDS("sh", "-c", "certtool --p7-verify --inder --infile report.txt.p7m --load-ca-certificate root.pem 2>&1"));
    assert_non_null(strstr(said, "Signature status: ok"));
}

static void cms_says_when_and_with_which_certificate(void **state)
{
    const char *said;

    (void)state;
    expect_exit(SIGN("report.txt", "--key", "ec", "--detached", "--force"), 0);
    said = out_of(WORDS("openssl", "cms", "-cmsout", "-print", "-inform", "DER", "-in", "report.txt.p7s"));
    assert_non_null(strstr(said, "object: signingTime"));
    assert_non_null(strstr(said, "object: id-smime-aa-signingCertificateV2"));
    assert_non_null(strstr(said, "CN=Inter"));
    /* The verifier supplies the root: two certificates, the signer's and the intermediate CA's. */
    assert_int_equal(2, count_of(said, "d.certificate:"));
    (void)unlink("report.txt.p7s");
}

static void openssl_takes_each_bare_signature(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof signers / sizeof *signers; s++) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            const char *form = strcmp(kinds[i].pss, "--pss") == 0 ? "--pss" : "--raw";

            expect_exit(SIGN("report.txt", "--key", kinds[i].key, "--signer", signers[s], "--raw", form, "--force",
                             "--out", "bare.sig"),
                        0);
            SHELL("openssl dgst -$1 $2 -verify $3.pub -signature bare.sig report.txt", "sh", kinds[i].digest,
                  kinds[i].options, kinds[i].key);
            SHELL("openssl dgst -$1 -r report.txt > digest.hex; openssl dgst -$1 -binary report.txt > digest.bin", "sh",
                  kinds[i].digest);
            expect_exit(SIGN("digest.hex", "--key", kinds[i].key, "--signer", signers[s], "--digest",
                             form[2] == 'p' ? form : "--digest", "--force", "--out", "hex.sig"),
                        0);
            SHELL("openssl dgst -$1 $2 -verify $3.pub -signature hex.sig report.txt", "sh", kinds[i].digest,
                  kinds[i].options, kinds[i].key);
            expect_exit(SIGN("digest.bin", "--key", kinds[i].key, "--signer", signers[s], "--digest", "--force",
                             "--out", "bin.sig"),
                        0);
            SHELL("openssl pkeyutl -verify -in digest.bin -sigfile bin.sig -pubin -inkey $1.pub -pkeyopt digest:$2",
                  "sh", kinds[i].key, kinds[i].digest);
        }
    }
}

static void ed25519_signs_the_whole_message(void **state)
{
    (void)state;
    expect_exit(SIGN("report.txt", "--key", "ed", "--signer", "native", "--raw", "--out", "ed.sig"), 0);
    SHELL("openssl pkeyutl -verify -rawin -in report.txt -sigfile ed.sig -pubin -inkey ed.pub");
    expect_exit(VERIFY("report.txt", "--raw", "--cert", "ed.pem", "--signature", "ed.sig"), 0);
    const run_result *result = VERIFY("report.txt", "--cert", "ed.pem", "--signature", "ed.sig");

    expect_exit(result, 3);
    expect_contains(result, result->err, "--raw verifies a bare signature");
    expect_exit(SIGN("report.txt", "--key", "ed", "--signer", "native", "--digest", "--out", "no.sig"), 3);
    assert_false(file_exists("no.sig"));
}

/* Larger than anything that is kept in memory, with either signer. */
static void a_large_file_is_signed_in_parts(void **state)
{
    (void)state;
    SHELL("truncate -s 20M large; printf end >> large");
    for (size_t s = 0; s < sizeof signers / sizeof *signers; s++) {
        expect_exit(SIGN("large", "--key", "rsa", "--signer", signers[s], "--raw", "--force"), 0);
        SHELL("openssl dgst -sha256 -verify rsa.pub -signature large.sig large");
        expect_exit(SIGN("large", "--key", "ec", "--signer", signers[s], "--raw", "--force"), 0);
        SHELL("openssl dgst -sha384 -verify ec.pub -signature large.sig large");
    }
    expect_exit(VERIFY("large", "--raw", "--cert", "ec.pem"), 0);
    expect_exit(SIGN("large", "--key", "ec"), 0);
    SHELL(OPENSSL_CMS "-in large.p7m -out content; cmp content large; rm content");
    expect_exit(SIGN("large", "--key", "ed", "--signer", "native", "--raw", "--out", "no.sig"), 3);
    SHELL("rm large*");
}

/* --- again --- */

static void a_second_run_signs_nothing(void **state)
{
    size_t calls = 0;
    const run_result *result;

    (void)state;
    file_write("one.txt", "one", 0644);
    file_write("two.txt", "two", 0644);
    expect_golden(SIGN("one.txt", "two.txt", "--key", "ec", "--detached"), 0, "sign-two");
    result = run_spied(WORDS("sign", "--token", "servers", "one.txt", "two.txt", "--key", "ec", "--detached", "--json"),
                       "C_Sign", &calls);
    expect_golden(result, 0, "sign-again-json");
    assert_int_equal(0, calls);
    /* An interrupted run is finished. */
    (void)unlink("two.txt.p7s");
    result = run_spied(WORDS("sign", "--token", "servers", "one.txt", "two.txt", "--key", "ec", "--detached"), "C_Sign",
                       &calls);
    expect_exit(result, 0);
    assert_int_equal(1, calls);
    expect_contains(result, result->out, "already signed: one.txt.p7s");
    expect_exit(SIGN("one.txt", "--key", "ec"), 0);
    result = SIGN("one.txt", "--key", "ec", "--json");
    expect_contains(result, result->out, "\"changed\": false");
    expect_exit(SIGN("one.txt", "--key", "rsa", "--raw", "--pss"), 0);
    result = SIGN("one.txt", "--key", "rsa", "--raw", "--pss", "--json");
    expect_contains(result, result->out, "\"changed\": false");
}

static void another_content_is_not_replaced(void **state)
{
    size_t len = 0;

    (void)state;
    file_write("three.txt", "three", 0644);
    expect_exit(SIGN("three.txt", "--key", "ec", "--detached"), 0);
    expect_exit(SIGN("three.txt", "--key", "rsa", "--detached"), 8);
    expect_exit(SIGN("three.txt", "--key", "ec", "--detached", "--hash", "sha512"), 8);
    expect_exit(SIGN("three.txt", "--key", "ec", "--out", "three.txt.p7s"), 8);
    file_write("three.txt", "another", 0644);
    expect_golden(SIGN("three.txt", "--key", "ec", "--detached"), 8, "sign-other-content");
    expect_exit(SIGN("three.txt", "--key", "ec", "--detached", "--force"), 0);
    file_write("four.txt.p7s", "what somebody else wrote", 0644);
    file_write("four.txt", "four", 0644);
    expect_exit(SIGN("four.txt", "--key", "ec", "--detached"), 8);
    assert_string_equal("what somebody else wrote", file_read("four.txt.p7s", &len));
}

/* --- what is refused --- */

static void make_certificate(const char *name, const char *command)
{
    SHELL("$2 -out \"$1.pem\" && openssl x509 -in \"$1.pem\" -noout", "sh", name, command);
}

static void a_certificate_must_allow_it(void **state)
{
    const run_result *result;

    (void)state;
    file_write("ca.cnf", "keyUsage=critical,keyCertSign\n", 0644);
    make_certificate("usage", "openssl x509 -req -in ec.req -CA root.pem -CAkey root.key -set_serial 5 -days 9 "
                              "-extfile ca.cnf");
    result = SIGN("report.txt", "--key", "ec", "--cert", "usage.pem", "--out", "no.p7m");
    expect_golden(result, 8, "sign-usage");
    expect_exit(SIGN("report.txt", "--key", "ec", "--raw", "--cert", "usage.pem", "--out", "no.p7m"), 8);
    assert_false(file_exists("no.p7m"));
    expect_exit(SIGN("report.txt", "--key", "ec", "--cert", "usage.pem", "--allow-any-usage", "--out", "usage.p7m"), 0);
    expect_exit(VERIFY("usage.p7m", "--trust", "root.pem"), 1);
}

static void an_expired_certificate_is_refused_unless_allowed(void **state)
{
    const run_result *result;

    (void)state;
    SHELL("mkdir db; : > db/index.txt; echo 77 > db/serial\n"
          "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=db/index.txt\\nserial=db/serial\\nnew_certs_dir=db\\n"
          "default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.conf\n"
          "openssl ca -batch -config ca.conf -in ec.req -cert root.pem -keyfile root.key -startdate 20200101000000Z "
          "-enddate 20210101000000Z -out old.pem -notext");
    result = SIGN("report.txt", "--key", "ec", "--cert", "old.pem", "--out", "no.p7m");
    expect_golden(result, 8, "sign-expired");
    assert_false(file_exists("no.p7m"));
    result = SIGN("report.txt", "--key", "ec", "--cert", "old.pem", "--allow-expired", "--out", "old.p7m");
    expect_exit(result, 0);
    expect_contains(result, result->out, "the certificate is not valid now");
    result = VERIFY("old.p7m", "--trust", "root.pem", "--json");
    expect_exit(result, 1);
    expect_contains(result, result->out, "certificate has expired");
}

/* To renew it would not help: it is the clock that is wrong, or the user who is early. */
static void a_certificate_that_is_not_valid_yet_is_refused_with_its_own_hint(void **state)
{
    const run_result *result;

    (void)state;
    SHELL("rm -f db/index.txt*; : > db/index.txt\n"
          "openssl ca -batch -config ca.conf -in ec.req -cert root.pem -keyfile root.key -startdate 20600101000000Z "
          "-enddate 20610101000000Z -out early.pem -notext");
    result = SIGN("report.txt", "--key", "ec", "--cert", "early.pem", "--out", "no.p7m");
    expect_exit(result, 8);
    expect_contains(result, result->err, "is not valid before 2060-01-01");
    expect_contains(result, result->err, "check this computer's clock; --allow-expired signs anyway");
    expect_lacks(result, result->err, "renew");
}

static void a_key_must_be_able_to_sign(void **state)
{
    (void)state;
    expect_exit(P11CERT("keygen", "--token", "servers", "--label", "decrypts", "--key-type", "rsa-2048", "--use",
                        "decrypt"),
                0);
    expect_exit(SIGN("report.txt", "--key", "decrypts", "--raw", "--out", "no.sig"), 8);
    expect_exit(P11CERT("keygen", "--token", "servers", "--label", "bare", "--key-type", "ec-p256"), 0);
    expect_golden(SIGN("report.txt", "--key", "bare", "--out", "no.p7m"), 4, "sign-no-certificate");
    expect_exit(SIGN("report.txt", "--key", "bare", "--raw", "--out", "plain.sig"), 0);
    assert_false(file_exists("no.sig"));
}

static void unusable_orders_are_refused(void **state)
{
    static const char *const rows[][8] = {
        { "-", "--key", "ec" },
        { ".", "--key", "ec" },
        { "digest.bad", "--key", "ec", "--digest" },
        { "report.txt", "--key", "ec", "--raw", "--pss" },
    };
    static const char *const usage[][8] = {
        { "report.txt", "ec.req", "--key", "ec", "--out", "no" },
        { "report.txt", "--key", "ec", "--raw", "--detached" },
        { "report.txt", "--key", "ec", "--raw", "--digest" },
        { "report.txt", "--key", "ec", "--hash", "md5" },
        { "report.txt", "--key", "ec", "--out", "report.txt", "--force" },
        { "--key", "ec" },
    };

    (void)state;
    file_write("digest.bad", "0123456789abcdef\n", 0644);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_exit(SIGN(rows[i][0], rows[i][1], rows[i][2], "--out", "no", rows[i][3], rows[i][4]), 3);
    }
    for (size_t i = 0; i < sizeof usage / sizeof *usage; i++) {
        expect_exit(SIGN(usage[i][0], usage[i][1], usage[i][2], usage[i][3], usage[i][4], usage[i][5]), 2);
    }
    expect_exit(SIGN("nowhere.txt", "--key", "ec"), 4);
    assert_false(file_exists("no"));
}

/* --- verify --- */

static void what_follows_a_signature_is_not_taken_for_signed(void **state)
{
    (void)state;
    file_write("seven.txt", "seven", 0644);
    expect_exit(SIGN("seven.txt", "--key", "ec", "--out", "seven.p7m"), 0);
    expect_exit(SIGN("seven.txt", "--key", "ec", "--detached"), 0);
    SHELL("{ cat seven.p7m; echo more; } >more.p7m; { cat seven.p7m; cat seven.p7m; } >twice.p7m\n"
          "{ cat seven.p7m; head -c 9 /dev/zero; } >padded.p7m; echo more >>seven.txt.p7s");
    expect_exit(VERIFY("seven.p7m", "--trust", "root.pem"), 0);
    expect_exit(VERIFY("more.p7m", "--trust", "root.pem"), 3);
    expect_exit(VERIFY("twice.p7m", "--trust", "root.pem"), 3);
    expect_exit(VERIFY("seven.txt", "--trust", "root.pem"), 3);
    expect_exit(VERIFY("padded.p7m", "--trust", "root.pem"), 0); /* it can hide nothing */
    SHELL(
        "openssl cms -cmsout -inform DER -in seven.p7m -outform PEM -out seven.pem; cat seven.pem seven.pem >pair.pem\n"
        "{ echo 'the signature:'; cat seven.pem root.pem; } >around.pem");
    expect_exit(VERIFY("around.pem", "--trust", "root.pem"), 0);
    const run_result *several = VERIFY("pair.pem", "--trust", "root.pem");

    expect_exit(several, 3);
    expect_contains(several, several->err, "several CMS signatures");
}

static void a_signature_that_is_not_right_is_refused(void **state)
{
    (void)state;
    file_write("five.txt", "five", 0644);
    expect_exit(SIGN("five.txt", "--key", "ec", "--detached"), 0);
    expect_exit(SIGN("five.txt", "--key", "ec", "--raw"), 0);
    expect_golden(VERIFY("five.txt", "--trust", "root.pem"), 0, "verify-cms");
    expect_golden(VERIFY("five.txt", "--raw", "--cert", "ec.pem", "--json"), 0, "verify-raw-json");
    expect_exit(VERIFY("five.txt", "--raw", "--cert", "ec.pem", "--trust", "root.pem", "--chain", "inter.pem"), 0);
    expect_exit(VERIFY("five.txt", "--cert", "ec.pem"), 0);
    expect_exit(VERIFY("five.txt", "--cert", "rsa.pem"), 1);
    expect_exit(VERIFY("five.txt", "--trust", "ec.pem"), 1);
    expect_exit(VERIFY("five.txt", "--raw", "--cert", "rsa.pem"), 1);
    expect_exit(VERIFY("five.txt", "--raw", "--cert", "ec.pem", "--hash", "sha256"), 1);
    expect_exit(VERIFY("five.txt", "--raw", "--cert", "ec.pem", "--trust", "root.pem"), 1);
    expect_exit(VERIFY("five.txt"), 2);
    expect_exit(VERIFY("five.txt", "--raw", "--trust", "root.pem"), 2);
    expect_exit(VERIFY("report.txt", "--trust", "root.pem", "--signature", "ec.pem"), 3);
    file_write("five.txt", "fivE", 0644);
    expect_golden(VERIFY("five.txt", "--trust", "root.pem"), 1, "verify-changed");
    expect_golden(VERIFY("five.txt", "--raw", "--cert", "ec.pem", "--json"), 1, "verify-changed-json");
}

/* Line by line as they stand in the pages. */
static void the_examples_of_the_man_pages_work(void **state)
{
    static const char *const pages[] = { "sign", "verify" };

    (void)state;
    bind_key("signing", "rsa-2048");
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    SHELL("printf 'a page\\nof two lines\\n' >report.html; echo firmware >firmware.bin; cp signing.pem signer.pem");
    expect_exit(P11CERT("sign", "report.html", "--key", "signing"), 0); /* report.html.p7m, which verify reads */
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        SHELL("page=$1/../../docs/man/p11cert-$2.1.scd; PATH=${3%/*}:$PATH\n"
              "sed -n '/^# EXAMPLES/,/^# SEE/{/^```/,/^```/{/^```/d;s/\\\\\\\\$/\\\\/;p}}' \"$page\" >examples.sh\n"
              "[ $(grep -c '^p11cert ' examples.sh) -ge 2 ]; . ./examples.sh",
              "sh", TEST_DATA_DIR, pages[i], P11CERT_PROGRAM);
    }
    (void)unsetenv("P11CERT_TOKEN");
}

static void every_damaged_byte_of_a_signature_is_found(void **state)
{
    size_t len = 0;

    (void)state;
    file_write("six.txt", "six", 0644);
    expect_exit(SIGN("six.txt", "--key", "ec", "--out", "six.p7m"), 0);
    (void)file_read("six.p7m", &len);
    /* The last bytes are the signature's own. */
    for (size_t back = 1; back <= 5; back++) {
        char at[32];

        (void)snprintf(at, sizeof at, "%zu", len - back);
        SHELL("cp six.p7m bad.p7m; b=$(dd if=bad.p7m bs=1 skip=$1 count=1 2>/dev/null | od -An -tu1)\n"
              "printf \"\\\\$(printf %03o $(( b ^ 1 )))\" | dd of=bad.p7m bs=1 seek=$1 conv=notrunc 2>/dev/null",
              "sh", at);
        expect_exit(VERIFY("bad.p7m", "--trust", "root.pem", "--out", "out.txt"), 1);
        assert_false(file_exists("out.txt"));
    }
    expect_exit(VERIFY("six.p7m", "--trust", "root.pem", "--out", "out.txt"), 0);
    assert_string_equal("six", file_read("out.txt", &len));
}

/* What another program signed. */
static void a_signature_of_openssl_is_taken(void **state)
{
    (void)state;
    SHELL("openssl req -x509 -newkey rsa:2048 -nodes -keyout o.key -subj /CN=Other -days 9 -out o.pem\n"
          "openssl cms -sign -binary -in report.txt -signer o.pem -inkey o.key -outform PEM -out o.p7m -nodetach\n"
          "openssl cms -sign -binary -stream -in report.txt -signer o.pem -inkey o.key -outform DER -out ber.p7m "
          "-nodetach");
    expect_exit(VERIFY("o.p7m", "--trust", "o.pem", "--out", "o.txt"), 0);
    SHELL("cmp o.txt report.txt");
    expect_exit(VERIFY("ber.p7m", "--trust", "o.pem"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(openssl_takes_each_cms_signature),
        cmocka_unit_test(gnutls_takes_a_cms_signature),
        cmocka_unit_test(cms_says_when_and_with_which_certificate),
        cmocka_unit_test(openssl_takes_each_bare_signature),
        cmocka_unit_test(ed25519_signs_the_whole_message),
        cmocka_unit_test(a_large_file_is_signed_in_parts),
        cmocka_unit_test(a_second_run_signs_nothing),
        cmocka_unit_test(another_content_is_not_replaced),
        cmocka_unit_test(a_certificate_must_allow_it),
        cmocka_unit_test(an_expired_certificate_is_refused_unless_allowed),
        cmocka_unit_test(a_certificate_that_is_not_valid_yet_is_refused_with_its_own_hint),
        cmocka_unit_test(a_key_must_be_able_to_sign),
        cmocka_unit_test(unusable_orders_are_refused),
        cmocka_unit_test(what_follows_a_signature_is_not_taken_for_signed),
        cmocka_unit_test(a_signature_that_is_not_right_is_refused),
        cmocka_unit_test(the_examples_of_the_man_pages_work),
        cmocka_unit_test(every_damaged_byte_of_a_signature_is_found),
        cmocka_unit_test(a_signature_of_openssl_is_taken),
    };

    return cmocka_run_group_tests_name("cli/sign", tests, make_world, world_remove);
}
