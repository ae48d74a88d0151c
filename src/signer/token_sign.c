/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/token_sign.h"

bool pc_key_needs_login(const pc_key *key)
{
    return key->flags[PC_KEY_ALWAYS_AUTHENTICATE] == PC_FACT_TRUE;
}

CK_RV pc_key_login(const pc_token *token)
{
    return token->functions->C_Login(token->session, CKU_CONTEXT_SPECIFIC,
                                     token->pin ? pc_secret_bytes(token->pin) : NULL,
                                     token->pin ? pc_secret_len(token->pin) : 0);
}

size_t pc_raw_signature_len(const EVP_PKEY *public_key)
{
    size_t bytes = ((size_t)EVP_PKEY_get_bits(public_key) + 7) / 8;

    return EVP_PKEY_is_a(public_key, "RSA") ? bytes : bytes * 2;
}
