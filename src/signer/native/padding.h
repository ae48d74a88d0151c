/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_NATIVE_PADDING_H
#define PC_SIGNER_NATIVE_PADDING_H

#include <openssl/core.h>
#include <openssl/evp.h>
#include <stdbool.h>

/** The parameters of an RSA signature (provider-signature(7)) that OpenSSL sets. */
typedef struct {
    bool pss;
    int salt_len;              /**< bytes, or RSA_PSS_SALTLEN_* */
    const EVP_MD *mask_digest; /**< MGF1's; NULL: that of the signature */
} pc_native_padding;

/** OpenSSL's defaults. */
pc_native_padding pc_native_padding_default(void);

/** Mode and salt length come as numbers or as text. @return false for a value that is not supported. */
bool pc_native_padding_set(pc_native_padding *padding, const OSSL_PARAM params[]);

/** CMS queries these for what it writes. @return false if a parameter cannot hold the answer. */
bool pc_native_padding_get(const pc_native_padding *padding, const EVP_MD *digest, OSSL_PARAM params[]);

/** The length of the salt in bytes, for a key with this number of bits; negative if the key is too short for the
 * digest. */
int pc_native_salt_len(const pc_native_padding *padding, const EVP_MD *digest, int key_bits);

#endif
