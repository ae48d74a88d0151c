/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_LINE_FILE_H
#define PC_BASE_LINE_FILE_H

#include "base/cleanup.h"

#include <p11cert/error.h>

/** A record that only grows, a line at a time: JSON Lines (https://jsonlines.org). */
typedef struct pc_line_file pc_line_file;

typedef enum {
    PC_LINES_SHARED, /**< other runs may append too: each line is written with one call */
    PC_LINES_ALONE,  /**< locked while open */
} pc_line_sharing;

/**
 * Open for appending; the file is created if it does not exist. An incomplete last line, left by a run that was killed,
 * gets a line end. The path is resolved like that of any other output (destination.h); a pipe or a device is written
 * to, and not locked.
 * @return PC_OK; PC_E_REFUSED (another run has locked it); PC_E_IO, also if a pipe has no reader; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_line_file_open(const char *path, pc_line_sharing sharing, pc_line_file **ret_file,
                                          pc_error *err);

/** Append a line; its line end is added. @return PC_OK; PC_E_IO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_line_file_add(const pc_line_file *file, const char *line, pc_error *err);

/** Write to the disk what has been added. @return PC_OK; PC_E_IO. */
PC_MUST_CHECK pc_status pc_line_file_sync(const pc_line_file *file, pc_error *err);

/** Accepts NULL. */
void pc_line_file_close(pc_line_file *file);
PC_AUTO_DEFINE(pc_line_file, pc_line_file, pc_line_file_close);

#endif
