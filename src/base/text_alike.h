/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_TEXT_ALIKE_H
#define PC_BASE_TEXT_ALIKE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * The letter or digit that stands for all characters that look like this one: Latin letters without accents and in
 * lower case, with i for l, I and 1 and o for 0; those Greek and Cyrillic letters that look like one of them; other
 * Greek and Cyrillic letters in lower case. 0 for what a name can have or not have: spaces, punctuation and accents.
 * Any other character stands for itself.
 */
uint32_t pc_text_likeness(uint32_t point);

/** Can people take one name for the other? They then differ at most in what pc_text_likeness does not distinguish. */
bool pc_text_alike(const char *left, const char *right);

#endif
