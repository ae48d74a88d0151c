/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate of a key that has several: every verb takes the same one. And certificates that somebody else put on
 * the token, which needs no PIN: none of them is written out as ours. openssl judges. */
#include "harness.h"

#include <unistd.h>

/* A CA run by openssl, which lets the dates be chosen: sign REQUEST FROM UNTIL SERIAL OUT, dates as YYMMDDhhmmssZ. */
static const char make_ca[] =
    "exec 2>&1; set -e\n"
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout outer.key -subj '/CN=Outer' -days 3000 -out outer.pem\n"
    "cat >ca.conf <<'END'\n"
    "[ca]\ndefault_ca=own\n"
    "[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nunique_subject=no\n"
    "email_in_dn=no\n"
    "[any]\ncommonName=supplied\n"
    "[leaf]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
    "extendedKeyUsage=serverAuth,clientAuth\nauthorityKeyIdentifier=keyid\n"
    "[sub]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nauthorityKeyIdentifier=keyid\n"
    "subjectKeyIdentifier=hash\n"
    "END\n"
    "cat >sign <<'END'\n"
    "set -e; : >index; echo $4 >serial\n"
    "openssl ca -batch -notext -config ca.conf -cert outer.pem -keyfile outer.key -extensions ${6:-leaf} -in $1 "
    "-startdate $2 -enddate $3 -out $5\n"
    "END\n";

#define SIGN(...)           out_of(WORDS("sh", "sign", __VA_ARGS__))
#define RENEW(label, out)   expect_exit(P11CERT("renew", "--token", "servers", "--key", label, "--out", out), 0)
#define ACCEPT(token, file) expect_exit(P11CERT("accept", file, "--chain", "outer.pem", "--token", token), 0)

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    (void)out_of(WORDS("sh", "-c", make_ca));
    file_write("password", "correct horse battery staple 42\n", 0600);
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=host.contoso.com", "--exportable", "--label",
                        "host", "--out", "host.req"),
                0);
    return 0;
}

static const char *serial_in(const char *file)
{
    return out_of(WORDS("openssl", "x509", "-in", file, "-noout", "-serial"));
}

/* check, export, kit, list and renew of the key "host", each judged by what it writes. */
static void expect_current(const char *serial)
{
    char line[64];
    const run_result *result;

    (void)out_of(WORDS("sh", "-c", "rm -rf kit host.pfx leaf.pem r.req"));
    result = P11CERT("check", "--key", "host", "--token", "servers", "--json");
    expect_contains(result, result->out, serial);
    expect_exit(P11CERT("export", "--key", "host", "--token", "servers", "--out", "host.pfx", "--password-source",
                        "file:password"),
                0);
    (void)out_of(WORDS("openssl", "pkcs12", "-in", "host.pfx", "-passin", "file:password", "-nokeys", "-clcerts",
                       "-out", "leaf.pem"));
    (void)snprintf(line, sizeof line, "serial=%s\n", serial);
    assert_string_equal(serial_in("leaf.pem"), line);
    expect_exit(P11CERT("kit", "--key", "host", "--token", "servers", "--out", "kit", "--password-source",
                        "file:password"),
                0);
    assert_string_equal(out_of(
                            WORDS("openssl", "x509", "-inform", "DER", "-in", "kit/server.cer", "-noout", "-serial")),
                        line);
    result = P11CERT("list", "--token", "servers", "--json");
    (void)snprintf(line, sizeof line, "\"serial\": \"%s\"", serial);
    const char *at = strstr(result->out, line);

    expect_contains(result, result->out, line);
    at = strstr(at, "\"current\": ");
    assert_non_null(at);
    assert_int_equal(0, strncmp(at, "\"current\": true", strlen("\"current\": true")));
    assert_int_equal(1, count_of(result->out, "\"current\": true"));
    result = P11CERT("renew", "--key", "host", "--token", "servers", "--out", "r.req", "--json");
    expect_contains(result, result->out, serial);
}

