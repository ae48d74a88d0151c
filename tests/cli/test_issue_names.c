/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert issue and name constraints: what verifiers reject is not signed, and nothing else is refused. A second CA
 * with the same constraints, whose key openssl has, issues the same names; openssl and certtool verify its
 * certificates. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHELL(line) expect_exit(RUN("sh", "-ec", line), 0)
#define ISSUE(...)  P11CERT("issue", "leaf.req", "--token", "ca", "--ca", "Own", "--out", "leaf.cer", __VA_ARGS__)

/* The constraints of each CA. */
#define DNS      "permitted;DNS:example.com,excluded;DNS:test.example.com,excluded;DNS:a.b.example.com"
#define NETWORK  "permitted;IP:192.0.2.0/255.255.255.0,excluded;IP:192.0.2.128/255.255.255.128"
#define EMAIL    "permitted;email:example.com,excluded;email:root@example.com"
#define HOSTS    "permitted;email:.example.com"
#define URI      "permitted;URI:example.com,permitted;URI:.example.com"
#define NAME     "permitted;dirName:own"
#define NOT_NAME "excluded;dirName:own"
#define UPN      "permitted;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:own"
#define RID      "permitted;RID:1.2.3"

enum {
    SIGNED,
    REFUSED,
    REFUSED_BY_US, /* although openssl verifies it, since it covers an excluded name */
    OTHERWISE = 4  /* not by certtool, which compares fewer kinds of names, and takes any CN for a host */
};

