/* SPDX-License-Identifier: Apache-2.0 */
#include "token/data_object.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/made_object.h"
#include "token/objects.h"

static const CK_OBJECT_CLASS data_class = CKO_DATA;

/* Anyone with access to the token can write a public object; only those who have the PIN can write a private one
 * (PKCS#11 v2.40 section 2.4). */
static bool is_trusted(const pc_token *token, const pc_data_object *object)
{
    return object->is_private == PC_FACT_TRUE || !(token->info.flags & CKF_LOGIN_REQUIRED);
}

static pc_status read_one(const pc_token *token, CK_OBJECT_HANDLE handle, pc_arena *arena, pc_data_object *ret_object,
                          pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = { CKA_APPLICATION, CKA_LABEL, CKA_VALUE, CKA_PRIVATE };
    pc_attributes attributes;

    PC_TRY(pc_attributes_read((pc_object){ token, handle }, PC_TYPES(wanted), arena, &attributes, err));
    *ret_object = (pc_data_object){
        .handle = handle,
        .application = pc_attributes_text(&attributes, CKA_APPLICATION, arena),
        .label = pc_attributes_text(&attributes, CKA_LABEL, arena),
        .value = pc_attributes_bytes(&attributes, CKA_VALUE),
        .is_private = pc_attributes_fact(&attributes, CKA_PRIVATE),
    };
    return ret_object->application && ret_object->label ? PC_OK : pc_fail_memory(err);
}

/* If the token does not show a part of an object, that does not mean "there is none": a request would be sent again, or
 * its record would stay.
 */
static pc_status check_is_shown(const pc_token *token, const pc_data_object *object, pc_error *err)
{
    bool is_trust_known = is_trusted(token, object) || object->is_private == PC_FACT_FALSE;

    if (is_trust_known && (object->value.len > 0 || !is_trusted(token, object))) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_TOKEN, "token \"%s\" does not show %s its data object \"%s\"", token->info.label,
                   is_trust_known ? "the value of" : "whether anyone may write", object->label);
}

static pc_status find_once(const pc_token *token, const char *application, pc_arena *arena, pc_data_objects *ret_found,
                           pc_error *err)
{
    pc_handles handles = { .count = 0 };
    pc_data_objects found = { .count = 0 };
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &data_class, sizeof data_class);
    pc_template_add(&search, CKA_APPLICATION, application, strlen(application));
    PC_TRY(pc_objects_find_all_by_text(token, &search, arena, &handles, err));
    for (size_t i = 0; i < handles.count; i++) {
        pc_data_object object;

        PC_TRY(read_one(token, handles.items[i], arena, &object, err));
        PC_TRY(check_is_shown(token, &object, err));
        if (!is_trusted(token, &object) || object.value.len > PC_DATA_OBJECT_MAX_LEN) {
            continue;
        }
        pc_data_object *slot = PC_PUSH(arena, found.items, found.count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = object;
    }
    *ret_found = found;
    return PC_OK;
}

#define ATTEMPTS_MOST 5

