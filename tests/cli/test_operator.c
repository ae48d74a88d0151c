/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator may do wrong, and what may be wrong with the machine, for every verb: a row of the table is a verb
 * with a command line that succeeds; each test changes one thing in each row.
 */
#include "harness.h"

#include <sys/stat.h>
#include <unistd.h>

#define ROW_WORDS 16
#define PASSWORD  "Pfx-pass-9921"

/* "<" before a word: a file that is read. ">": a file or folder that is made. */
typedef struct {
    const char *name;
    bool logs_in; /* with the user PIN, or init: the Security Officer's */
    bool writes_secret;
    const char *words[ROW_WORDS];
} row;

static const row rows[] = {
    { "tokens", false, false, { "tokens" } },
    { "init", false, false, { "init", "other", "--so-pin-source", "file:so.pin" } },
    { "pin", true, false, { "pin", "--new-pin-source", "file:new.pin" } },
    { "sandbox", false, false, { "sandbox", "--folder", ">out.sandbox", "--keep" } },
    { "explain", false, false, { "explain", "<a.inf" } },
    { "explain --fix", false, false, { "explain", "<a.inf", "--fix", ">out.inf" } },
    { "explain --write", false, false, { "explain", "--write", "scom", "--fqdn", "a.b.com", "--out", ">out.inf" } },
    { "keygen", true, false, { "keygen", "--label", "k", "--key-type", "ec-p256" } },
    { "new", true, false, { "new", "<a.inf", "--label", "n", "--key-type", "ec-p256", "--out", ">out.req" } },
    { "batch",
      true,
      false,
      { "batch", "<a.inf", "--hosts", "<hosts.csv", "--key-type", "ec-p256", "--out", ">out.d" } },
    { "list", true, false, { "list" } },
    { "show", false, false, { "show", "<server.cer" } },
    { "show --key", true, false, { "show", "--key", "server" } },
    { "check", true, false, { "check", "<server.cer", "<root.pem", "--key", "server" } },
    { "check --html", true, false, { "check", "<server.cer", "--html", ">out.html", "--junit", ">out.xml" } },
    { "check --probe", true, false, { "check", "--probe" } },
    { "doctor", false, false, { "doctor" } },
    { "export",
      true,
      true,
      { "export", "--key", "server", "--out", ">out.pfx", "--password-source", "file:pfx.pass" } },
    { "import", true, false, { "import", "<server.pfx", "--label", "im", "--password-source", "file:pfx.pass" } },
    { "kit", true, false, { "kit", "--key", "server", "--out", ">out.kit", "--password-source", "file:pfx.pass" } },
    { "repair", true, false, { "repair", "--apply" } },
    { "retire", true, false, { "retire", "--key", "server", "--yes", "--allow-valid", "--record", ">out.record" } },
    { "sign", true, false, { "sign", "<data.txt", "--key", "server", "--out", ">out.p7m" } },
    { "sign --raw", true, false, { "sign", "<data.txt", "--raw", "--key", "server", "--out", ">out.sig" } },
    { "verify", false, false, { "verify", "<data.txt.p7m", "--trust", "<root.pem", "--out", ">out.txt" } },
    { "accept", true, false, { "accept", "<server.cer", "--chain", "<root.pem" } },
};

#define EACH(i, table) for (size_t i = 0; i < sizeof(table) / sizeof *(table); i++)

/* ---- the world, and back to its first state before each row ---- */

