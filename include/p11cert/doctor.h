/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_DOCTOR_H
#define P11CERT_DOCTOR_H

#include <p11cert/ca.h>
#include <p11cert/inf.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert doctor`: problems on this machine and this token, and how to fix them. */

typedef struct {
    bool with_login;           /**< log in, to see private objects */
    const char *template_name; /**< name or display name of a template that a key is to satisfy; NULL: none */
    const pc_ca_access *ca;    /**< where that template is read; NULL without one. A client_key needs with_login */
} pc_doctor_order;

/** One checked item. Texts are safe to print. */
typedef struct {
    const char *id; /**< stable: "engine", "token.duplicate-id" */
    bool is_ok;
    pc_severity severity; /**< of a problem: an error prevents work, a warning may */
    const char *found;    /**< what was seen */
    const char *fix;      /**< what to do; NULL if there is no problem */
} pc_diagnosis;

typedef struct pc_doctor_result {
    pc_diagnosis *items;
    size_t count;
    struct pc_arena *arena;
} pc_doctor_result;

/**
 * Check OpenSSL, the engine, the lens, the module, the token and its objects, in this order, as far as possible. A
 * problem that is found is a result, not a failure.
 *
 * With a template, the last items say whether a key on this token can satisfy it, as far as the token says which keys
 * it can generate. That the template could not be read is an error among the results.
 * @param access      its token may be unreachable, which is also a result
 * @param ret_result  owned by the caller, pc_doctor_result_free
 * @return PC_OK; PC_E_USAGE (the address of the CA, or its protocol has no templates); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_doctor_run(const pc_doctor_order *order, const pc_token_access *access,
                                      pc_doctor_result **ret_result, pc_error *err);
void pc_doctor_result_free(pc_doctor_result *result);

/** Whether there is an error among the results. */
bool pc_doctor_found_error(const pc_doctor_result *result);

#ifdef __cplusplus
}
#endif

#endif
