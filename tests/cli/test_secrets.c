/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a PIN must not be: in anything that is printed or written, on the command line and in the
 * environment that other processes see, in a core dump, on the terminal it is typed at.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

/* The sanitizers' leak check must be able to inspect the process, so in their builds it is not protected. */
#if defined(__SANITIZE_ADDRESS__)
#define PROCESS_IS_GUARDED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROCESS_IS_GUARDED 0
#endif
#endif
#ifndef PROCESS_IS_GUARDED
#define PROCESS_IS_GUARDED 1
#endif

#define CANARY "canary-4711-0815"

static int make_world(void **state)
{
    (void)world_new(state);
    file_write("user.pin", CANARY "\n", 0600);
    (void)unsetenv("P11CERT_PIN_SOURCE");
    assert_int_equal(0, mkdir("made", 0700));
    return 0;
}

static bool holds_canary(const char *bytes, size_t len)
{
    return memmem(bytes, len, CANARY, strlen(CANARY)) != NULL;
}

static void expect_silence_about_the_pin(const run_result *result)
{
    if (holds_canary(result->out, result->out_len) || holds_canary(result->err, result->err_len)) {
        fail_msg("$ %s: it printed the PIN", result->line);
    }
}

/* The three sources of a PIN that need no terminal. */
typedef enum { FROM_FILE, FROM_ENVIRONMENT, FROM_DESCRIPTOR, SOURCES } source;

static const char *const source_words[SOURCES] = { "file:user.pin", "env:THE_PIN", "fd:3" };

static const run_result *run_from(source from, const char *const *words)
{
    const char *all[64] = { P11CERT_PROGRAM };
    size_t count = 1;

    for (; words[count - 1]; count++) {
        all[count] = words[count - 1];
    }
    all[count++] = "--pin-source";
    all[count] = source_words[from];
    if (from == FROM_ENVIRONMENT) {
        assert_int_equal(0, setenv("THE_PIN", CANARY, 1));
    }
    const run_result *result =
        run_order_now(&(run_order){ .words = all, .fd3 = from == FROM_DESCRIPTOR ? "user.pin" : NULL });

    (void)unsetenv("THE_PIN");
    expect_silence_about_the_pin(result);
    return result;
}

static const struct {
    const char *words[14];
    int exit_code;
} every_verb[] = {
    { { "init", "servers", "--so-pin-source", "file:so.pin" }, 0 },
    { { "tokens", "--module", SOFTHSM }, 0 },
    { { "pin", "--token", "servers", "--new-pin-source", "file:user.pin" }, 8 },
    { { "new", "--token", "servers", "--subject", "CN=a", "--key-type", "ec-p256", "--force", "--out", "made/a.req" },
      0 },
    { { "issue", "--token", "servers", "--self-signed", "--subject", "CN=Root", "--key-type", "ec-p256", "--force",
        "--out", "made/ca.cer" },
      0 },
    { { "issue", "made/a.req", "--token", "servers", "--ca", "Root", "--force", "--out", "made/a.cer" }, 0 },
    { { "keygen", "--token", "servers", "--label", "k", "--key-type", "aes-256" }, 0 },
    { { "sign", "made/a.cer", "--token", "servers", "--key", "a", "--raw", "--force", "--out", "made/a.sig" }, 0 },
    { { "list", "--token", "servers" }, 0 },
    { { "show", "--token", "servers", "--key", "a", "--json" }, 0 },
    { { "check", "made/a.cer", "--token", "servers" }, 1 },
    { { "doctor", "--token", "servers" }, 0 },
    { { "list", "--token", "servers", "--expiring", "30d" }, 0 },
    { { "repair", "--token", "servers" }, 0 },
    { { "export", "--token", "servers", "--key", "a", "--out", "made/a.pfx" }, 8 },
    { { "check", "--token", "servers", "--key", "a", "--policy", "hsm" }, 0 },
    { { "batch", "--token", "servers", "--key-type", "ec-p256", "--hosts", "fleet.csv", "--out", "made/fleet" }, 0 },
    { { "submit", "made/a.req", "--token", "servers", "--ca", "http://ca.contoso.com/certsrv" }, 8 },
    { { "renew", "--token", "servers", "--key", "a" }, 4 },
    { { "new", "--token", "servers", "--key", "nobody", "--subject", "CN=a", "--out", "made/b.req" }, 4 },
    { { "retire", "--token", "servers", "--key", "a", "--dry-run" }, 0 },
    { { "accept", "user.pin", "--token", "servers" }, 3 },
    { { "show", "user.pin", "--token", "servers" }, 3 },
    { { "check", "user.pin", "--no-token" }, 3 },
    { { "new", "user.pin", "--token", "servers", "--out", "made/b.req" }, 3 },
};

