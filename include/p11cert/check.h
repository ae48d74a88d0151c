/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_CHECK_H
#define P11CERT_CHECK_H

#include <p11cert/ca.h>
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
    bool probe; /**< try on temporary keys what the flags forbid (probe.h); needs a token */
    bool all;   /**< check every private key of the token; needs a token. The files may then only be issuers */
    const char *template_name; /**< of the CA, name or display name: compare each key with it; NULL: none */
    const pc_ca_access *ca;    /**< which is asked for the template, without a client certificate; NULL without one */
} pc_check_order;

/** How a file was read. */
typedef enum {
    PC_FILE_UNUSED, /**< certificates that were not checked and issued none of those that were: the check fails */
    PC_FILE_CHECKED,
    PC_FILE_ISSUER, /**< certificates above one that was checked */
    PC_FILE_REQUEST,
    PC_FILE_INF,
    PC_FILE_PFX,
} pc_file_use;

/** "unused", "checked", "issuer", "request", "inf", "pfx". */
const char *pc_file_use_name(pc_file_use use);

typedef struct {
    const char *file;
    pc_file_use use;
} pc_checked_file;

/** A report for each certificate or key that was checked, and how every file was used. */
typedef struct pc_check_result {
    pc_report **reports; /**< at least one; the result owns them */
    size_t report_count;
    const pc_checked_file *files; /**< in the order given */
    size_t file_count;
    struct pc_arena *arena;
} pc_check_result;

/**
 * Every certificate given that is not a CA's gets a report; the CA certificates are their chain. If there are only CA
 * certificates, those that issued no other are checked. At most one INF, one request and one PFX may be given; the
 * request must be for the key of a certificate given. With a PFX, only its certificate is checked, and how Windows
 * reads that file takes precedence over the INF.
 *
 * Without a certificate or request, the certificate of the named key is the file's that has its public key, or else the
 * one on the token that has its CKA_ID and public key and expires last, with its issuers there. Only the token data
 * that the policy's rules need is read.
 *
 * A probe can be checked against any policy: one without rules about it gets the rules of "probe". Without a file or
 * key, the probe uses RSA-2048 keys, and a NULL policy then means "probe"; otherwise it means "scom".
 *
 * What a template requires can be checked with any policy: one without rules about it gets the rules of "template".
 *
 * @param access      the token on which to look for the keys, opened once; NULL: no token is opened, and rules about
 * the key are not checked
 * @param ret_result  owned by the caller, pc_check_result_free
 * @return PC_OK whatever the verdicts (see pc_check_failed); PC_E_USAGE (also an empty `fqdn`, a key or a certificate
 * beside `all`, and a key beside several certificates); PC_E_INPUT (a file of another type; request, certificate and
 * `key` for different keys; different certificates in file and PFX); PC_E_NOT_FOUND (`all`, and the token has no
 * private key); PC_E_AUTH (the password of a PFX); any error of reading the template
 * (pc_templates_run); any error of reading files and opening the token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access,
                                     pc_check_result **ret_result, pc_error *err);

/** Whether a report failed (pc_report_failed) or a file was not used. `p11cert check` then exits with 1. */
bool pc_check_failed(const pc_check_result *result);

/** Frees the reports too. Accepts NULL. */
void pc_check_result_free(pc_check_result *result);

#ifdef __cplusplus
}
#endif

#endif
