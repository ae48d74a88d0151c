/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_SECRET_H
#define P11CERT_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include <p11cert/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Bytes that must not leave the process: a PIN, key material. They are stored in separate pages that are locked in
 * memory, excluded from core dumps and not inherited by child processes, and are wiped when freed. No function prints
 * them.
 */
typedef struct pc_secret pc_secret;

#define PC_SECRET_MAX ((size_t)64 * 1024) /**< bytes */

/**
 * Room for `size` bytes (1 to PC_SECRET_MAX), all zero, length 0.
 * @return PC_OK; PC_E_MEMORY if memory cannot be allocated or locked (ulimit -l).
 */
PC_MUST_CHECK pc_status pc_secret_new(size_t size, pc_secret **ret_secret, pc_error *err);

/** Wipes and frees. Accepts NULL. */
void pc_secret_free(pc_secret *secret);

/** The bytes; borrowed, at most pc_secret_size of them. */
uint8_t *pc_secret_bytes(pc_secret *secret);
size_t pc_secret_size(const pc_secret *secret);

/** The number of bytes in use. Shrinking wipes the rest; a length over the size is reduced to it. */
size_t pc_secret_len(const pc_secret *secret);
void pc_secret_set_len(pc_secret *secret, size_t len);

/**
 * Disable core dumps and debugging of this process for its lifetime (prctl PR_SET_DUMPABLE, RLIMIT_CORE). Call once, at
 * start. @return PC_OK or PC_E_INTERNAL.
 */
PC_MUST_CHECK pc_status pc_secret_guard_process(pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
