/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/settle.h"

#include <string.h>
#include <time.h>

#include "app/ca/pending/pending.h"

/* --- not issued ------------------------------------------------------------------------------ */

/* "the request 17 of the key "server"", or the part of it that is known. */
static const char *request_words(const pc_settlement *job)
{
    const pc_pending *record = &job->item->record;

    return pc_arena_format(job->arena, "the request%s%s%s%s%s", *record->request_id ? " " : "", record->request_id,
                           *record->key_label ? " of the key \"" : "", record->key_label,
                           *record->key_label ? "\"" : "");
}

static pc_status fail_refused(const pc_settlement *job, const char *verb, pc_error *err)
{
    const pc_submitted *item = job->item;
    const char *words = request_words(job);

    if (!words) {
        return pc_fail_memory(err);
    }
    if (item->code) {
        (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_WINDOWS, item->code, "%s%s%s (0x%08lx)",
                           item->message ? item->message : "", item->message && item->code_name ? ": " : "",
                           item->code_name ? item->code_name : "", item->code);
        (void)pc_note(err, PC_E_CA, "the CA %s %s", verb, words);
    } else {
        (void)pc_fail_code(err, PC_E_CA, PC_ORIGIN_WINDOWS, item->code, "the CA %s %s%s%s", verb, words,
                           item->message ? ": " : "", item->message ? item->message : "");
    }
    if (item->advice) {
        return pc_hint(err, PC_E_CA, "%s", item->advice);
    }
    return pc_hint(err, PC_E_CA, "the CA's administrator finds the reason in its log, under the number of the request");
}

static pc_status save_state(const pc_settlement *job, pc_pending_state state, pc_error *err)
{
    job->item->record.state = state;
    return pc_pending_save_answer(job->token, &job->item->record, job->arena, err);
}

/* The number stays on record: the CA's administrator can still issue a request that was denied. */
static pc_status settle_closed(const pc_settlement *job, const char *reference, const char *verb, pc_error *err)
{
    pc_pending *record = &job->item->record;

    if (!*record->request_id) {
        record->request_id = reference;
    }
    if (job->may_close && job->item->kept) {
        PC_TRY(save_state(job, PC_PENDING_DENIED, err));
        job->item->kept = false;
    }
    return fail_refused(job, verb, err);
}

static pc_status settle_error(const pc_settlement *job, pc_error *err)
{
    if (job->is_new) {
        PC_TRY(pc_settle_forget(job, err));
    }
    return fail_refused(job, "could not process", err);
}

/* A request whose number is not known cannot be queried. One that was denied may have been resubmitted at the CA. */
static pc_status settle_pending(const pc_settlement *job, pc_error *err)
{
    const pc_submitted *item = job->item;
    const char *words = request_words(job);

    if (!words) {
        return pc_fail_memory(err);
    }
    if (!*item->record.request_id) {
        (void)pc_fail(err, PC_E_CA, "%s is pending, but the CA's page does not give its number", words);
        return pc_hint(
            err, PC_E_CA,
            "find the number at the CA; then `p11cert retrieve NUMBER --key \"%s\" --ca %s` asks for its state",
            item->record.key_label, item->record.ca);
    }
    return item->kept && item->record.state == PC_PENDING_DENIED ? save_state(job, PC_PENDING_TAKEN, err) : PC_OK;
}

/* Such a page comes from a new version of AD CS, a gateway or another server: a person must look at it. */
static pc_status settle_unknown(const pc_settlement *job, const pc_ca_outcome *outcome, pc_error *err)
{
    pc_submitted *item = job->item;
    const char *path = strcmp(job->place->path, "-") == 0 ? "p11cert" : job->place->path;
    const char *words = request_words(job);
    const char *number =
        *item->record.request_id ? "" : pc_arena_format(job->arena, " NUMBER --ca %s", item->record.ca);
    const uint8_t *page = outcome->page ? outcome->page : (const uint8_t *)"";

    if (!words || !number) {
        return pc_fail_memory(err);
    }
    const pc_file_bytes content = { .name = path, .bytes = { page, outcome->page_len } };
    pc_status status = pc_place_aside(&content, ".page.html", job->arena, &item->page, err);

    if (status != PC_OK) {
        return pc_note(err, status, "the state of %s is unknown, and the page that the server sent could not be saved",
                       words);
    }
    (void)pc_fail(err, PC_E_CA, "the state of %s is unknown: the server answered with a page that is not from %s",
                  words, job->connection->protocol->server);
    return pc_hint(err, PC_E_CA,
                   "the page was saved as \"%s\"; look at it, or check at the CA: if it has the request, continue with "
                   "`p11cert retrieve%s`",
                   item->page, number);
}

/* --- any outcome ----------------------------------------------------------------------------- */

static void note_outcome(pc_submitted *item, const pc_ca_outcome *outcome)
{
    item->disposition = outcome->disposition;
    item->code = outcome->code;
    item->code_name = outcome->code_name;
    item->message = outcome->message;
    item->advice = outcome->advice;
}

/* An issued certificate is not lost, whatever went wrong afterwards. */
static pc_status hint_resume(const pc_settlement *job, pc_status status, pc_error *err)
{
    const char *hint = err && *err->hint ? pc_arena_format(job->arena, "%s; then ", err->hint) : "";

    if (!job->item->kept || !hint) {
        return status;
    }
    return pc_hint(err, status, "%s`p11cert retrieve` continues with request %s, whose certificate is issued", hint,
                   job->item->record.request_id);
}

/* Any outcome but that of an issued certificate. */
static pc_status settle_other(const pc_settlement *job, const pc_ca_outcome *outcome, const char *reference,
                              pc_error *err)
{
    note_outcome(job->item, outcome);
    switch (outcome->disposition) {
    case PC_CA_PENDING:
        return settle_pending(job, err);
    case PC_CA_DENIED:
        return settle_closed(job, reference, "denied", err);
    case PC_CA_REVOKED:
        return settle_closed(job, reference, "issued and then revoked the certificate of", err);
    case PC_CA_ERROR:
        return settle_error(job, err);
    case PC_CA_ISSUED:
    case PC_CA_UNKNOWN:
    default:
        return settle_unknown(job, outcome, err);
    }
}

/* The CA has said that it is issued, so it can be asked again, whatever it says now. */
static pc_status settle_contradicted(const pc_settlement *job, const pc_ca_outcome *outcome, const char *reference,
                                     pc_error *err)
{
    pc_settlement contradicted = *job;

    contradicted.may_close = false;
    contradicted.is_new = false;
    return settle_other(&contradicted, outcome, reference, err);
}

static pc_status settle_issued(const pc_settlement *job, const pc_ca_reply *reply, pc_error *err)
{
    pc_ca_outcome outcome = { .disposition = PC_CA_ISSUED };
    pc_status status = pc_settle_issued(job, reply, &outcome, err);

    if (status == PC_OK && outcome.disposition != PC_CA_ISSUED) {
        return settle_contradicted(job, &outcome, reply->reference, err);
    }
    /* A certificate for another key will not become the right one. */
    return status == PC_OK || status == PC_E_VERIFY ? status : hint_resume(job, status, err);
}

pc_status pc_settle(const pc_settlement *job, const pc_ca_reply *reply, pc_error *err)
{
    if (reply->outcome.disposition != PC_CA_ISSUED) {
        return settle_other(job, &reply->outcome, reply->reference, err);
    }
    note_outcome(job->item, &reply->outcome);
    return settle_issued(job, reply, err);
}
