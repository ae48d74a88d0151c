/* SPDX-License-Identifier: Apache-2.0 */
/* The PIN sources pinentry and askpass: a program in a window asks. Stand-ins speak the protocols, and GnuPG's own
 * pinentry-curses asks at a terminal. */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* The protocol of pinentry as its manual describes it. What it is asked is in "asked", how it was started in
 * "started"; "answer" is a shell command that answers GETPIN. */
static const char stand_in[] = "#!/bin/sh\n"
                               "tr '\\0' ' ' </proc/$PPID/cmdline >started; env >>started; echo \"$0 $*\" >>started\n"
                               "echo '# a comment'; echo 'OK Pleased to meet you'\n"
                               "while read -r command rest; do\n"
                               "    echo \"$command $rest\" >>asked\n"
                               "    case $command in\n"
                               "        OPTION) echo 'ERR 83886254 Unknown option <Pinentry>' ;;\n"
                               "        GETPIN) . ./answer ;;\n"
                               "        BYE) echo 'OK closing connection'; exit ;;\n"
                               "        *) echo OK ;;\n"
                               "    esac\n"
                               "done\n";

/* USER_PIN in two lines of data, its last digit escaped. */
static const char gives_pin[] = "echo 'S PASSWORD_FROM_CACHE'; echo 'D 7193'; echo 'D 625%34'; echo OK\n";

static int make_world(void **state)
{
    (void)world_new_with_token(state);
    assert_int_equal(0, unsetenv("P11CERT_PIN_SOURCE"));
    assert_int_equal(0, setenv("P11CERT_TOKEN", "servers", 1));
    file_write("stand-in", stand_in, 0700);
    file_write("ask", "#!/bin/sh\necho \"$*\" >>asked\n. ./answer\n", 0700);
    return 0;
}

/* A source with the path of a program in the test's folder. */
static const char *source_of(const char *scheme, const char *program)
{
    static char source[512];
    char folder[256];

    assert_non_null(getcwd(folder, sizeof folder));
    (void)snprintf(source, sizeof source, "%s:%s/%s", scheme, folder, program);
    return source;
}

/* `list`, with this answer; how often it logged in. */
static const run_result *list_with(const char *source, const char *answer, size_t *ret_logins)
{
    (void)unlink("asked");
    file_write("answer", answer, 0600);
    return run_spied(WORDS("list", "--pin-source", source), "C_Login", ret_logins);
}

static size_t questions(const char *command)
{
    return count_of(file_read("asked", NULL), command);
}

/* ---- pinentry ---- */

static void pinentry_is_asked_once_and_told_which_token(void **state)
{
    size_t logins = 0;

    (void)state;
    expect_exit(list_with(source_of("pinentry", "stand-in"), gives_pin, &logins), 0);
    assert_int_equal(1, logins);
    assert_int_equal(1, questions("GETPIN"));
    assert_int_equal(1, questions("SETDESC PIN of token \"servers\"\n"));
    assert_int_equal(1, questions("SETPROMPT User PIN:\n"));
    assert_int_equal(1, questions("OPTION ttyname=/dev/tty\n"));
}

static void no_pin_is_in_the_arguments_or_the_environment(void **state)
{
    size_t logins = 0;

    (void)state;
    expect_exit(list_with(source_of("pinentry", "stand-in"), gives_pin, &logins), 0);
    assert_int_equal(0, count_of(file_read("started", NULL), USER_PIN));
    assert_int_equal(0, questions(USER_PIN));
}

static void a_wrong_pin_is_asked_for_once_and_tried_once(void **state)
{
    size_t logins = 0;

    (void)state;
    const run_result *result = list_with(source_of("pinentry", "stand-in"), "echo 'D 87654321'; echo OK\n", &logins);

    expect_exit(result, 5);
    expect_contains(result, result->err, "one attempt was made");
    assert_int_equal(1, logins);
    assert_int_equal(1, questions("GETPIN"));
}

