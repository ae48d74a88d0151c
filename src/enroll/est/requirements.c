/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/est/est.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#define RSA_BITS_MAX 65536

static void types_free(ASN1_SEQUENCE_ANY *types)
{
    sk_ASN1_TYPE_pop_free(types, ASN1_TYPE_free);
}

PC_AUTO_DEFINE(ASN1_SEQUENCE_ANY, ASN1_SEQUENCE_ANY, types_free);

static ASN1_SEQUENCE_ANY *sequence_of(const unsigned char *bytes, long len)
{
    return d2i_ASN1_SEQUENCE_ANY(NULL, &bytes, len);
}

static ASN1_SEQUENCE_ANY *values_of(const ASN1_TYPE *set)
{
    const unsigned char *bytes = set && set->type == V_ASN1_SET ? ASN1_STRING_get0_data(set->value.set) : NULL;

    return bytes ? d2i_ASN1_SET_ANY(NULL, &bytes, ASN1_STRING_length(set->value.set)) : NULL;
}

static int nid_of(const ASN1_TYPE *item)
{
    return item && item->type == V_ASN1_OBJECT ? OBJ_obj2nid(item->value.object) : NID_undef;
}

static void add_key(pc_est_requirements *requirements, pc_est_key key)
{
    if (requirements->key_count < PC_EST_KEYS_MAX) {
        requirements->keys[requirements->key_count] = key;
    }
    requirements->key_count++;
}

/* The value of an attribute for a kind of key is the curve or the length. */
static void add_key_value(pc_est_requirements *requirements, int type, const ASN1_TYPE *value)
{
    int64_t bits = 0;
    bool is_length = value->type == V_ASN1_INTEGER && ASN1_INTEGER_get_int64(&bits, value->value.integer) == 1 &&
                     bits > 0 && bits <= RSA_BITS_MAX;

    if (type == NID_rsaEncryption) {
        add_key(requirements, (pc_est_key){ .type = type, .bits = is_length ? (unsigned)bits : 0 });
    } else if (value->type == V_ASN1_OBJECT) {
        add_key(requirements, (pc_est_key){ .type = type, .curve = nid_of(value) });
    }
}

static void add_item(pc_est_requirements *requirements, int type, const ASN1_SEQUENCE_ANY *values)
{
    requirements->wants_challenge = requirements->wants_challenge || type == NID_pkcs9_challengePassword;
    if (type != NID_rsaEncryption && type != NID_X9_62_id_ecPublicKey) {
        return;
    }
    if (!values || sk_ASN1_TYPE_num(values) == 0) {
        add_key(requirements, (pc_est_key){ .type = type });
    }
    for (int i = 0; i < sk_ASN1_TYPE_num(values); i++) {
        add_key_value(requirements, type, sk_ASN1_TYPE_value(values, i));
    }
}

/* AttrOrOID: an object identifier, alone or with values. @return false if it is neither. */
static bool read_item(pc_est_requirements *requirements, const ASN1_TYPE *item)
{
    if (item->type == V_ASN1_OBJECT) {
        add_item(requirements, nid_of(item), NULL);
        return true;
    }
    PC_AUTO(ASN1_SEQUENCE_ANY)
    ASN1_SEQUENCE_ANY *attribute =
        item->type == V_ASN1_SEQUENCE
            ? sequence_of(ASN1_STRING_get0_data(item->value.sequence), ASN1_STRING_length(item->value.sequence))
            : NULL;
    PC_AUTO(ASN1_SEQUENCE_ANY)
    ASN1_SEQUENCE_ANY *values =
        attribute && sk_ASN1_TYPE_num(attribute) == 2 ? values_of(sk_ASN1_TYPE_value(attribute, 1)) : NULL;

    if (!values || sk_ASN1_TYPE_value(attribute, 0)->type != V_ASN1_OBJECT) {
        return false;
    }
    add_item(requirements, nid_of(sk_ASN1_TYPE_value(attribute, 0)), values);
    return true;
}

pc_status pc_est_requirements_read(pc_bytes der, pc_est_requirements *ret_requirements, pc_error *err)
{
    PC_AUTO(ASN1_SEQUENCE_ANY) ASN1_SEQUENCE_ANY *items = der.data ? sequence_of(der.data, (long)der.len) : NULL;
    pc_est_requirements requirements = { .wants_challenge = false };
    bool is_readable = items != NULL;

    for (int i = 0; is_readable && i < sk_ASN1_TYPE_num(items); i++) {
        is_readable = read_item(&requirements, sk_ASN1_TYPE_value(items, i));
    }
    if (!is_readable) {
        ERR_clear_error();
        return pc_fail(err, PC_E_CA,
                       "what the server requires of requests (\"csrattrs\") cannot be read (RFC 7030 section 4.5.2)");
    }
    if (requirements.key_count > PC_EST_KEYS_MAX) {
        requirements.key_count = 0;
    }
    *ret_requirements = requirements;
    return PC_OK;
}
