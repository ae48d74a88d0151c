/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sign.h>

#include <string.h>
#include <time.h>

#include "app/files/place.h"
#include "app/pfx/export.h"
#include "app/sign/content.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/text.h"
#include "pair/public_key.h"
#include "signer/sign_data.h"
#include "token/key.h"
#include "x509/algorithm.h"
#include "x509/certificate.h"
#include "x509/cms.h"
#include "x509/name.h"
#include "x509/spki.h"
#include "x509/words.h"

PC_AUTO_DEFINE(pc_sign_result, pc_sign_result, pc_sign_result_free);

#define SIGNATURE_MOST ((size_t)64 * 1024) /* bytes of a file that may be a bare signature */

static const char *const forms[] = { [PC_SIGN_CMS] = "cms", [PC_SIGN_RAW] = "raw", [PC_SIGN_DIGEST] = "digest" };

const char *pc_sign_form_name(pc_sign_form form)
{
    return forms[form];
}

void pc_sign_result_free(pc_sign_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

/* A file that is being signed. */
typedef struct {
    pc_content content;
    const char *path;  /* of the signature */
    pc_output *output; /* NULL: a signature as ordered exists */
} sign_item;

/* The state of a run. */
typedef struct {
    const pc_sign_order *order;
    pc_sign_result *result;
    pc_arena *arena;
    const pc_token *token;
    pc_key key;
    EVP_PKEY *public_key;
    pc_key_certificates certificates; /* the leaf is NULL if there is none */
    pc_signature_form form;
    sign_item *items;
    size_t count;
} sign_job;

static void sign_job_clear(sign_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        pc_output_free(job->items[i].output);
        pc_content_clear(&job->items[i].content);
    }
    pc_key_certificates_clear(&job->certificates);
    EVP_PKEY_free(job->public_key);
}

PC_AUTO_DEFINE_VALUE(sign_job, sign_job, sign_job_clear);

static pc_status note(sign_job *job, const char *text, pc_error *err)
{
    const char **slot = text ? PC_PUSH(job->arena, job->result->notes, job->result->note_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = text;
    return PC_OK;
}

/* --- may this key sign? --- */

static pc_status check_dates(sign_job *job, pc_error *err)
{
    const pc_validity validity = pc_validity_of(job->certificates.leaf);
    const int64_t now_sec = (int64_t)time(NULL);
    const bool is_early = now_sec < validity.not_before_sec;
    char until[PC_TIME_TEXT] = "an unreadable date";

    if (pc_validity_holds(validity, now_sec)) {
        return PC_OK;
    }
    (void)pc_text_time(is_early ? validity.not_before_sec : validity.not_after_sec, until);
    if (job->order->allow_expired) {
        return note(job,
                    pc_arena_format(job->arena, "the certificate is not valid now (%s %s)",
                                    is_early ? "it begins" : "it ended", until),
                    err);
    }
    (void)pc_fail(err, PC_E_REFUSED, "the certificate of the key \"%s\" %s %s; nothing was signed", job->key.label,
                  is_early ? "is not valid before" : "expired at", until);
    return pc_hint(err, PC_E_REFUSED, "%s; `allow_expired` signs anyway",
                   is_early ? "check this computer's clock" : "`p11cert renew` renews it");
}

static pc_status check_usage(sign_job *job, pc_error *err)
{
    if (pc_certificate_allows_signing(job->certificates.leaf)) {
        return PC_OK;
    }
    if (job->order->allow_any_usage) {
        return note(job,
                    "the key usage of the certificate does not allow signatures on data: verifiers will reject them",
                    err);
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the certificate of the key \"%s\" does not allow signatures on data: its key usage has neither "
                  "digitalSignature nor nonRepudiation; nothing was signed",
                  job->key.label);
    return pc_hint(err, PC_E_REFUSED, "use a key whose certificate allows it; `allow_any_usage` signs anyway");
}

/* OpenSSL and S/MIME programs require emailProtection by default. */
static pc_status check_extended_usage(sign_job *job, pc_error *err)
{
    const uint32_t usage = X509_get_extended_key_usage(job->certificates.leaf);

    return usage == UINT32_MAX || (usage & (XKU_SMIME | XKU_ANYEKU))
               ? PC_OK
               : note(job,
                      "the extended key usage of the certificate lacks emailProtection: `openssl cms -verify` needs "
                      "-purpose any",
                      err);
}

static pc_status check_certificate(sign_job *job, pc_error *err)
{
    PC_TRY(check_dates(job, err));
    PC_TRY(check_usage(job, err));
    return job->order->form == PC_SIGN_CMS ? check_extended_usage(job, err) : PC_OK;
}

static pc_status check_key(const sign_job *job, pc_error *err)
{
    if (job->key.flags[PC_KEY_SIGN] != PC_FACT_FALSE) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_REFUSED, "the key \"%s\" may not sign (CKA_SIGN is false); nothing was signed",
                   job->key.label);
}

