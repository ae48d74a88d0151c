/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/issue.h"

#include <string.h>

#include "app/files/document.h"
#include "base/file.h"
#include "base/result.h"
#include "signer/signer.h"
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

static pc_status describe(X509 *certificate, pc_issue_result *result, pc_error *err)
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

    PC_TRY(describe(certificate, result, err));
    PC_TRY(pc_x509_to_pem(certificate, result->arena, &pem, err));
    return pc_output_commit(output, pem, strlen(pem), err);
}

pc_status pc_issue_run(const pc_issue_order *order, const pc_token_access *access, pc_issue_result **ret_result,
                       pc_error *err)
{
    PC_AUTO(pc_issue_result) pc_issue_result *result = PC_RESULT_NEW(pc_issue_result);
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_token) pc_token *token = NULL;

    if (!result) {
        return pc_fail_memory(err);
    }
    result->left_out = "";
    PC_TRY(pc_issue_check_order(order, err));
    if (!order->self_signed) {
        PC_TRY(pc_document_read_csr(order->csr, &csr, err));
        PC_TRY(pc_issue_check_request(csr, order->csr, err));
    }
    PC_TRY(pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &output, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, order->self_signed ? PC_TOKEN_WRITE : PC_TOKEN_READ, &token, err));
    result->token = pc_arena_string(result->arena, token->info.label);
    result->out = pc_arena_string(result->arena, order->out);
    if (!result->token || !result->out) {
        return pc_fail_memory(err);
    }
    const pc_issuing issuing = { .order = order, .token = token, .csr = csr, .result = result };

    PC_TRY(order->self_signed ? pc_issue_self_signed(&issuing, &certificate, err)
                              : pc_issue_for_request(&issuing, &certificate, err));
    PC_TRY(write_out(certificate, output, result, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
