/* SPDX-License-Identifier: Apache-2.0 */
#include "token/pin_file.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stddef.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define GROUPS_MAX  1024
#define ENTRIES_MAX 32u /* more than any credential has; a longer list counts as not private */

/* Does this entry give nobody else access? The mask only removes permissions. */
static bool is_harmless(const struct posix_acl_xattr_entry *entry)
{
    switch (le16toh(entry->e_tag)) {
    case ACL_USER_OBJ:
    case ACL_MASK:
        return true;
    case ACL_USER:
        return le16toh(entry->e_perm) == 0 || le32toh(entry->e_id) == geteuid();
    default:
        return le16toh(entry->e_perm) == 0;
    }
}

static bool list_is_private(int fd)
{
    const size_t head = sizeof(struct posix_acl_xattr_header);
    unsigned char list[sizeof(struct posix_acl_xattr_header) + ENTRIES_MAX * sizeof(struct posix_acl_xattr_entry)];
    struct posix_acl_xattr_header header;
    struct posix_acl_xattr_entry entry;
    ssize_t len = fgetxattr(fd, "system.posix_acl_access", list, sizeof list);

    if (len < (ssize_t)head || ((size_t)len - head) % sizeof entry != 0) {
        return false;
    }
    memcpy(&header, list, head);
    bool private = le32toh(header.a_version) == POSIX_ACL_XATTR_VERSION;

    for (size_t offset = head; private && offset < (size_t)len; offset += sizeof entry) {
        memcpy(&entry, list + offset, sizeof entry);
        private = is_harmless(&entry);
    }
    return private;
}

static bool is_in_group(gid_t group)
{
    gid_t groups[GROUPS_MAX];
    int count = getgroups(GROUPS_MAX, groups);

    for (int i = 0; i < count; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return getegid() == group;
}

/* Root's file, read by a group that this process is in: the only form that a Secret can have in a pod of Kubernetes
 * that does not run as root. Root itself reads its files as their owner, so its own group proves nothing. */
static bool is_of_own_group(int fd, const struct stat *info)
{
    bool has_list = fgetxattr(fd, "system.posix_acl_access", NULL, 0) >= 0;

    return !has_list && info->st_uid == 0 && (info->st_mode & S_IRWXG) == S_IRGRP &&
           (info->st_gid != 0 || geteuid() != 0) && is_in_group(info->st_gid);
}

bool pc_pin_file_is_private(int fd, const struct stat *info)
{
    if ((info->st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        return true;
    }
    return (info->st_mode & S_IRWXO) == 0 && (list_is_private(fd) || is_of_own_group(fd, info));
}
