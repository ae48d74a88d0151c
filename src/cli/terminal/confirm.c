/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal/confirm.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(terminal, FILE, (void)fclose);

static bool is_typed(FILE *terminal, const char *word)
{
    PC_AUTO(free) char *line = NULL;
    size_t room = 0;
    ssize_t len = getline(&line, &room, terminal);

    if (len > 0 && line[len - 1] == '\n') {
        line[--len] = '\0';
    }
    return len >= 0 && strcmp(line, word) == 0;
}

pc_status pc_confirm_word(const char *question, const char *word, pc_error *err)
{
    PC_AUTO(terminal) FILE *terminal = fopen("/dev/tty", "r+e");

    if (!terminal) {
        (void)pc_fail(err, PC_E_REFUSED, "there is no terminal at which to confirm; nothing was done");
        return pc_hint(err, PC_E_REFUSED, "--dry-run shows what would be done, and --yes does it without asking");
    }
    (void)fprintf(terminal, "%s: ", question);
    (void)fflush(terminal);
    return is_typed(terminal, word) ? PC_OK : pc_fail(err, PC_E_REFUSED, "not confirmed; nothing was done");
}
