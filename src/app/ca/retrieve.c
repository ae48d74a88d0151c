/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/retrieve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "app/files/place.h"
#include "app/ca/delivery.h"
#include "app/ca/request_file.h"
#include "app/ca/pending/pending.h"
#include "app/ca/settle.h"
#include "app/ca/submit.h"
#include "app/ca/submitted.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "signer/signer.h"

#define FIRST_PAUSE_SEC 15u /* a CA is polled slowly: a person approves the request */
#define LAST_PAUSE_SEC  300u

static void retrieval_clear(pc_retrieval *job)
{
    pc_ca_session_free(job->session);
    pc_submit_result_free(job->result);
}

PC_AUTO_DEFINE_VALUE(pc_retrieval, pc_retrieval, retrieval_clear);

/* --- one request ----------------------------------------------------------------------------- */

/* A label becomes a file name, whatever it contains. */
static const char *file_name(const pc_submitted *item, pc_arena *arena)
{
    const char *label = *item->record.key_label ? item->record.key_label : "certificate";
    char *name = pc_arena_format(arena, "%s%s.cer", *label == '.' ? "_" : "", label);

    for (char *each = name; each && *each; each++) {
        if (*each == '/' || *each == '\\') {
            *each = '_';
        }
    }
    return name;
}

static const char *path_of(const pc_retrieval *job, const pc_submitted *item)
{
    const char *out = job->order->out;

    if (out && !job->order->all) {
        return pc_arena_string(job->arena, out);
    }
    const char *name = file_name(item, job->arena);

    return name && out ? pc_arena_format(job->arena, "%s/%s", out, name) : name;
}

static pc_status check_number(const pc_submitted *item, pc_error *err)
{
    const pc_pending *record = &item->record;

    if (*record->request_id) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_NOT_FOUND,
                  "the request of the key \"%s\" was about to be sent to \"%s\" at %s, and its number at the CA is "
                  "not known",
                  record->key_label, record->ca, record->submitted_at);
    return pc_hint(err, PC_E_NOT_FOUND,
                   "check at the CA: if it has the request, give its number together with `key`; if not, "
                   "send it with `p11cert submit --again`");
}

static pc_status check_space(const pc_retrieval *job, const pc_submitted *item, pc_place *place, pc_error *err)
{
    const char *path = path_of(job, item);
    const char *spki = *item->record.spki_sha256 ? item->record.spki_sha256 : NULL;

    return path ? pc_place_open(path, job->order->force, spki, place, err) : pc_fail_memory(err);
}

/* A denial from another address says nothing about the request that was recorded. */
static bool is_recorded_address(const pc_retrieval *job, const pc_submitted *item)
{
    return !job->target.address || pc_ca_has_address(job->order->ca, item->record.ca, job->arena);
}

/* The CA that was named, else that of the record. */
static pc_status find_access(const pc_retrieval *job, const pc_submitted *item, pc_ca_access *ret_access, pc_error *err)
{
    const pc_pending *record = &item->record;
    const pc_key_ca recorded = { .protocol = record->protocol, .address = record->ca, .spares = record->spares };

    if (job->target.address) {
        *ret_access = *job->order->ca;
        return PC_OK;
    }
    return pc_ca_recorded_access(job->order->ca, &recorded, job->arena, ret_access, err);
}

/* Sets ret_target if this is one of the addresses of the CA. */
static pc_status find_address(const pc_retrieval *job, const pc_ca_access *ca, const char *address,
                              pc_ca_target *ret_target, pc_error *err)
{
    for (size_t i = 0; i <= ca->spare_url_count; i++) {
        pc_ca_target each;

        PC_TRY(pc_ca_target_at(ca, i, job->arena, &each, err));
        if (strcmp(each.address, address) == 0) {
            *ret_target = each;
            return PC_OK;
        }
    }
    return PC_OK;
}

