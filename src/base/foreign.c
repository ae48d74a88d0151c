/* SPDX-License-Identifier: Apache-2.0 */
#include "base/foreign.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ROOM 16384 /* bytes of an entry; a group with more members is not private */

static bool is_private_group(uid_t owner, gid_t group)
{
    char user_room[ROOM];
    char group_room[ROOM];
    struct passwd user;
    struct group entry;
    struct passwd *user_found = NULL;
    struct group *group_found = NULL;

    if (getpwuid_r(owner, &user, user_room, sizeof user_room, &user_found) != 0 || !user_found ||
        getgrgid_r(group, &entry, group_room, sizeof group_room, &group_found) != 0 || !group_found) {
        return false;
    }
    bool is_own = user.pw_gid == group && strcmp(user.pw_name, entry.gr_name) == 0;

    for (char **member = entry.gr_mem; is_own && *member; member++) {
        is_own = strcmp(*member, user.pw_name) == 0;
    }
    return is_own;
}

/* With such a list, the mode's bits of the group are those of the list's mask, for every user in it. */
static bool may_have_access_list(const char *path)
{
    return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0 || (errno != ENODATA && errno != ENOTSUP);
}

bool pc_is_foreign(const char *path, const struct stat *info)
{
    if ((info->st_uid != 0 && info->st_uid != geteuid()) || (info->st_mode & S_IWOTH)) {
        return true;
    }
    return (info->st_mode & S_IWGRP) && (!is_private_group(info->st_uid, info->st_gid) || may_have_access_list(path));
}