static void the_pin_is_in_nothing_that_is_printed(void **state)
{
    (void)state;
    file_write("fleet.csv", "fqdn\nhost.contoso.com\n", 0644);
    for (source from = FROM_FILE; from < SOURCES; from++) {
        for (size_t i = 0; i < sizeof every_verb / sizeof *every_verb; i++) {
            expect_exit(run_from(from, every_verb[i].words), every_verb[i].exit_code);
        }
    }
    expect_exit(run_from(FROM_FILE, WORDS("accept", "made/a.cer", "--token", "servers")), 0);
}

/* The token's own store too: SoftHSM keeps a key that the PIN unlocks, never the PIN. */
static void the_pin_is_in_no_file_but_its_own(void **state)
{
    const run_result *found;

    (void)state;
    found = RUN("grep", "-r", "-l", "-a", "-F", CANARY, ".");
    expect_exit(found, 0);
    assert_string_equal("./user.pin\n", found->out);
}

static void a_wrong_pin_is_not_repeated(void **state)
{
    (void)state;
    file_write("wrong.pin", "wrong-" CANARY "\n", 0600);
    const run_result *result = P11CERT("list", "--token", "servers", "--pin-source", "file:wrong.pin");

    expect_exit(result, 5);
    expect_silence_about_the_pin(result);
    result = P11CERT("list", "--token", "servers", "--pin-source", CANARY);
    expect_exit(result, 2);
    expect_silence_about_the_pin(result);
    assert_int_equal(0, unlink("wrong.pin"));
}

/* ---- while it runs ---- */

static bool proc_file_holds_canary(pid_t pid, const char *name)
{
    char path[64];
    size_t len = 0;

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    const char *text = file_read(path, &len);

    return holds_canary(text, len);
}

