/* SPDX-License-Identifier: Apache-2.0 */
#include "token/public_half.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "token/ml_dsa.h"

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

static void take_if_shown(const pc_attributes *attributes, CK_ATTRIBUTE_TYPE type, pc_bytes *value)
{
    pc_bytes shown = pc_attributes_bytes(attributes, type);

    *value = shown.len ? shown : *value;
}

/* A curve may be given by its name, as a PrintableString (PKCS#11 v3.0 section 2.3.3, curveName). */
static const struct {
    const char *given;
    const char *name; /* among the curves */
} other_names[] = {
    { "secp256r1", "EC P-256" }, { "prime256v1", "EC P-256" }, { "P-256", "EC P-256" }, { "secp384r1", "EC P-384" },
    { "P-384", "EC P-384" },     { "secp521r1", "EC P-521" },  { "P-521", "EC P-521" }, { "secp256k1", "EC secp256k1" },
};

static bool is_named(pc_bytes parameters, const char *name)
{
    const size_t len = strlen(name);

    return parameters.len == len + 2 && parameters.data[0] == 0x13 && parameters.data[1] == len &&
           memcmp(parameters.data + 2, name, len) == 0;
}

static pc_bytes oid_of(const char *name)
{
    size_t i = 0;

    while (strcmp(curves[i].name, name) != 0) {
        i++;
    }
    return (pc_bytes){ (const uint8_t *)curves[i].oid_der, curves[i].oid_len };
}

static pc_bytes curve_by_oid(pc_bytes parameters)
{
    for (size_t i = 0; i < PC_COUNT(other_names); i++) {
        if (is_named(parameters, other_names[i].given)) {
            return oid_of(other_names[i].name);
        }
    }
    return parameters;
}

void pc_public_half_take(const pc_attributes *attributes, pc_public_half *half)
{
    take_if_shown(attributes, CKA_MODULUS, &half->modulus);
    take_if_shown(attributes, CKA_PUBLIC_EXPONENT, &half->exponent);
    take_if_shown(attributes, CKA_EC_PARAMS, &half->parameters);
    half->parameters = curve_by_oid(half->parameters);
    take_if_shown(attributes, CKA_EC_POINT, &half->point);
}

