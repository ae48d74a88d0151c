/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong arguments: each is refused before a token is used, and a PIN among them is never repeated. */
#include "harness.h"

#define PIN_IN_SIGHT "4711081599"

static void no_verb_shows_the_overview_as_an_error(void **state)
{
    (void)state;
    expect_golden(RUN(P11CERT_PROGRAM), 2, "usage-no-verb");
}

static void help_is_asked_for_in_three_ways(void **state)
{
    (void)state;
    expect_golden(P11CERT("--help"), 0, "usage-help");
    expect_golden(P11CERT("-h"), 0, "usage-help");
    expect_golden(P11CERT("help"), 0, "usage-help");
}

static void version_is_printed(void **state)
{
    (void)state;
    expect_golden(P11CERT("--version"), 0, "usage-version");
}

static const char *const verbs[] = { "tokens",    "keygen",   "retire", "init",   "pin",    "explain",
                                     "new",       "issue",    "accept", "list",   "show",   "check",
                                     "doctor",    "export",   "import", "kit",    "repair", "ca-chain",
                                     "templates", "renew",    "batch",  "enroll", "submit", "retrieve",
                                     "sandbox",   "ceremony", "sign",   "verify", "copy" };

static void each_verb_has_help(void **state)
{
    char name[64];

    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        (void)snprintf(name, sizeof name, "usage-help-%s", verbs[i]);
        expect_golden(P11CERT(verbs[i], "--help"), 0, name);
        expect_golden(P11CERT("help", verbs[i]), 0, name);
    }
    expect_golden(P11CERT("ceremony", "lint", "-h"), 0, "usage-help-ceremony-lint");
    expect_golden(P11CERT("help", "ceremony", "print"), 0, "usage-help-ceremony-print");
    expect_golden(P11CERT("help", "ceremony", "verify"), 0, "usage-help-ceremony-verify");
    expect_golden(P11CERT("ceremony", "rehearse", "--help"), 0, "usage-help-ceremony-rehearse");
    expect_golden(P11CERT("ceremony", "run", "--help"), 0, "usage-help-ceremony-run");
    expect_golden(P11CERT("ceremony", "plan", "--help"), 0, "usage-help-ceremony-plan");
    expect_golden(P11CERT("help", "ceremony", "sign-off"), 0, "usage-help-ceremony-sign-off");
    expect_golden(P11CERT("help", "ceremony", "bundle"), 0, "usage-help-ceremony-bundle");
    expect_golden(P11CERT("help", "ceremony", "show"), 0, "usage-help-ceremony-show");
    expect_golden(P11CERT("help", "ceremony", "shares"), 0, "usage-help-ceremony-shares");
    expect_golden(P11CERT("batch", "accept", "-h"), 0, "usage-help-batch-accept");
    expect_golden(P11CERT("help", "batch", "accept"), 0, "usage-help-batch-accept");
}

