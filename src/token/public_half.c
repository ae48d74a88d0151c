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

static pc_bytes value_of(const pc_public_half *half)
{
    return half->key_type == CKK_RSA ? half->modulus : half->point;
}

bool pc_public_half_equal(const pc_public_half *left, const pc_public_half *right)
{
    return left->key_type == right->key_type && pc_bytes_match(value_of(left), value_of(right));
}

void pc_public_half_add_value(const pc_public_half *half, pc_template *template)
{
    pc_template_add_bytes(template, half->key_type == CKK_RSA ? CKA_MODULUS : CKA_EC_POINT, value_of(half));
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
    pc_bytes rest = half->modulus;

    while (rest.len && *rest.data == 0) {
        rest.data++;
        rest.len--;
    }
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
