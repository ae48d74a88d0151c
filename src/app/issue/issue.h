/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ISSUE_H
#define PC_APP_ISSUE_H

#include <p11cert/issue.h>

#include "app/issue/by_profile.h"
#include "app/log/log.h"
#include "token/session.h"
#include "x509/auto.h"

/** A certificate being issued. Borrowed. */
typedef struct {
    const pc_issue_order *order;
    const pc_token *token; /**< with the CA's key */
    X509_REQ *csr;  /**< its signature has been checked; NULL: the input is a certificate, or a CA makes its own */
    X509 *existing; /**< self-signed certificate of a CA that will get a second one; NULL: none */
    const pc_certificate_profile *profile; /**< NULL: as the request asks */
    pc_issuance_log *log;                  /**< NULL: none is kept */
    pc_issue_result *result;               /**< with its arena; filled in step by step */
} pc_issuing;

/** The two ways of `issue`; each gives the certificate, signed and verified, for the caller to write out. */
PC_MUST_CHECK pc_status pc_issue_for_request(const pc_issuing *issuing, X509 **ret_certificate, pc_error *err);
PC_MUST_CHECK pc_status pc_issue_self_signed(const pc_issuing *issuing, X509 **ret_certificate, pc_error *err);

/**
 * Check whether a certificate is what the order would issue now, except for its serial number and the time of issue.
 * Creates nothing.
 * @return as the two functions above.
 */
PC_MUST_CHECK pc_status pc_issue_is_issued(const pc_issuing *issuing, X509 *there, bool *ret_is, pc_error *err);
PC_MUST_CHECK pc_status pc_issue_is_self_signed(const pc_issuing *issuing, X509 *there, bool *ret_is, pc_error *err);

/** Fill in the result: `certificate`; and where and how it is issued (`token`, `out`, `profile`). */
PC_MUST_CHECK pc_status pc_issue_describe(X509 *certificate, pc_issue_result *result, pc_error *err);
PC_MUST_CHECK pc_status pc_issue_describe_run(const pc_issuing *issuing, pc_error *err);

/** The time of issue that the order states, or else the current time. */
int64_t pc_issue_time(const pc_issue_order *order);

/** The serial number that the order states, in the arena; empty if it states none. @return PC_OK; PC_E_USAGE. */
PC_MUST_CHECK pc_status pc_issue_serial(const pc_issue_order *order, pc_arena *arena, pc_bytes *ret_serial,
                                        pc_error *err);

/** Does a certificate have the serial number of the order? True if the order states none. */
bool pc_issue_has_serial(const pc_issue_order *order, const X509 *certificate);

/** Read the input to be certified: a request or, for a cross-certificate, the CA's own certificate. */
PC_MUST_CHECK pc_status pc_issue_read_applicant(const pc_issue_order *order, const pc_certificate_profile *profile,
                                                X509_REQ **ret_csr, X509 **ret_existing, pc_error *err);

/** Build the certificate to be signed, not signed yet. @return as pc_issue_run before it signs. */
PC_MUST_CHECK pc_status pc_issue_build(const pc_issuing *issuing, X509 *ca, X509 **ret_certificate, pc_error *err);
PC_MUST_CHECK pc_status pc_issue_build_self_signed(const pc_issuing *issuing, EVP_PKEY *public_key,
                                                   X509 **ret_certificate, pc_error *err);

/** Do two certificates have validity periods of the same length, or do both end with their issuer's? */
bool pc_issue_same_span(const X509 *planned, const X509 *there);

/** A CA that is ready to issue: its key on the token, and its certificate, checked. */
typedef struct {
    pc_key key; /**< in the arena that was given */
    X509 *certificate;
    STACK_OF(X509) *above; /**< certificates of the CAs above it, as far as they are on the token */
    EVP_PKEY *throwaway;   /**< rehearses all that it issues (lint.h); NULL: one is made for each certificate */
} pc_issuer;

void pc_issuer_clear(pc_issuer *issuer);
PC_AUTO_DEFINE_VALUE(pc_issuer, pc_issuer, pc_issuer_clear);

/** Find the CA that the order names. @return as pc_issue_run for the CA. */
PC_MUST_CHECK pc_status pc_issuer_open(const pc_issue_order *order, const pc_token *token, pc_arena *arena,
                                       pc_issuer *ret_issuer, pc_error *err);

/** Issues for the request; signed and verified. */
PC_MUST_CHECK pc_status pc_issuer_issue(const pc_issuer *issuer, const pc_issuing *issuing, X509 **ret_certificate,
                                        pc_error *err);

/**
 * The certificate that an earlier run issued for the request and bound to the key, so that it can be written out again:
 * the key's own, valid now, signed by this issuer, and in subject, names and usages what would be issued now. Anything
 * else under the key's CKA_ID does not count: anyone who can reach the token can put a certificate there.
 * @return PC_OK, with *ret_certificate the caller's, or left as it is if there is none; as pc_own_certificates and
 *         pc_issuer_issue.
 */
PC_MUST_CHECK pc_status pc_issuer_find_issued(const pc_issuer *issuer, const pc_issuing *issuing, const pc_key *key,
                                              X509 **ret_certificate, pc_error *err);

/**
 * Rehearse, check and sign: the only way in which a CA's key signs a certificate. Duplicates in the log are refused
 * first. The log records before the token signs that the certificate will be signed, and before the certificate is
 * written that it was signed.
 * @param certificate  to be signed; replaced by the signed one
 * @return as pc_issue_lint (then the token has not signed), pc_sign_certificate and the log's functions.
 */
struct pc_lint_order;
PC_MUST_CHECK pc_status pc_issue_sign_logged(const pc_issuing *issuing, const struct pc_lint_order *lint,
                                             const pc_signer *signer, X509 **certificate, pc_error *err);

/**
 * Checks that need no token: the key, proof of possession by a signature whose digest is not broken, and no extension
 * twice.
 */
PC_MUST_CHECK pc_status pc_issue_check_request(X509_REQ *csr, const char *file, pc_error *err);

/** Only the key: pc_weak_key_fault, and a curve that has a name (RFC 5480). */
PC_MUST_CHECK pc_status pc_issue_check_key(const EVP_PKEY *key, const char *file, pc_error *err);

/**
 * The profile that the order names, with the order's URLs in place of the profile's; for a self-signed CA without a
 * name "root".
 * @param ret_profile  to be freed by the caller; left as it is if the order names none
 * @return PC_OK; as pc_certificate_profile_open.
 */
PC_MUST_CHECK pc_status pc_issue_open_profile(const pc_issue_order *order, pc_certificate_profile **ret_profile,
                                              pc_error *err);

/** Check what the order says about the CA, without a token. */
PC_MUST_CHECK pc_status pc_issue_check_order(const pc_issue_order *order, pc_error *err);

/** A CA that issues starts a little in the past, since clocks differ. */
#define PC_ISSUE_BACKDATE_SEC 300

#endif
