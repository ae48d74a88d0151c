/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WORD_LEN   5u
#define WORD_COUNT (PC_SHA256_LEN / 2)

static const char consonants[] = "bdfghjklmnprstvz";
static const char vowels[] = "aiou";

/* The bits of a 16-bit word that each letter encodes: the shift, and the set of letters. */
static const struct {
    unsigned shift;
    const char *letters;
    unsigned mask;
} letters[WORD_LEN] = {
    { 12, consonants, 15 }, { 10, vowels, 3 }, { 6, consonants, 15 }, { 4, vowels, 3 }, { 0, consonants, 15 },
};

void pc_head_to_text(const pc_head *head, char out[static PC_HEAD_TEXT])
{
    char hex[PC_SHA256_TEXT] = "";

    pc_sha256_to_hex(&head->digest, hex);
    (void)snprintf(out, PC_HEAD_TEXT, "p11cert-ceremony-head-1\nmode %.16s\nlines %" PRId64 "\nsha256 %s\n", head->mode,
                   head->count, hex);
}

void pc_digest_to_words(const pc_sha256 *digest, char out[static PC_WORDS_TEXT])
{
    for (size_t i = 0; i < WORD_COUNT; i++) {
        const unsigned bits = (unsigned)digest->bytes[2 * i] << 8 | digest->bytes[2 * i + 1];

        for (size_t j = 0; j < WORD_LEN; j++) {
            *out++ = letters[j].letters[bits >> letters[j].shift & letters[j].mask];
        }
        *out++ = i + 1 < WORD_COUNT ? ' ' : '\0';
    }
}

static bool read_word(const char *word, unsigned *ret_bits)
{
    unsigned bits = 0;

    for (size_t j = 0; j < WORD_LEN; j++) {
        const char letter = pc_to_lower(word[j]);
        const char *place = letter ? strchr(letters[j].letters, letter) : NULL;

        if (!place) {
            return false;
        }
        bits |= (unsigned)(place - letters[j].letters) << letters[j].shift;
    }
    *ret_bits = bits;
    return true;
}

bool pc_digest_from_words(const char *words, pc_sha256 *ret_digest)
{
    for (size_t i = 0; i < WORD_COUNT; i++, words += WORD_LEN + 1) {
        unsigned bits = 0;

        if (!read_word(words, &bits)) {
            return false;
        }
        const char after = words[WORD_LEN];

        if (i + 1 < WORD_COUNT ? after != ' ' && after != '-' : after != '\0') {
            return false;
        }
        ret_digest->bytes[2 * i] = (uint8_t)(bits >> 8);
        ret_digest->bytes[2 * i + 1] = (uint8_t)(bits & 0xff);
    }
    return true;
}
