/* SPDX-License-Identifier: Apache-2.0 */
#include "token/pin_file.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stddef.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ENTRIES_MAX 32u /* more than any credential has; a longer list counts as not private */

/* Does this entry give access to nobody else? The mask only removes permissions. */
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

bool pc_pin_file_is_private(int fd, const struct stat *info)
{
    if ((info->st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        return true;
    }
    return (info->st_mode & S_IRWXO) == 0 && list_is_private(fd);
}
