/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ENROLL_H
#define PC_APP_ENROLL_H

#include <p11cert/enroll.h>

#include "base/arena.h"
#include "token/session.h"
#include "x509/auto.h"

/** The progress of an enrolment, as shown by the token and the request file. */

typedef enum {
    PC_ENROLL_AT_START, /**< there is no key with the label */
    PC_ENROLL_AT_KEY,   /**< a key without certificate */
    PC_ENROLL_AT_SENT,  /**< the same, and a request for it may or may not have been sent */
    PC_ENROLL_AT_CA,    /**< a CA has a request for the key under a number */
    PC_ENROLL_AT_END,   /**< the key has a certificate that is valid now */
} pc_enroll_stage;

/** Texts are the arena's; to be cleared. */
typedef struct {
    pc_enroll_stage stage;
    const char *key_uri; /**< for --key; NULL at the start */
    bool has_request;    /**< the request file exists, and is for this key and this order */
    pc_pending record;   /**< while sent or at the CA */
    X509 *certificate;   /**< at the end */
} pc_enroll_standing;

void pc_enroll_standing_clear(pc_enroll_standing *standing);

PC_AUTO_DEFINE_VALUE(pc_enroll_standing, pc_enroll_standing, pc_enroll_standing_clear);

/**
 * Find out. Changes nothing.
 * @param token   logged in
 * @param plan    its order names the file of the request
 * @return PC_OK; PC_E_AMBIGUOUS (several keys of the label); PC_E_REFUSED (the key is not what the plan would make, or
 *         has only certificates that are not valid; the file is another request, and not to be replaced); PC_E_INPUT;
 *         PC_E_CRYPTO; PC_E_TOKEN; PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_enroll_look(const pc_token *token, const pc_new_plan *plan, pc_arena *arena,
                                       pc_enroll_standing *ret_standing, pc_error *err);

PC_AUTO_DEFINE(pc_enroll_result, pc_enroll_result, pc_enroll_result_free);

#endif
