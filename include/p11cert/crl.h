/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CRL_H
#define P11CERT_CRL_H

#include <p11cert/certificate_profile.h>
#include <p11cert/issuance_log.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert crl`: a CA whose key is on a token issues a complete CRL (RFC 5280 section 5). */

/** CRLReason (section 5.3.1). */
typedef enum {
    PC_REASON_UNSPECIFIED = 0,
    PC_REASON_KEY_COMPROMISE = 1,
    PC_REASON_CA_COMPROMISE = 2,
    PC_REASON_AFFILIATION_CHANGED = 3,
    PC_REASON_SUPERSEDED = 4,
    PC_REASON_CESSATION_OF_OPERATION = 5,
    PC_REASON_CERTIFICATE_HOLD = 6,
    PC_REASON_REMOVE_FROM_CRL = 8, /**< in a list: ends a hold; never in a complete CRL */
    PC_REASON_PRIVILEGE_WITHDRAWN = 9,
    PC_REASON_AA_COMPROMISE = 10,
} pc_revocation_reason;

/** "keyCompromise", …: the names of RFC 5280. NULL for another value. */
const char *pc_revocation_reason_name(pc_revocation_reason reason);

/** A reason by that name, without regard to case. @return PC_OK; PC_E_INPUT, with the names. */
PC_MUST_CHECK pc_status pc_revocation_reason_from_name(const char *name, pc_revocation_reason *ret_reason,
                                                       pc_error *err);

/** A revoked certificate. Times are seconds since 1970-01-01 UTC. */
typedef struct {
    pc_bytes serial; /**< big-endian, without leading zeros */
    int64_t time_sec;
    pc_revocation_reason reason;
    int64_t invalidity_sec; /**< date from which it may have been compromised; 0: not stated */
    int64_t expires_sec;    /**< when the certificate expires; 0: unknown */
} pc_revoked;

#define PC_CRL_DAYS 7u /**< default of next_update_sec */

typedef struct {
    const char *ca;             /**< label or URI of the CA key */
    const char *ca_certificate; /**< path; NULL: the certificate bound to the CA key on the token */
    const char *revoked;        /**< file of revoked certificates: YAML, CSV or JSON Lines; NULL: none */
    const char *issuance_log;   /**< issuance log, whose revocations are taken, in place of `revoked`; NULL: none */
    const char *previous;       /**< the previous CRL; NULL: with `force`, the output file if it exists */
    bool first;                 /**< there is no previous CRL */
    int64_t time_sec;           /**< time of issue, seconds since 1970-01-01 UTC; 0: now */
    int64_t next_update_sec;    /**< from the time of issue; 0: PC_CRL_DAYS */
    pc_text_list urls;          /**< issuing distribution point: where this CRL will be found; empty: none */
    const char *hash;           /**< "sha256", "sha384", "sha512"; NULL: as strong as the key */
    bool der;                   /**< DER in place of PEM */
    const char *out;
    bool force; /**< replace the output file; without `previous` and `first`, it is the previous CRL */
} pc_crl_order;

/** Texts are safe to print. */
typedef struct pc_crl_result {
    const char *issuer;
    const char *number;      /**< decimal */
    const char *this_update; /**< 2027-11-22T21:00:00Z */
    const char *next_update;
    size_t revoked_count;  /**< in the CRL */
    size_t added_count;    /**< of these, not in the previous one */
    size_t kept_count;     /**< of these, only in the previous one, and so kept */
    size_t expired_count;  /**< left out: the certificate had expired when the previous CRL was issued */
    size_t released_count; /**< left out: a hold was ended */
    const char *ca_label;
    const char *token;
    const char *out;
    struct pc_arena *arena;
    pc_unfinished_signatures unfinished; /**< signatures that the log announces without recording the outcome */
} pc_crl_result;

/**
 * Issue a CRL. Its number is one more than that of the previous CRL, or the last one in the log, and it never starts
 * before the previous CRL did. Runs on this machine that issue CRLs of one CA wait for each other. Before the token
 * signs, the CRL is checked against RFC 5280 section 5; with a log, one line records before the signature what will be
 * signed, and another one after it what was signed. What the previous CRL revoked stays revoked, whether or not the
 * list still names it, unless the list or the log says that the certificate had expired when the previous CRL was
 * issued (section 3.3), or removeFromCRL ends a hold.
 *
 * @return PC_OK; PC_E_USAGE (neither `first` nor a previous CRL); PC_E_INPUT (a file cannot be read; the error gives
 * the line; a serial is listed twice); PC_E_VERIFY (the previous CRL is not a complete CRL of this CA; the log was
 * changed); PC_E_REFUSED (the output exists; the CA's certificate may not sign CRLs, or is not valid now; the previous
 * CRL is newer than this machine's clock; the output is a later CRL of this CA than the previous one, or any CRL of
 * this CA with `first`; removeFromCRL without a hold; a rule of RFC 5280 section 5 is broken, and nothing was signed;
 * another run holds the log, or has been issuing for a minute); any error of opening the token and signing; PC_E_IO;
 * PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_run(const pc_crl_order *order, const pc_token_access *access, pc_crl_result **ret_result,
                                   pc_error *err);
void pc_crl_result_free(pc_crl_result *result);

#ifdef __cplusplus
}
#endif

#endif
