/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_FILE_H
#define PC_TOKEN_PIN_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Can only its owner and this process's user read or write an open file? This checks its mode and, if the mode grants
 * group access, its access control list: a systemd credential belongs to root, and its list lets the service's user
 * read it. The group bits of the mode then show the list's mask (acl(5), "Correspondence between ACL entries and file
 * permission bits"). Without a list, root's file may also be readable, but not writable, by a group of this process: so
 * are the files of a Kubernetes volume with fsGroup.
 */
bool pc_pin_file_is_private(int fd, const struct stat *info);

#endif
