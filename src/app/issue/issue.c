/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/issue.h"

#include <string.h>
#include <time.h>

#include "app/files/document.h"
#include "app/profile/profile.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/text.h"
#include "signer/signer.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/words.h"

void pc_issue_result_free(pc_issue_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_issue_result, pc_issue_result, pc_issue_result_free);

pc_status pc_issue_check_order(const pc_issue_order *order, pc_error *err)
{
    if (order->days > PC_ISSUE_DAYS_MAX) {
        return pc_fail(err, PC_E_USAGE, "a validity of %u days is too long; the maximum is %u", order->days,
                       PC_ISSUE_DAYS_MAX);
    }
    if (!order->self_signed && (order->subject || order->key_type)) {
        return pc_fail(err, PC_E_USAGE, "subject and key type come from the request; only a root CA is given them");
    }
    if (order->self_signed && order->ca_certificate) {
        return pc_fail(err, PC_E_USAGE, "a root CA's certificate is created, so none can be given");
    }
    if (order->self_signed && !order->subject) {
        return pc_fail(err, PC_E_USAGE, "a root CA requires a subject, such as CN=Contoso Root CA");
    }
    if (order->self_signed && order->csr) {
        return pc_fail(err, PC_E_USAGE, "a root CA is created without a request");
    }
    if (!order->self_signed && !order->csr) {
        return pc_fail(err, PC_E_USAGE, "no request is given to issue a certificate for");
    }
    if (!order->self_signed && !order->ca) {
        (void)pc_fail(err, PC_E_USAGE, "no CA key is named");
        return pc_hint(err, PC_E_USAGE, "`p11cert list` shows the keys on the token");
    }
    return PC_OK;
}

int64_t pc_issue_time(const pc_issue_order *order)
{
    return order->time_sec ? order->time_sec : (int64_t)time(NULL);
}

pc_status pc_issue_serial(const pc_issue_order *order, pc_arena *arena, pc_bytes *ret_serial, pc_error *err)
{
    size_t len = 0;
    const uint8_t *bytes = order->serial ? pc_text_from_hex(arena, order->serial, &len) : NULL;

    if (order->serial && (!bytes || len == 0)) {
        return pc_fail(err, PC_E_USAGE, "the serial number \"%s\" is not hexadecimal", order->serial);
    }
    *ret_serial = (pc_bytes){ bytes, len };
    return PC_OK;
}

bool pc_issue_has_serial(const pc_issue_order *order, const X509 *certificate)
{
    PC_AUTO(BIGNUM) BIGNUM *wanted = NULL;
    PC_AUTO(BIGNUM) BIGNUM *found = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);

    return !order->serial || (BN_hex2bn(&wanted, order->serial) > 0 && found && BN_cmp(wanted, found) == 0);
}

pc_status pc_issue_describe(X509 *certificate, pc_issue_result *result, pc_error *err)
{
    pc_bound_certificate *bound = &result->certificate;

    bound->subject = pc_x509_name_text(X509_get_subject_name(certificate), result->arena);
    bound->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), result->arena);
    bound->serial = pc_serial_words(certificate, result->arena);
    bound->not_after = pc_time_words(X509_get0_notAfter(certificate), result->arena);
    return bound->subject && bound->issuer && bound->serial && bound->not_after ? PC_OK : pc_fail_memory(err);
}

static pc_status write_out(X509 *certificate, pc_output *output, pc_issue_result *result, pc_error *err)
{
    const char *pem = NULL;

    PC_TRY(pc_issue_describe(certificate, result, err));
    PC_TRY(pc_x509_to_pem(certificate, result->arena, &pem, err));
    return pc_output_commit(output, pem, strlen(pem), err);
}

