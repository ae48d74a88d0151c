/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p11cert-pages FOLDER: writes VERB-synopsis.scd and VERB-options.scd of each verb, for the man pages, and
 * p11cert-cases.bash, .zsh and .fish, for completion.
 */
#include <string.h>

#include "base/cleanup.h"
#include "cli/pages/pages.h"

static const struct {
    const char *name;
    void (*write)(FILE *out);
} completions[] = {
    { "p11cert-cases.bash", pc_bash_write },
    { "p11cert-cases.zsh", pc_zsh_write },
    { "p11cert-cases.fish", pc_fish_write },
};

static FILE *open_page(const char *folder, const char *name)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = len > 0 && (size_t)len < sizeof path ? fopen(path, "we") : NULL;

    if (!out) {
        (void)fprintf(stderr, "p11cert-pages: cannot write \"%s\" in \"%s\"\n", name, folder);
    }
    return out;
}

static bool close_page(FILE *out)
{
    bool is_whole = !ferror(out);

    return fclose(out) == 0 && is_whole;
}

static bool write_page(const char *folder, const char *name, void (*write)(FILE *out, const pc_command *command),
                       const pc_command *command)
{
    FILE *out = open_page(folder, name);

    if (out) {
        write(out, command);
    }
    return out && close_page(out);
}

static bool write_completion(const char *folder, size_t row)
{
    FILE *out = open_page(folder, completions[row].name);

    if (out) {
        completions[row].write(out);
    }
    return out && close_page(out);
}

static bool write_verb(const char *folder, const pc_command *command)
{
    char synopsis[64];
    char options[64];

    (void)snprintf(synopsis, sizeof synopsis, "%s-synopsis.scd", command->verb);
    (void)snprintf(options, sizeof options, "%s-options.scd", command->verb);
    return write_page(folder, synopsis, pc_man_write_synopsis, command) &&
           write_page(folder, options, pc_man_write_options, command);
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
    if (!write_page(argv[1], "common-options.scd", pc_man_write_common, NULL)) {
        return 1;
    }
    for (size_t i = 0; i < PC_COUNT(completions); i++) {
        if (!write_completion(argv[1], i)) {
            return 1;
        }
    }
    return 0;
}
