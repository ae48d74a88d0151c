/* SPDX-License-Identifier: Apache-2.0 */
/* Make the ceremony's artefacts again, from its script and the values that it drew, and compare. */
#include <p11cert/ceremony_replay.h>

#include <string.h>

#include <openssl/pem.h>

#include "app/ceremony/material.h"
#include "app/ceremony/proof.h"
#include "app/crl/rebuild.h"
#include "app/issue/rebuild.h"
#include "app/request/new.h"
#include "base/kept_error.h"
#include "base/result.h"
#include "base/text.h"
#include "ceremony/transcript/judge.h"
#include "ceremony/transcript/judge_files.h"
#include "signer/sign.h"
#include "x509/attempt.h"
#include "x509/crl.h"
#include "x509/csr.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/signed_parts.h"
#include "x509/spki.h"

PC_AUTO_DEFINE(pc_ceremony_verify_result, pc_ceremony_verify_result, pc_ceremony_verify_result_free);

/** The artefact that is being replayed. Borrowed. */
typedef struct {
    const pc_ceremony_material *material;
    const pc_script_step *step;
    const char *name;
    const char *same; /* the part that is the same, in the arena */
} replaying;

/** A comparison: an artefact, and the corresponding object made again, signed by a temporary key. */
typedef struct {
    pc_bytes found;
    pc_bytes made;
    EVP_PKEY *signs_key; /* of the artefact */
} comparison;

/* --- the same bytes --------------------------------------------------------------------------------- */

static size_t first_difference(pc_bytes left, pc_bytes right)
{
    size_t i = 0;

    while (i < left.len && i < right.len && left.data[i] == right.data[i]) {
        i++;
    }
    return i + 1;
}

static pc_status require_same(pc_bytes found, pc_bytes made, const char *what, pc_error *err)
{
    return found.len == made.len && memcmp(found.data, made.data, made.len) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "%s is not what the script and the draws produce: byte %zu of %zu differs",
                         what, first_difference(found, made), found.len);
}

static bool read_scheme(pc_bytes algorithm, pc_signature_scheme *ret_scheme)
{
    const unsigned char *cursor = algorithm.data;

    pc_attempt_begin();
    PC_AUTO(X509_ALGOR) X509_ALGOR *parsed = d2i_X509_ALGOR(NULL, &cursor, (long)algorithm.len);

    pc_attempt_end();
    return parsed && pc_signature_scheme_of(parsed, ret_scheme);
}

static bool form_of(const pc_signature_scheme *scheme, pc_signature_form *ret_form)
{
    static const int digests[] = {
        [PC_DIGEST_SHA256] = NID_sha256, [PC_DIGEST_SHA384] = NID_sha384, [PC_DIGEST_SHA512] = NID_sha512
    };

    for (size_t i = 0; i < PC_COUNT(digests); i++) {
        if (digests[i] == scheme->digest || scheme->digest == NID_undef) {
            *ret_form = (pc_signature_form){ .digest = (pc_digest)i, .pss = scheme->pss };
            return true;
        }
    }
    return false;
}

/* With these keys, a message has exactly one signature (RFC 8017 section 8.2, RFC 8032 section 5.1.6); NULL: with
 * others, many. */
static const char *deterministic_scheme(const EVP_PKEY *key, const pc_signature_scheme *scheme)
{
    if (EVP_PKEY_is_a(key, "ED25519")) {
        return "Ed25519";
    }
    return EVP_PKEY_is_a(key, "RSA") && !scheme->pss ? "RSA PKCS#1 v1.5" : NULL;
}

/* Verifies the artefact's signature on the object that was made again. */
static pc_status compare_signature(replaying *replay, const comparison *compared, const pc_signed_parts *found,
                                   const pc_signed_parts *made, pc_error *err)
{
    pc_arena *arena = replay->material->arena;
    pc_signature_scheme scheme;
    pc_signature_form form;

    if (!read_scheme(made->algorithm, &scheme) || !form_of(&scheme, &form) ||
        !pc_signature_holds(compared->signs_key, form, (pc_signed_bytes){ .bytes = made->to_be_signed },
                            found->signature)) {
        return pc_fail(err, PC_E_VERIFY, "its signature does not verify over the part that was made again");
    }
    const char *name = deterministic_scheme(compared->signs_key, &scheme);

    replay->same =
        name
            ? pc_arena_format(arena, "the same %zu bytes to be signed, and the same DER, %zu bytes (%s)",
                              made->to_be_signed.len, compared->found.len, name)
            : pc_arena_format(
                  arena, "the same %zu bytes to be signed, and the signature verifies; its scheme is not deterministic",
                  made->to_be_signed.len);
    return replay->same ? PC_OK : pc_fail_memory(err);
}