/* The renewal expires before the certificate that it renews, and the choice is not ambiguous. */
static void every_verb_takes_the_renewal(void **state)
{
    (void)state;
    (void)SIGN("host.req", "250101000000Z", "400101000000Z", "71820011", "first.pem");
    ACCEPT("servers", "first.pem");
    expect_current("71820011");
    RENEW("host", "second.req");
    (void)SIGN("second.req", "260101000000Z", "350101000000Z", "71820012", "second.pem");
    ACCEPT("servers", "second.pem");
    expect_current("71820012");
    /* One that is not yet valid does not count, nor does one that has expired. */
    (void)SIGN("second.req", "380101000000Z", "410101000000Z", "71820013", "future.pem");
    ACCEPT("servers", "future.pem");
    (void)SIGN("second.req", "260201000000Z", "260202000000Z", "71820014", "past.pem");
    ACCEPT("servers", "past.pem");
    expect_current("71820012");
    assert_int_equal(4 + 1, token_count("servers", "cert")); /* and the issuer */
}

static void the_file_that_is_named_is_used_anyway(void **state)
{
    (void)state;
    expect_exit(P11CERT("export", "--key", "host", "--token", "servers", "--cert", "first.pem", "--out", "named.pfx",
                        "--password-source", "file:password"),
                0);
    (void)out_of(WORDS("openssl", "pkcs12", "-in", "named.pfx", "-passin", "file:password", "-nokeys", "-clcerts",
                       "-out", "named.pem"));
    assert_string_equal(serial_in("named.pem"), "serial=71820011\n");
}

/* The end of what the CA may sign shows which of its certificates was used. */
static void a_ca_issues_with_its_current_certificate(void **state)
{
    (void)state;
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Issuing", "--token", "ca", "--ca", "issuing",
                        "--days", "3000", "--out", "issuing.pem"),
                0);
    expect_exit(P11CERT("new", "--token", "ca", "--key", "issuing", "--subject", "CN=Issuing", "--out", "issuing.req"),
                0);
    (void)SIGN("issuing.req", "260101000000Z", "270601000000Z", "21", "older.pem", "sub");
    ACCEPT("ca", "older.pem");
    expect_exit(P11CERT("issue", "host.req", "--ca", "issuing", "--token", "ca", "--days", "3000", "--out",
                        "by-root.pem"),
                0);
    (void)out_of(WORDS("openssl", "verify", "-CAfile", "issuing.pem", "by-root.pem"));
    (void)SIGN("issuing.req", out_of(WORDS("sh", "-c", "printf %s $(date -u +%y%m%d%H%M%SZ)")), "270701000000Z", "23",
               "newer.pem", "sub");
    ACCEPT("ca", "newer.pem");
    expect_exit(P11CERT("issue", "host.req", "--ca", "issuing", "--token", "ca", "--days", "3000", "--out",
                        "by-newer.pem"),
                0);
    assert_string_equal(out_of(WORDS("openssl", "x509", "-in", "by-newer.pem", "-noout", "-enddate")),
                        "notAfter=Jul  1 00:00:00 2027 GMT\n");
    (void)SIGN("issuing.req", "380101000000Z", "410101000000Z", "22", "future-ca.pem", "sub");
    ACCEPT("ca", "future-ca.pem");
    expect_exit(P11CERT("issue", "host.req", "--ca", "issuing", "--token", "ca", "--days", "3000", "--out",
                        "again.pem"),
                0);
    assert_string_equal(out_of(WORDS("openssl", "x509", "-in", "again.pem", "-noout", "-enddate")),
                        "notAfter=Jul  1 00:00:00 2027 GMT\n");
    /* Named, it is refused: nothing that it signs would be accepted now. */
    const run_result *result = P11CERT("issue", "host.req", "--ca", "issuing", "--ca-cert", "future-ca.pem", "--token",
                                       "ca", "--out", "too-soon.pem");

    expect_exit(result, 8);
    expect_contains(result, result->err, "is not valid yet");
    assert_false(file_exists("too-soon.pem"));
}

/* --- planted certificates --- */

