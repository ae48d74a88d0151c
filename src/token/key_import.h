/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_IMPORT_H
#define PC_TOKEN_KEY_IMPORT_H

#include "base/bytes.h"
#include "token/key_template.h"
#include "token/key_transfer.h"
#include "token/objects.h"

/** Operations for an imported key in addition to unwrapping it (key_transfer.h). */

/**
 * Writes a public key object for the plan's public half, with the plan's CKA_ID and label, for verifying only. @return
 * PC_OK; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_public_object_write(const pc_token *token, const pc_key_plan *plan, pc_error *err);

/** The numbers that make up a private key, in the order of x509/pfx/key_wrap.h. */
typedef struct {
    uint8_t *bytes; /**< borrowed, locked */
    const size_t *len;
    size_t count;
} pc_key_numbers;

/**
 * Writes the private key as numbers (C_CreateObject), for tokens that cannot unwrap: the numbers cross the PKCS#11
 * interface in plaintext.
 * @param ret_imported  its handle and rung
 * @return PC_OK; PC_E_TOKEN or a related status.
 */
PC_MUST_CHECK pc_status pc_key_write(const pc_token *token, const pc_key_plan *plan, const pc_key_numbers *numbers,
                                     pc_imported *ret_imported, pc_error *err);

/**
 * Reads the private key back by its CKA_ID in a separate session, and compares its flags with the plan.
 * @param imported  as set by pc_key_write or pc_key_unwrap_in; its key is set, with the handle of this session;
 * `differs` is set with the first of the causes of PC_E_VERIFY
 * @return PC_OK; PC_E_VERIFY (other flags or another public half than planned); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_read_back(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                         pc_imported *imported, pc_error *err);

/** Does a private or public key object have this CKA_ID? @return PC_OK; PC_E_TOKEN. */
PC_MUST_CHECK pc_status pc_key_id_find(const pc_token *token, pc_bytes id, bool *ret_found, pc_error *err);

/**
 * Remove everything a run has created under its random CKA_ID, reported or not: a module may create an object and still
 * fail the call.
 * @param keep_public  the public object existed before
 * @return PC_OK if nothing is left; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_key_remove(const pc_token *token, const pc_key_plan *plan, bool keep_public, pc_error *err);

/**
 * Remove the public objects of the plan's public half that have the plan's CKA_ID, which objects of others may have
 * too.
 * @return PC_OK if none is left; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_public_object_remove(const pc_token *token, const pc_key_plan *plan, pc_arena *arena,
                                                pc_error *err);

/**
 * Finds private key objects without CKA_ID and label. Each time SoftHSM 2.6 refuses a template for C_UnwrapKey or
 * C_CreateObject, it leaves such an object behind, without a key in it. To remove only those, the existing ones are
 * listed first.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. In the arena.
 */
PC_MUST_CHECK pc_status pc_empty_keys_find(const pc_token *token, pc_arena *arena, pc_handles *ret_keys, pc_error *err);

/** Destroy those that were added since and have no key in them. @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_empty_keys_remove_new(const pc_token *token, const pc_handles *before, pc_arena *arena,
                                                 pc_error *err);

#endif
