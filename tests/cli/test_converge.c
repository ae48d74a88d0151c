/* SPDX-License-Identifier: Apache-2.0 */
/* Every verb that creates or changes something, run a second time with the same command line: it does nothing, exits
 * with 0, and says so in its JSON. */
#include "harness.h"

#define ROW_WORDS 18

/* Without `second` and `why`, the second run exits with 0 and changes nothing. */
typedef struct {
    const char *words[ROW_WORDS];
    int second;      /* the exit code of the second run */
    const char *why; /* what that says on standard output, if it is not that nothing was changed */
} row;

/* In this order, each on what the earlier ones made. */
static const row rows[] = {
    { .words = { "init", "third", "--so-pin-source", "file:so.pin" } },
    { .words = { "keygen", "--label", "pair", "--key-type", "ec-p256" } },
    { .words = { "keygen", "--label", "wrap", "--key-type", "aes-256", "--use", "wrap" } },
    { .words = { "new", "a.inf", "--label", "inf", "--key-type", "ec-p256", "--out", "inf.req" } },
    { .words = { "new", "--key", "pair", "--subject", "CN=pair", "--out", "pair.req" } },
    { .words = { "issue", "--self-signed", "--subject", "CN=root", "--key-type", "ec-p256", "--out", "root.pem" } },
    { .words = { "new", "--subject", "CN=server", "--dns", "server", "--exportable", "--key-type", "ec-p256", "--out",
                 "server.req" } },
    { .words = { "issue", "server.req", "--ca", "root", "--out", "server.cer" } },
    { .words = { "issue", "server.req", "--ca", "root", "--profile", "tls.yaml", "--out", "tls.cer" } },
    { .words = { "issue", "pair.req", "--ca", "root", "--out", "logged.cer", "--issuance-log", "issued.log" } },
    { .words = { "revoke", "logged.cer", "--issuance-log", "issued.log" } },
    /* Another CRL is another result: it has the next number and a later date. */
    { .words = { "crl", "--first", "--ca", "root", "--out", "root.crl" },
      .second = 8,
      .why = "\\\"root.crl\\\" exists" },
    { .words = { "accept", "server.cer", "--chain", "root.pem" } },
    { .words = { "export", "--key", "server", "--out", "a.pfx", "--password-source", "file:pfx.pass" } },
    { .words = { "export", "--key", "server", "--out", "b.pfx", "--generate-password", "b.pass" } },
    { .words = { "kit", "--key", "server", "--out", "a.kit", "--password-source", "file:pfx.pass" } },
    { .words = { "import", "a.pfx", "--password-source", "file:pfx.pass", "--token", "backup" } },
    { .words = { "import", "a.pfx", "--password-source", "file:pfx.pass" } },
    { .words = { "copy", "--key", "server", "--to", "third", "--to-pin-source", "file:user.pin" } },
    { .words = { "copy", "--check", "--key", "server", "--to", "third", "--to-pin-source", "file:user.pin" } },
    { .words = { "check", "server.cer", "root.pem", "--policy", "pass.yaml", "--html", "c.html", "--junit", "c.xml" } },
    { .words = { "check", "server.cer", "root.pem", "--policy", "pass.yaml", "--html", "s.html", "--sign-with",
                 "server" } },
    { .words = { "batch", "a.inf", "--hosts", "hosts.csv", "--key-type", "ec-p256", "--out", "a.batch" } },
    { .words = { "batch", "a.inf", "--hosts", "more.csv", "--key-type", "ec-p256", "--issue-with", "root", "--out",
                 "b.batch" } },
    { .words = { "batch", "accept", "certs", "--chain", "root.pem" } },
    { .words = { "renew", "--key", "server", "--same-key", "--out", "renewed.req" } },
    { .words = { "sign", "data.txt", "more.txt", "--key", "server" } },
    { .words = { "sign", "data.txt", "--key", "server", "--detached" } },
    { .words = { "sign", "data.txt", "--key", "server", "--raw" } },
    { .words = { "sign", "data.txt", "--key", "root", "--allow-any-usage", "--out", "any.p7m" } },
    { .words = { "verify", "data.txt.p7m", "--trust", "root.pem", "--out", "v.txt" } },
    { .words = { "explain", "a.inf", "--fix", "fixed.inf" } },
    { .words = { "explain", "--write", "scom", "--fqdn", "a.contoso.com", "--out", "written.inf" } },
    { .words = { "repair", "--apply" } },
    { .words = { "ceremony", "print", "c.yaml", "--out", "c.txt" } },
    { .words = { "ceremony", "print", "c.yaml", "--html", "--out", "paper.html" } },
    /* A rehearsal is to show that the whole script succeeds, from the beginning. */
    { .words = { "ceremony", "rehearse", "c.yaml", "--out", "rehearsal" }, .second = 8, .why = "starts from the" },
    { .words = { "ceremony", "run", "c.yaml", "--site", "site.yaml", "--out", "run", "--unattended",
                 "--allow-softhsm" } },
    { .words = { "ceremony", "sign-off", "run" } },
    { .words = { "sign", "run/head.txt", "--key", "ceremony", "--allow-any-usage", "--detached", "--out", "ada.p7s" } },
    { .words = { "ceremony", "sign-off", "run", "--add", "ada.p7s", "--name", "ada" } },
    { .words = { "ceremony", "bundle", "run", "--out", "run.tar" } },
    { .words = { "ceremony", "show", "run", "--out", "run.html" } },
    /* The shares are random: the holders have those that exist. */
    { .words = { "ceremony", "shares", "--threshold", "2", "--count", "3", "--new-pin-source", "file:new.pin", "--out",
                 "shares" },
      .second = 8,
      .why = "\\\"shares\\\" exists" },
    { .words = { "sandbox", "--folder", "kept", "--keep" }, .second = 125, .why = "\\\"kept\\\" exists" },
    { .words = { "retire", "--key", "pair", "--yes", "--record", "retired.jsonl" } },
    /* Without a record, a key that was retired and a name that was mistyped look the same. */
    { .words = { "retire", "--key", "inf", "--yes" }, .second = 4, .why = "no key on token" },
    /* The new PIN is not tried: a wrong one would count. */
    { .words = { "pin", "--new-pin-source", "file:new.pin" }, .second = 5, .why = "CKR_PIN_INCORRECT" },
};

