/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a batch that runs in several threads: each has its own sessions, and only the token is shared. */
#include <string.h>

#include "app/fleet/batch.h"
#include "base/bytes.h"
#include "base/monotonic.h"
#include "pair/own_certificate.h"
#include "token/proof.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/key.h"
#include "token/keygen.h"
#include "token/rival.h"

pc_status pc_batch_worker_open(const pc_token *token, pc_batch_worker *ret_worker, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *maker = NULL;
    PC_AUTO(pc_token) pc_token *reader = NULL;

    PC_TRY(pc_token_branch(token, true, &maker, err));
    PC_TRY(pc_token_branch(token, false, &reader, err));
    *ret_worker = (pc_batch_worker){ .maker = PC_TAKE(maker), .reader = PC_TAKE(reader) };
    return PC_OK;
}

void pc_batch_worker_borrow(pc_token *token, pc_batch_worker *ret_worker)
{
    *ret_worker = (pc_batch_worker){ .maker = token, .reader = token };
}

void pc_batch_worker_close(pc_batch_worker *worker, const pc_token *token)
{
    if (worker->has_wrapping) {
        pc_wrapping_key_destroy(worker->maker, &worker->wrapping);
    }
    if (worker->reader != token) {
        pc_token_close(worker->reader);
    }
    if (worker->maker != token) {
        pc_token_close(worker->maker);
    }
    *worker = (pc_batch_worker){ .maker = NULL };
}

/* A key with this label that was made for another name must not be used in this host's request. */
static pc_status check_subject(const pc_token *token, const pc_batch_item *item, pc_error *err)
{
    const pc_key *key = &item->key;
    const pc_key_plan *plan = &item->key_plan;

    if (!key->subject.len || (pc_bytes_equal(key->subject, plan->subject))) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the key \"%s\" on token \"%s\" was created for another subject; no key was created", key->label,
                  token->info.label);
    return pc_hint(err, PC_E_REFUSED, "give the host another label in the list");
}

static pc_status check_bound(const pc_token *token, pc_batch_item *item, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };

    PC_TRY(pc_own_certificates(token, &item->key, item->arena, &own, err));
    item->is_bound = own.count > 0;
    if (!item->is_bound || item->has_request || item->may_be_bound) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the key \"%s\" is already on token \"%s\" and has a certificate; no key was created and no "
                  "request written",
                  item->key.label, token->info.label);
    return pc_hint(err, PC_E_REFUSED,
                   "`p11cert new --key` requests another certificate for that key; another label creates a new key");
}

static pc_status take_found(const pc_token *token, pc_batch_item *item, pc_error *err)
{
    pc_status status = pc_new_check_found(token, &item->key, &item->key_plan, item->arena, err);

    if (status == PC_E_REFUSED) {
        return pc_hint(err, status,
                       "another label (in the list, or the INF's KeyContainer) creates a new key; `p11cert new --key` "
                       "uses that key as it is");
    }
    PC_TRY(status);
    PC_TRY(check_subject(token, item, err));
    return check_bound(token, item, err);
}

/* Its request would have to be replaced, and nothing is ever replaced. */
static pc_status refuse_stray_request(const pc_token *token, const pc_batch_item *item, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists, but no key \"%s\" is on token \"%s\"; no key was created",
                  item->request, item->key_plan.label, token->info.label);
    return pc_hint_resume(
        err, PC_E_REFUSED,
        "check that this is the token with that request's key; otherwise move the file away and run the same "
        "command again");
}

/* A worker that borrows the token's own session has no other. */
static bool is_handle_local(const pc_batch_worker *worker)
{
    return worker->reader != worker->maker && worker->handles != PC_HANDLES_SHARED;
}

/* A request without a key is refused, which is not done on the word of a list. */
static pc_status find_labelled(const pc_token *token, pc_batch_item *item, pc_labelled_key *ret_labelled, pc_error *err)
{
    const int64_t begun_usec = pc_monotonic_usec();

    if (!item->has_request && pc_label_is_absent(token, item->key_plan.label, &item->absence)) {
        *ret_labelled = (pc_labelled_key){ .count = 0 };
        return PC_OK;
    }
    PC_TRY(pc_key_find_labelled(token, item->key_plan.label, item->arena, ret_labelled, err));
    item->search_usec = pc_monotonic_usec() - begun_usec;
    return PC_OK;
}