/* For a CA's own certificate, the objects that are on the token by then; a certificate for a request is on no token. */
static pc_status note_unwritten(const pc_issuing *issuing, pc_status status, pc_error *err)
{
    if (!issuing->order->self_signed) {
        return pc_note(err, status, "the certificate was issued, but not written, and is lost");
    }
    (void)pc_note(err, status,
                  "no file was written; the CA \"%s\" and its certificate are on token \"%s\" and stay there",
                  issuing->result->ca_label, issuing->token->info.label);
    return pc_hint_resume(err, status, "run the same command again: it writes the certificate that is there");
}

/* --- the certificate of an earlier run --- */

bool pc_issue_same_span(const X509 *planned, const X509 *there)
{
    const pc_validity wanted = pc_validity_of(planned);
    const pc_validity found = pc_validity_of(there);

    return wanted.not_after_sec == found.not_after_sec ||
           wanted.not_after_sec - wanted.not_before_sec == found.not_after_sec - found.not_before_sec;
}

/* Anything else is refused before the login. */
static bool may_be_ours(X509 *there, const EVP_PKEY *public_key)
{
    return public_key ? pc_public_keys_equal(X509_get0_pubkey(there), public_key)
                      : pc_certificate_is_self_issued(there);
}

/* The one certificate in the output file, if there is one that may be ours and may not be replaced. Other contents are
 * left to the output. */
static pc_status read_output(const pc_issue_order *order, const EVP_PKEY *public_key, X509 **ret_there, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *all = NULL;
    pc_error reading = { .status = PC_OK };
    pc_path_kind kind = PC_PATH_NOTHING;

    PC_TRY(order->force ? PC_OK : pc_path_look(order->out, &kind, err));
    if (kind != PC_PATH_FILE) {
        return PC_OK;
    }
    if (pc_document_read_certificates(order->out, &all, &reading) != PC_OK) {
        if (reading.status == PC_E_INPUT) {
            return PC_OK;
        }
        pc_error_pass(err, &reading);
        return reading.status;
    }
    if (sk_X509_num(all) == 1 && may_be_ours(sk_X509_value(all, 0), public_key)) {
        *ret_there = sk_X509_shift(all);
    }
    return PC_OK;
}

static pc_status confirm_existing(const pc_issuing *issuing, X509 *there, pc_error *err)
{
    bool is_issued = false;

    PC_TRY(issuing->order->self_signed ? pc_issue_is_self_signed(issuing, there, &is_issued, err)
                                       : pc_issue_is_issued(issuing, there, &is_issued, err));
    if (is_issued) {
        return pc_issue_describe(there, issuing->result, err);
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "\"%s\" exists and is not replaced: it is not the certificate that would be issued now",
                  issuing->order->out);
    return pc_hint(err, PC_E_REFUSED, "name another file with `out`, or use `force` to replace this one");
}

static pc_status issue_and_write(const pc_issuing *issuing, pc_output *output, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;

    issuing->result->changed = true;
    PC_TRY(issuing->order->self_signed ? pc_issue_self_signed(issuing, &certificate, err)
                                       : pc_issue_for_request(issuing, &certificate, err));
    pc_status status = write_out(certificate, output, issuing->result, err);

    return status == PC_OK ? PC_OK : note_unwritten(issuing, status, err);
}

/* --- the run --- */

pc_status pc_issue_open_profile(const pc_issue_order *order, pc_certificate_profile **ret_profile, pc_error *err)
{
    const char *name = order->profile ? order->profile : order->self_signed ? "root" : NULL;
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;

    if (!name) {
        return PC_OK;
    }
    PC_TRY(pc_certificate_profile_open(name, &profile, err));
    if (!order->profile) {
        profile->validity.span_sec = (int64_t)PC_ISSUE_DAYS_CA * PC_SECONDS_PER_DAY;
    }
    pc_certificate_places *places = &profile->places;

    places->crl_urls = order->places.crl_urls.count ? order->places.crl_urls : places->crl_urls;
    places->ocsp_urls = order->places.ocsp_urls.count ? order->places.ocsp_urls : places->ocsp_urls;
    places->issuer_urls = order->places.issuer_urls.count ? order->places.issuer_urls : places->issuer_urls;
    *ret_profile = PC_TAKE(profile);
    return PC_OK;
}

