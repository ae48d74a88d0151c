/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_NATIVE_MECHANISM_H
#define PC_SIGNER_NATIVE_MECHANISM_H

#include <openssl/evp.h>
#include <p11cert/bytes.h>

#include "signer/native/key.h"

/** How to sign, apart from the key. */
typedef struct {
    const EVP_MD *digest;      /**< NULL: the algorithm has its own (Ed25519, ML-DSA) */
    bool pss;                  /**< RSASSA-PSS instead of PKCS#1 v1.5 */
    const EVP_MD *mask_digest; /**< MGF1's; PSS only, like the salt */
    int salt_len;              /**< bytes */
    bool is_digest;            /**< the message is already a digest, so no token can hash it itself */
} pc_native_form;

/**
 * Let the token sign a message. The token gets the digest (CKM_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_ECDSA); if it refuses
 * that mechanism, it gets the message, to hash it itself (CKM_SHA256_RSA_PKCS and similar mechanisms). Ed25519 and
 * ML-DSA sign the message.
 *
 * The login for a key that requires one is attempted only once, whatever follows. After a failure each further call
 * fails with the same code, without reaching the token.
 *
 * @param ret_len  in: room in bytes; out: the length of the signature, of ECDSA two numbers of equal length
 * @return CKR_OK; CKR_MECHANISM_INVALID also for a digest that PKCS#11 does not have; CKR_DEVICE_ERROR also if the
 *         signature is longer than it can be.
 */
CK_RV pc_native_sign(pc_native_key *key, const pc_native_form *form, pc_bytes message, uint8_t *ret_signature,
                     CK_ULONG *ret_len);

#endif
