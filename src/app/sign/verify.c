/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/sign.h>

#include <string.h>

#include "app/files/document.h"
#include "app/sign/content.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "x509/cms.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

PC_AUTO_DEFINE(pc_verify_result, pc_verify_result, pc_verify_result_free);

#define BARE_MOST ((size_t)64 * 1024) /* bytes of a bare signature's file */

void pc_verify_result_free(pc_verify_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

/* The state of a run. */
typedef struct {
    const pc_verify_order *order;
    pc_verify_result *result;
    pc_arena *arena;
    STACK_OF(X509) *anchors; /* NULL: none were given */
    STACK_OF(X509) *others;
    X509 *signer; /* NULL: none was given */
    const char *signature_path;
    pc_content content; /* the content; not open if it is in the signature */
    pc_output *output;
} verify_job;

static void verify_job_clear(verify_job *job)
{
    pc_output_free(job->output);
    pc_content_clear(&job->content);
    X509_free(job->signer);
    sk_X509_pop_free(job->others, X509_free);
    sk_X509_pop_free(job->anchors, X509_free);
}

PC_AUTO_DEFINE_VALUE(verify_job, verify_job, verify_job_clear);

/* --- the files --- */

static pc_status read_all(const char *const *files, size_t count, STACK_OF(X509) **ret_stack, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *all = sk_X509_new_null();

    for (size_t i = 0; all && i < count; i++) {
        PC_AUTO(X509_stack) STACK_OF(X509) *more = NULL;

        PC_TRY(pc_document_read_certificates(files[i], &more, err));
        while (sk_X509_num(more) > 0) {
            if (sk_X509_push(all, sk_X509_value(more, 0)) <= 0) {
                return pc_fail_memory(err);
            }
            (void)sk_X509_shift(more);
        }
    }
    *ret_stack = PC_TAKE(all);
    return *ret_stack ? PC_OK : pc_fail_memory(err);
}

/* The first certificate is the signer's; the others are its issuers. */
static pc_status read_signer(verify_job *job, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *found = NULL;

    PC_TRY(pc_document_read_certificates(job->order->certificate, &found, err));
    job->signer = sk_X509_shift(found);
    return PC_OK;
}

static pc_status read_certificates(verify_job *job, pc_error *err)
{
    const pc_verify_order *order = job->order;

    PC_TRY(order->certificate ? read_signer(job, err) : PC_OK);
    PC_TRY(order->trust_count ? read_all(order->trusts, order->trust_count, &job->anchors, err) : PC_OK);
    return read_all(order->chains, order->chain_count, &job->others, err);
}

/* If no signature is named, it is in a file next to the content or, for CMS, else in the file itself. */
static pc_status find_signature(verify_job *job, pc_error *err)
{
    const pc_verify_order *order = job->order;
    const bool is_cms = order->form == PC_SIGN_CMS;
    const char *adjacent = pc_arena_format(job->arena, "%s%s", order->file, is_cms ? ".p7s" : ".sig");

    if (!adjacent) {
        return pc_fail_memory(err);
    }
    bool is_beside = false;

    PC_TRY(is_cms && !order->signature ? pc_path_exists(adjacent, &is_beside, err) : PC_OK);
    const bool is_inside = is_cms && !order->signature && !is_beside;

    job->signature_path = order->signature ? order->signature : is_inside ? order->file : adjacent;
    return is_inside ? PC_OK : pc_content_open(order->file, &job->content, err);
}

/* --- CMS --- */

static pc_status describe_signer(verify_job *job, X509 *certificate, pc_error *err)
{
    pc_verify_result *result = job->result;

    result->subject = pc_x509_name_text(X509_get_subject_name(certificate), job->arena);
    result->serial = pc_serial_words(certificate, job->arena);
    result->not_after = pc_time_words(X509_get0_notAfter(certificate), job->arena);
    return result->subject && result->serial && result->not_after ? PC_OK : pc_fail_memory(err);
}

static pc_status describe_cms(verify_job *job, CMS_ContentInfo *cms, pc_error *err)
{
    pc_verify_result *result = job->result;
    pc_cms_signer signer = { .certificate = NULL };

    result->detached = pc_cms_is_detached(cms);
    result->chain_verified = job->anchors != NULL;
    PC_TRY(pc_cms_signer_of(cms, job->arena, &signer, err));
    result->digest = OBJ_nid2sn(signer.digest);
    result->pss = signer.pss;
    result->signing_time = signer.signing_time;
    return signer.certificate ? describe_signer(job, signer.certificate, err) : PC_OK;
}

static pc_status write_content(verify_job *job, BIO *copy, pc_error *err)
{
    char *bytes = NULL;
    const long len = BIO_get_mem_data(copy, &bytes);

    if (!job->output) {
        return PC_OK;
    }
    job->result->out = pc_arena_string(job->arena, job->order->out);
    PC_TRY(job->result->out ? pc_output_commit(job->output, bytes, (size_t)len, err) : pc_fail_memory(err));
    job->result->changed = !pc_output_is_unchanged(job->output);
    return PC_OK;
}

static pc_status verify_cms(verify_job *job, pc_error *err)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    PC_AUTO(BIO) BIO *copy = job->output ? BIO_new(BIO_s_mem()) : BIO_new(BIO_s_null());
    pc_bytes bytes = { .len = 0 };

    if (!copy) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_file_read(job->arena, job->signature_path, PC_CMS_MAX_FILE, &bytes, err));
    pc_status status = pc_cms_read(bytes, job->signature_path, &cms, err);

    if (status == PC_E_INPUT && job->signature_path == job->order->file) {
        return pc_hint(err, status, "if its signature is another file, name that with `signature`");
    }
    if (status == PC_E_INPUT && err && !*err->hint) {
        return pc_hint(err, status, "`raw` verifies a bare signature of the file, `digest` one of a digest");
    }
    PC_TRY(status);
    if (job->content.bio && !pc_cms_is_detached(cms)) {
        return pc_fail(err, PC_E_USAGE, "\"%s\" contains what it signs: verify that file itself", job->signature_path);
    }
    const pc_cms_question question = {
        .content = job->content.bio, .anchors = job->anchors, .others = job->others, .signer = job->signer, .copy = copy
    };

    PC_TRY(pc_cms_verify(cms, &question, err));
    PC_TRY(describe_cms(job, cms, err));
    return write_content(job, copy, err);
}

