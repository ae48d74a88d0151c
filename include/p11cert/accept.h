/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ACCEPT_H
#define P11CERT_ACCEPT_H

#include <p11cert/key.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert accept`: bind an issued certificate, and its chain, to the private key on the token.
 * certreq -accept.
 */

typedef struct {
    const char *certificate;   /**< path: PEM, DER or PKCS#7; issuers in the same file are used as the chain */
    const char *const *chains; /**< paths of files with issuers; may be empty */
    size_t chain_count;
    const char *key; /**< label or URI of the key, if several on the token have the certificate's public key; NULL:
                        there must be one only */
} pc_accept_order;

typedef enum {
    PC_BOUND_WRITTEN,
    PC_BOUND_ALREADY, /**< the same certificate was already on the token: a key's own with the key's CKA_ID, an issuer's
                           with any */
} pc_bound_state;

/** One certificate that is now on the token. Texts are safe to print. */
typedef struct {
    const char *subject;
    const char *issuer;
    const char *serial;    /**< hex, as Windows shows it */
    const char *not_after; /**< 2027-11-22T21:00:00Z */
    const char *id;        /**< the CKA_ID that it has on the token, hex; "" if it has none */
    pc_bound_state state;
    size_t other_count; /**< further certificates with that CKA_ID, if this is a key's own certificate */
} pc_bound_certificate;

typedef struct pc_accept_result {
    const char *token;
    const char *key_label;
    const char *key_id;                 /**< hex */
    const char *chain;                  /**< description of the chain; NULL if no issuers were given */
    size_t other_count;                 /**< further certificates that have the key's CKA_ID */
    pc_bound_certificate *certificates; /**< the first is the key's own, the rest its issuers */
    size_t certificate_count;
    struct pc_arena *arena;
} pc_accept_result;

/**
 * Find the private key by the certificate's public key, verify it with a test signature, then write the certificate and
 * chain as token objects and read them back. A second run writes whatever is missing; objects that already exist are
 * reported and are not an error.
 *
 * @return PC_OK; PC_E_INPUT (not a certificate; the chain is invalid); PC_E_NOT_FOUND (no such file, or no key on the
 *         token matches the certificate; nothing is written then); PC_E_AMBIGUOUS (several keys match); PC_E_USAGE
 *         (`key` does not name a key); PC_E_VERIFY (the test signature of the key failed); PC_E_REFUSED (the key has
 *         no CKA_ID); PC_E_TOKEN and any error of opening the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_accept_run(const pc_accept_order *order, const pc_token_access *access,
                                      pc_accept_result **ret_result, pc_error *err);
void pc_accept_result_free(pc_accept_result *result);

#ifdef __cplusplus
}
#endif

#endif
