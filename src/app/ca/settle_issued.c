/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/settle.h"

#include <string.h>

#include "app/bind/accept.h"
#include "app/ca/delivery.h"
#include "app/ca/key_ca.h"
#include "app/ca/pending/pending.h"
#include "x509/spki.h"
#include "x509/chain.h"
#include "x509/show/issued.h"
#include "x509/name.h"
#include "x509/read.h"
#include "x509/words.h"

/* The certificates that the CA sent. */
typedef struct {
    STACK_OF(X509) *own;     /* only the certificate */
    STACK_OF(X509) *bag;     /* the certificates sent as its chain; NULL if that failed */
    STACK_OF(X509) *issuers; /* of the leaf, nearest first; may be NULL */
    const char *chain;       /* in words; NULL if there are none */
} received;

static void received_clear(received *got)
{
    pc_x509_stack_free(got->own);
    pc_x509_stack_free(got->bag);
    pc_x509_stack_free(got->issuers);
}

PC_AUTO_DEFINE_VALUE(received, received, received_clear);

static pc_status warn(const pc_settlement *job, const char *sentence, const char *cause, pc_error *err)
{
    job->item->warning =
        cause ? pc_arena_format(job->arena, "%s: %s", sentence, cause) : pc_arena_string(job->arena, sentence);
    return job->item->warning ? PC_OK : pc_fail_memory(err);
}

/* For a CA that sends everything at once. */
static pc_status take_bag(const pc_settlement *job, received *got, pc_error *err)
{
    if (sk_X509_num(got->own) == 1) {
        return warn(job, "the certificate came without its chain", NULL, err);
    }
    got->bag = sk_X509_new_null();
    return got->bag ? PC_OK : pc_fail_memory(err);
}

/* The certificate is useful even without its chain, which can be fetched later. */
static pc_status fetch_chain(const pc_settlement *job, const char *reference, received *got, pc_error *err)
{
    static const char no_chain[] = "the certificate came without its chain";
    pc_error cause = { .status = PC_OK };
    pc_ca_issued issued;

    if (!job->connection->protocol->get_chain) {
        return take_bag(job, got, err);
    }
    pc_status status = job->connection->protocol->get_chain(job->connection, job->arena, reference, &issued, &cause);

    if (status == PC_OK && issued.outcome.disposition == PC_CA_ISSUED) {
        status = pc_delivery_read(&issued.file, "its chain", &got->bag, &cause);
    }
    if (status == PC_E_MEMORY) {
        return pc_fail_memory(err);
    }
    return got->bag ? PC_OK
                    : warn(job, no_chain, status == PC_OK ? "the CA sent a page instead" : cause.frames[0], err);
}

static pc_status check_key(const pc_settlement *job, X509 *leaf, pc_error *err)
{
    const char *wanted = job->item->record.spki_sha256;
    const EVP_PKEY *public_key = X509_get0_pubkey(leaf);
    const char *spki = NULL;

    if (!public_key) {
        return pc_fail(err, PC_E_CA, "the public key of the CA's certificate cannot be read");
    }
    PC_TRY(pc_spki_sha256(public_key, job->arena, &spki, err));
    if (!*wanted || strcmp(spki, wanted) == 0) {
        job->item->record.spki_sha256 = spki;
        return PC_OK;
    }
    const char *subject = pc_x509_name_text(X509_get_subject_name(leaf), job->arena);

    (void)pc_fail(err, PC_E_VERIFY,
                  "the certificate that the CA sent, of %s, is for a public key other than that of the request; "
                  "nothing was written",
                  subject ? subject : "(out of memory)");
    return pc_hint(err, PC_E_VERIFY, "check at the CA which request has the number %s; its record is kept",
                   job->item->record.request_id);
}

static pc_status compare(const pc_settlement *job, X509 *leaf, pc_error *err)
{
    pc_departures departures;

    if (!job->request) {
        return PC_OK;
    }
    const pc_issued answer = { .csr = job->request->csr, .certificate = leaf, .old = job->request->old };

    PC_TRY(pc_issued_compare(&answer, job->arena, &departures, err));
    job->item->departures = departures.items;
    job->item->departure_count = departures.count;
    return PC_OK;
}

static pc_status build_chain(const pc_settlement *job, X509 *leaf, received *got, pc_error *err)
{
    const pc_chain_question question = { .leaf = leaf, .others = got->bag, .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };

    if (!got->bag) {
        return PC_OK;
    }
    pc_status status = pc_chain_build(&question, job->arena, &chain, err);

    if (status == PC_E_VERIFY) {
        return warn(job, "the chain that the CA sent is not valid and is left out", chain.words, err);
    }
    got->issuers = chain.issuers;
    got->chain = got->issuers && sk_X509_num(got->issuers) > 0 ? chain.words : NULL;
    return status;
}

static pc_status describe(const pc_settlement *job, X509 *leaf, pc_error *err)
{
    pc_submitted *item = job->item;

    item->subject = pc_x509_name_text(X509_get_subject_name(leaf), job->arena);
    item->issuer = pc_x509_name_text(X509_get_issuer_name(leaf), job->arena);
    item->serial = pc_serial_words(leaf, job->arena);
    item->not_after = pc_time_words(X509_get0_notAfter(leaf), job->arena);
    item->chain = NULL;
    return item->subject && item->issuer && item->serial && item->not_after ? PC_OK : pc_fail_memory(err);
}

