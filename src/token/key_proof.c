/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_proof.h"

#include <string.h>

#include "base/secret_auto.h"
#include "token/ckr.h"
#include "token/made_object.h"

#define EXTRACT_ROOM ((size_t)8192) /* an RSA-4096 PKCS#8 wrapped is under 2.5 KB */
#define PART_ROOM    ((size_t)1024) /* the private exponent of an RSA-8192 key */

static const CK_RV losses[] = {
    CKR_DEVICE_ERROR,       CKR_DEVICE_REMOVED,         CKR_TOKEN_NOT_PRESENT,
    CKR_SESSION_CLOSED,     CKR_SESSION_HANDLE_INVALID, CKR_USER_NOT_LOGGED_IN,
    CKR_KEY_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID,  CKR_HOST_MEMORY,
    CKR_DEVICE_MEMORY,
};

/* The PKCS#11 v2.40 codes for "the object's attributes do not allow this" (sections 5.1.6 and 5.7). */
static const CK_RV refusals[] = {
    CKR_ATTRIBUTE_SENSITIVE,
    CKR_ATTRIBUTE_READ_ONLY,
    CKR_ATTRIBUTE_TYPE_INVALID,
    CKR_ATTRIBUTE_VALUE_INVALID,
    0x0000001bUL /* CKR_ACTION_PROHIBITED */,
    CKR_KEY_UNEXTRACTABLE,
    CKR_KEY_NOT_WRAPPABLE,
    CKR_KEY_FUNCTION_NOT_PERMITTED,
    CKR_TEMPLATE_INCONSISTENT,
};

static bool is_listed(CK_RV rv, const CK_RV *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == rv) {
            return true;
        }
    }
    return false;
}

bool pc_rv_is_loss(CK_RV rv)
{
    return is_listed(rv, losses, PC_COUNT(losses));
}

bool pc_rv_is_refusal(CK_RV rv)
{
    return is_listed(rv, refusals, PC_COUNT(refusals));
}

/* --- reading --- */

static const CK_ATTRIBUTE_TYPE rsa_parts[] = { CKA_PRIVATE_EXPONENT, CKA_PRIME_1,    CKA_PRIME_2,
                                               CKA_EXPONENT_1,       CKA_EXPONENT_2, CKA_COEFFICIENT };
static const CK_ATTRIBUTE_TYPE other_parts[] = { CKA_VALUE };

/* One secret part is enough to reconstruct the key. */
static bool any_part_came(const CK_ATTRIBUTE *parts, size_t count, CK_RV rv)
{
    for (size_t i = 0; i < count; i++) {
        const CK_BYTE *bytes = parts[i].pValue;
        bool said = parts[i].ulValueLen != (CK_ULONG)-1 && parts[i].ulValueLen > 0;
        bool there = false;

        for (size_t offset = 0; offset < PART_ROOM && said && !there; offset++) {
            there = bytes[offset] != 0;
        }
        /* A failed call may leave the lengths unchanged: then only the bytes count. */
        if (said && (rv == CKR_OK || there)) {
            return true;
        }
    }
    return false;
}

static pc_status try_read(const pc_token *token, const pc_extract_target *target, pc_secret *room, pc_key_proof *proof,
                          pc_error *err)
{
    bool rsa = target->key_type == CKK_RSA;
    const CK_ATTRIBUTE_TYPE *types = rsa ? rsa_parts : other_parts;
    size_t count = rsa ? PC_COUNT(rsa_parts) : PC_COUNT(other_parts);
    CK_ATTRIBUTE parts[PC_COUNT(rsa_parts)];

    memset(pc_secret_bytes(room), 0, pc_secret_size(room));
    for (size_t i = 0; i < count; i++) {
        parts[i] = (CK_ATTRIBUTE){ types[i], pc_secret_bytes(room) + i * PART_ROOM, PART_ROOM };
    }
    proof->read_rv = token->functions->C_GetAttributeValue(token->session, target->key, parts, count);
    if (pc_rv_is_loss(proof->read_rv)) {
        return pc_fail_ckr(err, proof->read_rv, "C_GetAttributeValue");
    }
    if (any_part_came(parts, count, proof->read_rv)) {
        proof->read = PC_ATTEMPT_SUCCEEDED;
    } else if (proof->read_rv == CKR_OK || pc_rv_is_refusal(proof->read_rv)) {
        proof->read = PC_ATTEMPT_REFUSED;
    }
    return PC_OK;
}

/* --- wrapping --- */

static CK_RV make_wrapping_key(const pc_token *token, const pc_extract_target *target, CK_OBJECT_HANDLE *ret_handle)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG len = 32;
    CK_BYTE mark[64];
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type }, { CKA_VALUE_LEN, &len, sizeof len },
        { CKA_TOKEN, &no, sizeof no },       { CKA_PRIVATE, &yes, sizeof yes },    { CKA_SENSITIVE, &yes, sizeof yes },
        { CKA_EXTRACTABLE, &no, sizeof no }, { CKA_WRAP, &yes, sizeof yes },       { CKA_UNWRAP, &no, sizeof no },
        { CKA_ENCRYPT, &no, sizeof no },     { CKA_DECRYPT, &no, sizeof no },      { CKA_ID, mark, target->mark.len },
    };
    bool marked = target->mark.data && target->mark.len <= sizeof mark;

    if (marked) {
        memcpy(mark, target->mark.data, target->mark.len);
    }
    return token->functions->C_GenerateKey(token->session, &mechanism, template, PC_COUNT(template) - (marked ? 0 : 1),
                                           ret_handle);
}

