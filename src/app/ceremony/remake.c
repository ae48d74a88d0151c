/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/remake.h"

#include <string.h>

#include <openssl/pem.h>

#include "app/ceremony/proof.h"
#include "app/crl/rebuild.h"
#include "app/issue/rebuild.h"
#include "app/request/new.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "signer/sign.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/crl.h"
#include "x509/csr.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/spki.h"

/* --- drawn values --------------------------------------------------------------------------------- */

static pc_status find_draw(const pc_remaking *remaking, const char *purpose, const char **ret_value, pc_error *err)
{
    const char *name = pc_gathered_draw_name(remaking->material->arena, (int64_t)remaking->step->number, purpose);

    if (!name) {
        return pc_fail_memory(err);
    }
    *ret_value = json_string_value(json_object_get(remaking->material->gathered->draws, name));
    return *ret_value ? PC_OK
                      : pc_fail(err, PC_E_VERIFY, "the transcript does not record exactly one %s for step %zu", purpose,
                                remaking->step->number);
}

static pc_status find_time(const pc_remaking *remaking, int64_t *ret_sec, pc_error *err)
{
    const char *value = NULL;

    PC_TRY(find_draw(remaking, PC_DRAW_TIME, &value, err));
    return pc_text_to_time(value, ret_sec)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the time of issue \"%s\" is not a valid time", value);
}

/* Does an earlier step make the key? */
static bool is_made(const pc_remaking *remaking, const char *label)
{
    for (const pc_script_step *each = remaking->step; each-- > remaking->material->script.steps.items;) {
        if (each->kind == PC_STEP_KEYGEN && strcmp(each->token, remaking->step->token) == 0 &&
            strcmp(each->key, label) == 0) {
            return true;
        }
    }
    return false;
}

/* Compare with the key that was read back from the token; one that no step made or copied has no record. */
static pc_status check_recorded_key(const pc_remaking *remaking, const char *label, const EVP_PKEY *key, pc_error *err)
{
    const char *name = pc_ceremony_key_name(&remaking->material->ceremony, remaking->step->token, label);
    const char *recorded = name ? json_string_value(json_object_get(remaking->material->gathered->keys, name)) : NULL;
    const char *spki = NULL;

    if (!name) {
        return pc_fail_memory(err);
    }
    if (!key) {
        return pc_fail(err, PC_E_VERIFY, "its public key cannot be read");
    }
    if (!recorded && is_made(remaking, label)) {
        return pc_fail(err, PC_E_VERIFY, "the transcript does not record the public key of \"%s\", which a step makes",
                       name);
    }
    PC_TRY(pc_spki_sha256(key, remaking->material->arena, &spki, err));
    return !recorded || strcmp(recorded, spki) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "its public key is not that of the key \"%s\" on the token", name);
}

static bool is_of_kind(const EVP_PKEY *key, pc_key_kind kind)
{
    static const int curves[] = {
        [PC_KEY_EC_P256] = NID_X9_62_prime256v1, [PC_KEY_EC_P384] = NID_secp384r1, [PC_KEY_EC_P521] = NID_secp521r1
    };
    char curve[64] = "";

    if (pc_key_kind_is_rsa(kind)) {
        return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == (int)pc_key_kind_bits(kind);
    }
    if ((size_t)kind >= PC_COUNT(curves) || curves[kind] == NID_undef) {
        return pc_text_equal(EVP_PKEY_get0_type_name(key), pc_key_kind_name(kind)); /* ED25519, ML-DSA-65 */
    }
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
           OBJ_txt2nid(curve) == curves[kind];
}

/* The key that the step itself names: the recorded one, of the type that an earlier step orders. */
static pc_status check_own_key(const pc_remaking *remaking, const EVP_PKEY *key, pc_error *err)
{
    const pc_script_step *keygen = pc_script_find_keygen(&remaking->material->script, remaking->step);
    pc_key_kind kind = PC_KEY_RSA_2048;

    PC_TRY(check_recorded_key(remaking, remaking->step->key, key, err));
    if (!keygen || !keygen->type) {
        return PC_OK;
    }
    PC_TRY(pc_key_kind_from_name(keygen->type, &kind, err));
    return is_of_kind(key, kind)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "step %zu, line %zu: a key of type %s is ordered, and this is %s of %d bits",
                         keygen->number, keygen->line, keygen->type, EVP_PKEY_get0_type_name(key),
                         EVP_PKEY_get_bits(key));
}

