/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/by_profile.h"

#include "app/issue/issue.h"
#include "base/duration.h"
#include "base/text.h"
#include "x509/attempt.h"
#include "x509/certificate.h"
#include "x509/openssl_error.h"

static pc_status refuse_dates(const pc_certificate_profile *profile, const char *outside, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "the dates of the profile \"%s\" are not within the validity of %s", profile->name,
                  outside);
    return pc_hint(err, PC_E_REFUSED, "a certificate cannot be used outside the validity of its issuer's certificate");
}

static pc_status fix_dates(const pc_certificate_terms *terms, const pc_validity *issuer, pc_certificate_plan *plan,
                           pc_error *err)
{
    const pc_certificate_span span = terms->profile->validity;

    if (terms->days) {
        return pc_fail(err, PC_E_USAGE, "the profile \"%s\" has absolute dates, so no number of days can be given",
                       terms->profile->name);
    }
    if (issuer && (span.not_before_sec < issuer->not_before_sec || span.not_after_sec > issuer->not_after_sec)) {
        return refuse_dates(terms->profile, "the CA's certificate", err);
    }
    plan->not_before_sec = span.not_before_sec;
    plan->not_after_sec = span.not_after_sec;
    return PC_OK;
}

static void count_span(const pc_certificate_terms *terms, const pc_validity *issuer, pc_certificate_plan *plan,
                       pc_certificate_notes *notes)
{
    int64_t span_sec = terms->days ? (int64_t)terms->days * PC_SECONDS_PER_DAY : terms->profile->validity.span_sec;
    int64_t from = terms->now_sec - PC_ISSUE_BACKDATE_SEC;

    plan->not_before_sec = issuer && issuer->not_before_sec > from ? issuer->not_before_sec : from;
    plan->not_after_sec = terms->now_sec + span_sec;
    if (issuer && plan->not_after_sec > issuer->not_after_sec) {
        plan->not_after_sec = issuer->not_after_sec;
        notes->clamped = "the CA's own certificate expires earlier";
    }
}

static pc_status choose_dates(const pc_certificate_terms *terms, pc_certificate_plan *plan, pc_certificate_notes *notes,
                              pc_error *err)
{
    pc_validity issuer = { .not_before_sec = 0 };
    const pc_validity *limit = terms->issuer ? &issuer : NULL;

    if (terms->issuer && (!pc_asn1_time_to_sec(X509_get0_notBefore(terms->issuer), &issuer.not_before_sec) ||
                          !pc_asn1_time_to_sec(X509_get0_notAfter(terms->issuer), &issuer.not_after_sec))) {
        return pc_fail_openssl(err, PC_E_INPUT, "the CA's validity cannot be read");
    }
    if (!terms->profile->validity.span_sec) {
        return fix_dates(terms, limit, plan, err);
    }
    count_span(terms, limit, plan, notes);
    return PC_OK;
}

/* RFC 5280 section 4.2.1.9: a subordinate CA is valid in a path only if the issuer's own path length leaves room for
 * it. */
static pc_status check_rank(const pc_certificate_terms *terms, pc_basic_constraints *given, pc_error *err)
{
    long limit = terms->issuer ? X509_get_pathlen(terms->issuer) : -1;

    if (!terms->issuer && !given->is_ca) {
        return pc_fail(err, PC_E_REFUSED,
                       "the profile \"%s\" is not for a CA, so it cannot be used for a self-signed certificate",
                       terms->profile->name);
    }
    if (!given->is_ca || limit < 0) {
        return PC_OK;
    }
    if (limit == 0) {
        (void)pc_fail(err, PC_E_REFUSED, "the CA may not have another CA below it: its path length is 0");
        return pc_hint(err, PC_E_REFUSED,
                       "relying parties would reject what the new CA issues; use a CA higher in the hierarchy");
    }
    if (!given->has_path_length || given->path_length >= (unsigned long)limit) {
        given->has_path_length = true;
        given->path_length = (unsigned)(limit - 1);
    }
    return PC_OK;
}

pc_status pc_certificate_build_by_profile(const pc_certificate_terms *terms, pc_arena *arena,
                                          pc_certificate_notes *ret_notes, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_grant) pc_grant grant = { .subject = NULL };
    pc_certificate_notes notes = { .clamped = NULL };
    pc_certificate_plan plan = {
        .public_key = terms->applicant.public_key,
        .issuer = terms->issuer,
        .serial = terms->serial,
    };

    PC_TRY(pc_profile_grant(terms->profile, &terms->applicant, arena, &grant, err));
    PC_TRY(check_rank(terms, &grant.basic_constraints, err));
    PC_TRY(choose_dates(terms, &plan, &notes, err));
    plan.subject = grant.subject;
    plan.extensions = grant.extensions;
    plan.is_ca = grant.basic_constraints.is_ca;
    plan.has_path_length = grant.basic_constraints.has_path_length;
    plan.path_length = grant.basic_constraints.path_length;
    PC_TRY(pc_certificate_build(&plan, ret_certificate, err));
    notes.left_out = grant.left_out;
    *ret_notes = notes;
    return PC_OK;
}

pc_signature_form pc_profile_signature_form(const pc_certificate_profile *profile, const EVP_PKEY *ca_key)
{
    return (pc_signature_form){
        .digest = profile && profile->has_digest ? profile->digest : pc_digest_of_key(ca_key),
        .pss = profile && profile->pss,
    };
}

pc_status pc_applicant_of_certificate(X509 *certificate, const char *file, pc_applicant *ret_applicant, pc_error *err)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);

    if (!key || !pc_certificate_signature_holds(certificate, key)) {
        (void)pc_fail(err, PC_E_INPUT,
                      "the certificate \"%s\" is not self-signed, so it does not prove possession of its key", file);
        return pc_hint(err, PC_E_INPUT, "ask that CA for a request (PKCS#10), or for its self-signed certificate");
    }
    *ret_applicant = (pc_applicant){
        .subject = X509_get_subject_name(certificate),
        .public_key = key,
        .key_id = X509_get0_subject_key_id(certificate),
    };
    return PC_OK;
}
