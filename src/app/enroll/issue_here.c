/* SPDX-License-Identifier: Apache-2.0 */
#include "app/enroll/issue_here.h"

#include <string.h>

#include "app/bind/accept.h"
#include "app/files/document.h"
#include "base/file.h"
#include "base/result.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/chain.h"

pc_status pc_issue_here_check(const pc_enroll_order *order, pc_error *err)
{
    const struct {
        const char *member;
        bool is_given;
    } for_cas[] = {
        { "ca", order->ca && order->ca->url },
        { "ces_host", order->ca && order->ca->ces_host },
        { "ca_name", order->ca_name != NULL },
        { "template", order->template_name != NULL },
        { "attribute", order->request_attribute_count > 0 },
        { "wait", order->wait_sec > 0 },
    };

    for (size_t i = 0; i < PC_COUNT(for_cas); i++) {
        if (for_cas[i].is_given) {
            (void)pc_fail(err, PC_E_USAGE, "`%s` and `issue_with` cannot be combined", for_cas[i].member);
            return pc_hint(err, PC_E_USAGE,
                           "with `issue_with`, a CA key on a token issues the certificate, and no CA is contacted");
        }
    }
    if (!order->issue_with->ca) {
        return pc_fail(err, PC_E_USAGE, "no CA key is named");
    }
    return PC_OK;
}

/* The leaf's, as far as they are known. */
static pc_status build_chain(const pc_issue_here *job, X509 *leaf, pc_chain *ret_chain, pc_error *err)
{
    const pc_issuer *issuer = &job->ca->issuer;
    PC_AUTO(X509_stack) STACK_OF(X509) *known = X509_chain_up_ref(issuer->above);
    const pc_chain_question question = { .leaf = leaf, .others = known, .rigour = PC_RIGOUR_TIMELESS };

    if (!known || X509_up_ref(issuer->certificate) != 1) {
        return pc_fail_memory(err);
    }
    if (sk_X509_push(known, issuer->certificate) <= 0) {
        X509_free(issuer->certificate);
        return pc_fail_memory(err);
    }
    return pc_chain_build(&question, job->result->arena, ret_chain, err);
}

static pc_status add_pem(X509 *certificate, pc_arena *arena, const char **text, pc_error *err)
{
    const char *pem = NULL;

    PC_TRY(pc_x509_to_pem(certificate, arena, &pem, err));
    *text = pc_arena_format(arena, "%s%s", *text, pem);
    return *text ? PC_OK : pc_fail_memory(err);
}

static pc_status write_out(const pc_issue_here *job, X509 *leaf, const pc_chain *chain, pc_output *output,
                           pc_error *err)
{
    pc_arena *arena = job->result->arena;
    const char *text = "";

    PC_TRY(add_pem(leaf, arena, &text, err));
    for (int i = 0; i < sk_X509_num(chain->issuers); i++) {
        PC_TRY(add_pem(sk_X509_value(chain->issuers, i), arena, &text, err));
    }
    return pc_output_commit(output, text, strlen(text), err);
}

static pc_status issue(const pc_issue_here *job, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    const char *request = job->ca->order.csr;
    pc_issue_result *issued = PC_RESULT_NEW(pc_issue_result);

    if (!issued) {
        return pc_fail_memory(err);
    }
    job->result->issued = issued;
    issued->left_out = "";
    issued->changed = true;
    PC_TRY(pc_document_read_csr(request, &csr, err));
    PC_TRY(pc_issue_check_request(csr, request, err));
    const pc_issuing issuing = pc_local_ca_issuing(job->ca, pc_local_ca_token(job->ca, job->token), csr, issued);

    PC_TRY(pc_issue_describe_run(&issuing, err));
    PC_TRY(pc_issuer_issue(&job->ca->issuer, &issuing, ret_certificate, err));
    return pc_issue_describe(*ret_certificate, issued, err);
}

static pc_status bind(const pc_issue_here *job, X509 *leaf, const pc_chain *chain, pc_error *err)
{
    const pc_accept_certificates certificates = { .leaf = leaf, .issuers = chain->issuers, .chain = chain->words };

    return pc_accept_certificates_on(job->token, &certificates, &job->result->accepted, err);
}

pc_status pc_issue_here_run(const pc_issue_here *job, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = NULL;
    pc_chain chain = { .issuers = NULL };
    const pc_issue_order *order = &job->ca->order;

    PC_TRY(pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &output, err));
    pc_status status = issue(job, &certificate, err);

    if (status == PC_OK) {
        status = build_chain(job, certificate, &chain, err);
        issuers = chain.issuers;
    }
    if (status == PC_OK) {
        status = bind(job, certificate, &chain, err);
    }
    if (status != PC_OK) {
        pc_issue_result_free(PC_TAKE(job->result->issued));
        return certificate ? pc_note(err, status, "a certificate was issued, but is not bound to its key, and is lost")
                           : status;
    }
    status = write_out(job, certificate, &chain, output, err);
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the certificate is bound to its key, but its file was not written");
}

pc_status pc_issue_here_complete(const pc_issue_here *job, X509 *certificate, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = NULL;
    pc_chain chain = { .issuers = NULL };
    X509 *ca = job->ca->issuer.certificate;

    if (X509_check_issued(ca, certificate) != X509_V_OK ||
        !pc_certificate_signature_holds(certificate, X509_get0_pubkey(ca))) {
        return PC_OK;
    }
    PC_TRY(build_chain(job, certificate, &chain, err));
    issuers = chain.issuers;
    PC_TRY(pc_output_open(job->ca->order.out, PC_FILE_NEW, 0644, &output, err));
    PC_TRY(bind(job, certificate, &chain, err));
    return write_out(job, certificate, &chain, output, err);
}
