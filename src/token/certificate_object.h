/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_CERTIFICATE_OBJECT_H
#define PC_TOKEN_CERTIFICATE_OBJECT_H

#include <p11cert/policy.h>

#include "base/bytes.h"
#include "token/key.h"
#include "token/session.h"

/** An X.509 certificate as a token object (PKCS#11 v2.40 section 4.6.3). All DER, borrowed or in an arena. */
typedef struct {
    CK_OBJECT_HANDLE handle; /**< of an existing object; else 0 */
    const char *label;
    pc_bytes id; /**< CKA_ID: that of the key, by which programs match the two */
    pc_bytes subject;
    pc_bytes issuer;
    pc_bytes serial;                  /**< DER INTEGER */
    pc_bytes value;                   /**< the certificate */
    bool is_authority;                /**< CKA_CERTIFICATE_CATEGORY: an authority's, else the token user's */
    pc_certificate_category category; /**< as read; not written */
    pc_fact trusted;                  /**< CKA_TRUSTED as read; not written */
    pc_fact modifiable;               /**< CKA_MODIFIABLE as read; ignored on writing */
} pc_certificate_object;

/** The lock that is held from the search for a certificate until it is written or changed (token/lock.h). */
#define PC_CERTIFICATE_LOCK "certificate"

/** Certificates found by a search, in an arena. */
typedef struct {
    pc_certificate_object *items;
    size_t count;
} pc_certificate_objects;

/**
 * Find the certificates that are identical to this one, byte for byte. If the module cannot search by CKA_VALUE, all
 * are read and compared.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_find_same(const pc_token *token, pc_bytes der, pc_arena *arena,
                                                 pc_certificate_objects *ret_found, pc_error *err);

/** All certificates with a CKA_ID. @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certificate_find_by_id(const pc_token *token, pc_bytes id, pc_arena *arena,
                                                  pc_certificate_objects *ret_found, pc_error *err);

/** The same, of a key whose search returned their handles. @return as pc_certificate_find_by_id. */
PC_MUST_CHECK pc_status pc_certificate_read_found(const pc_token *token, const pc_key_with_certificates *key,
                                                  pc_arena *arena, pc_certificate_objects *ret_found, pc_error *err);

/**
 * All certificates with a subject, a DER Name, as in CKA_SUBJECT; also on a module that cannot search by it. Those of
 * which the token does not show the subject may be among them, so that the caller compares what is in the certificate.
 * @return PC_OK; PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_find_by_subject(const pc_token *token, pc_bytes subject, pc_arena *arena,
                                                       pc_certificate_objects *ret_found, pc_error *err);

/** All X.509 certificates of the token. @return PC_OK; PC_E_TOKEN; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_certificate_list(const pc_token *token, pc_arena *arena, pc_certificate_objects *ret_found,
                                            pc_error *err);

/**
 * Write a certificate as a token object and read it back: value and CKA_ID must be as written.
 * @return PC_OK; PC_E_TOKEN; PC_E_VERIFY, and the error says whether the object was removed again: not if another one
 * is found in its place; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_certificate_write(const pc_token *token, const pc_certificate_object *certificate,
                                             pc_arena *arena, pc_error *err);

/** The same, and CKA_SUBJECT must be as written, too. @return as pc_certificate_write. */
PC_MUST_CHECK pc_status pc_certificate_write_with_subject(const pc_token *token,
                                                          const pc_certificate_object *certificate, pc_arena *arena,
                                                          pc_error *err);

#endif