/* A request; for a cross-certificate also the self-signed certificate of the other CA. */
pc_status pc_issue_read_applicant(const pc_issue_order *order, const pc_certificate_profile *profile,
                                  X509_REQ **ret_csr, X509 **ret_existing, pc_error *err)
{
    PC_AUTO(pc_document) pc_document document = { .file = NULL };

    if (!profile || profile->role != PC_ROLE_CROSS) {
        PC_TRY(pc_document_read_csr(order->csr, ret_csr, err));
        return pc_issue_check_request(*ret_csr, order->csr, err);
    }
    PC_TRY(pc_document_read(order->csr, NULL, &document, err));
    if (sk_X509_num(document.x509.certificates) == 1) {
        *ret_existing = sk_X509_shift(document.x509.certificates);
        return pc_issue_check_key(X509_get0_pubkey(*ret_existing), order->csr, err);
    }
    PC_TRY(pc_document_read_csr(order->csr, ret_csr, err));
    return pc_issue_check_request(*ret_csr, order->csr, err);
}

static const EVP_PKEY *applicant_key(X509_REQ *csr, const X509 *existing)
{
    return csr ? X509_REQ_get0_pubkey(csr) : existing ? X509_get0_pubkey(existing) : NULL;
}

static pc_status open_log(const pc_issue_order *order, pc_issue_result *result, pc_issuance_log **ret_log,
                          pc_error *err)
{
    if (!order->issuance_log) {
        return PC_OK;
    }
    PC_TRY(pc_issuance_log_open(order->issuance_log, ret_log, err));
    return pc_issuance_log_unfinished(*ret_log, result->arena, &result->unfinished, err);
}

pc_status pc_issue_describe_run(const pc_issuing *issuing, pc_error *err)
{
    const pc_issue_order *order = issuing->order;
    pc_issue_result *result = issuing->result;

    result->token = pc_arena_string(result->arena, issuing->token->info.label);
    result->out = pc_arena_string(result->arena, order->out);
    result->profile = order->profile ? pc_arena_string(result->arena, issuing->profile->name) : NULL;
    return result->token && result->out && (!order->profile || result->profile) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_issue_run(const pc_issue_order *order, const pc_token_access *access, pc_issue_result **ret_result,
                       pc_error *err)
{
    PC_AUTO(pc_issue_result) pc_issue_result *result = PC_RESULT_NEW(pc_issue_result);
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(X509) X509 *existing = NULL;
    PC_AUTO(X509) X509 *there = NULL;
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_issuance_log) pc_issuance_log *log = NULL;
    PC_AUTO(pc_token) pc_token *token = NULL;

    if (!result) {
        return pc_fail_memory(err);
    }
    result->left_out = "";
    PC_TRY(pc_issue_check_order(order, err));
    PC_TRY(pc_issue_open_profile(order, &profile, err));
    if (!order->self_signed) {
        PC_TRY(pc_issue_read_applicant(order, profile, &csr, &existing, err));
    }
    PC_TRY(read_output(order, applicant_key(csr, existing), &there, err));
    if (!there) {
        PC_TRY(pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &output, err));
    }
    PC_TRY(open_log(order, result, &log, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, order->self_signed ? PC_TOKEN_WRITE : PC_TOKEN_READ, &token, err));
    const pc_issuing issuing = { .order = order,
                                 .token = token,
                                 .csr = csr,
                                 .existing = existing,
                                 .profile = profile,
                                 .log = log,
                                 .result = result };

    PC_TRY(pc_issue_describe_run(&issuing, err));
    PC_TRY(there ? confirm_existing(&issuing, there, err) : issue_and_write(&issuing, output, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