#define AS_ANYBODY(token) "pkcs11-tool", "--module", SOFTHSM, "--token-label", token

/* The CKA_ID of the only private key with this label, according to a manifest line or pkcs11-tool. */
static const char *id_of(const char *token, const char *label)
{
    static char id[80];
    char line[160];

    (void)snprintf(line, sizeof line, "label:      %s\n", label);
    const char *at = strstr(token_objects(token, "privkey"), line);

    assert_non_null(at);
    assert_int_equal(1, sscanf(strstr(at, "ID:"), "ID: %79s", id));
    return id;
}

/* Take the certificates of a key away, as a run that was killed would have left it, and put another there. Both without
 * a PIN. */
static void plant(const char *token, const char *label, const char *certificate)
{
    const char *id = id_of(token, label);

    for (int i = 0;
         i < 8 && run_words(WORDS(AS_ANYBODY(token), "--delete-object", "--type", "cert", "--id", id))->exit_code == 0;
         i++) {
    }
    (void)out_of(WORDS("openssl", "x509", "-in", certificate, "-outform", "DER", "-out", "planted.der"));
    (void)out_of(
        WORDS(AS_ANYBODY(token), "--write-object", "planted.der", "--type", "cert", "--id", id, "--label", label));
}

/* A certificate for the public key in `for_pem`, by a CA of the attacker's with this name. */
static void forge(const char *for_pem, const char *ca_name, const char *subject, const char *out)
{
    (void)out_of(
        WORDS("sh", "-c",
              "exec 2>&1; set -e; rm -f evil.*\n"
              "openssl x509 -in $0 -noout -pubkey >public.pem\n"
              "openssl req -x509 -newkey rsa:2048 -nodes -keyout evil.key -subj \"$1\" -days 900 -out evil.pem\n"
              "openssl req -new -key evil.key -subj \"$2\" -out evil.req\n"
              "printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n' >evil.ext\n"
              "openssl x509 -req -in evil.req -CA evil.pem -CAkey evil.key -set_serial 666 -days 800 "
              "-extfile evil.ext -force_pubkey public.pem -out $3\n",
              for_pem, ca_name, subject, out));
}

#define ROOT(out) \
    P11CERT("issue", "--self-signed", "--subject", "CN=Planted Root", "--key-type", "ec-p256", "--token", "ca", \
            "--ca", "planted", "--out", out)

static void expect_true_root(const char *file)
{
    assert_string_equal(out_of(WORDS("openssl", "x509", "-in", file, "-noout", "-pubkey")),
                        out_of(WORDS("openssl", "x509", "-in", "root.pem", "-noout", "-pubkey")));
    (void)out_of(WORDS("openssl", "verify", "-check_ss_sig", "-CAfile", file, file));
    assert_string_not_equal(serial_in(file), "serial=029A\n");
}

static void a_root_that_was_planted_is_not_written_out(void **state)
{
    (void)state;
    expect_exit(ROOT("root.pem"), 0);
    /* another key's, of the right name */
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "other.key", "-subj",
                       "/CN=Planted Root", "-days", "900", "-set_serial", "666", "-out", "other.pem"));
    plant("ca", "planted", "other.pem");
    expect_exit(ROOT("after-other.pem"), 0);
    expect_true_root("after-other.pem");
    /* the right key and name, another's signature */
    forge("root.pem", "/CN=Planted Root", "/CN=Planted Root", "forged.pem");
    plant("ca", "planted", "forged.pem");
    expect_exit(ROOT("after-forged.pem"), 0);
    expect_true_root("after-forged.pem");
    /* issued by another CA: possibly the operator's own doing, so nothing is decided */
    forge("root.pem", "/CN=Evil CA", "/CN=Planted Root", "crossed.pem");
    plant("ca", "planted", "crossed.pem");
    const run_result *result = ROOT("after-crossed.pem");

    expect_exit(result, 8);
    expect_contains(result, result->err, "issued by CN=Evil CA");
    assert_false(file_exists("after-crossed.pem"));
    /* with the true one beside it, that one is written out */
    plant("ca", "planted", "after-forged.pem");
    (void)out_of(WORDS("openssl", "x509", "-in", "crossed.pem", "-outform", "DER", "-out", "crossed.der"));
    (void)out_of(WORDS(AS_ANYBODY("ca"), "--write-object", "crossed.der", "--type", "cert", "--id",
                       id_of("ca", "planted"), "--label", "planted"));
    expect_exit(ROOT("beside.pem"), 0);
    assert_string_equal(file_read("beside.pem", NULL), file_read("after-forged.pem", NULL));
}

