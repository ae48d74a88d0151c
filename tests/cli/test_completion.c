/* SPDX-License-Identifier: Apache-2.0 */
/* What bash, zsh and fish offer for an unfinished command line; in bash, '=' and ':' are words of their own. */
#include <unistd.h>

#include "harness.h"

/* The words typed so far, the last of them unfinished, after "p11cert". */
static const char *complete(const char *const *words)
{
    static const char script[] = "source \"$0\"; COMP_WORDS=(" P11CERT_PROGRAM " \"$@\"); COMP_CWORD=$#; _p11cert; "
                                 "printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort";
    const char *all[32] = { "bash", "-c", script, COMPLETIONS "/p11cert" };

    for (size_t i = 0; words[i]; i++) {
        all[i + 4] = words[i];
    }
    return out_of(all);
}

/*
 * zsh's own functions are replaced, as far as they choose what is offered: the completion of zsh needs a terminal
 * (zsh_at_terminal).
 */
static const char zsh_script[] =
    "compdef() { : }\n"
    "offer() { local each; for each; do [[ $each = ${(b)PREFIX}* ]] && print -r -- $each; done; return 0 }\n"
    "compadd() { while [[ $1 != -- ]]; do shift; done; shift; offer \"$@\" }\n"
    "_describe() { [[ $1 = -o ]] && shift; shift; offer ${${(P)1}%%:*} }\n"
    "_files() { if [[ $1 = -/ ]]; then offer *(/N); else offer *(.N); fi }\n"
    "compset() { [[ $PREFIX = ${~2}* ]] || return 1; PREFIX=${PREFIX#${~2}} }\n"
    "source $COMPLETION/_p11cert\n"
    "words=($PROGRAM \"$@\") CURRENT=$#words PREFIX=$words[-1]\n"
    "_p11cert | LC_ALL=C sort\n";

/* If few words begin as typed, fish 4 also offers those that contain the letters anywhere. */
static const char fish_script[] = "source $COMPLETION/p11cert.fish; complete -C \"$PROGRAM $argv\" |"
                                  " string replace -r '\\t.*' '' | string match -- \"$argv[-1]*\" | LC_ALL=C sort";

static const char *complete_in_zsh(const char *const *words)
{
    const char *all[32] = { "env", "COMPLETION=" COMPLETIONS, "PROGRAM=" P11CERT_PROGRAM, "zsh", "-fc", zsh_script,
                            "zsh" };

    for (size_t i = 0; words[i]; i++) {
        all[i + 7] = words[i];
    }
    return out_of(all);
}

static const char *complete_in_fish(const char *const *words)
{
    const char *all[32] = {
        "env", "COMPLETION=" COMPLETIONS, "PROGRAM=" P11CERT_PROGRAM, "HOME=.", "fish", "--no-config", "-c", fish_script
    };

    for (size_t i = 0; words[i]; i++) {
        all[i + 8] = words[i];
    }
    return out_of(all);
}

static const struct {
    const char *name;
    const char *words[8];
    const char *offered;
} rows[] = {
    { "a verb", { "re" }, "renew\nrepair\nretire\nretrieve\nrevoke\n" },
    { "a verb after help", { "help", "ba" }, "batch\n" },
    { "a subcommand after help", { "help", "batch", "" }, "accept\n" },
    { "nothing after help and a verb without subcommands", { "help", "new", "" }, "\n" },
    { "nothing after help and a subcommand", { "help", "batch", "accept", "" }, "\n" },
    { "an option", { "list", "--e" }, "--expiring\n" },
    { "an option of all verbs", { "list", "--pin" }, "--pin-source\n" },
    { "an option of the CA", { "submit", "--connect" }, "--connect-timeout\n" },
    { "a subcommand", { "batch", "acc" }, "accept\n" },
    { "subcommands of a verb without arguments of its own",
      { "ceremony", "" },
      "bundle\nlint\nplan\nprint\nrehearse\nreplay\nrun\nshares\nshow\nsign-off\nverify\n" },
    { "an option of a subcommand", { "batch", "accept", "--c" }, "--chain\n--color\n" },
    { "no option of the subcommand", { "batch", "--c" }, "--ca-cert\n--color\n" },
    { "a value to choose", { "submit", "--auth", "n" }, "none\nntlm\n" },
    { "a value to choose after =", { "submit", "--auth", "=", "b" }, "basic\n" },
    { "a value to choose right after =", { "submit", "--auth", "=" }, "basic\nnone\nntlm\nsecret\nticket\nwsse\n" },
    { "a kind of key", { "new", "--key-type", "ec-p2" }, "ec-p256\n" },
    { "a file", { "new", "--out", "so." }, "so.pin\n" },
    { "a file by the short name", { "new", "-o", "so." }, "so.pin\n" },
    { "a file as argument", { "explain", "so." }, "so.pin\n" },
    { "a folder, not a file", { "batch", "--out", "" }, "tokens\n" },
    { "the source of a secret", { "list", "--pin-source", "f" }, "fd:\nfile:\n" },
    { "the file of a secret", { "list", "--pin-source", "file", ":", "us" }, "user.pin\n" },
    { "the file of a secret after =", { "list", "--pin-source", "=", "file", ":", "us" }, "user.pin\n" },
    { "the variable of a secret", { "list", "--pin-source", "=", "env", ":", "SOFTHSM2_" }, "SOFTHSM2_CONF\n" },
    { "the source of a secret right after :",
      { "list", "--pin-source", "file", ":" },
      "config.yaml\nso.pin\nsofthsm2.conf\ntokens\nuser.pin\n" },
    { "the label of a token", { "list", "--token", "ser" }, "servers\n" },
    { "the label of a key", { "show", "--token", "=", "servers", "--key", "we" }, "web-01\n" },
    { "no label of another token", { "show", "--token", "nowhere", "--key", "we" }, "\n" },
    { "a template of a certificate", { "new", "--token", "servers", "--template", "W" }, "WebServer\n" },
    { "a template of a certificate after =", { "renew", "--token", "servers", "--template", "=", "W" }, "WebServer\n" },
    { "a template whose name a certificate does not have",
      { "submit", "--token", "servers", "--template", "1" },
      "1.3.6.1.4.1.311.21.8.1\n" },
    { "a word of many that the value may be", { "list", "--log", "sy" }, "syslog\n" },
    { "a file beside such words", { "list", "--log", "so." }, "so.pin\n" },
    { "a site", { "list", "--site", "" }, "branch\nservers\n" },
    { "the label of a key on a site's token", { "show", "--site", "servers", "--key", "" }, "web-01\n" },
    { "a rule", { "check", "--waive", "EXP-3" }, "EXP-3\n" },
    { "a policy", { "check", "--policy", "sco" }, "scom\nscom-current\n" },
    { "a profile of certificates", { "issue", "--profile", "ocsp" }, "ocsp-signer\n" },
    { "a use of a key", { "new", "--eku", "server" }, "serverAuth\n" },
    { "nothing for a text", { "new", "--subject", "" }, "\n" },
    { "nothing for a verb that does not exist", { "frobnicate", "--" }, "\n" },
};

