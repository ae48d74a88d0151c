/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_WINDOWS_ATTRIBUTES_H
#define PC_X509_WINDOWS_ATTRIBUTES_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * What certreq says of the machine that it runs on. From Linux none of it is true, so it is only
 * said when somebody asks for it. Borrowed texts; what is NULL is left out.
 */
typedef struct pc_windows_claims {
    const char *os_version; /**< "10.0.20348.2": major.minor.build.platform */
    unsigned client_id;     /**< 9: certreq ([MS-WCCE] 2.2.2.7.4) */
    const char *machine;    /**< DNS name; NULL leaves the whole client info out */
    const char *user;
    const char *process;
    const char *provider; /**< of the key; NULL leaves the CSP attribute out */
    unsigned key_spec;    /**< 0, 1 or 2 */
} pc_windows_claims;

/** Add them to a request. @return PC_OK; PC_E_INPUT if a text cannot be encoded; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_csr_add_windows_claims(X509_REQ *csr, const pc_windows_claims *claims, pc_error *err);

/** Add one name/value pair (1.3.6.1.4.1.311.13.2.1), an attribute of its own. @return as above. */
PC_MUST_CHECK pc_status pc_csr_add_name_value(X509_REQ *csr, const pc_request_attribute *pair, pc_error *err);

#endif
