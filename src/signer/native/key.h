/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_NATIVE_KEY_H
#define PC_SIGNER_NATIVE_KEY_H

#include <openssl/core_dispatch.h>
#include <openssl/evp.h>
#include <p11cert/key.h>

#include "token/session.h"

/**
 * A token's key as OpenSSL's key management sees it (provider-keymgmt(7)): everything about the public half is answered
 * by an ordinary public key, and the private half is the object's handle. It belongs to the signer, which outlives
 * every EVP_PKEY made of it.
 */
typedef struct {
    const pc_token *token;
    unsigned long handle;   /**< of the private key object */
    unsigned long key_type; /**< CKK_* */
    bool needs_login;       /**< a login is required for each use */
    EVP_PKEY *public_key;
    CK_RV last_rv; /**< the token's answer to the last call; the first failure is final */
    const char *last_function;
} pc_native_key;

/** The parameter of EVP_PKEY_fromdata that carries the address of a pc_native_key. */
#define PC_NATIVE_PARAM_KEY "p11cert-native-key"

/** What OpenSSL passes to signatures: the key behind the key management's data; NULL if none was imported. */
pc_native_key *pc_native_key_of(const void *key_data);

extern const OSSL_DISPATCH pc_native_rsa_management[];
extern const OSSL_DISPATCH pc_native_ec_management[];
extern const OSSL_DISPATCH pc_native_ed25519_management[];
extern const OSSL_DISPATCH pc_native_ml_dsa_management[];

#endif
