/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_DOCTOR_H
#define P11CERT_DOCTOR_H

#include <p11cert/inf.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert doctor`: what will bite on this machine and this token, and the mend. */

/** One thing that was looked at. Texts safe to print. */
typedef struct {
    const char *id; /**< stable: "engine", "token.duplicate-id" */
    bool is_well;
    pc_severity severity; /**< of a thing that is not well: error stops the work, warning may */
    const char *found;    /**< what was seen */
    const char *mend;     /**< what to do; NULL if it is well */
} pc_diagnosis;

typedef struct pc_doctor_result {
    pc_diagnosis *items;
    size_t count;
    struct pc_arena *arena;
} pc_doctor_result;

/**
 * Look at OpenSSL, the engine, the lens, the module, the token and its objects, in this order, and
 * go on as far as it goes. A fault that is found is a result, not a failure.
 * @param access      its token may be unreachable, which is then a result too
 * @param with_login  log in, to see private objects
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_doctor_run(const pc_token_access *access, bool with_login, pc_doctor_result **ret_result,
                                      pc_error *err);
void pc_doctor_result_free(pc_doctor_result *result);

/** Is there an error among the results? */
bool pc_doctor_found_error(const pc_doctor_result *result);

#ifdef __cplusplus
}
#endif

#endif
