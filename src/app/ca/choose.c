/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/retrieve.h"

#include <string.h>

#include "app/ca/pending/pending.h"
#include "x509/spki.h"
#include "app/ca/submitted.h"
#include "base/text.h"
#include "pair/public_key.h"
#include "token/key.h"
#include "x509/auto.h"

#define NUMBER_MAX 4294967295ul /* a DWORD in [MS-WCCE] */
#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* The public key of the key that was named, in the form used in records; NULL if none was. */
static pc_status named_key(const pc_retrieval *job, const char **ret_spki, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    pc_key_selector selector;
    pc_key key;

    *ret_spki = NULL;
    if (!job->order->key) {
        return PC_OK;
    }
    PC_TRY(pc_key_selector_parse(job->token, job->order->key, job->arena, &selector, err));
    PC_TRY(pc_key_find(job->token, &selector, job->arena, &key, err));
    PC_TRY(pc_public_key_of(&key, &public_key, err));
    return pc_spki_sha256(public_key, job->arena, ret_spki, err);
}

/* AD CS numbers its requests, and people write the numbers in several ways; other CAs identify requests by a text. */
static pc_status parse_id(const char *text, pc_arena *arena, const char **ret_id, pc_error *err)
{
    unsigned long number = 0;

    if (pc_text_to_number(text, NUMBER_MAX, &number) && number > 0) {
        *ret_id = pc_arena_format(arena, "%lu", number);
    } else if (pc_pending_is_reference(text) && strpbrk(text, LETTERS)) {
        *ret_id = pc_arena_string(arena, text);
    } else {
        return pc_fail(err, PC_E_USAGE,
                       "the number of a request is a whole number from 1, or a text of letters and digits, as the CA "
                       "assigned it");
    }
    return *ret_id ? PC_OK : pc_fail_memory(err);
}

/* A key whose number is not known can be given one; a record with another number is about another request. */
static bool matches(const pc_pending *record, const char *request_id, bool is_of_named_key)
{
    if (!request_id) {
        return record->state != PC_PENDING_DENIED;
    }
    return strcmp(record->request_id, request_id) == 0 || (is_of_named_key && !*record->request_id);
}

/* The latest of the requests that were denied; NULL if there is none. */
static const pc_pending *find_denied(const pc_pending_list *list)
{
    const pc_pending *latest = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const pc_pending *each = &list->items[i];

        if (each->state == PC_PENDING_DENIED && (!latest || strcmp(each->submitted_at, latest->submitted_at) > 0)) {
            latest = each;
        }
    }
    return latest;
}

static pc_status fail_nothing(const pc_retrieval *job, const pc_pending_list *list, pc_error *err)
{
    const char *key = job->order->key;
    const char *id = job->order->request_id;
    const pc_pending *denied = find_denied(list);

    if (list->unreadable) { /* a warning has named it */
        (void)pc_fail(err, PC_E_INPUT, "no request%s%s whose record can be read is pending on token \"%s\"",
                      id ? " " : "", id ? id : "", job->token->info.label);
        return pc_pending_hint_unreadable(err);
    }
    (void)pc_fail(err, PC_E_NOT_FOUND, "no request%s%s%s%s%s is pending on token \"%s\"", id ? " " : "", id ? id : "",
                  key ? " of the key \"" : "", key ? key : "", key ? "\"" : "", job->token->info.label);
    if (id) {
        return pc_hint(err, PC_E_NOT_FOUND,
                       "name the CA with `ca` to retrieve the certificate of a request that has no record");
    }
    if (denied) {
        return pc_hint(err, PC_E_NOT_FOUND,
                       "request %s of the key \"%s\", submitted at %s, was denied: submit a new one; if the CA has "
                       "issued it since, name it by its number",
                       *denied->request_id ? denied->request_id : "(no number)", denied->key_label,
                       denied->submitted_at);
    }
    return pc_hint(err, PC_E_NOT_FOUND,
                   "`p11cert list` shows pending requests; a request submitted elsewhere is retrieved by its number "
                   "and `ca`");
}

static pc_status fail_several(const pc_retrieval *job, const pc_pending_list *found, pc_error *err)
{
    const char *list = "";

    for (size_t i = 0; list && i < found->count && i < 5; i++) {
        list = pc_arena_format(job->arena, "%s%s%s of \"%s\"", list, *list ? ", " : "",
                               *found->items[i].request_id ? found->items[i].request_id : "(no number)",
                               found->items[i].key_label);
    }
    (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu requests are pending on token \"%s\"", found->count,
                  job->token->info.label);
    return list ? pc_hint(err, PC_E_AMBIGUOUS, "name one by its number or with `key`, or use `all`: %s%s", list,
                          found->count > 5 ? ", ..." : "")
                : pc_fail_memory(err);
}

/* A number and a CA are enough without a record; nothing else is then known about the request. */
static pc_status without_record(pc_retrieval *job, const pc_pending_list *list, const char *request_id, pc_error *err)
{
    if (!request_id || !job->target.address || !pc_ca_can(job->target.protocol, PC_CA_CAN_FIND_BY_REFERENCE)) {
        return fail_nothing(job, list, err);
    }
    PC_TRY(pc_submit_result_add(job->result, 1, err));
    job->result->items[0].record.request_id = request_id;
    job->result->items[0].disposition = PC_CA_PENDING;
    return PC_OK;
}

static pc_status fill(pc_retrieval *job, const pc_pending_list *found, const char *request_id, pc_error *err)
{
    PC_TRY(pc_submit_result_add(job->result, found->count, err));
    for (size_t i = 0; i < found->count; i++) {
        pc_submitted *item = &job->result->items[i];

        item->record = found->items[i];
        item->kept = true;
        item->disposition = PC_CA_PENDING;
        if (request_id) {
            item->record.request_id = request_id;
        }
    }
    return PC_OK;
}

/* Those of the list that the order names, in the arena. */
static pc_status select_named(const pc_retrieval *job, const pc_pending_list *list, const char *request_id,
                              pc_pending_list *ret_named, pc_error *err)
{
    pc_pending_list named = { .items = pc_arena_alloc(job->arena, (list->count + 1) * sizeof *named.items) };

    if (!named.items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (matches(&list->items[i], request_id, job->order->key != NULL)) {
            named.items[named.count++] = list->items[i];
        }
    }
    *ret_named = named;
    return PC_OK;
}

pc_status pc_retrieve_choose(pc_retrieval *job, pc_error *err)
{
    const char *request_id = NULL;
    const char *spki = NULL;
    pc_pending_list list;
    pc_pending_list named = { .items = NULL };

    if (job->order->request_id) {
        PC_TRY(parse_id(job->order->request_id, job->arena, &request_id, err));
    }
    PC_TRY(named_key(job, &spki, err));
    PC_TRY(pc_pending_find(job->token, spki, job->arena, &list, err));
    PC_TRY(select_named(job, &list, request_id, &named, err));
    if (named.count == 0) {
        return without_record(job, &list, request_id, err);
    }
    return named.count > 1 && !job->order->all ? fail_several(job, &named, err) : fill(job, &named, request_id, err);
}
