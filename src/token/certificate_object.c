/* SPDX-License-Identifier: Apache-2.0 */
#include "token/certificate_object.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/filled_value.h"
#include "token/made_object.h"
#include "token/objects.h"
#include "token/search_ability.h"

#define CATEGORY_TOKEN_USER 1UL /* CK_CERTIFICATE_CATEGORY, PKCS#11 v2.40 section 4.6.3 */
#define CATEGORY_AUTHORITY  2UL

#define USUAL_COUNT 16u /* certificates with one CKA_ID that a single fetch returns */

static const CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
static const CK_CERTIFICATE_TYPE x509_type = CKC_X_509;

static pc_status read_classified(pc_object object, pc_arena *arena, CK_OBJECT_CLASS *ret_class,
                                 pc_certificate_object *ret_certificate, pc_error *err)
{
    static const CK_ATTRIBUTE_TYPE wanted[] = {
        CKA_LABEL,   CKA_ID,         CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_VALUE, CKA_CERTIFICATE_CATEGORY,
        CKA_TRUSTED, CKA_MODIFIABLE, CKA_CLASS
    };
    pc_attributes attributes;
    pc_certificate_object certificate = { .handle = object.handle };

    PC_TRY(pc_attributes_read(object, PC_TYPES(wanted), arena, &attributes, err));
    certificate.label = pc_attributes_text(&attributes, CKA_LABEL, arena);
    if (!certificate.label) {
        return pc_fail_memory(err);
    }
    certificate.id = pc_attributes_bytes(&attributes, CKA_ID);
    certificate.subject = pc_attributes_bytes(&attributes, CKA_SUBJECT);
    certificate.issuer = pc_attributes_bytes(&attributes, CKA_ISSUER);
    certificate.serial = pc_attributes_bytes(&attributes, CKA_SERIAL_NUMBER);
    certificate.value = pc_value_unfilled(CKA_VALUE, pc_attributes_bytes(&attributes, CKA_VALUE));
    CK_ULONG category = pc_attributes_number(&attributes, CKA_CERTIFICATE_CATEGORY, 0);

    certificate.is_authority = category == CATEGORY_AUTHORITY;
    if (category <= PC_CATEGORY_OTHER_ENTITY) {
        certificate.category = (pc_certificate_category)category;
    }
    certificate.trusted = pc_attributes_fact(&attributes, CKA_TRUSTED);
    certificate.modifiable = pc_attributes_fact(&attributes, CKA_MODIFIABLE);
    *ret_class = pc_attributes_number(&attributes, CKA_CLASS, certificate_class); /* if the token does not show it */
    *ret_certificate = certificate;
    return PC_OK;
}

static pc_status read_one(const pc_token *token, CK_OBJECT_HANDLE handle, pc_arena *arena,
                          pc_certificate_object *ret_certificate, pc_error *err)
{
    CK_OBJECT_CLASS class = certificate_class;

    return read_classified((pc_object){ token, handle }, arena, &class, ret_certificate, err);
}

/* An object of another class, which does not parse, would pass for a certificate that is not there. */
static pc_status read_found(const pc_token *token, CK_OBJECT_HANDLE handle, pc_arena *arena,
                            pc_certificate_object *ret_certificate, pc_error *err)
{
    CK_OBJECT_CLASS class = certificate_class;

    PC_TRY(read_classified((pc_object){ token, handle }, arena, &class, ret_certificate, err));
    return class == certificate_class
               ? PC_OK
               : pc_fail(err, PC_E_TOKEN,
                         "C_FindObjects: the module returned the object \"%s\", which is not a certificate",
                         ret_certificate->label);
}

static pc_status read_each(const pc_token *token, pc_handles handles, pc_arena *arena,
                           pc_certificate_objects *ret_found, pc_error *err)
{
    pc_certificate_object *found = pc_arena_alloc(arena, (handles.count + 1) * sizeof *found);

    if (!found) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < handles.count; i++) {
        PC_TRY(read_found(token, handles.items[i], arena, &found[i], err));
    }
    *ret_found = (pc_certificate_objects){ .items = found, .count = handles.count };
    return PC_OK;
}

static pc_template start_template(void)
{
    pc_template search = { .count = 0 };

    pc_template_add(&search, CKA_CLASS, &certificate_class, sizeof certificate_class);
    return search;
}