/* What another CA of the ceremony issued has its certificate among the files too. */
static pc_status check_ca(const pc_remaking *remaking, X509 *issuer, pc_error *err)
{
    const pc_script_step *step = remaking->step;
    PC_AUTO(X509) X509 *named = NULL;
    pc_status status = check_recorded_key(remaking, step->ca, X509_get0_pubkey(issuer), err);

    if (status != PC_OK) {
        return pc_note(err, status, "the CA that issued it is not the one that the script names");
    }
    if (!step->issuer) {
        return PC_OK;
    }
    PC_TRY(pc_ceremony_material_certificate(remaking->material, step->issuer, &named, err));
    return X509_cmp(named, issuer) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not \"%s\"", step->issuer);
}

/* --- certificates ----------------------------------------------------------------------------------- */

static pc_status compare_certificate(pc_remaking *remaking, const pc_issue_order *order, X509 *found, X509 *issuer,
                                     pc_error *err)
{
    const pc_rebuild_terms terms = { .issuer = issuer, .signs_key = X509_get0_pubkey(issuer ? issuer : found) };
    PC_AUTO(X509) X509 *made = NULL;

    PC_TRY(pc_issue_rebuild(order, &terms, remaking->material->arena, &made, err));
    return remaking->judge->certificate(remaking, found, made, terms.signs_key, err);
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
static pc_status remake_issued(pc_remaking *remaking, const pc_issue_order *order, X509 *found, pc_error *err)
{
    const STACK_OF(X509) *all = remaking->material->certificates;
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");

    for (int i = 0; i < sk_X509_num(all) && status == PC_E_VERIFY; i++) {
        X509 *issuer = sk_X509_value(all, i);
        EVP_PKEY *key = NULL;

        if (is_of(X509_get_issuer_name(found), &key, issuer) && pc_certificate_signature_holds(found, key)) {
            forget(err);
            status = check_ca(remaking, issuer, err);
            status = status == PC_OK ? compare_certificate(remaking, order, found, issuer, err) : status;
        }
    }
    return status;
}

static pc_status remake_certificate(pc_remaking *remaking, pc_error *err)
{
    PC_AUTO(X509) X509 *found = NULL;
    pc_issue_order order;

    PC_TRY(pc_ceremony_issue_order(&remaking->material->ceremony, remaking->step, &order, err));
    PC_TRY(find_draw(remaking, PC_DRAW_SERIAL, &order.serial, err));
    PC_TRY(find_time(remaking, &order.time_sec, err));
    PC_TRY(pc_ceremony_material_certificate(remaking->material, remaking->name, &found, err));
    if (!order.self_signed) {
        return remake_issued(remaking, &order, found, err);
    }
    PC_TRY(check_own_key(remaking, X509_get0_pubkey(found), err));
    return compare_certificate(remaking, &order, found, NULL, err);
}

/* --- requests --------------------------------------------------------------------------------------- */

static pc_status make_request(const pc_remaking *remaking, EVP_PKEY *key, X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO(pc_new_plan) pc_new_plan *plan = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;
    pc_new_order order;

    PC_TRY(pc_ceremony_request_order(&remaking->material->ceremony, remaking->step, &order, err));
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

static pc_status remake_request(pc_remaking *remaking, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    PC_AUTO(X509_REQ) X509_REQ *made = NULL;
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(remaking->material, remaking->name, &bytes, err));
    PC_TRY(pc_x509_read(bytes, remaking->name, &content, err));
    EVP_PKEY *key = content.csr ? X509_REQ_get0_pubkey(content.csr) : NULL;

    PC_TRY(check_own_key(remaking, key, err));
    PC_TRY(make_request(remaking, key, &made, err));
    return remaking->judge->request(remaking, content.csr, made, err);
}

/* --- CRLs ------------------------------------------------------------------------------------------- */

static pc_status compare_crl(pc_remaking *remaking, const pc_crl_order *order, X509_CRL *found, X509 *issuer,
                             pc_error *err)
{
    PC_AUTO(X509_CRL) X509_CRL *made = NULL;

    PC_TRY(pc_crl_rebuild(order, issuer, remaking->material->arena, &made, err));
    return remaking->judge->crl(remaking, found, made, X509_get0_pubkey(issuer), err);
}

static pc_status remake_crl(pc_remaking *remaking, pc_error *err)
{
    const STACK_OF(X509) *all = remaking->material->certificates;
    PC_AUTO(X509_CRL) X509_CRL *found = NULL;
    pc_bytes bytes = { NULL, 0 };
    pc_crl_order order;

    PC_TRY(pc_ceremony_crl_order(&remaking->material->ceremony, remaking->step, &order, err));
    PC_TRY(find_time(remaking, &order.time_sec, err));
    PC_TRY(pc_ceremony_material_read(remaking->material, remaking->name, &bytes, err));
    PC_TRY(pc_crl_read(bytes, remaking->name, &found, err));
    pc_status status = pc_fail(err, PC_E_VERIFY, "the certificate of the CA that issued it is not among the files");

    for (int i = 0; i < sk_X509_num(all) && status == PC_E_VERIFY; i++) {
        X509 *issuer = sk_X509_value(all, i);
        pc_error ignored = { .status = PC_OK };

        if (pc_crl_verify(found, issuer, &ignored) == PC_OK) {
            forget(err);
            status = check_ca(remaking, issuer, err);
            status = status == PC_OK ? compare_crl(remaking, &order, found, issuer, err) : status;
        }
    }
    return status;
}

/* --- public keys and challenges --------------------------------------------------------------------- */

typedef pc_status (*compare_bytes)(pc_remaking *remaking, pc_bytes found, pc_bytes made, pc_error *err);

static pc_status compare_text(pc_remaking *remaking, const char *made, compare_bytes compare, pc_error *err)
{
    pc_bytes found = { NULL, 0 };

    if (!made) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ceremony_material_read(remaking->material, remaking->name, &found, err));
    return compare(remaking, found, (pc_bytes){ (const uint8_t *)made, strlen(made) }, err);
}