static pc_status compare(replaying *replay, const comparison *compared, pc_error *err)
{
    pc_signed_parts found;
    pc_signed_parts made;

    if (!pc_signed_parts_of(compared->found, &found) || !pc_signed_parts_of(compared->made, &made)) {
        return pc_fail(err, PC_E_VERIFY, "it is not a signed structure in DER");
    }
    PC_TRY(require_same(found.to_be_signed, made.to_be_signed, "the part to be signed", err));
    PC_TRY(require_same(found.algorithm, made.algorithm, "the signature algorithm", err));
    return compare_signature(replay, compared, &found, &made, err);
}

/* --- drawn values --------------------------------------------------------------------------------- */

static pc_status find_draw(const replaying *replay, const char *purpose, const char **ret_value, pc_error *err)
{
    const char *name = pc_gathered_draw_name(replay->material->arena, (int64_t)replay->step->number, purpose);

    if (!name) {
        return pc_fail_memory(err);
    }
    *ret_value = json_string_value(json_object_get(replay->material->gathered->draws, name));
    return *ret_value ? PC_OK
                      : pc_fail(err, PC_E_VERIFY, "the transcript does not record exactly one %s for step %zu", purpose,
                                replay->step->number);
}

static pc_status find_time(const replaying *replay, int64_t *ret_sec, pc_error *err)
{
    const char *value = NULL;

    PC_TRY(find_draw(replay, PC_DRAW_TIME, &value, err));
    return pc_text_to_time(value, ret_sec)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the time of issue \"%s\" is not a valid time", value);
}

/* Compare with the key that was read back from the token; one that no step made or copied has no record. */
static pc_status check_recorded_key(const replaying *replay, const char *label, const EVP_PKEY *key, pc_error *err)
{
    const char *name = pc_ceremony_key_name(&replay->material->ceremony, replay->step->token, label);
    const char *recorded = name ? json_string_value(json_object_get(replay->material->gathered->keys, name)) : NULL;
    const char *spki = NULL;

    if (!name) {
        return pc_fail_memory(err);
    }
    if (!key) {
        return pc_fail(err, PC_E_VERIFY, "its public key cannot be read");
    }
    PC_TRY(pc_spki_sha256(key, replay->material->arena, &spki, err));
    return !recorded || strcmp(recorded, spki) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "its public key is not that of the key \"%s\" on the token", name);
}

/* What another CA of the ceremony issued has its certificate among the files too. */
static pc_status check_ca(const replaying *replay, X509 *issuer, pc_error *err)
{
    const pc_script_step *step = replay->step;
    PC_AUTO(X509) X509 *named = NULL;
    pc_status status = check_recorded_key(replay, step->ca, X509_get0_pubkey(issuer), err);

    if (status != PC_OK) {
        return pc_note(err, status, "the CA that issued it is not the one that the script names");
    }
    if (!step->issuer) {
        return PC_OK;
    }
    PC_TRY(pc_ceremony_material_certificate(replay->material, step->issuer, &named, err));
    return X509_cmp(named, issuer) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not \"%s\"", step->issuer);
}

/* --- certificates ----------------------------------------------------------------------------------- */

static pc_status to_der(X509 *certificate, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *bytes = NULL;
    const int len = i2d_X509(certificate, &bytes);
    uint8_t *copy = len > 0 ? pc_arena_alloc(arena, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a certificate cannot be encoded");
    }
    memcpy(copy, bytes, (size_t)len);
    *ret_der = (pc_bytes){ copy, (size_t)len };
    return PC_OK;
}

static pc_status compare_certificate(replaying *replay, const pc_issue_order *order, X509 *found, X509 *issuer,
                                     pc_error *err)
{
    const pc_rebuild_terms terms = { .issuer = issuer, .signs_key = X509_get0_pubkey(issuer ? issuer : found) };
    PC_AUTO(X509) X509 *made = NULL;
    comparison compared = { .signs_key = terms.signs_key };

    PC_TRY(pc_issue_rebuild(order, &terms, replay->material->arena, &made, err));
    PC_TRY(to_der(found, replay->material->arena, &compared.found, err));
    PC_TRY(to_der(made, replay->material->arena, &compared.made, err));
    return compare(replay, &compared, err);
}

static bool is_of(const X509_NAME *name, EVP_PKEY **ret_key, X509 *issuer)
{
    *ret_key = X509_get0_pubkey(issuer);
    return *ret_key && X509_NAME_cmp(name, X509_get_subject_name(issuer)) == 0;
}

static void forget(pc_error *err)
{
    pc_error_pass(err, &(pc_error){ .status = PC_OK });
}

