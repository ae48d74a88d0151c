/* SPDX-License-Identifier: Apache-2.0 */
/* p11cert sandbox: a private token for one command, its environment, and nothing left of it, however the command ends.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#define NOBODY       "65534"
#define SANDBOX(...) P11CERT("sandbox", __VA_ARGS__)
#define SHELL(...)   P11CERT("sandbox", "sh", "-c", __VA_ARGS__)

/* Folders of sandboxes are made in TMPDIR, which is "there": what is left in it was left behind. */
static int make_world(void **state)
{
    char path[128];

    (void)world_new(state);
    assert_int_equal(0, mkdir("there", 0700));
    (void)snprintf(path, sizeof path, "%s/there", world_folder());
    assert_int_equal(0, setenv("TMPDIR", path, 1));
    assert_int_equal(0, setenv("P11CERT", P11CERT_PROGRAM, 1));
    assert_int_equal(0, unsetenv("P11CERT_PIN_SOURCE"));
    return 0;
}

static void expect_nothing_left(void)
{
    assert_string_equal("", out_of(WORDS("ls", "-A", "there")));
}

/* ---- the command's environment ---- */

static void the_command_has_a_token_that_works(void **state)
{
    (void)state;
    const run_result *result = SHELL("$P11CERT new --subject CN=a --key-type ec-p256 --out - && $P11CERT list");

    expect_exit(result, 0);
    expect_contains(result, result->out, "-----BEGIN CERTIFICATE REQUEST-----");
    expect_contains(result, result->out, "token \"sandbox\"\n\nkey \"a\"");
    expect_nothing_left();
}

static void other_programs_find_the_token_too(void **state)
{
    (void)state;
    const run_result *result = SANDBOX("--label", "mine", "softhsm2-util", "--show-slots");

    expect_exit(result, 0);
    assert_int_equal(1, count_of(result->out, "Label:            mine"));
}

static void the_environment_leads_only_to_the_token(void **state)
{
    (void)state;
    assert_int_equal(0, setenv("P11CERT_MODULE_INIT_ARGS", "of another module", 1));
    const run_result *result =
        SHELL("env | grep -E '^(SOFTHSM2|P11CERT_)' | grep -vE '^P11CERT_(TEST_RUN|SIGNER|LOCK|SWEEP_[A-Z]*)=' | sed "
              "\"s,$P11CERT_SANDBOX,<SANDBOX>,\" | sort");

    assert_int_equal(0, unsetenv("P11CERT_MODULE_INIT_ARGS"));
    expect_exit(result, 0);
    assert_string_equal("P11CERT_MODULE=" SOFTHSM "\n"
                        "P11CERT_PIN_SOURCE=file:<SANDBOX>/user.pin\n"
                        "P11CERT_SANDBOX=<SANDBOX>\n"
                        "P11CERT_TOKEN=sandbox\n"
                        "SOFTHSM2_CONF=<SANDBOX>/softhsm2.conf\n",
                        result->out);
}

static void everything_in_it_is_accessible_only_to_the_user(void **state)
{
    (void)state;
    mode_t before = umask(0);
    const run_result *result =
        SHELL("cd \"$P11CERT_SANDBOX\" && stat -c '%a %n' . * && find . -type f -perm /077; cmp so.pin user.pin");

    (void)umask(before);
    expect_exit(result, 1); /* of cmp: two different PINs */
    expect_contains(result, result->out,
                    "700 .\n600 so.pin\n600 softhsm2.conf\n700 tokens\n600 user.pin\nso.pin user.pin differ");
}

static void a_further_token_can_be_made_in_it(void **state)
{
    (void)state;
    expect_exit(SHELL("$P11CERT init ca --so-pin-source file:$P11CERT_SANDBOX/so.pin && $P11CERT list --token ca"), 0);
}

