/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_CSR_H
#define PC_X509_CSR_H

#include <p11cert/request.h>

#include "x509/auto.h"
#include "x509/extensions.h"
#include "x509/windows_attributes.h"

/**
 * Build the part of a PKCS#10 request to be signed (RFC 2986): subject, key, extensions, and each request attribute as
 * Microsoft's name/value pair (1.3.6.1.4.1.311.13.2.1). Not signed yet. The attributes are encoded in DER order,
 * regardless of their order here. X509_REQ_get0_pubkey may return NULL for it (spki.h).
 * @param claims  what to claim about a Windows machine; NULL: nothing
 * @return PC_OK, with *ret_csr owned by the caller; PC_E_INPUT; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_csr_build(const pc_request *request, const pc_windows_claims *claims, EVP_PKEY *public_key,
                                     X509_REQ **ret_csr, pc_error *err);

/** Sets the key of a new request. It is for signing: X509_REQ_get0_pubkey may return NULL for it (spki.h). */
bool pc_csr_set_public_key(X509_REQ *csr, EVP_PKEY *key);

/**
 * Do two requests have the same contents, ignoring the signature? With EC keys the signature differs each time; the
 * signed contents do not.
 * @return PC_OK; PC_E_CRYPTO if one cannot be encoded.
 */
PC_MUST_CHECK pc_status pc_csr_same_content(X509_REQ *left, X509_REQ *right, bool *ret_same, pc_error *err);

/**
 * Every extension that a request contains: in the attribute of RFC 2985 section 5.4.2, in Microsoft's older one
 * (1.3.6.1.4.1.311.2.1.14), or in both; OpenSSL would only read the first one.
 * @return PC_OK, with *ret_list owned by the caller, empty if there are none; PC_E_INPUT if they cannot be read;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_csr_get_extensions(const X509_REQ *csr, pc_extension_list *ret_list, pc_error *err);

#endif
