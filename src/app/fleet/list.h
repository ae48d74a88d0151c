/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_LIST_H
#define PC_APP_BATCH_LIST_H

#include "app/fleet/hosts.h"

/** The fields that a list can have for a host. */
typedef enum {
    PC_COLUMN_FQDN,
    PC_COLUMN_DNS,
    PC_COLUMN_IP,
    PC_COLUMN_LABEL,
    PC_COLUMN_TEMPLATE,
    PC_COLUMN_COUNT,
} pc_batch_column;

/** One row as it is in the list: UTF-8 without control characters, in the arena; NULL for an empty value. */
typedef struct {
    const char *values[PC_COLUMN_COUNT];
    unsigned long line;
} pc_batch_fields;

/** A list of hosts, read row by row: CSV (RFC 4180, by libcsv) or JSON Lines (by jansson), recognised by the first
 * character. */
typedef struct pc_batch_list pc_batch_list;

/** @return as pc_batch_hosts_open. */
PC_MUST_CHECK pc_status pc_batch_list_open(const char *path, pc_batch_list **ret_list, pc_error *err);

/** Accepts NULL. */
void pc_batch_list_free(pc_batch_list *list);
PC_AUTO_DEFINE(pc_batch_list, pc_batch_list, pc_batch_list_free);

/** @return as pc_batch_hosts_next. */
PC_MUST_CHECK pc_status pc_batch_list_next(pc_batch_list *list, pc_arena *arena, pc_batch_fields *ret_fields,
                                           pc_batch_row *ret_row, pc_error *err);

#endif
