/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <p11cert/secret.h>

#include "base/standard_output.h"
#include "cli/cli.h"
#include "cli/print/error_text.h"
#include "cli/print/output.h"
#include "cli/terminal/prompt.h"

/* The leak checker of a sanitizer build must be able to look into this process. */
#if defined(__SANITIZE_ADDRESS__)
#define GUARD_PROCESS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARD_PROCESS 0
#endif
#endif
#ifndef GUARD_PROCESS
#define GUARD_PROCESS 1
#endif

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org */
    const char *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0;
}

int main(int argc, char **argv)
{
    if (!pc_standard_descriptors_occupy()) {
        (void)fputs("p11cert: standard input, output or error is closed, and /dev/null cannot be opened in its place\n"
                    "  hint:    run it with all three open; nothing was done\n",
                    stderr);
        return pc_status_exit_code(PC_E_IO);
    }
    pc_cli cli = { .colour = wants_colour(), .access = { .prompt = pc_prompt_terminal, .warn = pc_print_warning } };
    const char **words = calloc((size_t)argc + 1, sizeof *words);

    if (!words || (GUARD_PROCESS && pc_secret_guard_process(&cli.err) != PC_OK)) {
        pc_print_error(&cli);
        free(words);
        return pc_status_exit_code(PC_E_INTERNAL);
    }
    for (int i = 0; i < argc; i++) {
        words[i] = argv[i];
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write that fails, which is reported */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a file that becomes too large (RLIMIT_FSIZE) */
    pc_standard_output_guard();
    int exit_code = pc_cli_run(&cli, argc, words);

    /* Modules stay loaded until the process ends, and may print at that time. */
    pc_standard_output_lend();
    pc_cli_clear(&cli);
    free(words);
    return exit_code;
}
