/* SPDX-License-Identifier: Apache-2.0 */
#include "app/renew/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Variables through which a PIN or password could be found, and those that are set again, by the start of their
 * names. */
static const char *const withheld[] = {
    "P11CERT_PIN_SOURCE=", "P11CERT_SO_PIN_SOURCE=", "P11CERT_PASSWORD", "P11CERT_RENEWED_", "CREDENTIALS_DIRECTORY=",
};

static bool is_withheld(const char *entry, const pc_hook_variable *variables, size_t count)
{
    size_t len = strcspn(entry, "=");

    for (size_t i = 0; i < count; i++) {
        if (variables[i].name && strlen(variables[i].name) == len && strncmp(entry, variables[i].name, len) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < PC_COUNT(withheld); i++) {
        if (strncmp(entry, withheld[i], strlen(withheld[i])) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status make_environment(const pc_hook_variable *variables, size_t count, pc_arena *arena, char ***ret_entries,
                                  pc_error *err)
{
    char **entries = NULL;
    size_t used = 0;

    for (char **each = environ; *each; each++) {
        if (is_withheld(*each, variables, count)) {
            continue;
        }
        char **slot = PC_PUSH(arena, entries, used);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = *each;
    }
    for (size_t i = 0; i <= count; i++) {
        if (i < count && (!variables[i].name || !variables[i].value)) {
            continue;
        }
        char **slot = PC_PUSH(arena, entries, used);

        if (!slot || (i < count && !(*slot = pc_arena_format(arena, "%s=%s", variables[i].name, variables[i].value)))) {
            return pc_fail_memory(err);
        }
    }
    *ret_entries = entries; /* the last one is NULL */
    return PC_OK;
}

static int start(const char *command, char **entries, pid_t *ret_pid)
{
    char *const words[] = { (char[]){ "sh" }, (char[]){ "-c" }, strdup(command), NULL };
    posix_spawn_file_actions_t actions;
    int failed = words[2] ? posix_spawn_file_actions_init(&actions) : ENOMEM;

    if (failed) {
        free(words[2]);
        return failed;
    }
    failed = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    failed = failed ? failed : posix_spawn(ret_pid, "/bin/sh", &actions, NULL, words, entries);
    (void)posix_spawn_file_actions_destroy(&actions);
    free(words[2]);
    return failed;
}

pc_status pc_hook_run(const char *command, const pc_hook_variable *variables, size_t count, int *ret_exit,
                      pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char **entries = NULL;
    pid_t pid = 0;
    int how = 0;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(make_environment(variables, count, arena, &entries, err));
    int failed = start(command, entries, &pid);

    if (failed) {
        return pc_fail_errno(err, PC_E_IO, failed, "the command \"%s\" could not be started", command);
    }
    while (waitpid(pid, &how, 0) < 0) {
        if (errno != EINTR) {
            return pc_fail_errno(err, PC_E_IO, errno, "it is not known how the command \"%s\" ended", command);
        }
    }
    *ret_exit = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
    return PC_OK;
}
