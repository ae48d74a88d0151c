/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "app/bind/bind.h"
#include "app/issue/issue.h"
#include "app/issue/lint.h"
#include "token/proof.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "signer/sign.h"
#include "token/key.h"
#include "token/keygen.h"
#include "token/rival.h"
#include "token/uri.h"
#include "x509/certificate.h"
#include "x509/extensions.h"
#include "x509/name.h"
#include "x509/openssl_error.h"

#define CA_USAGE (PC_KU_KEY_CERT_SIGN | PC_KU_CRL_SIGN)

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

static pc_status read_order(const pc_issue_order *order, pc_request **ret_request, X509_NAME **ret_subject,
                            pc_error *err)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    if (!request) {
        return pc_fail_memory(err);
    }
    request->key_kind = PC_KEY_RSA_3072;
    PC_TRY(pc_request_set_subject(request, order->subject, err));
    if (order->key_type) {
        PC_TRY(pc_key_kind_from_name(order->key_type, &request->key_kind, err));
    }
    if (request->subject.count == 0) {
        return pc_fail(err, PC_E_USAGE, "a CA needs a name, but `subject` is empty");
    }
    PC_TRY(pc_x509_name_build(&request->subject, ret_subject, err));
    *ret_request = PC_TAKE(request);
    return PC_OK;
}

/* A CA's key is never exportable here; an existing one is used if it matches what would be made. */
static pc_status find_or_make_key(const pc_issuing *issuing, const pc_key_plan *plan, const pc_token_lock *lock,
                                  pc_key *ret_key, pc_error *err)
{
    const pc_token *token = issuing->token;
    pc_issue_result *result = issuing->result;
    const pc_key_selector by_label = { .words = plan->label, .label = plan->label };
    pc_keygen_result made;
    pc_keys found;

    PC_TRY(pc_keys_find(token, &by_label, result->arena, &found, err));
    if (found.count == 0) {
        PC_TRY(pc_keygen(token, plan, result->arena, &made, err));
        PC_TRY(pc_rival_give_way(token, plan, lock, err));
        *ret_key = made.key;
        return PC_OK;
    }
    const char *wrong = pc_key_compare(&found.items[0], plan, PC_RUNG_BARE, result->arena);

    if (!wrong) {
        return pc_fail_memory(err);
    }
    if (*wrong) {
        (void)pc_fail(
            err, PC_E_REFUSED,
            "a key \"%s\" is already on token \"%s\", but it differs from a CA key that p11cert would create: %s",
            plan->label, token->info.label, wrong);
        return pc_hint(err, PC_E_REFUSED, "give the new CA another label with `ca`");
    }
    result->key_was_there = true;
    *ret_key = found.items[0];
    return PC_OK;
}

static pc_status refuse_other(const pc_key *key, const X509 *other, pc_arena *arena, pc_error *err)
{
    const char *subject = pc_x509_name_text(X509_get_subject_name(other), arena);
    const char *issuer = pc_x509_name_text(X509_get_issuer_name(other), arena);

    if (!subject || !issuer) {
        return pc_fail_memory(err);
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "the key \"%s\" already has a certificate, for %s, issued by %s; it is not the one that this command "
                  "creates",
                  key->label, subject, issuer);
    return pc_hint(err, PC_E_REFUSED,
                   "give the new CA another label with `ca`; if no one recognises that certificate, delete it with the "
                   "token's own tool: anyone can write one there without a PIN");
}

static pc_status refuse_ended(const pc_key *key, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "the certificate of the CA \"%s\" is not valid now; no other one was created",
                  key->label);
    return pc_hint(err, PC_E_REFUSED, "give a new CA another label with `ca`");
}

