/* SPDX-License-Identifier: Apache-2.0 */
#include "token/other_object.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "token/attributes.h"
#include "token/filled_value.h"

static const struct {
    CK_KEY_TYPE type;
    const char *name;
} key_types[] = {
    { CKK_AES, "AES" },
    { CKK_DES, "DES" },
    { CKK_DES2, "DES2" },
    { CKK_DES3, "DES3" },
    { CKK_GENERIC_SECRET, "generic" },
    { CKK_RSA, "RSA" },
    { CKK_EC, "EC" },
    { CKK_DSA, "DSA" },
};

static const char *key_type_name(CK_KEY_TYPE type)
{
    for (size_t i = 0; i < PC_COUNT(key_types); i++) {
        if (key_types[i].type == type) {
            return key_types[i].name;
        }
    }
    return "other";
}

static const struct {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
} uses[] = {
    { CKA_ENCRYPT, "encrypt" }, { CKA_DECRYPT, "decrypt" }, { CKA_SIGN, "sign" },     { CKA_VERIFY, "verify" },
    { CKA_WRAP, "wrap" },       { CKA_UNWRAP, "unwrap" },   { CKA_DERIVE, "derive" },
};

static const char *uses_of(const pc_attributes *attributes, pc_arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < PC_COUNT(uses) && text; i++) {
        if (pc_attributes_fact(attributes, uses[i].type) == PC_FACT_TRUE) {
            text = pc_arena_format(arena, "%s%s%s", text, *text ? ", " : "", uses[i].name);
        }
    }
    return text;
}

static const char *kind_of_secret(const pc_attributes *attributes, pc_arena *arena)
{
    const char *type = key_type_name(pc_attributes_number(attributes, CKA_KEY_TYPE, CKK_VENDOR_DEFINED));
    const CK_ULONG len = pc_attributes_number(attributes, CKA_VALUE_LEN, 0);

    return len && len < 65536 ? pc_arena_format(arena, "secret key, %s-%lu", type, len * 8)
                              : pc_arena_format(arena, "secret key, %s", type);
}

static const char *kind_of_public(const pc_attributes *attributes, pc_arena *arena)
{
    return pc_arena_format(arena, "public key, %s",
                           key_type_name(pc_attributes_number(attributes, CKA_KEY_TYPE, CKK_VENDOR_DEFINED)));
}

static const char *kind_of_data(const pc_attributes *attributes, pc_arena *arena)
{
    const char *application = pc_attributes_text(attributes, CKA_APPLICATION, arena);

    return application ? pc_arena_format(arena, "data%s%s", *application ? ", of " : "", application) : NULL;
}

static const CK_ATTRIBUTE_TYPE key_wanted[] = { CKA_LABEL,   CKA_ID,      CKA_KEY_TYPE, CKA_EXTRACTABLE,
                                                CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN,     CKA_VERIFY,
                                                CKA_WRAP,    CKA_UNWRAP,  CKA_DERIVE };
static const CK_ATTRIBUTE_TYPE secret_wanted[] = { CKA_LABEL,   CKA_ID,      CKA_KEY_TYPE, CKA_EXTRACTABLE,
                                                   CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN,     CKA_VERIFY,
                                                   CKA_WRAP,    CKA_UNWRAP,  CKA_DERIVE,   CKA_VALUE_LEN };
static const CK_ATTRIBUTE_TYPE data_wanted[] = { CKA_LABEL, CKA_APPLICATION };

static const struct {
    CK_OBJECT_CLASS class;
    pc_attribute_types wanted;
    const char *(*kind)(const pc_attributes *attributes, pc_arena *arena);
} classes[] = {
    { CKO_SECRET_KEY, { secret_wanted, PC_COUNT(secret_wanted) }, kind_of_secret },
    { CKO_PUBLIC_KEY, { key_wanted, PC_COUNT(key_wanted) }, kind_of_public },
    { CKO_DATA, { data_wanted, PC_COUNT(data_wanted) }, kind_of_data },
};

/* A record of ours is shown as a request for "…". */
static bool is_record(const char *kind)
{
    return strcmp(kind, "data, of p11cert pending request") == 0;
}