/* The same for zsh and fish, whose words are whole. */
static const struct {
    const char *name;
    const char *words[8];
    const char *in_zsh;
    const char *in_fish; /* NULL: the same */
} other_rows[] = {
    { "a verb", { "re" }, "renew\nrepair\nretire\nretrieve\nrevoke\n", NULL },
    { "a verb after help", { "help", "ba" }, "batch\n", NULL },
    { "a subcommand after help", { "help", "batch", "" }, "accept\n", NULL },
    { "nothing after help and a verb without subcommands", { "help", "new", "" }, "", NULL },
    { "nothing after help and a subcommand", { "help", "batch", "accept", "" }, "", NULL },
    { "an option", { "list", "--e" }, "--expiring\n", NULL },
    { "an option of all verbs", { "list", "--pin" }, "--pin-source\n", NULL },
    { "a subcommand", { "batch", "acc" }, "accept\n", NULL },
    { "an option of a subcommand", { "batch", "accept", "--c" }, "--chain\n--color\n", NULL },
    { "no option of the subcommand", { "batch", "--c" }, "--ca-cert\n--color\n", NULL },
    { "a value to choose", { "submit", "--auth", "n" }, "none\nntlm\n", NULL },
    { "a value to choose after =", { "submit", "--auth=b" }, "basic\n", "--auth=basic\n" },
    { "a file", { "new", "--out", "so." }, "so.pin\n", NULL },
    { "a file as argument", { "explain", "so." }, "so.pin\n", NULL },
    { "a folder, not a file", { "batch", "--out", "tok" }, "tokens\n", "tokens/\n" },
    { "the source of a secret", { "list", "--pin-source", "f" }, "fd:\nfile:\n", NULL },
    { "the file of a secret", { "list", "--pin-source", "file:us" }, "user.pin\n", "file:user.pin\n" },
    { "the label of a token", { "list", "--token", "ser" }, "servers\n", NULL },
    { "the label of a key", { "show", "--token", "servers", "--key", "we" }, "web-01\n", NULL },
    { "a template of a certificate", { "enroll", "--token", "servers", "--template", "W" }, "WebServer\n", NULL },
    { "a word of many that the value may be", { "list", "--log", "sy" }, "syslog\n", NULL },
    { "a file beside such words", { "list", "--log", "so." }, "so.pin\n", NULL },
    { "a site", { "list", "--site", "" }, "branch\nservers\n", NULL },
    { "the label of a key on a site's token", { "show", "--site", "servers", "--key", "we" }, "web-01\n", NULL },
    { "a rule", { "check", "--waive", "EXP-3" }, "EXP-3\n", NULL },
    { "a policy", { "check", "--policy", "sco" }, "scom\nscom-current\n", NULL },
    { "a profile of certificates", { "issue", "--profile", "ocsp" }, "ocsp-signer\n", NULL },
    { "a use of a key", { "new", "--eku", "server" }, "serverAuth\n", NULL },
    { "nothing for a text", { "new", "--subject", "" }, "", NULL },
};

