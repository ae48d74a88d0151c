/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_WIDTH_H
#define PC_CLI_WIDTH_H

#include <stdio.h>

/** Columns of a terminal, and of text on it. */

/** Columns of the terminal that a stream goes to, at least 40 and at most 120; 100 if it goes elsewhere. */
unsigned pc_width_of_stream(FILE *out);

/** Columns of text as pc_print_safe prints it: wide characters take two columns, combining ones none, escapes four per
 * byte. */
size_t pc_width_of(const char *text, size_t len);

/** The number of bytes of the text that fit into a number of columns, whole characters only. */
size_t pc_width_fitting(const char *text, size_t len, size_t columns);

#endif
