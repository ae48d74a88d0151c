/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/extensions.h"

#include <openssl/objects.h>

#include "x509/alt_names.h"
#include "x509/openssl_error.h"

static pc_status add(pc_extension_list *list, int nid, void *value, bool critical, pc_error *err)
{
    if (!value || X509V3_add1_i2d(list, nid, value, critical, X509V3_ADD_DEFAULT) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the extension %s cannot be made", OBJ_nid2ln(nid));
    }
    return PC_OK;
}

pc_status pc_extension_add_key_usage(pc_extension_list *list, unsigned bits, pc_error *err)
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
    return add(list, NID_key_usage, usage, true, err);
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
    return add(list, NID_ext_key_usage, usage, critical, err);
}

pc_status pc_extension_add_alt_names(pc_extension_list *list, const pc_alt_name *names, size_t count, bool critical,
                                     pc_error *err)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *built = NULL;

    PC_TRY(pc_x509_alt_names_build(names, count, &built, err));
    return add(list, NID_subject_alt_name, built, critical, err);
}

pc_status pc_extension_add_subject_key_id(pc_extension_list *list, EVP_PKEY *key, pc_error *err)
{
    X509_PUBKEY *encoded = NULL;
    const unsigned char *bits = NULL;
    int len = 0;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

    bool made = id && X509_PUBKEY_set(&encoded, key) == 1 &&
                X509_PUBKEY_get0_param(NULL, &bits, &len, NULL, encoded) == 1 &&
                EVP_Digest(bits, (size_t)len, digest, &digest_len, EVP_sha1(), NULL) == 1 &&
                ASN1_OCTET_STRING_set(id, digest, (int)digest_len) == 1;

    X509_PUBKEY_free(encoded);
    if (!made) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the subject key identifier cannot be made");
    }
    return add(list, NID_subject_key_identifier, id, false, err);
}

pc_status pc_extension_add_authority_key_id(pc_extension_list *list, const X509 *issuer, pc_error *err)
{
    PC_AUTO(ASN1_OCTET_STRING) ASN1_OCTET_STRING *id =
        X509_get_ext_d2i(issuer, NID_subject_key_identifier, NULL, NULL);
    PC_AUTO(AUTHORITY_KEYID) AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();

    if (!id) {
        return PC_OK; /* an issuer without one is chained to by name alone */
    }
    if (!authority) {
        return pc_fail_memory(err);
    }
    authority->keyid = PC_TAKE(id);
    return add(list, NID_authority_key_identifier, authority, false, err);
}

pc_status pc_extension_add_basic_constraints(pc_extension_list *list, bool is_ca, pc_error *err)
{
    PC_AUTO(BASIC_CONSTRAINTS) BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();

    if (!constraints) {
        return pc_fail_memory(err);
    }
    constraints->ca = is_ca ? 0xff : 0;
    return add(list, NID_basic_constraints, constraints, true, err);
}

pc_status pc_extensions_of_request(const pc_request *request, EVP_PKEY *key, pc_extension_list *ret_list,
                                   pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = NULL;

    if (request->has_key_usage) {
        PC_TRY(pc_extension_add_key_usage(&list, request->key_usage, err));
    }
    if (request->eku_count) {
        PC_TRY(pc_extension_add_eku(&list, request->ekus, request->eku_count, request->eku_critical, err));
    }
    if (request->alt_name_count) {
        /* RFC 5280 section 4.2.1.6: critical where the subject is empty. */
        bool critical = request->alt_names_critical || request->subject.count == 0;

        PC_TRY(pc_extension_add_alt_names(&list, request->alt_names, request->alt_name_count, critical, err));
    }
    PC_TRY(pc_extension_add_subject_key_id(&list, key, err));
    *ret_list = PC_TAKE(list);
    return PC_OK;
}
