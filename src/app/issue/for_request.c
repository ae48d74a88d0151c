/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <time.h>

#include "app/files/document.h"
#include "app/issue/above.h"
#include "app/issue/issue.h"
#include "app/issue/lint.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "signer/sign.h"
#include "token/key.h"
#include "x509/access.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/extensions.h"
#include "x509/openssl_error.h"
#include "x509/signature.h"
#include "x509/weak_key.h"

#define DAY_SEC               ((int64_t)86400)
#define SMALLEST_DIGEST_BYTES 28 /* SHA-224 (NIST SP 800-131A, section 3) */

/* Such a certificate verifies nowhere: parameters of one's own made CVE-2020-0601 possible. */
static pc_status check_curve(const EVP_PKEY *key, const char *file, pc_error *err)
{
    int is_explicit = 0;

    if (!EVP_PKEY_is_a(key, "EC")) {
        return PC_OK;
    }
    if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the curve of the key of the request \"%s\" cannot be read", file);
    }
    if (!is_explicit) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "the key of the request \"%s\" gives the parameters of its curve, and not its name",
                  file);
    return pc_hint(err, PC_E_INPUT,
                   "RFC 5480 forbids that in certificates: have the request made again, with a named curve");
}

pc_status pc_issue_check_key(const EVP_PKEY *key, const char *file, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const char *fault = NULL;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_curve(key, file, err));
    PC_TRY(pc_weak_key_fault(key, arena, &fault, err));
    if (!fault) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "the key of the request \"%s\" is not allowed in a certificate: %s", file, fault);
    return pc_hint(err, PC_E_INPUT,
                   "have the request made again with another key, such as EC P-256, or RSA with 2048 bits and the "
                   "exponent 65537");
}

/* Whoever can compute collisions can have a request signed that the holder of the key has never seen. */
static pc_status check_digest(const X509_REQ *csr, const char *file, pc_error *err)
{
    const X509_ALGOR *algorithm = NULL;
    pc_signature_scheme scheme = { .digest = NID_undef };

    X509_REQ_get0_signature(csr, NULL, &algorithm);
    if (!pc_signature_scheme_of(algorithm, &scheme) || scheme.digest == NID_undef ||
        EVP_MD_get_size(EVP_get_digestbynid(scheme.digest)) >= SMALLEST_DIGEST_BYTES) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT,
                  "the request \"%s\" is signed with %s, which proves nothing any more (NIST SP 800-131A, section 3)",
                  file, OBJ_nid2sn(scheme.digest));
    return pc_hint(err, PC_E_INPUT, "have the request made again, and signed with SHA-256");
}

/* RFC 5280 section 4.2. The same extension in both attributes of a request is one. */
static pc_status check_extensions(const X509_REQ *csr, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *asked = NULL;

    PC_TRY(pc_csr_get_extensions(csr, &asked, err));
    for (int i = 0; i < sk_X509_EXTENSION_num(asked); i++) {
        const ASN1_OBJECT *type = X509_EXTENSION_get_object(sk_X509_EXTENSION_value(asked, i));
        char words[80];

        if (X509v3_get_ext_by_OBJ(asked, type, i) < 0) {
            continue;
        }
        (void)OBJ_obj2txt(words, sizeof words, type, 0);
        return pc_fail(err, PC_E_INPUT, "the request has two extensions \"%s\"; which one to use is unknown", words);
    }
    return PC_OK;
}

pc_status pc_issue_check_request(X509_REQ *csr, const char *file, pc_error *err)
{
    const EVP_PKEY *key = X509_REQ_get0_pubkey(csr);

    PC_TRY(key ? pc_issue_check_key(key, file, err) : PC_OK);
    if (!key || !pc_request_signature_holds(csr)) {
        (void)pc_fail(err, PC_E_INPUT, "the signature of the request \"%s\" is invalid", file);
        return pc_hint(err, PC_E_INPUT, "the sender has not proved possession of the key, or the file was damaged");
    }
    PC_TRY(check_digest(csr, file, err));
    return check_extensions(csr, err);
}