static pc_status read_public_key(const pc_remaking *remaking, const char *name, EVP_PKEY **ret_key, pc_error *err)
{
    pc_bytes bytes = { NULL, 0 };

    PC_TRY(pc_ceremony_material_read(remaking->material, name, &bytes, err));
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_VERIFY, "it is not a public key in PEM");
    }
    *ret_key = key;
    return PC_OK;
}

static pc_status remake_public_key(pc_remaking *remaking, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    const char *pem = NULL;

    PC_TRY(read_public_key(remaking, remaking->name, &key, err));
    PC_TRY(check_own_key(remaking, key, err));
    PC_TRY(pc_public_key_to_pem(key, remaking->material->arena, &pem, err));
    return compare_text(remaking, pem, remaking->judge->public_key, err);
}

static pc_status remake_challenge(pc_remaking *remaking, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    const char *names[PC_PROOF_FILES];
    const char *random = NULL;

    PC_TRY(pc_ceremony_proof_names(&remaking->material->ceremony, remaking->step, names, err));
    PC_TRY(read_public_key(remaking, names[2], &key, err));
    PC_TRY(check_own_key(remaking, key, err));
    if (!remaking->judge->challenge) {
        return PC_OK;
    }
    PC_TRY(find_draw(remaking, PC_DRAW_CHALLENGE, &random, err));
    return compare_text(remaking, pc_ceremony_challenge(&remaking->material->ceremony, remaking->step, random),
                        remaking->judge->challenge, err);
}

/* --- each kind -------------------------------------------------------------------------------------- */

typedef pc_status (*remake_artefact)(pc_remaking *remaking, pc_error *err);

static const remake_artefact kinds[PC_STEP_KIND_COUNT] = {
    [PC_STEP_SELF_SIGN] = remake_certificate,
    [PC_STEP_ISSUE] = remake_certificate,
    [PC_STEP_CROSS] = remake_certificate,
    [PC_STEP_REQUEST] = remake_request,
    [PC_STEP_CRL] = remake_crl,
    [PC_STEP_EXPORT_PUBLIC] = remake_public_key,
    [PC_STEP_PROVE] = remake_challenge,
    [PC_STEP_COPY_CHECK] = remake_challenge,
};

static pc_status name_artefact(const pc_ceremony_material *material, const pc_script_step *step, const char **ret_name,
                               pc_error *err)
{
    const char *names[PC_PROOF_FILES] = { step->out };

    PC_TRY(step->out ? PC_OK : pc_ceremony_proof_names(&material->ceremony, step, names, err));
    *ret_name = names[0];
    return PC_OK;
}

bool pc_remake_is_for(const pc_script_step *step)
{
    return kinds[step->kind] != NULL;
}

pc_status pc_remake(pc_remaking *remaking, pc_error *err)
{
    PC_TRY(name_artefact(remaking->material, remaking->step, &remaking->name, err));
    return json_object_get(remaking->material->gathered->recorded, remaking->name)
               ? kinds[remaking->step->kind](remaking, err)
               : pc_fail(err, PC_E_VERIFY, "step %zu creates it, but the transcript does not record it",
                         remaking->step->number);
}
