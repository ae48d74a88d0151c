/* SPDX-License-Identifier: Apache-2.0 */
#include "token/uri_text.h"

#include <p11-kit/uri.h>
#include <string.h>

#include "token/uri.h"

/* CK_TOKEN_INFO fields are padded with spaces. */
static void pad(unsigned char *field, size_t size, const char *text)
{
    size_t len = strlen(text) < size ? strlen(text) : size;

    memset(field, ' ', size);
    memcpy(field, text, len);
}

static void set_token(P11KitUri *uri, const pc_token_info *token)
{
    CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);

    pad(info->label, sizeof info->label, token->label);
    pad(info->serialNumber, sizeof info->serialNumber, token->serial);
}

static bool set_attribute(P11KitUri *uri, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t len, pc_arena *arena)
{
    /* p11-kit copies the value, although the parameter is not const. */
    CK_ATTRIBUTE attribute = { .type = type, .pValue = pc_arena_copy(arena, bytes, len), .ulValueLen = len };

    return attribute.pValue && p11_kit_uri_set_attribute(uri, &attribute) == P11_KIT_URI_OK;
}

static const char *format(P11KitUri *uri, P11KitUriType what, pc_arena *arena)
{
    char *text = NULL;

    if (p11_kit_uri_format(uri, what, &text) != P11_KIT_URI_OK) {
        return NULL;
    }
    const char *copy = pc_arena_string(arena, text);

    free(text);
    return copy;
}

const char *pc_uri_of_token(const pc_token_info *token, pc_arena *arena)
{
    PC_AUTO(pc_uri) P11KitUri *uri = p11_kit_uri_new();

    if (!uri) {
        return NULL;
    }
    set_token(uri, token);
    return format(uri, P11_KIT_URI_FOR_TOKEN, arena);
}

const char *pc_uri_of_key(const pc_token_info *token, const pc_key *key, pc_arena *arena)
{
    static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    PC_AUTO(pc_uri) P11KitUri *uri = p11_kit_uri_new();

    if (!uri) {
        return NULL;
    }
    set_token(uri, token);
    if ((key->id.len && !set_attribute(uri, CKA_ID, key->id.data, key->id.len, arena)) ||
        (*key->label && !set_attribute(uri, CKA_LABEL, key->label, strlen(key->label), arena)) ||
        !set_attribute(uri, CKA_CLASS, &class, sizeof class, arena)) {
        return NULL;
    }
    return format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, arena);
}