static void options_of_the_command_are_its_own(void **state)
{
    (void)state;
    const run_result *result = SANDBOX("echo", "--label", "--json", "--keep", "--", "--help");

    expect_exit(result, 0);
    assert_string_equal("--label --json --keep -- --help\n", result->out);
    result = SANDBOX("--", "echo", "-n", "x");
    expect_exit(result, 0);
    assert_string_equal("x", result->out);
}

static void the_command_reads_and_writes_as_if_it_ran_alone(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "sandbox", "sh", "-c", "cat; cat <&3; echo problem >&2", NULL };

    (void)state;
    file_write("in", "first\n", 0644);
    file_write("third", "second\n", 0644);
    const run_result *result = run_order_now(&(run_order){ .words = words, .in = "in", .fd3 = "third" });

    expect_exit(result, 0);
    assert_string_equal("first\nsecond\n", result->out);
    assert_string_equal("problem\n", result->err);
}

/* main ignores SIGPIPE; a command that inherited that would not notice that its reader has gone. */
static void the_command_has_the_signals_that_p11cert_found(void **state)
{
    (void)state;
    const run_result *result = SHELL("grep -E 'Sig(Blk|Ign)' /proc/self/status");
    const run_result *plain = RUN("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status");

    expect_exit(result, 0);
    assert_string_equal(plain->out, result->out);
}

/* ---- exit codes ---- */

static void the_exit_code_is_the_commands(void **state)
{
    static const int codes[] = { 0, 1, 2, 6, 100, 125, 255 };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char line[32];

        (void)snprintf(line, sizeof line, "exit %d", codes[i]);
        const run_result *result = SHELL(line);

        expect_exit(result, codes[i]);
        assert_string_equal("", result->err);
        expect_nothing_left();
    }
}

static void failures_of_the_sandbox_have_their_own_codes(void **state)
{
    static const struct {
        const char *words[8];
        int exit_code;
        const char *says;
    } rows[] = {
        { { "sandbox", "no-such-program" }, 127, "cannot run \"no-such-program\": No such file or directory" },
        { { "sandbox", "./no-program" }, 126, "cannot run \"./no-program\": Permission denied" },
        { { "sandbox", "--frobnicate", "true" }, 125, "--frobnicate: unknown option" },
        { { "sandbox", "--label", "", "true" }, 125, "the value of --label is empty" },
        { { "sandbox", "--label", "123456789012345678901234567890123", "true" }, 125, "1 to 32 bytes" },
        { { "sandbox", "--label", "pkcs11:token=x", "true" }, 125, "would be read as a URI" },
        { { "sandbox", "--folder", "tokens", "true" }, 125, "\"tokens\" exists" },
        { { "sandbox", "--folder", "none/such", "true" }, 125, "cannot create the folder \"none/such\": No such file" },
        { { "sandbox", "--folder", "a#b", "true" }, 125, "SoftHSM's configuration cannot express the path" },
        { { "sandbox", "--keep", "no-such-program" }, 127, "cannot run" },
    };
    const char *before = folder_listing();

    (void)state;
    file_write("no-program", "x", 0644);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words[12] = { P11CERT_PROGRAM };

        for (size_t j = 0; rows[i].words[j]; j++) {
            words[1 + j] = rows[i].words[j];
        }
        const run_result *result = run_words(words);

        expect_exit(result, rows[i].exit_code);
        expect_contains(result, result->err, rows[i].says);
        assert_string_equal("", result->out);
        expect_nothing_left();
    }
    assert_int_equal(0, unlink("no-program"));
    assert_string_equal(before, folder_listing());
}

static void a_failure_of_its_own_can_be_json(void **state)
{
    (void)state;
    const run_result *result = SANDBOX("--json", "--folder", "tokens", "true");

    expect_exit(result, 125);
    expect_contains(result, result->out, "\"status\": \"refused\"");
    assert_string_equal("", result->err);
}

