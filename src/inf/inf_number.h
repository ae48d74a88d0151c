/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_INF_NUMBER_H
#define PC_INF_INF_NUMBER_H

#include "base/text.h"

/** A name that stands for bits in a value, such as CERT_CRL_SIGN_KEY_USAGE. */
typedef struct {
    const char *name;
    unsigned long bits;
} pc_inf_symbol;

typedef struct {
    const pc_inf_symbol *items;
    size_t count;
    unsigned long mask; /**< bits that a number may have */
} pc_inf_symbols;

/**
 * Read bits as INF files write them: decimal, 0x-hex, negative decimal (as 32 bits), and symbols without
 * case, joined by '|' with or without blanks.
 *
 * @param ret_bad  the first word that is none of them, borrowed from text; set on failure only
 */
bool pc_inf_to_bits(const char *text, const pc_inf_symbols *symbols, unsigned long *ret_bits, pc_span *ret_bad);

/** The symbol nearest to a misspelt word, or NULL. */
const char *pc_inf_nearest_symbol(pc_span word, const pc_inf_symbols *symbols);

#endif
