/* SPDX-License-Identifier: Apache-2.0 */
/* Make the ceremony's artefacts again, from its script and the values that it drew, and compare. */
#include <p11cert/ceremony_replay.h>

#include <string.h>

#include "app/ceremony/remake.h"
#include "base/result.h"
#include "ceremony/transcript/judge.h"
#include "ceremony/transcript/judge_files.h"
#include "x509/attempt.h"
#include "x509/crl.h"
#include "x509/openssl_error.h"
#include "x509/signature.h"
#include "x509/signed_parts.h"

PC_AUTO_DEFINE(pc_ceremony_verify_result, pc_ceremony_verify_result, pc_ceremony_verify_result_free);

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
static pc_status compare_signature(pc_remaking *remaking, const comparison *compared, const pc_signed_parts *found,
                                   const pc_signed_parts *made, pc_error *err)
{
    pc_arena *arena = remaking->material->arena;
    pc_signature_scheme scheme;
    pc_signature_form form;

    if (!read_scheme(made->algorithm, &scheme) || !form_of(&scheme, &form) ||
        !pc_signature_holds(compared->signs_key, form, (pc_signed_bytes){ .bytes = made->to_be_signed },
                            found->signature)) {
        return pc_fail(err, PC_E_VERIFY, "its signature does not verify over the part that was made again");
    }
    const char *name = deterministic_scheme(compared->signs_key, &scheme);

    const char *same =
        name
            ? pc_arena_format(arena, "the same %zu bytes to be signed, and the same DER, %zu bytes (%s)",
                              made->to_be_signed.len, compared->found.len, name)
            : pc_arena_format(
                  arena, "the same %zu bytes to be signed, and the signature verifies; its scheme is not deterministic",
                  made->to_be_signed.len);
    remaking->context = (void *)(uintptr_t)same;
    return same ? PC_OK : pc_fail_memory(err);
}

static pc_status compare(pc_remaking *remaking, const comparison *compared, pc_error *err)
{
    pc_signed_parts found;
    pc_signed_parts made;

    if (!pc_signed_parts_of(compared->found, &found) || !pc_signed_parts_of(compared->made, &made)) {
        return pc_fail(err, PC_E_VERIFY, "it is not a signed structure in DER");
    }
    PC_TRY(require_same(found.to_be_signed, made.to_be_signed, "the part to be signed", err));
    PC_TRY(require_same(found.algorithm, made.algorithm, "the signature algorithm", err));
    return compare_signature(remaking, compared, &found, &made, err);
}

/* --- what is compared -------------------------------------------------------------------------------- */

static pc_status keep_der(const unsigned char *bytes, int len, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    uint8_t *copy = len > 0 ? pc_arena_alloc(arena, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "an object cannot be encoded");
    }
    memcpy(copy, bytes, (size_t)len);
    *ret_der = (pc_bytes){ copy, (size_t)len };
    return PC_OK;
}

static pc_status to_der(X509 *certificate, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *bytes = NULL;
    const int len = i2d_X509(certificate, &bytes);

    return keep_der(bytes, len, arena, ret_der, err);
}

static pc_status request_to_der(X509_REQ *csr, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *bytes = NULL;
    const int len = i2d_X509_REQ(csr, &bytes);

    return keep_der(bytes, len, arena, ret_der, err);
}

static pc_status compare_certificates(pc_remaking *remaking, X509 *found, X509 *made, EVP_PKEY *signs_key,
                                      pc_error *err)
{
    comparison compared = { .signs_key = signs_key };

    PC_TRY(to_der(found, remaking->material->arena, &compared.found, err));
    PC_TRY(to_der(made, remaking->material->arena, &compared.made, err));
    return compare(remaking, &compared, err);
}

static pc_status compare_requests(pc_remaking *remaking, X509_REQ *found, X509_REQ *made, pc_error *err)
{
    comparison compared = { .signs_key = X509_REQ_get0_pubkey(found) };

    PC_TRY(request_to_der(found, remaking->material->arena, &compared.found, err));
    PC_TRY(request_to_der(made, remaking->material->arena, &compared.made, err));
    return compare(remaking, &compared, err);
}

static pc_status compare_crls(pc_remaking *remaking, X509_CRL *found, X509_CRL *made, EVP_PKEY *signs_key,
                              pc_error *err)
{
    comparison compared = { .signs_key = signs_key };

    PC_TRY(pc_crl_to_der(found, remaking->material->arena, &compared.found, err));
    PC_TRY(pc_crl_to_der(made, remaking->material->arena, &compared.made, err));
    return compare(remaking, &compared, err);
}

static pc_status compare_texts(pc_remaking *remaking, pc_bytes found, pc_bytes made, const char *what, pc_error *err)
{
    PC_TRY(require_same(found, made, what, err));
    remaking->context = pc_arena_format(remaking->material->arena, "the same %zu bytes", found.len);
    return remaking->context ? PC_OK : pc_fail_memory(err);
}

static pc_status compare_public_keys(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err)
{
    return compare_texts(remaking, found, made, "the public key", err);
}

static pc_status compare_challenges(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err)
{
    return compare_texts(remaking, found, made, "the challenge", err);
}

/* Its context is the text that says which part is the same. */
static const pc_remade_judge bytes_judge = { compare_certificates, compare_crls, compare_requests, compare_public_keys,
                                             compare_challenges };

/* --- the whole -------------------------------------------------------------------------------------------- */

static pc_status replay_step(const pc_ceremony_material *material, const pc_script_step *step,
                             pc_ceremony_verify_result *verdict, pc_error *err)
{
    pc_remaking remaking = { .material = material, .step = step, .judge = &bytes_judge };
    pc_status status = pc_remake(&remaking, err);

    if (status != PC_OK && !remaking.name) {
        return status;
    }
    return status == PC_OK
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, remaking.name, "%s", (const char *)remaking.context)
               : pc_verdict_add_error(verdict, status, remaking.name, err);
}

static pc_status replay_steps(const pc_ceremony_material *material, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < material->script.steps.count; i++) {
        const pc_script_step *step = &material->script.steps.items[i];

        PC_TRY(pc_remake_is_for(step) ? replay_step(material, step, verdict, err) : PC_OK);
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