/* No file may grow to even one byte, as on a full disk. */
static void a_partial_result_is_removed_again(void **state)
{
    (void)state;
    const run_result *result =
        RUN("sh", "-c",
            "{ (ulimit -f 0; trap '' XFSZ; exec \"$P11CERT\" sandbox true); echo \"code $?\"; } 2>&1 | cat");

    expect_contains(result, result->out, "the sandbox was not created");
    expect_contains(result, result->out, "code 125\n");
    expect_nothing_left();
}

static void what_cannot_be_removed_is_named(void **state)
{
    (void)state;
    /* Another folder in its place belongs to somebody else. */
    const run_result *result =
        SHELL("mv \"$P11CERT_SANDBOX\" gone && mkdir \"$P11CERT_SANDBOX\" && touch \"$P11CERT_SANDBOX/precious\"");

    expect_exit(result, 125);
    expect_contains(result, result->err, "is no longer the folder of the sandbox, and was not removed");
    expect_exit(RUN("sh", "-c", "rm there/*/precious && rmdir there/* && rm -r gone"), 0);
    result = SHELL("mv \"$P11CERT_SANDBOX\" gone && mkdir \"$P11CERT_SANDBOX\"; exit 3");
    expect_exit(result, 3); /* how the command failed is not hidden */
    expect_contains(result, result->err, "was not removed");
    expect_exit(RUN("sh", "-c", "rmdir there/* && rm -r gone"), 0);
}

/* Links lead out of the folder, and are removed as links. */
static void nothing_outside_is_removed(void **state)
{
    (void)state;
    expect_exit(RUN("sh", "-c", "mkdir outside && touch outside/file"), 0);
    expect_exit(SHELL("ln -s \"$PWD/outside\" \"$P11CERT_SANDBOX/link\" && mkdir -p \"$P11CERT_SANDBOX/a/b/c\""), 0);
    expect_nothing_left();
    assert_true(file_exists("outside/file"));
    expect_exit(RUN("rm", "-r", "outside"), 0);
    expect_exit(SHELL("rm -r \"$P11CERT_SANDBOX\""), 0); /* if it has already been removed, that is not a failure */
}

/* ---- --keep ---- */

static void a_kept_sandbox_can_be_reopened(void **state)
{
    (void)state;
    const run_result *result =
        RUN("sh", "-c",
            "eval \"$(\"$P11CERT\" sandbox --keep --folder \"it's kept\" --label k sh -c '$P11CERT new --subject CN=a "
            "--key-type ec-p256 --out a.req >&2')\" && cd / && \"$P11CERT\" list");

    expect_exit(result, 0);
    expect_contains(result, result->out, "token \"k\"\n\nkey \"a\"");
    expect_exit(RUN("rm", "-r", "it's kept", "a.req"), 0);
    expect_nothing_left();
}

static void keep_prints_how_to_return(void **state)
{
    (void)state;
    expect_golden(SANDBOX("--keep", "--folder", "kept", "true"), 0, "sandbox-keep");
    expect_exit(RUN("rm", "-r", "kept"), 0);
    expect_golden(SANDBOX("--keep", "--folder", "kept", "--json", "true"), 0, "sandbox-keep-json");
    expect_exit(RUN("rm", "-r", "kept"), 0);
    const run_result *result = SANDBOX("--keep", "--folder", "kept", "false");

    expect_exit(result, 1);
    expect_contains(result, result->out, "export P11CERT_TOKEN='sandbox'\n");
    expect_exit(RUN("rm", "-r", "kept"), 0);
}

/* ---- several ---- */

static void a_sandbox_within_another_is_separate(void **state)
{
    (void)state;
    const run_result *result =
        SHELL("outer=$P11CERT_SANDBOX; $P11CERT sandbox --label inner sh -c '$P11CERT new --subject CN=b "
              "--key-type ec-p256 --out /dev/null --force; echo $P11CERT_SANDBOX'; test -d $outer && $P11CERT list");

    expect_exit(result, 0);
    expect_contains(result, result->out, "token \"sandbox\"\n    empty");
    expect_nothing_left();
}

