/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ENROLL_H
#define P11CERT_ENROLL_H

#include <p11cert/check.h>
#include <p11cert/new.h>
#include <p11cert/submit.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert enroll`: the whole document in one command: key and request, submission, waiting, binding, check. Run
 * again after any interruption, it goes on where it was: the token tells how far that is.
 */

/** What the user asks for. Borrowed; NULL where nothing was said. */
typedef struct {
    /**
     * `out`: path of the request, NULL: the INF's with ".req". `key` has to be NULL: the label says which one. `force`
     * is for the certificate's file too.
     */
    const pc_new_order *request;
    const pc_ca_access *ca;                /**< its url has to be there */
    const char *template_name;             /**< NULL: CertificateTemplate of [RequestAttributes], if it is there */
    const char *const *request_attributes; /**< "Name:Value", for the CA */
    size_t request_attribute_count;
    const char *out;        /**< path of the certificate; NULL: the request's with ".cer" */
    unsigned wait_sec;      /**< for an approval; 0: stop at pending */
    const char *fqdn;       /**< for the check; NULL: the first CN */
    pc_policy_order policy; /**< of the check; policy NULL: "scom" */
    /** Told before the token is touched, also of a file that is refused. It and the two below may be NULL. */
    void (*planned)(void *context, const pc_new_plan *plan);
    void (*step)(void *context, const char *words); /**< told before each step; words are safe to print */
    void (*waiting)(void *context, const pc_pending *record, unsigned next_sec); /**< told before each pause */
    void *context;                                                               /**< of the three */
} pc_enroll_order;

typedef enum {
    PC_ENROLL_STOPPED, /**< by a failure; the same command goes on later */
    PC_ENROLL_PENDING, /**< somebody has to approve; the same command goes on later */
    PC_ENROLL_DONE,
    PC_ENROLL_ALREADY, /**< the key had its certificate before this run, which changed nothing */
} pc_enroll_state;

/** "stopped", "pending", "done", "already". */
const char *pc_enroll_state_name(pc_enroll_state state);

/** Texts that are not paths are safe to print. */
typedef struct pc_enroll_result {
    pc_enroll_state state;
    const char *token;           /**< label; NULL if the run did not come so far */
    const char *key_label;       /**< the same */
    const char *request;         /**< path */
    const char *out;             /**< path of the certificate, whether it is there or not */
    const char *serial;          /**< PC_ENROLL_ALREADY: of the certificate, hex as Windows shows it; else NULL */
    const char *not_after;       /**< the same: 2027-11-22T21:00:00Z */
    pc_new_plan *plan;           /**< with the INF's findings; NULL if the file could not be read */
    pc_new_result *made;         /**< NULL if the request was there */
    pc_submit_result *submitted; /**< NULL if nothing was asked of the CA in this run; the last answer */
    pc_report *report;           /**< of the check; NULL while pending */
    pc_new_order order;          /**< what the plan was made of */
    struct pc_arena *arena;
} pc_enroll_result;

/**
 * What is on the token decides where the run begins:
 *
 * | on the token                                | the run                                                            |
 * |---------------------------------------------|--------------------------------------------------------------------|
 * | no key of the label                         | makes key and request, submits                                     |
 * | a key without certificate                   | submits the request, if its file is that of this key and order;    |
 * |                                             | without a file makes it                                            |
 * | the same, and a record of sending           | the same; the CA may then hold the request twice, which is told    |
 * | a request that a CA has taken               | asks what became of it                                             |
 * | a key with a certificate that is valid      | checks                                                             |
 *
 * An issued certificate is bound with its chain. It is then judged as pc_check_run does it, with the INF.
 *
 * All steps share one login; a password for the CA is read once.
 *
 * @param ret_result  the caller's, pc_enroll_result_free; set also on failure, except out of memory: as far as it came
 * @return PC_OK for every state but PC_ENROLL_STOPPED, whatever the check says (pc_report_failed); PC_E_USAGE (no CA;
 *         `key` or "-" in the order); PC_E_REFUSED (a file is there that is not this key's and order's; the request
 *         lies with another CA; the key is not what is asked for, or has only certificates that are not valid); what
 *         pc_new_prepare, pc_new_run, pc_submit_run, pc_retrieve_run and pc_check_run can give.
 */
PC_MUST_CHECK pc_status pc_enroll_run(const pc_enroll_order *order, const pc_token_access *access,
                                      pc_enroll_result **ret_result, pc_error *err);
void pc_enroll_result_free(pc_enroll_result *result);

#ifdef __cplusplus
}
#endif

#endif
