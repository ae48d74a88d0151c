/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/submit.h"

#include <string.h>

#include "app/ca/delivery.h"
#include "app/ca/session.h"
#include "pair/key_of.h"
#include "app/ca/pending/pending.h"
#include "app/files/place.h"
#include "app/ca/request_file.h"
#include "app/ca/settle.h"
#include "app/ca/submitted.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "signer/signer.h"
#include "token/lock.h"
#include "x509/words.h"

/* A submission in progress. */
typedef struct {
    const pc_submit_order *order;
    pc_request_file request;
    pc_place place;
    pc_ca_target target;
    const pc_token *token;
    pc_ca_session *session;
    pc_submitted *item;
    pc_key key;     /* to be certified */
    pc_bytes proof; /* proof that it signed for the login with another key; empty: none */
    pc_arena *arena;
} submission;

static void submission_clear(submission *job)
{
    pc_ca_session_free(job->session);
    pc_place_clear(&job->place);
    pc_request_file_clear(&job->request);
}

PC_AUTO_DEFINE_VALUE(submission, submission, submission_clear);

/* --- before anything is sent ----------------------------------------------------------------- */

static pc_status open_place(submission *job, pc_error *err)
{
    const pc_submit_order *order = job->order;

    if (!order->out && strcmp(order->request, "-") == 0) {
        return pc_fail(err, PC_E_USAGE,
                       "name the file for the certificate with `out`: a request from standard input has no file name");
    }
    const char *path =
        pc_arena_string(job->arena, order->out ? order->out : pc_place_beside(order->request, ".cer", job->arena));

    if (!path) {
        return pc_fail_memory(err);
    }
    if (strcmp(path, "-") != 0 && strcmp(path, order->request) == 0) {
        (void)pc_fail(err, PC_E_USAGE, "the certificate would replace its own request \"%s\"", path);
        return pc_hint(err, PC_E_USAGE, "name another file with `out`");
    }
    return pc_place_open(path, order->force, job->request.spki_sha256, &job->place, err);
}

static pc_status find_key(submission *job, pc_error *err)
{
    const char *words = pc_arena_format(job->arena, "the request \"%s\"", job->order->request);
    pc_pending *record = &job->item->record;

    if (!words) {
        return pc_fail_memory(err);
    }
    const pc_public_key_named wanted = { .key = X509_REQ_get0_pubkey(job->request.csr), .words = words };
    pc_status status = pc_key_of_public(job->token, &wanted, job->arena, &job->key, err);

    if (status == PC_E_NOT_FOUND) {
        (void)pc_fail(err, status, "no private key on token \"%s\" belongs to %s; nothing was sent",
                      job->token->info.label, words);
        return pc_hint(err, status, "its certificate could not be used; `p11cert list` shows the keys of the token");
    }
    if (status == PC_E_AMBIGUOUS) {
        return pc_hint(err, status,
                       "nothing was sent. The request does not say which of them is meant: send it with the CA's own "
                       "tool, and bind the certificate with `p11cert accept CERTIFICATE --key LABEL`");
    }
    PC_TRY(status);
    record->key_label = pc_text_escape(job->arena, job->key.label, strlen(job->key.label));
    record->key_id = pc_text_hex(job->arena, job->key.id, '\0');
    return record->key_label && record->key_id ? PC_OK : pc_fail_memory(err);
}

static pc_status refuse_second(const submission *job, const pc_pending *earlier, pc_error *err)
{
    bool same = strcmp(earlier->request_sha256, job->request.sha256) == 0;
    const char *which = same ? "this request" : "another request of the same key";

    if (earlier->state == PC_PENDING_TAKEN) {
        (void)pc_fail(err, PC_E_REFUSED, "%s was already submitted to \"%s\", as number %s at %s; nothing was sent",
                      which, earlier->ca, earlier->request_id, earlier->submitted_at);
        return pc_hint(err, PC_E_REFUSED,
                       "`p11cert retrieve` asks for its state; `again` submits anyway and discards the number %s",
                       earlier->request_id);
    }
    (void)
        pc_fail(err, PC_E_REFUSED,
                "%s was about to be sent to \"%s\" at %s, and it is not known whether it arrived; nothing was sent now",
                which, earlier->ca, earlier->submitted_at);
    return pc_hint(err, PC_E_REFUSED,
                   "check at the CA: if it has the request, continue with `p11cert retrieve NUMBER --ca %s`; if "
                   "not, submit it with `again`",
                   earlier->ca);
}