static const struct {
    const char *constraints;
    const char *subject;
    const char *names; /* NULL: no alternative names */
    unsigned expected;
} rows[] = {
    { DNS, "/O=Own", "DNS:example.com", SIGNED },
    { DNS, "/O=Own", "DNS:a.EXAMPLE.com", SIGNED },
    { DNS, "/O=Own", "DNS:a.example.com, DNS:a.example.org", REFUSED },
    { DNS, "/O=Own", "DNS:badexample.com", REFUSED },
    { DNS, "/O=Own", "DNS:com", REFUSED },
    { DNS, "/O=Own", "DNS:x.test.example.com", REFUSED },
    { DNS, "/O=Own", "DNS:*.example.com.org", REFUSED },
    { DNS, "/O=Own", "DNS:*.b.c.example.com", SIGNED },
    { DNS, "/O=Own", "DNS:*.com", REFUSED },
    { DNS, "/O=Own", "DNS:*.test.example.com", REFUSED },
    { DNS, "/O=Own", "DNS:*.example.com", REFUSED_BY_US }, /* test.example.com */
    { DNS, "/O=Own", "DNS:*.b.example.com", REFUSED_BY_US },
    { DNS, "/O=Own", "IP:10.0.0.1, email:a@example.org, URI:https://example.org/", SIGNED },
    { DNS, "/CN=a.example.org", NULL, REFUSED },
    { DNS, "/CN=a.example.com", NULL, SIGNED },
    { DNS, "/CN=Some One", NULL, SIGNED | OTHERWISE },
    { DNS, "/CN=a.example.org", "email:a@example.com", REFUSED },
    { DNS, "/CN=a.example.org", "DNS:a.example.com", SIGNED }, /* alternative names take the place of the CN */
    { NETWORK, "/O=Own", "IP:192.0.2.1", SIGNED },
    { NETWORK, "/O=Own", "IP:192.0.3.1", REFUSED },
    { NETWORK, "/O=Own", "IP:192.0.2.200", REFUSED },
    { NETWORK, "/O=Own", "IP:2001:db8::1", REFUSED | OTHERWISE },
    { NETWORK, "/O=Own", "DNS:example.org", SIGNED },
    { EMAIL, "/O=Own", "email:a@example.com", SIGNED },
    { EMAIL, "/O=Own", "email:a@sub.example.com", REFUSED },
    { EMAIL, "/O=Own", "email:root@example.com", REFUSED },
    { EMAIL, "/O=Own/emailAddress=a@example.org", NULL, REFUSED },
    { EMAIL, "/O=Own/emailAddress=a@example.com", NULL, SIGNED },
    { EMAIL, "/O=Own/emailAddress=a@example.org", "email:a@example.com", REFUSED | OTHERWISE },
    { HOSTS, "/O=Own", "email:a@sub.example.com", SIGNED },
    { HOSTS, "/O=Own", "email:a@example.com", REFUSED },
    { URI, "/O=Own", "URI:https://example.com/a", SIGNED },
    { URI, "/O=Own", "URI:https://sub.example.com:8443/a", SIGNED },
    { URI, "/O=Own", "URI:https://example.org/example.com", REFUSED | OTHERWISE },
    { URI, "/O=Own", "URI:urn:example.com", REFUSED | OTHERWISE }, /* without a host */
    { NAME, "/O=Own/CN=a", NULL, SIGNED },
    { NAME, "/O=OWN/CN=a", NULL, SIGNED },
    { NAME, "/O=Other/CN=a", NULL, REFUSED | OTHERWISE },
    { NAME, "/CN=a/O=Own", NULL, REFUSED | OTHERWISE },
    { NAME, "/O=Own/CN=a", "dirName:other", REFUSED | OTHERWISE },
    { NAME, "/O=Own/CN=a", "dirName:own", SIGNED },
    { NOT_NAME, "/O=Own/CN=a", NULL, REFUSED },
    { NOT_NAME, "/O=Other/CN=a", NULL, SIGNED | OTHERWISE },
    { UPN, "/O=Own", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:own", REFUSED | OTHERWISE }, /* cannot be compared */
    { UPN, "/O=Own", "DNS:a.example.com", SIGNED },
    { RID, "/O=Own", "RID:1.2.3", REFUSED },
    { RID, "/O=Own", "DNS:a.example.com", SIGNED | OTHERWISE },
};

static const char common[] =
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout top.key -subj /CN=Top -days 30 "
    "-addext keyUsage=critical,keyCertSign,cRLSign -out top.cer\n"
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out twin.key\n"
    "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out leaf.key\n"
    "openssl pkey -in twin.key -pubout -out twin.pub\n"
    "openssl x509 -in own.cer -noout -pubkey > own.pub\n"
    "openssl req -new -key top.key -subj /O=Own/CN=Sub -out sub.req\n";

static int make_world(void **state)
{
    (void)world_new_with_tokens(state);
    expect_exit(P11CERT("issue", "--token", "ca", "--self-signed", "--subject", "CN=Own", "--ca", "Own", "--key-type",
                        "ec-p256", "--out", "own.cer"),
                0);
    SHELL(common);
    return 0;
}

/* own-ca.cer for the key on the token, twin-ca.cer for the key that openssl has. */
static void make_cas(const char *constraints)
{
    (void)setenv("CONSTRAINTS", constraints, 1);
    SHELL("cat > ca.cnf <<EOF\n[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nnameConstraints=critical,$CONSTRAINTS\n"
          "[own]\nO=Own\nEOF\n"
          "for which in own twin; do openssl x509 -req -in sub.req -force_pubkey $which.pub -CA top.cer -CAkey top.key "
          "-days 20 -set_serial 0x1122334455667788 -extfile ca.cnf -extensions ext -out $which-ca.cer; done");
}

static void make_request(const char *subject, const char *names)
{
    (void)setenv("SUBJECT", subject, 1);
    (void)setenv("NAMES", names ? names : "", 1);
    SHELL(
        "cat > req.cnf <<EOF\n[req]\ndistinguished_name=dn\n[dn]\n[own]\nO=Own\n[other]\nO=Other\n[ext]\n"
        "${NAMES:+subjectAltName=$NAMES}\nEOF\n"
        "openssl req -new -config req.cnf -utf8 -key leaf.key -subj \"$SUBJECT\" ${NAMES:+-reqexts ext} -out leaf.req\n"
        "openssl x509 -req -in leaf.req -copy_extensions copy -CA twin-ca.cer -CAkey twin.key -days 10 -set_serial "
        "0x1122334455667799 -out twin.cer");
}

static void each_name_is_judged_as_openssl_and_certtool_judge_it(void **state)
{
    const char *made = "";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t signatures = 77;

        if (strcmp(made, rows[i].constraints) != 0) {
            make_cas(rows[i].constraints);
            made = rows[i].constraints;
        }
        make_request(rows[i].subject, rows[i].names);
        const run_result *result = run_spied(WORDS("issue", "leaf.req", "--token", "ca", "--ca", "Own", "--ca-cert",
                                                   "own-ca.cer", "--out", "leaf.cer", "--force"),
                                             "C_Sign", &signatures);
        const unsigned expected = rows[i].expected & ~(unsigned)OTHERWISE;
        const bool is_signed = expected == SIGNED;

        if (result->exit_code != (is_signed ? 0 : 8) || signatures != (is_signed ? 1u : 0u)) {
            fail_msg("row %zu, %s, %s, %s: exit %d, %s", i, rows[i].constraints, rows[i].subject,
                     rows[i].names ? rows[i].names : "", result->exit_code, result->err);
        }
        const int openssl =
            RUN("openssl", "verify", "-CAfile", "top.cer", "-untrusted", "twin-ca.cer", "twin.cer")->exit_code;

        if ((openssl == 0) != (expected != REFUSED)) {
            fail_msg("row %zu, %s, %s: openssl %d", i, rows[i].constraints, rows[i].names ? rows[i].names : "",
                     openssl);
        }
        const int certtool =
            RUN("sh", "-c", "cat twin.cer twin-ca.cer | certtool --verify --load-ca-certificate top.cer")->exit_code;

        if (expected == rows[i].expected && (certtool == 0) != (expected != REFUSED)) {
            fail_msg("row %zu, %s, %s: certtool %d", i, rows[i].constraints, rows[i].names ? rows[i].names : "",
                     certtool);
        }
    }
}