#define FLEET() \
    P11CERT("batch", "--token", "ca", "--key-type", "ec-p256", "--hosts", "fleet.csv", "--out", "fleet", \
            "--issue-with", "fleet")

static void a_hosts_certificate_that_was_planted_is_not_written_out(void **state)
{
    static const char host[] = "fleet/f1.contoso.com.cer";

    (void)state;
    file_write("fleet.csv", "fqdn\nf1.contoso.com\n", 0644);
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Fleet CA", "--token", "ca", "--ca", "fleet", "--out",
                        "fleet.pem"),
                0);
    expect_exit(FLEET(), 0);
    /* the host's key, the CA's name, another's signature */
    forge(host, "/CN=Fleet CA", "/CN=f1.contoso.com", "host-forged.pem");
    plant("ca", "f1.contoso.com", "host-forged.pem");
    assert_int_equal(0, unlink(host));
    expect_exit(FLEET(), 0);
    (void)out_of(WORDS("openssl", "verify", "-CAfile", "fleet.pem", host));
    (void)out_of(WORDS("sh", "-c", "cp fleet/f1.contoso.com.cer kept.pem"));
    assert_int_equal(0, unlink(host));
    expect_exit(FLEET(), 0);
    assert_string_equal(file_read(host, NULL), file_read("kept.pem", NULL));
    /* the host's key and signed by the CA, for another name */
    expect_exit(P11CERT("new", "--token", "ca", "--key", "f1.contoso.com", "--subject", "CN=f2.contoso.com", "--out",
                        "f2.req"),
                0);
    expect_exit(P11CERT("issue", "f2.req", "--ca", "fleet", "--token", "ca", "--out", "f2.pem"), 0);
    plant("ca", "f1.contoso.com", "f2.pem");
    assert_int_equal(0, unlink(host));
    expect_exit(FLEET(), 0);
    assert_string_equal(out_of(WORDS("openssl", "x509", "-in", host, "-noout", "-subject", "-nameopt", "RFC2253")),
                        "subject=CN=f1.contoso.com\n");
}

/* A key whose request is still to be written has no certificate, whatever carries its CKA_ID. */
static void a_planted_certificate_does_not_make_a_key_a_finished_one(void **state)
{
    static const char request[] = "waiting/w1.contoso.com.req";

    (void)state;
    expect_exit(P11CERT("new", "--token", "ca", "--subject", "CN=w0.contoso.com", "--out", "w0.req"), 0);
    plant("ca", "w0.contoso.com", "outer.pem");
    expect_exit(P11CERT("new", "--token", "ca", "--subject", "CN=w0.contoso.com", "--out", "w0-again.req"), 0);
    assert_string_equal(out_of(WORDS("openssl", "req", "-in", "w0.req", "-noout", "-pubkey")),
                        out_of(WORDS("openssl", "req", "-in", "w0-again.req", "-noout", "-pubkey")));
    file_write("waiting.csv", "fqdn\nw1.contoso.com\n", 0644);
    expect_exit(P11CERT("batch", "--token", "ca", "--hosts", "waiting.csv", "--out", "waiting"), 0);
    plant("ca", "w1.contoso.com", "outer.pem");
    assert_int_equal(0, unlink(request));
    expect_exit(P11CERT("batch", "--token", "ca", "--hosts", "waiting.csv", "--out", "waiting"), 0);
    assert_true(file_exists(request));
    /* A certificate of its own still keeps a second request from being written by mistake. */
    (void)SIGN("w0.req", "250101000000Z", "400101000000Z", "71820077", "w0.pem");
    expect_exit(P11CERT("accept", "w0.pem", "--token", "ca"), 0);
    expect_exit(P11CERT("new", "--token", "ca", "--subject", "CN=w0.contoso.com", "--out", "w0-third.req"), 8);
}

