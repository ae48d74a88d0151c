/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/successor.h"

#include <string.h>

#include "base/text.h"

static const char infix[] = " renews ";

#define DIGITS ((size_t)8)

/* The length without the suffix of an earlier renewal. */
static size_t base_len(const char *label)
{
    size_t len = strlen(label);
    size_t suffix = strlen(infix) + DIGITS;

    if (len <= suffix || strncmp(label + len - suffix, infix, strlen(infix)) != 0 ||
        strspn(label + len - DIGITS, "0123456789abcdef") != DIGITS) {
        return len;
    }
    return len - suffix;
}

const char *pc_renewal_label(const char *label, const char *serial, pc_arena *arena)
{
    size_t len = strlen(serial);

    return pc_arena_format(arena, "%.*s%s%s", (int)base_len(label), label, infix,
                           serial + (len > DIGITS ? len - DIGITS : 0));
}

const char *pc_label_file_name(const char *label, pc_arena *arena)
{
    char *name = pc_arena_string(arena, label);

    for (char *each = name; each && *each; each++) {
        bool kept = pc_is_alnum(*each) || *each == '_' || *each == '-' || *each == '.';

        *each = kept ? *each : '-';
    }
    if (name && (*name == '.' || *name == '-')) {
        *name = '_';
    }
    return name;
}

const char *pc_renewal_file_name(const char *label, const char *serial, pc_arena *arena)
{
    const char *words = pc_renewal_label(label, serial, arena);

    return words ? pc_label_file_name(words, arena) : NULL;
}
