/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SHOW_TEXT_H
#define PC_APP_SHOW_TEXT_H

#include <p11cert/show.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * Write attributes and extensions as indented lines, in the style of OpenSSL's own output.
 * @return false when out of memory.
 */
bool pc_show_write_parts(BIO *out, const pc_shown *shown);

/** The text written, escaped line by line, in the arena. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_show_take_text(BIO *out, pc_arena *arena, const char **ret_text, pc_error *err);

#endif
