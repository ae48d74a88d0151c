/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_TEXT_STREAM_H
#define PC_BASE_TEXT_STREAM_H

#include <stddef.h>
#include <stdio.h>

/**
 * Text read byte by byte as UTF-8, from a file of any length that is UTF-8 or, by its byte order mark, UTF-16 (RFC
 * 2781). The mark itself is not part of the text.
 */
typedef struct {
    FILE *in;            /**< borrowed */
    const char *charset; /**< iconv's name for UTF-16LE or UTF-16BE; NULL for UTF-8 */
    char ready[8];       /**< bytes read but not yet returned */
    size_t ready_count;
} pc_text_stream;

/** Returned by pc_text_stream_next for an invalid UTF-16 character. No byte of UTF-8 has this value. */
enum { PC_TEXT_STREAM_BROKEN = 0xff };

/** Start at the beginning of a file; reads its byte order mark. */
pc_text_stream pc_text_stream_open(FILE *in);

/** The next byte as an unsigned char, or EOF at the end and after a read error (ferror). */
int pc_text_stream_next(pc_text_stream *stream);

/** Push back the last byte read. At most one; EOF is ignored. */
void pc_text_stream_back(pc_text_stream *stream, int byte);

#endif
