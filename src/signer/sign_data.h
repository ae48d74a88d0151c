/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_SIGN_DATA_H
#define PC_SIGNER_SIGN_DATA_H

#include "base/arena.h"
#include "signer/signer.h"
#include "x509/auto.h"
#include "x509/signature.h"

/**
 * Signatures on data of any kind; sign.h makes those on requests and certificates. Each is verified with the public key
 * shown by the token before it is returned.
 */

/** A signature of CMS (RFC 5652). Borrowed. */
typedef struct {
    pc_signature_form form;
    X509 *leaf;              /**< the certificate of the signer's key */
    STACK_OF(X509) *issuers; /**< certificates to be included; may be NULL */
    BIO *content;            /**< a file, positioned at its beginning */
} pc_cms_plan;

/** A bare signature. Borrowed. */
typedef struct {
    pc_signature_form form;
    pc_signed_bytes content;
} pc_bare_plan;

/**
 * Sign a content that stays outside: DER, with the signing time, and with the signing certificate (ESS
 * signing-certificate-v2, RFC 5035) as a signed attribute. The content is read in parts, and only once.
 * @param ret_der  in the arena. Verified except for the content: the caller verifies it together with that (x509/cms.h)
 * @return PC_OK; PC_E_INPUT (PSS with a key that is not RSA); PC_E_CRYPTO, for Ed25519 before OpenSSL 3.5; PC_E_VERIFY;
 *         any status of pc_fail_ckr; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_sign_cms(const pc_signer *signer, const pc_cms_plan *plan, pc_arena *arena,
                                    pc_bytes *ret_der, pc_error *err);

/**
 * A bare signature: RSA as in RFC 8017, ECDSA in DER (RFC 3279 section 2.2.3), Ed25519 (RFC 8032).
 * @param ret_signature  in the arena
 * @return as above; PC_E_INPUT also for the digest of a key that hashes by itself.
 */
PC_MUST_CHECK pc_status pc_sign_bytes(const pc_signer *signer, const pc_bare_plan *plan, pc_arena *arena,
                                      pc_bytes *ret_signature, pc_error *err);

#endif
