/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_PENDING_SPARES_H
#define PC_APP_PENDING_SPARES_H

#include <jansson.h>
#include <p11cert/pending.h>

#include "base/arena.h"

/**
 * The addresses of a CA in the records on a token (of a pending request, and of the CA of a key). Anyone with the PIN
 * can write such a record.
 */

#define PC_CA_SPARES_MOST     8u
#define PC_CA_SPARES_LEN_MOST 1024u /**< bytes of each: all of them are few beside PC_DATA_OBJECT_MAX_LEN */

/**
 * Can a login follow to this one, where a record names `address`: is it on the same host, over TLS, and not too long to
 * be recorded? No login follows if that cannot be found out: false.
 */
bool pc_ca_spare_is_near(const char *address, const char *spare);

/** @return the address, in the arena; NULL if it is not one, contains what is not safe to print, or out of memory. */
const char *pc_ca_address_from_json(const json_t *value, pc_arena *arena);

/** Add them as "spares"; nothing if there are none, as in records of earlier versions. @return false: out of memory. */
bool pc_ca_spares_to_json(const pc_ca_spares *spares, json_t *object);

/**
 * Read "spares"; a record without them has none.
 * @return false if they are not addresses near that of the record, or too many, or out of memory.
 */
bool pc_ca_spares_from_json(const json_t *object, const char *address, pc_arena *arena, pc_ca_spares *ret_spares);

#endif
