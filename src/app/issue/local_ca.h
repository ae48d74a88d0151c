/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ISSUE_LOCAL_CA_H
#define PC_APP_ISSUE_LOCAL_CA_H

#include "app/issue/issue.h"

/** The CA of --issue-with: a key on a token of this machine, which issues for hosts as one step of another verb. */
typedef struct {
    pc_issue_order order;            /**< names it, and says how it issues; borrowed */
    pc_certificate_profile *profile; /**< owned; NULL: as requested */
    pc_issuance_log *log;            /**< owned; NULL: none is kept */
    pc_issuer issuer;
    pc_token *own_token; /**< with the CA's key; NULL: it is on the hosts' token */
} pc_local_ca;

void pc_local_ca_clear(pc_local_ca *ca);

/**
 * The part that needs no token, for an order that names a key.
 * @param ret_unfinished  as pc_issuance_log_unfinished; unchanged if no log is kept
 * @return PC_OK; PC_E_USAGE (the profile is for a CA); as pc_issue_open_profile and pc_issuance_log_open.
 */
PC_MUST_CHECK pc_status pc_local_ca_prepare(pc_local_ca *ca, pc_arena *arena, pc_unfinished_signatures *ret_unfinished,
                                            pc_error *err);

/**
 * Find the CA's key and certificate. Nothing is written to its token, and one login is enough for all that it issues.
 * @param hosts        the token of the hosts' keys
 * @param issue_token  how the CA's token is opened; NULL: the key is on the hosts' token
 * @return PC_OK; as pc_issuer_open and pc_second_token_open; hints name `issue_with`, `issue_token` and
 *         `issue_pin_source`.
 */
PC_MUST_CHECK pc_status pc_local_ca_open(pc_local_ca *ca, const pc_token *hosts, const pc_token_access *issue_token,
                                         pc_arena *arena, pc_error *err);

/** The token with the CA's key. @param hosts  that of the hosts */
static inline const pc_token *pc_local_ca_token(const pc_local_ca *ca, const pc_token *hosts)
{
    return ca->own_token ? ca->own_token : hosts;
}

/** A certificate for a request whose signature has been checked. Everything is borrowed.
 * @param token  the CA's, for pc_issuer_issue; the host's, for pc_issuer_find_issued */
pc_issuing pc_local_ca_issuing(const pc_local_ca *ca, const pc_token *token, X509_REQ *csr, pc_issue_result *result);

#endif
