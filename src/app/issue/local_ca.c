/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issue/local_ca.h"

#include "app/copy/second_token.h"
#include "base/member.h"
#include "signer/sign.h"

void pc_local_ca_clear(pc_local_ca *ca)
{
    pc_issuer_clear(&ca->issuer);
    pc_token_close(PC_TAKE(ca->own_token));
    pc_issuance_log_close(PC_TAKE(ca->log));
    pc_certificate_profile_free(PC_TAKE(ca->profile));
}

pc_status pc_local_ca_prepare(pc_local_ca *ca, pc_arena *arena, pc_unfinished_signatures *ret_unfinished, pc_error *err)
{
    PC_TRY(pc_issue_open_profile(&ca->order, &ca->profile, err));
    if (ca->profile && ca->profile->role <= PC_ROLE_CROSS) {
        (void)pc_fail(err, PC_E_USAGE, "the profile \"%s\" is for a CA, not for a host", ca->profile->name);
        return pc_hint(err, PC_E_USAGE, "`p11cert issue` issues certificates for CAs");
    }
    if (!ca->order.issuance_log) {
        return PC_OK;
    }
    PC_TRY(pc_issuance_log_open(ca->order.issuance_log, &ca->log, err));
    return pc_issuance_log_unfinished(ca->log, arena, ret_unfinished, err);
}

static const pc_second_token_options issue_options = { .token = "issue_token", .pin_source = "issue_pin_source" };

/* Hints that were written for `issue`, and for a token that is the only one. */
static const pc_member_name own_names[] = { { "ca", "issue_with" },
                                            { "token", "issue_token" },
                                            { "pin_source", "issue_pin_source" } };

static pc_status name_own_members(const pc_local_ca *ca, pc_status status, pc_error *err)
{
    if (status == PC_E_NOT_FOUND && !ca->own_token) {
        return pc_hint(err, status, "if the CA's key is on another token, name that with `issue_token`");
    }
    if (status != PC_OK && err) {
        pc_members_rename(err->hint, sizeof err->hint, own_names, ca->own_token ? PC_COUNT(own_names) : 1);
    }
    return status;
}

pc_status pc_local_ca_open(pc_local_ca *ca, const pc_token *hosts, const pc_token_access *issue_token, pc_arena *arena,
                           pc_error *err)
{
    const pc_second_token second = { issue_token, PC_TOKEN_READ, &issue_options };

    PC_TRY(issue_token ? pc_second_token_open(hosts, &second, &ca->own_token, err) : PC_OK);
    pc_status status = pc_issuer_open(&ca->order, pc_local_ca_token(ca, hosts), arena, &ca->issuer, err);

    PC_TRY(name_own_members(ca, status, err));
    return pc_throwaway_key(X509_get0_pubkey(ca->issuer.certificate), &ca->issuer.throwaway, err);
}

pc_issuing pc_local_ca_issuing(const pc_local_ca *ca, const pc_token *token, X509_REQ *csr, pc_issue_result *result)
{
    return (pc_issuing){
        .order = &ca->order, .token = token, .csr = csr, .profile = ca->profile, .log = ca->log, .result = result
    };
}
