/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_COLOUR_H
#define PC_CLI_COLOUR_H

#include <stdio.h>

#include "cli/cli.h"

/** The colours of verdicts and states, in every verb. A colour only repeats what the word says. */
typedef enum {
    PC_COLOUR_NONE,
    PC_COLOUR_GOOD,    /**< as it should be, or done */
    PC_COLOUR_BAD,     /**< failed, refused, or remains though it should not */
    PC_COLOUR_WARNING, /**< needs attention, or something is still to be done */
    PC_COLOUR_OTHER,   /**< is different on purpose: waived, mapped, a note */
    PC_COLOUR_FAINT,   /**< has no effect, or was not checked */
} pc_colour;

/** Print a word, in its colour if that is wanted. @param width columns; the blanks that fill them have no colour. 0:
 * none */
void pc_print_word(FILE *out, bool is_coloured, pc_colour colour, int width, const char *word);

/** The same in colour if `cli->colour` says so, and if it goes to standard output. */
void pc_print_state(const pc_cli *cli, FILE *out, pc_colour colour, int width, const char *word);

#endif
