/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_DIFFERENCE_H
#define PC_TOKEN_KEY_DIFFERENCE_H

#include <p11cert/key.h>

#include "base/arena.h"

/**
 * How the flags of a copy of a private key differ from those of the original: "extractable is true, not false; …". A
 * flag that a token does not show does not count as a difference; neither do the flags of the key's history (local,
 * always-sensitive, never-extractable), since a copy was not generated on its token.
 * @return in the arena: "" if there is no difference; NULL when out of memory.
 */
const char *pc_key_flags_difference(const pc_key *original, const pc_key *copy, pc_arena *arena);

/** The flags that one of the two tokens shows and the other does not: "copyable, destroyable". @return as above. */
const char *pc_key_flags_not_compared(const pc_key *original, const pc_key *copy, pc_arena *arena);

#endif