/* Another run may remove a record between search and reading; the search is then repeated. */
pc_status pc_data_objects_find(const pc_token *token, const char *application, pc_arena *arena,
                               pc_data_objects *ret_found, pc_error *err)
{
    pc_error why = { .status = PC_OK };
    pc_status status = find_once(token, application, arena, ret_found, &why);

    for (int i = 1; i < ATTEMPTS_MOST && status != PC_OK && why.origin == PC_ORIGIN_PKCS11 &&
                    why.code == CKR_OBJECT_HANDLE_INVALID;
         i++) {
        why = (pc_error){ .status = PC_OK };
        status = find_once(token, application, arena, ret_found, &why);
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    return status;
}

/* The codes returned by modules that do not support data objects, do not store them permanently, or have no space for
 * one. */
static bool is_not_supported(CK_RV rv)
{
    return rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT ||
           rv == CKR_FUNCTION_NOT_SUPPORTED || rv == CKR_TOKEN_WRITE_PROTECTED || rv == CKR_DEVICE_MEMORY;
}

static pc_template describe_own(const pc_data_object *object)
{
    pc_template own = { .count = 0 };

    pc_template_add(&own, CKA_CLASS, &data_class, sizeof data_class);
    pc_template_add(&own, CKA_APPLICATION, object->application, strlen(object->application));
    return own;
}

/* A token that stores the object as writable by anyone counts as one without data objects: such an object could not be
 * distinguished from one that somebody else wrote, so it is removed. */
static pc_status read_back(const pc_token *token, const pc_data_object *written, pc_arena *arena, bool *ret_stored,
                           pc_error *err)
{
    pc_data_object stored;

    PC_TRY(read_one(token, written->handle, arena, &stored, err));
    if (pc_bytes_equal(stored.value, written->value) && strcmp(stored.application, written->application) == 0 &&
        strcmp(stored.label, written->label) == 0 && is_trusted(token, &stored)) {
        return PC_OK;
    }
    pc_template made = describe_own(written);

    pc_template_add(&made, CKA_LABEL, written->label, strlen(written->label));
    CK_RV rv = pc_made_object_destroy(token, written->handle, &made);

    *ret_stored = is_trusted(token, &stored);
    if (!*ret_stored && rv == CKR_OK) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_VERIFY, "the data object does not read back as it was written; the object was %s",
                   rv == CKR_OK ? "removed again" : "NOT removed");
}

pc_status pc_data_object_write(const pc_token *token, pc_data_object *object, pc_arena *arena, bool *ret_stored,
                               pc_error *err)
{
    static const CK_BBOOL yes = CK_TRUE;
    pc_template template = { .count = 0 };
    CK_OBJECT_HANDLE handle = 0;

    pc_template_add(&template, CKA_CLASS, &data_class, sizeof data_class);
    pc_template_add(&template, CKA_TOKEN, &yes, sizeof yes);
    pc_template_add(&template, CKA_PRIVATE, &yes, sizeof yes);
    pc_template_add(&template, CKA_MODIFIABLE, &yes, sizeof yes);
    pc_template_add(&template, CKA_APPLICATION, object->application, strlen(object->application));
    pc_template_add(&template, CKA_LABEL, object->label, strlen(object->label));
    pc_template_add_bytes(&template, CKA_VALUE, object->value);
    CK_RV rv = token->functions->C_CreateObject(token->session, template.items, template.count, &handle);

    *ret_stored = !is_not_supported(rv);
    if (!*ret_stored) {
        return PC_OK;
    }
    if (rv != CKR_OK) {
        return pc_note(err, pc_fail_ckr(err, rv, "C_CreateObject"),
                       "cannot write the data object \"%s\" to token \"%s\"", object->label, token->info.label);
    }
    pc_data_object written = *object;

    written.handle = handle;
    PC_TRY(read_back(token, &written, arena, ret_stored, err));
    object->handle = handle;
    return PC_OK;
}

/* Is the object still there, although it does not show what it is? Then it has not been removed by another run. */
static pc_status check_gone(const pc_token *token, const pc_data_object *object, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_template search = { .count = 0 };
    pc_handles handles = { .count = 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    pc_template_add(&search, CKA_CLASS, &data_class, sizeof data_class);
    PC_TRY(pc_objects_find_all(token, &search, arena, &handles, err));
    for (size_t i = 0; i < handles.count; i++) {
        if (handles.items[i] == object->handle) {
            return pc_fail(
                err, PC_E_TOKEN,
                "the data object \"%s\" was not removed from token \"%s\", which does not show its class and "
                "CKA_APPLICATION any more",
                object->label, token->info.label);
        }
    }
    return PC_OK;
}

pc_status pc_data_object_remove(const pc_token *token, const pc_data_object *object, pc_error *err)
{
    const pc_template own = describe_own(object);
    CK_RV rv = pc_made_object_destroy(token, object->handle, &own);

    if (rv == CKR_OK || rv == CKR_OBJECT_HANDLE_INVALID) {
        return rv == CKR_OK ? PC_OK : check_gone(token, object, err);
    }
    return pc_note(err, pc_fail_ckr(err, rv, "C_DestroyObject"),
                   "cannot remove the data object \"%s\" from token \"%s\"", object->label, token->info.label);
}
