/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_TOKEN_SIGN_H
#define PC_SIGNER_TOKEN_SIGN_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "base/bytes.h"
#include "token/session.h"

/** What every signer needs to know about a signature that a token makes. */

/** Does the key require a login for each use (CKA_ALWAYS_AUTHENTICATE, PKCS#11 v2.40 section 4.4)? */
bool pc_key_needs_login(const pc_key *key);

/** That login, between C_SignInit and C_Sign, with the PIN that the token was opened with. @return as C_Login. */
CK_RV pc_key_login(const pc_token *token);

/**
 * Maximum length in bytes of a signature by the key, in the form that C_Sign returns: of ECDSA two numbers of the
 * field's length (PKCS#11 v2.40 mechanisms, section 2.3.1).
 */
size_t pc_raw_signature_len(const EVP_PKEY *public_key);

/** Set in place of an answer: the token returned CKR_OK and a signature of a length that no signature by the key has.
 */
#define PC_RV_SIGNATURE_LENGTH ((CK_RV)CKR_VENDOR_DEFINED | 0x50431UL)

/** The form that PKCS#11 gives a signature, and where it goes. */
typedef struct {
    CK_KEY_TYPE key_type;
    size_t len;   /**< as pc_raw_signature_len */
    uint8_t *out; /**< room for at least *out_len bytes */
    CK_ULONG *out_len;
} pc_raw_signature;

/**
 * C_Sign, or C_SignFinal if message is NULL, into a buffer that is long enough for any signature: some tokens refuse
 * one that has the length of the signature. Signatures in other forms are brought into that of PKCS#11: ECDSA's in DER
 * or with longer or shorter numbers, RSA's without leading zeros.
 * @return as the call; PC_RV_SIGNATURE_LENGTH; CKR_BUFFER_TOO_SMALL (out is too small for the signature).
 */
CK_RV pc_token_sign(const pc_token *token, const pc_bytes *message, const pc_raw_signature *signature);

#endif