/* Verbs that create and change nothing, and those that require a CA: tests/adcs, tests/wstep, tests/est and tests/cmp
 * run these twice. */
static const char *const others[] = {
    "tokens", "list",     "show",          "doctor",        "enroll",          "templates",       "ca-chain",
    "submit", "retrieve", "ceremony lint", "ceremony plan", "ceremony verify", "ceremony replay",
};

static const char ceremony[] =
    "ceremony: {id: demo, title: Demo}\n"
    "roles: [{name: operator, title: Token operator}]\n"
    "tokens: [{role: root, label: servers}]\n"
    "steps:\n"
    "  - {kind: keygen, token: root, key: ceremony, type: ec-p256, use: ca}\n"
    "  - {kind: self-sign, token: root, key: ceremony, subject: CN=Ceremony, profile: root, out: root.cer}\n"
    "  - {kind: close}\n";

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    token_make("backup");
    file_write("a.inf", "[NewRequest]\nSubject = \"CN=inf\"\nMachineKeySet = TRUE\n", 0644);
    file_write("hosts.csv", "fqdn\nh1.contoso.com\n", 0644);
    file_write("more.csv", "fqdn\nh2.contoso.com\n", 0644);
    file_write("data.txt", "a line\n", 0644);
    file_write("more.txt", "another\n", 0644);
    file_write("pfx.pass", "Pfx-pass-9921\n", 0600);
    file_write("new.pin", "19283746\n", 0600);
    file_write("tls.yaml", "name: tls\nbase: tls-server\n", 0644);
    file_write("pass.yaml", "name: pass\nrules:\n  - {id: KEY-STRENGTH, severity: error}\n", 0644);
    file_write("c.yaml", ceremony, 0644);
    file_write("site.yaml",
               "site: test\nproduction:\n  - {token: root, module: " SOFTHSM ", pin-source: 'file:user.pin'}\n", 0644);
    assert_int_equal(0, setenv("P11CERT_MODULE", SOFTHSM, 1));
    return 0;
}

static bool names(const row *now, const char *first, const char *second)
{
    return strcmp(now->words[0], first) == 0 && (!second || strcmp(now->words[1], second) == 0);
}

/* init has the label of the token that it makes as its argument. */
static const run_result *run_row(const row *now, bool json)
{
    const char *words[ROW_WORDS + 2] = { P11CERT_PROGRAM };
    size_t count = 1;

    for (size_t i = 0; i < ROW_WORDS && now->words[i]; i++) {
        words[count++] = now->words[i];
    }
    if (json) {
        words[count++] = "--json";
    }
    if (names(now, "init", NULL)) {
        (void)unsetenv("P11CERT_TOKEN");
    } else {
        assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    }
    return run_words(words);
}

/* Every file with the time of its last change, and every object by its content: SoftHSM counts its sessions in other
 * files. A manifest has a line for each run. */