bool pc_public_half_is_whole(const pc_public_half *half)
{
    switch (half->key_type) {
    case CKK_RSA:
        return half->modulus.len && half->exponent.len;
    case CKK_ML_DSA:
        return half->value.len > 0;
    default:
        return half->point.len && half->parameters.len;
    }
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

/* The header of a string (X.690 section 8.1) with this tag: the length is in one or two octets. */
static size_t header_len(pc_bytes point, uint8_t tag)
{
    if (point.len > 2 && point.data[0] == tag && point.data[1] < 0x80 && point.data[1] == point.len - 2) {
        return 2;
    }
    return point.len > 3 && point.data[0] == tag && point.data[1] == 0x81 && point.data[2] == point.len - 3 ? 3 : 0;
}

static pc_bytes without(pc_bytes point, size_t header)
{
    return (pc_bytes){ point.data ? point.data + header : NULL, point.len - header };
}

/* A compressed point may start as a BIT STRING does, but is never as long as one with a whole point. */
static size_t bit_string_header_len(pc_bytes point)
{
    const size_t header = header_len(point, 0x03);
    const bool has_unused_count = header && point.data[header] == 0;

    return has_unused_count && is_bare_len(point.len - header - 1) ? header + 1 : 0;
}

/* A bare point starts with 04 as well, but never has the length of an OCTET STRING that contains a point of another
 * curve. */
pc_bytes pc_bare_point(pc_bytes point)
{
    if (is_bare_len(point.len)) {
        return point;
    }
    const size_t octets = header_len(point, 0x04);

    return without(point, octets ? octets : bit_string_header_len(point));
}

/* The forms of a point on a Weierstrass curve (SEC 1 section 2.3.3, X9.62 section 4.3.6), by their first octet. */
#define COMPRESSED   0x02 /* and whether the second coordinate is odd */
#define UNCOMPRESSED 0x04
#define HYBRID       0x06 /* as COMPRESSED */

/** A point by its first coordinate, and whether the second is odd: there is no other with both. */
typedef struct {
    pc_bytes first;
    bool is_odd;
} coordinates;

static bool take_coordinates(pc_bytes point, coordinates *ret_coordinates)
{
    if (point.len < 3 || point.data[0] > HYBRID + 1) {
        return false;
    }
    const uint8_t form = point.data[0];
    const pc_bytes both = without(point, 1);
    const bool is_compressed = (form & ~1) == COMPRESSED;

    if (!is_compressed && ((form != UNCOMPRESSED && (form & ~1) != HYBRID) || both.len % 2 != 0)) {
        return false;
    }
    *ret_coordinates = (coordinates){ .first = { both.data, is_compressed ? both.len : both.len / 2 },
                                      .is_odd = ((is_compressed ? form : both.data[both.len - 1]) & 1) != 0 };
    return true;
}

static bool is_same_point(pc_bytes left, pc_bytes right)
{
    coordinates left_coordinates;
    coordinates right_coordinates;

    if (pc_bytes_match(left, right)) {
        return true;
    }
    return left.len && right.len && left.data[0] != right.data[0] && take_coordinates(left, &left_coordinates) &&
           take_coordinates(right, &right_coordinates) &&
           pc_bytes_match(left_coordinates.first, right_coordinates.first) &&
           left_coordinates.is_odd == right_coordinates.is_odd;
}

/* As C_FindObjects is asked for it: a modulus with at most one leading zero, an uncompressed point bare or in an OCTET
 * STRING. */
bool pc_public_value_is_usual(const pc_public_half *half)
{
    if (half->key_type == CKK_RSA) {
        return half->modulus.len - pc_unsigned_number(half->modulus).len <= 1;
    }
    if (half->key_type != CKK_EC) {
        return true;
    }
    const pc_bytes bare = pc_bare_point(half->point);

    return bare.len && bare.data[0] == UNCOMPRESSED && (bare.len == half->point.len || half->point.data[0] == 0x04);
}

bool pc_public_half_equal(const pc_public_half *left, const pc_public_half *right)
{
    if (left->key_type != right->key_type) {
        return false;
    }
    switch (left->key_type) {
    case CKK_RSA:
        return pc_bytes_match(pc_unsigned_number(left->modulus), pc_unsigned_number(right->modulus));
    case CKK_ML_DSA:
        return pc_bytes_match(left->value, right->value);
    default:
        return is_same_point(pc_bare_point(left->point), pc_bare_point(right->point));
    }
}

CK_ATTRIBUTE_TYPE pc_public_value_type(unsigned long key_type)
{
    return key_type == CKK_RSA ? CKA_MODULUS : key_type == CKK_ML_DSA ? CKA_VALUE : CKA_EC_POINT;
}

pc_bytes pc_public_value(const pc_public_half *half)
{
    return half->key_type == CKK_RSA ? half->modulus : half->key_type == CKK_ML_DSA ? half->value : half->point;
}

void pc_public_half_add_value(const pc_public_half *half, pc_template *template)
{
    pc_template_add_bytes(template, pc_public_value_type(half->key_type), pc_public_value(half));
}

static void add_ml_dsa(const pc_public_half *half, pc_template *template)
{
    const pc_ml_dsa_set *set = pc_ml_dsa_set_of(half->value);

    if (set) {
        pc_template_add(template, CKA_PARAMETER_SET, &set->number, sizeof set->number);
    }
    pc_template_add_bytes(template, CKA_VALUE, half->value);
}

void pc_public_half_add(const pc_public_half *half, pc_template *template)
{
    if (half->key_type == CKK_RSA) {
        pc_template_add_bytes(template, CKA_MODULUS, half->modulus);
        pc_template_add_bytes(template, CKA_PUBLIC_EXPONENT, half->exponent);
    } else if (half->key_type == CKK_ML_DSA) {
        add_ml_dsa(half, template);
    } else {
        pc_template_add_bytes(template, CKA_EC_PARAMS, half->parameters);
        pc_template_add_bytes(template, CKA_EC_POINT, half->point);
    }
}

static unsigned modulus_bits(const pc_public_half *half)
{
    pc_bytes rest = pc_unsigned_number(half->modulus);
    unsigned bits = (unsigned)rest.len * 8;

    for (unsigned top = rest.len ? *rest.data : 0x80; rest.len && !(top & 0x80); top <<= 1) {
        bits--;
    }
    return bits;
}

static const char *ml_dsa_words(const pc_public_half *half)
{
    const pc_ml_dsa_set *set = pc_ml_dsa_set_of(half->value);

    return set ? set->name : "ML-DSA, parameters not shown";
}

const char *pc_public_half_describe(const pc_public_half *half, char out[static 32])
{
    if (half->key_type == CKK_RSA && half->modulus.len) {
        (void)snprintf(out, 32, "RSA-%u", modulus_bits(half));
        return out;
    }
    if (half->key_type == CKK_ML_DSA) {
        (void)snprintf(out, 32, "%s", ml_dsa_words(half));
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
