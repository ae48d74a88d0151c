/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/ca/pending/pending.h"
#include "app/renew/renew.h"
#include "app/ca/request_file.h"
#include "base/bytes.h"
#include "base/destination.h"
#include "base/standard_output.h"
#include "x509/spki.h"
#include "base/file.h"
#include "pair/public_key.h"
#include "signer/sign.h"
#include "x509/openssl_error.h"
#include "x509/csr.h"
#include "x509/read.h"
#include "x509/renewal.h"

/* --- files from earlier runs ----------------------------------------------------------------------------------------
 */

static pc_status refuse_other_file(const char *path, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists already and is not the request of this renewal", path);
    return pc_hint(err, PC_E_REFUSED, "name another file with `out`, or move that one away");
}

/* A device or a pipe, such as /dev/stdout, is only written to, and contains nothing. */
static pc_status is_file_there(const char *path, bool *ret_there, pc_error *err)
{
    PC_AUTO(pc_destination) pc_destination destination = { .path = NULL };

    if (strcmp(path, "-") == 0) {
        *ret_there = false;
        return PC_OK;
    }
    PC_TRY(pc_destination_of(path, &destination, err));
    *ret_there = destination.kind == PC_DESTINATION_FILE && destination.exists;
    return PC_OK;
}

/* An existing file with this same request is used as it is. */
static pc_status look_at_file(const pc_renewal *renewal, X509_REQ *csr, bool *ret_there, pc_error *err)
{
    PC_AUTO(pc_request_file) pc_request_file found = { .text = NULL };
    const char *path = renewal->item->request;
    bool same = false;

    PC_TRY(is_file_there(path, ret_there, err));
    if (!*ret_there) {
        return PC_OK;
    }
    pc_status status = pc_request_file_read(path, renewal->arena, &found, err);

    if (status == PC_E_INPUT) {
        return refuse_other_file(path, err);
    }
    PC_TRY(status);
    PC_TRY(pc_csr_same_content(found.csr, csr, &same, err));
    return same ? PC_OK : refuse_other_file(path, err);
}

static pc_status look_at_record(const pc_token *token, pc_renewal *renewal, X509_REQ *csr, const char *spki_sha256,
                                pc_error *err)
{
    pc_pending_list found;

    PC_TRY(pc_pending_find(token, spki_sha256, renewal->arena, &found, err));
    for (size_t i = 0; i < found.count && !renewal->is_at_ca; i++) {
        PC_AUTO(pc_request_file) pc_request_file kept = { .text = NULL };

        if (found.items[i].state != PC_PENDING_TAKEN ||
            pc_request_file_of_record(&found.items[i], renewal->arena, &kept, NULL) != PC_OK) {
            continue; /* the submission reports it */
        }
        PC_TRY(pc_csr_same_content(kept.csr, csr, &renewal->is_at_ca, err));
    }
    return PC_OK;
}

/* --- signing -------------------------------------------------------------------------------------------------------
 */

/* One signer can be open at a time: first the key to be certified signs, then the old one. */
static pc_status sign_request(const pc_token *token, const pc_renewal *renewal, X509_REQ *csr, pc_error *err)
{
    const pc_signature_form form = { .digest = PC_DIGEST_SHA256 };
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(pc_signer_open(token, &renewal->next, &signer, err));
    return pc_sign_csr(signer, form, csr, err);
}

static pc_status sign_by_old(const pc_token *token, const pc_renewal *renewal, X509_REQ *csr, const char **ret_text,
                             pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    const pc_renewal_request request = { .old = renewal->old, .csr = csr };
    pc_bytes der = { .len = 0 };

    PC_TRY(pc_signer_open(token, &renewal->key, &signer, err));
    PC_TRY(pc_sign_renewal(signer, &request, renewal->arena, &der, err));
    *ret_text = pc_renewal_pem(der, renewal->arena);
    return *ret_text ? PC_OK : pc_fail_memory(err);
}

static pc_status write_new(const pc_token *token, const pc_renewal *renewal, X509_REQ *csr, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *text = NULL;

    PC_TRY(pc_output_open(renewal->item->request, PC_FILE_NEW, 0644, &output, err));
    PC_TRY(sign_request(token, renewal, csr, err));
    PC_TRY(renewal->order->form == PC_RENEW_PKCS7 ? sign_by_old(token, renewal, csr, &text, err)
                                                  : pc_csr_to_pem(csr, renewal->arena, &text, err));
    return pc_output_commit(output, text, strlen(text), err);
}

pc_status pc_renewal_check_place(const pc_renewal *renewal, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;

    const char *path = renewal->item->request;
    bool there = false;

    if (pc_standard_output_is_path(path) && renewal->order->ca) {
        return pc_fail(err, PC_E_USAGE, "a request that is to be submitted needs a file, not standard output");
    }
    PC_TRY(is_file_there(path, &there, err));
    /* An existing file is examined once it is known what it should hold. */
    return there ? PC_OK : pc_output_open(path, PC_FILE_NEW, 0644, &output, err);
}

pc_status pc_renewal_write_request(const pc_token *token, pc_renewal *renewal, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    bool by_old = renewal->order->form == PC_RENEW_PKCS7;
    const char *spki_sha256 = NULL;
    bool there = false;

    PC_TRY(pc_public_key_of(&renewal->next, &public_key, err));
    PC_TRY(pc_spki_sha256(public_key, renewal->arena, &spki_sha256, err));
    const pc_renewal_order order = { .old = renewal->old, .public_key = public_key, .names_old = by_old };

    PC_TRY(pc_renewal_csr_build(&order, renewal->arena, &csr, &renewal->item->left_out, err));
    if (renewal->order->ca) {
        PC_TRY(look_at_record(token, renewal, csr, spki_sha256, err));
    }
    if (renewal->item->already) {
        return PC_OK; /* except that its record was not removed */
    }
    PC_TRY(look_at_file(renewal, csr, &there, err));
    renewal->item->resumed = renewal->item->resumed || there || renewal->is_at_ca;
    if (there || renewal->is_at_ca) {
        return PC_OK;
    }
    PC_TRY(write_new(token, renewal, csr, err));
    renewal->item->changed = true;
    return PC_OK;
}