/* --- bare --- */

static pc_status verify_chain(verify_job *job, pc_error *err)
{
    PC_AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();
    PC_AUTO(X509_STORE_CTX) X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool filled = store && context;

    for (int i = 0; filled && i < sk_X509_num(job->anchors); i++) {
        filled = X509_STORE_add_cert(store, sk_X509_value(job->anchors, i)) == 1;
    }
    if (!filled || X509_STORE_CTX_init(context, store, job->signer, job->others) != 1) {
        return pc_fail_memory(err);
    }
    if (X509_verify_cert(context) == 1) {
        return PC_OK;
    }
    return pc_fail_openssl(err, PC_E_VERIFY, "the certificate of the signer is not valid: %s",
                           X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
}

static pc_status verify_bare(verify_job *job, pc_error *err)
{
    EVP_PKEY *public_key = X509_get0_pubkey(job->signer);
    pc_bare_question question = { .form = job->order->form,
                                  .public_key = public_key,
                                  .how = { .pss = job->order->pss } };
    pc_signed_bytes signed_bytes = { .is_digest = false };
    pc_bytes signature = { .len = 0 };

    if (!public_key) {
        return pc_fail_openssl(err, PC_E_INPUT, "the public key in \"%s\" cannot be read", job->order->certificate);
    }
    PC_TRY(pc_file_read(job->arena, job->signature_path, BARE_MOST, &signature, err));
    PC_TRY(pc_sign_choose_digest(job->order->hash, public_key, &question.how.digest, err));
    PC_TRY(pc_content_signed(&job->content, &question, job->arena, &signed_bytes, err));
    if (!pc_signature_holds(public_key, question.how, signed_bytes, signature)) {
        (void)pc_fail(err, PC_E_VERIFY, "the signature is not valid: it is not one of \"%s\" by the key of \"%s\"",
                      job->order->file, job->order->certificate);
        return pc_hint(err, PC_E_VERIFY, "or it was made with another `hash`, or with `pss`");
    }
    if (!pc_certificate_allows_signing(job->signer)) {
        return pc_fail(err, PC_E_VERIFY,
                       "the signature is not valid: the key usage of the signer's certificate does not allow "
                       "signatures on data");
    }
    PC_TRY(job->anchors ? verify_chain(job, err) : PC_OK);
    const EVP_MD *md = pc_signature_digest(public_key, question.how.digest);

    job->result->digest = md ? OBJ_nid2sn(EVP_MD_get_type(md)) : NULL;
    job->result->detached = true;
    job->result->pss = job->order->pss;
    job->result->chain_verified = job->anchors != NULL;
    return describe_signer(job, job->signer, err);
}

/* --- the whole --- */

static pc_status check_order(const pc_verify_order *order, pc_error *err)
{
    if (!order->certificate && !order->trust_count) {
        (void)pc_fail(err, PC_E_USAGE, "neither trusted roots nor a signer's certificate is given");
        return pc_hint(err, PC_E_USAGE,
                       "`trust` FILE names the roots that are trusted, `cert` FILE the certificate of the signer");
    }
    if (!order->certificate && order->form != PC_SIGN_CMS) {
        return pc_fail(err, PC_E_USAGE, "a bare signature contains no certificate: name the signer's with `cert`");
    }
    return order->out && order->form != PC_SIGN_CMS
               ? pc_fail(err, PC_E_USAGE, "a bare signature contains no file that could be written")
               : PC_OK;
}

static pc_status verify(verify_job *job, pc_error *err)
{
    const pc_verify_order *order = job->order;
    pc_verify_result *result = job->result;

    PC_TRY(check_order(order, err));
    PC_TRY(find_signature(job, err));
    PC_TRY(read_certificates(job, err));
    PC_TRY(order->out
               ? pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_SAME, 0644, &job->output, err)
               : PC_OK);
    result->form = order->form;
    result->file = pc_arena_string(job->arena, order->file);
    result->signature = pc_arena_string(job->arena, job->signature_path);
    if (!result->file || !result->signature) {
        return pc_fail_memory(err);
    }
    return order->form == PC_SIGN_CMS ? verify_cms(job, err) : verify_bare(job, err);
}

pc_status pc_verify_run(const pc_verify_order *order, pc_verify_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_verify_result) pc_verify_result *result = PC_RESULT_NEW(pc_verify_result);
    PC_AUTO(verify_job) verify_job job = { .order = order, .result = result };

    if (!result) {
        return pc_fail_memory(err);
    }
    job.arena = result->arena;
    PC_TRY(verify(&job, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