/* --- key and certificate --- */

/* A bare signature needs no certificate, but if there is one, it must allow signing. */
static pc_status find_certificates(sign_job *job, pc_error *err)
{
    const pc_certificate_files files = { .certificate = job->order->certificate,
                                         .chains = job->order->chains,
                                         .chain_count = job->order->chain_count };
    pc_status status = pc_export_certificates(&files, job->token, &job->key, job->arena, &job->certificates, err);

    if (status == PC_E_NOT_FOUND && job->order->form != PC_SIGN_CMS && !job->order->certificate) {
        return PC_OK;
    }
    if (status == PC_E_NOT_FOUND && !job->order->certificate) {
        (void)pc_fail(err, status, "the key \"%s\" on token \"%s\" has no certificate, and a CMS signature needs one",
                      job->key.label, job->token->info.label);
        return pc_hint(err, status,
                       "bind it with `p11cert accept`, or name its file with `cert`; `raw` needs no certificate");
    }
    PC_TRY(status);
    return check_certificate(job, err);
}

static pc_status find_key(sign_job *job, pc_error *err)
{
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(job->token, job->order->key, job->arena, &selector, err));
    PC_TRY(pc_key_find(job->token, &selector, job->arena, &job->key, err));
    PC_TRY(check_key(job, err));
    PC_TRY(find_certificates(job, err));
    PC_TRY(pc_public_key_of(&job->key, &job->public_key, err));
    job->form.pss = job->order->pss;
    if (job->form.pss && EVP_PKEY_get_base_id(job->public_key) != EVP_PKEY_RSA) {
        return pc_fail(err, PC_E_INPUT, "`pss` is for RSA keys, and the key \"%s\" is another", job->key.label);
    }
    return pc_sign_choose_digest(job->order->hash, job->public_key, &job->form.digest, err);
}

/* Roots are left out: a verifier uses its own. */
static STACK_OF(X509) *issuers_below_root(const sign_job *job)
{
    STACK_OF(X509) *chosen = sk_X509_new_null();

    for (int i = 0; chosen && i < sk_X509_num(job->certificates.issuers); i++) {
        X509 *each = sk_X509_value(job->certificates.issuers, i);

        if (X509_self_signed(each, 0) != 1 && sk_X509_push(chosen, each) <= 0) {
            sk_X509_free(chosen);
            return NULL;
        }
    }
    return chosen;
}

/* --- an existing signature --- */

static bool same_form(const sign_job *job, CMS_ContentInfo *cms)
{
    const EVP_MD *md = pc_signature_digest(job->public_key, job->form.digest);
    pc_cms_signer signer = { .certificate = NULL };

    return pc_cms_is_detached(cms) == job->order->detached &&
           pc_cms_signer_of(cms, job->arena, &signer, NULL) == PC_OK &&
           signer.digest == EVP_MD_get_type(md ? md : EVP_sha512()) && signer.pss == job->form.pss;
}

static bool is_cms_of(const sign_job *job, const sign_item *item, pc_bytes bytes)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    pc_cms_question inside = { .signer = job->certificates.leaf, .any_usage = job->order->allow_any_usage };
    pc_cms_question outside = inside;

    outside.content = item->content.bio;
    return pc_cms_read(bytes, item->path, &cms, NULL) == PC_OK && same_form(job, cms) &&
           pc_content_rewind(&item->content, NULL) == PC_OK && pc_cms_verify(cms, &outside, NULL) == PC_OK &&
           (job->order->detached || pc_cms_verify(cms, &inside, NULL) == PC_OK);
}

static bool is_bare_of(const sign_job *job, const sign_item *item, pc_bytes bytes)
{
    const pc_bare_question question = { job->order->form, job->public_key, job->form };
    pc_signed_bytes signed_bytes = { .is_digest = false };

    return pc_content_signed(&item->content, &question, job->arena, &signed_bytes, NULL) == PC_OK &&
           pc_signature_holds(job->public_key, job->form, signed_bytes, bytes);
}

/* A file that cannot be read as such a signature is not one, and is not replaced. */
static bool is_there_as_ordered(const sign_job *job, const sign_item *item)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const bool is_cms = job->order->form == PC_SIGN_CMS;
    pc_bytes bytes = { .len = 0 };

    if (!arena || pc_file_read(arena, item->path, is_cms ? PC_CMS_MAX_FILE : SIGNATURE_MOST, &bytes, NULL) != PC_OK) {
        return false;
    }
    return is_cms ? is_cms_of(job, item, bytes) : is_bare_of(job, item, bytes);
}

