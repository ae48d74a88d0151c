/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge_objects.h"

#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ceremony/transcript/one_object.h"
#include "x509/crl.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/spki.h"

typedef struct {
    const pc_ceremony_source *source;
    const pc_gathered *gathered;
    pc_ceremony_verify_result *verdict;
    STACK_OF(X509) *certificates;       /* all of them, in the order of their artefacts */
    const pc_recorded_artefact **names; /* one for each, in the same order */
    size_t name_count;
} judgement;

static pc_status read_file(const judgement *judge, const char *name, pc_arena *arena, pc_bytes *ret_bytes,
                           pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    PC_TRY(pc_ceremony_source_part(judge->source, name, &fd, &part, err));
    return pc_part_read_all(&part, PC_X509_MAX_FILE, arena, ret_bytes, err);
}

static pc_status judge_key(const judgement *judge, const pc_recorded_artefact *artefact, const EVP_PKEY *key,
                           pc_error *err)
{
    const char *expected =
        artefact->key ? json_string_value(json_object_get(judge->gathered->keys, artefact->key)) : NULL;
    const char *hex = NULL;

    if (!key) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name, "its public key cannot be read");
    }
    if (!expected) {
        return PC_OK;
    }
    PC_TRY(pc_spki_sha256(key, judge->verdict->arena, &hex, err));
    return strcmp(hex, expected) == 0
               ? PC_OK
               : pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name,
                                "its public key is not that of the key \"%s\" on the token", artefact->key);
}

static pc_status judge_request(const judgement *judge, const pc_recorded_artefact *artefact, pc_bytes bytes,
                               pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };

    PC_TRY(pc_x509_read(bytes, artefact->name, &content, err));
    if (!content.csr) {
        return pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name, "it is not a certificate request");
    }
    EVP_PKEY *key = X509_REQ_get0_pubkey(content.csr);

    if (!key || X509_REQ_verify(content.csr, key) != 1) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the request's own signature does not verify");
    }
    return judge_key(judge, artefact, key, err);
}

static pc_status judge_public_key(const judgement *judge, const pc_recorded_artefact *artefact, pc_bytes bytes,
                                  pc_error *err)
{
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_VERIFY, "it is not a public key in PEM");
    }
    return judge_key(judge, artefact, key, err);
}

static pc_status judge_crl(const judgement *judge, const pc_recorded_artefact *artefact, pc_bytes bytes, pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *crl = NULL;

    PC_TRY(pc_crl_read(bytes, artefact->name, &crl, err));
    for (int i = 0; i < sk_X509_num(judge->certificates); i++) {
        if (pc_crl_verify(crl, sk_X509_value(judge->certificates, i), NULL) == PC_OK) {
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_VERIFY, "it is not signed by a CA whose certificate is here");
}

/* A certificate, to which others may chain. */
static pc_status add_certificate(judgement *judge, const pc_recorded_artefact *artefact, pc_bytes bytes, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };

    PC_TRY(pc_x509_read(bytes, artefact->name, &content, err));
    if (sk_X509_num(content.certificates) != 1) {
        return pc_fail(err, PC_E_VERIFY, "it does not contain exactly one certificate");
    }
    const pc_recorded_artefact **name = PC_PUSH(judge->verdict->arena, judge->names, judge->name_count);

    if (!name || !X509_add_cert(judge->certificates, sk_X509_value(content.certificates, 0), X509_ADD_FLAG_UP_REF)) {
        return pc_fail_memory(err);
    }
    *name = artefact;
    return judge_key(judge, artefact, X509_get0_pubkey(sk_X509_value(content.certificates, 0)), err);
}

