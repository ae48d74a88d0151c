/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/linter.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process.h"
#include "base/text.h"

#define MOST_OUTPUT  ((size_t)16 * 1024) /* bytes */
#define LIMIT_MSEC   60000
#define SIGNAL_EXITS 128

/** A file that is removed at the end of the run. */
typedef struct {
    char path[64];
    int fd;
} temporary;

static void temporary_clear(temporary *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd);
        (void)unlink(file->path);
        file->fd = -1;
    }
}
PC_AUTO_DEFINE_VALUE(temporary, temporary, temporary_clear);

static pc_status make_temporary(temporary *file, pc_error *err)
{
    file->fd = mkostemp(file->path, O_CLOEXEC);
    return file->fd >= 0 ? PC_OK
                         : pc_fail_errno(err, PC_E_IO, errno, "no temporary file for the linter could be created");
}

static pc_status split(const char *command, const char *last, pc_arena *arena, char ***ret_words, pc_error *err)
{
    char *copy = pc_arena_string(arena, command);
    char **words = NULL;
    size_t count = 0;
    char *rest = NULL;

    if (!copy) {
        return pc_fail_memory(err);
    }
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char **slot = PC_PUSH(arena, words, count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = word;
    }
    if (!count) {
        return pc_fail(err, PC_E_USAGE, "a linter is a program, with its arguments: zlint -pretty");
    }
    char **path = PC_PUSH(arena, words, count);
    char *text = pc_arena_string(arena, last);

    if (!path || !text || !PC_PUSH(arena, words, count)) {
        return pc_fail_memory(err);
    }
    words[count - 2] = text;
    *ret_words = words; /* the last one is NULL */
    return PC_OK;
}

/* Nothing from which a PIN could be found. */
static pc_status choose_environment(pc_arena *arena, char ***ret_entries, pc_error *err)
{
    static const char *const names[] = { "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL" };
    char **entries = pc_arena_alloc(arena, (PC_COUNT(names) + 1) * sizeof *entries);
    size_t count = 0;

    for (size_t i = 0; entries && i < PC_COUNT(names); i++) {
        const char *value = getenv(names[i]);

        if (value && !(entries[count++] = pc_arena_format(arena, "%s=%s", names[i], value))) {
            return pc_fail_memory(err);
        }
    }
    *ret_entries = entries;
    return entries ? PC_OK : pc_fail_memory(err);
}

static int start(char *const *words, char *const *entries, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed) {
        return failed;
    }
    failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    failed = failed ? failed : posix_spawnp(ret_pid, words[0], &actions, NULL, words, entries);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static pc_status await_end(const char *command, pid_t pid, int *ret_how, pc_error *err)
{
    const pc_process_state state = pc_process_await(pid, LIMIT_MSEC, ret_how);

    if (state == PC_PROCESS_UNKNOWN) {
        return pc_fail_errno(err, PC_E_IO, errno, "it is not known how the linter \"%s\" ended", command);
    }
    if (state == PC_PROCESS_RUNS) {
        pc_process_end(pid);
        return pc_fail(err, PC_E_IO, "the linter \"%s\" did not end within a minute", command);
    }
    return PC_OK;
}

static pc_status read_output(int fd, pc_arena *arena, const char **ret_output, pc_error *err)
{
    char text[MOST_OUTPUT];
    ssize_t len = pread(fd, text, sizeof text, 0);

    len -= len > 0 && text[len - 1] == '\n';
    *ret_output = len >= 0 ? pc_text_escape(arena, text, (size_t)len) : NULL;
    return *ret_output ? PC_OK : pc_fail_memory(err);
}

static pc_status run_words(const char *command, char *const *words, pc_arena *arena, pc_linter_run_result *run,
                           pc_error *err)
{
    PC_AUTO(temporary) temporary output = { .path = "/tmp/p11cert-lint-XXXXXX", .fd = -1 };
    char **entries = NULL;
    pid_t pid = 0;
    int how = 0;

    PC_TRY(make_temporary(&output, err));
    PC_TRY(choose_environment(arena, &entries, err));
    int failed = start(words, entries, output.fd, &pid);

    if (failed) {
        return pc_fail_errno(err, failed == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, failed,
                             "the linter \"%s\" could not be started", command);
    }
    PC_TRY(await_end(command, pid, &how, err));
    run->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : SIGNAL_EXITS + WTERMSIG(how);
    return read_output(output.fd, arena, &run->output, err);
}

pc_status pc_linter_run(const char *command, const char *pem, pc_arena *arena, pc_linter_run_result *ret_run,
                        pc_error *err)
{
    PC_AUTO(temporary) temporary certificate = { .path = "/tmp/p11cert-lint-XXXXXX", .fd = -1 };
    pc_linter_run_result run = { .command = pc_arena_string(arena, command) };
    char **words = NULL;
    size_t len = strlen(pem);

    PC_TRY(make_temporary(&certificate, err));
    if (write(certificate.fd, pem, len) != (ssize_t)len) {
        return pc_fail_errno(err, PC_E_IO, errno, "the certificate could not be written for the linter \"%s\"",
                             command);
    }
    PC_TRY(split(command, certificate.path, arena, &words, err));
    PC_TRY(run_words(command, words, arena, &run, err));
    *ret_run = run;
    return run.command ? PC_OK : pc_fail_memory(err);
}
