/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_BYTES_H
#define P11CERT_BYTES_H

#include <stddef.h>
#include <stdint.h>

/**
 * A borrowed run of bytes: DER, an identifier, the content of a file. Who owns the memory, and for how long it is valid,
 * is stated where a value of this type is given out. `data` may be NULL only if `len` is 0; no bytes and an absent value
 * are the same unless a field says otherwise.
 */
typedef struct {
    const uint8_t *data;
    size_t len; /**< bytes */
} pc_bytes;

#endif
