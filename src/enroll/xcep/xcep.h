/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_XCEP_H
#define PC_ENROLL_XCEP_H

#include <p11cert/templates.h>

#include "enroll/soap/xml.h"

/** The certificate enrolment policy service of Windows ([MS-XCEP]). */

typedef enum {
    PC_XCEP_ANONYMOUS = 1,
    PC_XCEP_KERBEROS = 2,
    PC_XCEP_PASSWORD = 4,
    PC_XCEP_CERTIFICATE = 8,
} pc_xcep_login;

#define PC_XCEP_TEMPLATES_MAX 2000u
#define PC_XCEP_ITEMS_MAX     20000u /**< maximum for any other list */
#define PC_XCEP_URLS_MAX      100u   /**< maximum for the addresses of one CA, for one login */

typedef struct {
    const char *policy_id;
    const char *policy;
    bool is_unchanged; /**< the server has nothing new, and sends nothing */
    pc_template *items;
    size_t count;
} pc_xcep_policies;

/**
 * Read GetPoliciesResponse: the content of soap:Body of an answer. Pure: any bytes are allowed. References to objects
 * that the answer does not contain are left out.
 *
 * @param login  the kind of login for which addresses of CAs are returned: 0 for any
 * @return PC_OK; PC_E_CA (another message; over a limit); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_xcep_read(pc_arena *arena, const xmlNode *response, pc_xcep_login login,
                                     pc_xcep_policies *ret_policies, pc_error *err);

/** The body of GetPolicies, [MS-XCEP] section 3.1.4.1.1. A constant. */
extern const char pc_xcep_get_policies[];

/**
 * Can a key on a token satisfy it, with this OpenSSL? Adds lines to the template and sets its verdict. Nothing is read
 * or written.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_template_judge(pc_arena *arena, pc_template *judged, pc_error *err);

#endif
