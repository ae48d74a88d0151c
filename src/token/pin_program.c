/* SPDX-License-Identifier: Apache-2.0 */
#include "token/pin_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/foreign.h"
#include "base/monotonic.h"
#include "base/process.h"

#define WORDS_MOST 16u

extern char **environ;

/** The words of a command, in a copy of its text. */
typedef struct {
    char *text;
    char *items[WORDS_MOST + 1]; /* ends with NULL */
} command_words;

static void command_words_clear(command_words *words)
{
    free(words->text);
}
PC_AUTO_DEFINE_VALUE(command_words, command_words, command_words_clear);

static pc_status split(const char *command, command_words *words, pc_error *err)
{
    char *rest = NULL;
    size_t count = 0;

    words->text = strdup(command);
    if (!words->text) {
        return pc_fail_memory(err);
    }
    for (char *word = strtok_r(words->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS_MOST) {
            return pc_fail(err, PC_E_USAGE, "the PIN source has more than %u words after the '|'", WORDS_MOST);
        }
        words->items[count++] = word;
    }
    if (count == 0 || words->items[0][0] != '/') {
        (void)pc_fail(err, PC_E_USAGE, "a PIN source with '|' requires the absolute path of a program");
        return pc_hint(err, PC_E_USAGE, "write |/path/of/program; no shell is involved, and PATH is not searched");
    }
    return PC_OK;
}

/* Whoever can change the program learns the PIN, or supplies another. */
static pc_status check_program(const char *path, pc_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno,
                             "cannot run the program \"%s\" of the PIN source", path);
    }
    if (pc_is_foreign(path, &info)) {
        (void)pc_fail(err, PC_E_REFUSED, "the program \"%s\" of the PIN source can be changed by others (mode %03o)",
                      path, (unsigned)(info.st_mode & 0777));
        return pc_hint(err, PC_E_REFUSED, "only root or you should own it and be able to write to it");
    }
    return PC_OK;
}

/* The program starts with signals as usual, whatever this process ignores or holds. */
static int start_with(const posix_spawn_file_actions_t *actions, char *const *words, pid_t *ret_pid)
{
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    int failed = posix_spawnattr_init(&attributes);

    if (failed) {
        return failed;
    }
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = failed ? failed : posix_spawnattr_setsigmask(&attributes, &none);
    failed = failed ? failed : posix_spawnattr_setsigdefault(&attributes, &all);
    failed = failed ? failed : posix_spawn(ret_pid, words[0], actions, &attributes, words, environ);
    (void)posix_spawnattr_destroy(&attributes);
    return failed;
}

static int start(char *const *words, int input, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed) {
        return failed;
    }
    failed = input < 0 ? posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
                       : posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    failed = failed ? failed : start_with(&actions, words, ret_pid);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Reads to the end of the output, until there is no more room, or until the time is up. @return false then. */
static bool read_answer(int fd, int limit_sec, pc_secret *pin)
{
    int64_t deadline = pc_monotonic_msec() + (int64_t)limit_sec * 1000;
    size_t len = 0;

    while (len < pc_secret_size(pin)) {
        struct pollfd output = { .fd = fd, .events = POLLIN };
        int64_t left = deadline - pc_monotonic_msec();
        int ready = left > 0 ? poll(&output, 1, (int)left) : 0;

        if (ready == 0) {
            return false;
        }
        if (ready < 0 && errno == EINTR) {
            continue; /* a read would wait without end */
        }
        ssize_t got = read(fd, pc_secret_bytes(pin) + len, pc_secret_size(pin) - len);

        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    pc_secret_set_len(pin, len);
    return true;
}

/* The exit code is part of the answer, so a program that does not end has not answered. */
static pc_status wait_for(pid_t pid, const char *program, pc_error *err)
{
    int how = 0;
    const pc_process_state state = pc_process_await(pid, (int64_t)PC_PIN_END_SEC * 1000, &how);

    if (state == PC_PROCESS_UNKNOWN) {
        return pc_fail_errno(err, PC_E_IO, errno, "it is not known how the program \"%s\" ended", program);
    }
    if (state == PC_PROCESS_RUNS) {
        pc_process_end(pid);
        (void)pc_fail(err, PC_E_AUTH,
                      "the program \"%s\" of the PIN source closed its output, did not end within %d seconds, and was "
                      "ended",
                      program, PC_PIN_END_SEC);
        return pc_hint(err, PC_E_AUTH, "the PIN is used once the program has ended with exit code 0");
    }
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) {
        return PC_OK;
    }
    return WIFEXITED(how) ? pc_fail(err, PC_E_AUTH, "the program \"%s\" of the PIN source exited with code %d", program,
                                    WEXITSTATUS(how))
                          : pc_fail(err, PC_E_AUTH, "the program \"%s\" of the PIN source was ended by signal %d",
                                    program, WTERMSIG(how));
}

/** A program that runs, and where its answer comes from. */
typedef struct {
    const char *path;
    pid_t pid;
    int output;
    int limit_sec;
} running_program;

static pc_status take_answer(const running_program *program, pc_secret *pin, pc_error *err)
{
    if (!read_answer(program->output, program->limit_sec, pin)) {
        pc_process_end(program->pid);
        return pc_fail(err, PC_E_AUTH,
                       "the program \"%s\" of the PIN source did not answer within %d seconds, and was ended",
                       program->path, program->limit_sec);
    }
    if (pc_secret_len(pin) == pc_secret_size(pin)) {
        pc_process_end(program->pid); /* it may go on forever; the caller refuses what is too long */
        return PC_OK;
    }
    return wait_for(program->pid, program->path, err);
}

pc_status pc_pin_program_start(char *const *words, int input, int output, pid_t *ret_pid, pc_error *err)
{
    pid_t pid = 0;

    PC_TRY(check_program(words[0], err));
    int failed = start(words, input, output, &pid);

    if (failed) {
        return pc_fail_errno(err, PC_E_IO, failed, "cannot run the program \"%s\" of the PIN source", words[0]);
    }
    *ret_pid = pid;
    return PC_OK;
}

pc_status pc_pin_program_read(char *const *words, int limit_sec, pc_secret *pin, pc_error *err)
{
    int ends[2];
    running_program program = { .path = words[0], .limit_sec = limit_sec };

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot make a pipe");
    }
    program.output = ends[0];
    pc_status status = pc_pin_program_start(words, -1, ends[1], &program.pid, err);

    (void)close(ends[1]);
    if (status == PC_OK) {
        status = take_answer(&program, pin, err);
    }
    (void)close(ends[0]);
    return status;
}

pc_status pc_pin_program_run(const char *command, pc_secret *pin, pc_error *err)
{
    PC_AUTO(command_words) command_words words = { .text = NULL };

    PC_TRY(split(command, &words, err));
    return pc_pin_program_read(words.items, PC_PIN_PROGRAM_SEC, pin, err);
}