static pc_status write_out(const pc_settlement *job, X509 *leaf, const received *got, pc_error *err)
{
    const char *text = NULL;

    PC_TRY(pc_x509_to_pem(leaf, job->arena, &text, err));
    for (int i = 0; got->issuers && i < sk_X509_num(got->issuers); i++) {
        const char *more = NULL;

        PC_TRY(pc_x509_to_pem(sk_X509_value(got->issuers, i), job->arena, &more, err));
        text = pc_arena_format(job->arena, "%s%s", text, more);
        if (!text) {
            return pc_fail_memory(err);
        }
    }
    PC_TRY(pc_place_commit(job->place, text, err));
    job->item->out = pc_arena_string(job->arena, job->place->path);
    return job->item->out ? PC_OK : pc_fail_memory(err);
}

static pc_status bind(const pc_settlement *job, X509 *leaf, const received *got, pc_error *err)
{
    const pc_accept_certificates certificates = { .leaf = leaf, .issuers = got->issuers, .chain = got->chain };
    pc_status status = pc_accept_certificates_on(job->token, &certificates, &job->item->accepted, err);

    return status == PC_OK
               ? PC_OK
               : pc_note(err, status, "the certificate was issued and is in \"%s\", but is not bound to its key yet",
                         job->place->path);
}

pc_status pc_settle_forget(const pc_settlement *job, pc_error *err)
{
    if (job->item->kept) {
        PC_TRY(pc_pending_remove(job->token, &job->item->record, job->arena, err));
        job->item->kept = false;
    }
    return PC_OK;
}

/* A request that was fetched by its number may be the one whose record had no number. */
static pc_status forget_sending(const pc_settlement *job, pc_error *err)
{
    pc_pending_list found;

    PC_TRY(pc_pending_find(job->token, job->item->record.spki_sha256, job->arena, &found, err));
    return found.count > 0 && found.items[0].state == PC_PENDING_SENDING
               ? pc_pending_remove(job->token, &found.items[0], job->arena, err)
               : PC_OK;
}

/* Certificates sent with it may be its issuers. */
static pc_status add_others(received *got, pc_error *err)
{
    for (int i = 0; got->bag && sk_X509_num(got->own) > 1 && i < sk_X509_num(got->own); i++) {
        X509 *each = sk_X509_value(got->own, i);

        if (X509_up_ref(each) != 1) {
            return pc_fail_memory(err);
        }
        if (sk_X509_push(got->bag, each) <= 0) {
            X509_free(each);
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

/* Those of the CA that was named; else, as with `retrieve`, those of the record. */
static pc_status find_spares(const pc_settlement *job, pc_key_ca *ca, pc_error *err)
{
    PC_TRY(pc_ca_find_spares(job->connection->access, ca->address, job->arena, &ca->spares, err));
    if (ca->spares.count == 0) {
        ca->spares = job->item->record.spares;
    }
    return PC_OK;
}

/* Before the record of the request is removed, so that a run that is interrupted in between repeats this. */
static pc_status note_ca(const pc_settlement *job, pc_error *err)
{
    const pc_pending *record = &job->item->record;
    bool is_own_key = (record->key_label && *record->key_label) || job->item->accepted;
    pc_key_ca ca = {
        .protocol = job->connection->protocol->name,
        .address = record->ca,
        .spki_sha256 = record->spki_sha256,
    };
    const char *label = record->key_label && *record->key_label ? record->key_label : "a key";
    pc_status status = is_own_key ? find_spares(job, &ca, err) : PC_OK;

    if (status == PC_OK && is_own_key) {
        status = pc_key_ca_save(job->token, &ca, label, job->arena, err);
    }
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the certificate is in \"%s\", but its CA could not be recorded",
                                     job->place->path);
}

static pc_status take(const pc_settlement *job, received *got, pc_error *err)
{
    X509 *leaf = NULL;

    PC_TRY(pc_delivery_find(got->own, job->item->record.spki_sha256, job->arena, &leaf, err));
    leaf = leaf ? leaf : sk_X509_value(got->own, 0); /* this one is then refused */
    PC_TRY(check_key(job, leaf, err));
    PC_TRY(compare(job, leaf, err));
    PC_TRY(build_chain(job, leaf, got, err));
    PC_TRY(describe(job, leaf, err));
    job->item->chain = got->chain;
    PC_TRY(write_out(job, leaf, got, err));
    if (job->accept) {
        PC_TRY(bind(job, leaf, got, err));
    }
    PC_TRY(note_ca(job, err));
    return job->item->kept ? pc_settle_forget(job, err) : forget_sending(job, err);
}

/* From the reply, or else from the CA, whose answer may now differ. */
static pc_status get_certificate(const pc_settlement *job, const pc_ca_reply *reply, pc_ca_issued *ret_issued,
                                 pc_error *err)
{
    if (reply->certificate.len > 0) {
        *ret_issued = (pc_ca_issued){ .outcome = reply->outcome, .file = reply->certificate };
        return PC_OK;
    }
    return job->connection->protocol->get_certificate(job->connection, job->arena, reply->reference, ret_issued, err);
}

pc_status pc_settle_issued(const pc_settlement *job, const pc_ca_reply *reply, pc_ca_outcome *ret_outcome,
                           pc_error *err)
{
    PC_AUTO(received) received got = { .own = NULL };
    pc_ca_issued issued;

    PC_TRY(get_certificate(job, reply, &issued, err));
    if (issued.outcome.disposition != PC_CA_ISSUED) {
        *ret_outcome = issued.outcome;
        return PC_OK;
    }
    PC_TRY(pc_delivery_read(&issued.file, "the certificate", &got.own, err));
    PC_TRY(fetch_chain(job, reply->reference, &got, err));
    PC_TRY(add_others(&got, err));
    pc_ca_session_disconnect(job->session);
    return take(job, &got, err);
}