static const run_result *export_twin(void)
{
    (void)out_of(WORDS("sh", "-c", "rm -f twin.pfx"));
    return P11CERT("export", "--key", "twin", "--token", "servers", "--out", "twin.pfx", "--password-source",
                   "file:password");
}

/* Anybody can have a CA certify a public key, and write the certificate to most tokens. Its dates do not make it the
 * key's own. */
static void a_certificate_of_another_ca_does_not_become_current(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--subject", "CN=twin.contoso.com", "--exportable", "--label",
                        "twin", "--out", "twin.req"),
                0);
    (void)SIGN("twin.req", "250101000000Z", "400101000000Z", "71820091", "twin.pem");
    ACCEPT("servers", "twin.pem");
    forge("twin.pem", "/CN=Evil CA", "/CN=evil.contoso.com", "twin-forged.pem");
    (void)out_of(WORDS("openssl", "x509", "-in", "twin-forged.pem", "-outform", "DER", "-out", "twin-forged.der"));
    (void)out_of(WORDS(AS_ANYBODY("servers"), "--write-object", "twin-forged.der", "--type", "cert", "--id",
                       id_of("servers", "twin"), "--label", "twin"));
    expect_exit(export_twin(), 0);
    (void)out_of(WORDS("openssl", "pkcs12", "-in", "twin.pfx", "-passin", "file:password", "-nokeys", "-clcerts",
                       "-out", "twin-leaf.pem"));
    assert_string_equal(serial_in("twin-leaf.pem"), "serial=71820091\n");
    result = P11CERT("renew", "--key", "twin", "--token", "servers", "--out", "twin-again.req");
    expect_exit(result, 0);
    assert_string_equal(out_of(WORDS("openssl", "req", "-in", "twin-again.req", "-noout", "-subject", "-nameopt",
                                     "RFC2253")),
                        "subject=CN=twin.contoso.com\n");
    /* If that CA's certificate is there too, nothing on the token shows which of the two is the right one. */
    (void)out_of(WORDS("openssl", "x509", "-in", "evil.pem", "-outform", "DER", "-out", "evil.der"));
    (void)out_of(WORDS(AS_ANYBODY("servers"), "--write-object", "evil.der", "--type", "cert", "--label", "Evil CA"));
    result = export_twin();
    expect_exit(result, 4);
    expect_contains(result, result->err, "valid certificates of different issuers");
    expect_contains(result, result->err, "71820091 by CN=Outer");
    expect_contains(result, result->err, "by CN=Evil CA");
    assert_false(file_exists("twin.pfx"));
    result = P11CERT("kit", "--key", "twin", "--token", "servers", "--out", "twin-kit", "--password-source",
                     "file:password");
    expect_exit(result, 4);
    (void)out_of(WORDS("sh", "-c", "rm -f twin-again.req"));
    result = P11CERT("renew", "--key", "twin", "--token", "servers", "--out", "twin-again.req");
    expect_exit(result, 4);
    expect_contains(result, result->err, "valid certificates of different issuers");
    assert_false(file_exists("twin-again.req"));
    expect_exit(P11CERT("export", "--key", "twin", "--token", "servers", "--cert", "twin.pem", "--out", "twin.pfx",
                        "--password-source", "file:password"),
                0);
}

/* The token shows no value of any certificate. */
#define UNREADABLE "C_GetAttributeValue=1+ length=0@0x11"

static void expect_unknown(const char *const *words, int exit_code, const char *unwritten)
{
    const run_result *result = run_with_fault(words, UNREADABLE);

    expect_exit(result, exit_code);
    expect_contains(result, result->err, "so it is not known whether the key has a");
    assert_false(unwritten && file_exists(unwritten));
}