/* Where it was submitted, if that is an address of the CA; but not again where nobody answered before. */
static pc_status find_target(const pc_retrieval *job, const pc_submitted *item, const pc_ca_access *ca,
                             pc_ca_target *ret_target, pc_error *err)
{
    PC_TRY(pc_ca_target_at(ca, 0, job->arena, ret_target, err));
    PC_TRY(*item->record.ca ? find_address(job, ca, item->record.ca, ret_target, err) : PC_OK);
    return job->silent && strcmp(job->silent, ret_target->address) == 0
               ? find_address(job, ca, job->instead, ret_target, err)
               : PC_OK;
}

/* A protocol that continues from the last answer needs that answer next time; a certificate may not be sent a second
 * time. */
static pc_status keep_reply(const pc_retrieval *job, pc_submitted *item, const pc_ca_reply *reply, pc_error *err)
{
    pc_pending *record = &item->record;
    bool is_new_state = reply->outcome.disposition == PC_CA_PENDING && strcmp(reply->state, record->ca_state) != 0;
    bool is_issued = reply->outcome.disposition == PC_CA_ISSUED && reply->certificate.len > 0;

    if (!item->kept || !(is_new_state || (is_issued && is_recorded_address(job, item)))) {
        return PC_OK;
    }
    record->ca_state = reply->state;
    record->state = is_issued ? PC_PENDING_TAKEN : record->state;
    pc_status status = pc_delivery_save(job->token, reply, record, job->arena, err);

    return status == PC_OK
               ? PC_OK
               : pc_note(err, status, "the request is pending, but what the CA answered could not be recorded");
}

/** What is asked, and where it was answered. */
typedef struct {
    pc_submitted *item;
    const pc_request_file *request; /* NULL: not known */
    pc_ca_access ca;                /* its addresses */
} inquiry_item;

typedef struct {
    pc_ca_target target;
    const pc_ca_connection *connection;
    pc_ca_reply reply;
} answered;

/* Takes the reply that an interrupted run received, or else asks the CA. */
static pc_status ask(const pc_retrieval *job, pc_submitted *item, const pc_request_file *request,
                     const pc_ca_connection *connection, pc_ca_reply *ret_reply, pc_error *err)
{
    const pc_ca_inquiry inquiry = {
        .reference = item->record.request_id,
        .state = item->record.ca_state,
        .csr = request ? request->der : (pc_bytes){ .len = 0 },
    };

    if (pc_delivery_is_kept(&item->record) && is_recorded_address(job, item)) {
        return pc_delivery_of_record(&item->record, job->arena, ret_reply, err);
    }
    PC_TRY(connection->protocol->check(connection, job->arena, &inquiry, ret_reply, err));
    return keep_reply(job, item, ret_reply, err);
}

static pc_status ask_there(const pc_retrieval *job, const inquiry_item *question, const pc_ca_target *target,
                           answered *ret_answer, pc_error *err)
{
    PC_TRY(pc_ca_session_connect(job->session, target, &ret_answer->connection, err));
    return ask(job, question->item, question->request, ret_answer->connection, &ret_answer->reply, err);
}

/* A query changes nothing, but a login is sent with it: another address is asked only if there was no connection. */
static pc_status ask_somewhere(pc_retrieval *job, const inquiry_item *question, const pc_ca_target *first,
                               answered *ret_answer, pc_error *err)
{
    const pc_ca_access *ca = &question->ca;
    pc_error failure = { .status = PC_OK };
    pc_ca_target target = *first;
    pc_status status = ask_there(job, question, &target, ret_answer, &failure);

    for (size_t i = 0; i <= ca->spare_url_count && pc_wire_never_connected(&failure); i++) {
        pc_ca_target next;

        PC_TRY(pc_ca_target_at(ca, i, job->arena, &next, err));
        if (strcmp(next.address, first->address) == 0) {
            continue;
        }
        pc_ca_warn_unreachable(job->token, &target, job->arena);
        failure = (pc_error){ .status = PC_OK };
        target = next;
        status = ask_there(job, question, &target, ret_answer, &failure);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &failure);
        return status;
    }
    if (strcmp(target.address, first->address) != 0) {
        job->silent = first->address;
        job->instead = target.address;
    }
    ret_answer->target = target;
    return PC_OK;
}

