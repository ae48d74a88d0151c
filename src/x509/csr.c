/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/csr.h"

#include "base/bytes.h"

#include <openssl/objects.h>

#include "x509/extensions.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"
#include "x509/windows_attributes.h"

static pc_status add_extensions(X509_REQ *csr, const pc_request *request, EVP_PKEY *public_key, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;

    PC_TRY(pc_extensions_of_request(request, public_key, &extensions, err));
    if (X509_REQ_add_extensions(csr, extensions) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request's extensions cannot be added");
    }
    return PC_OK;
}

bool pc_csr_set_public_key(X509_REQ *csr, EVP_PKEY *key)
{
    return pc_spki_fill(X509_REQ_get_X509_PUBKEY(csr), key) || X509_REQ_set_pubkey(csr, key) == 1;
}

pc_status pc_csr_build(const pc_request *request, const pc_windows_claims *claims, EVP_PKEY *public_key,
                       X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = X509_REQ_new();
    PC_AUTO(X509_NAME) X509_NAME *subject = NULL;

    PC_TRY(pc_x509_name_build(&request->subject, &subject, err));
    if (!csr || X509_REQ_set_version(csr, X509_REQ_VERSION_1) != 1 || X509_REQ_set_subject_name(csr, subject) != 1 ||
        !pc_csr_set_public_key(csr, public_key)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be built");
    }
    for (size_t i = 0; i < request->request_attribute_count; i++) {
        PC_TRY(pc_csr_add_name_value(csr, &request->request_attributes[i], err));
    }
    if (claims) {
        PC_TRY(pc_csr_add_windows_claims(csr, claims, err));
    }
    PC_TRY(add_extensions(csr, request, public_key, err));
    *ret_csr = PC_TAKE(csr);
    return PC_OK;
}

/* The standard attribute, and Microsoft's older one (1.3.6.1.4.1.311.2.1.14). */
static bool asks_for_extensions(X509_ATTRIBUTE *attribute)
{
    int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute));

    return nid == NID_ext_req || nid == NID_ms_ext_req;
}

/* Some requests contain the same extension in both attributes. */
static bool is_there(const STACK_OF(X509_EXTENSION) *list, X509_EXTENSION *extension)
{
    const ASN1_OBJECT *type = X509_EXTENSION_get_object(extension);

    for (int position = -1; (position = X509v3_get_ext_by_OBJ(list, type, position)) >= 0;) {
        X509_EXTENSION *other = sk_X509_EXTENSION_value(list, position);

        if (X509_EXTENSION_get_critical(other) == X509_EXTENSION_get_critical(extension) &&
            ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(other), X509_EXTENSION_get_data(extension)) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status append_all(pc_extension_list *list, const ASN1_TYPE *value, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *asked = NULL;

    if (value && value->type == V_ASN1_SEQUENCE) {
        asked = ASN1_item_unpack(value->value.sequence, ASN1_ITEM_rptr(X509_EXTENSIONS));
    }
    if (!asked) {
        return pc_fail_openssl(err, PC_E_INPUT, "the extensions requested in the certificate request cannot be read");
    }
    while (sk_X509_EXTENSION_num(asked) > 0) {
        PC_AUTO(X509_EXTENSION) X509_EXTENSION *each = sk_X509_EXTENSION_shift(asked);

        if (is_there(*list, each)) {
            continue;
        }
        if (sk_X509_EXTENSION_push(*list, each) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(each);
    }
    return PC_OK;
}

pc_status pc_csr_get_extensions(const X509_REQ *csr, pc_extension_list *ret_list, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();

    if (!list) {
        return pc_fail_memory(err);
    }
    for (int i = 0; i < X509_REQ_get_attr_count(csr); i++) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(csr, i);

        for (int j = 0; asks_for_extensions(attribute) && j < X509_ATTRIBUTE_count(attribute); j++) {
            PC_TRY(append_all(&list, X509_ATTRIBUTE_get0_type(attribute, j), err));
        }
    }
    *ret_list = PC_TAKE(list);
    return PC_OK;
}

pc_status pc_csr_same_content(X509_REQ *left, X509_REQ *right, bool *ret_same, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *left_der = NULL;
    PC_AUTO(openssl_bytes) unsigned char *right_der = NULL;
    int left_len = i2d_re_X509_REQ_tbs(left, &left_der);
    int right_len = i2d_re_X509_REQ_tbs(right, &right_der);

    if (left_len <= 0 || right_len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be encoded");
    }
    *ret_same = pc_bytes_equal((pc_bytes){ left_der, (size_t)left_len }, (pc_bytes){ right_der, (size_t)right_len });
    return PC_OK;
}