static size_t expect_offered(const char *shell, const char *name, const char *offered, const char *expected)
{
    if (strcmp(offered, expected) == 0) {
        return 0;
    }
    (void)fprintf(stderr, "%s, %s: offered\n%sexpected\n%s", shell, name, offered, expected);
    return 1;
}

static void zsh_and_fish_offer_what_fits(void **state)
{
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof other_rows / sizeof *other_rows; i++) {
        const char *fish = other_rows[i].in_fish ? other_rows[i].in_fish : other_rows[i].in_zsh;

        bad += expect_offered("zsh", other_rows[i].name, complete_in_zsh(other_rows[i].words), other_rows[i].in_zsh);
        bad += expect_offered("fish", other_rows[i].name, complete_in_fish(other_rows[i].words), fish);
    }
    assert_int_equal(0, bad);
}

/* fish would otherwise show the description of the option again beside each of its values. */
static void fish_describes_options_and_not_their_values(void **state)
{
    static const char *const lines[][2] = {
        { "submit --auth n", "none\nntlm\n" },
        { "list --pin-source fi", "file:\n" },
        { "list --token ser", "servers\n" },
        { "list --site b", "branch\n" },
    };
    char script[256];

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        (void)snprintf(script, sizeof script,
                       "source " COMPLETIONS "/p11cert.fish; complete -C \"%s %s\" | LC_ALL=C sort", P11CERT_PROGRAM,
                       lines[i][0]);
        assert_string_equal(lines[i][1], out_of(WORDS("env", "HOME=.", "fish", "--no-config", "-c", script)));
    }
}

/* No login is made for it: a wrong PIN's source is not read, and the token counts no attempt. */
static void what_a_token_shows_needs_no_pin(void **state)
{
    const run_result *result = P11CERT("--complete", "keys", "--token", "servers", "--pin-source", "file:nowhere");

    (void)state;
    expect_exit(result, 0);
    assert_string_equal("web-01\n", result->out);
    assert_string_equal("", result->err);
    assert_string_equal("1.3.6.1.4.1.311.21.8.1\nWebServer\n",
                        out_of(WORDS(P11CERT_PROGRAM, "--complete", "templates", "--token", "servers", "--pin-source",
                                     "file:nowhere")));
    expect_exit(P11CERT("--complete", "templates", "--token", "nowhere"), 4);
    expect_exit(P11CERT("--complete", "keys", "--token", "nowhere"), 4);
    expect_exit(P11CERT("--complete"), 2);
    expect_exit(P11CERT("--complete", "frobnicate"), 2);
}

static void bash_offers_what_fits(void **state)
{
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *offered = complete(rows[i].words);

        if (strcmp(offered, rows[i].offered) != 0) {
            (void)fprintf(stderr, "%s: offered\n%sexpected\n%s", rows[i].name, offered, rows[i].offered);
            bad++;
        }
    }
    assert_int_equal(0, bad);
}

/* Every option that --help lists is offered, and nothing else. */
static void every_option_of_help_is_offered(void **state)
{
    static const char listed[] =
        "\"$0\" \"$1\" --help | sed -n 's/^ \\{2,6\\}\\(-., \\)\\{0,1\\}\\(--[a-z0-9-]*\\).*/\\2/p' | sort";
    static const char *const verbs[] = { "tokens", "enroll", "batch", "check", "ca-chain" };

    (void)state;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        file_write("offered", complete(WORDS(verbs[i], "--")), 0600);
        assert_string_equal(out_of(WORDS("sh", "-c", listed, P11CERT_PROGRAM, verbs[i])),
                            out_of(WORDS("sort", "offered")));
    }
}

/* A certificate on the token, made by openssl, with one extension. */
static void bring_certificate(const char *extension)
{
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "made.key", "-subj",
                       "/CN=web-01", "-addext", extension, "-outform", "DER", "-out", "made.cer"));
    (void)out_of(WORDS("pkcs11-tool", "--module", SOFTHSM, "--token-label", "servers", "--login", "--pin", USER_PIN,
                       "--write-object", "made.cer", "--type", "cert", "--label", "web-01"));
    assert_int_equal(0, unlink("made.key") | unlink("made.cer"));
}

/* Certificates of AD CS name a template of version 1 by its name, and a later one by its OID. */
static int world_new_with_key(void **state)
{
    int failed = world_new_with_token(state);

    file_write("config.yaml", "sites:\n  - name: servers\n    token: servers\n  - name: branch\n    token: nowhere\n",
               0600);
    (void)setenv("P11CERT_CONFIG", "config.yaml", 1);
    token_make_key("servers", "web-01", "01");
    bring_certificate("1.3.6.1.4.1.311.20.2=DER:1e12005700650062005300650072007600650072");
    bring_certificate("1.3.6.1.4.1.311.21.7=DER:3012060a2b060104018237150801020164020105");
    return failed;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bash_offers_what_fits),
        cmocka_unit_test(zsh_and_fish_offer_what_fits),
        cmocka_unit_test(fish_describes_options_and_not_their_values),
        cmocka_unit_test(what_a_token_shows_needs_no_pin),
        cmocka_unit_test(every_option_of_help_is_offered),
    };

    return cmocka_run_group_tests(tests, world_new_with_key, world_remove);
}