/* A full pipe: a process that writes to it waits. */
static void make_full_pipe(int ends[2])
{
    char block[4096] = { 0 };

    assert_int_equal(0, pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    while (write(ends[1], block, sizeof block) > 0) {
    }
    while (write(ends[1], block, 1) > 0) {
    }
    assert_int_equal(0, fcntl(ends[1], F_SETFL, 0));
}

static void drain(int fd)
{
    char block[4096];
    ssize_t got = 0;

    (void)fcntl(fd, F_SETFL, 0);
    while ((got = read(fd, block, sizeof block)) > 0) {
        assert_false(holds_canary(block, (size_t)got));
    }
}

static void expect_no_core_dumps(pid_t pid)
{
    char path[64];
    char soft[32] = "";
    char hard[32] = "";

    (void)snprintf(path, sizeof path, "/proc/%ld/limits", (long)pid);
    const char *at = strstr(file_read(path, NULL), "Max core file size");

    assert_non_null(at);
    assert_int_equal(2, sscanf(at, "Max core file size %31s %31s", soft, hard));
    assert_string_equal("0", soft);
    assert_string_equal("0", hard);
}

static void look_at_a_run_that_waits(source from)
{
    const char *const words[] = { P11CERT_PROGRAM,    "list", "--token", "servers", "--pin-source",
                                  source_words[from], NULL };
    int ends[2];

    make_full_pipe(ends);
    if (from == FROM_ENVIRONMENT) {
        assert_int_equal(0, setenv("THE_PIN", CANARY, 1));
    }
    running program = run_start(
        &(run_order){ .words = words, .out_fd = ends[1], .fd3 = from == FROM_DESCRIPTOR ? "user.pin" : NULL });

    (void)unsetenv("THE_PIN");
    (void)close(ends[1]);
    WAIT_UNTIL(is_blocked_in(program.pid, SYS_write)); /* to the pipe that is full */
    assert_false(proc_file_holds_canary(program.pid, "cmdline"));
    assert_false(proc_file_holds_canary(program.pid, "environ"));
    if (PROCESS_IS_GUARDED) {
        expect_no_core_dumps(program.pid);
    } else {
        print_message("[  NOTE    ] a sanitizer build does not forbid core dumps: not tested\n");
    }
    drain(ends[0]);
    (void)close(ends[0]);
    expect_exit(run_finish(&program), 0);
}

static void the_pin_is_not_seen_from_outside_while_it_runs(void **state)
{
    const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

    (void)state;
    /* So that "no core dumps" is the program's doing; where the limit cannot be raised there are none anyway. */
    (void)setrlimit(RLIMIT_CORE, &unlimited);
    for (source from = FROM_FILE; from < SOURCES; from++) {
        look_at_a_run_that_waits(from);
    }
}

/* ---- at a terminal ---- */

typedef struct {
    pid_t pid;
    int master;
    int slave;
    char said[8192]; /* all that came to the terminal */
    size_t len;
} terminal;

static terminal start_at_terminal(const char *const *words)
{
    terminal tty = { .pid = -1 };
    char *argv[32] = { NULL };

    for (size_t i = 0; words[i]; i++) {
        argv[i] = strdup(words[i]);
    }
    assert_int_equal(0, openpty(&tty.master, &tty.slave, NULL, NULL, NULL));
    tty.pid = fork();
    assert_true(tty.pid >= 0);
    if (tty.pid == 0) {
        (void)close(tty.master);
        (void)login_tty(tty.slave);
        (void)execv(argv[0], argv);
        _exit(127);
    }
    for (size_t i = 0; argv[i]; i++) {
        free(argv[i]);
    }
    return tty;
}

/* Read what has arrived. @return whether it, or the earlier output, contains the words. */
static bool has_come(terminal *tty, const char *words)
{
    struct pollfd waiting = { .fd = tty->master, .events = POLLIN };

    while (tty->len < sizeof tty->said - 1 && poll(&waiting, 1, 0) == 1) {
        ssize_t got = read(tty->master, tty->said + tty->len, sizeof tty->said - 1 - tty->len);

        if (got <= 0) {
            break;
        }
        tty->len += (size_t)got;
        tty->said[tty->len] = '\0';
    }
    return strstr(tty->said, words) != NULL;
}

static bool has_ended(terminal *tty, int *ret_status)
{
    (void)has_come(tty, "");
    return waitpid(tty->pid, ret_status, WNOHANG) == tty->pid;
}

static bool echoes(const terminal *tty)
{
    struct termios mode;

    assert_int_equal(0, tcgetattr(tty->slave, &mode));
    return (mode.c_lflag & ECHO) != 0;
}

static void type(const terminal *tty, const char *text)
{
    assert_int_equal(strlen(text), write(tty->master, text, strlen(text)));
}

/* Read until it has ended, including all of its output: text written after that comes last. @return its status. */
static int end_at_terminal(terminal *tty)
{
    static const char end[] = "<end of the test>";
    int status = 0;

    WAIT_UNTIL(has_ended(tty, &status));
    tty->pid = -1;
    assert_int_equal(strlen(end), write(tty->slave, end, strlen(end)));
    WAIT_UNTIL(has_come(tty, end));
    return status;
}

static void close_terminal(const terminal *tty)
{
    (void)close(tty->master);
    (void)close(tty->slave);
}

#define LIST_AT_PROMPT WORDS(P11CERT_PROGRAM, "list", "--token", "servers", "--pin-source", "prompt")

static void a_pin_typed_at_the_prompt_is_not_shown(void **state)
{
    terminal tty = start_at_terminal(LIST_AT_PROMPT);

    (void)state;
    WAIT_UNTIL(has_come(&tty, "PIN of token \"servers\": "));
    assert_false(echoes(&tty));
    type(&tty, CANARY "\n");
    int status = end_at_terminal(&tty);

    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
    assert_true(echoes(&tty));
    assert_null(strstr(tty.said, CANARY));
    assert_non_null(strstr(tty.said, "token \"servers\"\r\n"));
    close_terminal(&tty);
}

static void a_wrong_pin_at_the_prompt_is_not_asked_for_again(void **state)
{
    terminal tty = start_at_terminal(LIST_AT_PROMPT);

    (void)state;
    WAIT_UNTIL(has_come(&tty, "PIN of token \"servers\": "));
    type(&tty, "not-the-pin\n");
    int status = end_at_terminal(&tty);

    assert_true(WIFEXITED(status));
    assert_int_equal(5, WEXITSTATUS(status));
    assert_int_equal(1, count_of(tty.said, "PIN of token"));
    assert_non_null(strstr(tty.said, "CKR_PIN_INCORRECT"));
    assert_null(strstr(tty.said, "not-the-pin"));
    assert_true(echoes(&tty));
    close_terminal(&tty);
}

static void interrupting_the_prompt_restores_the_terminal(void **state)
{
    terminal tty = start_at_terminal(LIST_AT_PROMPT);

    (void)state;
    WAIT_UNTIL(has_come(&tty, "PIN of token \"servers\": "));
    assert_false(echoes(&tty));
    WAIT_UNTIL(is_blocked_in(tty.pid, SYS_ppoll));
    type(&tty, "half"
               "\003");
    int status = end_at_terminal(&tty);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(SIGINT, WTERMSIG(status));
    assert_true(echoes(&tty));
    assert_null(strstr(tty.said, "half"));
    close_terminal(&tty);
}

static void an_empty_line_at_the_prompt_is_not_tried(void **state)
{
    terminal tty = start_at_terminal(LIST_AT_PROMPT);

    (void)state;
    WAIT_UNTIL(has_come(&tty, "PIN of token \"servers\": "));
    type(&tty, "\n");
    int status = end_at_terminal(&tty);

    assert_int_equal(5, WEXITSTATUS(status));
    assert_non_null(strstr(tty.said, "no login was attempted"));
    close_terminal(&tty);
}

static void new_pins_that_differ_make_no_token(void **state)
{
    terminal tty = start_at_terminal(
        WORDS(P11CERT_PROGRAM, "init", "typed", "--pin-source", "prompt", "--so-pin-source", "file:so.pin"));

    (void)state;
    WAIT_UNTIL(has_come(&tty, "user PIN: "));
    type(&tty, CANARY "\n");
    WAIT_UNTIL(has_come(&tty, "user PIN, once more: "));
    type(&tty, CANARY "x\n");
    int status = end_at_terminal(&tty);

    assert_int_equal(5, WEXITSTATUS(status));
    assert_non_null(strstr(tty.said, "differ"));
    assert_null(strstr(tty.said, CANARY));
    close_terminal(&tty);
    expect_exit(P11CERT("list", "--token", "typed", "--pin-source", "file:user.pin"), 4);
}

/* The old PIN once, the new one twice; then an old one that is right, and entries that differ. */
static void a_pin_is_changed_at_the_prompt(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "pin", "--token", "servers", NULL };
    static const char *const again[] = { "canary-8620-xq", "canary-8620-xz" };

    (void)state;
    for (size_t i = 0; i < sizeof again / sizeof *again; i++) {
        terminal tty = start_at_terminal(words);

        WAIT_UNTIL(has_come(&tty, "PIN of token \"servers\": "));
        type(&tty, i == 0 ? CANARY "\n" : "canary-8620-xq\n");
        WAIT_UNTIL(has_come(&tty, "new user PIN of token \"servers\": "));
        type(&tty, "canary-8620-xq\n");
        WAIT_UNTIL(has_come(&tty, "new user PIN of token \"servers\", once more: "));
        type(&tty, again[i]);
        type(&tty, "\n");
        int status = end_at_terminal(&tty);

        assert_int_equal(i == 0 ? 0 : 5, WEXITSTATUS(status));
        assert_non_null(strstr(tty.said, i == 0 ? "changed the user PIN" : "differ"));
        assert_null(strstr(tty.said, "canary"));
        close_terminal(&tty);
    }
    file_write("typed.pin", "canary-8620-xq\n", 0600);
    expect_exit(P11CERT("pin", "--token", "servers", "--pin-source", "file:typed.pin", "--new-pin-source",
                        "file:user.pin"),
                0);
}

