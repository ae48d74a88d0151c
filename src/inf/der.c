/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/der.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/text.h"

enum { MAX_DEPTH = 32 };

/* ASN1_get_object reads BER; DER has one way to write a header (X.690 section 10.1): that of ASN1_put_object. */
static bool take_header(pc_bytes *rest, pc_bytes *ret_content, bool *ret_constructed)
{
    const unsigned char *content = rest->data;
    long len = 0;
    int tag = 0;
    int class = 0;
    int flags = ASN1_get_object(&content, &len, &tag, &class, (long)rest->len);

    if (flags & 0x81 || tag > 30 || (tag == 0 && class == V_ASN1_UNIVERSAL)) {
        return false; /* an error, an indefinite length, or a tag that extensions do not use */
    }
    if (ASN1_object_size(0, (int)len, tag) != (int)(content - rest->data + len)) {
        return false;
    }
    *ret_content = (pc_bytes){ .data = content, .len = (size_t)len };
    *ret_constructed = flags & V_ASN1_CONSTRUCTED;
    rest->len -= (size_t)(content - rest->data) + (size_t)len;
    rest->data = content + len;
    return true;
}

static bool is_well_formed(pc_bytes rest, unsigned depth)
{
    while (rest.len) {
        pc_bytes content = { .len = 0 };
        bool is_constructed = false;

        if (!take_header(&rest, &content, &is_constructed)) {
            return false;
        }
        if (is_constructed && (depth >= MAX_DEPTH || !is_well_formed(content, depth + 1))) {
            return false;
        }
    }
    return true;
}

bool pc_der_is_one(pc_bytes der)
{
    pc_bytes rest = der;
    pc_bytes content = { .len = 0 };
    bool is_constructed = false;

    ERR_set_mark();
    bool is_one = der.len && der.len <= INT_MAX && take_header(&rest, &content, &is_constructed) && rest.len == 0 &&
                  is_well_formed(der, 0);

    ERR_pop_to_mark();
    return is_one;
}

pc_bytes pc_der_wrap(pc_arena *arena, pc_der_type type, pc_bytes content)
{
    const int tag = type == PC_DER_UTF8_STRING ? V_ASN1_UTF8STRING : V_ASN1_OCTET_STRING;
    int size = content.len <= INT_MAX / 2 ? ASN1_object_size(0, (int)content.len, tag) : -1;
    uint8_t *out = size > 0 ? pc_arena_alloc(arena, (size_t)size) : NULL;
    unsigned char *end = out;

    if (!out) {
        return (pc_bytes){ .data = NULL };
    }
    ASN1_put_object(&end, 0, (int)content.len, tag, V_ASN1_UNIVERSAL);
    if (content.len) {
        memcpy(end, content.data, content.len);
    }
    return (pc_bytes){ .data = out, .len = (size_t)size };
}

/* Only the digits, padded with '=' to a multiple of four. NULL when out of memory. */
static char *pad_base64(pc_arena *arena, const char *text, size_t *ret_digits)
{
    char *padded = pc_arena_alloc(arena, strlen(text) + 4);
    size_t len = 0;

    if (!padded) {
        return NULL;
    }
    for (; *text; text++) {
        if (!pc_is_space(*text)) {
            padded[len++] = *text;
        }
    }
    padded[len] = '\0';
    *ret_digits = strcspn(padded, "=");
    while (len % 4) {
        padded[len++] = '=';
    }
    padded[len] = '\0';
    return padded;
}

pc_status pc_der_from_base64(pc_arena *arena, const char *text, pc_bytes *ret_bytes)
{
    size_t digits = 0;
    char *padded = pad_base64(arena, text, &digits);
    size_t len = padded ? strlen(padded) : 0;
    uint8_t *bytes = padded ? pc_arena_alloc(arena, len / 4 * 3 + 1) : NULL;

    if (!bytes) {
        return PC_E_MEMORY;
    }
    /* EVP_DecodeBlock accepts '=' as a digit anywhere, and counts the bytes of the padding at the end. */
    if (strspn(padded + digits, "=") != len - digits || len - digits > 2 || len > INT_MAX) {
        return PC_E_INPUT;
    }
    if (len && EVP_DecodeBlock(bytes, (const unsigned char *)padded, (int)len) < 0) {
        return PC_E_INPUT;
    }
    *ret_bytes = (pc_bytes){ .data = bytes, .len = digits * 3 / 4 };
    return PC_OK;
}
