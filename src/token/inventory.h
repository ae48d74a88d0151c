/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_INVENTORY_H
#define PC_TOKEN_INVENTORY_H

#include "token/certificate_object.h"
#include "token/key.h"

/** All keys and certificates of a token: one search for each class and one read for each object. */
typedef struct {
    pc_key *keys; /**< private keys; the public half joined in from public objects */
    size_t key_count;
    pc_key *
        publics; /**< public key objects; only label, id, subject, type, public half and the flags that it shows are set */
    size_t public_count;
    pc_certificate_object *certificates;
    size_t certificate_count;
} pc_inventory;

/** @return PC_OK, with all memory the arena's; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_inventory_read(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory,
                                          pc_error *err);

/**
 * The same with each object as it is by itself: no public half is joined in, since objects of one CKA_ID need not
 * belong together.
 */
PC_MUST_CHECK pc_status pc_inventory_read_apart(const pc_token *token, pc_arena *arena, pc_inventory *ret_inventory,
                                                pc_error *err);

/** Orders keys by CKA_ID, for qsort and bsearch over pc_key. */
int pc_key_compare_ids(const void *a, const void *b);

/**
 * One key, found by template, and all certificates, since those of its issuers are among them.
 * @return as pc_key_find.
 */
PC_MUST_CHECK pc_status pc_inventory_of_key(const pc_token *token, const pc_key_selector *selector, pc_arena *arena,
                                            pc_inventory *ret_inventory, pc_error *err);

#endif
