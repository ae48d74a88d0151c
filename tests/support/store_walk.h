/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_STORE_WALK_H
#define TEST_SUPPORT_STORE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "token_store.h"

#define WALK_NO_CLASS ((unsigned long)-1) /**< the file contains no complete object */
#define WALK_EMPTY    ((unsigned long)-2) /**< the file is empty: SoftHSM shows no object for it */

/** An object of SoftHSM's store, as its file has it. */
typedef struct {
    char name[112];      /**< token's folder, slash, file */
    unsigned long class; /**< CKO_* or one of the above */
    unsigned char digest[32];
} walked_object;

typedef struct {
    walked_object objects[128];
    size_t count;
} store_walk;

/**
 * Every object in the store, read from its files: neither the code under test nor SoftHSM is involved, so that it also
 * shows objects that SoftHSM can no longer read.
 */
void store_walk_take(const token_store *store, store_walk *ret_walk);

/** The object of that name; NULL if there is none. */
const walked_object *store_walk_find(const store_walk *walk, const char *name);

/** Does it exist, byte for byte the same? */
bool store_walk_has(const store_walk *walk, const walked_object *object);

#endif
