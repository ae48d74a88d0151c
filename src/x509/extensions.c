/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/extensions.h"

#include <openssl/objects.h>
#include <string.h>

#include "x509/alt_names.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"

static pc_status refuse_second(const ASN1_OBJECT *type, pc_error *err)
{
    char oid[80];
    char name[80];

    (void)OBJ_obj2txt(oid, sizeof oid, type, 1);
    (void)OBJ_obj2txt(name, sizeof name, type, 0);
    return pc_fail(err, PC_E_INPUT, "the extension %s%s%s%s is requested twice; a request can contain it only once",
                   oid, strcmp(oid, name) == 0 ? "" : " (", strcmp(oid, name) == 0 ? "" : name,
                   strcmp(oid, name) == 0 ? "" : ")");
}

static pc_status push(pc_extension_list *list, X509_EXTENSION *extension, pc_error *err)
{
    const ASN1_OBJECT *type = X509_EXTENSION_get_object(extension);

    if (X509v3_get_ext_by_OBJ(*list, type, -1) >= 0) {
        return refuse_second(type, err);
    }
    return X509v3_add_ext(list, extension, -1) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_extension_add(pc_extension_list *list, int nid, void *value, bool critical, pc_error *err)
{
    PC_AUTO(X509_EXTENSION) X509_EXTENSION *extension = value ? X509V3_EXT_i2d(nid, critical, value) : NULL;

    if (!extension) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the extension %s cannot be encoded", OBJ_nid2ln(nid));
    }
    return push(list, extension, err);
}

pc_status pc_extension_add_der(pc_extension_list *list, const pc_extension_der *from, pc_error *err)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *oid = OBJ_txt2obj(from->oid, 1);
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *der = ASN1_OCTET_STRING_new();
    PC_AUTO(X509_EXTENSION) X509_EXTENSION *extension = NULL;

    if (!oid) {
        return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is not an object identifier", from->oid);
    }
    if (!der || from->len <= 0 || ASN1_OCTET_STRING_set(der, from->der, from->len) != 1 ||
        !X509_EXTENSION_create_by_OBJ(&extension, oid, from->critical, der)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the extension %s cannot be encoded", from->oid);
    }
    return push(list, extension, err);
}

pc_status pc_extension_add_key_usage(pc_extension_list *list, unsigned bits, bool critical, pc_error *err)
{
    PC_AUTO(ASN1_BIT_STRING) ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();

    if (!usage) {
        return pc_fail_memory(err);
    }
    for (int bit = 0; bit <= 8; bit++) {
        /* Named bit 0 is the highest of the first octet; the ninth, decipherOnly, is 0x8000 here. */
        unsigned mask = bit < 8 ? 0x80u >> bit : PC_KU_DECIPHER_ONLY;

        if ((bits & mask) && ASN1_BIT_STRING_set_bit(usage, bit, 1) != 1) {
            return pc_fail_memory(err);
        }
    }
    return pc_extension_add(list, NID_key_usage, usage, critical, err);
}

pc_status pc_extension_add_eku(pc_extension_list *list, const char *const *oids, size_t count, bool critical,
                               pc_error *err)
{
    PC_AUTO(EXTENDED_KEY_USAGE) EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();

    for (size_t i = 0; usage && i < count; i++) {
        ASN1_OBJECT *oid = OBJ_txt2obj(oids[i], 1);

        if (!oid || sk_ASN1_OBJECT_push(usage, oid) <= 0) {
            ASN1_OBJECT_free(oid);
            return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is not an object identifier", oids[i]);
        }
    }
    return pc_extension_add(list, NID_ext_key_usage, usage, critical, err);
}

pc_status pc_extension_add_alt_names(pc_extension_list *list, const pc_alt_name *names, size_t count, bool critical,
                                     pc_error *err)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *built = NULL;

    PC_TRY(pc_x509_alt_names_build(names, count, &built, err));
    return pc_extension_add(list, NID_subject_alt_name, built, critical, err);
}

pc_status pc_extension_add_subject_key_id(pc_extension_list *list, EVP_PKEY *key, pc_error *err)
{
    PC_AUTO(X509_PUBKEY) X509_PUBKEY *encoded = pc_spki_of(key);
    const unsigned char *bits = NULL;
    int len = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

    bool made = id && encoded && X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, encoded) == 1 &&
                EVP_Digest(bits, (size_t)len, digest, &digest_len, EVP_sha1(), NULL) == 1 &&
                ASN1_OCTET_STRING_set(id, digest, (int)digest_len) == 1;

    if (!made) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the subject key identifier cannot be encoded");
    }
    return pc_extension_add(list, NID_subject_key_identifier, id, false, err);
}

pc_status pc_extension_add_authority_key_id(pc_extension_list *list, const X509 *issuer, pc_error *err)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *id = X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    PC_AUTO(AUTHORITY_KEYID) AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();

    if (!id) {
        return PC_OK; /* without one, the chain uses only the issuer's name */
    }
    if (!authority) {
        return pc_fail_memory(err);
    }
    authority->keyid = PC_TAKE(id);
    return pc_extension_add(list, NID_authority_key_identifier, authority, false, err);
}

pc_status pc_extension_add_basic_constraints(pc_extension_list *list, const pc_basic_constraints *from, pc_error *err)
{
    PC_AUTO(BASIC_CONSTRAINTS) BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();

    if (!constraints) {
        return pc_fail_memory(err);
    }
    constraints->ca = from->is_ca ? 0xff : 0;
    if (from->is_ca && from->has_path_length) {
        constraints->pathlen = ASN1_INTEGER_new();
        if (!constraints->pathlen || ASN1_INTEGER_set_uint64(constraints->pathlen, from->path_length) != 1) {
            return pc_fail_memory(err);
        }
    }
    return pc_extension_add(list, NID_basic_constraints, constraints, from->critical, err);
}
