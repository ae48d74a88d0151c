/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/copy.h>

#include <string.h>

#include "app/bind/bind.h"
#include "app/ca/pending/pending.h"
#include "app/copy/second_token.h"
#include "app/pfx/export.h"
#include "app/pfx/import_key.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "signer/sign.h"
#include "token/key.h"
#include "token/key_difference.h"
#include "token/key_relay.h"
#include "x509/spki.h"

void pc_copy_result_free(pc_copy_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_copy_result, pc_copy_result, pc_copy_result_free);

const char *pc_copy_state_name(pc_copy_state state)
{
    static const char *const names[] = {
        [PC_COPY_WRITTEN] = "written",
        [PC_COPY_ALREADY] = "already",
        [PC_COPY_NONE] = "none",
        [PC_COPY_LEFT] = "left",
    };

    return names[state];
}

/** A copy in progress. */
typedef struct {
    const pc_copy_order *order;
    pc_copy_result *result;
    pc_arena *arena;
    pc_token *source;
    pc_token *target;
    pc_key key; /* on the source */
    EVP_PKEY *public_key;
    pc_token_certificates own; /* of the key, on the source */
    STACK_OF(X509) *issuers;   /* of the current one; NULL: none */
    pc_pending_list records;   /* on the source */
    pc_import_result imported;
    pc_key_import import;
} copy_job;

static void copy_job_clear(copy_job *job)
{
    sk_X509_pop_free(job->issuers, X509_free);
    pc_token_certificates_clear(&job->own);
    EVP_PKEY_free(job->public_key);
    pc_token_close(job->target);
    pc_token_close(job->source);
}
PC_AUTO_DEFINE_VALUE(copy_job, copy_job, copy_job_clear);

static pc_status note(copy_job *job, const char *text, pc_error *err)
{
    return pc_import_note(&job->imported, text, err);
}

/* --- may the key be copied? --- */

static pc_status refuse_fixed(const copy_job *job, pc_error *err)
{
    (void)pc_note(err, PC_E_REFUSED, "the key \"%s\" cannot leave token \"%s\", so it cannot be copied", job->key.label,
                  job->source->info.label);
    return pc_hint(err, PC_E_REFUSED,
                   "CKA_EXTRACTABLE can never be set back to true. Have the vendor's own tool clone the token, and "
                   "prove the clone with `p11cert copy --check`; or make another key on the second token, in a key "
                   "ceremony (p11cert-ceremony(1)) or with `p11cert new`, with its own certificate");
}

/* The flags did not say so. SoftHSM 2.6, for example, does not wrap Edwards keys. */
static pc_status refuse_by_token(const copy_job *job, pc_error *err)
{
    (void)pc_note(err, PC_E_REFUSED, "token \"%s\" refuses to wrap the key \"%s\", so it cannot be copied",
                  job->source->info.label, job->key.label);
    return pc_hint(
        err, PC_E_REFUSED,
        "the token does not wrap keys of this kind, or refuses this one. Have the vendor's own tool clone the token, "
        "and prove the clone with `p11cert copy --check`; or make another key on the second token with "
        "`p11cert new`, with its own certificate");
}

static pc_status check_flags(const copy_job *job, pc_error *err)
{
    const pc_fact *flags = job->key.flags;

    if (flags[PC_KEY_EXTRACTABLE] == PC_FACT_FALSE) {
        (void)pc_fail(err, PC_E_REFUSED, "CKA_EXTRACTABLE is false; nothing was written");
        return refuse_fixed(job, err);
    }
    if (flags[PC_KEY_WRAP_WITH_TRUSTED] == PC_FACT_TRUE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the key \"%s\" leaves its token only under a wrapping key that the Security Officer has marked "
                      "trusted (CKA_WRAP_WITH_TRUSTED is true), and p11cert's one-time key is not; nothing was written",
                      job->key.label);
        return pc_hint(err, PC_E_REFUSED,
                       "move it with the vendor's own tool under such a key, and prove the copy with "
                       "`p11cert copy --check`");
    }
    if (flags[PC_KEY_SIGN] == PC_FACT_FALSE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the key \"%s\" may not sign (CKA_SIGN is false), and a copy is proved by a signature; nothing "
                      "was written",
                      job->key.label);
        return pc_hint(err, PC_E_REFUSED, "move it with the vendor's own tool");
    }
    return PC_OK;
}

