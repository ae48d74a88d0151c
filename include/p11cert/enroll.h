/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_ENROLL_H
#define P11CERT_ENROLL_H

#include <p11cert/check.h>
#include <p11cert/new.h>
#include <p11cert/submit.h>

/**
 * `p11cert enroll`: the whole document in one command: key and request, submission, waiting, binding, check. Run
 * again after any interruption, it goes on where it was: the token tells how far that is.
 */

typedef struct {
    const pc_new_order *request;    /**< its `out` is the request's path; an existing file of the same key is used */
    const pc_ca_access *ca;
    const char *template_name;
    const char *const *attributes;
    size_t attribute_count;
    const char *out;                /**< path of the certificate; NULL: the request's with ".cer" */
    unsigned wait_sec;              /**< for an approval; 0: stop at pending */
    const char *fqdn;               /**< for the check; NULL: the first CN */
    pc_policy_order policy;         /**< of the check; policy NULL: "scom" */
    void (*step)(void *context, const char *words); /**< told before each step; NULL: nobody */
    void *step_context;
    void (*waiting)(void *context, const pc_pending *record, unsigned next_sec);
} pc_enroll_order;

typedef enum {
    PC_ENROLL_PENDING,              /**< somebody has to approve; the same command goes on later */
    PC_ENROLL_DONE,
    PC_ENROLL_ALREADY,              /**< the key had its certificate before this run, which changed nothing */
} pc_enroll_state;

/** "pending", "done", "already". */
const char *pc_enroll_state_name(pc_enroll_state state);

typedef struct pc_enroll_result {
    pc_enroll_state state;
    pc_new_plan *plan;              /**< with the INF's findings */
    pc_new_result *made;            /**< NULL if key and request were there */
    pc_submit_result *submitted;    /**< NULL if nothing was asked of the CA in this run */
    pc_report *report;              /**< of the check; NULL while pending */
} pc_enroll_result;

/**
 * @param ret_result  set also on failure as far as the run came, NULL if not at all
 * @return PC_OK for every state; what pc_new_run, pc_submit_run, pc_retrieve_run, pc_accept_run and pc_check_run can give.
 */
PC_MUST_CHECK pc_status pc_enroll_run(const pc_enroll_order *order, const pc_token_access *access,
                                      pc_enroll_result **ret_result, pc_error *err);
void pc_enroll_result_free(pc_enroll_result *result);

#endif
