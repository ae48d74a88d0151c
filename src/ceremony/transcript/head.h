/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_HEAD_H
#define PC_CEREMONY_TRANSCRIPT_HEAD_H

#include "ceremony/transcript/digest.h"

/** The value that represents a whole transcript: the SHA-256 of its last line. */
typedef struct {
    const char *mode; /**< as in the header */
    int64_t count;    /**< lines */
    pc_sha256 digest;
} pc_head;

#define PC_HEAD_TEXT 160u /**< bytes, room for any */

/**
 * The text that is signed (head.txt). It states its purpose, so that a signature on it cannot be mistaken for a
 * signature on something else:
 *
 *   p11cert-ceremony-head-1
 *   mode PRODUCTION
 *   lines 128
 *   sha256 64 hex digits
 */
void pc_head_to_text(const pc_head *head, char out[static PC_HEAD_TEXT]);

#define PC_WORDS_TEXT (16u * 6u) /**< bytes: 16 words of 5 letters, each with a space or the NUL after it */

/**
 * A SHA-256 as 16 words to be read aloud: proquints (D. Wilkerson, "A Proposal for Proquints", arXiv:0901.4016), each
 * of which spells 16 bits as consonant, vowel, consonant, vowel, consonant. They need no list of words.
 */
void pc_digest_to_words(const pc_sha256 *digest, char out[static PC_WORDS_TEXT]);

/** @return false unless the text is 16 such words with one space or "-" between them, in either case. */
bool pc_digest_from_words(const char *words, pc_sha256 *ret_digest);

#endif
