/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CA_CHAIN_H
#define P11CERT_CA_CHAIN_H

#include <p11cert/accept.h>
#include <p11cert/ca.h>
#include <p11cert/token.h>

/** `p11cert ca-chain`: what a CA gives out of itself. certutil -ca.cert, -ca.chain, -getcrl; certreq -template. */

typedef struct {
    const pc_ca_access *ca;
    bool templates;              /**< list the templates of the page, and nothing else */
    const char *out;             /**< path for the chain, PEM; NULL: none */
    const char *crl;             /**< path for the newest CRL, DER; NULL: none */
    bool store;                  /**< write the certificates to the token, as issuers */
    bool force;                  /**< replace the output files */
} pc_ca_chain_order;

/** Texts safe to print. */
typedef struct {
    unsigned long renewal;       /**< 0 is the CA's first certificate */
    bool newest;
    bool self_signed;
    const char *subject;
    const char *issuer;
    const char *serial;
    const char *not_before;
    const char *not_after;
    const char *sha256;          /**< of the certificate, hex: to be compared by telephone */
    const char *sha1;            /**< what Windows shows as thumbprint */
    const char *chain;           /**< in words: how it hangs together, or why not */
    bool chain_holds;
} pc_ca_certificate_info;

typedef struct {
    const char *name;
    const char *display;
} pc_ca_template_info;

typedef struct pc_ca_chain_result {
    const char *ca;
    pc_ca_certificate_info *certificates; /**< newest first */
    size_t certificate_count;
    const char *crl_next_update; /**< NULL if none was fetched */
    const char *crl_sha256;
    pc_ca_template_info *templates;
    size_t template_count;
    pc_bound_certificate *stored;
    size_t stored_count;
    struct pc_arena *arena;
} pc_ca_chain_result;

/**
 * @param access  NULL unless something is to be stored, or the CA wants a certificate from the token
 * @return PC_OK; PC_E_CA; PC_E_VERIFY (what came does not hang together, or the CRL's signature does not hold; nothing is
 *         written); PC_E_REFUSED; PC_E_AUTH; PC_E_IO; what opening the token can give; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_chain_run(const pc_ca_chain_order *order, const pc_token_access *access,
                                        pc_ca_chain_result **ret_result, pc_error *err);
void pc_ca_chain_result_free(pc_ca_chain_result *result);

#endif