static void two_at_once_do_not_meet(void **state)
{
    (void)state;
    const run_result *result = RUN("sh", "-c",
                                   "mkfifo one two\n"
                                   "\"$P11CERT\" sandbox sh -c 'echo $P11CERT_SANDBOX; echo >one; read go <two; "
                                   "softhsm2-util --show-slots | grep -c Label:.*sandbox' &\n"
                                   "\"$P11CERT\" sandbox sh -c 'echo $P11CERT_SANDBOX; read go <one; softhsm2-util "
                                   "--show-slots | grep -c Label:.*sandbox; echo >two'\n"
                                   "wait");

    expect_exit(result, 0);
    assert_int_equal(2, count_of(result->out, "/p11cert-sandbox-"));
    assert_int_equal(2, count_of(result->out, "\n1"));
    expect_nothing_left();
    expect_exit(RUN("rm", "one", "two"), 0);
}

/* ---- secrets ---- */

/* The PIN is read only from the PIN file, and the program that reads it is examined while it runs. */
static void no_pin_is_seen_in_any_process(void **state)
{
    (void)state;
    const run_result *result = SHELL(
        "for pin in so.pin user.pin; do\n"
        "  grep -q . \"$P11CERT_SANDBOX/$pin\" || exit 2\n"
        "  grep -l -a -F -f \"$P11CERT_SANDBOX/$pin\" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null && exit 3\n"
        "  cat \"$P11CERT_SANDBOX/$pin\" >>pins; echo >>pins\n"
        "done; exit 0");

    expect_exit(result, 0);
    result = SANDBOX("--keep", "--folder", "kept", "sh", "-c", "cat $P11CERT_SANDBOX/*.pin >pins");
    expect_exit(result, 0);
    const char *pins = file_read("pins", NULL);
    char pin[16] = "";

    assert_int_equal(1, sscanf(pins, "%15s", pin));
    expect_lacks(result, result->out, pin);
    expect_lacks(result, result->err, pin);
    expect_exit(RUN("rm", "-r", "kept", "pins"), 0);
}

/* ---- signals ---- */

/* A command that reports when it has started, so that nobody has to wait for a fixed time. */
#define READY "echo ready >fifo; "

static running start_and_wait(const run_order *order)
{
    char text[16] = "";

    assert_int_equal(0, mkfifo("fifo", 0600));
    running program = run_start(order);
    int fd = open("fifo", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(6, read(fd, text, 6));
    (void)close(fd);
    assert_int_equal(0, unlink("fifo"));
    return program;
}

static void a_signal_ends_command_and_sandbox(void **state)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        const char *const words[] = { P11CERT_PROGRAM, "sandbox", "sh", "-c", READY "exec sleep 600", NULL };
        const run_order order = { .words = words };
        running program = start_and_wait(&order);

        assert_int_equal(0, kill(program.pid, signals[i]));
        const run_result *result = run_finish(&program);

        assert_int_equal(signals[i], result->signal);
        expect_nothing_left();
    }
}

static void a_command_may_answer_a_signal_in_its_own_way(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM,
                                  "sandbox",
                                  "sh",
                                  "-c",
                                  "trap 'ls there; exit 9' TERM; " READY "while :; do sleep 0.05; done",
                                  NULL };
    const run_order order = { .words = words };
    running program = start_and_wait(&order);

    (void)state;
    assert_int_equal(0, kill(program.pid, SIGTERM));
    const run_result *result = run_finish(&program);

    expect_exit(result, 9);
    expect_contains(result, result->out, "p11cert-sandbox-"); /* it was there as long as the command */
    expect_nothing_left();
}

static void a_command_that_a_signal_ends_has_128_and_its_number(void **state)
{
    (void)state;
    expect_exit(SHELL("kill -KILL $$"), 137);
    expect_exit(SHELL("kill -SEGV $$"), 139);
    expect_nothing_left();
}

