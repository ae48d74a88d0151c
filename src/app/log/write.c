/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to a log. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/log/parts.h"
#include "base/text.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"
#include "x509/words.h"

/* One write, so that a killed run leaves at most one incomplete line. */
static pc_status put_line(pc_issuance_log *log, const char *line, size_t len, pc_error *err)
{
    ssize_t put = write(log->fd, line, len);
    int cause = put < 0 ? errno : ENOSPC;

    if (put == (ssize_t)len && fsync(log->fd) == 0) {
        log->size += put;
        return PC_OK;
    }
    cause = put == (ssize_t)len ? errno : cause;
    log->is_stuck = true;
    if (ftruncate(log->fd, log->size) != 0) {
        errno = cause; /* the next run removes the incomplete line */
    }
    errno = cause;
    return pc_issuance_log_fail_io(log, "write", err);
}

static pc_status append(pc_issuance_log *log, const char *kind, const json_t *body, pc_error *err)
{
    const pc_record_content content = { .seq = log->seq + 1, .prev = &log->head, .kind = kind, .body = body };
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };
    PC_AUTO(free) char *line = NULL;

    if (log->is_stuck) {
        return pc_fail(err, PC_E_IO, "an earlier line of the issuance log \"%s\" could not be written", log->path);
    }
    PC_TRY(pc_record_write(&content, &line, err));
    size_t len = strlen(line);

    PC_TRY(pc_record_read((pc_bytes){ (const uint8_t *)line, len }, &record, err));
    line[len] = '\n'; /* replaces the NUL */
    PC_TRY(put_line(log, line, len + 1, err));
    return pc_issuance_log_take(log, &record, err);
}

/* --- signatures --- */

/* Digest of the part to be signed, as it is encoded now, or of the whole. */
static pc_status digest_of(const pc_logged_object *object, bool whole, pc_arena *arena, const char **ret_digest,
                           pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    X509_CRL *crl = object->crl;
    int len = crl     ? whole ? i2d_X509_CRL(crl, &der) : i2d_re_X509_CRL_tbs(crl, &der)
                  : whole ? i2d_X509(object->certificate, &der)
                      : i2d_re_X509_tbs(object->certificate, &der);

    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "what is to be recorded in the issuance log cannot be encoded");
    }
    return pc_sha256_words((pc_bytes){ der, (size_t)len }, arena, ret_digest, err);
}

static pc_status set_text(json_t *body, const char *name, const char *text, pc_error *err)
{
    return text && json_object_set_new(body, name, json_string(text)) == 0 ? PC_OK : pc_fail_memory(err);
}

static pc_status name_crl(const pc_logged_object *object, json_t *body, pc_error *err)
{
    PC_AUTO(ASN1_INTEGER) ASN1_INTEGER *value = X509_CRL_get_ext_d2i(object->crl, NID_crl_number, NULL, NULL);
    PC_AUTO(BIGNUM) BIGNUM *number = value ? ASN1_INTEGER_to_BN(value, NULL) : NULL;
    PC_AUTO(openssl_bytes) unsigned char *text = number ? (unsigned char *)BN_bn2dec(number) : NULL;

    return set_text(body, "crl_number", (const char *)text, err);
}

/* The members by which both lines identify it. */
static pc_status name_object(pc_issuance_log *log, const pc_logged_object *object, json_t **ret_body, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = json_object();
    const char *issuer_spki = NULL;

    if (!body) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_spki_sha256(object->ca_key, log->arena, &issuer_spki, err));
    PC_TRY(set_text(body, "issuer_spki_sha256", issuer_spki, err));
    PC_TRY(object->crl ? name_crl(object, body, err)
                       : set_text(body, "serial", pc_serial_words(object->certificate, log->arena), err));
    *ret_body = PC_TAKE(body);
    return PC_OK;
}

