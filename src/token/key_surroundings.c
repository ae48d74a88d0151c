/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_surroundings.h"

#include <string.h>
#include <time.h>

#include "base/kept_error.h"
#include "base/text.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/leftover.h"
#include "token/ml_dsa.h"
#include "token/objects.h"
#include "token/public_half.h"

#define MOST_WRAPPERS 32u
#define MOST_SAME_ID  16u

static const CK_BBOOL yes = CK_TRUE;

/* CK_DATE: eight digits, or empty (PKCS#11 v2.40 section 3.4). */
static pc_evidence_date read_date(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type)
{
    const pc_attribute *found = NULL;
    struct tm day = { .tm_isdst = 0 };
    char digits[9] = "";

    for (size_t i = 0; i < attributes->count && !found; i++) {
        found = attributes->items[i].type == type ? &attributes->items[i] : NULL;
    }
    if (!found || !found->readable) {
        return (pc_evidence_date){ .set = PC_FACT_UNKNOWN };
    }
    if (found->value.len != sizeof(CK_DATE)) {
        return (pc_evidence_date){ .set = found->value.len ? PC_FACT_UNKNOWN : PC_FACT_FALSE };
    }
    memcpy(digits, found->value.data, 8);
    if (strspn(digits, "0") == 8 || !digits[0]) {
        return (pc_evidence_date){ .set = PC_FACT_FALSE };
    }
    const char *end = strspn(digits, "0123456789") == 8 ? strptime(digits, "%Y%m%d", &day) : NULL;

    return end && !*end ? (pc_evidence_date){ .set = PC_FACT_TRUE, .day_sec = (int64_t)timegm(&day) }
                        : (pc_evidence_date){ .set = PC_FACT_UNKNOWN };
}

/* Only the length of an attribute template is read, not its contents. */
static pc_fact has_template(const pc_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_ATTRIBUTE attribute = { .type = type, .ulValueLen = PC_LENGTH_UNTOUCHED };
    CK_RV rv = token->functions->C_GetAttributeValue(token->session, object, &attribute, 1);

    if (rv != CKR_OK || attribute.ulValueLen == (CK_ULONG)-1 || attribute.ulValueLen == PC_LENGTH_UNTOUCHED) {
        return PC_FACT_UNKNOWN;
    }
    return attribute.ulValueLen ? PC_FACT_TRUE : PC_FACT_FALSE;
}

static pc_status take_mechanisms(const pc_attributes *attributes, pc_arena *arena, pc_evidence_limits *limits,
                                 pc_error *err)
{
    const pc_attribute *found = pc_attributes_get(attributes, CKA_ALLOWED_MECHANISMS);

    for (size_t i = 0; i < attributes->count; i++) {
        if (attributes->items[i].type == CKA_ALLOWED_MECHANISMS && attributes->items[i].readable) {
            limits->mechanisms_stated = attributes->items[i].value.len ? PC_FACT_TRUE : PC_FACT_FALSE;
        }
    }
    if (found) {
        limits->mechanism_count = found->value.len / sizeof(CK_MECHANISM_TYPE);
        limits->mechanisms =
            pc_arena_copy(arena, found->value.data, limits->mechanism_count * sizeof(CK_MECHANISM_TYPE));
        return limits->mechanisms ? PC_OK : pc_fail_memory(err);
    }
    return PC_OK;
}

/* SoftHSM 2.6.1 fails with CKR_GENERAL_ERROR if a date is set on a private key: that attribute then counts as not
 * shown, and the others are read without it. Any other error is a failure. */
static bool is_of_one_attribute(const pc_error *why)
{
    return why->origin == PC_ORIGIN_PKCS11 && (why->code == CKR_GENERAL_ERROR || why->code == CKR_FUNCTION_FAILED);
}

static pc_status read_one_by_one(pc_object object, pc_attribute_types types, pc_arena *arena,
                                 pc_attributes *ret_attributes, pc_error *err)
{
    ret_attributes->count = types.count;
    for (size_t i = 0; i < types.count; i++) {
        const pc_attribute_types one_type = { &types.items[i], 1 };
        pc_attributes one;
        pc_error why = { 0 };
        pc_status status = pc_attributes_read(object, one_type, arena, &one, &why);

        if (status != PC_OK && !is_of_one_attribute(&why)) {
            pc_error_pass(err, &why);
            return status;
        }
        ret_attributes->items[i] = status == PC_OK ? one.items[0] : (pc_attribute){ .type = types.items[i] };
    }
    return PC_OK;
}

