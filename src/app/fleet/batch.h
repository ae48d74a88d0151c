/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BATCH_H
#define PC_APP_BATCH_H

#include <p11cert/batch.h>

#include "app/fleet/hosts.h"
#include "app/issue/issue.h"
#include "app/request/new.h"
#include "token/key_proof.h"

/** One host on its way: prepared by the thread that reads, given a key by a worker, finished by the first again. */
typedef struct pc_batch_item {
    struct pc_batch_item *next; /**< in whatever line it stands */
    pc_arena *arena;            /**< of everything below, and of the item itself */
    pc_batch_host host;
    pc_new_order order;
    pc_new_plan *plan;
    pc_key_plan key_plan;
    const char *request;     /**< path */
    const char *certificate; /**< path */
    bool has_request;        /**< it was there when the item was prepared */
    bool may_be_bound;       /**< a key that has a certificate is no hindrance */

    /* What the worker found or made. */
    pc_key key;
    bool was_made;
    bool is_bound;       /**< the key has a certificate */
    const char *half_id; /**< CKA_ID of a public key of this label that has no private one; NULL if there is none */
    const char *proof;
    const char *not_held; /**< flags that the token does not take; NULL or "" if none */
    pc_status status;
    pc_error err;
} pc_batch_item;

/** Accepts NULL. */
void pc_batch_item_free(pc_batch_item *item);
PC_AUTO_DEFINE(pc_batch_item, pc_batch_item, pc_batch_item_free);

/** What a worker works with: sessions of its own. */
typedef struct {
    pc_token *maker;  /**< finds and makes */
    pc_token *reader; /**< reads back; the maker itself where the token bears one session only */
    pc_wrapping_key wrapping;
    bool has_wrapping;
} pc_batch_worker;

/** Open the sessions of a worker. @return PC_OK; PC_E_TOKEN if the token bears no more; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_batch_worker_open(const pc_token *token, pc_batch_worker *ret_worker, pc_error *err);

/** The worker of a token that bears one session: it uses that one. */
void pc_batch_worker_borrow(pc_token *token, pc_batch_worker *ret_worker);
void pc_batch_worker_close(pc_batch_worker *worker, const pc_token *token);

/** Find the host's key or make it, and try to get it out. Sets the worker's part of the item. Safe beside other threads. */
void pc_batch_make_key(pc_batch_worker *worker, pc_batch_item *item);

/** The CA of --issue-with. */
typedef struct {
    pc_issue_order order;
    pc_issuer issuer;
} pc_batch_ca;

/** Paths of the host's files in the folder of the results. */
PC_MUST_CHECK pc_status pc_batch_name_files(pc_batch_item *item, const char *folder, pc_error *err);

/**
 * The rest of the way for an item whose key is there: sign, verify and write the request, or see that the one that is
 * there is right; then, with a CA, issue, bind and write the certificate. For one thread alone: there is one lens.
 * @param ret_line  what of the manifest's line is known, on failure too
 */
PC_MUST_CHECK pc_status pc_batch_finish(const pc_token *token, const pc_batch_ca *ca, pc_batch_item *item,
                                        pc_batch_line *ret_line, pc_error *err);

/** Is the token lost, so that no further host can succeed? */
bool pc_batch_is_lost(const pc_token *token, const pc_error *err);

#endif
