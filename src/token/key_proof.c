/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_proof.h"

#include <string.h>

#include "base/secret_auto.h"
#include "token/ckr.h"

#define EXTRACT_ROOM ((size_t)8192) /* an RSA-4096 PKCS#8 wrapped is under 2.5 KB */

/* A lost session or token is no refusal: it says nothing of the key. */
static bool is_loss(CK_RV rv)
{
    return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_SESSION_CLOSED ||
           rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_KEY_HANDLE_INVALID ||
           rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_HOST_MEMORY || rv == CKR_DEVICE_MEMORY;
}

/* A module that merely fails has not refused. */
static bool is_refusal(CK_RV rv)
{
    return rv != CKR_OK && rv != CKR_GENERAL_ERROR && rv != CKR_FUNCTION_FAILED && rv != CKR_MECHANISM_INVALID &&
           rv != CKR_FUNCTION_NOT_SUPPORTED;
}

static pc_status try_read(const pc_token *token, const pc_key *key, pc_secret *room, pc_key_proof *proof,
                          pc_error *err)
{
    CK_ATTRIBUTE value = {
        .type = key->key_type == CKK_RSA ? CKA_PRIVATE_EXPONENT : CKA_VALUE,
        .pValue = pc_secret_bytes(room),
        .ulValueLen = pc_secret_size(room),
    };

    proof->read_rv = token->functions->C_GetAttributeValue(token->session, key->handle, &value, 1);
    if (is_loss(proof->read_rv)) {
        return pc_fail_ckr(err, proof->read_rv, "C_GetAttributeValue");
    }
    if (proof->read_rv == CKR_OK && value.ulValueLen != (CK_ULONG)-1) {
        proof->read = PC_ATTEMPT_SUCCEEDED;
    } else if (proof->read_rv == CKR_OK || is_refusal(proof->read_rv)) {
        proof->read = PC_ATTEMPT_REFUSED;
    }
    return PC_OK;
}

pc_status pc_wrapping_key_make(const pc_token *token, pc_wrapping_key *ret_wrapping, pc_error *err)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG len = 32;
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },       { CKA_KEY_TYPE, &type, sizeof type },
        { CKA_VALUE_LEN, &len, sizeof len },       { CKA_TOKEN, &no, sizeof no },
        { CKA_PRIVATE, &yes, sizeof yes },         { CKA_SENSITIVE, &yes, sizeof yes },
        { CKA_EXTRACTABLE, &no, sizeof no },       { CKA_WRAP, &yes, sizeof yes },
        { CKA_UNWRAP, &no, sizeof no },            { CKA_ENCRYPT, &no, sizeof no },
        { CKA_DECRYPT, &no, sizeof no },
    };

    pc_wrapping_key made = { .handle = 0 };

    made.rv = token->functions->C_GenerateKey(token->session, &mechanism, template, PC_COUNT(template), &made.handle);
    if (is_loss(made.rv)) {
        return pc_fail_ckr(err, made.rv, "C_GenerateKey");
    }
    if (made.rv != CKR_OK) {
        made.handle = 0;
    }
    *ret_wrapping = made;
    return PC_OK;
}

void pc_wrapping_key_destroy(const pc_token *token, const pc_wrapping_key *wrapping)
{
    if (wrapping->handle) {
        (void)token->functions->C_DestroyObject(token->session, wrapping->handle);
    }
}

static pc_status try_wrap(const pc_token *token, const pc_key *key, const pc_wrapping_key *wrapping, pc_secret *room,
                          pc_key_proof *proof, pc_error *err)
{
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_WRAP_PAD };
    CK_ULONG len = pc_secret_size(room);

    proof->wrap_rv = wrapping->rv;
    if (!wrapping->handle) {
        return PC_OK; /* no AES here: the attempt cannot be made */
    }
    proof->wrap_rv = token->functions->C_WrapKey(token->session, &mechanism, wrapping->handle, key->handle,
                                                 pc_secret_bytes(room), &len);
    if (is_loss(proof->wrap_rv)) {
        return pc_fail_ckr(err, proof->wrap_rv, "C_WrapKey");
    }
    if (proof->wrap_rv == CKR_OK) {
        proof->wrap = PC_ATTEMPT_SUCCEEDED;
    } else if (is_refusal(proof->wrap_rv)) {
        proof->wrap = PC_ATTEMPT_REFUSED;
    }
    return PC_OK;
}

pc_status pc_key_try_extract_with(const pc_token *token, const pc_key *key, const pc_wrapping_key *wrapping,
                                  pc_key_proof *ret_proof, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *room = NULL;
    pc_key_proof proof = { .read = PC_ATTEMPT_NOT_MADE };

    PC_TRY(pc_secret_new(EXTRACT_ROOM, &room, err));
    PC_TRY(try_read(token, key, room, &proof, err));
    PC_TRY(try_wrap(token, key, wrapping, room, &proof, err));
    *ret_proof = proof;
    return PC_OK;
}

pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof, pc_error *err)
{
    pc_wrapping_key wrapping;

    PC_TRY(pc_wrapping_key_make(token, &wrapping, err));
    pc_status status = pc_key_try_extract_with(token, key, &wrapping, ret_proof, err);

    pc_wrapping_key_destroy(token, &wrapping);
    return status;
}