static int prepare(void **state)
{
    (void)world_new_with_token(state);
    file_write("a.inf", "[NewRequest]\nSubject = \"CN=inf\"\nMachineKeySet = TRUE\n", 0644);
    file_write("hosts.csv", "fqdn\nh1.contoso.com\n", 0644);
    file_write("data.txt", "a line\n", 0644);
    file_write("pfx.pass", PASSWORD "\n", 0600);
    file_write("new.pin", "19283746\n", 0600);
    assert_int_equal(0, setenv("P11CERT_MODULE", SOFTHSM, 1));
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    expect_exit(P11CERT("issue", "--self-signed", "--subject", "CN=root", "--out", "root.pem"), 0);
    expect_exit(P11CERT("new", "--subject", "CN=server", "--exportable", "--dns", "server", "--out", "server.req"), 0);
    expect_exit(P11CERT("issue", "server.req", "--ca", "root", "--out", "server.cer"), 0);
    expect_exit(P11CERT("accept", "server.cer", "--chain", "root.pem"), 0);
    expect_exit(P11CERT("export", "--key", "server", "--out", "server.pfx", "--password-source", "file:pfx.pass"), 0);
    expect_exit(P11CERT("sign", "data.txt", "--key", "server"), 0);
    (void)out_of(WORDS("cp", "-a", "tokens", "first"));
    return 0;
}

static void begin(const row *now)
{
    (void)out_of(WORDS("sh", "-c", "rm -rf tokens out* && cp -a first tokens"));
    print_message("%s\n", now->name);
}

/* init names no token: the one that it makes has another label. */
static void use_token_of(const row *now)
{
    if (strcmp(now->name, "init") == 0) {
        (void)unsetenv("P11CERT_TOKEN");
    } else {
        assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    }
}

/* ---- a command line: words before, the row's, words behind; `replaced` by `file` ---- */

typedef struct {
    const char *before[6];
    const char *behind[6];
    size_t replaced; /* 0: none; the verb is no file */
    const char *file;
} change;

static const char *word_of(const row *now, size_t i, const change *changed)
{
    if (i && i == changed->replaced) {
        return changed->file;
    }
    return now->words[i][0] == '<' || now->words[i][0] == '>' ? now->words[i] + 1 : now->words[i];
}

static const run_result *run_row(const row *now, const change *changed)
{
    const char *words[40] = { "timeout", "60" };
    size_t count = 2;

    for (size_t i = 0; changed->before[i]; i++) {
        words[count++] = changed->before[i];
    }
    words[count++] = P11CERT_PROGRAM;
    for (size_t i = 0; i < ROW_WORDS && now->words[i]; i++) {
        words[count++] = word_of(now, i, changed);
    }
    for (size_t i = 0; changed->behind[i]; i++) {
        words[count++] = changed->behind[i];
    }
    use_token_of(now);
    return run_words(words);
}

#define SHELL(script) \
    { \
        "sh", "-c", script, "sh" \
    }

static void expect_one_of(const run_result *result, int first, int second)
{
    if (result->exit_code != second) {
        expect_exit(result, first);
    }
}

/* Bytes that a terminal obeys, or of a file that came to standard error. */
static void expect_text(const run_result *result, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f) {
            fail_msg("$ %s: byte 0x%02x at %zu", result->line, byte, i);
        }
    }
}

/* The folder of a batch may be there already, and empty: whether it can be written is tried before the login. */
static void expect_no_file(void)
{
    assert_string_equal("", out_of(WORDS("find", ".", "-path", "*out*", "-type", "f", "-size", "+0")));
}

static void expect_nothing_made(void)
{
    expect_no_file();
    expect_exit(RUN("diff", "-r", "--exclude=*.lock", "--exclude=token.object", "first", "tokens"), 0);
}

/* ---- every row is what it says ---- */

static void every_row_succeeds(void **state)
{
    (void)state;
    EACH(i, rows)
    {
        begin(&rows[i]);
        expect_one_of(run_row(&rows[i], &(change){ .file = NULL }), 0, strncmp(rows[i].name, "check", 5) == 0 ? 1 : 0);
    }
}

/* ---- the PIN ---- */

/* C_SetPIN takes the old PIN, with no login before it. */
static const char *tries_pin_with(const row *now)
{
    return strcmp(now->name, "pin") == 0 ? "C_SetPIN" : "C_Login";
}

