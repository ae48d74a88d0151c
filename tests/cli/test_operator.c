/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of operator.h: PINs, standard output, unusable files, the token, the machine. */
#include "operator.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- every row succeeds ---- */

static void every_row_succeeds(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        operator_begin(&rows[i]);
        expect_one_of(operator_run(&rows[i], &(change){ .file = NULL }), 0, operator_finding(&rows[i]));
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
    EACH_ROW(i)
    {
        const char *words[40] = { NULL };
        size_t calls = 0;

        if (!rows[i].logs_in) {
            continue;
        }
        operator_begin(&rows[i]);
        operator_line(&rows[i], &(change){ .behind = { "--pin-source", "file:so.pin", "--module", SPY } }, words);
        const run_result *result = run_that_uses_spy(words, tries_pin_with(&rows[i]), &calls);

        expect_exit(result, 5);
        assert_int_equal(1, calls);
        expect_contains(result, result->err, "CKR_PIN_INCORRECT");
        expect_contains(result, result->err, "one attempt was made");
        (void)unlink("spy.log");
        if (!operator_records(&rows[i])) {
            expect_no_file();
        }
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
    EACH_ROW(i)
    {
        if (!rows[i].logs_in) {
            continue;
        }
        operator_begin(&rows[i]);
        EACH(j, sources)
        {
            const run_result *result =
                operator_run(&rows[i], &(change){ .before = { "setsid", "--wait" },
                                                  .behind = { "--pin-source", sources[j].source } });

            expect_exit(result, sources[j].exit_code);
            expect_contains(result, result->err, sources[j].says);
            (void)out_of(WORDS("rm", "-rf", operator_records(&rows[i]) ? "out.run" : "out.none"));
        }
        expect_nothing_made();
    }
}

/* ---- standard output ---- */

static void a_report_that_is_lost_is_not_a_success(void **state)
{
    static const char *const scripts[] = { "exec \"$@\" >/dev/full", "exec \"$@\" >&-", "exec \"$@\" >&- <&-" };

    (void)state;
    EACH_ROW(i)
    {
        EACH(j, scripts)
        {
            operator_begin(&rows[i]);
            const run_result *result =
                operator_run(&rows[i], &(change){ .before = SHELL(scripts[j]), .behind = { "--json" } });

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
    EACH_ROW(i)
    {
        operator_begin(&rows[i]);
        expect_exit(operator_run(&rows[i], &(change){ .before = SHELL("exec \"$@\" <&- >&- 2>&-") }), 3);
    }
}

/* ---- files ---- */

/* What may have been changed by somebody: the record of a ceremony, an issuance log. */
static bool is_judged(const char *word)
{
    return strncmp(word, "<finished", 9) == 0 || strcmp(word, "<rehearsal") == 0 || strcmp(word, "<issued.log") == 0;
}

static void expect_refused(const run_result *result)
{
    static const int codes[] = { 1, 3, 4, 6 };
    bool is_one = false;

    EACH(i, codes)
    {
        is_one = is_one || result->exit_code == codes[i];
    }
    if (!is_one) {
        expect_exit(result, 6);
    }
}

static void an_unusable_input_is_named_and_nothing_is_made(void **state)
{
    static const char *const files[] = { "none", "empty", "binary", "tokens", "/dev/zero" };

    (void)state;
    file_write("empty", "", 0644);
    (void)out_of(WORDS("sh", "-c", "head -c 4096 \"$0\" >binary", P11CERT_PROGRAM));
    EACH_ROW(i)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            bool is_content = strcmp(rows[i].words[word], "<data.txt") == 0;

            for (size_t j = 0; rows[i].words[word][0] == '<' && j < sizeof files / sizeof *files; j++) {
                if (is_content && (j == 1 || j == 2)) {
                    continue; /* anything can be signed */
                }
                operator_begin(&rows[i]);
                const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = files[j] });

                if (strcmp(rows[i].words[word], "<tls.yaml") == 0 && j == 0) {
                    expect_exit(result, 2); /* it is not the name of a profile either */
                } else if (is_judged(rows[i].words[word])) {
                    expect_refused(result);
                } else {
                    expect_one_of(result, 3, 4);
                }
                expect_said(result, files[j]);
                expect_text(result, result->err, result->err_len);
                expect_nothing_made();
            }
        }
    }
}

static void an_output_that_exists_stays_as_it_is(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        for (size_t word = 1; word < ROW_WORDS && rows[i].words[word]; word++) {
            if (rows[i].words[word][0] != '>' || operator_appends(&rows[i], word)) {
                continue; /* these append to an existing file */
            }
            operator_begin(&rows[i]);
            file_write("out.there", "kept\n", 0644);
            const run_result *result = operator_run(&rows[i], &(change){ .replaced = word, .file = "out.there" });

            expect_one_of(result, 8, 125); /* 125: sandbox, whose other exit codes are its command's */
            expect_contains(result, result->err, "out.there");
            assert_string_equal("kept\n", file_read("out.there", NULL));
            (void)unlink("out.there");
            expect_nothing_made();
        }
    }
}

/* ---- the token ---- */

static void every_verb_names_a_missing_token(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        if (!rows[i].logs_in || operator_has_site(&rows[i])) {
            continue; /* the token of a ceremony that is missing may be made by it */
        }
        operator_begin(&rows[i]);
        const run_result *result = operator_run(&rows[i], &(change){ .behind = { "--token", "nobody" } });

        expect_exit(result, 4);
        expect_contains(result, result->err, "nobody");
        expect_contains(result, result->err, "servers");
        expect_nothing_made();
        token_make("servers");
        result = operator_run(&rows[i], &(change){ .file = NULL });
        expect_exit(result, 4);
        expect_contains(result, result->err, "2 tokens match");
        expect_no_file();
    }
}

/* ---- the machine ---- */

static void a_secret_is_readable_only_by_its_owner_whatever_the_umask(void **state)
{
    (void)state;
    EACH_ROW(i)
    {
        if (!rows[i].writes_secret) {
            continue;
        }
        operator_begin(&rows[i]);
        expect_exit(operator_run(&rows[i], &(change){ .before = SHELL("umask 0000; exec \"$@\"") }), 0);
        assert_string_equal("", out_of(WORDS("find", ".", "-path", "./out*", "-perm", "/0077")));
        expect_exit(RUN("sh", "-c", "ls out*"), 0);
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
    EACH_ROW(i)
    {
        EACH(j, scripts)
        {
            operator_begin(&rows[i]);
            if (j == 3 && geteuid() != 0) {
                continue;
            }
            expect_one_of(operator_run(&rows[i], &(change){ .before = SHELL(scripts[j]) }), 0,
                          operator_finding(&rows[i]));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_row_succeeds),
    cmocka_unit_test(a_wrong_pin_is_tried_once_by_every_verb),
    cmocka_unit_test(a_pin_that_cannot_be_read_is_not_tried_by_any_verb),
    cmocka_unit_test(a_report_that_is_lost_is_not_a_success),
    cmocka_unit_test(with_no_standard_descriptor_every_verb_ends),
    cmocka_unit_test(an_unusable_input_is_named_and_nothing_is_made),
    cmocka_unit_test(an_output_that_exists_stays_as_it_is),
    cmocka_unit_test(every_verb_names_a_missing_token),
    cmocka_unit_test(a_secret_is_readable_only_by_its_owner_whatever_the_umask),
    cmocka_unit_test(an_odd_environment_stops_no_verb),
};

OPERATOR_MAIN(tests)
