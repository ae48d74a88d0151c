/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_TEXT_SCRIPT_H
#define PC_BASE_TEXT_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/** A word with letters of two scripts. */
typedef struct {
    pc_span word;
    uint32_t points[2];     /**< the first letter of each script */
    const char *scripts[2]; /**< "Latin" */
} pc_text_mixture;

/**
 * The name of the letter's script, if it is one of those that share the shapes of letters: Latin, Greek, Cyrillic,
 * Coptic, Armenian, Georgian, Cherokee, Lisu and Deseret (Scripts.txt of Unicode 15.0, whole blocks), and the
 * mathematical alphabets. NULL for anything else, such as digits, accents, and scripts that look like no other.
 */
const char *pc_text_script(uint32_t point);

/**
 * Find a word of UTF-8 text with letters of two such scripts, as "C\u043Entoso" has: it looks like another word
 * (Unicode Technical Standard 39, section 5.1). A word ends at each space and punctuation mark, so that
 * "PIN-\u043A\u043E\u0434" is two.
 * @return false, with nothing written, if there is none.
 */
bool pc_text_find_mixture(pc_span text, pc_text_mixture *ret_mixture);

#endif
