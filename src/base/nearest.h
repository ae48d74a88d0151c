/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_NEAREST_H
#define PC_BASE_NEAREST_H

#include <stddef.h>

/**
 * The known word closest to a misspelt one, for "did you mean". Pass each known word to pc_nearest_offer. One rule for
 * the whole program: half the letters of the shorter word may differ, or two if that is more, but never all.
 */
typedef struct {
    const char *word;
    const char *best; /**< NULL while no known word is close enough */
    size_t distance;
} pc_nearest;

/** Nothing offered yet. `word` is borrowed. */
pc_nearest pc_nearest_to(const char *word);

/** Consider one known word; borrowed. Of equally close words, the first is kept. */
void pc_nearest_offer(pc_nearest *nearest, const char *candidate);

#endif