/* What goes wrong in the window is no login. */
static void without_an_answer_no_login_is_attempted(void **state)
{
    static const struct {
        const char *answer;
        const char *says;
    } rows[] = {
        { "echo 'ERR 83886179 Operation cancelled <Pinentry>'\n", "the entry was cancelled" },
        { "echo 'D 1234'; echo 'ERR 83886278 Window closed <Pinentry>'\n", "the entry was cancelled" },
        { "echo 'ERR 83886142 Timeout <Pinentry>'\n", "nobody answered" },
        { "echo 'ERR 83886340 No terminal <Pinentry>'\n", "cannot ask: 83886340 No terminal" },
        { "echo OK\n", "is empty" },
        { "exit 0\n", "ended before it gave an answer" },
        { "kill -9 $$\n", "ended before it gave an answer" },
        { "head -c 5000 /dev/zero | tr '\\0' x\n", "a line is too long" },
        { "i=0; while [ $i -lt 3 ]; do head -c 600 /dev/zero | tr '\\0' x | sed 's/^/D /'; echo; i=$((i + 1)); done; "
          "echo OK\n",
          "more than 1023 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t logins = 1;
        const run_result *result = list_with(source_of("pinentry", "stand-in"), rows[i].answer, &logins);

        expect_exit(result, strstr(rows[i].says, "1023") ? 3 : 5);
        expect_contains(result, result->err, rows[i].says);
        expect_contains(result, result->err, "no login was attempted");
        assert_int_equal(0, logins);
    }
}

static void a_new_pin_is_asked_for_twice(void **state)
{
    const char *source = source_of("pinentry", "stand-in");

    (void)state;
    (void)unlink("asked");
    file_write("answer", "echo \"D 1928374$(grep -c GETPIN asked)\"; echo OK\n", 0600);
    const run_result *result = P11CERT("pin", "--pin-source", "file:user.pin", "--new-pin-source", source);

    expect_exit(result, 5);
    expect_contains(result, result->err, "the two entries of the new user PIN");
    assert_int_equal(2, questions("GETPIN"));
    assert_int_equal(1, questions("once more"));
}

/* libassuan accepts it too. */
static void pinentry_may_end_its_lines_with_cr_lf(void **state)
{
    size_t logins = 0;

    (void)state;
    file_write("cr-lf", "#!/bin/sh\n./stand-in | sed -u 's/$/\\r/'\n", 0700);
    expect_exit(list_with(source_of("pinentry", "cr-lf"), gives_pin, &logins), 0);
    assert_int_equal(1, logins);
    const run_result *result =
        list_with(source_of("pinentry", "cr-lf"), "echo 'ERR 83886340 No terminal <Pinentry>'\n", &logins);

    expect_exit(result, 5);
    expect_contains(result, result->err, "No terminal <Pinentry>\n");
    expect_lacks(result, result->err, "\\x0d");
}

/* Neither reads "BYE" or the end of its input, nor takes SIGTERM. */
static void pinentry_that_does_not_end_is_ended(void **state)
{
    static const struct {
        const char *answer;
        int exit_code;
    } rows[] = {
        { "echo 'D " USER_PIN "'; echo OK; echo $$ >pid; trap '' TERM; exec sleep 1000\n", 0 },
        { "echo 'ERR 83886179 Operation cancelled'; echo $$ >pid; trap '' TERM; exec sleep 1000\n", 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t logins = 0;

        expect_exit(list_with(source_of("pinentry", "stand-in"), rows[i].answer, &logins), rows[i].exit_code);
        assert_true(kill((pid_t)atoi(file_read("pid", NULL)), 0) != 0 && errno == ESRCH);
    }
}

/* ---- askpass ---- */

static void askpass_gets_the_question_as_its_argument(void **state)
{
    size_t logins = 0;

    (void)state;
    expect_exit(list_with(source_of("askpass", "ask"), "echo " USER_PIN "\n", &logins), 0);
    assert_int_equal(1, logins);
    assert_string_equal("PIN of token \"servers\": \n", file_read("asked", NULL));
    assert_int_equal(0, setenv("SSH_ASKPASS", source_of("askpass", "ask") + strlen("askpass:"), 1));
    expect_exit(list_with("askpass", "echo " USER_PIN "\n", &logins), 0);
    const run_result *result = list_with("askpass", "exit 1\n", &logins);

    expect_exit(result, 5);
    expect_contains(result, result->err, "exited with code 1");
    expect_contains(result, result->err, "no login was attempted");
    assert_int_equal(0, logins);
    assert_int_equal(0, unsetenv("SSH_ASKPASS"));
}

static void askpass_without_a_program_says_how_to_name_one(void **state)
{
    size_t logins = 0;

    (void)state;
    assert_int_equal(0, unsetenv("SSH_ASKPASS"));
    const run_result *result = list_with("askpass", "", &logins);

    expect_exit(result, 2);
    expect_contains(result, result->err, "SSH_ASKPASS names none");
    expect_contains(result, result->err, "askpass:/path/of/program");
}

/* ---- the program ---- */

static void a_program_that_others_can_change_is_not_asked(void **state)
{
    static const struct {
        const char *program;
        int exit_code;
        const char *says;
    } rows[] = {
        { "open", 8, "can be changed by others" },
        { "none", 4, "No such file" },
    };
    static const char *const schemes[] = { "pinentry", "askpass" };

    (void)state;
    file_write("open", stand_in, 0722);
    for (size_t i = 0; i < 4; i++) {
        size_t logins = 1;
        const run_result *result = list_with(source_of(schemes[i / 2], rows[i % 2].program), gives_pin, &logins);

        expect_exit(result, rows[i % 2].exit_code);
        expect_contains(result, result->err, rows[i % 2].says);
        assert_int_equal(0, logins);
    }
    expect_exit(P11CERT("list", "--pin-source", "pinentry:stand-in"), 2);
    expect_exit(P11CERT("list", "--pin-source", "askpass:ask"), 2);
}

/* ---- programs of others ---- */

/* Typed once its window is drawn; not if the program ends without drawing one. */
static const run_result *typed_at(const char *source, const char *drawn)
{
    char script[1024];

    (void)snprintf(script, sizeof script,
                   "rm -f screen keys code; mkfifo keys; (exec 3<>keys; until grep -qa '%s' screen 2>/dev/null || "
                   "[ -e code ]; do sleep 0.1; done; printf '" USER_PIN "\\r' >&3; until [ -e code ]; do sleep 0.1; "
                   "done) & TERM=xterm timeout 60 script -qefc \"%s list --pin-source '%s' >listed 2>&1\" screen "
                   "<keys >/dev/null; echo $? >code; wait; cat listed; exit $(cat code)",
                   drawn, P11CERT_PROGRAM, source);
    return RUN("sh", "-c", script);
}

static void pinentry_of_gnupg_asks_at_a_terminal(void **state)
{
    (void)state;
    if (access("/usr/bin/pinentry-curses", X_OK) != 0) {
        skip();
    }
    const run_result *result = typed_at("pinentry:/usr/bin/pinentry-curses", "PIN");

    expect_exit(result, 0);
    expect_contains(result, result->out, "token \"servers\"");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pinentry_is_asked_once_and_told_which_token),
    cmocka_unit_test(no_pin_is_in_the_arguments_or_the_environment),
    cmocka_unit_test(a_wrong_pin_is_asked_for_once_and_tried_once),
    cmocka_unit_test(without_an_answer_no_login_is_attempted),
    cmocka_unit_test(a_new_pin_is_asked_for_twice),
    cmocka_unit_test(pinentry_may_end_its_lines_with_cr_lf),
    cmocka_unit_test(pinentry_that_does_not_end_is_ended),
    cmocka_unit_test(askpass_gets_the_question_as_its_argument),
    cmocka_unit_test(askpass_without_a_program_says_how_to_name_one),
    cmocka_unit_test(a_program_that_others_can_change_is_not_asked),
    cmocka_unit_test(pinentry_of_gnupg_asks_at_a_terminal),
};

int main(int argc, char **argv)
{
    cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
    return cmocka_run_group_tests(tests, make_world, world_remove);
}