static void a_wrong_pin_is_tried_once_by_every_verb(void **state)
{
    (void)state;
    EACH(i, rows)
    {
        const char *words[ROW_WORDS + 4] = { NULL };
        size_t count = 0;
        size_t calls = 0;

        if (!rows[i].logs_in) {
            continue;
        }
        begin(&rows[i]);
        for (; rows[i].words[count]; count++) {
            words[count] = word_of(&rows[i], count, &(change){ .file = NULL });
        }
        words[count++] = "--pin-source";
        words[count] = "file:so.pin";
        const run_result *result = run_spied(words, tries_pin_with(&rows[i]), &calls);

        expect_exit(result, 5);
        assert_int_equal(1, calls);
        expect_contains(result, result->err, "CKR_PIN_INCORRECT");
        expect_contains(result, result->err, "one attempt was made");
        (void)unlink("spy.log");
        expect_no_file();
    }
}

static void a_pin_that_cannot_be_read_is_not_tried_by_any_verb(void **state)
{
    static const struct {
        const char *source;
        int exit_code;
        const char *says;
    } sources[] = { { "file:none.pin", 4, "none.pin" },      { "file:empty.pin", 5, "empty" },
                    { "file:open.pin", 8, "open.pin" },      { "file:tokens", 3, "tokens" },
                    { "env:NO_PIN_HERE", 5, "NO_PIN_HERE" }, { "prompt", 5, "terminal" } };

    (void)state;
    file_write("empty.pin", "\n", 0600);
    file_write("open.pin", USER_PIN, 0644);
    EACH(i, rows)
    {
        if (!rows[i].logs_in) {
            continue;
        }
        begin(&rows[i]);
        EACH(j, sources)
        {
            const run_result *result = run_row(&rows[i], &(change){ .before = { "setsid", "--wait" },
                                                                    .behind = { "--pin-source", sources[j].source } });

            expect_exit(result, sources[j].exit_code);
            expect_contains(result, result->err, sources[j].says);
        }
        expect_nothing_made();
    }
}

/* ---- standard output ---- */

static void a_report_that_is_lost_is_no_success(void **state)
{
    static const char *const scripts[] = { "exec \"$@\" >/dev/full", "exec \"$@\" >&-", "exec \"$@\" >&- <&-" };

    (void)state;
    EACH(i, rows)
    {
        EACH(j, scripts)
        {
            begin(&rows[i]);
            const run_result *result =
                run_row(&rows[i], &(change){ .before = SHELL(scripts[j]), .behind = { "--json" } });

            expect_exit(result, 3);
            expect_contains(result, result->err, "cannot write standard output");
            expect_contains(result, result->err, "what the command made or changed is kept");
            expect_text(result, result->err, result->err_len);
        }
    }
}

static void with_no_standard_descriptor_every_verb_ends(void **state)
{
    (void)state;
    EACH(i, rows)
    {
        begin(&rows[i]);
        expect_exit(run_row(&rows[i], &(change){ .before = SHELL("exec \"$@\" <&- >&- 2>&-") }), 3);
    }
}

/* ---- files ---- */

static void an_input_that_is_none_is_named_and_nothing_is_made(void **state)
{
    static const char *const files[] = { "none", "empty", "binary", "tokens", "/dev/zero" };

    (void)state;
    file_write("empty", "", 0644);
    (void)out_of(WORDS("sh", "-c", "head -c 4096 \"$0\" >binary", P11CERT_PROGRAM));
    EACH(i, rows)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            bool is_content = strcmp(rows[i].words[word], "<data.txt") == 0;

            for (size_t j = 0; rows[i].words[word][0] == '<' && j < sizeof files / sizeof *files; j++) {
                if (is_content && (j == 1 || j == 2)) {
                    continue; /* anything can be signed */
                }
                begin(&rows[i]);
                const run_result *result = run_row(&rows[i], &(change){ .replaced = word, .file = files[j] });

                expect_one_of(result, 3, 4);
                expect_contains(result, result->err, files[j]);
                expect_text(result, result->err, result->err_len);
                expect_nothing_made();
            }
        }
    }
}