static pc_status check_one(pc_retrieval *job, pc_submitted *item, const pc_request_file *request, pc_error *err)
{
    PC_AUTO(pc_place) pc_place place = { .path = NULL };
    inquiry_item question = { .item = item, .request = request };
    answered answer = { .reply = { .outcome = { .disposition = PC_CA_UNKNOWN }, .reference = "", .state = "" } };
    pc_ca_target first;

    PC_TRY(check_number(item, err));
    PC_TRY(find_access(job, item, &question.ca, err));
    PC_TRY(find_target(job, item, &question.ca, &first, err));
    PC_TRY(check_space(job, item, &place, err));
    PC_TRY(ask_somewhere(job, &question, &first, &answer, err));
    const pc_settlement settlement = {
        .token = job->token,
        .session = job->session,
        .connection = answer.connection,
        .request = request,
        .place = &place,
        .accept = job->order->accept,
        .may_close = is_recorded_address(job, item),
        .item = item,
        .arena = job->arena,
    };

    job->retry_sec = answer.reply.retry_sec > job->retry_sec ? answer.reply.retry_sec : job->retry_sec;
    if (!*item->record.ca) {
        item->record.ca = answer.target.address;
        item->record.protocol = answer.target.protocol->name;
    }
    return pc_settle(&settlement, &answer.reply, err);
}

static pc_status check_item(pc_retrieval *job, pc_submitted *item, pc_error *err)
{
    PC_AUTO(pc_request_file) pc_request_file request = { .text = NULL };
    bool has_request = item->kept && *item->record.request;

    if (has_request) {
        PC_TRY(pc_request_file_of_record(&item->record, job->arena, &request, err));
    }
    pc_status status = check_one(job, item, has_request ? &request : NULL, err);

    pc_ca_session_disconnect(job->session);
    return status;
}

/* --- all requests, and polling ------------------------------------------------------------------ */

static bool is_open(const pc_submitted *item)
{
    return item->status == PC_OK && item->disposition == PC_CA_PENDING;
}

static bool any_open(const pc_submit_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        if (is_open(&result->items[i])) {
            return true;
        }
    }
    return false;
}

/* A directory counts wrong passwords, so one that was refused is not tried again. */
static void skip_remaining(pc_retrieval *job)
{
    pc_error own = { .status = PC_OK };
    pc_status status = pc_fail(&own, PC_E_AUTH, "not checked, since the login was refused before");

    for (size_t i = 0; i < job->result->count; i++) {
        if (is_open(&job->result->items[i])) {
            pc_submitted_note(&job->result->items[i], status, &own, job->arena);
        }
    }
}

/* One that fails does not stop the others; the run reports the first of the worst failures. */
static pc_status check_all(pc_retrieval *job, pc_status worst, pc_error *err)
{
    job->retry_sec = 0;
    for (size_t i = 0; i < job->result->count; i++) {
        pc_submitted *item = &job->result->items[i];
        pc_error own = { .status = PC_OK };

        if (!is_open(item)) {
            continue;
        }
        pc_status status = check_item(job, item, &own);

        pc_submitted_note(item, status, &own, job->arena);
        if (status != PC_OK && pc_status_exit_code(status) > pc_status_exit_code(worst)) {
            worst = status;
            pc_error_pass(err, &own);
        }
        if (status == PC_E_AUTH) {
            skip_remaining(job);
        }
    }
    return worst;
}

static void report_waiting(const pc_retrieval *job, unsigned pause_sec)
{
    for (size_t i = 0; job->order->waiting && i < job->result->count; i++) {
        if (is_open(&job->result->items[i])) {
            job->order->waiting(job->order->waiting_context, &job->result->items[i].record, pause_sec);
        }
    }
}

