/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_OUTWARD_H
#define PC_BASE_OUTWARD_H

#include "base/arena.h"

/**
 * Filters that every text passes before it leaves the program, whatever its source: one for characters that change how
 * a terminal shows the text around them, and one for PINs.
 */

/**
 * Replace the value of each pin-value attribute (RFC 7512) in a text by asterisks, in place. It ends at '&', a quote, a
 * backslash or the end of the line, since an operator may not have percent-encoded it. The text gets no longer.
 */
void pc_outward_hide_pins(char *text);

/**
 * A JSON text in which harmful characters (pc_text_is_harmful) are written as \uXXXX, and PINs are hidden. It has the
 * same meaning except for the PINs.
 *
 * @param json  valid UTF-8, as jansson writes it
 * @return owned by the caller, free; NULL when out of memory.
 */
char *pc_outward_json(const char *json);

#endif