static void an_output_that_exists_stays_as_it_is(void **state)
{
    (void)state;
    EACH(i, rows)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            if (rows[i].words[word][0] != '>' || strcmp(rows[i].name, "batch") == 0 ||
                strcmp(rows[i].name, "retire") == 0) {
                continue; /* these add to what is there */
            }
            begin(&rows[i]);
            file_write("out.there", "kept\n", 0644);
            const run_result *result = run_row(&rows[i], &(change){ .replaced = word, .file = "out.there" });

            expect_one_of(result, 8, 125); /* 125: sandbox, whose other exit codes are its command's */
            expect_contains(result, result->err, "out.there");
            assert_string_equal("kept\n", file_read("out.there", NULL));
            (void)unlink("out.there");
            expect_nothing_made();
        }
    }
}

/* ---- the token ---- */

static void a_token_that_is_not_there_is_named_by_every_verb(void **state)
{
    (void)state;
    EACH(i, rows)
    {
        if (!rows[i].logs_in) {
            continue;
        }
        begin(&rows[i]);
        const run_result *result = run_row(&rows[i], &(change){ .behind = { "--token", "nobody" } });

        expect_exit(result, 4);
        expect_contains(result, result->err, "nobody");
        expect_contains(result, result->err, "servers");
        expect_nothing_made();
        token_make("servers");
        result = run_row(&rows[i], &(change){ .file = NULL });
        expect_exit(result, 4);
        expect_contains(result, result->err, "2 tokens match");
        expect_no_file();
    }
}

/* ---- the machine ---- */

static void a_secret_is_its_owners_whatever_the_mask(void **state)
{
    struct stat info;

    (void)state;
    EACH(i, rows)
    {
        if (!rows[i].writes_secret) {
            continue;
        }
        begin(&rows[i]);
        expect_exit(run_row(&rows[i], &(change){ .before = SHELL("umask 0000; exec \"$@\"") }), 0);
        assert_int_equal(0, stat("out.pfx", &info));
        assert_int_equal(0600, info.st_mode & 0777);
    }
}

static void an_odd_environment_stops_no_verb(void **state)
{
    static const char *const scripts[] = {
        "unset HOME; exec env -u PATH \"$@\"",
        "LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 TZ=Nowhere/None; export LC_ALL LANG TZ; exec \"$@\"",
        "LC_ALL=C TZ=:/etc/passwd; export LC_ALL TZ; exec \"$@\"",
        "umask 0777; exec \"$@\"",
    };

    (void)state;
    EACH(i, rows)
    {
        EACH(j, scripts)
        {
            begin(&rows[i]);
            if (j == 3 && geteuid() != 0) {
                continue;
            }
            expect_one_of(run_row(&rows[i], &(change){ .before = SHELL(scripts[j]) }), 0,
                          strncmp(rows[i].name, "check", 5) == 0 ? 1 : 0);
        }
    }
}

/* The store is compared as SoftHSM writes it. */
static void only_on_softhsm(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest left_out[] = { cmocka_unit_test(only_on_softhsm) };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_succeeds),
        cmocka_unit_test(a_wrong_pin_is_tried_once_by_every_verb),
        cmocka_unit_test(a_pin_that_cannot_be_read_is_not_tried_by_any_verb),
        cmocka_unit_test(a_report_that_is_lost_is_no_success),
        cmocka_unit_test(with_no_standard_descriptor_every_verb_ends),
        cmocka_unit_test(an_input_that_is_none_is_named_and_nothing_is_made),
        cmocka_unit_test(an_output_that_exists_stays_as_it_is),
        cmocka_unit_test(a_token_that_is_not_there_is_named_by_every_verb),
        cmocka_unit_test(a_secret_is_its_owners_whatever_the_mask),
        cmocka_unit_test(an_odd_environment_stops_no_verb),
    };

    return getenv("P11CERT_TEST_FAMILY") ? cmocka_run_group_tests(left_out, NULL, NULL)
                                         : cmocka_run_group_tests(tests, prepare, world_remove);
}
