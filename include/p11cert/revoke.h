/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_REVOKE_H
#define P11CERT_REVOKE_H

#include <p11cert/ca.h>
#include <p11cert/crl.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert revoke`: write a revocation into an issuance log, from which `crl` takes it. Needs no token. */

typedef struct {
    const char *certificate;    /**< path of the certificate; NULL: `serial` */
    const char *serial;         /**< hexadecimal; NULL: `certificate` */
    const char *ca_certificate; /**< path of the CA's certificate, where several CAs use the log; else NULL */
    const char *issuance_log;   /**< issuance log that contains the certificate */
    const char *reason;         /**< a name of RFC 5280; NULL: unspecified */
    const char *time;           /**< 2027-11-22T21:00:00Z; NULL: now */
    const char *invalidity;     /**< date from which it may have been compromised; NULL: not stated */
} pc_revoke_order;

/** `p11cert revoke --ca`: have the CA that issued a certificate revoke it. */
typedef struct {
    const char *certificate; /**< path of the certificate */
    const char *reason;      /**< a name of RFC 5280; NULL: unspecified */
    const pc_ca_access *ca;  /**< by CMP only; the others have no message for it */
} pc_revoke_at_ca_order;

/** Texts are safe to print. */
typedef struct pc_revoke_result {
    bool changed; /**< false: the log or the CA already says so */
    const char *serial;
    const char *subject;
    const char *time;
    const char *reason; /**< NULL: a CA says that it is revoked already, but not why */
    const char *ca;     /**< the CA that revoked it; NULL: the log says so */
    const char *log;    /**< NULL: a CA revoked it, and says no time */
    struct pc_arena *arena;
    pc_unfinished_signatures unfinished; /**< signatures that the log announces without recording the outcome */
} pc_revoke_result;

/**
 * A revocation is final, except for a hold (certificateHold), which ends with removeFromCRL or becomes a revocation.
 * The record is on the disk when the function returns.
 *
 * @return PC_OK; PC_E_USAGE; PC_E_INPUT (a time, a reason or a file that cannot be read; a time in the future);
 * PC_E_NOT_FOUND (the log does not contain the certificate, or does not exist); PC_E_AMBIGUOUS; PC_E_REFUSED (it is
 * revoked for another reason already; removeFromCRL without a hold; another run uses the log); PC_E_VERIFY (the log was
 *         changed); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_revoke_run(const pc_revoke_order *order, pc_revoke_result **ret_result, pc_error *err);

/**
 * Have a CA revoke a certificate (CMP: rr, RFC 4210 section 5.3.9). The message is protected by the shared secret or by
 * the key that logs in (`ca->client_key`); the token is opened for that key alone. Can be repeated: a CA that says that
 * the certificate is revoked already is no failure.
 *
 * @return PC_OK; PC_E_USAGE (the protocol cannot: the hint says how it is done at the CA; the login); PC_E_INPUT (a
 * file or a reason that cannot be read); PC_E_AMBIGUOUS (several certificates in the file); PC_E_CA (the CA refuses, or
 * does not answer); PC_E_NOT_FOUND, PC_E_AUTH; as opening the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_revoke_at_ca_run(const pc_revoke_at_ca_order *order, const pc_token_access *access,
                                            pc_revoke_result **ret_result, pc_error *err);
void pc_revoke_result_free(pc_revoke_result *result);

#ifdef __cplusplus
}
#endif

#endif
