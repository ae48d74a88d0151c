/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_ADCS_CODES_H
#define PC_ENROLL_ADCS_CODES_H

#include <p11cert/ca.h>

/** What a code of AD CS means for the requester. */
typedef struct {
    unsigned long code;            /**< HRESULT ([MS-ERREF] section 2.1) */
    pc_ca_disposition disposition; /**< PC_CA_DENIED or PC_CA_ERROR; PC_CA_UNKNOWN if it occurs with both */
    const char *name;              /**< the name in winerror.h */
    const char *advice;            /**< one sentence without a full stop */
} pc_certsrv_code;

/** NULL if the code is not known. */
const pc_certsrv_code *pc_certsrv_code_find(unsigned long code);

#endif
