/* SPDX-License-Identifier: Apache-2.0 */
#include "base/standard_output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Descriptor 1 belongs to the whole process, and so does this state. */
static struct {
    pthread_mutex_t mutex;
    bool is_guarded;
    unsigned open_modules;
    int kept; /* where standard output leads, while a module is open; else -1 */
} state = { .mutex = PTHREAD_MUTEX_INITIALIZER, .kept = -1 };

bool pc_standard_descriptors_occupy(void)
{
    /* Opened the wrong way, it makes reading and writing fail, as on the closed descriptor. */
    static const int modes[] = { [STDIN_FILENO] = O_WRONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY };

    for (int fd = 0; fd < (int)PC_COUNT(modes); fd++) {
        /* open() gives the lowest number that is free, and those below are taken. */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) { /* NOLINT(android-cloexec-open) */
            return false;
        }
    }
    return true;
}

void pc_standard_output_guard(void)
{
    state.is_guarded = true;
}

/* Without standard error, the module's text is lost, as it would be without this redirection. */
static bool lead_to_standard_error(void)
{
    if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        return true;
    }
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    bool is_done = nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0;

    if (nowhere >= 0) {
        (void)close(nowhere);
    }
    return is_done;
}

void pc_standard_output_lend(void)
{
    (void)pthread_mutex_lock(&state.mutex);
    if (state.is_guarded && state.open_modules++ == 0) {
        /* A failure stays recorded in the stream, and is reported when the program ends. */
        (void)fflush(stdout);
        /* Above the descriptors that a user may name in a PIN source. */
        state.kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
        if (state.kept >= 0 && !lead_to_standard_error()) {
            (void)close(state.kept);
            state.kept = -1;
        }
    }
    (void)pthread_mutex_unlock(&state.mutex);
}

void pc_standard_output_return(void)
{
    (void)pthread_mutex_lock(&state.mutex);
    if (state.is_guarded && state.open_modules && --state.open_modules == 0 && state.kept >= 0) {
        (void)fflush(stdout);
        (void)dup2(state.kept, STDOUT_FILENO);
        (void)close(state.kept);
        state.kept = -1;
    }
    (void)pthread_mutex_unlock(&state.mutex);
}

int pc_standard_output_descriptor(void)
{
    return state.kept >= 0 ? state.kept : STDOUT_FILENO;
}

int pc_standard_output_line(const char *line)
{
    return dprintf(pc_standard_output_descriptor(), "%s\n", line) < 0 ? errno : 0;
}

bool pc_standard_output_is_path(const char *path)
{
    static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };

    for (size_t i = 0; i < PC_COUNT(names); i++) {
        if (strcmp(path, names[i]) == 0) {
            return true;
        }
    }
    return false;
}