/* If it were sent again, the CA would issue a second certificate and the first would never be bound. */
static pc_status refuse_issued(const submission *job, pc_error *err)
{
    pc_status status = pc_place_refuse_existing(&job->place, err);

    if (status != PC_E_REFUSED) {
        return status;
    }
    return pc_hint(
        err, status,
        "it contains a certificate of the request's key: `p11cert accept` binds it; for another certificate name "
        "another file with `out`, or use `force` to replace this one");
}

/* The record that the caller has seen and taken into account, not a later one of another run. */
static bool is_weighed(const submission *job, const pc_pending *earlier)
{
    const char *since = job->order->again_since;

    return job->order->again ||
           (since && earlier->state == PC_PENDING_SENDING && strcmp(earlier->submitted_at, since) == 0);
}

static pc_status look_for_earlier(const submission *job, pc_error *err)
{
    pc_pending_list found;

    PC_TRY(pc_pending_find(job->token, job->request.spki_sha256, job->arena, &found, err));
    if (found.count > 0 && found.items[0].state != PC_PENDING_DENIED && !is_weighed(job, &found.items[0])) {
        return refuse_second(job, &found.items[0], err);
    }
    return refuse_issued(job, err);
}

/* Options that would not reach the CA are refused: the user would believe that they had been requested. */
static pc_status check_capabilities(const submission *job, pc_error *err)
{
    const pc_submit_order *order = job->order;
    const pc_ca_protocol *protocol = job->target.protocol;

    PC_TRY(pc_ca_check_takes_requests(protocol, err));
    PC_TRY(pc_ca_check_takes_template(protocol, order->template_name, err));
    if (order->request_attribute_count && !pc_ca_can(protocol, PC_CA_CAN_TAKE_ATTRIBUTES)) {
        return pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no request attributes; nothing was sent",
                       protocol->name);
    }
    return PC_OK;
}

/* The PKCS#10 in it would by itself be a first request. */
static pc_status check_form(const submission *job, pc_error *err)
{
    const pc_ca_protocol *protocol = job->target.protocol;

    if (!job->request.old || pc_ca_can(protocol, PC_CA_CAN_TAKE_PKCS7)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE,
                  "\"%s\" renews a certificate by the signature of its key, which the protocol \"%s\" does not have; "
                  "nothing was sent",
                  job->order->request, protocol->name);
    return pc_hint(err, PC_E_USAGE, "use `p11cert renew` without `pkcs7`");
}

/* Everything that can fail without the token fails here, everything that can fail without the CA in look_on_token. */
static pc_status prepare(submission *job, const pc_token_access *access, pc_error *err)
{
    const pc_submit_order *order = job->order;

    PC_TRY(pc_ca_access_check(order->ca, job->arena, &job->target, err));
    PC_TRY(check_capabilities(job, err));
    PC_TRY(pc_request_file_read(order->request, job->arena, &job->request, err));
    PC_TRY(check_form(job, err));
    PC_TRY(open_place(job, err));
    return order->accept ? pc_signer_check(access->signer, err) : PC_OK;
}

static pc_status look_on_token(submission *job, const pc_token_access *access, pc_error *err)
{
    PC_TRY(find_key(job, err));
    PC_TRY(look_for_earlier(job, err));
    return pc_ca_session_open(job->order->ca, access, job->token, &job->session, err);
}

/* --- sending --------------------------------------------------------------------------------- */

static pc_status record_sending(submission *job, pc_error *err)
{
    pc_pending *record = &job->item->record;

    record->protocol = job->target.protocol->name;
    record->ca = job->target.address;
    PC_TRY(pc_ca_find_spares(job->order->ca, record->ca, job->arena, &record->spares, err));
    record->request_id = "";
    record->ca_state = "";
    record->issued = NULL;
    record->submitted_at = pc_time_now_words(job->arena);
    record->request_sha256 = job->request.sha256;
    record->request = job->request.base64;
    record->spki_sha256 = job->request.spki_sha256;
    if (!record->submitted_at) {
        return pc_fail_memory(err);
    }
    record->state = PC_PENDING_SENDING;
    PC_TRY(pc_pending_save(job->token, record, job->arena, err));
    job->item->kept = true;
    return PC_OK;
}

