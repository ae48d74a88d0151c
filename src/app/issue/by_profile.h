/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BY_PROFILE_H
#define PC_APP_BY_PROFILE_H

#include <p11cert/certificate_profile.h>

#include "signer/sign.h"
#include "x509/profile/grant.h"

/** A certificate that a profile describes. Borrowed. */
typedef struct {
    const pc_certificate_profile *profile;
    pc_applicant applicant;
    X509 *issuer;    /**< NULL: self-signed */
    int64_t now_sec; /**< the time of issue, at which a duration starts */
    unsigned days;   /**< replaces the profile's duration; 0: as in the profile */
    pc_bytes serial; /**< big-endian, positive; empty: random */
} pc_certificate_terms;

/** How it differs from what was requested. In the arena. */
typedef struct {
    const char
        *left_out; /**< what the request contains but the profile does not allow, comma-separated; "" if nothing */
    const char *clamped; /**< why it ends earlier than the profile says; NULL if it does not */
} pc_certificate_notes;

/**
 * Build the part to be signed. With the serial number and the time of issue given, the same terms give the same bytes.
 * A certificate does not outlive its issuer: a duration is shortened, absolute dates are refused.
 *
 * @param ret_certificate  not signed; owned by the caller
 * @return PC_OK; PC_E_REFUSED (more was requested than the profile allows; the dates are not within the issuer's; a
 *         profile for a CA under an issuer that may have none, or one for end entities without an issuer); as
 *         pc_profile_grant and pc_certificate_build.
 */
PC_MUST_CHECK pc_status pc_certificate_build_by_profile(const pc_certificate_terms *terms, pc_arena *arena,
                                                        pc_certificate_notes *ret_notes, X509 **ret_certificate,
                                                        pc_error *err);

/** The form in which a CA's key signs with a profile: with the profile's digest, or else with one that is as strong as
 * the key. */
pc_signature_form pc_profile_signature_form(const pc_certificate_profile *profile, const EVP_PKEY *ca_key);

/** A CA certificate for whose key a second certificate is requested: self-signed, which proves possession of the key.
 * @return PC_OK; PC_E_INPUT. */
PC_MUST_CHECK pc_status pc_applicant_of_certificate(X509 *certificate, const char *file, pc_applicant *ret_applicant,
                                                    pc_error *err);

#endif
