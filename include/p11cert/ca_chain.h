/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CA_CHAIN_H
#define P11CERT_CA_CHAIN_H

#include <p11cert/accept.h>
#include <p11cert/ca.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert ca-chain`: the certificates, CRL and templates that a CA publishes. certutil -ca.cert, -ca.chain, -getcrl;
 * certreq -template.
 *
 * A consistent chain does not prove whose it is: compare the fingerprints over another channel.
 */

typedef struct {
    const pc_ca_access *ca;
    bool templates;  /**< list the page's templates, and nothing else */
    const char *out; /**< path for the valid certificates, newest first, then its issuers, PEM; NULL: none */
    const char *crl; /**< path for the CRL of the newest certificate, DER; NULL: none */
    bool store;      /**< write the valid certificates to the token, as issuers */
    bool force;      /**< replace the output files */
} pc_ca_chain_order;

/** Texts are safe to print. */ typedef struct {
    bool own;              /**< one of the CA's own; else an issuer's certificate, or a cross certificate */
    unsigned long renewal; /**< number of the CA's own certificate; 0 is its first one */
    bool newest;
    bool self_signed;
    const char *subject;
    const char *issuer;
    const char *serial;
    const char *not_before;
    const char *not_after;
    const char *sha256; /**< of the certificate, hex: to be compared by phone */
    const char *sha1;   /**< what Windows shows as thumbprint */
    const char *chain;  /**< description: the chain, or why it is invalid */
    bool chain_valid;   /**< valid today; an invalid one is reported, but neither written nor stored */
} pc_ca_certificate_info;

typedef struct {
    const char *name;
    const char *display;
} pc_ca_template_info;

typedef struct pc_ca_chain_result {
    const char *ca;
    bool numbered; /**< the CA numbers its certificates by renewal; else `renewal` of each is 0 and means nothing */
    pc_ca_certificate_info *certificates; /**< its own, newest first; then its issuers' and cross certificates */
    size_t certificate_count;
    const char *crl_this_update; /**< NULL if none was fetched */
    const char *crl_next_update; /**< NULL if none was fetched, or it has none */
    bool crl_stale;              /**< its next update is overdue */
    size_t crl_revoked;          /**< serial numbers on it */
    const char *crl_sha256;
    pc_ca_template_info *templates;
    size_t template_count;
    pc_bound_certificate *stored;
    size_t stored_count;
    const char *token; /**< NULL if storing was not requested */
    struct pc_arena *arena;
    bool changed; /**< a file or an object on the token was written */
} pc_ca_chain_result;

/**
 * @param access  NULL unless something is to be stored, or the CA requires a client certificate from the token
 * @return PC_OK; PC_E_CA; PC_E_VERIFY (the newest certificate is not a CA certificate or not valid today, or it did not
 *         sign the CRL; nothing is written); PC_E_REFUSED (output exists with other content; http); PC_E_USAGE;
 * PC_E_AUTH; PC_E_IO; any error of opening the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_chain_run(const pc_ca_chain_order *order, const pc_token_access *access,
                                        pc_ca_chain_result **ret_result, pc_error *err);
void pc_ca_chain_result_free(pc_ca_chain_result *result);

#ifdef __cplusplus
}
#endif

#endif