/* --- files --- */

static const char *suffix_of(const pc_sign_order *order)
{
    return order->form != PC_SIGN_CMS ? ".sig" : order->detached ? ".p7s" : ".p7m";
}

static pc_status open_output(sign_job *job, sign_item *item, pc_error *err)
{
    pc_status status =
        pc_output_open(item->path, job->order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &item->output, err);

    if (status != PC_E_REFUSED) {
        return status;
    }
    if (is_there_as_ordered(job, item)) {
        return PC_OK;
    }
    return pc_note(err, status,
                   "nothing was signed: that file is not this kind of signature of \"%s\" by the key \"%s\"",
                   item->content.path, job->key.label);
}

static pc_status prepare_file(sign_job *job, const char *file, pc_error *err)
{
    sign_item *item = &job->items[job->count];
    pc_sign_file *described = &job->result->files[job->count];

    *item = (sign_item){ .path = job->order->out };
    job->count++;
    if (!item->path) {
        item->path = pc_arena_format(job->arena, "%s%s", file, suffix_of(job->order));
    }
    described->file = pc_arena_string(job->arena, file);
    described->out = pc_arena_string(job->arena, item->path);
    if (!described->file || !described->out) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_content_open(file, &item->content, err));
    return open_output(job, item, err);
}

static pc_status prepare_files(sign_job *job, pc_error *err)
{
    const size_t count = job->order->file_count;

    job->items = pc_arena_alloc(job->arena, count * sizeof *job->items);
    job->result->files = pc_arena_alloc(job->arena, count * sizeof *job->result->files);
    if (!job->items || !job->result->files) {
        return pc_fail_memory(err);
    }
    memset(job->result->files, 0, count * sizeof *job->result->files);
    for (size_t i = 0; i < count; i++) {
        PC_TRY(prepare_file(job, job->order->files[i], err));
        job->result->file_count++;
    }
    return PC_OK;
}

/* --- sign --- */

static pc_status refuse_changed(const pc_content *content, pc_error *err)
{
    return pc_fail(err, PC_E_VERIFY, "\"%s\" changed while it was being signed; its signature was not written",
                   content->path);
}

/* The file is read again, to compare it with the signed attribute, and to copy it into the envelope if it is
 * included. */
static pc_status write_cms(const sign_job *job, const sign_item *item, pc_bytes der, pc_error *err)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    pc_cms_envelope envelope = { .tail = der };
    pc_cms_signer signer = { .certificate = NULL };
    pc_bytes digest = { .len = 0 };

    PC_TRY(pc_cms_read(der, item->path, &cms, err));
    PC_TRY(pc_cms_signer_of(cms, job->arena, &signer, err));
    const pc_copy_order copy = { .content = &item->content,
                                 .digest = EVP_get_digestbynid(signer.digest),
                                 .output = job->order->detached ? NULL : item->output };

    if (!job->order->detached) {
        PC_TRY(pc_cms_envelop(der, item->content.len, job->arena, &envelope, err));
        PC_TRY(pc_output_write(item->output, envelope.head.data, envelope.head.len, err));
    }
    PC_TRY(pc_content_hash(&copy, job->arena, &digest, err));
    if (!pc_bytes_equal(digest, signer.content_digest)) {
        return refuse_changed(&item->content, err);
    }
    PC_TRY(pc_output_write(item->output, envelope.tail.data, envelope.tail.len, err));
    return pc_output_finish(item->output, err);
}

static pc_status sign_as_cms(const sign_job *job, const pc_signer *signer, const sign_item *item, pc_error *err)
{
    STACK_OF(X509) *issuers = issuers_below_root(job);
    const pc_cms_plan plan = {
        .form = job->form, .leaf = job->certificates.leaf, .issuers = issuers, .content = item->content.bio
    };
    pc_bytes der = { .len = 0 };

    if (!issuers) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_content_rewind(&item->content, err);

    status = status == PC_OK ? pc_sign_cms(signer, &plan, job->arena, &der, err) : status;
    sk_X509_free(issuers);
    PC_TRY(status);
    return write_cms(job, item, der, err);
}

static pc_status sign_bare(const sign_job *job, const pc_signer *signer, const sign_item *item, pc_error *err)
{
    const pc_bare_question question = { job->order->form, job->public_key, job->form };
    pc_bare_plan plan = { .form = job->form };
    pc_bytes signature = { .len = 0 };

    PC_TRY(pc_content_signed(&item->content, &question, job->arena, &plan.content, err));
    pc_status status = pc_sign_bytes(signer, &plan, job->arena, &signature, err);

    if (status == PC_E_TOKEN && plan.content.is_digest && job->order->form == PC_SIGN_RAW) {
        (void)pc_hint(err, status, "a key that only signs what the token hashes itself can sign a large file as CMS");
    }
    PC_TRY(status);
    return pc_output_commit(item->output, signature.data, signature.len, err);
}

