/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CSR_H
#define PC_X509_CSR_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * What is to be signed of a PKCS#10 request (RFC 2986): subject, key, extensions, and each request
 * attribute as Microsoft's name/value pair (1.3.6.1.4.1.311.13.2.1). Not signed yet.
 * @return PC_OK, with *ret_csr owned by the caller; PC_E_INPUT; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_csr_build(const pc_request *request, EVP_PKEY *public_key, X509_REQ **ret_csr,
                                     pc_error *err);

#endif
