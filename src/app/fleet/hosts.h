/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_HOSTS_H
#define PC_APP_BATCH_HOSTS_H

#include <p11cert/new.h>

#include "base/arena.h"
#include "base/cleanup.h"

/**
 * The hosts of a fleet, one at a time: from CSV with a header line (RFC 4180), from JSON Lines, or from a folder of INF
 * files. Columns and members: fqdn; dns and ip, additional names, separated by spaces or ';' (in JSON a list too);
 * label; template, the name of an INF in the folder of the given one. Memory does not grow with the list.
 */
typedef struct pc_batch_hosts pc_batch_hosts;

/** Texts in the arena of the call. */
typedef struct {
    const char *name;              /**< names the host's files: a host name, or the INF's own name without ".inf" */
    const char *fqdn;              /**< lower case; NULL if the INF itself says which host it is for */
    const char *inf;               /**< path of the host's own INF; NULL: the template that was given */
    const char *label;             /**< NULL: the fqdn, or the name in the INF */
    const pc_alt_name_flag *names; /**< additional ones */
    size_t name_count;
    unsigned long line; /**< its line in the list; 0 in a folder */
} pc_batch_host;

typedef enum {
    PC_BATCH_ROW_HOST,
    PC_BATCH_ROW_BAD, /**< err says what is wrong; name and line are set if they are known. The next row may be usable.
                       */
    PC_BATCH_ROW_END,
} pc_batch_row;

/**
 * @param path       of the list; "-" is standard input
 * @param templates  folder of the templates that the list names
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT (no header line, an unknown column, binary); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_batch_hosts_open(const char *path, const char *templates, pc_batch_hosts **ret_hosts,
                                            pc_error *err);

/** Each *.inf in a folder is a host. @return PC_OK; PC_E_NOT_FOUND; PC_E_IO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_batch_hosts_open_folder(const char *folder, pc_batch_hosts **ret_hosts, pc_error *err);

/** Accepts NULL. */
void pc_batch_hosts_free(pc_batch_hosts *hosts);
PC_AUTO_DEFINE(pc_batch_hosts, pc_batch_hosts, pc_batch_hosts_free);

/** @return PC_OK, with *ret_row; PC_E_IO (the rest of the list cannot be read); PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_batch_hosts_next(pc_batch_hosts *hosts, pc_arena *arena, pc_batch_host *ret_host,
                                            pc_batch_row *ret_row, pc_error *err);

#endif