static pc_status read_limits(const pc_token *token, const pc_key *key, pc_arena *arena, pc_attributes *ret_attributes,
                             pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_START_DATE, CKA_END_DATE, CKA_ALLOWED_MECHANISMS };
    const pc_object object = { token, key->handle };
    pc_error why = { 0 };
    pc_status status = pc_attributes_read(object, PC_TYPES(wanted), arena, ret_attributes, &why);

    if (status != PC_OK && is_of_one_attribute(&why)) {
        return read_one_by_one(object, PC_TYPES(wanted), arena, ret_attributes, err);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

pc_status pc_key_limits_read(const pc_token *token, const pc_key *key, pc_arena *arena, pc_evidence_limits *ret_limits,
                             pc_error *err)
{
    pc_attributes attributes;
    pc_evidence_limits limits = { .read = true };

    PC_TRY(read_limits(token, key, arena, &attributes, err));
    limits.start = read_date(&attributes, CKA_START_DATE);
    limits.end = read_date(&attributes, CKA_END_DATE);
    PC_TRY(take_mechanisms(&attributes, arena, &limits, err));
    if (key->flags[PC_KEY_UNWRAP] == PC_FACT_TRUE) {
        limits.unwrap_template = has_template(token, key->handle, CKA_UNWRAP_TEMPLATE);
    }
    *ret_limits = limits;
    return PC_OK;
}

/* What killed programs left is not counted if there are several. */
static pc_status find_same_id(const pc_token *token, const pc_key *key, CK_OBJECT_CLASS class, pc_found *ret_found,
                              pc_error *err)
{
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &class, sizeof class);
    pc_template_add_bytes(&search, CKA_ID, key->id);
    PC_TRY(pc_objects_find(token, &search, PC_FOUND_MAX, ret_found, err));
    const size_t count = ret_found->count;

    PC_TRY(count > 1 ? pc_leftovers_drop(token, class, ret_found, err) : PC_OK);
    return count == PC_FOUND_MAX && ret_found->count < 2 ? pc_leftovers_fail_full(PC_FOUND_MAX, "the CKA_ID", err)
                                                         : PC_OK;
}

pc_status pc_key_same_id_count(const pc_token *token, const pc_key *key, const pc_found *known,
                               pc_evidence_same_id *ret_same_id, pc_error *err)
{
    pc_evidence_same_id same = { .read = true, .has_id = key->id.len > 0 };
    pc_found found = { .count = 0 };

    if (known) {
        found = *known;
    } else if (same.has_id) {
        PC_TRY(find_same_id(token, key, CKO_PRIVATE_KEY, &found, err));
    }
    same.count = found.count < MOST_SAME_ID ? found.count : MOST_SAME_ID;
    *ret_same_id = same;
    return PC_OK;
}

/* If the private key's public half was filled in from this same public object, comparing the two proves nothing. */
static pc_half_match compare_halves(const pc_public_half *private_half, const pc_public_half *given_half,
                                    const pc_public_half *public_half)
{
    const pc_public_half *own =
        private_half->key_type == CKK_RSA && private_half->modulus.len ? private_half : given_half;

    if (public_half->key_type != private_half->key_type) {
        return PC_HALF_OTHER;
    }
    if (!own || !pc_public_half_is_whole(own) || !pc_public_half_is_whole(public_half)) {
        return PC_HALF_UNCLEAR;
    }
    return pc_public_half_equal(own, public_half) ? PC_HALF_SAME : PC_HALF_OTHER;
}

static pc_status read_public_object(pc_object object, pc_arena *arena, pc_evidence_public *evidence,
                                    pc_public_half *ret_half, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_KEY_TYPE,  CKA_MODULUS,  CKA_PUBLIC_EXPONENT,
                                                CKA_EC_PARAMS, CKA_EC_POINT, CKA_ENCRYPT,
                                                CKA_WRAP };
    pc_attributes attributes;

    PC_TRY(pc_attributes_read(object, PC_TYPES(wanted), arena, &attributes, err));
    evidence->encrypt = pc_attributes_fact(&attributes, CKA_ENCRYPT);
    evidence->wrap = pc_attributes_fact(&attributes, CKA_WRAP);
    *ret_half = (pc_public_half){ .key_type = pc_attributes_number(&attributes, CKA_KEY_TYPE, CKK_VENDOR_DEFINED) };
    pc_public_half_take(&attributes, ret_half);
    return pc_ml_dsa_read_value(object, CKO_PUBLIC_KEY, arena, ret_half, err);
}

