/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ISSUE_H
#define P11CERT_ISSUE_H

#include <p11cert/accept.h>
#include <p11cert/certificate_profile.h>
#include <p11cert/issuance_log.h>
#include <p11cert/key.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert issue`: a CA whose key is on a token issues a certificate for a request, or makes its own
 * self-signed one.
 */

#define PC_ISSUE_DAYS_SERVER 397u  /**< default validity of a server's certificate */
#define PC_ISSUE_DAYS_CA     3650u /**< of a self-signed CA */
#define PC_ISSUE_DAYS_MAX    36500u

typedef struct {
    bool self_signed;
    const char *csr; /**< path of the request, with the profile "cross" also of the self-signed certificate of the CA
                        that will get a second one; NULL with self_signed */
    const char *profile; /**< name of a certificate profile, or its file; NULL: as the request asks, see below */
    pc_certificate_places places; /**< written into the certificate, each in place of the profile's */
    const char *subject;          /**< X.500 string of the CA; self_signed only */
    const char *key_type;         /**< "rsa-3072", …; self_signed only; NULL: rsa-3072 */
    const char *ca;               /**< label or URI of the CA key; for self_signed its new label, NULL: the CN */
    const char *id;               /**< CKA_ID of the new key in hexadecimal; self_signed only; NULL: random */
    const char *ca_certificate;   /**< path; NULL: the certificate bound to the CA key on the token */
    const char *issuance_log;     /**< issuance log; NULL: none is kept */
    bool known_key;               /**< issue although the log has a certificate for the key */
    unsigned days;                /**< 0: the default */
    const char *serial;           /**< hexadecimal, at most 20 octets; NULL: 128 random bits */
    int64_t time_sec;             /**< time of issue, seconds since 1970-01-01 UTC; 0: now */
    pc_text_list linters;         /**< programs with arguments, which check the certificate before it is signed */
    const char *out;
    bool force;
} pc_issue_order;

/** What another program said about a certificate before it was signed. */
typedef struct {
    const char *command;
    int exit_code;      /**< 0: it has no objection; 128 and a signal's number if that ended it */
    const char *output; /**< safe to print; the first 16 KiB */
} pc_linter_run_result;

typedef struct pc_issue_result {
    bool changed; /**< false: the output file already contained what would be issued; nothing was done */
    pc_bound_certificate certificate; /**< what was issued; `id` and `state` are only meaningful if self_signed */
    const char *ca_label;
    const char *token;
    const char *proof;    /**< self_signed: how the token refused to reveal a new key; else NULL */
    const char *left_out; /**< requested extensions that were not used, comma-separated; "" if none */
    pc_text_list
        warnings;        /**< of the policy "ca", against which it was checked before it was signed: "CA-REVOC: ..." */
    const char *clamped; /**< why the validity is shorter than requested; NULL if it is not */
    const char *profile; /**< name of the certificate profile that decided; NULL: as the request asks */
    bool added_usage;    /**< the request had no key usage or EKU: those of a TLS server and client were used */
    bool key_was_there;  /**< self_signed: the CA key existed */
    bool was_there;      /**< self_signed: the CA certificate existed and was only written to the file again */
    const char *out;
    struct pc_arena *arena;
    const pc_linter_run_result *linter_runs; /**< one for each linter of the order */
    size_t linter_run_count;
    pc_unfinished_signatures unfinished; /**< signatures that the log announces without recording the outcome */
} pc_issue_result;

/**
 * Issue a certificate. The request must carry a valid signature by its own key, which is the proof of possession. With
 * a profile, that decides (certificate_profile.h). Without one, key usage, EKU and SAN are copied from the request,
 * everything else is set by the issuer, and a request for a CA's rights is refused. A self-signed CA certificate is
 * bound to its key on the token before the file is written, so that a second run can resume.
 *
 * An output file is not a conflict if it contains one certificate that is valid now, signed by this CA, and has the
 * contents and the period of validity that would be issued now (for a self-signed CA: if it is the one on the token).
 * Then nothing is done.
 *
 * With a serial number, a certificate with another one is not what an earlier run of this order issued.
 *
 * With a log, a line says what will be signed before the token is asked, and another one that it was signed before the
 * file is written, both on the disk; a serial number that the CA has used before is refused, and so is a key, unless
 * `known_key`.
 *
 * @return PC_OK; PC_E_USAGE; PC_E_INPUT (not a request, its signature is invalid, key too weak, requests a CA
 *         certificate); PC_E_NOT_FOUND; PC_E_AMBIGUOUS; PC_E_REFUSED (output exists; the request asks for what
 *         the profile does not give and refuses; the CA's certificate is not a CA
 *         certificate, or not valid now; for a self-signed CA: its key has a certificate that does not match this
 *         order, or that has expired); any error of opening the token and signing; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issue_run(const pc_issue_order *order, const pc_token_access *access,
                                     pc_issue_result **ret_result, pc_error *err);
void pc_issue_result_free(pc_issue_result *result);

#ifdef __cplusplus
}
#endif

#endif