/* As `nohup p11cert sandbox` would be. */
static void a_signal_that_is_ignored_stays_ignored(void **state)
{
    const char *const words[] = { "sh", "-c",
                                  "trap '' HUP; exec \"$P11CERT\" sandbox sh -c '" READY "read go <go; exit 4'", NULL };
    const run_order order = { .words = words };

    (void)state;
    assert_int_equal(0, mkfifo("go", 0600));
    running program = start_and_wait(&order);

    assert_int_equal(0, kill(program.pid, SIGHUP));
    expect_exit(RUN("sh", "-c", "echo >go"), 0);
    expect_exit(run_finish(&program), 4);
    assert_int_equal(0, unlink("go"));
}

/* Sent as soon as the folder exists: the token has not been made yet, and its partial files are removed. */
static void a_signal_before_the_command_starts_leaves_nothing(void **state)
{
    const char *const words[] = { P11CERT_PROGRAM, "sandbox", "sleep", "600", NULL };
    const run_order order = { .words = words };
    char event[sizeof(struct inotify_event) + NAME_MAX + 1];

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        int watch = inotify_init1(IN_CLOEXEC);

        assert_true(inotify_add_watch(watch, "there", IN_CREATE) >= 0);
        running program = run_start(&order);

        assert_true(read(watch, event, sizeof event) > 0);
        assert_int_equal(0, kill(program.pid, SIGTERM));
        const run_result *result = run_finish(&program);

        (void)close(watch);
        assert_int_equal(SIGTERM, result->signal);
        expect_nothing_left();
    }
}

/* The parent process may block a signal; that must not prevent the command from running. */
static void a_signal_that_is_held_back_stays_held_back(void **state)
{
    sigset_t term;
    sigset_t before;

    (void)state;
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    assert_int_equal(0, sigprocmask(SIG_BLOCK, &term, &before));
    const run_result *result = SHELL("kill -TERM $$ $PPID; exit 6");

    assert_int_equal(0, sigprocmask(SIG_SETMASK, &before, NULL));
    expect_exit(result, 6);
    expect_nothing_left();
}

/* ---- at a terminal ---- */

typedef struct {
    pid_t pid;
    int master;
    char said[8192];
    size_t len;
} terminal;

static void start_at_terminal(terminal *tty, const char *const *words)
{
    char *argv[32] = { NULL };

    for (size_t i = 0; words[i]; i++) {
        argv[i] = strdup(words[i]);
    }
    tty->len = 0;
    tty->said[0] = '\0';
    tty->pid = forkpty(&tty->master, NULL, NULL, NULL);
    assert_true(tty->pid >= 0);
    if (tty->pid == 0) {
        (void)execv(argv[0], argv);
        _exit(127);
    }
    for (size_t i = 0; argv[i]; i++) {
        free(argv[i]);
    }
}

/* Until these words arrive, or no more can; a test that waits in vain is ended by ctest's time limit. */
static void listen_for(terminal *tty, const char *words)
{
    while (!strstr(tty->said, words)) {
        ssize_t got = read(tty->master, tty->said + tty->len, sizeof tty->said - 1 - tty->len);

        if (got <= 0) {
            fail_msg("it ended without \"%s\", after: %s", words, tty->said);
        }
        tty->len += (size_t)got;
        tty->said[tty->len] = '\0';
    }
}

static int end_at_terminal(terminal *tty)
{
    char rest[4096];
    int status = 0;

    while (read(tty->master, rest, sizeof rest) > 0) {
    }
    assert_int_equal(tty->pid, waitpid(tty->pid, &status, 0));
    (void)close(tty->master);
    return status;
}

static void type(const terminal *tty, const char *text)
{
    assert_int_equal(strlen(text), write(tty->master, text, strlen(text)));
}

#define PROMPT "at42> "

/* Not bash: whether it keeps input that is typed before its prompt depends on timing. */
static void start_shell(terminal *tty)
{
    assert_int_equal(0, setenv("SHELL", "/bin/sh", 1));
    assert_int_equal(0, setenv("PS1", "at$((6 * 7))> ", 1)); /* not the words that are typed */
    start_at_terminal(tty, WORDS(P11CERT_PROGRAM, "sandbox"));
    assert_int_equal(0, unsetenv("SHELL"));
    assert_int_equal(0, unsetenv("PS1"));
    listen_for(tty, "token \"sandbox\" in the folder ");
    listen_for(tty, "`exit` deletes both\r\n");
    listen_for(tty, PROMPT);
}

