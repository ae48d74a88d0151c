/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LEFTOVER_H
#define PC_TOKEN_LEFTOVER_H

#include "token/inventory.h"
#include "token/objects.h"

/**
 * Empty objects: data objects, certificates and objects without a class that have no label, no CKA_ID, no value and
 * none of the other essential attributes of their class. SoftHSM creates each object as an empty file, gives it default
 * attributes one by one, and only then the caller's; if the program is killed in between, such an object remains. Many
 * programs show it as an empty data object. On SoftHSM, private and public keys without key material are among them,
 * whatever label and CKA_ID they have: it writes modulus, parameters or point last. On another token, a key is never
 * regarded as empty, and a secret key on no token: not all parts of a key can be read.
 *
 * @param known      objects that need not be read again: keys, and certificates with a value
 * @param ret_found  in the arena
 * @return PC_OK; PC_E_TOKEN (an object could not be read, which does not mean that it is empty); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_leftovers_find(const pc_token *token, const pc_inventory *known, pc_arena *arena,
                                          pc_handles *ret_found, pc_error *err);

/**
 * Is this key one of them? Asks the token only if `half`, as read from this object, is not shown.
 * @param class  CKO_PRIVATE_KEY or CKO_PUBLIC_KEY; any other class is not
 * @return PC_OK; PC_E_TOKEN (the key's attributes could not be read).
 */
PC_MUST_CHECK pc_status pc_leftover_is_key(pc_object object, CK_OBJECT_CLASS class, const pc_public_half *half,
                                           bool *ret_is_leftover, pc_error *err);

/**
 * Drop those of the found keys that are: they must not count as keys.
 * @param class  of all that were found
 * @return as pc_leftover_is_key.
 */
PC_MUST_CHECK pc_status pc_leftovers_drop(const pc_token *token, CK_OBJECT_CLASS class, pc_found *found, pc_error *err);

/** A search was full, and leftovers were among what it found: keys may be behind them. @return PC_E_TOKEN */
pc_status pc_leftovers_fail_full(size_t max, const char *words, pc_error *err);

/** Wait until an object that another program is creating, which looks like one that a killed program left, is
 * complete. */
void pc_leftover_wait_for_creation(void);

/**
 * Remove one, unless it has content by now: then another program was creating it.
 * @return PC_OK, also if it is gone already; PC_E_REFUSED (it has content now); PC_E_TOKEN (it is still there).
 */
PC_MUST_CHECK pc_status pc_leftover_remove(const pc_token *token, CK_OBJECT_HANDLE handle, pc_error *err);

#endif
