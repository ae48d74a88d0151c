/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/delivery.h"

#include <string.h>

#include "app/ca/pending/pending.h"
#include "base/kept_error.h"
#include "enroll/base64.h"
#include "enroll/bundle.h"
#include "token/data_object.h"
#include "x509/read.h"
#include "x509/spki.h"

pc_status pc_delivery_read(const pc_bytes *file, const char *name, STACK_OF(X509) **ret_certificates, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };

    if (pc_x509_read(*file, name, &content, err) != PC_OK || !content.certificates) {
        return pc_fail(err, PC_E_CA, "the data that the CA sent as %s is not a readable certificate", name);
    }
    *ret_certificates = PC_TAKE(content.certificates);
    return PC_OK;
}

pc_status pc_delivery_find(STACK_OF(X509) *certificates, const char *spki_sha256, pc_arena *arena,
                           X509 **ret_certificate, pc_error *err)
{
    X509 *found = *spki_sha256 ? NULL : sk_X509_value(certificates, 0);

    for (int i = 0; !found && i < sk_X509_num(certificates); i++) {
        X509 *each = sk_X509_value(certificates, i);
        const EVP_PKEY *public_key = X509_get0_pubkey(each);
        const char *spki = NULL;

        if (public_key) {
            PC_TRY(pc_spki_sha256(public_key, arena, &spki, err));
            found = strcmp(spki, spki_sha256) == 0 ? each : NULL;
        }
    }
    *ret_certificate = found;
    return PC_OK;
}

/* @param others NULL: only the certificate */
static pc_status put(pc_pending *record, X509 *certificate, const STACK_OF(X509) *others, pc_arena *arena,
                     pc_error *err)
{
    pc_bytes bundle;

    PC_TRY(pc_bundle_write(arena, certificate, others, &bundle, err));
    record->issued = pc_base64_encode(arena, bundle);
    return record->issued ? PC_OK : pc_fail_memory(err);
}

static pc_status fits(const pc_pending *record, pc_arena *arena, bool *ret_fits, pc_error *err)
{
    const char *text = pc_pending_to_text(record, arena);

    if (!text) {
        return pc_fail_memory(err);
    }
    *ret_fits = strlen(text) <= PC_DATA_OBJECT_MAX_LEN;
    return PC_OK;
}

/* Its issuers are available elsewhere, the certificate is not. */
static pc_status put_what_fits(pc_pending *record, X509 *certificate, const STACK_OF(X509) *all, pc_arena *arena,
                               pc_error *err)
{
    bool is_small = false;

    PC_TRY(put(record, certificate, all, arena, err));
    PC_TRY(fits(record, arena, &is_small, err));
    if (!is_small) {
        PC_TRY(put(record, certificate, NULL, arena, err));
        PC_TRY(fits(record, arena, &is_small, err));
    }
    record->issued = is_small ? record->issued : NULL;
    return PC_OK;
}

static pc_status keep(const pc_ca_reply *reply, pc_pending *record, pc_arena *arena, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *all = NULL;
    X509 *own = NULL;

    record->issued = NULL;
    if (reply->outcome.disposition != PC_CA_ISSUED || reply->certificate.len == 0 ||
        pc_delivery_read(&reply->certificate, "the certificate", &all, NULL) != PC_OK) {
        return PC_OK; /* unreadable ones are reported when they are used */
    }
    PC_TRY(pc_delivery_find(all, record->spki_sha256, arena, &own, err));
    return own ? put_what_fits(record, own, sk_X509_num(all) > 1 ? all : NULL, arena, err) : PC_OK;
}

static void warn_unsaved(const pc_token *token, const pc_error *why, pc_arena *arena)
{
    const char *words = pc_error_words(why, arena);
    const char *text =
        pc_arena_format(arena,
                        "the certificate that the CA issued could not be recorded on the token before it is used%s: %s",
                        why->resumes ? "" : "; if this run is interrupted, it is lost",
                        words ? words : "out of memory");

    if (token->warn && text) {
        token->warn(text);
    }
}

pc_status pc_delivery_save(const pc_token *token, const pc_ca_reply *reply, pc_pending *record, pc_arena *arena,
                           pc_error *err)
{
    pc_error why = { .status = PC_OK };

    PC_TRY(keep(reply, record, arena, err));
    pc_status status = pc_pending_save_answer(token, record, arena, &why);

    if (status != PC_OK && reply->certificate.len > 0) {
        warn_unsaved(token, &why, arena);
        return PC_OK;
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

bool pc_delivery_is_kept(const pc_pending *record)
{
    return record->issued && *record->issued;
}

pc_status pc_delivery_of_record(const pc_pending *record, pc_arena *arena, pc_ca_reply *ret_reply, pc_error *err)
{
    pc_ca_reply reply = { .outcome = { .disposition = PC_CA_ISSUED }, .reference = record->request_id, .state = "" };

    if (!pc_base64_decode(arena, (pc_bytes){ (const uint8_t *)record->issued, strlen(record->issued) },
                          &reply.certificate)) {
        return pc_fail(err, PC_E_INPUT, "the certificate in the record of a pending request cannot be read");
    }
    *ret_reply = reply;
    return PC_OK;
}