static pc_status describe_certificate(const pc_logged_object *object, pc_arena *arena, json_t *body, pc_error *err)
{
    X509 *certificate = object->certificate;
    const char *spki = NULL;

    PC_TRY(pc_spki_sha256(X509_get0_pubkey(certificate), arena, &spki, err));
    PC_TRY(set_text(body, "spki_sha256", spki, err));
    PC_TRY(set_text(body, "subject", pc_x509_name_text(X509_get_subject_name(certificate), arena), err));
    PC_TRY(set_text(body, "not_before", pc_time_words(X509_get0_notBefore(certificate), arena), err));
    PC_TRY(set_text(body, "not_after", pc_time_words(X509_get0_notAfter(certificate), arena), err));
    return set_text(body, "profile", object->profile ? object->profile : "", err);
}

static pc_status describe_crl(const pc_logged_object *object, pc_arena *arena, json_t *body, pc_error *err)
{
    PC_TRY(set_text(body, "this_update", pc_time_words(X509_CRL_get0_lastUpdate(object->crl), arena), err));
    return set_text(body, "next_update", pc_time_words(X509_CRL_get0_nextUpdate(object->crl), arena), err);
}

static pc_status describe(pc_issuance_log *log, const pc_logged_object *object, json_t **ret_body, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;

    PC_TRY(name_object(log, object, &body, err));
    PC_TRY(object->crl ? describe_crl(object, log->arena, body, err)
                       : describe_certificate(object, log->arena, body, err));
    *ret_body = PC_TAKE(body);
    return PC_OK;
}

pc_status pc_issuance_log_start(pc_issuance_log *log, const pc_logged_object *object, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;
    const char *digest = NULL;

    PC_TRY(describe(log, object, &body, err));
    PC_TRY(digest_of(object, false, log->arena, &digest, err));
    PC_TRY(set_text(body, "tbs_sha256", digest, err));
    return append(log, object->crl ? "signing-crl" : "signing", body, err);
}

static pc_status record_signature(pc_issuance_log *log, const pc_logged_object *object, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;
    const char *digest = NULL;

    PC_TRY(describe(log, object, &body, err));
    PC_TRY(digest_of(object, true, log->arena, &digest, err));
    PC_TRY(set_text(body, object->crl ? "crl_sha256" : "certificate_sha256", digest, err));
    return append(log, object->crl ? "crl" : "issued", body, err);
}

/* On failure, nobody gets what was signed: there is nothing that the log does not have. */
pc_status pc_issuance_log_finish(pc_issuance_log *log, const pc_logged_object *object, pc_error *err)
{
    pc_status status = record_signature(log, object, err);

    return status == PC_OK
               ? PC_OK
               : pc_note(
                     err, status,
                     "the CA has signed this %s, which is not written because the issuance log \"%s\" cannot record "
                     "it; its last line says that it may exist",
                     object->crl ? "CRL" : "certificate", log->path);
}

static pc_status record_failure(pc_issuance_log *log, const pc_logged_object *object, const char *why, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;

    PC_TRY(name_object(log, object, &body, err));
    PC_TRY(set_text(body, "error", why, err));
    return append(log, object->crl ? "failed-crl" : "failed", body, err);
}

pc_status pc_issuance_log_abandon(pc_issuance_log *log, const pc_logged_object *object, pc_status status, pc_error *err)
{
    pc_error second = { .status = PC_OK };

    if (record_failure(log, object, pc_status_name(status), &second) == PC_OK) {
        return status;
    }
    return pc_note(err, status, "the issuance log \"%s\" does not record this failure: it could not be written",
                   log->path);
}

/* --- revocations --- */

pc_status pc_issuance_log_revoke(pc_issuance_log *log, const pc_logged_certificate *certificate,
                                 const pc_revoked *revoked, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;
    char when[PC_TIME_TEXT] = "";
    char since[PC_TIME_TEXT] = "";

    (void)pc_text_time(revoked->time_sec, when);
    (void)pc_text_time(revoked->invalidity_sec, since);
    body = json_pack("{s:s, s:s, s:s, s:s}", "issuer_spki_sha256", certificate->issuer_spki, "serial",
                     certificate->serial, "time", when, "reason", pc_revocation_reason_name(revoked->reason));
    if (!body || (revoked->invalidity_sec && json_object_set_new(body, "invalidity_date", json_string(since)) != 0)) {
        return pc_fail_memory(err);
    }
    return append(log, "revoked", body, err);
}