static void without_a_command_a_shell_is_run(void **state)
{
    terminal tty;

    (void)state;
    start_shell(&tty);
    type(&tty, "$P11CERT list; exit 5\n");
    listen_for(&tty, "token \"sandbox\"\r\n    empty");
    int status = end_at_terminal(&tty);

    assert_true(WIFEXITED(status));
    assert_int_equal(5, WEXITSTATUS(status));
    expect_nothing_left();
}

/* Ctrl-C is for what runs in the shell, not for the shell and its sandbox. */
static void ctrl_c_in_the_shell_leaves_the_sandbox_alone(void **state)
{
    terminal tty;

    (void)state;
    start_shell(&tty);
    type(&tty, "sh -c 'echo on; echo ready-$((40 + 2)); exec sleep 600'\n");
    listen_for(&tty, "ready-42");
    tty.len = 0;
    tty.said[0] = '\0';
    type(&tty, "\003");
    listen_for(&tty, PROMPT);
    type(&tty, "echo still-$((40 + 2)); test -d $P11CERT_SANDBOX && echo there-$((40 + 2)); exit\n");
    listen_for(&tty, "there-42");
    (void)end_at_terminal(&tty);
    expect_nothing_left();
}

static void ctrl_c_ends_a_command_and_its_sandbox(void **state)
{
    terminal tty;

    (void)state;
    start_at_terminal(&tty, WORDS(P11CERT_PROGRAM, "sandbox", "sh", "-c", "echo ready; exec sleep 600"));
    listen_for(&tty, "ready");
    type(&tty, "\003");
    int status = end_at_terminal(&tty);

    assert_true(WIFSIGNALED(status));
    assert_int_equal(SIGINT, WTERMSIG(status));
    expect_nothing_left();
}

/* `suspend` hands the terminal to the shell that the sandbox was started from, and `fg` takes it back. */
static void a_shell_that_suspends_itself_can_be_continued(void **state)
{
    terminal tty;

    (void)state;
    assert_int_equal(0, setenv("SHELL", "/bin/bash", 1));
    start_at_terminal(&tty, WORDS("/bin/bash", "--norc", "-i"));
    type(&tty, "$P11CERT sandbox\n");
    listen_for(&tty, "`exit` deletes both\r\n");
    type(&tty, "suspend\n");
    listen_for(&tty, "Stopped");
    type(&tty, "echo outer-$((40 + 2))-$P11CERT_SANDBOX-\n");
    listen_for(&tty, "outer-42--");
    type(&tty, "fg\n");
    type(&tty, "echo inner-$((40 + 2))-$P11CERT_SANDBOX-\n");
    listen_for(&tty, "inner-42-/");
    type(&tty, "exit\n");
    type(&tty, "exit 3\n");
    int status = end_at_terminal(&tty);

    assert_int_equal(0, unsetenv("SHELL"));
    assert_true(WIFEXITED(status));
    assert_int_equal(3, WEXITSTATUS(status));
    expect_nothing_left();
}

/* An interactive shell ignores SIGTERM, so it gets SIGHUP. */
static void sigterm_ends_a_shell_and_its_sandbox(void **state)
{
    terminal tty;

    (void)state;
    start_shell(&tty);
    type(&tty, "echo ready-$((40 + 2))\n");
    listen_for(&tty, "ready-42");
    assert_int_equal(0, kill(tty.pid, SIGTERM));
    int status = end_at_terminal(&tty);

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
    expect_nothing_left();
}