/* The CA itself has no constraints; the one above it, whose certificate is on the token as accept writes it, has. */
static void the_constraints_of_the_cas_above_count(void **state)
{
    (void)state;
    SHELL("cat > up.cnf <<EOF\n[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
          "[narrow]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
          "subjectKeyIdentifier=hash\nnameConstraints=critical,permitted;DNS:example.com\nEOF\n"
          "openssl x509 -req -in sub.req -force_pubkey twin.pub -CA top.cer -CAkey top.key -days 25 -extfile up.cnf "
          "-extensions narrow -out middle.cer\n"
          "openssl req -new -key leaf.key -subj /CN=Low -out low.req\n"
          "openssl x509 -req -in low.req -force_pubkey own.pub -CA middle.cer -CAkey twin.key -days 20 -extfile up.cnf "
          "-extensions ext -out low.cer\n"
          "cp middle.cer twin-ca.cer");
    make_request("/CN=a.example.org", "DNS:a.example.org");
    expect_exit(ISSUE("--ca-cert", "low.cer", "--force"), 0); /* nobody could know */
    expect_exit(P11CERT("accept", "low.cer", "--chain", "middle.cer", "--chain", "top.cer", "--token", "ca"), 0);
    const run_result *refused = ISSUE("--ca-cert", "low.cer", "--force");

    expect_exit(refused, 8);
    expect_contains(refused, refused->err, "the name constraints of the CA \"O=Own, CN=Sub\" do not allow its names: ");
    expect_exit(ISSUE("--force"), 8); /* its certificate is on the token, too */
    make_request("/CN=a.example.com", "DNS:a.example.com");
    expect_exit(ISSUE("--ca-cert", "low.cer", "--force"), 0);
    (void)out_of(WORDS("sh", "-c",
                       "cat low.cer middle.cer > between.pem; openssl verify -CAfile top.cer -untrusted between.pem "
                       "leaf.cer"));
}

/* What a CA below could then certify, no verifier would accept. */
static void constraints_are_not_wider_than_those_of_the_ca(void **state)
{
    static const struct {
        const char *constraints;
        const char *permitted;
        int exit_code;
    } wider[] = {
        { DNS, "dns:example.com", 0 },
        { DNS, "dns:sub.example.com", 0 },
        { DNS, "dns:com", 8 },
        { DNS, "dns:example.org", 8 },
        { DNS, "dns:example.com\", \"dns:example.org", 8 },
        { DNS, "dns:x.test.example.com", 8 },
        { DNS, "email:example.org", 0 },
        { NETWORK, "ip:192.0.2.0/26", 0 },
        { NETWORK, "ip:192.0.0.0/16", 8 },
        { NETWORK, "ip:192.0.2.0/24", 8 }, /* half of it is excluded */
        { EMAIL, "email:a@example.com", 0 },
        { EMAIL, "email:example.com", 0 },
        { EMAIL, "email:.example.com", 8 },
        { URI, "uri:.example.com", 0 },
        { URI, "uri:example.org", 8 },
        { NAME, "directory:O=Own", 0 },
        { NAME, "directory:O=Own,CN=a", 0 },
        { NAME, "directory:O=Other", 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++) {
        char profile[300];

        (void)snprintf(profile, sizeof profile,
                       "name: wide\nbase: issuing-ca\nname-constraints:\n  permitted: [\"%s\"]\n", wider[i].permitted);
        file_write("wide.yaml", profile, 0644);
        make_cas(wider[i].constraints);
        const run_result *result = P11CERT("issue", "sub.req", "--token", "ca", "--ca", "Own", "--ca-cert",
                                           "own-ca.cer", "--profile", "wide.yaml", "--out", "wide.cer", "--force");

        if (result->exit_code != wider[i].exit_code) {
            fail_msg("row %zu, %s: exit %d, %s", i, wider[i].permitted, result->exit_code, result->err);
        }
        if (wider[i].exit_code) {
            expect_contains(result, result->err, "do not allow the names that its own name constraints permit: ");
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_judged_as_openssl_and_certtool_judge_it),
        cmocka_unit_test(constraints_are_not_wider_than_those_of_the_ca),
        cmocka_unit_test(the_constraints_of_the_cas_above_count),
    };

    return cmocka_run_group_tests_name("cli issue names", tests, make_world, world_remove);
}
