/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_TEXT_H
#define PC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

/** Locale-free character classes: input files must read alike everywhere. */
bool pc_is_space(char c); /**< blank or tab */
bool pc_is_digit(char c);
bool pc_is_alnum(char c);
char pc_to_lower(char c); /**< ASCII only */

/** Compare as Windows compares INF keys and attribute names: ASCII letters without case. */
bool pc_text_equal(const char *a, const char *b);
bool pc_text_equal_n(const char *a, size_t a_len, const char *b);
bool pc_text_starts(const char *text, const char *prefix); /**< without case */

/** Where the words, which are not empty, first stand in `len` bytes of any kind, without case; NULL if nowhere. */
const char *pc_text_find(const char *text, size_t len, const char *words);

/** A borrowed piece of text, not NUL-terminated. */
typedef struct {
    const char *at;
    size_t len;
} pc_span;

pc_span pc_span_of(const char *text);
pc_span pc_span_trim(pc_span span);                 /**< without blanks and tabs at both ends */
bool pc_span_equal(pc_span span, const char *text); /**< without case */

/** Is it UTF-8 throughout (RFC 3629: no surrogates, no overlong forms)? Empty text is. */
bool pc_text_is_utf8(const char *text, size_t len);

/**
 * Copy text so that it is safe on a terminal, in a log and in an error: C0 and C1 controls, DEL,
 * bidirectional overrides and bytes that are not UTF-8 become \xNN (each byte). Always ends with
 * NUL; what does not fit is cut at a character boundary and ends in "...".
 */
void pc_text_escape_into(const char *text, size_t len, char *out, size_t out_size);

/** The same into an arena, of any length. NULL when out of memory. */
char *pc_text_escape(pc_arena *arena, const char *text, size_t len);

/** Lower-case hex of bytes, with `separator` between them unless it is '\0'. NULL when out of memory. */
char *pc_text_hex(pc_arena *arena, pc_bytes bytes, char separator);

/**
 * Read hex digits; blanks, colons and dashes between bytes are skipped. Returns the bytes in the
 * arena and their count in ret_len, or NULL if the text is not hex or memory ran out.
 */
uint8_t *pc_text_from_hex(pc_arena *arena, const char *text, size_t *ret_len);

/**
 * Read a whole number, decimal or 0x-hex, blanks round it allowed.
 * @return false if anything else is there or it is over `max`; *ret_value is then unchanged.
 */
bool pc_text_to_number(const char *text, unsigned long max, unsigned long *ret_value);

#define PC_TIME_TEXT 40 /**< bytes, room for any moment */

/** A moment as 2027-11-22T21:00:00Z. @return false, with nothing written, for a year that no calendar here knows. */
bool pc_text_time(int64_t sec, char out[static PC_TIME_TEXT]);

/** Is the text a dotted object identifier that DER can hold ("1.3.6.1.5.5.7.3.1")? ITU-T X.660. */
bool pc_text_is_oid(const char *text);

/** Levenshtein distance without case, for "did you mean"; texts over 63 characters count as far (SIZE_MAX). */
size_t pc_text_distance(const char *a, const char *b);

#endif
