/* SPDX-License-Identifier: Apache-2.0 */
#include "before_softhsm.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

CK_FUNCTION_LIST *real;

bool load_softhsm(void)
{
    void *library = real ? NULL : dlopen("/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry = { .symbol = library ? dlsym(library, "C_GetFunctionList") : NULL };

    return real || (entry.symbol && entry.function(&real) == CKR_OK);
}

bool has_word(const char *variable, const char *word)
{
    const char *words = getenv(variable);
    size_t len = strlen(word);

    for (const char *each = words ? strstr(words, word) : NULL; each; each = strstr(each + 1, word)) {
        if ((each == words || each[-1] == ',') && (each[len] == ',' || each[len] == '\0')) {
            return true;
        }
    }
    return false;
}

CK_RV fetch_found(CK_SESSION_HANDLE session, found_objects *found)
{
    CK_ULONG got = 0;
    CK_RV rv = CKR_OK;

    do {
        rv = real->C_FindObjects(session, found->items + found->count, FOUND_MOST - found->count, &got);
        found->count += rv == CKR_OK ? got : 0;
    } while (rv == CKR_OK && got > 0 && found->count < FOUND_MOST);
    return rv;
}
