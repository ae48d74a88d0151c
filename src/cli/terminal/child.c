/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/child.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

extern char **environ;

static const int endings[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* The parent process may have made it ignore a signal, for the child as well: nohup(1). */
static bool ends_this_program(int number, const sigset_t *blocked)
{
    struct sigaction current;

    return sigismember(blocked, number) == 0 && sigaction(number, NULL, &current) == 0 && current.sa_handler != SIG_IGN;
}

void pc_child_signals_hold(pc_child_signals *ret_signals)
{
    (void)sigprocmask(SIG_SETMASK, NULL, &ret_signals->before);
    (void)sigemptyset(&ret_signals->held);
    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        if (ends_this_program(endings[i], &ret_signals->before)) {
            (void)sigaddset(&ret_signals->held, endings[i]);
        }
    }
    (void)sigaddset(&ret_signals->held, SIGCHLD);
    (void)signal(SIGCHLD, SIG_DFL); /* if it were ignored, the exit code of the child would be lost */
    (void)sigprocmask(SIG_BLOCK, &ret_signals->held, NULL);
}

bool pc_child_signals_pending(const pc_child_signals *signals)
{
    sigset_t pending;

    (void)sigpending(&pending);
    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        if (sigismember(&signals->held, endings[i]) == 1 && sigismember(&pending, endings[i]) == 1) {
            return true;
        }
    }
    return false;
}

void pc_child_signals_release(const pc_child_signals *signals)
{
    (void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

/* Signals as this program inherited them: only main ignores SIGPIPE and SIGXFSZ, and none is blocked. */
static int start(const char *const *words, const pc_child_signals *signals, pid_t *ret_pid)
{
    union {
        const char *const *given;
        char *const *pointer;
    } arguments = { .given = words }; /* posix_spawnp is not const-clean, and does not write */
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int failed = posix_spawnattr_init(&attributes);

    if (failed) {
        return failed;
    }
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)sigaddset(&defaults, SIGXFSZ);
    failed = posix_spawnattr_setsigdefault(&attributes, &defaults);
    failed = failed ? failed : posix_spawnattr_setsigmask(&attributes, &signals->before);
    failed = failed ? failed : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    failed = failed ? failed : posix_spawnp(ret_pid, words[0], NULL, &attributes, arguments.pointer, environ);
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

static void pass_on(pid_t pid, const siginfo_t *info, bool is_shell)
{
    bool is_from_terminal = info->si_code == SI_KERNEL && info->si_signo != SIGHUP;

    if (is_from_terminal) {
        return; /* Ctrl-C and Ctrl-\ go to the whole foreground group; SIGHUP may go only to the leader of the session
                 */
    }
    (void)kill(pid, info->si_signo);
    if (is_shell && info->si_signo == SIGTERM) {
        (void)kill(pid, SIGHUP);
    }
    (void)kill(pid, SIGCONT); /* a stopped process handles signals only when it continues */
}

/* `suspend` hands the terminal back to the shell that runs this program, which must see it stopped. */
static void stop_alike(pid_t pid)
{
    (void)raise(SIGSTOP);
    (void)kill(pid, SIGCONT);
}

static bool has_ended(pid_t pid, bool is_shell, int *ret_how)
{
    int how = 0;

    while (waitpid(pid, &how, WNOHANG | WUNTRACED) == pid) {
        if (!WIFSTOPPED(how)) {
            *ret_how = how;
            return true;
        }
        if (is_shell) {
            stop_alike(pid);
        }
    }
    return false;
}

pc_status pc_child_run(const char *const *words, bool is_shell, const pc_child_signals *signals, int *ret_how,
                       pc_error *err)
{
    pid_t pid = 0;
    int failed = start(words, signals, &pid);

    if (failed) {
        return pc_fail_errno(err, failed == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, failed, "cannot run \"%s\"", words[0]);
    }
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(&signals->held, &info);

        if (number == SIGCHLD && has_ended(pid, is_shell, ret_how)) {
            return PC_OK;
        }
        if (number > 0 && number != SIGCHLD) {
            pass_on(pid, &info, is_shell);
        }
    }
}

int pc_child_exit_code(int how)
{
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

void pc_child_end_alike(int how)
{
    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        if (WIFSIGNALED(how) && WTERMSIG(how) == endings[i]) {
            (void)signal(endings[i], SIG_DFL);
            (void)raise(endings[i]);
        }
    }
}
