/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_TOKEN_SIGN_H
#define PC_SIGNER_TOKEN_SIGN_H

#include <openssl/evp.h>
#include <p11cert/key.h>

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

#endif
