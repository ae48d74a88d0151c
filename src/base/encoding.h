/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_ENCODING_H
#define PC_BASE_ENCODING_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#include "base/arena.h"
#include "base/bytes.h"

/** A text file's content as UTF-8, without a byte order mark. */
typedef struct {
    const char
        *encoding; /**< the original encoding: "ascii", "utf-8", "utf-8-bom", "utf-16le", "utf-16be", "windows-1252" */
    const char *text; /**< in the arena, NUL-terminated; may also contain NUL */
    size_t len;       /**< bytes */
} pc_decoded;

/**
 * Convert a text file to UTF-8 (RFC 3629; UTF-16 by RFC 2781). Its encoding is determined by byte order mark, else by
 * content: text that is neither ASCII nor valid UTF-8 is assumed to be Windows-1252, the usual "ANSI" code page.
 *
 * @param bytes, len   borrowed for the call; every byte value is allowed
 * @return PC_OK; PC_E_INPUT if the bytes are not valid in the detected encoding (odd length of UTF-16, a lone
 *         surrogate, an invalid character; the error gives the position); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_encoding_decode(pc_arena *arena, const uint8_t *bytes, size_t len, pc_decoded *ret_decoded,
                                           pc_error *err);

/**
 * Make a file readable by a parser for ASCII (PEM, CSV, YAML): UTF-16 with a byte order mark, as PowerShell 5 and
 * Exchange write it, becomes UTF-8; the byte order mark of UTF-8 is removed; all other bytes, including DER, are
 * unchanged. Not for PIN files, whose bytes are the PIN.
 *
 * @param file   its name for errors
 * @param bytes  in and out; converted bytes are in the arena, followed by a NUL that is not counted
 * @return PC_OK; PC_E_INPUT as pc_encoding_decode, with bytes unchanged; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_encoding_resolve_mark(pc_arena *arena, const char *file, pc_bytes *bytes, pc_error *err);

/**
 * UTF-8 as UTF-16LE with a byte order mark (RFC 2781), as Windows' own tools write text files.
 * @return PC_OK, with the bytes in the arena; PC_E_INPUT if the text is not UTF-8; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_encoding_to_utf16le(pc_arena *arena, const char *text, pc_bytes *ret_bytes, pc_error *err);

#endif