static CK_BYTE no_iv[16]; /* the AES key is used once */

static const struct {
    CK_MECHANISM mechanism;
    const char *name;
} wraps[] = {
    { { CKM_AES_KEY_WRAP_PAD, NULL, 0 }, "CKM_AES_KEY_WRAP_PAD" },
    { { 0x0000210bUL, NULL, 0 }, "CKM_AES_KEY_WRAP_KWP" }, /* PKCS#11 v3.0 */
    { { CKM_AES_CBC_PAD, no_iv, sizeof no_iv }, "CKM_AES_CBC_PAD" },
};

/* "Not with this mechanism": others may still work. */
static bool is_mechanism_lacking(CK_RV rv)
{
    return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_WRAPPING_KEY_TYPE_INCONSISTENT;
}

static void wrap_by_any(const pc_token *token, const pc_extract_target *target, CK_OBJECT_HANDLE wrapping,
                        pc_secret *room, pc_key_proof *proof)
{
    for (size_t i = 0; i < PC_COUNT(wraps); i++) {
        CK_MECHANISM mechanism = wraps[i].mechanism;

        proof->wrap_how = wraps[i].name;
        proof->wrap_len = pc_secret_size(room);
        proof->wrap_rv = token->functions->C_WrapKey(token->session, &mechanism, wrapping, target->key,
                                                     pc_secret_bytes(room), &proof->wrap_len);
        if (!is_mechanism_lacking(proof->wrap_rv)) {
            return;
        }
    }
}

static pc_status make_wrapping(const pc_token *token, const pc_extract_target *target, pc_wrapping_key *ret_wrapping,
                               pc_error *err)
{
    pc_wrapping_key made = { .handle = 0 };

    made.rv = make_wrapping_key(token, target, &made.handle);
    if (pc_rv_is_loss(made.rv)) {
        return pc_fail_ckr(err, made.rv, "C_GenerateKey");
    }
    if (made.rv != CKR_OK) {
        made.handle = 0;
    }
    *ret_wrapping = made;
    return PC_OK;
}

pc_status pc_wrapping_key_make(const pc_token *token, pc_wrapping_key *ret_wrapping, pc_error *err)
{
    return make_wrapping(token, &(pc_extract_target){ .key = 0 }, ret_wrapping, err);
}

void pc_wrapping_key_destroy(const pc_token *token, const pc_wrapping_key *wrapping)
{
    if (wrapping->handle) {
        (void)pc_made_session_key_destroy(token, wrapping->handle, CKO_SECRET_KEY);
    }
}

static pc_status try_wrap(const pc_token *token, const pc_extract_target *target, pc_secret *room, pc_key_proof *proof,
                          pc_error *err)
{
    pc_wrapping_key wrapping = { .handle = 0 };

    if (target->wrapping) {
        wrapping = *target->wrapping;
    } else {
        PC_TRY(make_wrapping(token, target, &wrapping, err));
    }
    proof->wrap_rv = wrapping.rv;
    if (!wrapping.handle) {
        return PC_OK; /* no AES: the attempt cannot be made */
    }
    wrap_by_any(token, target, wrapping.handle, room, proof);
    if (!target->wrapping) {
        proof->left_behind = pc_made_session_key_destroy(token, wrapping.handle, CKO_SECRET_KEY) != CKR_OK;
    }
    if (pc_rv_is_loss(proof->wrap_rv)) {
        return pc_fail_ckr(err, proof->wrap_rv, "C_WrapKey");
    }
    proof->no_wrap_at_all = proof->wrap_rv == CKR_FUNCTION_NOT_SUPPORTED;
    if (proof->wrap_rv == CKR_OK) {
        proof->wrap = PC_ATTEMPT_SUCCEEDED;
    } else if (pc_rv_is_refusal(proof->wrap_rv)) {
        proof->wrap = PC_ATTEMPT_REFUSED;
    }
    return PC_OK;
}

pc_status pc_key_try_extract_of(const pc_token *token, const pc_extract_target *target, pc_key_proof *ret_proof,
                                pc_error *err)
{
    PC_AUTO(pc_secret) pc_secret *room = NULL;
    pc_key_proof proof = { .read = PC_ATTEMPT_NOT_MADE };

    PC_TRY(pc_secret_new(EXTRACT_ROOM, &room, err));
    PC_TRY(try_read(token, target, room, &proof, err));
    PC_TRY(try_wrap(token, target, room, &proof, err));
    *ret_proof = proof;
    return PC_OK;
}

pc_status pc_key_try_extract(const pc_token *token, const pc_key *key, pc_key_proof *ret_proof, pc_error *err)
{
    const pc_extract_target target = { .key = key->handle, .key_type = key->half.key_type };

    return pc_key_try_extract_of(token, &target, ret_proof, err);
}

pc_status pc_key_try_extract_with(const pc_token *token, const pc_key *key, const pc_wrapping_key *wrapping,
                                  pc_key_proof *ret_proof, pc_error *err)
{
    const pc_extract_target target = { .key = key->handle, .key_type = key->half.key_type, .wrapping = wrapping };

    return pc_key_try_extract_of(token, &target, ret_proof, err);
}
