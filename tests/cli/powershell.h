/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_TESTS_CLI_POWERSHELL_H
#define P11CERT_TESTS_CLI_POWERSHELL_H

#include <stddef.h>

/**
 * A reader of PowerShell's outermost grammar (about_Quoting_Rules, about_Comments): strings, comments and brackets. No
 * PowerShell runs where these tests do.
 */

/** Fail unless every string and comment ends, and every bracket is closed by its own kind. */
void powershell_expect_sound(const char *script);

/**
 * The text after NAME = in single quotes, as PowerShell would read it, at the first place that is neither in a string
 * nor in a comment. Fails the test if there is none. Returns out.
 */
const char *powershell_literal(const char *script, const char *name, char *out, size_t out_size);

#endif
