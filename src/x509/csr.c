/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/csr.h"

#include <openssl/objects.h>
#include <string.h>

#include "x509/extensions.h"
#include "x509/name.h"
#include "x509/openssl_error.h"

#define OID_NAME_VALUE_PAIR "1.3.6.1.4.1.311.13.2.1"

static pc_status push_bmp_string(ASN1_SEQUENCE_ANY *sequence, const char *text, pc_error *err)
{
    ASN1_STRING *string = NULL;
    PC_AUTO(ASN1_TYPE) ASN1_TYPE *item = ASN1_TYPE_new();

    if (!item || ASN1_mbstring_copy(&string, (const unsigned char *)text, (int)strlen(text), MBSTRING_UTF8,
                                    B_ASN1_BMPSTRING) < 0) {
        return pc_fail_openssl(err, PC_E_INPUT, "the request attribute \"%s\" cannot be encoded", text);
    }
    ASN1_TYPE_set(item, V_ASN1_BMPSTRING, string);
    if (sk_ASN1_TYPE_push(sequence, item) <= 0) {
        return pc_fail_memory(err);
    }
    (void)PC_TAKE(item);
    return PC_OK;
}

static void sequence_free(ASN1_SEQUENCE_ANY *sequence)
{
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
}
PC_AUTO_DEFINE(ASN1_SEQUENCE_ANY, ASN1_SEQUENCE_ANY, sequence_free);

/* SEQUENCE { BMPString name, BMPString value }, one attribute for each pair ([MS-WCCE] 2.2.2.7.10). */
static pc_status add_name_value(X509_REQ *csr, const pc_request_attribute *attribute, pc_error *err)
{
    PC_AUTO(ASN1_SEQUENCE_ANY) ASN1_SEQUENCE_ANY *pair = sk_ASN1_TYPE_new_null();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!pair) {
        return pc_fail_memory(err);
    }
    PC_TRY(push_bmp_string(pair, attribute->name, err));
    PC_TRY(push_bmp_string(pair, attribute->value, err));
    int len = i2d_ASN1_SEQUENCE_ANY(pair, &der);

    if (len <= 0 || X509_REQ_add1_attr_by_txt(csr, OID_NAME_VALUE_PAIR, V_ASN1_SEQUENCE, der, len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request attribute \"%s\" cannot be added", attribute->name);
    }
    return PC_OK;
}

static pc_status add_extensions(X509_REQ *csr, const pc_request *request, EVP_PKEY *public_key, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;

    PC_TRY(pc_extensions_of_request(request, public_key, &extensions, err));
    if (X509_REQ_add_extensions(csr, extensions) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request's extensions cannot be added");
    }
    return PC_OK;
}

pc_status pc_csr_build(const pc_request *request, EVP_PKEY *public_key, X509_REQ **ret_csr, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = X509_REQ_new();
    PC_AUTO(X509_NAME) X509_NAME *subject = NULL;

    PC_TRY(pc_x509_name_build(&request->subject, &subject, err));
    if (!csr || X509_REQ_set_version(csr, X509_REQ_VERSION_1) != 1 || X509_REQ_set_subject_name(csr, subject) != 1 ||
        X509_REQ_set_pubkey(csr, public_key) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be built");
    }
    for (size_t i = 0; i < request->attribute_count; i++) {
        PC_TRY(add_name_value(csr, &request->attributes[i], err));
    }
    PC_TRY(add_extensions(csr, request, public_key, err));
    *ret_csr = PC_TAKE(csr);
    return PC_OK;
}
