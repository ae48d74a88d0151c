/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_BIND_H
#define PC_APP_BIND_H

#include <p11cert/accept.h>

#include "base/arena.h"
#include "token/key.h"
#include "token/lock.h"
#include "x509/auto.h"

/** A key with the certificates that were found with it, and the mark of PC_CERTIFICATE_LOCK from before that search. */
typedef struct {
    pc_key_with_certificates objects;
    pc_lock_mark mark;
} pc_found_key;

/** A certificate, and the key that it is to be bound to. Borrowed. */
typedef struct {
    const pc_key *key;
    X509 *certificate;
    bool is_authority;         /**< it is a CA certificate */
    const pc_found_key *found; /**< how the key was found; NULL: its certificates have not been searched for */
} pc_binding;

/**
 * Binds a certificate to its key: the private key proves with a signature that the certificate belongs to it, then the
 * certificate is written as a token object with the key's CKA_ID and label.
 * @return as pc_accept_run.
 */
PC_MUST_CHECK pc_status pc_bind_to_key(const pc_token *token, const pc_binding *binding, pc_arena *arena,
                                       pc_bound_certificate *ret_bound, pc_error *err);

/**
 * Write an issuer's certificate: with its own subject key identifier as CKA_ID, never the key's, so that no program
 * mistakes it for the key's certificate.
 */
PC_MUST_CHECK pc_status pc_bind_issuer(const pc_token *token, X509 *certificate, pc_arena *arena,
                                       pc_bound_certificate *ret_bound, pc_error *err);

#endif
