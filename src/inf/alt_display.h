/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_INF_ALT_DISPLAY_H
#define PC_INF_ALT_DISPLAY_H

#include <p11cert/error.h>
#include <p11cert/request.h>

#include "base/text.h"

/**
 * Alternative names as Windows and OpenSSL display them, and as people copy them into a file: "DNS Name=a, IP
 * Address=192.0.2.1", "DNS:a, IP Address:192.0.2.1", "Other Name:Principal Name=user@domain". certreq reads none of
 * these words.
 */

/**
 * The kind of name in the displayed words that a part begins with, and their length, with '=' or ':'.
 * @return false if it begins with other words, or with those that certreq reads.
 */
bool pc_alt_display_kind(pc_span part, pc_alt_name_kind *ret_kind, size_t *ret_len);

/** A piece of a text, and what replaces it. */
typedef struct {
    size_t offset;
    size_t len;
    const char *text;
} pc_reword;

typedef struct {
    pc_reword *items; /**< in ascending order, without overlap */
    size_t count;
} pc_rewording;

/**
 * What has to be replaced in the text of alternative names so that certreq reads all of it: displayed words, and a
 * comma before the word of a kind. Empty if there is no such word, or if something would still not be readable.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_alt_display_reword(const char *text, pc_arena *arena, pc_rewording *ret_rewording,
                                              pc_error *err);

/** The text with its replacements; NULL when out of memory. */
const char *pc_rewording_apply(const pc_rewording *rewording, const char *text, pc_arena *arena);

#endif
