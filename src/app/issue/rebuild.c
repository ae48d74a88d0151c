/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/rebuild.h"

#include "app/issue/issue.h"
#include "app/profile/profile.h"
#include "signer/sign.h"

static pc_status sign_with_another(const pc_certificate_profile *profile, EVP_PKEY *signs_key, X509 *certificate,
                                   pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;

    PC_TRY(pc_throwaway_key(signs_key, &throwaway, err));
    return pc_rehearse_certificate(throwaway, pc_profile_signature_form(profile, signs_key), certificate, err);
}

pc_status pc_issue_rebuild(const pc_issue_order *order, const pc_rebuild_terms *terms, pc_arena *arena,
                           X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_certificate_profile) pc_certificate_profile *profile = NULL;
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    PC_AUTO(X509) X509 *existing = NULL;
    PC_AUTO(X509) X509 *certificate = NULL;
    pc_issue_result result = { .arena = arena, .left_out = "" };

    PC_TRY(pc_issue_open_profile(order, &profile, err));
    if (!order->self_signed) {
        PC_TRY(pc_issue_read_applicant(order, profile, &csr, &existing, err));
    }
    const pc_issuing issuing = {
        .order = order, .csr = csr, .existing = existing, .profile = profile, .result = &result
    };

    PC_TRY(order->self_signed ? pc_issue_build_self_signed(&issuing, terms->signs_key, &certificate, err)
                              : pc_issue_build(&issuing, terms->issuer, &certificate, err));
    PC_TRY(sign_with_another(profile, terms->signs_key, certificate, err));
    *ret_certificate = PC_TAKE(certificate);
    return PC_OK;
}
