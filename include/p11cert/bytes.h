/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_BYTES_H
#define P11CERT_BYTES_H

#include <stddef.h>
#include <stdint.h>

/**
 * A borrowed byte range: DER, an identifier, the content of a file. Every function or field that supplies a value of
 * this type states who owns the memory and how long it is valid. `data` may be NULL only if `len` is 0; empty and
 * absent are the same unless a field says otherwise.
 */
typedef struct {
    const uint8_t *data;
    size_t len; /**< bytes */
} pc_bytes;

/** What a file holds, and what an error calls it. */
typedef struct {
    const char *name;
    pc_bytes bytes;
} pc_file_bytes;

#endif
