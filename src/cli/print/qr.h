/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CLI_QR_H
#define PC_CLI_QR_H

#include <stdio.h>

/**
 * Print a text as a QR code (ISO/IEC 18004) for a terminal with a dark background, two rows of modules in a line.
 * Nothing is printed if it cannot be made. The terminal must show UTF-8.
 */
void pc_print_qr(FILE *out, const char *text);

#endif
