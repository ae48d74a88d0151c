/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_FOLDER_H
#define PC_BASE_FOLDER_H

#include "base/arena.h"

/**
 * An output folder that appears whole or not at all: filled under another name beside its place, every file
 * synced, then moved there. It holds files only, and belongs to its owner alone (mode 0700).
 */
typedef struct pc_folder pc_folder;

/**
 * Make the folder under its other name: finds out now whether the place can be written.
 * @return PC_OK; PC_E_REFUSED if there is anything of that name, be it an empty folder; PC_E_USAGE for "-", "" and a pkcs11: URI;
 *         PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_folder_open(const char *path, pc_folder **ret_folder, pc_error *err);

/** Where a file of this name lies until the commit: for writers of their own. In the arena; NULL when out of memory. */
const char *pc_folder_path(const pc_folder *folder, const char *name, pc_arena *arena);

/** Write a new file and sync it. @return PC_OK; PC_E_IO. */
PC_MUST_CHECK pc_status pc_folder_write(const pc_folder *folder, const char *name, const void *bytes, size_t len,
                                        pc_error *err);

/** Put the folder in its place. What came to be there meanwhile is not replaced. @return PC_OK; PC_E_REFUSED; PC_E_IO. */
PC_MUST_CHECK pc_status pc_folder_commit(pc_folder *folder, pc_error *err);

/** Removes what was not committed. Accepts NULL. */
void pc_folder_free(pc_folder *folder);

PC_AUTO_DEFINE(pc_folder, pc_folder, pc_folder_free);

/**
 * Would the path of a file lie in this folder, or under it? Neither need exist; links on the way are followed.
 * @return PC_OK; PC_E_IO if a part of a path cannot be looked at; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_folder_would_hold(const char *folder, const char *path, bool *ret_inside, pc_error *err);

#endif
