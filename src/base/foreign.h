/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_FOREIGN_H
#define PC_BASE_FOREIGN_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Whether a file whose content is trusted can be changed by anybody but root and the user of this process: by its
 * owner, by its mode, or by its access control list. Write permission of the user's private group does not count:
 * Debian 13 gives it to all files of ordinary users (umask 002; useradd(8), USERGROUPS_ENAB). A private group is the
 * owner's primary group, has the owner's name, and lists no other member.
 * @param info  of the file that the path leads to
 */
bool pc_is_foreign(const char *path, const struct stat *info);

#endif
