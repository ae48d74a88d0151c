/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_WINDOWS_ATTRIBUTES_H
#define PC_X509_WINDOWS_ATTRIBUTES_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * What certreq reports about the machine it runs on. On Linux none of it is true, so it is only included on request.
 * Texts are borrowed; NULL fields are omitted.
 */
typedef struct pc_windows_claims {
    const char *os_version; /**< "10.0.20348.2": major.minor.build.platform */
    unsigned client_id;     /**< 9: certreq ([MS-WCCE] 2.2.2.7.4) */
    const char *machine;    /**< DNS name; NULL omits the entire client info */
    const char *user;
    const char *process;
    const char *provider; /**< of the key; NULL omits the CSP attribute */
    unsigned key_spec;    /**< 0, 1 or 2 */
} pc_windows_claims;

/** Add them to a request. @return PC_OK; PC_E_INPUT if a text cannot be encoded; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_csr_add_windows_claims(X509_REQ *csr, const pc_windows_claims *claims, pc_error *err);

/** Add one name/value pair (1.3.6.1.4.1.311.13.2.1) as a separate attribute. @return as above. */
PC_MUST_CHECK pc_status pc_csr_add_name_value(X509_REQ *csr, const pc_request_attribute *pair, pc_error *err);

#endif
