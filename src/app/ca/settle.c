/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/settle.h"

#include <string.h>
#include <time.h>

#include "app/ca/pending/pending.h"

const char *pc_time_now_words(pc_arena *arena)
{
    time_t now = time(NULL);
    char words[32] = "";
    struct tm parts;

    if (gmtime_r(&now, &parts)) {
        (void)strftime(words, sizeof words, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    return pc_arena_string(arena, words);
}

pc_status pc_settle_forget(const pc_settlement *job, pc_error *err)
{
    if (job->item->kept) {
        PC_TRY(pc_pending_remove(job->token, &job->item->record, job->arena, err));
        job->item->kept = false;
    }
    return PC_OK;
}

/* --- not issued ------------------------------------------------------------------------------ */

/* "request 17 of the key "server"", as far as that is known. */
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

static pc_status settle_refused(const pc_settlement *job, const char *verb, bool is_final, pc_error *err)
{
    if (is_final) {
        PC_TRY(pc_settle_forget(job, err));
    }
    return fail_refused(job, verb, err);
}

/* Such a page is what a new version of AD CS, a gateway or a stranger gives: a human has to look at it. */
static pc_status settle_unknown(const pc_settlement *job, const pc_ca_outcome *outcome, pc_error *err)
{
    pc_submitted *item = job->item;
    const char *path = strcmp(job->place->path, "-") == 0 ? "p11cert" : job->place->path;
    const char *words = request_words(job);
    const char *how = *item->record.request_id ? "" : pc_arena_format(job->arena, " NUMBER --ca %s", item->record.ca);
    const uint8_t *page = outcome->page ? outcome->page : (const uint8_t *)"";

    if (!words || !how) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_place_aside(path, ".page.html", page, outcome->page_len, job->arena, &item->page, err);

    if (status != PC_OK) {
        return pc_note(err, status, "what became of %s is unknown, and the page that says so could not be kept", words);
    }
    (void)pc_fail(err, PC_E_CA,
                  "what became of %s is unknown: the server answers with a page that is not known from AD CS", words);
    return pc_hint(err, PC_E_CA,
                   "the page was kept as \"%s\"; look at it, or at the CA: if that has the request, `p11cert "
                   "retrieve%s` goes on",
                   item->page, how);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void note_outcome(pc_submitted *item, const pc_ca_outcome *outcome)
{
    item->disposition = outcome->disposition;
    item->code = outcome->code;
    item->code_name = outcome->code_name;
    item->message = outcome->message;
    item->advice = outcome->advice;
}

/* What was issued is not lost, whatever went wrong behind that. */
static pc_status hint_go_on(const pc_settlement *job, pc_status status, pc_error *err)
{
    const char *hint = err && *err->hint ? pc_arena_format(job->arena, "%s; then ", err->hint) : "";

    if (!job->item->kept || !hint) {
        return status;
    }
    return pc_hint(err, status, "%s`p11cert retrieve` goes on with request %s, whose certificate is issued", hint,
                   job->item->record.request_id);
}

pc_status pc_settle(const pc_settlement *job, const pc_ca_outcome *outcome, pc_error *err)
{
    note_outcome(job->item, outcome);
    switch (outcome->disposition) {
    case PC_CA_ISSUED: {
        pc_status status = pc_settle_issued(job, outcome->request_id, err);

        /* Unknown and denied have said so already, and another's certificate does not get better. */
        return status == PC_OK || status == PC_E_VERIFY || job->item->disposition != PC_CA_ISSUED
                   ? status
                   : hint_go_on(job, status, err);
    }
    case PC_CA_PENDING:
        return PC_OK;
    case PC_CA_DENIED:
        return settle_refused(job, "denied", job->forget_failed, err);
    case PC_CA_ERROR:
        return settle_refused(job, "could not process", job->forget_failed, err);
    case PC_CA_UNKNOWN:
    default:
        return settle_unknown(job, outcome, err);
    }
}
