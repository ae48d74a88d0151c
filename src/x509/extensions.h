/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_EXTENSIONS_H
#define PC_X509_EXTENSIONS_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * Extensions under construction. Requests and certificates are made of the same ones, so each is
 * written in one place only. *list may start as NULL and belongs to the caller, who frees it with
 * its members.
 */
typedef STACK_OF(X509_EXTENSION) *pc_extension_list;

/** Key usage, critical (RFC 5280 section 4.2.1.3). @param bits PC_KU_* */
PC_MUST_CHECK pc_status pc_extension_add_key_usage(pc_extension_list *list, unsigned bits, pc_error *err);

/** Extended key usage (section 4.2.1.12). @param oids dotted */
PC_MUST_CHECK pc_status pc_extension_add_eku(pc_extension_list *list, const char *const *oids, size_t count,
                                             bool critical, pc_error *err);

/** Subject alternative name (section 4.2.1.6); critical is also forced for an empty subject by the caller. */
PC_MUST_CHECK pc_status pc_extension_add_alt_names(pc_extension_list *list, const pc_alt_name *names, size_t count,
                                                   bool critical, pc_error *err);

/** Subject key identifier: SHA-1 of the public key bits (section 4.2.1.2, method 1). */
PC_MUST_CHECK pc_status pc_extension_add_subject_key_id(pc_extension_list *list, EVP_PKEY *key, pc_error *err);

/** Authority key identifier: the issuer's subject key identifier (section 4.2.1.1). */
PC_MUST_CHECK pc_status pc_extension_add_authority_key_id(pc_extension_list *list, const X509 *issuer, pc_error *err);

/** Basic constraints, critical (section 4.2.1.9). */
PC_MUST_CHECK pc_status pc_extension_add_basic_constraints(pc_extension_list *list, bool is_ca, pc_error *err);

/** All that a request asks for: key usage, EKU, SAN, and the key identifier of its key. */
PC_MUST_CHECK pc_status pc_extensions_of_request(const pc_request *request, EVP_PKEY *key, pc_extension_list *ret_list,
                                                 pc_error *err);

#endif