static void closing_the_terminal_ends_a_shell_and_its_sandbox(void **state)
{
    terminal tty;
    int status = 0;

    (void)state;
    start_shell(&tty);
    type(&tty, "echo ready-$((40 + 2))\n");
    listen_for(&tty, "ready-42");
    (void)close(tty.master);
    assert_int_equal(tty.pid, waitpid(tty.pid, &status, 0));
    expect_nothing_left();
}

/* ---- a user without privileges ---- */

static void a_new_user_without_privileges_has_a_token_at_once(void **state)
{
    const char *const words[] = {
        "setpriv",       "--reuid=" NOBODY, "--regid=" NOBODY, "--clear-groups", "env",    "-u",
        "SOFTHSM2_CONF", P11CERT_PROGRAM,   "sandbox",         P11CERT_PROGRAM,  "doctor", NULL
    };
    bool is_root = geteuid() == 0;

    (void)state;
    if (is_root && run_words(WORDS("setpriv", "--reuid=" NOBODY, "--regid=" NOBODY, "--clear-groups", "test", "-x",
                                   P11CERT_PROGRAM))
                           ->exit_code != 0) {
        print_message("[  NOTE    ] another user cannot reach %s: not tried\n", P11CERT_PROGRAM);
        skip();
    }
    assert_int_equal(0, chmod("there", 0777));
    assert_int_equal(0, chmod(".", 0755));
    const run_result *result = run_words(is_root ? words : words + 4);

    assert_int_equal(0, chmod(".", 0700));
    expect_exit(result, 0);
    expect_contains(result, result->out, "\"sandbox\", SoftHSM project");
    expect_nothing_left();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_command_has_a_token_that_works),
        cmocka_unit_test(other_programs_find_the_token_too),
        cmocka_unit_test(the_environment_leads_only_to_the_token),
        cmocka_unit_test(everything_in_it_is_accessible_only_to_the_user),
        cmocka_unit_test(a_further_token_can_be_made_in_it),
        cmocka_unit_test(options_of_the_command_are_its_own),
        cmocka_unit_test(the_command_reads_and_writes_as_if_it_ran_alone),
        cmocka_unit_test(the_command_has_the_signals_that_p11cert_found),
        cmocka_unit_test(the_exit_code_is_the_commands),
        cmocka_unit_test(failures_of_the_sandbox_have_their_own_codes),
        cmocka_unit_test(a_failure_of_its_own_can_be_json),
        cmocka_unit_test(a_partial_result_is_removed_again),
        cmocka_unit_test(what_cannot_be_removed_is_named),
        cmocka_unit_test(nothing_outside_is_removed),
        cmocka_unit_test(a_kept_sandbox_can_be_reopened),
        cmocka_unit_test(keep_prints_how_to_return),
        cmocka_unit_test(a_sandbox_within_another_is_separate),
        cmocka_unit_test(two_at_once_do_not_meet),
        cmocka_unit_test(no_pin_is_seen_in_any_process),
        cmocka_unit_test(a_signal_ends_command_and_sandbox),
        cmocka_unit_test(a_command_may_answer_a_signal_in_its_own_way),
        cmocka_unit_test(a_command_that_a_signal_ends_has_128_and_its_number),
        cmocka_unit_test(a_signal_that_is_ignored_stays_ignored),
        cmocka_unit_test(a_signal_before_the_command_starts_leaves_nothing),
        cmocka_unit_test(a_signal_that_is_held_back_stays_held_back),
        cmocka_unit_test(without_a_command_a_shell_is_run),
        cmocka_unit_test(ctrl_c_in_the_shell_leaves_the_sandbox_alone),
        cmocka_unit_test(ctrl_c_ends_a_command_and_its_sandbox),
        cmocka_unit_test(a_shell_that_suspends_itself_can_be_continued),
        cmocka_unit_test(sigterm_ends_a_shell_and_its_sandbox),
        cmocka_unit_test(closing_the_terminal_ends_a_shell_and_its_sandbox),
        cmocka_unit_test(a_new_user_without_privileges_has_a_token_at_once),
    };

    return cmocka_run_group_tests(tests, make_world, world_remove);
}
