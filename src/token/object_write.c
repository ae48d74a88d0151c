/* SPDX-License-Identifier: Apache-2.0 */
#include "token/object_write.h"

#include <string.h>

#include "base/bytes.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/key.h"
#include "token/label_log.h"
#include "token/made_object.h"
#include "token/objects.h"
#include "token/public_half.h"

#define ACTION_PROHIBITED 0x0000001bUL /* CKR_ACTION_PROHIBITED, PKCS#11 v2.40 */

static pc_status read_value(pc_object object, CK_ATTRIBUTE_TYPE type, pc_arena *arena, pc_bytes *ret_value,
                            pc_error *err)
{
    const pc_attribute_types one = { &type, 1 };
    pc_attributes attributes;

    PC_TRY(pc_attributes_read(object, one, arena, &attributes, err));
    *ret_value = pc_attributes_bytes(&attributes, type);
    return PC_OK;
}

/* Codes that mean "not on this object": PKCS#11 v2.40 section 5.1.6 and 4.1.2. */
static bool is_refusal(CK_RV rv)
{
    return rv == ACTION_PROHIBITED || rv == CKR_ATTRIBUTE_READ_ONLY || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
           rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_FUNCTION_NOT_SUPPORTED;
}

static pc_status set(const pc_token *token, const pc_attribute_change *change, pc_error *err)
{
    const bool is_label = change->type == CKA_LABEL;
    pc_template one = { .count = 0 };

    pc_template_add_bytes(&one, change->type, change->new_value);
    PC_AUTO(pc_label_writing)
    __attribute__((unused)) pc_label_writing writing =
        is_label ? pc_label_writing_begin(token, change->new_value) : (pc_label_writing){ .log = NULL };
    CK_RV rv = token->functions->C_SetAttributeValue(token->session, change->handle, one.items, one.count);

    if (rv == CKR_OK) {
        return PC_OK;
    }
    return is_refusal(rv) ? pc_fail_ckr_as(err, PC_E_REFUSED, rv, "C_SetAttributeValue")
                          : pc_fail_ckr(err, rv, "C_SetAttributeValue");
}

static pc_status changed_by_another(pc_error *err)
{
    (void)pc_fail(err, PC_E_VERIFY, "another program changed the object after it was read; nothing was written to it");
    return pc_hint_resume(err, PC_E_VERIFY, "run the command again when the other program has finished");
}

pc_status pc_object_still_has(pc_object object, CK_ATTRIBUTE_TYPE type, pc_bytes value, pc_arena *arena, pc_error *err)
{
    pc_bytes stored = { .len = 0 };

    PC_TRY(read_value(object, type, arena, &stored, err));
    return pc_attribute_equal(type, stored, value) ? PC_OK : changed_by_another(err);
}

pc_status pc_object_change(const pc_token *token, const pc_attribute_change *change, pc_arena *arena, pc_error *err)
{
    const pc_object object = { token, change->handle };
    pc_bytes stored = { .len = 0 };

    PC_TRY(read_value(object, change->type, arena, &stored, err));
    if (pc_attribute_equal(change->type, stored, change->new_value)) {
        return PC_OK;
    }
    if (!pc_attribute_equal(change->type, stored, change->old_value)) {
        return changed_by_another(err);
    }
    PC_TRY(set(token, change, err));
    PC_TRY(read_value(object, change->type, arena, &stored, err));
    if (!pc_attribute_equal(change->type, stored, change->new_value)) {
        return pc_fail(err, PC_E_VERIFY, "the token reported that the attribute was written, but it reads back %s",
                       pc_attribute_equal(change->type, stored, change->old_value) ? "unchanged" : "as something else");
    }
    return PC_OK;
}

/* --- public keys --- */

static const CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

static void describe_public(const pc_key *key, bool encrypts, const CK_BBOOL *is_private, pc_template *object)
{
    pc_template_add(object, CKA_CLASS, &public_class, sizeof public_class);
    pc_template_add(object, CKA_KEY_TYPE, &key->half.key_type, sizeof key->half.key_type);
    pc_template_add(object, CKA_TOKEN, &yes, sizeof yes);
    pc_template_add(object, CKA_PRIVATE, is_private, sizeof *is_private);
    pc_template_add(object, CKA_LABEL, key->label, strlen(key->label));
    pc_template_add_bytes(object, CKA_ID, key->id);
    pc_template_add(object, CKA_VERIFY, &yes, sizeof yes);
    pc_public_half_add(&key->half, object);
    pc_template_add(object, CKA_ENCRYPT, key->half.key_type == CKK_RSA && encrypts ? &yes : &no, sizeof no);
}