static pc_status check_names(const copy_job *job, pc_error *err)
{
    if (job->key.id.len == 0 || job->key.id.len > sizeof job->import.plan.id) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the key \"%s\" has %s, by which its certificates are found; nothing was written", job->key.label,
                      job->key.id.len ? "too long a CKA_ID" : "no CKA_ID");
        return pc_hint(err, PC_E_REFUSED,
                       "`p11cert repair` shows what is missing, and `p11cert repair --apply` gives a key a CKA_ID");
    }
    if (!*job->key.label) {
        (void)pc_fail(err, PC_E_REFUSED, "the key has no label, by which its copy is found; nothing was written");
        return pc_hint(err, PC_E_REFUSED, "give it one (CKA_LABEL) with the token's own tool");
    }
    return PC_OK;
}

static pc_status plan_key(copy_job *job, pc_error *err)
{
    pc_key_import *import = &job->import;
    char kind[32];

    PC_TRY(pc_public_key_attributes(job->public_key, job->arena, &import->half, err));
    if (!pc_key_kind_of(&import->half, &import->plan.kind)) {
        return pc_fail(err, PC_E_INPUT, "the key \"%s\" is %s, which p11cert does not support; nothing was written",
                       job->key.label, pc_key_describe(&job->key, kind));
    }
    memcpy(import->plan.id, job->key.id.data, job->key.id.len);
    import->plan.id_len = job->key.id.len;
    import->plan.id_is_given = true;
    import->plan.label = job->key.label;
    import->plan.subject = job->key.subject;
    import->plan.imported = true;
    import->plan.exportable = true;
    import->plan.half = &import->half;
    import->plan.flags = job->key.flags;
    return PC_OK;
}

/* --- the objects to copy --- */

/* An issuer that cannot be determined is not a reason to leave the key without a copy. */
static pc_status find_issuers(copy_job *job, pc_error *err)
{
    const pc_certificate_files none = { .certificate = NULL };
    PC_AUTO(pc_key_certificates) pc_key_certificates found = { .leaf = NULL };
    pc_error why = { .status = PC_OK };

    if (job->own.count == 0) {
        return PC_OK;
    }
    pc_status status = pc_export_certificates(&none, job->source, &job->key, job->arena, &found, &why);

    if (status == PC_E_INPUT || status == PC_E_AMBIGUOUS) {
        return note(job, pc_arena_format(job->arena, "the certificates of issuers were not copied: %s", why.frames[0]),
                    err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
        return status;
    }
    job->issuers = found.issuers;
    found.issuers = NULL;
    return PC_OK;
}

/* Such an object may be a certificate of the key, and a copy without it would be called complete. */
static pc_status check_readable(const copy_job *job, pc_error *err)
{
    if (job->own.unreadable == 0) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_TOKEN,
                  "token \"%s\" has %zu certificate %s with the CKA_ID of the key \"%s\" whose value cannot be read; "
                  "nothing was written",
                  job->source->info.label, job->own.unreadable, job->own.unreadable == 1 ? "object" : "objects",
                  job->key.label);
    return pc_hint(err, PC_E_TOKEN,
                   "run the command again; if it fails again, `p11cert list` shows the object, and what it should "
                   "contain must be written again, or the object removed, with the token's own tool");
}

/* Reads everything before anything is written. */
static pc_status read_source(copy_job *job, pc_error *err)
{
    pc_copy_result *result = job->result;
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(job->source, job->order->key, job->arena, &selector, err));
    PC_TRY(pc_key_find(job->source, &selector, job->arena, &job->key, err));
    PC_TRY(check_flags(job, err));
    PC_TRY(check_names(job, err));
    PC_TRY(pc_public_key_of(&job->key, &job->public_key, err));
    PC_TRY(plan_key(job, err));
    PC_TRY(pc_spki_sha256(job->public_key, job->arena, &result->spki_sha256, err));
    pc_status status = pc_own_certificates(job->source, &job->key, job->arena, &job->own, err);

    if (status != PC_OK) {
        return pc_note(err, status, "nothing was written");
    }
    PC_TRY(check_readable(job, err));
    PC_TRY(find_issuers(job, err));
    return pc_pending_find(job->source, result->spki_sha256, job->arena, &job->records, err);
}

/* --- the key --- */