/* With a refused login nothing was submitted; with a lost connection it may have been. */
static pc_status settle_failure(submission *job, const pc_wire *wire, pc_status status, pc_error *err)
{
    pc_error second = { .status = PC_OK };

    if (status != PC_E_AUTH && pc_wire_may_have_arrived(wire)) {
        return pc_hint(
            err, status,
            "a record of this is kept. Check at the CA: if it has the request, continue with `p11cert retrieve "
            "NUMBER --ca %s`; if not, submit it with `again`",
            job->target.address);
    }
    if (pc_pending_remove(job->token, &job->item->record, job->arena, &second) != PC_OK) {
        return pc_note(err, status,
                       "the CA does not have the request, but the record that it was about to be sent could not be "
                       "removed (%s): use `again` next time",
                       second.frames[0]);
    }
    job->item->kept = false;
    return status;
}

static pc_ca_submission form_of(const submission *job)
{
    return (pc_ca_submission){
        .request = job->request.text,
        .csr = job->request.der,
        .template_name = job->order->template_name,
        .request_attributes = job->order->request_attributes,
        .request_attribute_count = job->order->request_attribute_count,
        .renews = job->order->renews,
        .proof = job->proof,
    };
}

static pc_status send_request(submission *job, const pc_ca_connection *connection, pc_ca_reply *ret_reply,
                              pc_error *err)
{
    const pc_ca_submission form = form_of(job);
    pc_status status = connection->protocol->submit(connection, job->arena, &form, ret_reply, err);
    const pc_ca_disposition disposition = ret_reply->outcome.disposition;

    if (status != PC_OK) {
        return settle_failure(job, connection->wire, status, err);
    }
    job->item->disposition = disposition;
    if (!*ret_reply->reference || (disposition != PC_CA_ISSUED && disposition != PC_CA_PENDING)) {
        return PC_OK;
    }
    job->item->record.request_id = ret_reply->reference;
    job->item->record.ca_state = ret_reply->state;
    job->item->record.state = PC_PENDING_TAKEN;
    status = pc_delivery_save(job->token, ret_reply, &job->item->record, job->arena, err);
    return status == PC_OK ? PC_OK
                           : pc_note(err, status,
                                     "the CA has the request as number %s, which could not be recorded: "
                                     "write the number down",
                                     ret_reply->reference);
}

/* A request that this CA cannot satisfy is refused before anything is sent. */
static pc_status check_request(const submission *job, const pc_ca_connection *connection, pc_error *err)
{
    const pc_ca_protocol *protocol = connection->protocol;
    const pc_ca_submission form = form_of(job);

    return protocol->check_request ? protocol->check_request(connection, job->arena, &form, err) : PC_OK;
}

/* If several runs found at the same time that nothing was sent, the CA would issue a certificate to each. */
static pc_status send_once(submission *job, const pc_ca_connection *connection, pc_ca_reply *ret_reply, pc_error *err)
{
    const char *name = pc_arena_format(job->arena, "submission of %s", job->request.spki_sha256);

    if (!name) {
        return pc_fail_memory(err);
    }
    PC_TOKEN_LOCKED(job->token, name);
    /* Another run may have finished since: its certificate is there, and its record is not. */
    pc_place_clear(&job->place);
    PC_TRY(open_place(job, err));
    PC_TRY(look_for_earlier(job, err));
    PC_TRY(record_sending(job, err));
    return send_request(job, connection, ret_reply, err);
}

/* A key that replaces the one that logs in. */
static bool is_new_key(const submission *job, const X509 *old)
{
    return job->order->renews && old && EVP_PKEY_eq(X509_get0_pubkey(old), X509_REQ_get0_pubkey(job->request.csr)) != 1;
}

