/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_INVENTORY_H
#define PC_TOKEN_INVENTORY_H

#include "token/certificate_object.h"
#include "token/key.h"

/** All keys and certificates of a token: one search for each class and one read for each object. */
typedef struct {
    pc_key *keys; /**< private keys, with the public half filled in from public key objects */
    size_t key_count;
    pc_key
        *publics; /**< public key objects; only label, ID, subject, type, public half and the flags present are set */
    size_t public_count;
    pc_certificate_object *certificates;
    size_t certificate_count;
} pc_inventory;

/** @return PC_OK, with all memory in the arena; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inventory_read(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory,
                                          pc_error *err);

/**
 * The same, but each object separately: no public half is filled in, since objects with the same CKA_ID need not belong
 * together.
 */
PC_MUST_CHECK pc_status pc_inventory_read_apart(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory,
                                                pc_error *err);

/** Orders keys by CKA_ID, for qsort and bsearch over pc_key. */
int pc_key_compare_ids(const void *a, const void *b);

/**
 * One key, found by template, and all certificates, since its issuers' certificates are among them.
 * @return as pc_key_find.
 */
PC_MUST_CHECK pc_status pc_inventory_of_key(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                            pc_inventory *ret_inventory, pc_error *err);

#endif