static pc_status bring(pc_key_import *import, pc_imported *ret_imported, pc_error *err)
{
    const copy_job *job = import->bring_context;
    const pc_key_relay relay = { .source = job->source, .key = &job->key, .target = job->target };

    PC_TRY(pc_key_relay_run(&relay, &import->plan, job->arena, ret_imported, err));
    import->result->transport = PC_KEY_RELAY_WORDS;
    return PC_OK;
}

static pc_status hint_failed_copy(const copy_job *job, pc_status status, pc_error *err)
{
    if (!err || err->origin != PC_ORIGIN_PKCS11 || err->resumes) {
        return status;
    }
    if (status == PC_E_REFUSED) {
        return refuse_by_token(job, err);
    }
    return pc_transfer_may_go_otherwise((CK_RV)err->code)
               ? pc_hint(err, status,
                         "if the token lacks the mechanism (`p11cert tokens -v` lists them), `p11cert export` and "
                         "`p11cert import` transfer an exportable key in a PFX, through the memory of this machine")
               : status;
}

static pc_status copy_key(copy_job *job, pc_error *err)
{
    pc_key_import *import = &job->import;

    import->token = job->target;
    import->bring = bring;
    import->bring_context = job;
    import->origin = "another token";
    import->label_hint = "a copy keeps the label: rename or `p11cert retire` the other key, or copy to another token";
    import->id_hint = "a copy keeps the CKA_ID: `p11cert retire` the other key, or copy to another token";
    import->result = &job->imported;
    import->arena = job->arena;
    pc_status status = pc_import_key(import, err);

    return status == PC_OK ? PC_OK : hint_failed_copy(job, status, err);
}

static pc_status prove(const copy_job *job, pc_error *err)
{
    pc_status status = pc_key_proves(job->target, &job->import.key, job->public_key, err);

    return status == PC_E_VERIFY ? pc_note(err, status,
                                           "the key \"%s\" on token \"%s\" does not produce signatures that verify "
                                           "with the original's public key: do not use it",
                                           job->import.key.label, job->target->info.label)
                                 : status;
}

static pc_status note_difference(copy_job *job, pc_error *err)
{
    const pc_key *copy = &job->import.key;
    const char *difference = pc_key_flags_difference(&job->key, copy, job->arena);
    const char *not_compared = pc_key_flags_not_compared(&job->key, copy, job->arena);

    if (!difference || !not_compared) {
        return pc_fail_memory(err);
    }
    if (*not_compared) {
        PC_TRY(
            note(job, pc_arena_format(job->arena, "only one of the tokens shows these flags: %s", not_compared), err));
    }
    if (*difference) {
        PC_TRY(note(job,
                    pc_arena_format(job->arena, "the flags of the copy differ from those of the key: %s", difference),
                    err));
    }
    if (strcmp(copy->label, job->key.label) != 0 || !pc_bytes_equal(copy->id, job->key.id)) {
        PC_TRY(note(job, "the second token already had the key, under another label or CKA_ID, which was not changed",
                    err));
    }
    return PC_OK;
}

/* --- the other objects --- */

static pc_status bind_own(copy_job *job, pc_error *err)
{
    pc_copy_result *result = job->result;

    for (size_t i = 0; i < job->own.count; i++) {
        pc_bound_certificate *slot = PC_PUSH(job->arena, result->certificates, result->certificate_count);
        const pc_binding binding = { .key = &job->import.key,
                                     .certificate = job->own.items[i].certificate,
                                     .is_authority = job->own.items[i].object->category == PC_CATEGORY_AUTHORITY };

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(pc_bind_to_key(job->target, &binding, job->arena, slot, err));
        result->changed = result->changed || slot->state == PC_BOUND_WRITTEN;
    }
    return PC_OK;
}