static pc_status ca_certificate_on_token(const pc_token *token, const pc_key *key, pc_arena *arena,
                                         X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };

    PC_TRY(pc_own_certificates(token, key, arena, &own, err));
    const pc_token_certificate *current = pc_current_certificate(&own, (int64_t)time(NULL));

    if (!current) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "the key \"%s\" has no certificate on token \"%s\"", key->label,
                      token->info.label);
        return pc_hint(err, PC_E_NOT_FOUND, "name the CA's certificate with `ca_cert` FILE");
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    *ret_certificate = current->certificate;
    return PC_OK;
}

static pc_status ca_certificate_in_file(const char *file, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *all = NULL;

    PC_TRY(pc_document_read_certificates(file, &all, err));
    if (sk_X509_num(all) != 1) {
        return pc_fail(err, PC_E_AMBIGUOUS, "\"%s\" contains %d certificates, but only the CA's is allowed", file,
                       sk_X509_num(all));
    }
    *ret_certificate = sk_X509_shift(all);
    return PC_OK;
}

static pc_status check_ca(X509 *ca, const pc_key *key, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

    PC_TRY(pc_public_key_of(key, &public_key, err));
    if (EVP_PKEY_eq(X509_get0_pubkey(ca), public_key) != 1) {
        return pc_fail(err, PC_E_INPUT, "the CA's certificate belongs to another key than \"%s\"", key->label);
    }
    if (X509_check_ca(ca) != 1 || (X509_get_key_usage(ca) & KU_KEY_CERT_SIGN) == 0) {
        return pc_fail(
            err, PC_E_REFUSED,
            "the certificate of the key \"%s\" is not a CA certificate: relying parties would reject what it issues",
            key->label);
    }
    const pc_validity validity = pc_validity_of(ca);
    int64_t now_sec = (int64_t)time(NULL);

    if (!pc_validity_holds(validity, now_sec)) {
        (void)pc_fail(err, PC_E_REFUSED, "the certificate of the CA \"%s\" %s", key->label,
                      validity.not_after_sec < now_sec ? "has expired" : "is not valid yet");
        return pc_hint(err, PC_E_REFUSED, "`p11cert list` shows it; another one can be named with `ca_cert` FILE");
    }
    return PC_OK;
}

/* Nothing outlives its issuer, nor starts before it. */
static pc_status choose_validity(const pc_issue_order *order, const X509 *ca, pc_certificate_plan *plan,
                                 pc_issue_result *result, pc_error *err)
{
    const int64_t now = pc_issue_time(order);
    int64_t ca_from = 0;
    int64_t ca_until = 0;
    unsigned days = order->days ? order->days : PC_ISSUE_DAYS_SERVER;

    if (!pc_asn1_time_to_sec(X509_get0_notBefore(ca), &ca_from) ||
        !pc_asn1_time_to_sec(X509_get0_notAfter(ca), &ca_until)) {
        return pc_fail_openssl(err, PC_E_INPUT, "the CA's validity cannot be read");
    }
    plan->not_before_sec = now - PC_ISSUE_BACKDATE_SEC > ca_from ? now - PC_ISSUE_BACKDATE_SEC : ca_from;
    plan->not_after_sec = now + (int64_t)days * DAY_SEC;
    if (plan->not_after_sec > ca_until) {
        plan->not_after_sec = ca_until;
        result->clamped = "the CA's own certificate expires earlier";
    }
    return PC_OK;
}

