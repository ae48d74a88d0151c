/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_FOLDER_H
#define PC_BASE_FOLDER_H

#include "base/arena.h"

/**
 * An output folder that appears complete or not at all: filled under a temporary name in the same parent folder, with
 * every file synced, then renamed. It contains only files, and only its owner has access: to the folder (mode 0700),
 * and to the files (0600) wherever they are copied.
 */
typedef struct pc_folder pc_folder;

/**
 * Create the folder under its temporary name: detects early whether it can be written.
 * @return PC_OK; PC_E_REFUSED if anything with that name exists, even an empty folder; PC_E_USAGE for "-", "" and a
 *         pkcs11: URI; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_folder_open(const char *path, pc_folder **ret_folder, pc_error *err);

/**
 * The same if the folder may already exist, from an earlier run with the same order: what is written is then only
 * compared with it.
 * @param ret_there  a folder with this name exists; it must not be committed
 * @return as pc_folder_open; PC_E_REFUSED if something other than a folder, or a link to one, has the name
 */
PC_MUST_CHECK pc_status pc_folder_open_again(const char *path, pc_folder **ret_folder, bool *ret_there, pc_error *err);

/**
 * Check that the existing folder has the same files as this one, byte for byte.
 * @param but the name of a file that only that folder may have, and that is not compared; NULL: none
 * @return PC_OK; PC_E_REFUSED, with what differs; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_folder_compare(const pc_folder *folder, const char *but, pc_error *err);

/**
 * The path of a file with this name until the commit, for callers that write the file themselves. In the arena; NULL
 * when out of memory.
 */
const char *pc_folder_path(const pc_folder *folder, const char *name, pc_arena *arena);

/** Write a new file and sync it. @return PC_OK; PC_E_IO. */
PC_MUST_CHECK pc_status pc_folder_write(const pc_folder *folder, const char *name, const void *bytes, size_t len,
                                        pc_error *err);

/**
 * Move the folder into place. Anything created there in the meantime is not replaced. @return PC_OK; PC_E_REFUSED;
 * PC_E_IO.
 */
PC_MUST_CHECK pc_status pc_folder_commit(pc_folder *folder, pc_error *err);

/** Removes an uncommitted folder. Accepts NULL. */
void pc_folder_free(pc_folder *folder);

PC_AUTO_DEFINE(pc_folder, pc_folder, pc_folder_free);

/**
 * Would a file with this path be inside this folder or a subfolder? Neither need exist; symbolic links are followed.
 * @return PC_OK; PC_E_IO if a part of a path cannot be examined; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_folder_would_hold(const char *folder, const char *path, bool *ret_inside, pc_error *err);

#endif
