/* SPDX-License-Identifier: Apache-2.0 */
#include "token/public_half.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static void take_if_shown(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, pc_bytes *value)
{
    pc_bytes shown = pc_attributes_bytes(attributes, type);

    *value = shown.len ? shown : *value;
}

void pc_public_half_take(const pc_attributes *attributes, pc_public_half *half)
{
    take_if_shown(attributes, CKA_MODULUS, &half->modulus);
    take_if_shown(attributes, CKA_PUBLIC_EXPONENT, &half->exponent);
    take_if_shown(attributes, CKA_EC_PARAMS, &half->parameters);
    take_if_shown(attributes, CKA_EC_POINT, &half->point);
}

bool pc_public_half_is_whole(const pc_public_half *half)
{
    return half->key_type == CKK_RSA ? half->modulus.len && half->exponent.len
                                     : half->point.len && half->parameters.len;
}

pc_bytes pc_unsigned_number(pc_bytes number)
{
    while (number.len && *number.data == 0) {
        number.data++;
        number.len--;
    }
    return number;
}

/* Octets of an uncompressed point: 04, and two coordinates of 192, 224, 256, 320, 384, 512 or 521 bits. 32 is Ed25519's
 * (RFC 8032 section 5.1.2). */
static bool is_bare_len(size_t len)
{
    return len == 32 || len == 49 || len == 57 || len == 65 || len == 81 || len == 97 || len == 129 || len == 133;
}

/* The header of an OCTET STRING (X.690 section 8.1) with these contents: 04, and the length in one or two octets. */
static size_t header_len(pc_bytes point)
{
    if (point.len > 2 && point.data[0] == 0x04 && point.data[1] < 0x80 && point.data[1] == point.len - 2) {
        return 2;
    }
    return point.len > 3 && point.data[0] == 0x04 && point.data[1] == 0x81 && point.data[2] == point.len - 3 ? 3 : 0;
}

/* A bare point starts with 04 as well. None has the length of an OCTET STRING with a point of another curve. */
pc_bytes pc_bare_point(pc_bytes point)
{
    size_t header = is_bare_len(point.len) ? 0 : header_len(point);

    return (pc_bytes){ point.data ? point.data + header : NULL, point.len - header };
}

bool pc_public_half_equal(const pc_public_half *left, const pc_public_half *right)
{
    if (left->key_type != right->key_type) {
        return false;
    }
    return left->key_type == CKK_RSA
               ? pc_bytes_match(pc_unsigned_number(left->modulus), pc_unsigned_number(right->modulus))
               : pc_bytes_match(pc_bare_point(left->point), pc_bare_point(right->point));
}

void pc_public_half_add_value(const pc_public_half *half, pc_template *template)
{
    if (half->key_type == CKK_RSA) {
        pc_template_add_bytes(template, CKA_MODULUS, half->modulus);
    } else {
        pc_template_add_bytes(template, CKA_EC_POINT, half->point);
    }
}

void pc_public_half_add(const pc_public_half *half, pc_template *template)
{
    if (half->key_type == CKK_RSA) {
        pc_template_add_bytes(template, CKA_MODULUS, half->modulus);
        pc_template_add_bytes(template, CKA_PUBLIC_EXPONENT, half->exponent);
    } else {
        pc_template_add_bytes(template, CKA_EC_PARAMS, half->parameters);
        pc_template_add_bytes(template, CKA_EC_POINT, half->point);
    }
}

static const struct {
    const char *name;
    const char *oid_der; /* DER OBJECT IDENTIFIER in CKA_EC_PARAMS (RFC 5480 section 2.1.1) */
    size_t oid_len;
} curves[] = {
    { "EC P-256", "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 },
    { "EC P-384", "\x06\x05\x2b\x81\x04\x00\x22", 7 },
    { "EC P-521", "\x06\x05\x2b\x81\x04\x00\x23", 7 },
    { "EC secp256k1", "\x06\x05\x2b\x81\x04\x00\x0a", 7 },
    { "Ed25519",
      "\x13\x0c"
      "edwards25519",
      14 },
    { "Ed25519", "\x06\x03\x2b\x65\x70", 5 },
    { "Ed448", "\x06\x03\x2b\x65\x71", 5 },
};

static unsigned modulus_bits(const pc_public_half *half)
{
    pc_bytes rest = pc_unsigned_number(half->modulus);
    unsigned bits = (unsigned)rest.len * 8;

    for (unsigned top = rest.len ? *rest.data : 0x80; rest.len && !(top & 0x80); top <<= 1) {
        bits--;
    }
    return bits;
}

const char *pc_public_half_describe(const pc_public_half *half, char out[static 32])
{
    if (half->key_type == CKK_RSA && half->modulus.len) {
        (void)snprintf(out, 32, "RSA-%u", modulus_bits(half));
        return out;
    }
    for (size_t i = 0; i < PC_COUNT(curves); i++) {
        if (half->parameters.len == curves[i].oid_len &&
            memcmp(half->parameters.data, curves[i].oid_der, curves[i].oid_len) == 0) {
            (void)snprintf(out, 32, "%s", curves[i].name);
            return out;
        }
    }
    if (half->key_type == CKK_RSA || half->key_type == CKK_EC) {
        (void)snprintf(out, 32, "%s", half->key_type == CKK_RSA ? "RSA, size not shown" : "EC, another curve");
    } else {
        (void)snprintf(out, 32, "key type 0x%lx", half->key_type);
    }
    return out;
}
