/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

pc_nearest pc_nearest_to(const char *word)
{
    return (pc_nearest){ .word = word, .best = NULL, .distance = SIZE_MAX };
}

void pc_nearest_offer(pc_nearest *nearest, const char *candidate)
{
    size_t len = strlen(candidate);
    size_t word_len = strlen(nearest->word);
    size_t shorter = len < word_len ? len : word_len;
    size_t limit = shorter / 2 > 2 ? shorter / 2 : 2;

    if (word_len > len + limit || len > word_len + limit) {
        return;
    }
    size_t distance = pc_text_distance(nearest->word, candidate);

    if (distance <= limit && distance < len && distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