static pc_status find_or_make(pc_batch_worker *worker, pc_batch_item *item, pc_error *err)
{
    const pc_token *token = worker->maker;
    const pc_keygen_sessions sessions = { .maker = worker->maker,
                                          .reader = worker->reader,
                                          .handles = &worker->handles };
    pc_keygen_result made;
    pc_labelled_key labelled;

    PC_AUTO(pc_token_lock) pc_token_lock lock = pc_token_lock_take(token, item->key_plan.label);

    PC_TRY(find_labelled(token, item, &labelled, err));
    if (labelled.has_half) {
        item->half_id = pc_text_hex(item->arena, labelled.half_id, '\0');
    }
    if (labelled.count == 1) {
        item->key = labelled.key;
        item->is_handle_local = is_handle_local(worker);
        return take_found(token, item, err);
    }
    if (item->has_request) {
        return refuse_stray_request(token, item, err);
    }
    PC_TRY(pc_keygen_in(&sessions, &item->key_plan, item->arena, &made, err));
    PC_TRY(pc_rival_give_way(token, &item->key_plan, &lock, err));
    item->key = made.key;
    item->unsupported_flags = made.unsupported_flags;
    item->was_made = true;
    item->is_handle_local = is_handle_local(worker);
    return PC_OK;
}

/* If the request is on disk, the key has already passed this check. */
static bool needs_proof(const pc_batch_item *item)
{
    return !item->plan->exportable && !item->has_request;
}

static pc_status prove(pc_batch_worker *worker, pc_batch_item *item, pc_error *err)
{
    if (!worker->has_wrapping) {
        PC_TRY(pc_wrapping_key_make(worker->maker, &worker->wrapping, err));
        worker->has_wrapping = true;
    }
    pc_key_proof proof;

    PC_TRY(pc_key_try_extract_with(worker->maker, &item->key, &worker->wrapping, &proof, err));
    return pc_proof_words(&proof, &item->key, item->arena, &item->proof, err);
}

static pc_status note_key_stays(const pc_token *token, pc_status status, const pc_batch_item *item, pc_error *err)
{
    (void)pc_note(err, status, "no request was written; the key \"%s\" is on token \"%s\" and stays there",
                  item->key.label, token->info.label);
    return status;
}

/* An operation that was left open would fail the next host. A session's wrapping key disappears with the session. */
static void renew_sessions(pc_batch_worker *worker)
{
    worker->has_wrapping = false;
    worker->handles = PC_HANDLES_UNKNOWN;
    pc_token_renew_session(worker->maker, true);
    if (worker->reader != worker->maker) {
        pc_token_renew_session(worker->reader, false);
    }
}

/* A worker's sessions have no PIN for a key that requires one at each use. */
static bool signs_here(const pc_batch_worker *worker, const pc_batch_item *item)
{
    return !item->has_request && pc_signer_runs_in_threads(worker->maker) &&
           item->key.flags[PC_KEY_ALWAYS_AUTHENTICATE] != PC_FACT_TRUE;
}

/* A failure is reported when the host is finished, with what is known about its key. */
static void sign(pc_batch_worker *worker, pc_batch_item *item)
{
    pc_status status =
        signs_here(worker, item) ? pc_batch_write_request(worker->maker, item, &item->request_err) : PC_OK;

    if (status != PC_OK && item->request_err.origin == PC_ORIGIN_PKCS11) {
        renew_sessions(worker);
    }
}

void pc_batch_make_key(pc_batch_worker *worker, pc_batch_item *item)
{
    item->status = find_or_make(worker, item, &item->err);
    if (item->status == PC_OK && needs_proof(item)) {
        item->status = prove(worker, item, &item->err);
        if (item->status != PC_OK) {
            (void)note_key_stays(worker->maker, item->status, item, &item->err);
        }
    }
    if (item->status == PC_OK) {
        sign(worker, item);
    }
    if (item->status != PC_OK && item->err.origin == PC_ORIGIN_PKCS11) {
        renew_sessions(worker);
    }
}