/* A request that names no usage gets that of a TLS server and client, which SCOM requires. */
static pc_status add_default_usage(STACK_OF(X509_EXTENSION) **list, const EVP_PKEY *key, pc_issue_result *result,
                                   pc_error *err)
{
    static const char *const both[] = { PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH };

    if (X509v3_get_ext_by_NID(*list, NID_key_usage, -1) < 0) {
        /* EC keys encipher nothing (RFC 8422 section 5.3). */
        unsigned usage =
            EVP_PKEY_is_a(key, "RSA") ? PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT : PC_KU_DIGITAL_SIGNATURE;

        PC_TRY(pc_extension_add_key_usage(list, usage, true, err));
        result->added_usage = true;
    }
    if (X509v3_get_ext_by_NID(*list, NID_ext_key_usage, -1) < 0) {
        PC_TRY(pc_extension_add_eku(list, both, PC_COUNT(both), false, err));
        result->added_usage = true;
    }
    return PC_OK;
}

static pc_status describe_applicant(const pc_issuing *issuing, STACK_OF(X509_EXTENSION) **ret_asked,
                                    pc_applicant *ret_applicant, pc_error *err)
{
    if (issuing->existing) {
        return pc_applicant_of_certificate(issuing->existing, issuing->order->csr, ret_applicant, err);
    }
    PC_TRY(pc_csr_get_extensions(issuing->csr, ret_asked, err));
    *ret_applicant = (pc_applicant){
        .subject = X509_REQ_get_subject_name(issuing->csr),
        .public_key = X509_REQ_get0_pubkey(issuing->csr),
        .asked = *ret_asked,
    };
    return PC_OK;
}

static pc_status build_by_profile(const pc_issuing *issuing, X509 *ca, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *asked = NULL;
    pc_issue_result *result = issuing->result;
    pc_certificate_notes notes;
    pc_certificate_terms terms = {
        .profile = issuing->profile,
        .issuer = ca,
        .now_sec = pc_issue_time(issuing->order),
        .days = issuing->order->days,
    };

    PC_TRY(pc_issue_serial(issuing->order, result->arena, &terms.serial, err));
    PC_TRY(describe_applicant(issuing, &asked, &terms.applicant, err));
    PC_TRY(pc_certificate_build_by_profile(&terms, result->arena, &notes, ret_certificate, err));
    result->left_out = notes.left_out;
    result->clamped = notes.clamped;
    return PC_OK;
}

/* RFC 5280 section 4.2.1.6: critical if nothing else names the subject. */
static void mark_only_names(const STACK_OF(X509_EXTENSION) *extensions, const X509_NAME *subject)
{
    int position = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, -1);

    if (position >= 0 && X509_NAME_entry_count(subject) == 0) {
        (void)X509_EXTENSION_set_critical(sk_X509_EXTENSION_value(extensions, position), 1);
    }
}

static pc_status build_as_asked(const pc_issuing *issuing, X509 *ca, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;
    pc_issue_result *result = issuing->result;
    pc_certificate_plan plan = {
        .subject = X509_REQ_get_subject_name(issuing->csr),
        .public_key = X509_REQ_get0_pubkey(issuing->csr),
        .issuer = ca,
    };

    PC_TRY(pc_certificate_take_extensions(issuing->csr, result->arena, &extensions, &result->left_out, err));
    mark_only_names(extensions, plan.subject);
    PC_TRY(add_default_usage(&extensions, plan.public_key, result, err));
    PC_TRY(pc_extension_add_places(&extensions, &issuing->order->places, err));
    PC_TRY(choose_validity(issuing->order, ca, &plan, result, err));
    PC_TRY(pc_issue_serial(issuing->order, result->arena, &plan.serial, err));
    plan.extensions = extensions;
    return pc_certificate_build(&plan, ret_certificate, err);
}

pc_status pc_issue_build(const pc_issuing *issuing, X509 *ca, X509 **ret_certificate, pc_error *err)
{
    return issuing->profile ? build_by_profile(issuing, ca, ret_certificate, err)
                            : build_as_asked(issuing, ca, ret_certificate, err);
}

void pc_issuer_clear(pc_issuer *issuer)
{
    X509_free(issuer->certificate);
    EVP_PKEY_free(issuer->throwaway);
    pc_x509_stack_free(issuer->above);
    issuer->certificate = NULL;
    issuer->above = NULL;
    issuer->throwaway = NULL;
}

