/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_KEYGEN_H
#define P11CERT_KEYGEN_H

#include <p11cert/key.h>
#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/** `p11cert keygen`: a key alone, without a request. */

typedef enum {
    PC_KEY_USE_DEFAULT, /**< sign for a key pair, decrypt for a secret key */
    PC_KEY_USE_SIGN,    /**< CKA_SIGN and CKA_VERIFY */
    PC_KEY_USE_CA,      /**< the same: a key that `issue --self-signed` takes */
    PC_KEY_USE_DECRYPT, /**< RSA, AES: CKA_DECRYPT and CKA_ENCRYPT; EC: CKA_DERIVE */
    PC_KEY_USE_WRAP,    /**< RSA, AES: CKA_UNWRAP and CKA_WRAP */
} pc_key_use;

/** "sign", "ca", "decrypt", "wrap"; "default". */
const char *pc_key_use_name(pc_key_use use);

typedef struct {
    const char *label;
    const char *key_type; /**< "rsa-2048", "ec-p256", …, "aes-128", "aes-192", "aes-256" */
    const char *id;       /**< CKA_ID in hex, of a key pair; a key with the label must have it. NULL: random */
    pc_key_use use;       /**< every other use is switched off */
    bool exportable;      /**< may leave the token, wrapped */
    bool tolerate_local;  /**< the token is known to report keys made on it as not local (NSS) */
} pc_keygen_order;

typedef struct pc_keygen_made {
    bool changed;      /**< false: a key with that label already existed and is as ordered; nothing was done */
    const char *token; /**< label; texts are not escaped */
    pc_key key;        /**< as read back; of a secret key without a public half */
    const char *kind;  /**< "rsa-2048", "aes-256" */
    const char *id;    /**< CKA_ID, hex */
    pc_key_use use;
    const char *spki_sha256;       /**< NULL for a secret key */
    const char *unsupported_flags; /**< flags that the token refused and that have other values; "" if none */
    const char *tolerated;         /**< "local is false"; "" if nothing was */
    const char *proof;             /**< how the token refused to reveal the key; NULL for an exportable one */
    struct pc_arena *arena;
} pc_keygen_made;

/**
 * Create a key with every attribute stated, read it back in a new session, and, if it is not exportable, try to extract
 * it, which the token must refuse. A key with that label that is as ordered is left unchanged, with or without a
 * certificate. (C_GenerateKeyPair and C_GenerateKey, PKCS#11 v2.40 section 5.13.)
 *
 * @return PC_OK; PC_E_USAGE (an unknown type, or one that does not support the use; a label that is empty, not UTF-8
 * or would be read as a URI; an id that is not hex); PC_E_REFUSED (a key with that label is not as ordered; another
 * object has the id); PC_E_AMBIGUOUS (several have the label); PC_E_VERIFY (the key is not as ordered and was
 *         destroyed; or it can be extracted, and is still there); PC_E_TOKEN; PC_E_CRYPTO; PC_E_MEMORY; any error of
 *         pc_token_open.
 */
PC_MUST_CHECK pc_status pc_keygen_run(const pc_keygen_order *order, const pc_token_access *access,
                                      pc_keygen_made **ret_made, pc_error *err);
void pc_keygen_made_free(pc_keygen_made *made);

#ifdef __cplusplus
}
#endif

#endif
