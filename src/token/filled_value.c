/* SPDX-License-Identifier: Apache-2.0 */
#include "token/filled_value.h"

#include <p11-kit/pkcs11.h>
#include <string.h>

#include "base/kept_error.h"
#include "base/text.h"
#include "token/attributes.h"
#include "token/search_ability.h"

static bool is_text(CK_ATTRIBUTE_TYPE type)
{
    return type == CKA_LABEL || type == CKA_APPLICATION;
}

static pc_bytes text_unfilled(pc_bytes text)
{
    const uint8_t *end = text.len ? memchr(text.data, '\0', text.len) : NULL;

    text.len = end ? (size_t)(end - text.data) : text.len;
    while (text.len && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

#define SEQUENCE      0x30
#define LONG_FORM     0x80
#define LENGTH_OCTETS 4u /* most that are read */

/* The length of a SEQUENCE with its header (X.690 section 8.1.3); 0 if the value does not begin with one. */
static size_t sequence_len(pc_bytes value)
{
    size_t len = value.len > 1 ? value.data[1] : 0;
    size_t octets = 0;

    if (value.len < 2 || value.data[0] != SEQUENCE) {
        return 0;
    }
    if (len & LONG_FORM) {
        octets = len & ~(size_t)LONG_FORM;
        len = 0;
    }
    if (octets > LENGTH_OCTETS || octets + 2 > value.len) {
        return 0;
    }
    for (size_t i = 0; i < octets; i++) {
        len = len << 8 | value.data[2 + i];
    }
    return 2 + octets + len;
}

static pc_bytes der_unfilled(pc_bytes value)
{
    const size_t len = sequence_len(value);
    const pc_bytes rest = { value.data + len, len < value.len ? value.len - len : 0 };

    return len && rest.len && pc_bytes_consist_of(rest, 0) ? (pc_bytes){ value.data, len } : value;
}

pc_bytes pc_value_unfilled(CK_ATTRIBUTE_TYPE type, pc_bytes value)
{
    return is_text(type) ? text_unfilled(value) : type == CKA_VALUE ? der_unfilled(value) : value;
}

bool pc_attribute_equal(CK_ATTRIBUTE_TYPE type, pc_bytes left, pc_bytes right)
{
    return pc_bytes_equal(pc_value_unfilled(type, left), pc_value_unfilled(type, right));
}

bool pc_label_is(const char *left, const char *right)
{
    return pc_attribute_equal(CKA_LABEL, pc_bytes_of_text(left), pc_bytes_of_text(right));
}

const char *pc_label_difference(const char *shown, const char *given, pc_arena *arena)
{
    if (!*shown || pc_label_is(shown, given)) {
        return "";
    }
    const char *words = pc_text_escape(arena, shown, strlen(shown));

    return words ? pc_arena_format(arena, "its label is \"%s\"", words) : NULL;
}

/** A search by a text, in two parts. */
typedef struct {
    const pc_token *token;
    pc_template others; /**< without the text */
    CK_ATTRIBUTE_TYPE type;
    pc_bytes text;
    pc_arena *arena;
} text_search;

static text_search take_apart(const pc_token *token, const pc_template *wanted, pc_arena *arena)
{
    text_search search = { .token = token, .others.count = 0, .arena = arena };

    for (CK_ULONG i = 0; i < wanted->count; i++) {
        const CK_ATTRIBUTE *each = &wanted->items[i];

        if (is_text(each->type)) {
            search.type = each->type;
            search.text = (pc_bytes){ each->pValue, each->ulValueLen };
        } else {
            search.others.items[search.others.count++] = *each;
        }
    }
    return search;
}

static pc_search_kind kind_of(const text_search *search)
{
    return search->type == CKA_LABEL ? PC_SEARCH_LABEL : PC_SEARCH_APPLICATION;
}

static pc_status read_text(const text_search *search, CK_OBJECT_HANDLE handle, pc_bytes *ret_text, pc_error *err)
{
    const pc_attribute_types wanted = { &search->type, 1 };
    pc_attributes attributes;

    PC_TRY(pc_attributes_read((pc_object){ search->token, handle }, wanted, search->arena, &attributes, err));
    *ret_text = pc_value_unfilled(search->type, pc_attributes_bytes(&attributes, search->type));
    return PC_OK;
}

/* A module that does not take the attribute in a search has not said that there is no such object: all are compared. */
static pc_status pass_refusal(const text_search *search, pc_status status, const pc_error *why, pc_error *err)
{
    if (status == PC_OK) {
        return PC_OK;
    }
    if (pc_search_is_refused(why)) {
        pc_search_ability_note(search->token, kind_of(search), false);
        return PC_OK;
    }
    pc_error_pass(err, why);
    return status;
}

/* Objects of the class; private keys if any class is wanted. */
static pc_template sample_of(const text_search *search)
{
    static const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
    pc_template sample = { .count = 0 };

    for (CK_ULONG i = 0; i < search->others.count; i++) {
        if (search->others.items[i].type == CKA_CLASS) {
            sample.items[sample.count++] = search->others.items[i];
        }
    }
    if (sample.count == 0) {
        pc_template_add(&sample, CKA_CLASS, &private_class, sizeof private_class);
    }
    return sample;
}

/* Does the module find an object by its text without filling? True also if there is none that shows one. */
static pc_status try_search(const text_search *search, bool *ret_can, pc_error *err)
{
    pc_template sample = sample_of(search);
    pc_error why = { .status = PC_OK };
    pc_bytes text = { .len = 0 };
    pc_found found = { .count = 0 };

    *ret_can = true;
    PC_TRY(pc_objects_find(search->token, &sample, 1, &found, err));
    PC_TRY(found.count ? read_text(search, found.items[0], &text, err) : PC_OK);
    if (text.len == 0) {
        return PC_OK;
    }
    pc_template_add_bytes(&sample, search->type, text);
    found.count = 0;
    pc_status status = pc_objects_find(search->token, &sample, 1, &found, &why);

    PC_TRY(pass_refusal(search, status, &why, err));
    *ret_can = status == PC_OK && found.count > 0;
    pc_search_ability_note(search->token, kind_of(search), *ret_can);
    return PC_OK;
}

static pc_status compare_all(const text_search *search, pc_handles *ret_handles, pc_error *err)
{
    const pc_bytes wanted = text_unfilled(search->text);
    pc_handles every = { .count = 0 };
    size_t kept = 0;

    PC_TRY(pc_objects_find_all(search->token, &search->others, search->arena, &every, err));
    for (size_t i = 0; i < every.count; i++) {
        pc_bytes text = { .len = 0 };

        PC_TRY(read_text(search, every.items[i], &text, err));
        if (pc_bytes_equal(text, wanted)) {
            every.items[kept++] = every.items[i];
        }
    }
    every.count = kept;
    *ret_handles = every;
    return PC_OK;
}

static pc_status compare_if_blind(const text_search *search, pc_handles *ret_handles, pc_error *err)
{
    pc_search_ability known = pc_search_ability_of(search->token, kind_of(search));
    bool can = known == PC_SEARCH_FINDS;

    PC_TRY(known == PC_SEARCH_UNKNOWN ? try_search(search, &can, err) : PC_OK);
    return can ? PC_OK : compare_all(search, ret_handles, err);
}

pc_status pc_objects_find_by_text(const pc_token *token, const pc_template *wanted, size_t max, pc_found *ret_found,
                                  pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_error why = { .status = PC_OK };
    pc_handles handles = { .count = 0 };
    pc_found found = { .count = 0 };

    if (!arena) {
        return pc_fail_memory(err);
    }
    const text_search search = take_apart(token, wanted, arena);

    pc_status status = pc_objects_find(token, wanted, max, &found, &why);

    PC_TRY(pass_refusal(&search, status, &why, err));
    found.count = status == PC_OK ? found.count : 0;
    PC_TRY(found.count ? PC_OK : compare_if_blind(&search, &handles, err));
    for (size_t i = 0; i < handles.count && i < max && i < PC_FOUND_MAX; i++) {
        found.items[found.count++] = handles.items[i];
    }
    *ret_found = found;
    return PC_OK;
}

pc_status pc_objects_find_all_by_text(const pc_token *token, const pc_template *wanted, pc_arena *arena,
                                      pc_handles *ret_handles, pc_error *err)
{
    const text_search search = take_apart(token, wanted, arena);
    pc_error why = { .status = PC_OK };
    pc_handles handles = { .count = 0 };

    pc_status status = pc_objects_find_all(token, wanted, arena, &handles, &why);

    PC_TRY(pass_refusal(&search, status, &why, err));
    handles.count = status == PC_OK ? handles.count : 0;
    PC_TRY(handles.count ? PC_OK : compare_if_blind(&search, &handles, err));
    *ret_handles = handles;
    return PC_OK;
}
