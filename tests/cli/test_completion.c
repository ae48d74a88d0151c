/* SPDX-License-Identifier: Apache-2.0 */
/* What bash offers for an unfinished command line; '=' and ':' are words of their own there. */
#include "harness.h"

/* The words typed so far, the last of them unfinished, after "p11cert". */
static const char *complete(const char *const *words)
{
    static const char script[] = "source \"$0\"; COMP_WORDS=(p11cert \"$@\"); COMP_CWORD=$#; _p11cert; "
                                 "printf '%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort";
    const char *all[32] = { "bash", "-c", script, COMPLETION };

    for (size_t i = 0; words[i]; i++) {
        all[i + 4] = words[i];
    }
    return out_of(all);
}

static const struct {
    const char *name;
    const char *words[8];
    const char *offered;
} rows[] = {
    { "a verb", { "re" }, "renew\nrepair\nretire\nretrieve\n" },
    { "a verb after help", { "help", "ba" }, "batch\n" },
    { "an option", { "list", "--e" }, "--expiring\n" },
    { "an option of all verbs", { "list", "--pin" }, "--pin-source\n" },
    { "an option of the CA", { "submit", "--connect" }, "--connect-timeout\n" },
    { "a subcommand", { "batch", "acc" }, "accept\n" },
    { "subcommands of a verb without arguments of its own", { "ceremony", "" }, "lint\nprint\n" },
    { "an option of a subcommand", { "batch", "accept", "--c" }, "--chain\n--color\n" },
    { "no option of the subcommand", { "batch", "--c" }, "--ca-cert\n--color\n" },
    { "a value to choose", { "submit", "--auth", "n" }, "none\nntlm\n" },
    { "a value to choose after =", { "submit", "--auth", "=", "b" }, "basic\n" },
    { "a value to choose right after =", { "submit", "--auth", "=" }, "basic\nnone\nntlm\nticket\n" },
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
      "so.pin\nsofthsm2.conf\ntokens\nuser.pin\n" },
    { "nothing for a text", { "new", "--subject", "" }, "\n" },
    { "nothing for a verb that does not exist", { "frobnicate", "--" }, "\n" },
};

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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bash_offers_what_fits),
        cmocka_unit_test(every_option_of_help_is_offered),
    };

    return cmocka_run_group_tests(tests, world_new_with_token, world_remove);
}
