/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_FILE_H
#define PC_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/bytes.h"

/** What exists at a path; a symbolic link is followed. */
typedef enum {
    PC_PATH_NOTHING, /**< no such entry, a link that leads to nothing, a name that no file can have */
    PC_PATH_FILE,    /**< a regular file */
    PC_PATH_FOLDER,
    PC_PATH_OTHER, /**< a device, a pipe, a socket; "-" */
} pc_path_kind;

/**
 * Find out what exists at a path. A path that cannot be examined (no permission to search a folder in the path, a disk
 * error) is an error, never PC_PATH_NOTHING.
 * @return PC_OK; PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_path_look(const char *path, pc_path_kind *ret_kind, pc_error *err);

/** Whether anything exists at a path. @return as pc_path_look. */
PC_MUST_CHECK pc_status pc_path_exists(const char *path, bool *ret_exists, pc_error *err);

/**
 * Read a whole regular file ("-" is standard input).
 *
 * @param max       bytes; a larger file is refused without being read
 * @param ret_bytes in the arena, followed by a NUL that is not counted
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT (a directory, a device, too large); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_file_read(pc_arena *arena, const char *path, size_t max, pc_bytes *ret_bytes, pc_error *err);

/**
 * Open a regular file, of any size, that is read in parts and more than once.
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_INPUT (standard input, a pipe, a device, a directory); PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_file_open(const char *path, FILE **ret_file, pc_error *err);

typedef enum {
    PC_FILE_NEW,     /**< an existing file is refused */
    PC_FILE_REPLACE, /**< an existing file is replaced atomically at the end */
    PC_FILE_SAME,    /**< an existing file with the same content is left unchanged; any other is refused at the end */
} pc_file_mode;

/**
 * An output file that appears complete or not at all: written under a temporary name in the same folder, synced, then
 * renamed. "-" is standard output. A symbolic link stands for the file that it names: that one is replaced,
 * and the link stays. Devices, pipes and open descriptors (/dev/stdout, /dev/fd/63) are written to, in either mode.
 */
typedef struct pc_output pc_output;

/**
 * Open before doing anything irreversible: detects early whether the file can be written.
 * @return PC_OK; PC_E_REFUSED if the file exists (PC_FILE_NEW), without changing anything; PC_E_USAGE if the path
 *         is empty or a pkcs11: URI; PC_E_IO, also if the name is too long, a link leads to nothing, or a pipe has no
 *         reader; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_output_open(const char *path, pc_file_mode mode, mode_t permissions, pc_output **ret_output,
                                       pc_error *err);

/**
 * Write all bytes, sync, and move the file into place. If this fails, no file is created. With PC_FILE_NEW, a file
 * created in the meantime is not replaced (PC_E_REFUSED), nor with PC_FILE_SAME, unless it has the same content.
 * @return PC_OK, PC_E_IO, PC_E_REFUSED.
 */
PC_MUST_CHECK pc_status pc_output_commit(pc_output *output, const void *bytes, size_t len, pc_error *err);

/**
 * The same in parts, for a file that need not fit into memory: write each part, then finish.
 * @return as pc_output_commit.
 */
PC_MUST_CHECK pc_status pc_output_write(pc_output *output, const void *bytes, size_t len, pc_error *err);
PC_MUST_CHECK pc_status pc_output_finish(pc_output *output, pc_error *err);

/** Whether PC_FILE_SAME found the content there: committed, and nothing was written. */
bool pc_output_is_unchanged(const pc_output *output);

/** Discards an uncommitted file without leaving anything behind. Accepts NULL. */
void pc_output_free(pc_output *output);

PC_AUTO_DEFINE(pc_output, pc_output, pc_output_free);

#endif