/* Else a key that is in use would get a second certificate, or be destroyed, or miss its renewal. */
static void a_certificate_that_cannot_be_read_is_not_taken_for_none(void **state)
{
    const run_result *result;

    (void)state;
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=Blind CA", "--token", "ca", "--ca", "blind", "--out",
                        "blind.pem"),
                0);
    file_write("blind.csv", "fqdn\nb1.contoso.com\n", 0644);
    expect_exit(P11CERT("batch", "--token", "ca", "--key-type", "ec-p256", "--hosts", "blind.csv", "--out", "blind",
                        "--issue-with", "blind"),
                0);
    (void)out_of(WORDS("rm", "blind/b1.contoso.com.req", "blind/b1.contoso.com.cer"));
    expect_unknown(WORDS("new", "--token", "ca", "--subject", "CN=b1.contoso.com", "--key-type", "ec-p256", "--out",
                         "b1.req"),
                   6, "b1.req");
    expect_unknown(WORDS("batch", "--token", "ca", "--key-type", "ec-p256", "--hosts", "blind.csv", "--out", "blind",
                         "--issue-with", "blind"),
                   6, "blind/b1.contoso.com.req");
    expect_unknown(WORDS("issue", "--self-signed", "--subject", "CN=Blind CA", "--token", "ca", "--ca", "blind",
                         "--out", "blind-again.pem"),
                   6, "blind-again.pem");
    expect_unknown(WORDS("issue", "host.req", "--ca", "blind", "--token", "ca", "--out", "by-blind.pem"), 6,
                   "by-blind.pem");
    expect_unknown(WORDS("renew", "--token", "ca", "--key", "b1.contoso.com", "--out", "b1.req"), 6, "b1.req");
    expect_unknown(WORDS("retire", "--token", "ca", "--key", "b1.contoso.com", "--yes"), 8, NULL);
    assert_int_equal(1, count_of(token_objects("ca", "privkey"), "label:      b1.contoso.com\n"));
    result =
        run_with_fault(WORDS("retire", "--token", "ca", "--key", "b1.contoso.com", "--dry-run", "--json"), UNREADABLE);
    expect_contains(result, result->out, "\"valid\": null");
    /* Each key is named, and the others would be renewed. */
    (void)out_of(WORDS("mkdir", "due"));
    result = run_with_fault(WORDS("renew", "--token", "ca", "--due", "400d", "--out", "due"), UNREADABLE);
    expect_exit(result, 6);
    expect_contains(result, result->out, "key \"b1.contoso.com\"");
    expect_contains(result, result->out, "NOT RENEWED: no certificate object with the CKA_ID of the key");
}

/* The certificate of an EC key without its public object may be its own, and may be due. */
static void a_key_without_its_public_half_is_not_left_out_when_keys_are_renewed(void **state)
{
    (void)state;
    expect_exit(P11CERT("renew", "--token", "ca", "--key", "b1.contoso.com", "--out", "b1-renew.req"), 0);
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "ca", "--login", "--pin", USER_PIN,
                       "--delete-object", "--type", "pubkey", "--id", id_of("ca", "b1.contoso.com")));
    const run_result *result = P11CERT("renew", "--token", "ca", "--due", "1d", "--out", "due");

    expect_exit(result, 3);
    expect_contains(result, result->out, "the token does not show the public half of the key \"b1.contoso.com\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verb_takes_the_renewal),
        cmocka_unit_test(the_file_that_is_named_is_used_anyway),
        cmocka_unit_test(a_ca_issues_with_its_current_certificate),
        cmocka_unit_test(a_root_that_was_planted_is_not_written_out),
        cmocka_unit_test(a_hosts_certificate_that_was_planted_is_not_written_out),
        cmocka_unit_test(a_planted_certificate_does_not_make_a_key_a_finished_one),
        cmocka_unit_test(a_certificate_of_another_ca_does_not_become_current),
        cmocka_unit_test(a_certificate_that_cannot_be_read_is_not_taken_for_none),
        cmocka_unit_test(a_key_without_its_public_half_is_not_left_out_when_keys_are_renewed),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