pc_status pc_key_public_read(const pc_token *token, const pc_public_question *question, pc_evidence_public *ret_public,
                             pc_error *err)
{
    const pc_key *key = question->key;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_evidence_public evidence = { .read = true, .half = PC_HALF_UNCLEAR };
    pc_found found = { .count = 0 };
    pc_public_half half;

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (key->id.len) {
        found = question->known ? *question->known : found;
        PC_TRY(question->known ? PC_OK : find_same_id(token, key, CKO_PUBLIC_KEY, &found, err));
        evidence.half = found.count == 0 ? PC_HALF_MISSING : PC_HALF_SEVERAL;
    }
    if (found.count == 1) {
        const pc_object object = { token, found.items[0] };
        bool is_leftover = false;

        PC_TRY(read_public_object(object, arena, &evidence, &half, err));
        PC_TRY(pc_leftover_is_key(object, CKO_PUBLIC_KEY, &half, &is_leftover, err));
        evidence.half = is_leftover ? PC_HALF_MISSING : compare_halves(&key->half, question->given_half, &half);
    }
    *ret_public = evidence;
    return PC_OK;
}

static pc_status read_wrapper(const pc_token *token, CK_OBJECT_HANDLE object, pc_arena *arena,
                              pc_evidence_wrapper *ret_wrapper, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = {
        CKA_LABEL, CKA_WRAP, CKA_UNWRAP, CKA_ENCRYPT, CKA_DECRYPT, CKA_TRUSTED
    };
    pc_attributes attributes;
    pc_evidence_wrapper wrapper = { .label = "" };

    PC_TRY(pc_attributes_read((pc_object){ token, object }, PC_TYPES(wanted), arena, &attributes, err));
    wrapper.label = pc_attributes_text(&attributes, CKA_LABEL, arena);
    if (!wrapper.label) {
        return pc_fail_memory(err);
    }
    wrapper.wrap = pc_attributes_fact(&attributes, CKA_WRAP);
    wrapper.unwrap = pc_attributes_fact(&attributes, CKA_UNWRAP);
    wrapper.encrypt = pc_attributes_fact(&attributes, CKA_ENCRYPT);
    wrapper.decrypt = pc_attributes_fact(&attributes, CKA_DECRYPT);
    wrapper.trusted = pc_attributes_fact(&attributes, CKA_TRUSTED);
    if (wrapper.wrap == PC_FACT_TRUE) {
        wrapper.wrap_template = has_template(token, object, CKA_WRAP_TEMPLATE);
    }
    *ret_wrapper = wrapper;
    return PC_OK;
}

static bool is_among(const pc_found *found, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i] == handle) {
            return true;
        }
    }
    return false;
}

pc_status pc_wrapping_keys_read(const pc_token *token, pc_arena *arena, pc_evidence_wrappers *ret_wrappers,
                                pc_error *err)
{
    pc_evidence_wrappers wrappers = { .read = true };
    pc_template wraps = { .count = 0 };
    pc_template unwraps = { .count = 0 };
    pc_found wrapping;
    pc_found unwrapping;

    pc_template_add(&wraps, CKA_WRAP, &yes, sizeof yes);
    pc_template_add(&unwraps, CKA_UNWRAP, &yes, sizeof yes);
    pc_template_add(&unwraps, CKA_ENCRYPT, &yes, sizeof yes);
    PC_TRY(pc_objects_find(token, &wraps, MOST_WRAPPERS + 1, &wrapping, err));
    PC_TRY(pc_objects_find(token, &unwraps, MOST_WRAPPERS + 1, &unwrapping, err));
    pc_evidence_wrapper *items = pc_arena_alloc(arena, (wrapping.count + unwrapping.count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < wrapping.count && i < MOST_WRAPPERS; i++) {
        PC_TRY(read_wrapper(token, wrapping.items[i], arena, &items[wrappers.count++], err));
    }
    for (size_t i = 0; i < unwrapping.count && i < MOST_WRAPPERS; i++) {
        if (!is_among(&wrapping, unwrapping.items[i])) {
            PC_TRY(read_wrapper(token, unwrapping.items[i], arena, &items[wrappers.count++], err));
        }
    }
    wrappers.items = items;
    wrappers.more = wrapping.count > MOST_WRAPPERS || unwrapping.count > MOST_WRAPPERS;
    *ret_wrappers = wrappers;
    return PC_OK;
}

void pc_token_describe(const pc_token *token, pc_evidence_token *ret_evidence)
{
    CK_FLAGS flags = token->info.flags;

    *ret_evidence = (pc_evidence_token){
        .read = true,
        .label = token->info.label,
        .login_required = (flags & CKF_LOGIN_REQUIRED) != 0,
        .user_pin_set = (flags & CKF_USER_PIN_INITIALIZED) != 0,
        .user_pin_to_be_changed = (flags & CKF_USER_PIN_TO_BE_CHANGED) != 0,
        .so_pin_to_be_changed = (flags & CKF_SO_PIN_TO_BE_CHANGED) != 0,
    };
}
