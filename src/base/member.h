/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_BASE_MEMBER_H
#define PC_BASE_MEMBER_H

#include <stddef.h>

/**
 * A text of an error may name a member of the caller's order, as one word in backquotes (<p11cert/error.h>). Find the
 * first one.
 * @param ret_len  length of the member's name; unchanged if there is none
 * @return the opening backquote in `text`, where the name follows; NULL if no member is named
 */
char *pc_member_find(char *text, size_t *ret_len);

/** What a member is called in another order. */
typedef struct {
    const char *member;
    const char *other; /**< NULL: it has none, and the text stays as it is */
} pc_member_name;

/** Name the other order's members in a text, which is cut off if it becomes too long. */
void pc_members_rename(char *text, size_t size, const pc_member_name *names, size_t count);

#endif
