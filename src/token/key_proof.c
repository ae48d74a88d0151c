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

static CK_RV make_wrapping_key(const pc_token *token, CK_OBJECT_HANDLE *ret_handle)
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

    return token->functions->C_GenerateKey(token->session, &mechanism, template, PC_COUNT(template), ret_handle);
}

static pc_status try_wrap(const pc_token *token, const pc_key *key, pc_secret *room, pc_key_proof *proof,
                          pc_error *err)
{
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_WRAP_PAD };
    CK_OBJECT_HANDLE wrapping = 0;
    CK_ULONG len = pc_secret_size(room);

    proof->wrap_rv = make_wrapping_key(token, &wrapping);
    if (is_loss(proof->wrap_rv)) {
        return pc_fail_ckr(err, proof->wrap_rv, "C_GenerateKey");
    }
    if (proof->wrap_rv != CKR_OK) {
        return PC_OK; /* no AES here: the attempt cannot be made */
    }
    proof->wrap_rv = token->functions->C_WrapKey(token->session, &mechanism, wrapping, key->handle,
                                                 pc_secret_bytes(room), &len);
    (void)token->functions->C_DestroyObject(token->session, wrapping);
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

pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof, pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *room = NULL;
    pc_key_proof proof = { .read = PC_ATTEMPT_NOT_MADE };

    PC_TRY(pc_secret_new(EXTRACT_ROOM, &room, err));
    PC_TRY(try_read(token, key, room, &proof, err));
    PC_TRY(try_wrap(token, key, room, &proof, err));
    *ret_proof = proof;
    return PC_OK;
}
