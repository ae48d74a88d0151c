/* SPDX-License-Identifier: Apache-2.0 */
#include "token/key_import.h"

#include <string.h>

#include "token/attributes.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/key.h"
#include "token/key_transfer.h"
#include "token/keygen.h"
#include "token/label_log.h"
#include "token/made_object.h"
#include "token/objects.h"
#include "token/public_half.h"

#define SHOWN_MAX 8u /* keys with one CKA_ID that are counted */

static const CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

static CK_RV create_public(const pc_token *token, const pc_key_plan *plan, bool is_private)
{
    pc_template template = { .count = 0 };
    CK_OBJECT_HANDLE handle = 0;
    CK_KEY_TYPE type = plan->half->key_type;

    pc_template_add(&template, CKA_CLASS, &public_class, sizeof public_class);
    pc_template_add(&template, CKA_KEY_TYPE, &type, sizeof type);
    pc_template_add(&template, CKA_TOKEN, &yes, sizeof yes);
    pc_template_add(&template, CKA_PRIVATE, is_private ? &yes : &no, sizeof no);
    pc_template_add(&template, CKA_LABEL, plan->label, strlen(plan->label));
    pc_template_add_bytes(&template, CKA_ID, pc_key_plan_id(plan));
    pc_template_add(&template, CKA_VERIFY, &yes, sizeof yes);
    pc_template_add(&template, CKA_ENCRYPT, &no, sizeof no);
    pc_template_add(&template, CKA_WRAP, &no, sizeof no);
    pc_public_half_add(plan->half, &template);
    return token->functions->C_CreateObject(token->session, template.items, template.count, &handle);
}

pc_status pc_public_object_write(const pc_token *token, const pc_key_plan *plan, pc_error *err)
{
    PC_WRITES_LABEL(token, pc_bytes_of_text(plan->label));
    CK_RV rv = create_public(token, plan, false);

    /* Some tokens take a public key only as a private object (AWS CloudHSM). */
    if (rv != CKR_GENERAL_ERROR && pc_rv_refuses_template(rv)) {
        rv = create_public(token, plan, true);
    }
    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_CreateObject");
}

/* A template of key_template.h followed by the key's values. */
typedef struct {
    CK_ATTRIBUTE items[48];
    CK_ULONG count;
} long_template;

static void append(long_template *template, CK_ATTRIBUTE_TYPE type, void *value, size_t len)
{
    template->items[template->count++] = (CK_ATTRIBUTE){ .type = type, .pValue = value, .ulValueLen = len };
}

static void append_numbers(long_template *template, CK_KEY_TYPE type, const pc_key_numbers *numbers)
{
    static const CK_ATTRIBUTE_TYPE rsa[] = { CKA_PRIVATE_EXPONENT, CKA_PRIME_1,    CKA_PRIME_2,
                                             CKA_EXPONENT_1,       CKA_EXPONENT_2, CKA_COEFFICIENT };
    size_t offset = 0;

    for (size_t i = 0; i < numbers->count; i++) {
        append(template, type == CKK_RSA ? rsa[i] : CKA_VALUE, numbers->bytes + offset, numbers->len[i]);
        offset += numbers->len[i];
    }
}

static void build_private(long_template *template, const pc_key_template *flags, const pc_public_half *half,
                          const pc_key_numbers *numbers)
{
    pc_template values = { .count = 0 };

    memcpy(template->items, flags->private_items, flags->private_count * sizeof *flags->private_items);
    template->count = flags->private_count;
    pc_public_half_add(half, &values);
    /* A private EC key object has no point (PKCS#11 v2.40 section 2.3.4). */
    for (CK_ULONG i = 0; i < values.count; i++) {
        if (values.items[i].type != CKA_EC_POINT) {
            template->items[template->count++] = values.items[i];
        }
    }
    append_numbers(template, half->key_type, numbers);
}

pc_status pc_key_write(const pc_token *token, const pc_key_plan *plan, const pc_key_numbers *numbers,
                       pc_imported *ret_imported, pc_error *err)
{
    CK_RV rv = CKR_TEMPLATE_INCONSISTENT;

    PC_WRITES_LABEL(token, pc_bytes_of_text(plan->label));
    *ret_imported = (pc_imported){ .mechanism = "C_CreateObject" };
    for (unsigned rung = 0; rung < PC_RUNG_COUNT && (rung == 0 || pc_template_may_be_refused(token, plan, rv));
         rung++) {
        pc_key_template flags;
        long_template template = { .count = 0 };

        pc_key_template_build(plan, (pc_template_rung)rung, &flags);
        build_private(&template, &flags, plan->half, numbers);
        rv = token->functions->C_CreateObject(token->session, template.items, template.count, &ret_imported->handle);
        ret_imported->rung = (pc_template_rung)rung;
    }
    return rv == CKR_OK ? PC_OK : pc_fail_ckr(err, rv, "C_CreateObject");
}

/* A wreck with this CKA_ID, left by an earlier run that was killed in C_UnwrapKey, is not the key. */
static pc_status read_in(const pc_token *reader, const pc_key_plan *plan, pc_arena *arena, pc_keys *ret_keys,
                         pc_error *err)
{
    const pc_key_selector by_id = {
        .words = plan->label, .id = pc_key_plan_id(plan), .max = SHOWN_MAX, .half_may_lack = true
    };

    PC_TRY(pc_keys_find(reader, &by_id, arena, ret_keys, err));
    if (ret_keys->count != 1) {
        return pc_fail(err, PC_E_VERIFY,
                       "the token reported that it imported the key, but shows %zu keys with its "
                       "CKA_ID",
                       ret_keys->count);
    }
    pc_key *key = &ret_keys->items[0];

    /* Reading it alone says why it lacks its public half. */
    return pc_public_half_is_whole(&key->half) ? PC_OK
                                               : pc_key_read((pc_object){ reader, key->handle }, arena, key, err);
}