static const char *everything(void)
{
    return out_of(WORDS("sh", "-c",
                        "find . -path ./tokens -prune -o -name '*.lock*' -o -name manifest.jsonl -o -printf '%p %i %T@ "
                        "%m\\n' | grep -v '^[.] ' | sort; "
                        "find tokens -name '*.object' ! -name token.object -exec sha256sum {} + | sort"));
}

/* What batch accept reads. */
static void prepare(const row *now)
{
    if (names(now, "batch", "accept")) {
        expect_exit(P11CERT("issue", "a.batch/h1.contoso.com.req", "--ca", "root", "--out", "h1.cer"), 0);
        (void)out_of(WORDS("sh", "-c", "mkdir certs && mv h1.cer certs"));
    }
}

static void expect_nothing_done(const run_result *result, const row *now)
{
    expect_exit(result, now->second);
    assert_string_equal("", result->err);
    const char *unchanged = names(now, "batch", NULL) ? "\"changed\":false" : "\"changed\": false"; /* JSON Lines */

    expect_contains(result, result->out, now->why ? now->why : unchanged);
    expect_lacks(result, result->out, "\"changed\": true");
}

static void a_second_run_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        prepare(&rows[i]);
        print_message("%s %s\n", rows[i].words[0], rows[i].words[1]);
        expect_exit(run_row(&rows[i], false), 0);
        const char *before = everything();

        expect_nothing_done(run_row(&rows[i], true), &rows[i]);
        assert_string_equal(before, everything());
    }
}

static bool is_covered(const char *verb, const char *subcommand)
{
    char whole[64];

    (void)snprintf(whole, sizeof whole, "%s%s%s", verb, subcommand ? " " : "", subcommand ? subcommand : "");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(whole, others[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (names(&rows[i], verb, subcommand)) {
            return true;
        }
    }
    return false;
}

/* In the help: "  VERB  what it does", and "  p11cert VERB SUBCOMMAND  what it does". */
static void no_verb_is_missing_above(void **state)
{
    char list[4096];
    char *rest = NULL;

    (void)state;
    (void)snprintf(list, sizeof list, "%s",
                   out_of(WORDS("sh", "-c",
                                "for verb in $($0 --help | sed -n 's/^  \\([a-z-]*\\)  *[a-z].*/\\1/p'); do "
                                "$0 $verb --help | sed -n \"s/^  p11cert $verb \\([a-z-]*\\)  *[a-z].*/$verb \\1/p\" "
                                "| grep . || echo $verb; done",
                                P11CERT_PROGRAM)));
    assert_non_null(strstr(list, "\nceremony bundle\n"));
    for (char *verb = strtok_r(list, "\n", &rest); verb; verb = strtok_r(NULL, "\n", &rest)) {
        char *blank = strchr(verb, ' ');

        if (blank) {
            *blank = '\0';
        }
        if (!is_covered(verb, blank ? blank + 1 : NULL)) {
            fail_msg("there is no row for %s %s", verb, blank ? blank + 1 : "");
        }
    }
}

static void another_content_is_refused(void **state)
{
    static const row taken[] = {
        { .words = { "verify", "data.txt.p7m", "--trust", "root.pem", "--out" } },
        { .words = { "explain", "a.inf", "--fix" } },
        { .words = { "ceremony", "print", "c.yaml", "--out" } },
        { .words = { "ceremony", "bundle", "run", "--out" } },
        { .words = { "ceremony", "show", "run", "--out" } },
    };
    static const char *const files[] = { "taken", "longer", "empty", "folder", "pipe" };

    (void)state;
    (void)out_of(WORDS("sh", "-c",
                       "echo other >taken; : >empty; mkdir folder; mkfifo pipe; "
                       "{ cat v.txt; echo more; } >longer"));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        for (size_t j = 0; j < sizeof files / sizeof *files; j++) {
            row now = taken[i];
            size_t count = 0;

            while (now.words[count]) {
                count++;
            }
            now.words[count] = files[j];
            const char *before = everything();
            const run_result *result = run_row(&now, true);

            expect_exit(result, j < 3 ? 8 : 3);
            assert_string_equal(before, everything());
        }
    }
}

/* Everything is compared as SoftHSM stores it. */
static void only_on_softhsm(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    static const struct CMUnitTest left_out[] = { cmocka_unit_test(only_on_softhsm) };
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(another_content_is_refused),
        cmocka_unit_test(no_verb_is_missing_above),
    };

    return getenv("P11CERT_TEST_FAMILY") ? cmocka_run_group_tests(left_out, NULL, NULL)
                                         : cmocka_run_group_tests(tests, make_world, world_remove);
}