static void a_key_is_retired_only_if_its_label_is_typed(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "retire",       "--token",       "servers", "--key",
                                  "typed",         "--pin-source", "file:user.pin", NULL };
    static const char *const answers[] = { "\n", "yes\n", "typed\n" };

    (void)state;
    expect_exit(P11CERT("new", "--token", "servers", "--pin-source", "file:user.pin", "--subject", "CN=typed",
                        "--label", "typed", "--key-type", "ec-p256", "--force", "--out", "made/typed.req"),
                0);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        bool is_right = i == 2;
        terminal tty = start_at_terminal(words);

        WAIT_UNTIL(has_come(&tty, "type the label of the key to destroy the objects listed: "));
        assert_non_null(strstr(tty.said, "to go    private key \"typed\""));
        type(&tty, answers[i]);
        assert_int_equal(is_right ? 0 : 8, WEXITSTATUS(end_at_terminal(&tty)));
        assert_non_null(strstr(tty.said, is_right ? "destroyed, and not found in a new session" : "not confirmed"));
        close_terminal(&tty);
    }
}

static void without_a_terminal_the_prompt_says_so(void **state)
{
    (void)state;
    expect_golden(RUN("setsid", "--wait", P11CERT_PROGRAM, "list", "--token", "servers"), 5, "secrets-no-terminal");
}

