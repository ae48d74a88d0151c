/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_TEXT_H
#define PC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

/** Locale-independent character classes: input files must be read the same everywhere. */
bool pc_is_space(char c); /**< space or tab */
bool pc_is_digit(char c);
bool pc_is_alnum(char c);
char pc_to_lower(char c); /**< ASCII only */

/** Compare as Windows compares INF keys and attribute names: ASCII letters, ignoring case. */
bool pc_text_equal(const char *a, const char *b);
bool pc_text_equal_n(const char *a, size_t a_len, const char *b);
bool pc_text_starts(const char *text, const char *prefix); /**< ignoring case */

/** The first occurrence of the non-empty words in `len` arbitrary bytes, ignoring case; NULL if none. */
const char *pc_text_find(const char *text, size_t len, const char *words);

/** A borrowed piece of text, not NUL-terminated. */
typedef struct {
    const char *start;
    size_t len;
} pc_span;

pc_span pc_span_of(const char *text);
pc_span pc_span_trim(pc_span span);                 /**< without spaces and tabs at both ends */
bool pc_span_equal(pc_span span, const char *text); /**< ignoring case */

/** Is it valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? Empty text is. */
bool pc_text_is_utf8(const char *text, size_t len);

/** The code point at text, with its length in bytes in *ret_len; 0 and 1 if it is not UTF-8 (RFC 3629). */
uint32_t pc_text_decode(const char *text, size_t len, size_t *ret_len);

/**
 * Can this character change how the text around it is displayed, or is it not seen? Controls, line and paragraph
 * separators, bidirectional marks, and what Unicode calls default ignorable (DerivedCoreProperties.txt, version 15.0),
 * such as zero-width characters, the soft hyphen and fillers.
 */
bool pc_text_is_harmful(uint32_t point);

/** How many bytes, from the first, are printable ASCII. Nearly all of a report is, and needs no decoding. */
size_t pc_text_plain_len(const char *text, size_t len);

/**
 * The same for a comment, of which only the display matters: not the characters that merely choose the shape of the one
 * before them or join it to the next (variation selectors, zero-width joiners), as emoji and Persian words have them.
 */
bool pc_text_is_harmful_in_comment(uint32_t point);

/**
 * The first harmful character of UTF-8 text, except those in `allowed` (ASCII); 0 if there is none. What people review
 * and p11cert then signs or writes must not contain any: it would not be what they saw.
 */
uint32_t pc_text_find_harmful(pc_span text, const char *allowed);

/** What a harmful character does, for the number that pc_text_find_harmful returns. */
#define PC_TEXT_HARMFUL "the character U+%04X, which is not seen, or changes how others are seen"

/**
 * Copy text so that it is safe on a terminal, in a log and in an error: C0 and C1 controls, DEL, bidirectional
 * overrides and bytes that are not UTF-8 become \xNN (each byte), and the value of a pin-value is hidden
 * (pc_outward_hide_pins). Always ends with NUL; text that does not fit is truncated at a character boundary and ends in
 * "...".
 */
void pc_text_escape_into(const char *text, size_t len, char *out, size_t out_size);

/** The same into an arena, of any length. NULL when out of memory. */
char *pc_text_escape(pc_arena *arena, const char *text, size_t len);

/** Lower-case hex of bytes, with `separator` between them unless it is '\0'. NULL when out of memory. */
char *pc_text_hex(pc_arena *arena, pc_bytes bytes, char separator);

/**
 * Read hex digits; spaces, colons and dashes between bytes are skipped. Returns the bytes in the arena and their count
 * in ret_len, or NULL if the text is not hex or when out of memory.
 */
uint8_t *pc_text_from_hex(pc_arena *arena, const char *text, size_t *ret_len);

/**
 * Read a whole number, decimal or 0x-hex; spaces around it are allowed.
 * @return false if there is anything else, or it is over `max`; *ret_value is then unchanged.
 */
bool pc_text_to_number(const char *text, unsigned long max, unsigned long *ret_value);

#define PC_TIME_TEXT 40 /**< bytes, room for any time */

/** A time as 2027-11-22T21:00:00Z. @return false, with nothing written, if the year is out of range. */
bool pc_text_time(int64_t sec, char out[static PC_TIME_TEXT]);

/**
 * The reverse: 2027-11-22T21:00:00Z, or 2027-11-22, which is the day's first second (UTC).
 * @return false if it is anything else, or a day that does not exist; *ret_sec is then unchanged.
 */
bool pc_text_to_time(const char *text, int64_t *ret_sec);

/** Is the text a dotted object identifier that DER can encode ("1.3.6.1.5.5.7.3.1")? ITU-T X.660. */
bool pc_text_is_oid(const char *text);

/** Levenshtein distance ignoring case, for "did you mean"; SIZE_MAX for texts over 63 characters. */
size_t pc_text_distance(const char *a, const char *b);

#endif
