/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_REVOKED_LIST_H
#define PC_APP_REVOKED_LIST_H

#include <p11cert/crl.h>

#include "base/arena.h"

#define PC_REVOKED_MAX_SIZE ((size_t)64 * 1024 * 1024) /**< bytes of a list of revoked certificates */

/** Revoked certificates, by ascending serial number, each once. In an arena. */
typedef struct {
    pc_revoked *items;
    size_t count;
} pc_revoked_list;

/**
 * Read a file of revoked certificates: YAML, CSV with a header line, or JSON Lines, recognised by its content. Each
 * entry has a serial number in hexadecimal and a time; reason, invalidity-date and expires are optional (docs/ca.md).
 * @return PC_OK; PC_E_INPUT (with the line; also for a serial number that is listed twice, and a revocation in the
 *         future); any error of reading a file; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_revoked_list_read(const char *file, int64_t now_sec, pc_arena *arena,
                                             pc_revoked_list *ret_list, pc_error *err);

/** A serial number from hexadecimal text, as other tools print it: without regard to case, ':' or leading zeros.
 * @return PC_OK; PC_E_INPUT (not hexadecimal, zero, or over 20 octets); PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_serial_from_text(const char *text, pc_arena *arena, pc_bytes *ret_serial, pc_error *err);

/** Sort by serial number. */
void pc_revoked_list_sort(pc_revoked_list *list);

/** The entry with this serial number, or NULL. The list is sorted. */
const pc_revoked *pc_revoked_list_find(const pc_revoked_list *list, pc_bytes serial);

#endif
