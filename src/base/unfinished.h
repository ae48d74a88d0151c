/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_UNFINISHED_H
#define PC_BASE_UNFINISHED_H

#include <stdbool.h>

/**
 * The folder that is being filled under a temporary name, if there is one, for a signal handler: a handler receives no
 * context, and a process that is ended by a signal runs no destructors. One folder at a time; a second one is ignored.
 */

/** From now on pc_unfinished_remove removes it. @param fd  of the folder; @param path  at most PATH_MAX - 1 bytes */
void pc_unfinished_set(int fd, const char *path);

/** The folder is complete, or was removed. Signals that run pc_unfinished_remove must be blocked around this call and
 * the operation that completes or removes the folder. */
void pc_unfinished_clear(int fd);

/** Removes its files and itself. Async-signal-safe. @return false if there was none. */
bool pc_unfinished_remove(void);

#endif