/** A search among them. */
typedef struct {
    const pc_token *token;
    const char *label;
    const pc_inventory *keys;
    pc_arena *arena;
    pc_list_result *result;
    bool *ret_has_data;
} searching;

static pc_status add(const searching *search, size_t class, const pc_attributes *attributes, pc_error *err)
{
    pc_arena *arena = search->arena;
    const pc_bytes id = pc_attributes_bytes(attributes, CKA_ID);
    const char *kind = classes[class].kind(attributes, arena);
    const char *label = pc_attributes_text(attributes, CKA_LABEL, arena);

    if (!kind || !label) {
        return pc_fail_memory(err);
    }
    if (is_record(kind)) {
        return PC_OK;
    }
    pc_listed_object *slot = PC_PUSH(arena, search->result->objects, search->result->object_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = (pc_listed_object){
        .kind = kind,
        .label = label,
        .id = pc_text_hex(arena, id, '\0'),
        .uses = uses_of(attributes, arena),
        .extractable = pc_attributes_fact(attributes, CKA_EXTRACTABLE),
    };
    return slot->id && slot->uses ? PC_OK : pc_fail_memory(err);
}

static pc_status read_one(const searching *search, size_t class, CK_OBJECT_HANDLE handle, pc_error *err)
{
    pc_attributes attributes;

    PC_TRY(pc_attributes_read((pc_object){ search->token, handle }, classes[class].wanted, search->arena, &attributes,
                              err));
    return add(search, class, &attributes, err);
}

static pc_status read_class(const searching *search, size_t class, pc_error *err)
{
    pc_template wanted = { .count = 0 };
    pc_handles handles;

    pc_template_add(&wanted, CKA_CLASS, &classes[class].class, sizeof classes[class].class);
    if (search->label) {
        pc_template_add(&wanted, CKA_LABEL, search->label, strlen(search->label));
    }
    PC_TRY((search->label ? pc_objects_find_all_by_text : pc_objects_find_all)(search->token, &wanted, search->arena,
                                                                               &handles, err));
    if (classes[class].class == CKO_DATA && search->ret_has_data) {
        *search->ret_has_data = handles.count > 0;
    }
    for (size_t i = 0; i < handles.count; i++) {
        PC_TRY(read_one(search, class, handles.items[i], err));
    }
    return PC_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return pc_bytes_compare(*(const pc_bytes *)a, *(const pc_bytes *)b);
}

static pc_status sort_ids(const pc_inventory *keys, pc_arena *arena, pc_bytes **ret_ids, pc_error *err)
{
    pc_bytes *ids = pc_arena_alloc(arena, (keys->key_count + 1) * sizeof *ids);

    if (!ids) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < keys->key_count; i++) {
        ids[i] = keys->keys[i].id;
    }
    qsort(ids, keys->key_count, sizeof *ids, compare_ids);
    *ret_ids = ids;
    return PC_OK;
}

/* The inventory has read the public keys already: the permitted uses are read only of those that are listed here. */
static pc_status read_lone_publics(const searching *search, size_t class, pc_error *err)
{
    const pc_inventory *keys = search->keys;
    pc_bytes *ids = NULL;

    PC_TRY(sort_ids(keys, search->arena, &ids, err));
    for (size_t i = 0; i < keys->public_count; i++) {
        const pc_key *each = &keys->publics[i];
        bool has_private = each->id.len && bsearch(&each->id, ids, keys->key_count, sizeof *ids, compare_ids) != NULL;

        PC_TRY(has_private ? PC_OK : read_one(search, class, each->handle, err));
    }
    return PC_OK;
}

pc_status pc_other_objects_read(const pc_token *token, const pc_other_question *question, pc_arena *arena,
                                pc_list_result *result, bool *ret_has_data, pc_error *err)
{
    const searching search = { .token = token,
                               .label = question->label,
                               .keys = question->keys,
                               .arena = arena,
                               .result = result,
                               .ret_has_data = ret_has_data };

    for (size_t i = 0; i < PC_COUNT(classes); i++) {
        bool is_read = classes[i].class == CKO_PUBLIC_KEY && !question->label;

        PC_TRY(is_read ? read_lone_publics(&search, i, err) : read_class(&search, i, err));
    }
    return PC_OK;
}