/* Each secret has its own option, and an error about the secret must name that option. */
static void without_a_terminal_each_secret_names_its_own_option(void **state)
{
    static const struct {
        const char *words[16];
        const char *secret;
        const char *option;
    } rows[] = {
        { { "list", "--token", "servers" }, "PIN of token \"servers\"", "--pin-source" },
        { { "init", "fresh", "--pin-source", "file:user.pin" }, "Security Officer's PIN", "--so-pin-source" },
        { { "init", "fresh", "--so-pin-source", "file:so.pin" }, "user PIN", "--pin-source" },
        { { "submit", "made/a.req", "--token", "servers", "--pin-source", "file:user.pin", "--ca",
            "https://localhost:1/certsrv", "--auth", "basic", "--user", "alice", "--out", "made/new.cer" },
          "password of \"alice\" at the CA",
          "--password-source" },
        { { "check", "made/none.pfx", "--password-source", "prompt", "--no-token" }, "password", "--password-source" },
    };

    (void)state;
    (void)out_of(WORDS("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-keyout",
                       "made/none.key", "-out", "made/none.cer"));
    (void)out_of(WORDS("openssl", "pkcs12", "-export", "-inkey", "made/none.key", "-in", "made/none.cer", "-out",
                       "made/none.pfx", "-passout", "pass:none"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[20] = { "setsid", "--wait", P11CERT_PROGRAM };
        char hint[64];

        for (size_t j = 0; rows[i].words[j]; j++) {
            words[3 + j] = rows[i].words[j];
        }
        const run_result *result = run_words(words);

        (void)snprintf(hint, sizeof hint, "hint:    give %s ", rows[i].option);
        expect_exit(result, 5);
        expect_contains(result, result->err, rows[i].secret);
        expect_contains(result, result->err, hint);
    }
}

static void an_error_about_a_pin_on_the_command_line_names_the_right_option(void **state)
{
    const run_result *result = P11CERT("init", "fresh", "--so-pin", CANARY);

    (void)state;
    expect_exit(result, 2);
    expect_silence_about_the_pin(result);
    expect_contains(result, result->err, ": --so-pin-source prompt, ");
    result = P11CERT("list", "--pin", CANARY);
    expect_exit(result, 2);
    expect_contains(result, result->err, ": --pin-source prompt, ");
}

/* The verbs as the overview lists them, so that none is forgotten. @return how many. */
static size_t list_verbs(char verbs[][32], size_t most)
{
    const run_result *overview = P11CERT("help");
    size_t count = 0;

    for (const char *line = overview->out; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        char verb[32] = "";

        if (sscanf(line, "  %31[a-z-]", verb) == 1 && line[2] != ' ' && count < most) {
            (void)snprintf(verbs[count++], 32, "%s", verb);
        }
    }
    return count;
}

#define URI_WITH_PIN "pkcs11:token=servers?pin-value=" CANARY

/* Wherever an operator may put such a URI: instead of a file, a key, a module, a duration, a name, a folder. */
static void a_pin_value_in_a_uri_is_repeated_by_no_verb(void **state)
{
    static const char *const places[] = { NULL,        "--token",  "--module", "--key",     "--expiring", "--out",
                                          "--ca",      "--cert",   "--label",  "--subject", "--dns",      "--policy",
                                          "--fqdn",    "--chain",  "--html",   "--due",     "--csv",      "--folder",
                                          "--profile", "--signer", "--record" };
    char verbs[40][32];
    size_t count = list_verbs(verbs, 40);

    (void)state;
    assert_in_range(count, 15, 40);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
            const char *words[] = { P11CERT_PROGRAM, verbs[i], places[j] ? places[j] : URI_WITH_PIN,
                                    places[j] ? URI_WITH_PIN : NULL, NULL };
            const char *json[] = { P11CERT_PROGRAM,
                                   verbs[i],
                                   "--json",
                                   places[j] ? places[j] : URI_WITH_PIN,
                                   places[j] ? URI_WITH_PIN : NULL,
                                   NULL };

            expect_silence_about_the_pin(run_words(words));
            expect_silence_about_the_pin(run_words(json));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pin_is_in_nothing_that_is_printed),
        cmocka_unit_test(the_pin_is_in_no_file_but_its_own),
        cmocka_unit_test(a_wrong_pin_is_not_repeated),
        cmocka_unit_test(the_pin_is_not_seen_from_outside_while_it_runs),
        cmocka_unit_test(a_pin_typed_at_the_prompt_is_not_shown),
        cmocka_unit_test(a_wrong_pin_at_the_prompt_is_not_asked_for_again),
        cmocka_unit_test(interrupting_the_prompt_restores_the_terminal),
        cmocka_unit_test(an_empty_line_at_the_prompt_is_not_tried),
        cmocka_unit_test(new_pins_that_differ_make_no_token),
        cmocka_unit_test(a_pin_is_changed_at_the_prompt),
        cmocka_unit_test(a_key_is_retired_only_if_its_label_is_typed),
        cmocka_unit_test(without_a_terminal_the_prompt_says_so),
        cmocka_unit_test(without_a_terminal_each_secret_names_its_own_option),
        cmocka_unit_test(a_pin_value_in_a_uri_is_repeated_by_no_verb),
        cmocka_unit_test(an_error_about_a_pin_on_the_command_line_names_the_right_option),
    };

    return RUN_ON_SOFTHSM(tests, make_world, world_remove);
}
