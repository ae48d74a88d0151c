/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_PAGES_H
#define PC_CLI_PAGES_H

#include <stdio.h>

#include "cli/command.h"

/* Texts that are generated from the tables of the verbs when p11cert is built; not part of the program. */

/** The lines of a man page's SYNOPSIS, in scdoc(5). */
void pc_man_write_synopsis(FILE *out, const pc_command *command);

/** Its sections of options, headings included, in scdoc(5). */
void pc_man_write_options(FILE *out, const pc_command *command);

/** The options that verbs have in common, for p11cert(1). @param command  not used */
void pc_man_write_common(FILE *out, const pc_command *command);

/** The functions of cli/pages/p11cert.bash that depend on verbs and options. */
void pc_bash_write(FILE *out);

/** The same for cli/pages/p11cert.zsh. */
void pc_zsh_write(FILE *out);

/** The rules that follow cli/pages/p11cert.fish. */
void pc_fish_write(FILE *out);

#endif