static bool is_object(const pc_recorded_artefact *artefact)
{
    static const char *const types[] = { "certificate", "request", "crl", "public-key" };

    for (size_t i = 0; i < PC_COUNT(types); i++) {
        if (strcmp(artefact->type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status judge_one(judgement *judge, const pc_recorded_artefact *artefact, bool is_certificate, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_bytes bytes = { NULL, 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (is_certificate != (strcmp(artefact->type, "certificate") == 0) || !is_object(artefact)) {
        return PC_OK;
    }
    PC_TRY(read_file(judge, artefact->name, arena, &bytes, err));
    if (!pc_is_one_object(bytes, artefact->type)) {
        return pc_fail(err, PC_E_VERIFY, "it is not exactly one %s, in PEM or DER", artefact->type);
    }
    if (is_certificate) {
        return add_certificate(judge, artefact, bytes, err);
    }
    if (strcmp(artefact->type, "request") == 0) {
        return judge_request(judge, artefact, bytes, err);
    }
    if (strcmp(artefact->type, "crl") == 0) {
        return judge_crl(judge, artefact, bytes, err);
    }
    return judge_public_key(judge, artefact, bytes, err);
}

/* A missing file has already been reported by the check of the files. */
static pc_status judge_pass(judgement *judge, bool is_certificate, pc_error *err)
{
    for (size_t i = 0; i < judge->gathered->artefact_count; i++) {
        const pc_recorded_artefact *artefact = &judge->gathered->artefacts[i];

        if (!pc_ceremony_source_has(judge->source, artefact->name)) {
            continue;
        }
        pc_status status = judge_one(judge, artefact, is_certificate, err);

        if (status != PC_OK) {
            PC_TRY(pc_verdict_add_error(judge->verdict, status, artefact->name, err));
        }
    }
    return PC_OK;
}

static bool is_self_signed(X509 *certificate)
{
    return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
}

static pc_status prepare_store(const judgement *judge, X509 *leaf, X509_STORE *store, pc_error *err)
{
    struct tm begins;

    if (ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &begins) != 1) {
        return pc_fail_openssl(err, PC_E_VERIFY, "the time at which it begins cannot be read");
    }
    for (int i = 0; i < sk_X509_num(judge->certificates); i++) {
        X509 *each = sk_X509_value(judge->certificates, i);

        if (is_self_signed(each) && X509_STORE_add_cert(store, each) != 1) {
            return pc_fail_memory(err);
        }
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), timegm(&begins));
    return PC_OK;
}

static pc_status verify_chain(const judgement *judge, X509 *leaf, pc_error *err)
{
    PC_AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();
    PC_AUTO(X509_STORE_CTX) X509_STORE_CTX *context = X509_STORE_CTX_new();

    if (!store || !context) {
        return pc_fail_memory(err);
    }
    PC_TRY(prepare_store(judge, leaf, store, err));
    if (X509_STORE_CTX_init(context, store, leaf, judge->certificates) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "its chain cannot be verified");
    }
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_CHECK_SS_SIGNATURE | X509_V_FLAG_X509_STRICT);
    if (X509_verify_cert(context) == 1) {
        return PC_OK;
    }
    const char *why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));

    (void)pc_fail_openssl(err, PC_E_VERIFY, "its chain does not verify at the time at which it begins");
    return pc_fail(err, PC_E_VERIFY, "its chain does not verify at the time at which it begins: %s", why);
}

static pc_status judge_chains(const judgement *judge, pc_error *err)
{
    for (int i = 0; i < sk_X509_num(judge->certificates); i++) {
        pc_status status = verify_chain(judge, sk_X509_value(judge->certificates, i), err);

        if (status != PC_OK) {
            PC_TRY(pc_verdict_add_error(judge->verdict, status, judge->names[i]->name, err));
        }
    }
    return PC_OK;
}

/* What a CA of the ceremony signed was linted before; what was brought along need not have been. */
static pc_status judge_lints(const judgement *judge, pc_error *err)
{
    for (size_t i = 0; i < judge->gathered->artefact_count; i++) {
        const pc_recorded_artefact *artefact = &judge->gathered->artefacts[i];
        const bool is_signed = strcmp(artefact->type, "certificate") == 0 || strcmp(artefact->type, "crl") == 0;

        if (is_signed && !artefact->is_linted && !artefact->is_input) {
            PC_TRY(pc_verdict_add(judge->verdict, PC_JUDGED_FAIL, err, artefact->name,
                                  "no lint of it is recorded before it was signed"));
        }
    }
    return PC_OK;
}

pc_status pc_judge_objects(const pc_ceremony_source *source, const pc_gathered *gathered,
                           pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *certificates = sk_X509_new_null();
    judgement judge = { source, gathered, verdict, certificates, NULL, 0 };
    const size_t failures = verdict->fail_count;

    if (!certificates) {
        return pc_fail_memory(err);
    }
    PC_TRY(judge_pass(&judge, true, err));
    PC_TRY(judge_pass(&judge, false, err));
    PC_TRY(judge_chains(&judge, err));
    PC_TRY(judge_lints(&judge, err));
    return verdict->fail_count == failures
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "certificates",
                                "%d, each with its chain and key; requests and CRLs are signed as they should be",
                                sk_X509_num(certificates))
               : PC_OK;
}
