/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_ERROR_TEXT_H
#define PC_CLI_ERROR_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include <p11cert/error.h>

#include "cli/cli.h"

/**
 * The library's errors name a member of the order that it was given, in backquotes: `pin_source` (p11cert/error.h). An
 * operator uses options. Every error text of the library passes through here before it is printed; in any other text, a
 * word in backquotes is unchanged.
 */

/** Replace each such word that is an option of the program in place, by a form such as --pin-source, which has the same
 * length. */
void pc_name_options(char *text);

/** The same in a copy. @return owned by the caller, free; NULL for NULL, and when out of memory. */
char *pc_with_options_named(const char *text);

/** Print the error chain of the run: as text on standard error, with --json as JSON on standard output. */
void pc_print_error(const pc_cli *cli);

/** Print an error chain: the line that says what failed begins with `first`, those of the causes and the hint with
 * `indent`.
 */
void pc_print_error_chain(FILE *out, const char *first, const char *indent, const pc_error *err);

/** The frames of an error as JSON, from what failed to its cause. */
json_t *pc_json_because(const pc_error *err);

/** One error text as JSON; NULL gives JSON's null. */
json_t *pc_json_error_text(const char *text);

#endif
