/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CHECK_H
#define P11CERT_CHECK_H

#include <p11cert/policy.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert check`: gather evidence from files and the token, then judge it by a policy. */

typedef struct {
    const char *const *files; /**< INF, request, certificates, PFX; recognised by content */
    size_t file_count;
    const char *key;  /**< label or URI; NULL: the key of the certificate or request */
    const char *fqdn; /**< the server's name in DNS; NULL: rules that need it are not checked */
    pc_policy_order policy;
    const char *password_source; /**< of a PFX among the files; NULL: prompt, if it wants a password */
    pc_pin_prompt prompt;        /**< for that password; NULL: asking is refused */
    void *prompt_context;
    bool probe; /**< try on throw-away keys what the flags forbid (probe.h); wants a token */
} pc_check_order;

/**
 * Without a certificate and a request, a key that is named brings its own from the token: the certificate with its CKA_ID
 * and public key that ends last, and that one's issuers. Of the token no more is asked than the policy's rules go by.
 *
 * Of the certificates given, the first that is no CA's is judged, the others are its chain. At most
 * one INF, one request and one PFX may be given; with a request and a certificate, both are for one key. With a PFX its
 * certificate is judged, and what Windows makes of the file outranks what the INF says.
 *
 * A probe is judged by any policy: one without a rule about it gets those of "probe". Without a file and a key it is made
 * with keys as for RSA-2048, and policy NULL then is "probe"; else NULL is "scom".
 *
 * @param access  the token to look for the key on; NULL: no token is looked at, and rules about the key are not checked
 * @return PC_OK whatever the verdicts (see pc_report_failed); PC_E_USAGE; PC_E_INPUT (a file that is nothing of
 *         these; request and certificate for different keys; certificate and PFX that differ); PC_E_AUTH (the password of a
 *         PFX); what reading files and opening the token can give; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report,
                                     pc_error *err);

#ifdef __cplusplus
}
#endif

#endif