pc_status pc_issuer_open(const pc_issue_order *order, const pc_token *token, pc_arena *arena, pc_issuer *ret_issuer,
                         pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(X509_stack) STACK_OF(X509) *above = sk_X509_new_null();
    pc_key_selector selector;
    pc_key key;

    if (!above) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_key_selector_parse(token, order->ca, arena, &selector, err));
    selector.member = "ca";
    PC_TRY(pc_key_find(token, &selector, arena, &key, err));
    PC_TRY(order->ca_certificate ? ca_certificate_in_file(order->ca_certificate, &certificate, err)
                                 : ca_certificate_on_token(token, &key, arena, &certificate, err));
    PC_TRY(check_ca(certificate, &key, err));
    PC_TRY(pc_issuer_find_above(token, certificate, arena, above, err));
    *ret_issuer = (pc_issuer){ .key = key, .certificate = PC_TAKE(certificate), .above = PC_TAKE(above) };
    return PC_OK;
}

pc_status pc_issuer_find_issued(const pc_issuer *issuer, const pc_issuing *issuing, const pc_key *key,
                                X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    PC_AUTO(X509) X509 *planned = NULL;
    pc_arena *arena = issuing->result->arena;
    pc_issue_result ignored = { .arena = arena };
    pc_issuing again = *issuing;
    int64_t now_sec = (int64_t)time(NULL);

    again.result = &ignored;
    PC_TRY(pc_own_certificates(issuing->token, key, arena, &own, err));
    if (own.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_issue_build(&again, issuer->certificate, &planned, err));
    pc_own_certificates_keep_issued(&own, planned, X509_get0_pubkey(issuer->certificate));
    const pc_token_certificate *current = pc_current_certificate(&own, now_sec);

    if (!current || !pc_validity_holds(pc_validity_of(current->certificate), now_sec)) {
        return PC_OK;
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    *ret_certificate = current->certificate;
    return PC_OK;
}

pc_status pc_issuer_issue(const pc_issuer *issuer, const pc_issuing *issuing, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(X509) X509 *certificate = NULL;
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(pc_issue_build(issuing, issuer->certificate, &certificate, err));
    PC_TRY(pc_signer_open(issuing->token, &issuer->key, &signer, err));
    const pc_lint_order lint = {
        .profile = issuing->profile,
        .issuer = issuer->certificate,
        .above = issuer->above,
        .throwaway = issuer->throwaway,
        .now_sec = (int64_t)time(NULL),
        .arena = issuing->result->arena,
    };

    PC_TRY(pc_issue_sign_logged(issuing, &lint, signer, &certificate, err));
    issuing->result->ca_label = issuer->key.label;
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}

pc_status pc_issue_is_issued(const pc_issuing *issuing, X509 *there, bool *ret_is, pc_error *err)
{
    PC_AUTO(pc_issuer) pc_issuer issuer = { .certificate = NULL };
    PC_AUTO(X509) X509 *planned = NULL;

    PC_TRY(pc_issuer_open(issuing->order, issuing->token, issuing->result->arena, &issuer, err));
    PC_TRY(pc_issue_build(issuing, issuer.certificate, &planned, err));
    issuing->result->ca_label = issuer.key.label;
    *ret_is = pc_certificate_same_terms(planned, there) && pc_issue_same_span(planned, there) &&
              pc_issue_has_serial(issuing->order, there) &&
              pc_validity_holds(pc_validity_of(there), (int64_t)time(NULL)) &&
              pc_certificate_signature_holds(there, X509_get0_pubkey(issuer.certificate));
    return PC_OK;
}

pc_status pc_issue_for_request(const pc_issuing *issuing, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_issuer) pc_issuer issuer = { .certificate = NULL };

    PC_TRY(pc_issuer_open(issuing->order, issuing->token, issuing->result->arena, &issuer, err));
    return pc_issuer_issue(&issuer, issuing, ret_certificate, err);
}