/* The certificate of an earlier run, which only needs to be written out again: signed by the key, as ordered now. */
static pc_status find_made(const pc_issuing *issuing, const pc_key *key, const X509 *planned, X509 **ret_certificate,
                           pc_error *err)
{
    pc_issue_result *result = issuing->result;
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    PC_AUTO(X509) X509 *other = NULL;
    int64_t now_sec = (int64_t)time(NULL);

    PC_TRY(pc_own_certificates(issuing->token, key, result->arena, &own, err));
    if (own.count == 0) {
        return PC_OK;
    }
    other = X509_dup(own.items[0].certificate);
    if (!other) {
        return pc_fail_memory(err);
    }
    pc_own_certificates_keep_issued(&own, planned, X509_get0_pubkey(planned));
    const pc_token_certificate *current = pc_current_certificate(&own, now_sec);

    if (!current || !pc_issue_has_serial(issuing->order, current->certificate)) {
        return refuse_other(key, other, result->arena, err);
    }
    if (!pc_validity_holds(pc_validity_of(current->certificate), now_sec)) {
        return refuse_ended(key, err);
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    result->was_there = true;
    *ret_certificate = current->certificate;
    return PC_OK;
}

static pc_status build_for(const pc_issuing *issuing, EVP_PKEY *public_key, const X509_NAME *subject,
                           X509 **ret_certificate, pc_error *err)
{
    pc_certificate_notes notes;
    pc_certificate_terms terms = {
        .profile = issuing->profile,
        .applicant = { .subject = subject, .public_key = public_key },
        .now_sec = pc_issue_time(issuing->order),
        .days = issuing->order->days,
    };

    PC_TRY(pc_issue_serial(issuing->order, issuing->result->arena, &terms.serial, err));
    return pc_certificate_build_by_profile(&terms, issuing->result->arena, &notes, ret_certificate, err);
}

static pc_status build(const pc_issuing *issuing, const pc_key *key, const X509_NAME *subject, X509 **ret_certificate,
                       pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

    PC_TRY(pc_public_key_of(key, &public_key, err));
    return build_for(issuing, public_key, subject, ret_certificate, err);
}

pc_status pc_issue_build_self_signed(const pc_issuing *issuing, EVP_PKEY *public_key, X509 **ret_certificate,
                                     pc_error *err)
{
    PC_AUTO(pc_request) pc_request *request = NULL;
    PC_AUTO(X509_NAME) X509_NAME *subject = NULL;

    PC_TRY(read_order(issuing->order, &request, &subject, err));
    return build_for(issuing, public_key, subject, ret_certificate, err);
}

static pc_status sign(const pc_issuing *issuing, const pc_key *key, X509 **certificate, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    const pc_lint_order lint = { .profile = issuing->profile,
                                 .now_sec = (int64_t)time(NULL),
                                 .arena = issuing->result->arena };

    PC_TRY(pc_signer_open(issuing->token, key, &signer, err));
    return pc_issue_sign_logged(issuing, &lint, signer, certificate, err);
}

/* From the key, new or old, to its certificate on the token. */
static pc_status certify(const pc_issuing *issuing, const pc_key *key, const X509_NAME *subject, X509 **ret_certificate,
                         pc_error *err)
{
    PC_AUTO(X509) X509 *planned = NULL;
    pc_issue_result *result = issuing->result;

    PC_TRY(build(issuing, key, subject, &planned, err));
    PC_TRY(find_made(issuing, key, planned, ret_certificate, err));
    if (*ret_certificate) {
        return PC_OK;
    }
    /* Also for a key that an earlier run made before it stopped. */
    PC_TRY(pc_proof_of_refusal(issuing->token, key, result->arena, &result->proof, err));
    PC_TRY(sign(issuing, key, &planned, err));
    const pc_binding own = { .key = key, .certificate = planned, .is_authority = true };

    PC_TRY(pc_bind_to_key(issuing->token, &own, result->arena, &result->certificate, err));
    *ret_certificate = PC_TAKE(planned);
    return PC_OK;
}

/** The CA's key and name, as ordered. */
typedef struct {
    pc_request *request; /* owned, like the next */
    X509_NAME *subject;
    pc_key_plan plan;
} ca_plan;

static void ca_plan_clear(ca_plan *planned)
{
    pc_request_free(planned->request);
    X509_NAME_free(planned->subject);
}
PC_AUTO_DEFINE_VALUE(ca_plan, ca_plan, ca_plan_clear);

static pc_status plan_ca(const pc_issuing *issuing, ca_plan *planned, pc_error *err)
{
    const pc_issue_order *order = issuing->order;

    PC_TRY(read_order(order, &planned->request, &planned->subject, err));
    const char *label = order->ca ? order->ca : pc_request_common_name(planned->request);

    planned->plan = (pc_key_plan){
        .kind = planned->request->key_kind,
        .key_usage = CA_USAGE,
        .signing = { .raw_only = pc_signer_is_raw_only(issuing->token) },
        .label = label ? label : order->subject,
    };
    PC_TRY(pc_label_check(planned->plan.label, "key", err));
    return pc_x509_name_der(planned->subject, issuing->result->arena, &planned->plan.subject, err);
}

/* The certificate on the token is authoritative: the file must be a copy of it. */
pc_status pc_issue_is_self_signed(const pc_issuing *issuing, X509 *there, bool *ret_is, pc_error *err)
{
    PC_AUTO(ca_plan) ca_plan ca = { .request = NULL };
    PC_AUTO(X509) X509 *planned = NULL;
    PC_AUTO(X509) X509 *made = NULL;
    pc_issue_result *result = issuing->result;
    pc_keys found;

    PC_TRY(plan_ca(issuing, &ca, err));
    const pc_key_selector by_label = { .words = ca.plan.label, .label = ca.plan.label };

    PC_TRY(pc_keys_find(issuing->token, &by_label, result->arena, &found, err));
    if (found.count == 0) {
        return PC_OK;
    }
    const char *wrong = pc_key_compare(&found.items[0], &ca.plan, PC_RUNG_BARE, result->arena);

    if (!wrong) {
        return pc_fail_memory(err);
    }
    if (*wrong) {
        return PC_OK;
    }
    PC_TRY(build(issuing, &found.items[0], ca.subject, &planned, err));
    PC_TRY(find_made(issuing, &found.items[0], planned, &made, err));
    *ret_is = made && X509_cmp(made, there) == 0 && pc_issue_same_span(planned, there);
    result->key_was_there = true;
    result->ca_label = found.items[0].label;
    result->certificate.id = pc_text_hex(result->arena, found.items[0].id, '\0');
    result->certificate.state = PC_BOUND_ALREADY;
    return result->certificate.id ? PC_OK : pc_fail_memory(err);
}

pc_status pc_issue_self_signed(const pc_issuing *issuing, X509 **ret_certificate, pc_error *err)
{
    const pc_token *token = issuing->token;
    pc_issue_result *result = issuing->result;
    PC_AUTO(ca_plan) ca_plan ca = { .request = NULL };
    PC_AUTO(X509) X509 *certificate = NULL;
    pc_key key;

    PC_TRY(plan_ca(issuing, &ca, err));
    pc_key_plan plan = ca.plan;

    PC_TRY(pc_key_id_choose(issuing->order->id, &plan, err));
    PC_TRY(pc_signer_check_kind(token->signer, plan.kind, err));
    PC_AUTO(pc_token_lock) pc_token_lock lock = pc_token_lock_take(token, plan.label);

    PC_TRY(find_or_make_key(issuing, &plan, &lock, &key, err));
    pc_status status = certify(issuing, &key, ca.subject, &certificate, err);

    if (status != PC_OK && status != PC_E_REFUSED) {
        return pc_note(
            err, status,
            "no certificate was created; the key \"%s\" is on token \"%s\" and stays there: the same command "
            "continues with it",
            key.label, token->info.label);
    }
    PC_TRY(status);
    result->ca_label = key.label;
    if (!result->certificate.id) {
        result->certificate.id = pc_text_hex(result->arena, key.id, '\0');
        result->certificate.state = PC_BOUND_ALREADY;
    }
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}