static pc_status find_all(const pc_token *token, const pc_template *search, pc_arena *arena,
                          pc_certificate_objects *ret_found, pc_error *err)
{
    pc_handles handles = { .count = 0 };

    PC_TRY(pc_objects_find_all(token, search, arena, &handles, err));
    return read_each(token, handles, arena, ret_found, err);
}

/* If a search returned another certificate in place of the key's, it would be mistaken for the key's only one. */
static pc_status check_ids(const pc_certificate_objects *found, pc_bytes id, pc_error *err)
{
    for (size_t i = 0; i < found->count; i++) {
        const pc_certificate_object *each = &found->items[i];

        /* Some tokens may not show the CKA_ID; every certificate shows its value. */
        if (!pc_bytes_equal(each->id, id) && (each->id.len || !each->value.len)) {
            return pc_fail(err, PC_E_TOKEN,
                           "C_FindObjects: the module returned the object \"%s\", whose CKA_ID is not the one searched "
                           "for",
                           each->label);
        }
    }
    return PC_OK;
}

pc_status pc_certificate_find_by_id(const pc_token *token, pc_bytes id, pc_arena *arena,
                                    pc_certificate_objects *ret_found, pc_error *err)
{
    pc_template search = start_template();
    pc_found found;

    pc_template_add_bytes(&search, CKA_ID, id);
    PC_TRY(pc_objects_find(token, &search, USUAL_COUNT, &found, err));
    if (found.count == USUAL_COUNT) {
        PC_TRY(find_all(token, &search, arena, ret_found, err));
    } else {
        PC_TRY(read_each(token, (pc_handles){ found.items, found.count }, arena, ret_found, err));
    }
    return check_ids(ret_found, id, err);
}

pc_status pc_certificate_read_found(const pc_token *token, const pc_key_with_certificates *key, pc_arena *arena,
                                    pc_certificate_objects *ret_found, pc_error *err)
{
    const pc_handles handles = { .items = key->certificates, .count = key->certificate_count };

    PC_TRY(read_each(token, handles, arena, ret_found, err));
    return check_ids(ret_found, key->key.id, err);
}

/* --- by an attribute that some modules cannot search by --- */

/** The certificates to search for. */
typedef struct {
    const pc_token *token;
    pc_search_kind kind;
    CK_ATTRIBUTE_TYPE type;
    pc_bytes value;
    pc_arena *arena;
} attribute_search;

static pc_bytes attribute_of(const pc_certificate_object *certificate, CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_VALUE ? certificate->value : certificate->subject;
}

/* If the token does not show the subject, only the certificate itself tells. */
static bool may_match(const attribute_search *search, const pc_certificate_object *certificate)
{
    const pc_bytes shown = attribute_of(certificate, search->type);

    return pc_bytes_equal(shown, search->value) ||
           (search->type == CKA_SUBJECT && shown.len == 0 && certificate->value.len > 0);
}

/* Those that show the value, whatever the module returned. */
static void keep_matching(const attribute_search *search, pc_certificate_objects *found)
{
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++) {
        if (may_match(search, &found->items[i])) {
            found->items[kept++] = found->items[i];
        }
    }
    found->count = kept;
}

static pc_status find_once(const attribute_search *search, pc_certificate_objects *ret_found, pc_error *err)
{
    pc_template wanted = start_template();
    pc_error why = { .status = PC_OK };

    pc_template_add_bytes(&wanted, search->type, search->value);
    pc_status status = find_all(search->token, &wanted, search->arena, ret_found, &why);

    if (status != PC_OK && pc_search_is_refused(&why)) {
        pc_search_ability_note(search->token, search->kind, false);
        ret_found->count = 0;
        return PC_OK;
    }
    if (status != PC_OK) {
        pc_error_pass(err, &why);
    }
    const size_t returned = ret_found->count;

    keep_matching(search, ret_found);
    if (status == PC_OK && returned && !ret_found->count) {
        pc_search_ability_note(search->token, search->kind, false); /* others only: the wanted one may be there */
    }
    return status;
}

static pc_status finds_any(const attribute_search *search, pc_bytes value, bool *ret_finds, pc_error *err)
{
    pc_template wanted = start_template();
    pc_error why = { .status = PC_OK };
    pc_found found = { .count = 0 };

    pc_template_add_bytes(&wanted, search->type, value);
    pc_status status = pc_objects_find(search->token, &wanted, 1, &found, &why);
    bool is_refused = status != PC_OK && pc_search_is_refused(&why);

    if (status != PC_OK && !is_refused) {
        pc_error_pass(err, &why);
    }
    *ret_finds = status == PC_OK && found.count > 0;
    return is_refused ? PC_OK : status;
}

