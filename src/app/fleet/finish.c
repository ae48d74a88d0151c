/* SPDX-License-Identifier: Apache-2.0 */
/* From a key to the files of its host. */
#include <string.h>

#include "app/fleet/batch.h"
#include "app/bind/bind.h"
#include "app/files/document.h"
#include "base/kept_error.h"
#include "token/key.h"
#include "x509/spki.h"
#include "base/file.h"
#include "base/text.h"
#include "pair/public_key.h"
#include "signer/signer.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/openssl_error.h"

pc_status pc_batch_name_files(pc_batch_item *item, const char *folder, pc_error *err)
{
    item->request = pc_arena_format(item->arena, "%s/%s.req", folder, item->host.name);
    item->certificate = pc_arena_format(item->arena, "%s/%s.cer", folder, item->host.name);
    if (!item->request || !item->certificate) {
        return pc_fail_memory(err);
    }
    return pc_path_exists(item->request, &item->has_request, err);
}

/* A request is accepted if this run would have written it and its signature verifies. */
static pc_status check_request(const pc_batch_item *item, pc_batch_line *line, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    PC_AUTO(X509_REQ) X509_REQ *wanted = NULL;
    PC_AUTO(X509_REQ) X509_REQ *there = NULL;

    PC_TRY(pc_public_key_of(&item->key, &public_key, err));
    PC_TRY(pc_spki_sha256(public_key, item->arena, &line->spki_sha256, err));
    PC_TRY(pc_csr_build(item->plan->request, item->plan->claims, public_key, &wanted, err));
    PC_TRY(pc_document_read_csr(item->request, &there, err));
    bool same = false;

    PC_TRY(pc_csr_same_content(wanted, there, &same, err));
    if (same && X509_REQ_verify(there, public_key) == 1) {
        return PC_OK;
    }
    pc_status status =
        pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not this host's request; it was not replaced", item->request);

    return pc_hint_resume(
        err, status, "if it is an old one, move it away and run the same command again: it continues with the key");
}

pc_status pc_batch_write_request(const pc_token *token, pc_batch_item *item, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_signed_request request;

    PC_TRY(pc_output_open(item->request, PC_FILE_NEW, 0644, &output, err));
    PC_TRY(pc_signer_open(token, &item->key, &signer, err));
    PC_TRY(pc_new_sign(signer, item->plan, item->arena, &request, err));
    PC_TRY(pc_output_commit(output, request.pem, strlen(request.pem), err));
    item->spki_sha256 = request.spki_sha256;
    return PC_OK;
}

/* A worker found or made the key in its own session. One that was found may share its CKA_ID with others; one that was
 * made may have a label other than the requested one. */
static pc_status reach_key(const pc_token *token, pc_batch_item *item, pc_error *err)
{
    const pc_key_selector same = { .words = item->key.label,
                                   .label = item->was_made ? NULL : item->key.label,
                                   .id = item->key.id };
    pc_key here;

    if (!item->is_handle_local) {
        return PC_OK;
    }
    PC_TRY(pc_key_find(token, &same, item->arena, &here, err));
    item->key.handle = here.handle;
    item->is_handle_local = false;
    return PC_OK;
}

static pc_status write_if_missing(const pc_token *token, pc_batch_item *item, pc_batch_line *line, pc_error *err)
{
    if (item->request_err.status != PC_OK) {
        pc_error_pass(err, &item->request_err);
        return item->request_err.status;
    }
    if (!item->spki_sha256) {
        PC_TRY(reach_key(token, item, err));
        PC_TRY(pc_batch_write_request(token, item, err));
    }
    line->spki_sha256 = item->spki_sha256;
    return PC_OK;
}

/* ---- issuing ---- */

static pc_status write_certificate(X509 *certificate, pc_output *output, pc_arena *arena, pc_error *err)
{
    const char *pem = NULL;

    PC_TRY(pc_x509_to_pem(certificate, arena, &pem, err));
    return pc_output_commit(output, pem, strlen(pem), err);
}

static pc_status bind(const pc_token *token, pc_batch_item *item, X509 *certificate, pc_error *err)
{
    const pc_binding own = { .key = &item->key, .certificate = certificate };
    pc_bound_certificate bound;

    return pc_bind_to_key(token, &own, item->arena, &bound, err);
}

/* Bound before the file is written: if the run is killed in between, the next run writes the file from the token. */
static pc_status find_or_issue(const pc_token *token, const pc_local_ca *ca, pc_batch_item *item, pc_batch_line *line,
                               X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(X509) X509 *certificate = NULL;
    pc_issue_result issued = { .arena = item->arena, .left_out = "" };

    PC_TRY(pc_document_read_csr(item->request, &csr, err));
    PC_TRY(pc_issue_check_request(csr, item->request, err));
    if (item->is_bound) {
        const pc_issuing issuing = pc_local_ca_issuing(ca, token, csr, &issued);

        PC_TRY(pc_issuer_find_issued(&ca->issuer, &issuing, &item->key, &certificate, err));
    }
    if (!certificate) {
        const pc_issuing issuing = pc_local_ca_issuing(ca, pc_local_ca_token(ca, token), csr, &issued);

        PC_TRY(reach_key(token, item, err));
        PC_TRY(pc_issuer_issue(&ca->issuer, &issuing, &certificate, err));
        PC_TRY(bind(token, item, certificate, err));
    }
    line->left_out = *issued.left_out ? issued.left_out : NULL;
    line->warnings = issued.warnings;
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}

static pc_status issue(const pc_token *token, const pc_local_ca *ca, pc_batch_item *item, pc_batch_line *line,
                       pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(X509) X509 *certificate = NULL;
    bool is_there = false;

    PC_TRY(item->is_bound ? pc_path_exists(item->certificate, &is_there, err) : PC_OK);
    if (is_there) {
        line->certificate = item->certificate;
        return PC_OK;
    }
    PC_TRY(pc_output_open(item->certificate, PC_FILE_NEW, 0644, &output, err));
    PC_TRY(find_or_issue(token, ca, item, line, &certificate, err));
    PC_TRY(write_certificate(certificate, output, item->arena, err));
    line->certificate = item->certificate;
    line->outcome = PC_BATCH_ISSUED;
    return PC_OK;
}

static pc_status note_state(pc_status status, const pc_token *token, const pc_batch_item *item, pc_error *err)
{
    if (item->has_request || status == PC_OK) {
        return status;
    }
    return pc_note(err, status, "no request was written; the key \"%s\" is on token \"%s\" and stays there",
                   item->key.label, token->info.label);
}

pc_status pc_batch_finish(const pc_token *token, const pc_local_ca *ca, pc_batch_item *item, pc_batch_line *ret_line,
                          pc_error *err)
{
    pc_batch_line *line = ret_line;

    line->label = item->key.label;
    line->proof = item->proof;
    line->half_id = item->half_id;
    line->unsupported_flags = item->unsupported_flags && *item->unsupported_flags ? item->unsupported_flags : NULL;
    line->id = pc_text_hex(item->arena, item->key.id, '\0');
    if (!line->id) {
        return pc_fail_memory(err);
    }
    line->outcome = item->has_request ? PC_BATCH_KEPT : item->was_made ? PC_BATCH_MADE : PC_BATCH_RESUMED;
    pc_status status = item->has_request ? check_request(item, line, err) : write_if_missing(token, item, line, err);

    PC_TRY(note_state(status, token, item, err));
    line->file = item->request;
    return ca ? issue(token, ca, item, line, err) : PC_OK;
}