/* Before the other key's signer is open. */
static pc_status prove(submission *job, pc_error *err)
{
    const pc_ca_protocol *protocol = job->target.protocol;
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    X509 *old = pc_ca_session_certificate(job->session);
    const pc_ca_submission form = form_of(job);

    if (!protocol->prove || !is_new_key(job, old)) {
        return PC_OK;
    }
    PC_TRY(pc_signer_open(job->token, &job->key, &signer, err));
    pc_status status = protocol->prove(&form, old, pc_signer_private(signer), job->arena, &job->proof, err);

    return status == PC_OK || !pc_signer_has_refused(signer) ? status : pc_signer_fail(signer, err);
}

static pc_status send_there(submission *job, const pc_ca_connection **ret_connection, pc_ca_reply *ret_reply,
                            pc_error *err)
{
    PC_TRY(pc_ca_session_connect(job->session, &job->target, ret_connection, err));
    PC_TRY(check_request(job, *ret_connection, err));
    return send_once(job, *ret_connection, ret_reply, err);
}

/* No connection, so that nothing can have arrived; the record that it was about to be sent is gone. */
static bool is_unreachable(const submission *job, const pc_error *failure)
{
    return pc_wire_never_connected(failure) && !job->item->kept;
}

/* To the first address of the CA that can be reached. */
static pc_status send_somewhere(submission *job, const pc_ca_connection **ret_connection, pc_ca_reply *ret_reply,
                                pc_error *err)
{
    const pc_ca_access *ca = job->order->ca;
    pc_error failure = { .status = PC_OK };
    pc_status status = send_there(job, ret_connection, ret_reply, &failure);

    for (size_t i = 1; i <= ca->spare_url_count && is_unreachable(job, &failure); i++) {
        pc_ca_warn_unreachable(job->token, &job->target, job->arena);
        failure = (pc_error){ .status = PC_OK };
        PC_TRY(pc_ca_target_at(ca, i, job->arena, &job->target, err));
        status = send_there(job, ret_connection, ret_reply, &failure);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &failure);
    }
    return status;
}

static pc_status send_and_settle(submission *job, const pc_token_access *access, pc_error *err)
{
    pc_ca_reply reply = { .outcome = { .disposition = PC_CA_UNKNOWN }, .reference = "", .state = "" };
    const pc_ca_connection *connection = NULL;

    PC_TRY(look_on_token(job, access, err));
    PC_TRY(prove(job, err));
    PC_TRY(send_somewhere(job, &connection, &reply, err));
    const pc_settlement settlement = {
        .token = job->token,
        .session = job->session,
        .connection = connection,
        .request = &job->request,
        .place = &job->place,
        .accept = job->order->accept,
        .may_close = true,
        .is_new = true,
        .item = job->item,
        .arena = job->arena,
    };

    return pc_settle(&settlement, &reply, err);
}

/* On the caller's token, or on one that is opened here, once nothing else can fail, and closed here. */
static pc_status run(submission *job, const pc_token *lent, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *opened = NULL;

    PC_TRY(prepare(job, access, err));
    if (!lent) {
        PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &opened, err));
    }
    job->token = lent ? lent : opened;
    pc_status status = send_and_settle(job, access, err);

    pc_ca_session_free(PC_TAKE(job->session)); /* closed before the token that its signer uses */
    return status;
}

pc_status pc_submit_on(const pc_token *token, const pc_submit_order *order, const pc_token_access *access,
                       pc_submit_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_submit_result) pc_submit_result *result = NULL;

    PC_TRY(pc_submit_result_new(&result, err));
    PC_TRY(pc_submit_result_add(result, 1, err));
    PC_AUTO(submission)
    submission job = { .order = order, .item = &result->items[0], .arena = result->arena };
    pc_error own = { .status = PC_OK };
    pc_error *reported = err ? err : &own;
    pc_status status = run(&job, token, access, reported);

    pc_submitted_note(job.item, status, reported, result->arena);
    *ret_result = PC_TAKE(result);
    return status;
}

pc_status pc_submit_run(const pc_submit_order *order, const pc_token_access *access, pc_submit_result **ret_result,
                        pc_error *err)
{
    return pc_submit_on(NULL, order, access, ret_result, err);
}
