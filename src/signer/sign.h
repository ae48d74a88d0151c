/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_SIGN_H
#define PC_SIGNER_SIGN_H

#include <p11cert/request.h>

#include "base/arena.h"
#include "signer/signer.h"
#include "x509/auto.h"

/** How to sign. */
typedef struct {
    pc_digest digest;
    bool pss; /**< RSASSA-PSS (RFC 4055), of RSA keys only: MGF1 with the same digest, a salt as long as the digest */
} pc_signature_form;

/**
 * The other half of x509/: that builds what is to be signed, this signs it. Every signature is
 * verified with the public key as the token shows it before anybody sees it.
 *
 * @return PC_OK; PC_E_INPUT (PSS of a key that is not RSA); PC_E_TOKEN and its kin if the token refused; PC_E_VERIFY if the signature does not hold, which
 *         is then not to be used; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_sign_csr(const pc_signer *signer, pc_signature_form form, X509_REQ *csr, pc_error *err);
PC_MUST_CHECK pc_status pc_sign_certificate(const pc_signer *signer, pc_digest digest, X509 *certificate,
                                            pc_error *err);

/**
 * Sign a request that renews a certificate: PKCS#7 SignedData over id-data (RFC 5652 section 5) that holds the
 * request, with the old certificate in it and signed by its key, as [MS-WCCE] section 3.1.1.4.3.2.1 wants it.
 * @param signer   of the old certificate's key
 * @param ret_der  in the arena
 * @return as above; PC_E_VERIFY also if the signer's key is not the old certificate's.
 */
PC_MUST_CHECK pc_status pc_sign_renewal(const pc_signer *signer, X509 *old, X509_REQ *csr, pc_arena *arena,
                                        uint8_t **ret_der, size_t *ret_len, pc_error *err);

/**
 * Have the private key prove that it belongs to a public key: it signs a fresh challenge, which
 * names itself so that it can be taken for nothing else, and the signature must verify.
 * @return PC_OK; PC_E_VERIFY if it is another key; as above.
 */
PC_MUST_CHECK pc_status pc_sign_proves(const pc_signer *signer, EVP_PKEY *public_key, pc_error *err);

/**
 * The same with several public keys, of which at most one can be the right one: one signature is made, and tried on
 * each in their order.
 * @param ret_at  which one it is
 * @return PC_OK; PC_E_VERIFY if it is none of them; as above.
 */
PC_MUST_CHECK pc_status pc_sign_finds(const pc_signer *signer, EVP_PKEY *const *public_keys, size_t count,
                                      size_t *ret_at, pc_error *err);

#endif