pc_status pc_key_read_back(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_imported *imported,
                           pc_error *err)
{
    PC_AUTO(pc_token) pc_token *reader = NULL;
    pc_keys found;

    PC_TRY(pc_token_branch(token, false, &reader, err));
    PC_TRY(read_in(reader, plan, arena, &found, err));
    pc_key key = found.items[0];
    const char *wrong = pc_key_compare(&key, plan, imported->rung, arena);

    wrong = wrong && !*wrong ? pc_label_difference(key.label, plan->label, arena) : wrong;
    if (!wrong) {
        return pc_fail_memory(err);
    }
    imported->differs = *wrong != '\0';
    if (imported->differs) {
        return pc_fail(err, PC_E_VERIFY, "the key on the token differs from the requested attributes: %s", wrong);
    }
    if (!pc_public_half_is_whole(&key.half)) {
        return pc_fail(err, PC_E_VERIFY, "the token does not show the public key of the imported key");
    }
    if (!pc_public_half_equal(&key.half, plan->half)) {
        return pc_fail(err, PC_E_VERIFY, "the token shows a public key that does not belong to the imported key");
    }
    key.handle = imported->handle;
    imported->key = key;
    imported->leftover_count = found.leftover_count;
    return PC_OK;
}

pc_status pc_key_id_find(const pc_token *token, pc_bytes id, bool *ret_found, pc_error *err)
{
    const CK_OBJECT_CLASS *const classes[] = { &private_class, &public_class };

    *ret_found = false;
    for (size_t i = 0; i < PC_COUNT(classes) && !*ret_found; i++) {
        pc_template search = { .count = 0 };
        pc_found found;

        pc_template_add(&search, CKA_CLASS, classes[i], sizeof *classes[i]);
        pc_template_add(&search, CKA_ID, id.data, id.len);
        PC_TRY(pc_objects_find(token, &search, 1, &found, err));
        *ret_found = found.count > 0;
    }
    return PC_OK;
}

static pc_status remove_class(const pc_token *token, const CK_OBJECT_CLASS *class, const pc_key_plan *plan,
                              pc_error *err)
{
    pc_template search = { .count = 0 };
    pc_found found;

    pc_template_add(&search, CKA_CLASS, class, sizeof *class);
    pc_template_add_bytes(&search, CKA_ID, pc_key_plan_id(plan));
    PC_TRY(pc_objects_find(token, &search, 4, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        CK_RV rv = pc_made_object_destroy(token, found.items[i], &search);

        if (rv != CKR_OK) {
            return pc_fail_ckr(err, rv, "C_DestroyObject");
        }
    }
    return PC_OK;
}

pc_status pc_key_remove(const pc_token *token, const pc_key_plan *plan, bool keep_public, pc_error *err)
{
    PC_TRY(remove_class(token, &private_class, plan, err));
    return keep_public ? PC_OK : remove_class(token, &public_class, plan, err);
}

pc_status pc_public_object_remove(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_error *err)
{
    const pc_template made = pc_made_with_id(&public_class, pc_key_plan_id(plan));
    pc_found found;

    PC_TRY(pc_objects_find(token, &made, PC_FOUND_MAX, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        pc_key each;

        PC_TRY(pc_key_read_object((pc_object){ token, found.items[i] }, arena, &each, err));
        if (!pc_public_half_equal(&each.half, plan->half)) {
            continue;
        }
        CK_RV rv = pc_made_object_destroy(token, found.items[i], &made);

        if (rv != CKR_OK) {
            return pc_fail_ckr(err, rv, "C_DestroyObject");
        }
    }
    return PC_OK;
}

static pc_template describe_empty(void)
{
    pc_template empty = { .count = 0 };

    pc_template_add(&empty, CKA_CLASS, &private_class, sizeof private_class);
    pc_template_add(&empty, CKA_ID, NULL, 0);
    pc_template_add(&empty, CKA_LABEL, NULL, 0);
    return empty;
}

pc_status pc_empty_keys_find(const pc_token *token, pc_arena *arena, pc_handles *ret_keys, pc_error *err)
{
    const pc_template search = describe_empty();

    return pc_objects_find_all(token, &search, arena, ret_keys, err);
}

static bool is_among(const pc_handles *keys, CK_OBJECT_HANDLE handle)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i] == handle) {
            return true;
        }
    }
    return false;
}

pc_status pc_empty_keys_remove_new(const pc_token *token, const pc_handles *before, pc_arena *arena, pc_error *err)
{
    const pc_template empty = describe_empty();
    pc_handles now = { .count = 0 };

    PC_TRY(pc_empty_keys_find(token, arena, &now, err));
    for (size_t i = 0; i < now.count; i++) {
        pc_key key;

        if (is_among(before, now.items[i])) {
            continue;
        }
        PC_TRY(pc_key_read_object((pc_object){ token, now.items[i] }, arena, &key, err));
        bool has_numbers = key.half.modulus.len || key.half.parameters.len;

        /* A complete key of another kind has neither attribute. */
        if (key.id.len || *key.label || has_numbers ||
            (key.half.key_type != CKK_RSA && key.half.key_type != CKK_EC && key.half.key_type != CKK_EC_EDWARDS)) {
            continue;
        }
        CK_RV rv = pc_made_object_destroy(token, now.items[i], &empty);

        if (rv != CKR_OK) {
            return pc_fail_ckr(err, rv, "C_DestroyObject");
        }
    }
    return PC_OK;
}
