/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ENROLL_H
#define P11CERT_ENROLL_H

#include <p11cert/check.h>
#include <p11cert/issue.h>
#include <p11cert/kit.h>
#include <p11cert/new.h>
#include <p11cert/submit.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert enroll`: the whole procedure in one command: key and request, submission, waiting, binding, check. Run it
 * again after any interruption to resume: the token records how far it got.
 */

/** What the user asks for. Borrowed; NULL means not specified. */
typedef struct {
    /**
     * `out`: path of the request; NULL: the INF's path with ".req". `key` must be NULL: the label selects the key.
     * `force` also applies to the certificate file.
     */
    const pc_new_order *request;
    const pc_ca_access *ca; /**< its url must be set, except with `issue_with` */
    const char *ca_name; /**< with a policy service: CN of the CA, if several offer the template; NULL: the only one */
    const char *template_name;             /**< NULL: CertificateTemplate of [RequestAttributes], if present */
    const char *const *request_attributes; /**< "Name:Value", for the CA */
    size_t request_attribute_count;
    const char *out;        /**< path of the certificate; NULL: the request's path with ".cer" */
    unsigned wait_sec;      /**< to wait for approval; 0: stop when pending */
    const char *fqdn;       /**< for the check; NULL: the first CN */
    pc_policy_order policy; /**< of the check; policy NULL: "scom" */
    bool unchecked;         /**< leave the check out: the result has no report */
    /** Called before the token is accessed, also for a refused file. This and the next two may be NULL. */
    void (*planned)(void *context, const pc_new_plan *plan);
    void (*step)(void *context, const char *words); /**< called before each step; words are safe to print */
    void (*waiting)(void *context, const pc_pending *record, unsigned next_sec); /**< called before each pause */
    void *context;                                                               /**< for all three */
    const char *kit; /**< folder to create for the SCOM administrator when the certificate is bound (kit.h) */
    const char *kit_password_source; /**< of the PFX of an exportable key, as in pc_kit_order */
    /**
     * A CA key on a token, which issues the certificate instead of `ca`: its `ca` names the key, and its csr and out
     * are not used. No CA is contacted then, so `ca`'s url, `ca_name`, `template_name`, `request_attributes` and
     * `wait_sec` must not be set. NULL: `ca`.
     */
    const pc_issue_order *issue_with;
    const pc_token_access *issue_token; /**< how the CA's token is opened, as in pc_batch_order */
} pc_enroll_order;

typedef enum {
    PC_ENROLL_STOPPED, /**< by a failure; the same command resumes later */
    PC_ENROLL_PENDING, /**< awaiting approval; the same command resumes later */
    PC_ENROLL_DONE,
    PC_ENROLL_ALREADY, /**< the key already had its certificate; this run changed nothing */
} pc_enroll_state;

/** "stopped", "pending", "done", "already". */
const char *pc_enroll_state_name(pc_enroll_state state);

/** Texts that are not paths are safe to print. */
typedef struct pc_enroll_result {
    pc_enroll_state state;
    const char *token;           /**< label; NULL if the run did not get that far */
    const char *key_label;       /**< the same */
    const char *request;         /**< path */
    const char *out;             /**< path of the certificate, whether or not it exists */
    const char *serial;          /**< PC_ENROLL_ALREADY: of the certificate, hex as Windows shows it; else NULL */
    const char *not_after;       /**< the same: 2027-11-22T21:00:00Z */
    pc_new_plan *plan;           /**< with the INF's findings; NULL if the file could not be read */
    pc_new_result *made;         /**< NULL if the request already existed */
    pc_submit_result *submitted; /**< the CA's last answer; NULL if this run did not contact the CA */
    pc_report *report;           /**< of the check; NULL while pending, and if it was left out */
    pc_new_order order;          /**< the order behind the plan */
    pc_kit_result *kit;          /**< NULL if none was made */
    pc_issue_result *issued;     /**< with `issue_with`: what this run issued; NULL if nothing */
    pc_accept_result *accepted;  /**< the same: how the certificate was bound; NULL if its file existed */
    struct pc_arena *arena;
} pc_enroll_result;

/**
 * The objects on the token determine where the run starts:
 *
 * | on the token                                | the run                                                            |
 * |---------------------------------------------|--------------------------------------------------------------------|
 * | no key with the label                       | makes key and request, submits                                     |
 * | a key without a certificate                 | submits the request, if its file is that of this key and order;    |
 * |                                             | if there is no file, creates it                                    |
 * | the same, and a record of sending           | the same; the CA may then have the request twice; this is reported |
 * | a request that a CA has received            | asks for its status                                                |
 * | a key with a valid certificate              | checks                                                             |
 *
 * An issued certificate is bound with its chain. It is then checked as in pc_check_run, with the INF; a kit is created
 * whatever the check reports. If the certificate was bound before this run, a kit that is there is compared, as in
 * pc_kit_run.
 *
 * If `ca` is an enrolment policy service, it is asked for the template first. A template that a key on a token cannot
 * satisfy is refused before a key is created; without an INF and a key type, the key is the smallest that satisfies the
 * template. The request goes to the enrolment web service of the CA that offers the template, if that service is on the
 * same host over TLS.
 *
 * With `issue_with`, the CA's key is found before a key is made, and issues for the request what pc_issue_run would.
 * The certificate is bound with the issuers that are on the CA's token, and then written to its file. If a run was
 * interrupted in between, the next one writes the file.
 *
 * All steps share one login; a password for the CA is read once.
 *
 * @param ret_result  owned by the caller, pc_enroll_result_free; also set on failure, except out of memory, with the
 *     progress made
 * @return PC_OK for every state except PC_ENROLL_STOPPED, whatever the check reports (pc_report_failed); PC_E_USAGE (no
 *         CA, or two; `key` or "-" in the order); PC_E_REFUSED (an existing file is not for this key and order; the
 *         request was sent to another CA; the key does not match the order, or all its certificates are invalid; the
 * kit's folder exists before there is a certificate); any error of pc_new_prepare, pc_new_run, pc_submit_run,
 *         pc_retrieve_run, pc_issue_run, pc_accept_run, pc_check_run and pc_kit_run.
 */
PC_MUST_CHECK pc_status pc_enroll_run(const pc_enroll_order *order, const pc_token_access *access,
                                      pc_enroll_result **ret_result, pc_error *err);
void pc_enroll_result_free(pc_enroll_result *result);

#ifdef __cplusplus
}
#endif

#endif