static pc_status sign_files(sign_job *job, const pc_signer *signer, pc_error *err)
{
    size_t signed_count = 0;

    for (size_t i = 0; i < job->count; i++) {
        const sign_item *item = &job->items[i];

        if (!item->output) {
            continue;
        }
        pc_status status =
            job->order->form == PC_SIGN_CMS ? sign_as_cms(job, signer, item, err) : sign_bare(job, signer, item, err);

        if (status != PC_OK && job->count > 1) {
            (void)pc_note(err, status, "\"%s\" could not be signed; %zu of %zu files were signed before it",
                          item->content.path, signed_count, job->count);
            return pc_hint_resume(err, status, "run the same command again: it signs what is left");
        }
        PC_TRY(status);
        job->result->files[i].changed = true;
        job->result->changed = true;
        signed_count++;
    }
    return PC_OK;
}

static bool is_anything_left(const sign_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (job->items[i].output) {
            return true;
        }
    }
    return false;
}

/* --- the result --- */

static const char *describe_algorithm(const sign_job *job)
{
    const int type = EVP_PKEY_get_base_id(job->public_key);
    const char *name = job->form.pss          ? "RSASSA-PSS"
                       : type == EVP_PKEY_RSA ? "RSA"
                       : type == EVP_PKEY_EC  ? "ECDSA"
                                              : NULL;
    const EVP_MD *md = pc_signature_digest(job->public_key, job->form.digest);

    return name && md ? pc_arena_format(job->arena, "%s with %s", name, EVP_MD_get0_name(md))
                      : pc_algorithm_words(job->public_key);
}

static pc_status describe_certificate(sign_job *job, pc_error *err)
{
    pc_sign_result *result = job->result;

    if (!job->certificates.leaf) {
        return PC_OK;
    }
    result->subject = pc_x509_name_text(X509_get_subject_name(job->certificates.leaf), job->arena);
    result->serial = pc_serial_words(job->certificates.leaf, job->arena);
    result->not_after = pc_time_words(X509_get0_notAfter(job->certificates.leaf), job->arena);
    return result->subject && result->serial && result->not_after ? PC_OK : pc_fail_memory(err);
}

static pc_status describe(sign_job *job, pc_error *err)
{
    pc_sign_result *result = job->result;
    char kind[32];

    result->form = job->order->form;
    result->detached = job->order->form != PC_SIGN_CMS || job->order->detached;
    result->token = pc_text_escape(job->arena, job->token->info.label, strlen(job->token->info.label));
    result->label = pc_text_escape(job->arena, job->key.label, strlen(job->key.label));
    result->id = pc_text_hex(job->arena, job->key.id, '\0');
    result->kind = pc_arena_string(job->arena, pc_key_describe(&job->key, kind));
    result->algorithm = describe_algorithm(job);
    if (!result->token || !result->label || !result->id || !result->kind || !result->algorithm) {
        return pc_fail_memory(err);
    }
    PC_TRY(describe_certificate(job, err));
    return pc_spki_sha256(job->public_key, job->arena, &result->spki_sha256, err);
}

static pc_status sign_on(sign_job *job, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(find_key(job, err));
    PC_TRY(describe(job, err));
    PC_TRY(prepare_files(job, err));
    if (!is_anything_left(job)) {
        return PC_OK;
    }
    PC_TRY(pc_signer_open(job->token, &job->key, &signer, err));
    return sign_files(job, signer, err);
}

static pc_status check_order(const pc_sign_order *order, pc_error *err)
{
    if (order->out && order->file_count > 1) {
        return pc_fail(err, PC_E_USAGE, "`out` names one file, but %zu are to be signed", order->file_count);
    }
    if (order->detached && order->form != PC_SIGN_CMS) {
        return pc_fail(err, PC_E_USAGE, "a bare signature is always detached");
    }
    for (size_t i = 0; i < order->file_count; i++) {
        if (order->out && strcmp(order->out, order->files[i]) == 0) {
            return pc_fail(err, PC_E_USAGE, "the signature cannot replace the file that it signs");
        }
    }
    return PC_OK;
}

pc_status pc_sign_run(const pc_sign_order *order, const pc_token_access *access, pc_sign_result **ret_result,
                      pc_error *err)
{
    PC_AUTO(pc_sign_result) pc_sign_result *result = PC_RESULT_NEW(pc_sign_result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    PC_AUTO(sign_job) sign_job job = { .order = order, .result = result };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(order, err));
    job.arena = result->arena;
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    job.token = token;
    PC_TRY(sign_on(&job, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
