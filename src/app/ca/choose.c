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

/* The public key of the key that was named, as records have it; NULL if none was. */
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

static pc_status parse_id(const char *text, pc_arena *arena, const char **ret_id, pc_error *err)
{
    unsigned long number = 0;

    if (!pc_text_to_number(text, PC_REQUEST_ID_MAX, &number) || number == 0) {
        return pc_fail(err, PC_E_USAGE, "the number of a request is a whole one from 1, as the CA gave it");
    }
    *ret_id = pc_arena_format(arena, "%lu", number);
    return *ret_id ? PC_OK : pc_fail_memory(err);
}

/* A key without its number can be given one; a record that has another is about another request. */
static bool fits(const pc_pending *record, const char *request_id, bool is_of_named_key)
{
    return !request_id || strcmp(record->request_id, request_id) == 0 || (is_of_named_key && !*record->request_id);
}

static pc_status fail_nothing(const pc_retrieval *job, pc_error *err)
{
    const char *key = job->order->key;
    const char *id = job->order->request_id;

    (void)pc_fail(err, PC_E_NOT_FOUND, "no request%s%s%s%s%s is pending on token \"%s\"", id ? " " : "", id ? id : "",
                  key ? " of the key \"" : "", key ? key : "", key ? "\"" : "", job->token->info.label);
    return id ? pc_hint(err, PC_E_NOT_FOUND,
                        "name the CA with --ca to fetch the certificate of a request that no record is of")
              : pc_hint(err, PC_E_NOT_FOUND,
                        "`p11cert list` shows what is pending; a request submitted elsewhere is fetched by "
                        "its number and --ca");
}

static pc_status fail_several(const pc_retrieval *job, const pc_pending *found, size_t count, pc_error *err)
{
    const char *list = "";

    for (size_t i = 0; list && i < count && i < 5; i++) {
        list = pc_arena_format(job->arena, "%s%s%s of \"%s\"", list, *list ? ", " : "",
                               *found[i].request_id ? found[i].request_id : "(no number)", found[i].key_label);
    }
    (void)pc_fail(err, PC_E_AMBIGUOUS, "%zu requests are pending on token \"%s\"", count, job->token->info.label);
    return list ? pc_hint(err, PC_E_AMBIGUOUS, "name one by number or --key, or say --all: %s%s", list,
                          count > 5 ? ", ..." : "")
                : pc_fail_memory(err);
}

/* A number and a CA are enough, without any record: then nothing is known of the request. */
static pc_status without_record(pc_retrieval *job, const char *request_id, pc_error *err)
{
    if (!request_id || !job->order->ca->url) {
        return fail_nothing(job, err);
    }
    PC_TRY(pc_submit_result_add(job->result, 1, err));
    job->result->items[0].record.request_id = request_id;
    job->result->items[0].disposition = PC_CA_PENDING;
    return PC_OK;
}

static pc_status fill(pc_retrieval *job, const pc_pending *found, size_t count, const char *request_id, pc_error *err)
{
    PC_TRY(pc_submit_result_add(job->result, count, err));
    for (size_t i = 0; i < count; i++) {
        pc_submitted *item = &job->result->items[i];

        item->record = found[i];
        item->kept = true;
        item->disposition = PC_CA_PENDING;
        if (request_id) {
            item->record.request_id = request_id;
        }
    }
    return PC_OK;
}

pc_status pc_retrieve_choose(pc_retrieval *job, pc_error *err)
{
    const char *request_id = NULL;
    const char *spki = NULL;
    pc_pending *found = NULL;
    size_t every = 0;
    size_t count = 0;

    if (job->order->request_id) {
        PC_TRY(parse_id(job->order->request_id, job->arena, &request_id, err));
    }
    PC_TRY(named_key(job, &spki, err));
    PC_TRY(pc_pending_find(job->token, spki, job->arena, &found, &every, err));
    for (size_t i = 0; i < every; i++) {
        if (fits(&found[i], request_id, spki != NULL)) {
            found[count++] = found[i];
        }
    }
    if (count == 0) {
        return without_record(job, request_id, err);
    }
    return count > 1 && !job->order->all ? fail_several(job, found, count, err)
                                         : fill(job, found, count, request_id, err);
}
