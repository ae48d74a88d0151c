/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_AUTO_ENROLL_H
#define P11CERT_AUTO_ENROLL_H

#include <p11cert/ca.h>
#include <p11cert/policy.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert enroll --auto`: what the auto-enrolment of Windows does ([MS-CERSOD] 2.4), for the keys of one token. For
 * each template that an enrolment policy service offers with the right to auto-enroll, the token must have a valid
 * certificate whose renewal period has not begun.
 */

typedef struct {
    const pc_ca_access *ca;    /**< its url is an enrolment policy service ([MS-XCEP]) */
    const char *ca_name;       /**< CN of the CA, if several offer a template; NULL: the only one */
    const char *template_name; /**< only this one, name or display name; NULL: all */
    const char *folder;        /**< existing; for INF files, requests and certificates; NULL: the current one */
    const char *policy;        /**< profile to check new certificates against; NULL: they are not checked */
    bool dry_run;              /**< find out what would be done, and change nothing */
} pc_auto_enroll_order;

typedef enum {
    PC_AUTO_HELD,       /**< the token has a certificate from the template, and its renewal is not due */
    PC_AUTO_SUPERSEDED, /**< another template on offer, which it names, is used instead */
    PC_AUTO_TO_ENROLL,  /**< to be done: dry_run, or it failed */
    PC_AUTO_TO_RENEW,   /**< the same */
    PC_AUTO_PENDING,    /**< a CA has the request, and somebody must approve it; the next run asks about it */
    PC_AUTO_ENROLLED,   /**< done by this run */
    PC_AUTO_RENEWED,    /**< the same */
} pc_auto_enroll_state;

/** "held", "superseded", "to-enroll", "to-renew", "pending", "enrolled", "renewed". */
const char *pc_auto_enroll_state_name(pc_auto_enroll_state state);

/** A template. Texts are safe to print. */
typedef struct {
    pc_auto_enroll_state state;
    pc_status status;    /**< one failure does not stop the rest */
    const char *problem; /**< the error in one line; NULL if none */
    const char *hint;
    const char *template_name;
    const char *by;          /**< PC_AUTO_SUPERSEDED: the other template; else NULL */
    const char *key_label;   /**< of the key that has or will have the certificate; NULL if superseded */
    const char *ca;          /**< address of the CA's enrolment web service; NULL if it was not needed */
    const char *serial;      /**< of the certificate; NULL if there is none yet */
    const char *not_after;   /**< 2027-11-22T21:00:00Z; NULL if there is none yet, or it is new */
    const char *renews_from; /**< the same, when its renewal is due */
} pc_auto_enrolled;

typedef struct pc_auto_enroll_result {
    const char *token;  /**< label */
    const char *ca;     /**< address of the policy service */
    const char *policy; /**< name of the enrolment policy, "" if it has none */
    pc_auto_enrolled *items;
    size_t count;    /**< 0: this login may not auto-enroll for any template */
    pc_status worst; /**< of the items: the one with the highest exit code */
    struct pc_arena *arena;
} pc_auto_enroll_result;

/**
 * A certificate counts as one from a template if it names the template (name or OID), or if its key has the label that
 * is used here: the template's name, or after an expired certificate the label of its successor. A template that takes
 * the subject from the request needs the INF file NAME.inf in the folder (`p11cert templates --inf`); for any other
 * template the CA supplies the subject, and the key is the smallest that the template accepts. Renewals keep the key,
 * and are signed by it (PKCS#7) if the certificate names its template. Enrolment and renewal are pc_enroll_run and
 * pc_renew_run, so that an interrupted run is resumed by the next one. Of several runs on a machine, only one works on
 * a token at a time.
 *
 * A refused login ends the run: no PIN or password is tried twice.
 *
 * @param ret_result  owned by the caller, pc_auto_enroll_result_free
 * @return PC_OK whatever became of the items; PC_E_USAGE (not a policy service); PC_E_NOT_FOUND (no such template or
 *         folder); as pc_token_open and pc_templates_run; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_auto_enroll_run(const pc_auto_enroll_order *order, const pc_token_access *access,
                                           pc_auto_enroll_result **ret_result, pc_error *err);
void pc_auto_enroll_result_free(pc_auto_enroll_result *result);

#ifdef __cplusplus
}
#endif

#endif
