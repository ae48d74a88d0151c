/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "must.h"

pc_status run_new(const pc_new_order *order, const pc_token_access *access, pc_new_key_origin *ret_origin,
                  pc_error *err)
{
    pc_new_plan *plan = NULL;
    pc_new_result *result = NULL;
    pc_status status = pc_new_prepare(order, &plan, err);

    if (status == PC_OK) {
        status = pc_new_run(plan, access, &result, err);
    }
    if (result && ret_origin) {
        *ret_origin = result->origin;
    }
    pc_new_result_free(result);
    pc_new_plan_free(plan);
    return status;
}

const char *error_text(const pc_error *err, char *out, size_t out_size)
{
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = err->frame_count; i-- > 0 && at < out_size;) {
        at += (size_t)snprintf(out + at, out_size - at, "%s\n", err->frames[i]);
    }
    if (at < out_size) {
        (void)snprintf(out + at, out_size - at, "%s\n", err->hint);
    }
    return out;
}

bool error_says(const pc_error *err, const char *words)
{
    char text[PC_ERROR_TEXT * (PC_ERROR_FRAMES + 1)];

    return strstr(error_text(err, text, sizeof text), words) != NULL;
}

static void become(const char *const argv[], int out)
{
    union {
        const char *const *given;
        char *const *pointer;
    } arguments = { .given = argv }; /* execvp is not const-clean, and does not write */

    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execvp(argv[0], arguments.pointer);
    _exit(127);
}

int run_program(const char *const argv[], char *out, size_t out_size)
{
    int ends[2];
    int status = 0;
    size_t at = 0;
    ssize_t got = 0;

    MUST(pipe(ends) == 0);
    pid_t child = fork();

    MUST(child >= 0);
    if (child == 0) {
        become(argv, ends[1]);
    }
    (void)close(ends[1]);
    while (at + 1 < out_size && (got = read(ends[0], out + at, out_size - 1 - at)) > 0) {
        at += (size_t)got;
    }
    out[at] = '\0';
    (void)close(ends[0]);
    MUST(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
