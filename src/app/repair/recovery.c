/* SPDX-License-Identifier: Apache-2.0 */
#include "app/repair/recovery.h"

#include "pair/public_key.h"
#include "signer/sign.h"
#include "x509/auto.h"
#include "x509/ec_recovery.h"

/* In the form that a public key object has. */
static pc_status half_of_point(pc_bytes parameters, pc_bytes point, pc_arena *arena, pc_public_half *ret_half,
                               pc_error *err)
{
    const pc_public_half bare = { .key_type = CKK_EC, .parameters = parameters, .point = point };
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;

    PC_TRY(pc_public_half_to_key(&bare, &key, err));
    return pc_public_key_attributes(key, arena, ret_half, err);
}

/* A signer requires a public half, if only for the form of the signature: the base point of the curve is one. */
static pc_status sign_twice(const pc_token *token, const pc_key *key, pc_arena *arena,
                            pc_ec_signed signed_twice[static 2], pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_key whole = *key;
    pc_bytes base;

    PC_TRY(pc_ec_base_point(key->half.parameters, arena, &base, err));
    PC_TRY(half_of_point(key->half.parameters, base, arena, &whole.half, err));
    PC_TRY(pc_signer_open(token, &whole, &signer, err));
    for (size_t i = 0; i < 2; i++) {
        PC_TRY(pc_sign_challenge(signer, arena, &signed_twice[i].message, &signed_twice[i].signature, err));
    }
    return PC_OK;
}

pc_status pc_repair_recover(const pc_token *token, const pc_key *key, pc_arena *arena, pc_public_half *ret_half,
                            pc_error *err)
{
    pc_ec_signed signed_twice[2];
    pc_key whole = *key;
    pc_bytes point;
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

    if (key->half.key_type != CKK_EC || key->half.parameters.len == 0) {
        return pc_fail(err, PC_E_INPUT, "the private key does not show its curve");
    }
    PC_TRY(sign_twice(token, key, arena, signed_twice, err));
    PC_TRY(pc_ec_recover(key->half.parameters, signed_twice, arena, &point, err));
    PC_TRY(half_of_point(key->half.parameters, point, arena, &whole.half, err));
    PC_TRY(pc_public_key_of(&whole, &public_key, err));
    PC_TRY(pc_key_proves(token, &whole, public_key, err));
    *ret_half = whole.half;
    return PC_OK;
}