static const struct {
    const char *name;
    const char *words[12];
    const char *says;
} refused[] = {
    { "a verb with a letter missing", { "isue" }, "did you mean issue?" },
    { "a verb with a letter too many", { "lists" }, "did you mean list?" },
    { "a verb with two letters changed over", { "nwe" }, "did you mean new?" },
    { "a verb like no other", { "frobnicate" }, "`p11cert --help` lists them" },
    { "an option before the verb", { "--log=x", "list" }, "options come after the verb" },
    { "a short option before the verb", { "-q", "list" }, "options come after the verb" },
    { "an option before the verb, like one", { "--list" }, "options come after the verb" },
    { "a verb without its subcommand", { "ceremony" }, "`p11cert ceremony --help` lists the subcommands" },
    { "a subcommand with two letters changed over", { "ceremony", "lnit" }, "did you mean lint?" },
    { "a verb with options but no subcommand", { "ceremony", "--color=never" }, "requires a subcommand" },
    { "an option with a letter missing", { "list", "--tken", "x" }, "did you mean --token?" },
    { "an option with a value joined", { "new", "--lable=x" }, "did you mean --label?" },
    { "the word of another verb for an option", { "verify", "a", "--ca", "b" }, "did you mean --trust?" },
    { "the word of openssl for an option", { "verify", "a", "--CAfile", "b" }, "did you mean --trust?" },
    { "the word of another verb for a key", { "show", "--label", "a" }, "did you mean --key?" },
    { "the word of another verb for a host", { "new", "--fqdn", "a" }, "did you mean --dns?" },
    { "a letter mistyped in what is also another word", { "issue", "a", "--cacert", "b" }, "did you mean --ca-cert?" },
    { "an option like no other", { "list", "--frobnicate" }, "`p11cert list --help` shows the options" },
    { "an option of another verb", { "list", "--exportable" }, "unknown option" },
    { "an option without its value", { "new", "--out" }, "--out: missing argument" },
    { "what to do then", { "new", "--out" }, "`p11cert new --help` shows what it takes" },
    { "a number that is none", { "issue", "--days", "many", "--out", "x" }, "--days" },
    { "a number with more behind it", { "issue", "--days", "7x", "--out", "x" }, "--days takes a whole number" },
    { "a number over all bounds", { "issue", "--days", "99999999999999999999", "--out", "x" }, "from 1 to 36500" },
    { "a word that is not among those to choose from",
      { "retrieve", "--auth", "basik" },
      "--auth is one of ticket, basic, ntlm, none, secret, wsse\n  hint:    did you mean basic?" },
    { "a PIN among those to choose from", { "retrieve", "--auth", PIN_IN_SIGHT }, "--auth is one of" },
    { "a span of two units", { "retrieve", "--wait", "1h30m" }, "--wait takes a duration" },
    { "a span without a unit", { "retrieve", "--wait", "30" }, "--wait takes a duration" },
    { "a span of nothing", { "retrieve", "--wait", "0s" }, "from 1s to 365d" },
    { "a span of over a year", { "retrieve", "--wait", "366d" }, "from 1s to 365d" },
    { "m for months, where it is minutes", { "list", "--expiring", "2m" }, "for months of 30 days write 2mo or 60d" },
    { "m for months in renew", { "renew", "--due", "3m" }, "--due 3m: m is minutes, and --due takes days" },
    { "M for months", { "renew", "--due", "3M" }, "m is minutes" },
    { "hours for days", { "list", "--expiring", "48h" }, "takes days, not hours" },
    { "an attribute without a value", { "submit", "a.req", "--attribute", "x" }, "--attribute takes NAME:VALUE" },
    { "an attribute of renew without a value",
      { "renew", "--key", "a", "--ca", "https://a", "--attribute", "x" },
      "--attribute takes NAME:VALUE" },
    { "an option without the one it needs", { "renew", "--key", "a", "--wait", "2m" }, "--wait requires --ca" },
    { "an option without any of those it needs", { "check", "a", "--force" }, "--force requires --junit or --html" },
    { "neither of two options", { "renew" }, "--key or --due is required" },
    { "two files on standard output",
      { "check", "a", "--junit", "-", "--html", "-" },
      "--junit and --html - would both be written to standard output" },
    { "a PFX on standard output", { "export", "--key", "a", "--out", "-" }, "not to standard output" },
    { "a subcommand behind its options",
      { "batch", "--chain", "a", "accept", "b" },
      "an option of `p11cert batch accept`" },
    { "help for what is not a verb", { "help", "lits" }, "did you mean list?" },
    { "too many words", { "list", "a" }, "1 argument too many" },
    { "a PIN as a stray word", { "list", PIN_IN_SIGHT }, "too many" },
    { "both ways for a key",
      { "new", "--exportable", "--non-exportable", "--subject", "CN=a", "--out", "x" },
      "--exportable and --non-exportable cannot be combined" },
    { "a new key's option for an old key",
      { "new", "--key", "a", "--label", "b", "--subject", "CN=a", "--out", "x" },
      "--key and --label cannot be combined" },
    { "new without --out", { "new", "--subject", "CN=a" }, "--out FILE" },
    { "new without a name", { "new", "--out", "x" }, "--subject" },
    { "new with a wrong kind of key",
      { "new", "--subject", "CN=a", "--key-type", "rsa-1024", "--out", "x" },
      "rsa-1024" },
    { "issue without request", { "issue", "--ca", "a", "--out", "x" }, "the request or --self-signed is required" },
    { "issue without --out", { "issue", "a.req", "--ca", "a" }, "--out FILE" },
    { "a root CA without a name", { "issue", "--self-signed", "--out", "x" }, "--subject" },
    { "a root CA for a request",
      { "issue", "a.req", "--self-signed", "--subject", "CN=a", "--out", "x" },
      "the request and --self-signed cannot be combined" },
    { "negative days",
      { "issue", "a.req", "--ca", "a", "--days", "-1", "--out", "x" },
      "--days takes a whole number from 1 to 36500" },
    { "accept without certificate", { "accept" }, "accept CERTIFICATE" },
    { "init without label", { "init" }, "init LABEL" },
    { "a token label of 33 bytes",
      { "init", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "--so-pin-source", "file:so.pin" },
      "1 to 32" },
    { "show without anything", { "show" }, "a file or --key is required" },
    { "show with both", { "show", "a.cer", "--key", "b" }, "a file and --key cannot be combined" },
    { "check without anything", { "check" }, "nothing to check" },
    { "check of a key without a token", { "check", "--key", "a", "--no-token" }, "--no-token" },
    { "a token by slot number", { "list", "--token", "pkcs11:slot-id=3" }, "slot numbers change" },
    { "a token by serial alone", { "list", "--token", "pkcs11:serial=1234" }, "add token=LABEL" },
    { "an empty token",
      { "list", "--token", "" },
      "the value of --token is empty\n  hint:    --token LABEL|URI: the token" },
    { "an empty key", { "show", "--key", "" }, "the value of --key is empty" },
    { "an empty file", { "sign", "a", "--key", "b", "--out=" }, "the value of --out is empty" },
    { "an empty folder", { "kit", "--key", "a", "--out", "" }, "the value of --out is empty" },
    { "an empty host name", { "new", "--dns=", "--subject", "CN=a", "--out", "b" }, "the value of --dns is empty" },
    { "an empty PIN source", { "list", "--pin-source=" }, "the value of --pin-source is empty" },
    { "a file without a name for the PIN",
      { "list", "--token", "servers", "--pin-source", "file:" },
      "follows \"file:\"" },
    { "a variable without a name for the PIN",
      { "list", "--token", "servers", "--pin-source", "env:" },
      "follows \"env:\"" },
    { "a credential without a name for the PIN",
      { "list", "--token", "servers", "--pin-source", "credential:" },
      "follows \"credential:\"" },
    { "a dialog without a program",
      { "list", "--token", "servers", "--pin-source", "askpass:" },
      "follows \"askpass:\"" },
    { "a label of spaces", { "init", " ", "--so-pin-source", "file:so.pin" }, "cannot end with a space" },
    { "an empty CKA_ID", { "new", "--id=", "--subject", "CN=a", "--out", "b" }, "the value of --id is empty" },
    { "an empty URL", { "submit", "a.req", "--ca", "" }, "the value of --ca is empty" },
    { "an empty number", { "issue", "a.req", "--ca", "a", "--out", "b", "--days=" }, "the value of --days is empty" },
    { "an empty argument", { "check", "a.cer", "" }, "the argument FILE is empty: a file is missing" },
    { "an empty label of a token", { "init", "" }, "a variable may not be set" },
    { "a key's URI that names nothing", { "show", "--key", "pkcs11:" }, "does not name a key" },
    { "a URI that is none", { "list", "--token", "pkcs11:token=%zz" }, "is not a PKCS#11 URI" },
    { "a URI with an unknown attribute", { "list", "--token", "pkcs11:colour=red" }, "matches nothing" },
    { "a PIN in the token URI's query",
      { "list", "--token", "pkcs11:token=servers?pin-value=" PIN_IN_SIGHT },
      "pin-value is refused" },
    { "a PIN in the token URI's path",
      { "list", "--token", "pkcs11:token=servers;pin-value=" PIN_IN_SIGHT },
      "pin-value is refused" },
    { "a PIN in the key URI", { "show", "--key", "pkcs11:object=a?pin-value=" PIN_IN_SIGHT }, "pin-value is refused" },
    { "a PIN in capitals",
      { "list", "--token", "pkcs11:token=servers?PIN-VALUE=" PIN_IN_SIGHT },
      "pin-value is refused" },
    { "a PIN as --pin", { "list", "--pin", PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN as --pin=", { "list", "--pin=" PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN as -p", { "list", "-p", PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN joined to -p", { "list", "-p" PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN as --so-pin", { "init", "a", "--so-pin", PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN as --pin-value", { "list", "--pin-value", PIN_IN_SIGHT }, "never given on the command line" },
    { "a PIN in place of its source",
      { "list", "--token", "servers", "--pin-source", PIN_IN_SIGHT },
      "is never the PIN itself" },
    { "a descriptor that is no number", { "list", "--token", "servers", "--pin-source", "fd:x" }, "file descriptor" },
};

static const run_result *run_p11cert(const char *const *words)
{
    const char *all[64] = { P11CERT_PROGRAM };

    for (size_t i = 0; words[i]; i++) {
        all[i + 1] = words[i];
    }
    return run_words(all);
}

static void wrong_words_are_refused_with_a_hint(void **state)
{
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const run_result *result = run_p11cert(refused[i].words);
        bool right = result->exit_code == 2 && *result->out == '\0' && strstr(result->err, refused[i].says) &&
                     strncmp(result->err, "p11cert: ", 9) == 0;

        if (!right || strstr(result->err, PIN_IN_SIGHT)) {
            (void)fprintf(stderr, "%s: $ %s\n%s%s(exit code %d; wanted 2 and \"%s\")\n", refused[i].name, result->line,
                          result->out, result->err, result->exit_code, refused[i].says);
            bad++;
        }
    }
    assert_int_equal(0, bad);
}

static void wrong_words_touch_no_token(void **state)
{
    static const char *const rows[][12] = {
        { "new", "--token", "servers", "--frobnicate" },
        { "new", "--token", "servers", "--subject", "CN=a" },
        { "list", "--token", "pkcs11:token=servers?pin-value=1" },
    };
    size_t calls = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_exit(run_spied(rows[i], "C_Initialize", &calls), 2);
        assert_int_equal(0, calls);
    }
    expect_exit(run_spied(WORDS("list", "--token", "servers"), "C_Initialize", &calls), 0);
    assert_int_equal(1, calls);
}

static void the_usage_line_of_a_verb_without_arguments_has_no_gap(void **state)
{
    const run_result *result;

    (void)state;
    result = P11CERT("list", "a");
    expect_contains(result, result->err, "p11cert list [OPTION...]\n");
}

/* A pipe whose reader has gone before anything is written. */
#define TO_NOBODY "mkfifo nobody; : <nobody & exec 4>nobody; wait; rm nobody; \"$0\" \"$@\" >&4"

/* `p11cert new --help | head` is no error; of a report, the lost part may be what matters. */
static void help_may_be_cut_off_by_its_reader(void **state)
{
    const run_result *result = RUN("sh", "-c", TO_NOBODY, P11CERT_PROGRAM, "new", "--help");

    (void)state;
    expect_exit(result, 0);
    assert_string_equal("", result->err);
    result = RUN("sh", "-c", TO_NOBODY, P11CERT_PROGRAM, "explain", "EXP-3");
    expect_exit(result, 3);
    expect_contains(result, result->err, "cannot write standard output: Broken pipe");
}

static void nothing_was_written(void **state)
{
    (void)state;
    assert_string_equal("so.pin\nsofthsm2.conf\ntokens\nuser.pin\n", folder_listing());
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_verb_shows_the_overview_as_an_error),
        cmocka_unit_test(help_is_asked_for_in_three_ways),
        cmocka_unit_test(version_is_printed),
        cmocka_unit_test(each_verb_has_help),
        cmocka_unit_test(wrong_words_are_refused_with_a_hint),
        cmocka_unit_test(wrong_words_touch_no_token),
        cmocka_unit_test(the_usage_line_of_a_verb_without_arguments_has_no_gap),
        cmocka_unit_test(help_may_be_cut_off_by_its_reader),
        cmocka_unit_test(nothing_was_written),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
