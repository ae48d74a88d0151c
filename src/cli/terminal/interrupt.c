/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/unfinished.h"

void pc_interrupt_remove_unfinished(void)
{
    static const char words[] = "p11cert: interrupted; the unfinished folder was removed, and nothing is left of it\n";

    if (pc_unfinished_remove()) {
        ssize_t ignored = write(STDERR_FILENO, words, sizeof words - 1);

        (void)ignored;
    }
}

static void clean_up(int number)
{
    pc_interrupt_remove_unfinished();
    (void)raise(number); /* SA_RESETHAND: the default action, once this handler has returned */
}

void pc_interrupt_clean_up(void)
{
    static const int endings[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = clean_up, .sa_flags = (int)SA_RESETHAND };
    struct sigaction present;

    (void)sigemptyset(&action.sa_mask);
    for (unsigned i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (sigaction(endings[i], NULL, &present) == 0 && present.sa_handler != SIG_IGN) {
            (void)sigaction(endings[i], &action, NULL);
        }
    }
}
