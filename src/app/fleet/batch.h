/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_H
#define PC_APP_BATCH_H

#include <p11cert/batch.h>

#include "app/fleet/hosts.h"
#include "app/issue/local_ca.h"
#include "app/request/new.h"
#include "token/key_proof.h"
#include "token/label_list.h"
#include "token/keygen.h"

/** One host in progress: prepared by the reading thread, given a key by a worker, finished by the reading thread. */
typedef struct pc_batch_item {
    struct pc_batch_item *next; /**< in the list that holds it */
    pc_arena *arena;            /**< owns everything below, and the item itself */
    pc_batch_host host;
    pc_new_order order;
    pc_new_plan *plan;
    pc_key_plan key_plan;
    const char *request;      /**< path */
    const char *certificate;  /**< path */
    bool has_request;         /**< it existed when the item was prepared */
    bool may_be_bound;        /**< a key that already has a certificate is accepted */
    pc_label_absence absence; /**< whether the list of all labels lacks its label */

    /* What the worker found or made. */
    pc_key key;
    int64_t search_usec; /**< what the search by label took; 0: none was needed */
    bool was_made;
    bool is_handle_local; /**< the key's handle may be invalid in sessions other than the worker's */
    bool is_bound;        /**< the key has a certificate */
    const char *half_id; /**< CKA_ID of a public key with this label and without a private key; NULL if there is none */
    const char *proof;
    const char *spki_sha256;       /**< of the request that was signed and written; NULL if there is none yet */
    pc_error request_err;          /**< why the worker could not write it; PC_OK if it did not try */
    const char *unsupported_flags; /**< flags that the token does not support; NULL or "" if none */
    pc_status status;
    pc_error err;
} pc_batch_item;

/** Accepts NULL. */
void pc_batch_item_free(pc_batch_item *item);
PC_AUTO_DEFINE(pc_batch_item, pc_batch_item, pc_batch_item_free);

/** What a worker uses: its own sessions. */
typedef struct {
    pc_token *maker;  /**< searches and creates */
    pc_token *reader; /**< reads back; the same session if the token allows only one */
    pc_wrapping_key wrapping;
    bool has_wrapping;
    pc_handle_use handles; /**< of its two sessions */
} pc_batch_worker;

/** Open the sessions of a worker. @return PC_OK; PC_E_TOKEN if the token allows no more; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_batch_worker_open(const pc_token *token, pc_batch_worker *ret_worker, pc_error *err);

/** The worker for a token that allows one session: it uses that one. */
void pc_batch_worker_borrow(pc_token *token, pc_batch_worker *ret_worker);
void pc_batch_worker_close(pc_batch_worker *worker, const pc_token *token);

/** Find the host's key or create it, and try to extract it. Sets the worker's part of the item. Thread-safe. */
void pc_batch_make_key(pc_batch_worker *worker, pc_batch_item *item);

/** Set the paths of the host's files in the output folder. */
PC_MUST_CHECK pc_status pc_batch_name_files(pc_batch_item *item, const char *folder, pc_error *err);

/**
 * Sign, verify and write the request for a key that exists. Called by a worker if its signer works in threads, else by
 * pc_batch_finish. Sets item->spki_sha256.
 */
PC_MUST_CHECK pc_status pc_batch_write_request(const pc_token *token, pc_batch_item *item, pc_error *err);

/**
 * The remaining steps for an item whose key exists: write the request if the worker has not, or check that the existing
 * one is right; then, with a CA, issue, bind and write the certificate. For one thread only.
 * @param ret_line  the known part of the manifest's line, on failure too
 */
PC_MUST_CHECK pc_status pc_batch_finish(const pc_token *token, const pc_local_ca *ca, pc_batch_item *item,
                                        pc_batch_line *ret_line, pc_error *err);

#endif
