/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_NEAREST_H
#define PC_BASE_NEAREST_H

#include <stddef.h>

/**
 * The known word that a misspelt one is nearest to, for "did you mean", found by offering each known word in turn. One
 * rule for the whole program: half the letters of the shorter one may differ, and two in any case, but not all.
 */
typedef struct {
    const char *word;
    const char *best; /**< NULL while none is near enough to be meant */
    size_t distance;
} pc_nearest;

/** Nothing offered yet. `word` is borrowed. */
pc_nearest pc_nearest_to(const char *word);

/** Consider one known word; borrowed. The first of equally near ones stays. */
void pc_nearest_offer(pc_nearest *nearest, const char *candidate);

#endif
