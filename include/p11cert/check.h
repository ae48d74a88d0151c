/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CHECK_H
#define P11CERT_CHECK_H

#include <p11cert/policy.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert check`: gather evidence from files and the token, then check it against a policy. */

typedef struct {
    const char *const *files; /**< INF, request, certificates, PFX; recognised by content */
    size_t file_count;
    const char *key;  /**< label or URI; NULL: the key of the certificate or request */
    const char *fqdn; /**< the server's name in DNS; NULL: rules that need it are not checked */
    pc_policy_order policy;
    const char *password_source; /**< of a PFX among the files; NULL: prompt, if it needs a password */
    pc_pin_prompt prompt;        /**< for that password; NULL: no prompt is possible */
    void *prompt_context;
    bool probe; /**< try on throw-away keys what the flags forbid (probe.h); needs a token */
} pc_check_order;

/**
 * Without a certificate or request, the named key's own certificate is read from the token: the one with its CKA_ID and
 * public key that expires last, and its issuers. Only the token data that the policy's rules need is read.
 *
 * Of the given certificates, the first one that is not a CA certificate is checked; the others are its chain. At most
 * one INF, one request and one PFX may be given; a request and a certificate must be for the same key. With a PFX, its
 * certificate is checked, and how Windows reads that file takes precedence over the INF.
 *
 * A probe can be checked against any policy: one without rules about it gets the rules of "probe". Without a file or
 * key, the probe uses RSA-2048 keys, and a NULL policy then means "probe"; otherwise it means "scom".
 *
 * @param access  the token on which to look for the key; NULL: no token is opened, and rules about the key are not
 *     checked
 * @return PC_OK whatever the verdicts (see pc_report_failed); PC_E_USAGE; PC_E_INPUT (a file of another type; request
 *         and certificate for different keys; different certificates in file and PFX); PC_E_AUTH (the password of a
 *         PFX); any error of reading files and opening the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report,
                                     pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
