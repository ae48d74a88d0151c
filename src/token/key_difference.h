/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_DIFFERENCE_H
#define PC_TOKEN_KEY_DIFFERENCE_H

#include <p11cert/key.h>

#include "base/arena.h"

/**
 * How a copy of a private key differs from it in flags: "extractable is true, not false; …". A flag that one token
 * shows and the other does not counts. The flags of the key's history do not (local, always-sensitive,
 * never-extractable): a copy was not made where it is.
 * @return in the arena: "" if there is no difference; NULL when out of memory.
 */
const char *pc_key_flags_difference(const pc_key *original, const pc_key *copy, pc_arena *arena);

#endif