/* A CA may have several certificates: the one that was used gives the same bytes. */
static pc_status replay_issued(replaying *replay, const pc_issue_order *order, X509 *found, pc_error *err)
{
    const STACK_OF(X509) *all = replay->material->certificates;
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");

    for (int i = 0; i < sk_X509_num(all) && status == PC_E_VERIFY; i++) {
        X509 *issuer = sk_X509_value(all, i);
        EVP_PKEY *key = NULL;

        if (is_of(X509_get_issuer_name(found), &key, issuer) && pc_certificate_signature_holds(found, key)) {
            forget(err);
            status = check_ca(replay, issuer, err);
            status = status == PC_OK ? compare_certificate(replay, order, found, issuer, err) : status;
        }
    }
    return status;
}

static pc_status replay_certificate(replaying *replay, pc_error *err)
{
    PC_AUTO(X509) X509 *found = NULL;
    pc_issue_order order;

    PC_TRY(pc_ceremony_issue_order(&replay->material->ceremony, replay->step, &order, err));
    PC_TRY(find_draw(replay, PC_DRAW_SERIAL, &order.serial, err));
    PC_TRY(find_time(replay, &order.time_sec, err));
    PC_TRY(pc_ceremony_material_certificate(replay->material, replay->name, &found, err));
    if (!order.self_signed) {
        return replay_issued(replay, &order, found, err);
    }
    PC_TRY(check_recorded_key(replay, replay->step->key, X509_get0_pubkey(found), err));
    return compare_certificate(replay, &order, found, NULL, err);
}

/* --- requests --------------------------------------------------------------------------------------- */

static pc_status request_to_der(X509_REQ *csr, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *bytes = NULL;
    const int len = i2d_X509_REQ(csr, &bytes);
    uint8_t *copy = len > 0 ? pc_arena_alloc(arena, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a request cannot be encoded");
    }
    memcpy(copy, bytes, (size_t)len);
    *ret_der = (pc_bytes){ copy, (size_t)len };
    return PC_OK;
}

static pc_status make_request(const replaying *replay, EVP_PKEY *key, X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO(pc_new_plan) pc_new_plan *plan = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;
    pc_new_order order;

    PC_TRY(pc_ceremony_request_order(&replay->material->ceremony, replay->step, &order, err));
    PC_TRY(pc_new_prepare(&order, &plan, err));
    pc_new_fit_to_key(plan, EVP_PKEY_is_a(key, "RSA"));
    PC_TRY(pc_csr_build(plan->request, plan->claims, key, &csr, err));
    PC_TRY(pc_throwaway_key(key, &throwaway, err));
    if (X509_REQ_sign(csr, throwaway, pc_signature_digest(throwaway, plan->request->digest)) <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "a request cannot be signed");
    }
    *ret_csr = PC_TAKE(csr);
    return PC_OK;
}

static pc_status replay_request(replaying *replay, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    PC_AUTO(X509_REQ) X509_REQ *made = NULL;
    comparison compared = { .signs_key = NULL };
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(replay->material, replay->name, &bytes, err));
    PC_TRY(pc_x509_read(bytes, replay->name, &content, err));
    compared.signs_key = content.csr ? X509_REQ_get0_pubkey(content.csr) : NULL;
    PC_TRY(check_recorded_key(replay, replay->step->key, compared.signs_key, err));
    PC_TRY(make_request(replay, compared.signs_key, &made, err));
    PC_TRY(request_to_der(content.csr, replay->material->arena, &compared.found, err));
    PC_TRY(request_to_der(made, replay->material->arena, &compared.made, err));
    return compare(replay, &compared, err);
}

/* --- CRLs ------------------------------------------------------------------------------------------- */

static pc_status compare_crl(replaying *replay, const pc_crl_order *order, const X509_CRL *found, X509 *issuer,
                             pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *made = NULL;
    comparison compared = { .signs_key = X509_get0_pubkey(issuer) };

    PC_TRY(pc_crl_rebuild(order, issuer, replay->material->arena, &made, err));
    PC_TRY(pc_crl_to_der(found, replay->material->arena, &compared.found, err));
    PC_TRY(pc_crl_to_der(made, replay->material->arena, &compared.made, err));
    return compare(replay, &compared, err);
}

static pc_status replay_crl(replaying *replay, pc_error *err)
{
    const STACK_OF(X509) *all = replay->material->certificates;
    PC_AUTO(X509_CRL) X509_CRL *found = NULL;
    pc_bytes bytes = { NULL, 0 };
    pc_crl_order order;

    PC_TRY(pc_ceremony_crl_order(&replay->material->ceremony, replay->step, &order, err));
    PC_TRY(find_time(replay, &order.time_sec, err));
    PC_TRY(pc_ceremony_material_read(replay->material, replay->name, &bytes, err));
    PC_TRY(pc_crl_read(bytes, replay->name, &found, err));
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");

    for (int i = 0; i < sk_X509_num(all) && status == PC_E_VERIFY; i++) {
        X509 *issuer = sk_X509_value(all, i);
        pc_error ignored = { .status = PC_OK };

        if (pc_crl_verify(found, issuer, &ignored) == PC_OK) {
            forget(err);
            status = check_ca(replay, issuer, err);
            status = status == PC_OK ? compare_crl(replay, &order, found, issuer, err) : status;
        }
    }
    return status;
}

