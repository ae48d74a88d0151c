/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p11cert-pages FOLDER: writes VERB-synopsis.scd and VERB-options.scd of each verb, for the man pages, and
 * p11cert-cases.bash, for the completion in bash.
 */
#include <string.h>

#include "base/cleanup.h"
#include "cli/pages/pages.h"

typedef void (*page_writer)(FILE *out, const pc_command *command);

static bool write_file(const char *folder, const char *name, page_writer write, const pc_command *command)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = len > 0 && (size_t)len < sizeof path ? fopen(path, "we") : NULL;

    if (!out) {
        (void)fprintf(stderr, "p11cert-pages: cannot write \"%s\" in \"%s\"\n", name, folder);
        return false;
    }
    write(out, command);
    bool is_whole = !ferror(out);

    return fclose(out) == 0 && is_whole;
}

static void write_bash(FILE *out, const pc_command *command)
{
    (void)command;
    pc_bash_write(out);
}

static bool write_verb(const char *folder, const pc_command *command)
{
    char synopsis[64];
    char options[64];

    (void)snprintf(synopsis, sizeof synopsis, "%s-synopsis.scd", command->verb);
    (void)snprintf(options, sizeof options, "%s-options.scd", command->verb);
    return write_file(folder, synopsis, pc_man_write_synopsis, command) &&
           write_file(folder, options, pc_man_write_options, command);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: p11cert-pages FOLDER\n");
        return 2;
    }
    for (size_t i = 0; pc_commands[i]; i++) {
        if (!write_verb(argv[1], pc_commands[i])) {
            return 1;
        }
    }
    return write_file(argv[1], "p11cert-cases.bash", write_bash, NULL) ? 0 : 1;
}
