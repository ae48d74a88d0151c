/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_PIN_FILE_H
#define PC_TOKEN_PIN_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/**
 * Can nobody but its owner and this process's user read or write an open file? By its mode, and where that shows more, by
 * its access control list: a credential of systemd belongs to root, and its list lets the service's user read it. The mode
 * then shows the list's mask in the group's place (acl(5), "Correspondence between ACL entries and file permission bits").
 */
bool pc_pin_file_is_private(int fd, const struct stat *info);

#endif
