/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_EXTENSIONS_H
#define PC_X509_EXTENSIONS_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * Extensions under construction. Requests and certificates use the same ones, so each is implemented only once. *list
 * may start as NULL; the caller owns it and frees it with its members.
 */
typedef STACK_OF(X509_EXTENSION) *pc_extension_list;

/**
 * Add an extension for which OpenSSL has a type.
 * @param value  of the type of that extension; borrowed
 * @return PC_OK; PC_E_INPUT if the list already has such an extension; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_extension_add(pc_extension_list *list, int nid, void *value, bool critical, pc_error *err);

/** An encoded extension; borrowed. A length of 0 or less is a failed encoding. */
typedef struct {
    const char *oid; /**< dotted */
    bool critical;
    const unsigned char *der;
    int len;
} pc_extension_der;

/** Add an encoded extension. @return as pc_extension_add. */
PC_MUST_CHECK pc_status pc_extension_add_der(pc_extension_list *list, const pc_extension_der *extension, pc_error *err);

/** Key usage (RFC 5280 section 4.2.1.3). @param bits PC_KU_* */
PC_MUST_CHECK pc_status pc_extension_add_key_usage(pc_extension_list *list, unsigned bits, bool critical,
                                                   pc_error *err);

/** Extended key usage (section 4.2.1.12). @param oids dotted */
PC_MUST_CHECK pc_status pc_extension_add_eku(pc_extension_list *list, const char *const *oids, size_t count,
                                             bool critical, pc_error *err);

/** Subject alternative name (section 4.2.1.6); for an empty subject, the caller must also set critical. */
PC_MUST_CHECK pc_status pc_extension_add_alt_names(pc_extension_list *list, const pc_alt_name *names, size_t count,
                                                   bool critical, pc_error *err);

/** Subject key identifier: SHA-1 of the public key bits (section 4.2.1.2, method 1). */
PC_MUST_CHECK pc_status pc_extension_add_subject_key_id(pc_extension_list *list, EVP_PKEY *key, pc_error *err);

/** Authority key identifier: the issuer's subject key identifier (section 4.2.1.1). */
PC_MUST_CHECK pc_status pc_extension_add_authority_key_id(pc_extension_list *list, const X509 *issuer, pc_error *err);

/** Basic constraints (section 4.2.1.9). A path length is only written for a CA: it has no meaning otherwise. */
PC_MUST_CHECK pc_status pc_extension_add_basic_constraints(pc_extension_list *list,
                                                           const pc_basic_constraints *constraints, pc_error *err);

/**
 * All extensions of a request, and the key identifier of its key. In the order of real certreq requests as far as
 * known: key usage, key identifier, EKU, template by name, template by version, application policies, S/MIME
 * capabilities; then SAN, basic constraints, name constraints, policies, and encoded extensions in the order given.
 * @return PC_OK, with *ret_list owned by the caller; PC_E_INPUT also if an extension is requested twice.
 */
PC_MUST_CHECK pc_status pc_extensions_of_request(const pc_request *request, EVP_PKEY *key, pc_extension_list *ret_list,
                                                 pc_error *err);

#endif