/* Does the module find a certificate by the value that it shows? True also if there is none, so that there is nothing
 * to compare.
 */
static pc_status try_search(const attribute_search *search, bool *ret_can, pc_error *err)
{
    const pc_template any = start_template();
    pc_certificate_object first;
    pc_found found;

    *ret_can = true;
    PC_TRY(pc_objects_find(search->token, &any, 1, &found, err));
    if (found.count == 0) {
        return PC_OK;
    }
    PC_TRY(read_one(search->token, found.items[0], search->arena, &first, err));
    const pc_bytes shown = attribute_of(&first, search->type);

    *ret_can = false;
    if (shown.len) {
        PC_TRY(finds_any(search, shown, ret_can, err));
        pc_search_ability_note(search->token, search->kind, *ret_can);
    }
    return PC_OK;
}

static pc_status find_by_attribute(const attribute_search *search, pc_certificate_objects *ret_found, pc_error *err)
{
    pc_search_ability known = pc_search_ability_of(search->token, search->kind);

    *ret_found = (pc_certificate_objects){ .count = 0 };
    PC_TRY(known == PC_SEARCH_IS_BLIND ? PC_OK : find_once(search, ret_found, err));
    if (ret_found->count) {
        pc_search_ability_note(search->token, search->kind, true);
        return PC_OK;
    }
    known = pc_search_ability_of(search->token, search->kind); /* a refused search has changed it */
    bool can = known == PC_SEARCH_FINDS;

    PC_TRY(known == PC_SEARCH_UNKNOWN ? try_search(search, &can, err) : PC_OK);
    if (!can) {
        PC_TRY(pc_certificate_list(search->token, search->arena, ret_found, err));
        keep_matching(search, ret_found);
    }
    return PC_OK;
}

pc_status pc_certificate_find_same(const pc_token *token, pc_bytes der, pc_arena *arena,
                                   pc_certificate_objects *ret_found, pc_error *err)
{
    const attribute_search search = {
        .token = token, .kind = PC_SEARCH_CERTIFICATE_VALUE, .type = CKA_VALUE, .value = der, .arena = arena
    };

    return find_by_attribute(&search, ret_found, err);
}

pc_status pc_certificate_find_by_subject(const pc_token *token, pc_bytes subject, pc_arena *arena,
                                         pc_certificate_objects *ret_found, pc_error *err)
{
    const attribute_search search = {
        .token = token, .kind = PC_SEARCH_CERTIFICATE_SUBJECT, .type = CKA_SUBJECT, .value = subject, .arena = arena
    };

    return find_by_attribute(&search, ret_found, err);
}

pc_status pc_certificate_list(const pc_token *token, pc_arena *arena, pc_certificate_objects *ret_found, pc_error *err)
{
    const pc_template search = start_template();

    return find_all(token, &search, arena, ret_found, err);
}

/* The second attempt omits the category: the attribute is optional, and some modules refuse it. */
static CK_RV create(const pc_token *token, const pc_certificate_object *certificate, bool with_category,
                    CK_OBJECT_HANDLE *ret_handle)
{
    static const CK_BBOOL yes = CK_TRUE;
    static const CK_BBOOL no = CK_FALSE;
    const CK_ULONG category = certificate->is_authority ? CATEGORY_AUTHORITY : CATEGORY_TOKEN_USER;
    pc_template object = start_template();

    pc_template_add(&object, CKA_CERTIFICATE_TYPE, &x509_type, sizeof x509_type);
    pc_template_add(&object, CKA_TOKEN, &yes, sizeof yes);
    pc_template_add(&object, CKA_PRIVATE, &no, sizeof no);
    pc_template_add(&object, CKA_LABEL, certificate->label, strlen(certificate->label));
    pc_template_add_bytes(&object, CKA_ID, certificate->id);
    pc_template_add_bytes(&object, CKA_SUBJECT, certificate->subject);
    pc_template_add_bytes(&object, CKA_ISSUER, certificate->issuer);
    pc_template_add_bytes(&object, CKA_SERIAL_NUMBER, certificate->serial);
    pc_template_add_bytes(&object, CKA_VALUE, certificate->value);
    if (with_category) {
        pc_template_add(&object, CKA_CERTIFICATE_CATEGORY, &category, sizeof category);
    }
    return token->functions->C_CreateObject(token->session, object.items, object.count, ret_handle);
}

