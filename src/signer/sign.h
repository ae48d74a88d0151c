/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_SIGN_H
#define PC_SIGNER_SIGN_H

#include <p11cert/request.h>

#include "base/arena.h"
#include "signer/signer.h"
#include "x509/auto.h"
#include "x509/signature.h"

/**
 * The counterpart of x509/, which builds the data to be signed; this signs it. Every signature is verified with the
 * public key shown by the token before it is returned.
 *
 * @return PC_OK; PC_E_INPUT (PSS with a key that is not RSA); any status of pc_fail_ckr if the token refused;
 *         PC_E_VERIFY if the signature is invalid and must not be used; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_sign_csr(const pc_signer *signer, pc_signature_form form, X509_REQ *csr, pc_error *err);
/**
 * The digest that is as strong as a key: SHA-384 for EC P-384, SHA-512 for P-521, SHA-256 for every other key.
 * Source: FIPS 186-5 section 6.1.1; CA/Browser Forum Baseline Requirements, section 7.1.3.2.2.
 */
pc_digest pc_digest_of_key(const EVP_PKEY *key);

/**
 * Sign a certificate in its form with a key that is thrown away, so that everything but the signature's value can be
 * judged before the token signs: the part to be signed is then complete, down to its signature algorithm.
 * @param throwaway  of pc_throwaway_key, for a key of the same kind as the signer's
 * @return PC_OK; PC_E_CRYPTO.
 */
PC_MUST_CHECK pc_status pc_rehearse_certificate(EVP_PKEY *throwaway, pc_signature_form form, X509 *certificate,
                                                pc_error *err);

PC_MUST_CHECK pc_status pc_rehearse_crl(EVP_PKEY *throwaway, pc_signature_form form, X509_CRL *crl, pc_error *err);

/** A key in memory whose signatures name the same algorithm as those of this one. @return PC_OK; PC_E_INPUT (PSS with a
 * key that is not RSA; a kind of key that signs nothing); PC_E_CRYPTO. */
PC_MUST_CHECK pc_status pc_throwaway_key(const EVP_PKEY *public_key, EVP_PKEY **ret_key, pc_error *err);

/**
 * Sign the part to be signed of a rehearsed certificate with the token. The result has the same part byte for byte;
 * only the signature differs.
 * @param certificate  rehearsed in this form; replaced by the one that the token signed
 */
PC_MUST_CHECK pc_status pc_sign_certificate(const pc_signer *signer, pc_signature_form form, X509 **certificate,
                                            pc_error *err);
/** Report that a signature made by the token does not verify. Returns PC_E_VERIFY. */
pc_status pc_fail_bad_signature(pc_error *err);

/** Sign a CRL that was rehearsed in this form: its part to be signed stays as it is, or the CRL is refused
 * (PC_E_INTERNAL). */
PC_MUST_CHECK pc_status pc_sign_crl(const pc_signer *signer, pc_signature_form form, X509_CRL *crl, pc_error *err);

/** A request that renews a certificate. Borrowed. */
typedef struct {
    X509 *old; /**< whose key signs around the request */
    X509_REQ *csr;
} pc_renewal_request;

/**
 * Sign a request that renews a certificate: PKCS#7 SignedData over id-data (RFC 5652 section 5) with the request as
 * content, which contains the old certificate and is signed by its key, as [MS-WCCE] section 3.1.1.4.3.2.1 requires.
 * @param signer   with the old certificate's key
 * @param ret_der  in the arena
 * @return as above; PC_E_VERIFY also if the signer's key is not the old certificate's.
 */
PC_MUST_CHECK pc_status pc_sign_renewal(const pc_signer *signer, const pc_renewal_request *request, pc_arena *arena,
                                        pc_bytes *ret_der, pc_error *err);

/**
 * Prove that the private key belongs to a public key: it signs a fresh challenge, whose text states its purpose so that
 * it cannot be mistaken for anything else, and the signature must verify.
 * @return PC_OK; PC_E_VERIFY if it is another key; as above.
 */
PC_MUST_CHECK pc_status pc_sign_proves(const pc_signer *signer, EVP_PKEY *public_key, pc_error *err);

/**
 * Sign such a challenge without verifying it.
 * @param ret_message  what was signed; both in the arena
 * @return PC_OK; as pc_sign_proves, except PC_E_VERIFY.
 */
PC_MUST_CHECK pc_status pc_sign_challenge(const pc_signer *signer, pc_arena *arena, pc_bytes *ret_message,
                                          pc_bytes *ret_signature, pc_error *err);

/** The same for a key without an open signer. @return as pc_sign_proves and pc_signer_open. */
PC_MUST_CHECK pc_status pc_key_proves(const pc_token *token, const pc_key *key, EVP_PKEY *public_key, pc_error *err);

/**
 * The same with several public keys, of which at most one can match: one signature is made and verified with each key
 * in order.
 * @param ret_position  index of the matching key
 * @return PC_OK; PC_E_VERIFY if it is none of them; as above.
 */
PC_MUST_CHECK pc_status pc_sign_finds(const pc_signer *signer, EVP_PKEY *const *public_keys, size_t count,
                                      size_t *ret_position, pc_error *err);

#endif