/* Attributes that some modules refuse; set if they are accepted. */
static void add_control(const pc_key *key, pc_template *object)
{
    pc_template_add(object, CKA_VERIFY_RECOVER, &no, sizeof no);
    pc_template_add(object, CKA_WRAP, &no, sizeof no);
    if (key->subject.len) {
        pc_template_add_bytes(object, CKA_SUBJECT, key->subject);
    }
}

static bool may_go_otherwise(CK_RV rv)
{
    return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_VALUE_INVALID;
}

/* Some tokens take a public key only as a private object (AWS CloudHSM). */
static CK_RV create(const pc_token *token, const pc_key *key, bool encrypts, CK_OBJECT_HANDLE *ret_handle)
{
    CK_RV rv = CKR_TEMPLATE_INCONSISTENT;

    PC_WRITES_LABEL(token, pc_bytes_of_text(key->label));
    for (int is_private = 0; is_private < 2 && may_go_otherwise(rv); is_private++) {
        pc_template whole = { .count = 0 };

        describe_public(key, encrypts, is_private ? &yes : &no, &whole);
        pc_template bare = whole;

        add_control(key, &whole);
        rv = token->functions->C_CreateObject(token->session, whole.items, whole.count, ret_handle);
        if (may_go_otherwise(rv)) {
            rv = token->functions->C_CreateObject(token->session, bare.items, bare.count, ret_handle);
        }
    }
    return rv;
}

#define MOST_OF_ID 16u /* public keys with one CKA_ID that are compared */

/* The same public key with the same CKA_ID. The values are compared here: not every module can search by them. */
static pc_status count_same(const pc_token *token, const pc_key *key, pc_arena *arena, size_t *ret_count, pc_error *err)
{
    pc_template search = { .count = 0 };
    pc_found found;
    size_t count = 0;

    pc_template_add(&search, CKA_CLASS, &public_class, sizeof public_class);
    pc_template_add_bytes(&search, CKA_ID, key->id);
    PC_TRY(pc_objects_find(token, &search, MOST_OF_ID, &found, err));
    for (size_t i = 0; i < found.count; i++) {
        pc_key each;

        PC_TRY(pc_key_read_object((pc_object){ token, found.items[i] }, arena, &each, err));
        count += pc_public_half_equal(&each.half, &key->half);
    }
    *ret_count = count;
    return PC_OK;
}

static pc_status check_same(const pc_token *token, const pc_key *key, CK_OBJECT_HANDLE handle, pc_arena *arena,
                            pc_error *err)
{
    pc_key stored;

    PC_TRY(pc_key_read_object((pc_object){ token, handle }, arena, &stored, err));
    return pc_public_half_equal(&stored.half, &key->half) && pc_bytes_equal(stored.id, key->id)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "the public key or CKA_ID on the token is not the expected one");
}

static pc_status check_written(const pc_token *token, const pc_key *key, CK_OBJECT_HANDLE handle, pc_arena *arena,
                               pc_error *err)
{
    size_t count = 0;

    PC_TRY(check_same(token, key, handle, arena, err));
    PC_TRY(count_same(token, key, arena, &count, err));
    if (count == 1) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_VERIFY,
                  count ? "another program wrote the same public key at the same time"
                        : "the token does not find the public key that was just written to it");
    return pc_hint_resume(err, PC_E_VERIFY, "run the command again when the other program has finished");
}

pc_status pc_public_key_write(const pc_token *token, const pc_key *key, bool encrypts, pc_arena *arena, pc_error *err)
{
    CK_OBJECT_HANDLE handle = 0;
    size_t count = 0;

    PC_TRY(count_same(token, key, arena, &count, err));
    if (count) {
        return PC_OK;
    }
    CK_RV rv = create(token, key, encrypts, &handle);

    if (rv != CKR_OK) {
        return pc_fail_ckr(err, rv, "C_CreateObject");
    }
    pc_status status = check_written(token, key, handle, arena, err);

    if (status != PC_E_VERIFY) {
        return status;
    }
    pc_template made = pc_made_with_id(&public_class, key->id);

    pc_public_half_add_value(&key->half, &made);
    pc_template_add(&made, CKA_LABEL, key->label, strlen(key->label));
    rv = pc_made_object_destroy(token, handle, &made);
    return pc_note(err, status, "the public key object was %s",
                   rv == CKR_OK ? "removed again" : "NOT removed and must not be trusted");
}
