/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_IMPORT_H
#define PC_TOKEN_KEY_IMPORT_H

#include "base/bytes.h"
#include "token/key_template.h"
#include "token/key_transfer.h"
#include "token/objects.h"

/** What a key that comes from outside needs on the token besides being unwrapped (key_transfer.h). */

/** The public object of a public half. */
typedef struct {
    bool exists;
    pc_bytes id; /**< CKA_ID, in the arena */
} pc_public_object;

/** Looks for it, wherever it came from. @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_public_object_find(const pc_token *token, const pc_public_half *half, pc_arena *arena,
                                              pc_public_object *ret_object, pc_error *err);

/** Writes that of the plan's public half with the plan's CKA_ID and label, for verifying alone. @return PC_OK; PC_E_TOKEN. */
PC_MUST_CHECK pc_status pc_public_object_write(const pc_token *token, const pc_key_plan *plan, pc_error *err);

/** Numbers of a private key, in the order of x509/pfx/key_wrap.h. */
typedef struct {
    uint8_t *bytes; /**< borrowed, locked */
    const size_t *len;
    size_t count;
} pc_key_numbers;

/**
 * Writes the private key by its numbers (C_CreateObject), for tokens that unwrap nothing: the numbers cross the
 * PKCS#11 interface in clear.
 * @param ret_imported  its handle and rung
 * @return PC_OK; PC_E_TOKEN and its kin.
 */
PC_MUST_CHECK pc_status pc_key_write(const pc_token *token, const pc_key_plan *plan, const pc_key_numbers *numbers,
                                     pc_imported *ret_imported, pc_error *err);

/**
 * Reads the private key back by its CKA_ID in a session of its own, and compares its flags with the plan.
 * @param imported  as pc_key_write or pc_key_unwrap_in gave it; its key is set, with the handle of this session
 * @return PC_OK; PC_E_VERIFY (other flags or another public half than planned); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_read_back(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                         pc_imported *imported, pc_error *err);

/**
 * Take away again what a run has made under its random CKA_ID, seen or not: a module may fail a call after it has
 * made the object.
 * @param keep_public  the public object was there before
 * @return PC_OK if nothing is left; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_key_remove(const pc_token *token, const pc_key_plan *plan, bool keep_public, pc_error *err);

/**
 * Finds private key objects without CKA_ID and label. SoftHSM 2.6 leaves one behind, without a key in it, each time it refuses
 * a template for C_UnwrapKey or C_CreateObject; to take away just those, they are counted before.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. In the arena.
 */
PC_MUST_CHECK pc_status pc_empty_keys_find(const pc_token *token, pc_arena *arena, pc_handles *ret_keys, pc_error *err);

/** Destroy those that have come since and have no key in them. @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_empty_keys_remove_new(const pc_token *token, const pc_handles *before, pc_arena *arena,
                                                 pc_error *err);

#endif
