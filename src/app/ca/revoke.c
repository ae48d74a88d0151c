/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/revoke.h>

#include "app/ca/session.h"
#include "app/files/document.h"
#include "base/result.h"
#include "x509/name.h"
#include "x509/words.h"

/* The certificate to be revoked, and its CA. */
typedef struct {
    const pc_revoke_at_ca_order *order;
    pc_ca_target target;
    X509 *certificate;
    pc_revocation_reason reason;
    pc_revoke_result *result;
} revocation;

static void revocation_clear(revocation *job)
{
    X509_free(job->certificate);
    pc_revoke_result_free(job->result);
}

PC_AUTO_DEFINE_VALUE(revocation, revocation, revocation_clear);

static pc_status fail_unable(const revocation *job, pc_error *err)
{
    const pc_ca_protocol *protocol = job->target.protocol;
    const char *words = protocol->describe_revocation(job->result->arena, job->result->serial, (int)job->reason);

    if (!words) {
        return pc_fail_memory(err);
    }
    (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" cannot revoke a certificate; nothing was sent", protocol->name);
    return pc_hint(err, PC_E_USAGE, "%s", words);
}

static pc_status describe(revocation *job, pc_error *err)
{
    pc_revoke_result *result = job->result;

    result->serial = pc_serial_words(job->certificate, result->arena);
    result->subject = pc_x509_name_text(X509_get_subject_name(job->certificate), result->arena);
    result->ca = job->target.address;
    return result->serial && result->subject ? PC_OK : pc_fail_memory(err);
}

static pc_status prepare(revocation *job, pc_error *err)
{
    const pc_revoke_at_ca_order *order = job->order;

    PC_TRY(pc_ca_access_check(order->ca, job->result->arena, &job->target, err));
    if (order->reason) {
        PC_TRY(pc_revocation_reason_from_name(order->reason, &job->reason, err));
    }
    PC_TRY(pc_document_read_certificate(order->certificate, &job->certificate, err));
    PC_TRY(describe(job, err));
    return job->target.protocol->revoke ? PC_OK : fail_unable(job, err);
}

static pc_status ask(revocation *job, const pc_token *token, const pc_token_access *access, pc_error *err)
{
    PC_AUTO(pc_ca_session) pc_ca_session *session = NULL;
    const pc_ca_revocation question = { .certificate = job->certificate, .reason = (int)job->reason };
    const pc_ca_connection *connection = NULL;

    PC_TRY(pc_ca_session_open(job->order->ca, access, token, &session, err));
    PC_TRY(pc_ca_session_connect(session, &job->target, &connection, err));
    PC_TRY(job->target.protocol->revoke(connection, job->result->arena, &question, &job->result->changed, err));
    job->result->reason = job->result->changed ? pc_revocation_reason_name(job->reason) : NULL;
    return PC_OK;
}

pc_status pc_revoke_at_ca_run(const pc_revoke_at_ca_order *order, const pc_token_access *access,
                              pc_revoke_result **ret_result, pc_error *err)
{
    PC_AUTO(revocation)
    revocation job = { .order = order, .result = PC_RESULT_NEW(pc_revoke_result), .reason = PC_REASON_UNSPECIFIED };
    PC_AUTO(pc_token) pc_token *token = NULL;

    if (!job.result) {
        return pc_fail_memory(err);
    }
    PC_TRY(prepare(&job, err));
    if (order->ca->client_key) {
        PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    }
    PC_TRY(ask(&job, token, access, err));
    *ret_result = PC_TAKE(job.result);
    return PC_OK;
}