/* --- public keys and challenges --------------------------------------------------------------------- */

static pc_status compare_text(replaying *replay, const char *made, const char *what, pc_error *err)
{
    pc_bytes found = { NULL, 0 };

    if (!made) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_material_read(replay->material, replay->name, &found, err));
    PC_TRY(require_same(found, (pc_bytes){ (const uint8_t *)made, strlen(made) }, what, err));
    replay->same = pc_arena_format(replay->material->arena, "the same %zu bytes", found.len);
    return replay->same ? PC_OK : pc_fail_memory(err);
}

static pc_status replay_public_key(replaying *replay, pc_error *err)
{
    const char *pem = NULL;
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(replay->material, replay->name, &bytes, err));
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_VERIFY, "it is not a public key in PEM");
    }
    PC_TRY(check_recorded_key(replay, replay->step->key, key, err));
    PC_TRY(pc_public_key_to_pem(key, replay->material->arena, &pem, err));
    return compare_text(replay, pem, "the public key", err);
}

static pc_status replay_challenge(replaying *replay, pc_error *err)
{
    const char *random = NULL;

    PC_TRY(find_draw(replay, PC_DRAW_CHALLENGE, &random, err));
    return compare_text(replay, pc_ceremony_challenge(&replay->material->ceremony, replay->step, random),
                        "the challenge", err);
}

/* --- the whole -------------------------------------------------------------------------------------------- */

typedef pc_status (*replay_artefact)(replaying *replay, pc_error *err);

static const replay_artefact kinds[PC_STEP_KIND_COUNT] = {
    [PC_STEP_SELF_SIGN] = replay_certificate,
    [PC_STEP_ISSUE] = replay_certificate,
    [PC_STEP_CROSS] = replay_certificate,
    [PC_STEP_REQUEST] = replay_request,
    [PC_STEP_CRL] = replay_crl,
    [PC_STEP_EXPORT_PUBLIC] = replay_public_key,
    [PC_STEP_PROVE] = replay_challenge,
    [PC_STEP_COPY_CHECK] = replay_challenge,
};

static pc_status name_artefact(const pc_ceremony_material *material, const pc_script_step *step, const char **ret_name,
                               pc_error *err)
{
    const char *names[PC_PROOF_FILES] = { step->out };

    PC_TRY(step->out ? PC_OK : pc_ceremony_proof_names(&material->ceremony, step, names, err));
    *ret_name = names[0];
    return PC_OK;
}

static pc_status replay_step(const pc_ceremony_material *material, const pc_script_step *step,
                             pc_ceremony_verify_result *verdict, pc_error *err)
{
    replaying replay = { .material = material, .step = step };

    PC_TRY(name_artefact(material, step, &replay.name, err));
    pc_status status =
        json_object_get(material->gathered->recorded, replay.name)
            ? kinds[step->kind](&replay, err)
            : pc_fail(err, PC_E_VERIFY, "step %zu creates it, but the transcript does not record it", step->number);

    return status == PC_OK ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, replay.name, "%s", replay.same)
                           : pc_verdict_add_error(verdict, status, replay.name, err);
}

static pc_status replay_steps(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        PC_TRY(kinds[step->kind] ? replay_step(material, step, verdict, err) : PC_OK);
    }
    return PC_OK;
}

/* Files that are not those that were recorded are not worth comparing. */
static pc_status replay_all(void *context, const pc_ceremony_source *source, const pc_gathered *gathered,
                            pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(pc_ceremony_material) pc_ceremony_material material = { .arena = NULL };

    (void)context;
    if (source->kind == PC_SOURCE_TRANSCRIPT) {
        return pc_fail(err, PC_E_USAGE, "a replay requires the folder or the bundle, not the transcript alone");
    }
    PC_TRY(pc_judge_files(source, gathered, verdict, err));
    pc_status status = pc_ceremony_material_open(source, gathered, &material, err);

    return status == PC_OK ? replay_steps(&material, verdict, err)
                           : pc_verdict_add_error(verdict, status, "script", err);
}

pc_status pc_ceremony_replay_run(const char *path, pc_ceremony_verify_result **ret_result, pc_error *err)
{
    static const pc_further_judge judge = { .judge = replay_all };
    pc_error own = { .status = PC_OK };
    PC_AUTO(pc_ceremony_verify_result)
    pc_ceremony_verify_result *result = PC_RESULT_NEW(pc_ceremony_verify_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_judge_only(path, &judge, result, err ? err : &own));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