static pc_status bind_issuers(copy_job *job, pc_error *err)
{
    pc_copy_result *result = job->result;

    for (int i = 0; i < sk_X509_num(job->issuers); i++) {
        pc_bound_certificate *slot = PC_PUSH(job->arena, result->issuers, result->issuer_count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        PC_TRY(pc_bind_issuer(job->target, sk_X509_value(job->issuers, i), job->arena, slot, err));
        result->changed = result->changed || slot->state == PC_BOUND_WRITTEN;
    }
    return PC_OK;
}

static bool is_same_record(const pc_pending *left, const pc_pending *right)
{
    bool is_same_certificate =
        left->issued && right->issued ? strcmp(left->issued, right->issued) == 0 : left->issued == right->issued;

    return is_same_certificate && left->state == right->state && strcmp(left->ca, right->ca) == 0 &&
           strcmp(left->request_id, right->request_id) == 0 && strcmp(left->ca_state, right->ca_state) == 0 &&
           strcmp(left->request_sha256, right->request_sha256) == 0;
}

/* Saving a record removes all others of its key, also in files, which both tokens share: so it is saved only if there
 * is none. */
static pc_status copy_record(copy_job *job, pc_error *err)
{
    pc_pending_list held = { .count = 0 };
    pc_copy_result *result = job->result;

    result->record = PC_COPY_NONE;
    if (job->records.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_pending_find(job->target, result->spki_sha256, job->arena, &held, err));
    if (held.count) {
        const bool is_same = is_same_record(&held.items[0], &job->records.items[0]);

        result->record = is_same ? PC_COPY_ALREADY : PC_COPY_LEFT;
        return is_same
                   ? PC_OK
                   : note(job, "the second token has another record of a request for this key, which was not changed",
                          err);
    }
    pc_pending record = job->records.items[0];

    record.key_label = job->import.key.label;
    record.key_id = pc_text_hex(job->arena, job->import.key.id, '\0');
    record.handle = 0;
    if (!record.key_id) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_pending_save(job->target, &record, job->arena, err));
    result->record = PC_COPY_WRITTEN;
    result->changed = true;
    return PC_OK;
}

/* --- the whole --- */

static pc_status describe_side(const pc_token *token, const pc_key *key, pc_arena *arena, pc_copy_side *ret_side,
                               pc_error *err)
{
    ret_side->info = token->info;
    ret_side->key_label = pc_text_escape(arena, key->label, strlen(key->label));
    ret_side->key_id = pc_text_hex(arena, key->id, '\0');
    return ret_side->key_label && ret_side->key_id ? PC_OK : pc_fail_memory(err);
}

static pc_status describe(copy_job *job, pc_error *err)
{
    pc_copy_result *result = job->result;

    (void)pc_key_describe(&job->key, result->key_kind);
    result->key_state = job->imported.key_state == PC_IMPORT_KEY_ALREADY ? PC_COPY_ALREADY : PC_COPY_WRITTEN;
    result->changed = result->changed || job->import.has_written;
    result->exportable = job->import.key.flags[PC_KEY_EXTRACTABLE];
    result->unsupported_flags = job->imported.unsupported_flags;
    result->mechanism = job->imported.mechanism;
    result->transport = job->imported.transport;
    PC_TRY(describe_side(job->source, &job->key, job->arena, &result->from, err));
    PC_TRY(describe_side(job->target, &job->import.key, job->arena, &result->to, err));
    PC_TRY(note_difference(job, err));
    result->notes = job->imported.notes;
    result->note_count = job->imported.note_count;
    return PC_OK;
}

static pc_status complete(copy_job *job, pc_error *err)
{
    PC_TRY(bind_own(job, err));
    PC_TRY(bind_issuers(job, err));
    PC_TRY(copy_record(job, err));
    return describe(job, err);
}

static pc_status run(copy_job *job, const pc_token_access *access, pc_error *err)
{
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &job->source, err));
    PC_TRY(read_source(job, err));
    const pc_second_token second = { &job->order->to, PC_TOKEN_WRITE, &pc_copy_target_options };

    PC_TRY(pc_second_token_open(job->source, &second, &job->target, err));
    PC_TRY(copy_key(job, err));
    pc_status status = prove(job, err);

    if (status == PC_E_VERIFY) {
        return status; /* the copy must not be used */
    }
    status = status == PC_OK ? complete(job, err) : status;
    if (status == PC_OK) {
        return PC_OK;
    }
    (void)pc_note(err, status, "the copy is not finished; the key \"%s\" is on token \"%s\" and stays there",
                  job->import.key.label, job->target->info.label);
    return pc_hint_resume(err, status, "run the same command again: it finds the key and continues");
}

pc_status pc_copy_run(const pc_copy_order *order, const pc_token_access *access, pc_copy_result **ret_result,
                      pc_error *err)
{
    PC_AUTO(pc_copy_result) pc_copy_result *result = PC_RESULT_NEW(pc_copy_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_AUTO(copy_job)
    copy_job job = { .order = order, .result = result, .arena = result->arena, .imported = { .arena = result->arena } };

    PC_TRY(run(&job, access, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
