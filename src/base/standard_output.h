/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_STANDARD_OUTPUT_H
#define PC_BASE_STANDARD_OUTPUT_H

#include <stdbool.h>

/**
 * Standard output belongs to this program's results, but a PKCS#11 module runs in the same process and may print there.
 * While a module is open, descriptor 1 therefore leads to standard error, and the results are written to the descriptor
 * given here.
 */

/**
 * For a program, before it opens any file: where descriptor 0, 1 or 2 is closed, put one there that cannot be read (0)
 * or written (1), or that discards what is written (2). Otherwise the next file or lock that is opened would take the
 * number, and results, messages and what a module prints would end up in it.
 *
 * @return false if that is impossible, because /dev/null cannot be opened.
 */
bool pc_standard_descriptors_occupy(void);

/**
 * For a program whose standard output is a contract, at its start: from now on, pc_standard_output_lend takes effect.
 * A library must not redirect a descriptor of the process that uses it, so this is off by default.
 */
void pc_standard_output_guard(void);

/** A module is about to be loaded: what is in stdio's buffer is written, then descriptor 1 leads to standard error. */
void pc_standard_output_lend(void);

/** It is closed: what it left in stdio's buffer goes to standard error, then descriptor 1 leads back. */
void pc_standard_output_return(void);

/** The descriptor for results, whether or not a module is open. */
int pc_standard_output_descriptor(void);

/** Write a line of results there, bypassing stdio. @return 0, or an errno. */
int pc_standard_output_line(const char *line);

/** Does a path name standard output: "-", "/dev/stdout", "/dev/fd/1", …? */
bool pc_standard_output_is_path(const char *path);

#endif