/* If an attribute reads back differently, the object is recognised by the others: no other certificate has all of
 * them. */
static CK_RV destroy_written(const pc_token *token, const pc_certificate_object *written,
                             const pc_certificate_object *stored)
{
    pc_template made = { .count = 0 };

    pc_template_add(&made, CKA_CLASS, &certificate_class, sizeof certificate_class);
    pc_template_add(&made, CKA_LABEL, written->label, strlen(written->label));
    pc_template_add_bytes(&made, CKA_ISSUER, written->issuer);
    pc_template_add_bytes(&made, CKA_SERIAL_NUMBER, written->serial);
    if (pc_bytes_equal(stored->value, written->value)) {
        pc_template_add_bytes(&made, CKA_VALUE, written->value);
    } else {
        pc_template_add_bytes(&made, CKA_ID, written->id);
    }
    return pc_made_object_destroy(token, stored->handle, &made);
}

static pc_status check_written(const pc_token *token, const pc_certificate_object *written,
                               const pc_certificate_object *stored, bool has_subject, pc_error *err)
{
    const bool is_it = pc_bytes_equal(stored->value, written->value) && pc_bytes_equal(stored->id, written->id);

    if (is_it && (!has_subject || pc_bytes_equal(stored->subject, written->subject))) {
        return PC_OK;
    }
    CK_RV rv = destroy_written(token, written, stored);

    return pc_fail(err, PC_E_VERIFY,
                   "the certificate or its %s does not read back as it was written; the object was %s",
                   is_it ? "CKA_SUBJECT" : "CKA_ID",
                   rv == CKR_OK ? "removed again" : "NOT removed and must not be trusted");
}

/* NSS keeps each certificate once. */
static bool is_there_with_another_id(const pc_token *token, const pc_certificate_object *certificate, pc_arena *arena)
{
    pc_certificate_objects same = { .count = 0 };
    pc_error ignored = { .status = PC_OK };
    bool is_other =
        pc_certificate_find_same(token, certificate->value, arena, &same, &ignored) == PC_OK && same.count > 0;

    for (size_t i = 0; i < same.count; i++) {
        is_other = is_other && !pc_bytes_equal(same.items[i].id, certificate->id);
    }
    return is_other;
}

static pc_status fail_write(const pc_token *token, const pc_certificate_object *certificate, CK_RV rv, pc_arena *arena,
                            pc_error *err)
{
    pc_status status = pc_fail_ckr(err, rv, "C_CreateObject");

    if (!is_there_with_another_id(token, certificate, arena)) {
        return pc_note(err, status, "cannot write the certificate \"%s\" to token \"%s\"", certificate->label,
                       token->info.label);
    }
    (void)pc_note(err, status,
                  "token \"%s\" has the certificate \"%s\" with another CKA_ID, and takes no second object of it: "
                  "`p11cert repair --apply` gives it the CKA_ID of its key",
                  token->info.label, certificate->label);
    return pc_hint(err, status, "run `p11cert repair --apply`, then the same command again");
}

static pc_status write_object(const pc_token *token, const pc_certificate_object *certificate, pc_arena *arena,
                              pc_certificate_object *ret_stored, pc_error *err)
{
    CK_OBJECT_HANDLE handle = 0;
    CK_RV rv = create(token, certificate, true, &handle);

    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_VALUE_INVALID) {
        rv = create(token, certificate, false, &handle);
    }
    if (rv != CKR_OK) {
        return fail_write(token, certificate, rv, arena, err);
    }
    return read_one(token, handle, arena, ret_stored, err);
}

pc_status pc_certificate_write(const pc_token *token, const pc_certificate_object *certificate, pc_arena *arena,
                               pc_error *err)
{
    pc_certificate_object stored;

    PC_TRY(write_object(token, certificate, arena, &stored, err));
    return check_written(token, certificate, &stored, false, err);
}

pc_status pc_certificate_write_with_subject(const pc_token *token, const pc_certificate_object *certificate,
                                            pc_arena *arena, pc_error *err)
{
    pc_certificate_object stored;

    PC_TRY(write_object(token, certificate, arena, &stored, err));
    return check_written(token, certificate, &stored, true, err);
}