static int64_t now_sec(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

/* Only here is a blocked signal delivered. @return false if one was delivered and its handler returned. */
static bool pause_for(unsigned pause_sec, const sigset_t *free_signals)
{
    const struct timespec span = { .tv_sec = (time_t)pause_sec };

    return ppoll(NULL, 0, &span, free_signals) == 0;
}

static pc_status poll_until(pc_retrieval *job, const sigset_t *free_signals, pc_error *err)
{
    int64_t until_sec = now_sec() + job->order->wait_sec;
    unsigned pause_sec = FIRST_PAUSE_SEC;
    pc_status worst = check_all(job, PC_OK, err);

    for (int64_t left_sec = until_sec - now_sec(); any_open(job->result) && left_sec > 0;
         left_sec = until_sec - now_sec()) {
        unsigned wish_sec = job->retry_sec > pause_sec ? job->retry_sec : pause_sec;
        unsigned next_sec = left_sec < (int64_t)wish_sec ? (unsigned)left_sec : wish_sec;

        report_waiting(job, next_sec);
        if (!pause_for(next_sec, free_signals)) {
            return worst;
        }
        worst = check_all(job, worst, err);
        pause_sec = pause_sec + pause_sec / 2 > LAST_PAUSE_SEC ? LAST_PAUSE_SEC : pause_sec + pause_sec / 2;
    }
    return worst;
}

/* A waiting run may be interrupted; it then ends between two steps and not within one. */
static pc_status check_until_done(pc_retrieval *job, pc_error *err)
{
    sigset_t held;
    sigset_t before;

    if (job->order->wait_sec == 0) {
        return check_all(job, PC_OK, err);
    }
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &held, &before);
    pc_status status = poll_until(job, &before, err);

    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

static pc_status check_order(pc_retrieval *job, const pc_token_access *access, pc_error *err)
{
    const pc_retrieve_order *order = job->order;

    if (order->all && (order->request_id || order->key)) {
        return pc_fail(err, PC_E_USAGE,
                       "every pending request was asked for, so neither a number nor a key can be named");
    }
    PC_TRY(pc_ca_access_check(order->ca, job->arena, order->ca->url ? &job->target : NULL, err));
    PC_TRY(job->target.protocol ? pc_ca_check_takes_requests(job->target.protocol, err) : PC_OK);
    return order->accept ? pc_signer_check(access->signer, err) : PC_OK;
}

static pc_status choose_and_ask(pc_retrieval *job, const pc_token_access *access, pc_error *err)
{
    PC_TRY(pc_retrieve_choose(job, err));
    PC_TRY(pc_ca_session_open(job->order->ca, access, job->token, &job->session, err));
    return check_until_done(job, err);
}

/* On the caller's token, or on one that is opened and closed here. */
static pc_status run(pc_retrieval *job, const pc_token *lent, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *opened = NULL;

    PC_TRY(check_order(job, access, err));
    if (!lent) {
        PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &opened, err));
    }
    job->token = lent ? lent : opened;
    pc_status status = choose_and_ask(job, access, err);

    pc_ca_session_free(PC_TAKE(job->session)); /* closed before the token that its signer uses */
    return status;
}

pc_status pc_retrieve_on(const pc_token *token, const pc_retrieve_order *order, const pc_token_access *access,
                         pc_submit_result **ret_result, pc_error *err)
{
    pc_submit_result *result = NULL;
    pc_error own = { .status = PC_OK };

    PC_TRY(pc_submit_result_new(&result, err));
    PC_AUTO(pc_retrieval)
    pc_retrieval job = { .order = order, .result = result, .arena = result->arena };
    pc_status status = run(&job, token, access, err ? err : &own);

    *ret_result = PC_TAKE(job.result);
    return status;
}

pc_status pc_retrieve_run(const pc_retrieve_order *order, const pc_token_access *access, pc_submit_result **ret_result,
                          pc_error *err)
{
    return pc_retrieve_on(NULL, order, access, ret_result, err);
}
