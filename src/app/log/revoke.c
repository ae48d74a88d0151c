/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/revoke.h>

#include <stdio.h>
#include <time.h>

#include "app/audit/audit.h"
#include "app/files/document.h"
#include "app/log/log.h"
#include "base/result.h"
#include "base/text.h"
#include "x509/spki.h"
#include "x509/words.h"

void pc_revoke_result_free(pc_revoke_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_revoke_result, pc_revoke_result, pc_revoke_result_free);

/* The form used in the log. */
static pc_status choose_serial(const pc_revoke_order *order, pc_arena *arena, const char **ret_serial, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;
    pc_bytes serial = { .len = 0 };

    if (!order->certificate == !order->serial) {
        return pc_fail(err, PC_E_USAGE, "name either the certificate or its serial number");
    }
    if (order->certificate) {
        PC_TRY(pc_document_read_certificate(order->certificate, &certificate, err));
        *ret_serial = pc_serial_words(certificate, arena);
    } else {
        PC_TRY(pc_serial_from_text(order->serial, arena, &serial, err));
        *ret_serial = pc_text_hex(arena, serial, '\0');
    }
    return *ret_serial ? PC_OK : pc_fail_memory(err);
}

static pc_status read_time(const char *text, int64_t *ret_sec, pc_error *err)
{
    return !text || pc_text_to_time(text, ret_sec)
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "\"%s\" is not a time such as 2027-01-31T12:00:00Z or 2027-01-31", text);
}

static pc_status read_terms(const pc_revoke_order *order, pc_revoked *revoked, pc_error *err)
{
    int64_t now_sec = (int64_t)time(NULL);

    revoked->time_sec = now_sec;
    PC_TRY(read_time(order->time, &revoked->time_sec, err));
    PC_TRY(read_time(order->invalidity, &revoked->invalidity_sec, err));
    if (order->reason) {
        PC_TRY(pc_revocation_reason_from_name(order->reason, &revoked->reason, err));
    }
    if (revoked->time_sec > now_sec || revoked->invalidity_sec > revoked->time_sec) {
        return pc_fail(
            err, PC_E_INPUT,
            "a revocation must not be in the future, and its invalidity date must not be later than the revocation");
    }
    return PC_OK;
}

/* A revocation is final, except for a hold. */
static pc_status check_before(const pc_logged_certificate *logged, const pc_revoked *revoked, pc_error *err)
{
    bool is_held = logged->is_revoked && logged->reason == PC_REASON_CERTIFICATE_HOLD;
    bool is_revoked = logged->is_revoked && logged->reason != PC_REASON_REMOVE_FROM_CRL;

    if (revoked->reason == PC_REASON_REMOVE_FROM_CRL && !is_held) {
        return pc_fail(err, PC_E_REFUSED, "the certificate with the serial number %s is not on hold", logged->serial);
    }
    if (is_revoked && !is_held) {
        (void)pc_fail(err, PC_E_REFUSED, "the certificate with the serial number %s is revoked already (%s)",
                      logged->serial, pc_revocation_reason_name(logged->reason));
        return pc_hint(err, PC_E_REFUSED, "a revocation is final: only a hold (certificateHold) ends");
    }
    return PC_OK;
}

static pc_status describe(const pc_logged_certificate *logged, const pc_revoked *revoked, pc_revoke_result *result,
                          pc_error *err)
{
    char when[PC_TIME_TEXT] = "";

    (void)pc_text_time(revoked->time_sec, when);
    result->serial = pc_arena_string(result->arena, logged->serial);
    result->subject = pc_arena_string(result->arena, logged->subject);
    result->time = pc_arena_string(result->arena, when);
    result->reason = pc_revocation_reason_name(revoked->reason);
    return result->serial && result->subject && result->time ? PC_OK : pc_fail_memory(err);
}

static pc_status find(const pc_revoke_order *order, const pc_issuance_log *log, pc_arena *arena,
                      const pc_logged_certificate **ret_logged, pc_error *err)
{
    PC_AUTO(X509) X509 *ca = NULL;
    const char *serial = NULL;
    const char *issuer_spki = NULL;

    if (order->ca_certificate) {
        PC_TRY(pc_document_read_certificate(order->ca_certificate, &ca, err));
        PC_TRY(pc_spki_sha256(X509_get0_pubkey(ca), arena, &issuer_spki, err));
    }
    PC_TRY(choose_serial(order, arena, &serial, err));
    return pc_issuance_log_find(log, serial, issuer_spki, ret_logged, err);
}

static pc_status record(pc_issuance_log *log, const pc_logged_certificate *logged, const pc_revoked *revoked,
                        pc_error *err)
{
    char object[1024];

    (void)snprintf(object, sizeof object, "certificate %s, serial %s, reason %s", logged->subject, logged->serial,
                   pc_revocation_reason_name(revoked->reason));
    PC_TRY(pc_audit_begin(err));
    pc_status status = pc_issuance_log_revoke(log, logged, revoked, err);

    pc_audit_end("revoke", object, status);
    return status;
}

pc_status pc_revoke_run(const pc_revoke_order *order, pc_revoke_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_revoke_result) pc_revoke_result *result = PC_RESULT_NEW(pc_revoke_result);
    PC_AUTO(pc_issuance_log) pc_issuance_log *log = NULL;
    const pc_logged_certificate *logged = NULL;
    pc_revoked revoked = { .reason = PC_REASON_UNSPECIFIED };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_terms(order, &revoked, err));
    PC_TRY(pc_issuance_log_open_existing(order->issuance_log, &log, err));
    PC_TRY(find(order, log, result->arena, &logged, err));
    result->changed = !(logged->is_revoked && logged->reason == revoked.reason);
    if (result->changed) {
        PC_TRY(check_before(logged, &revoked, err));
        PC_TRY(record(log, logged, &revoked, err));
    } else {
        revoked.time_sec = logged->revoked_sec;
    }
    result->log = pc_arena_string(result->arena, order->issuance_log);
    if (!result->log) {
        return pc_fail_memory(err);
    }
    PC_TRY(describe(logged, &revoked, result, err));
    PC_TRY(pc_issuance_log_unfinished(log, result->arena, &result->unfinished, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
