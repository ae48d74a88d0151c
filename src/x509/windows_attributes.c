/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/windows_attributes.h"

#include <openssl/objects.h>
#include <string.h>

#include "x509/openssl_error.h"
#include "x509/windows.h"

/* A temporary object identifier; no attribute keeps it. */
#define OID_IN_PASSING "1.3.6.1.4.1.311.13.2.1.0"

typedef struct {
    const char *oid;
    int type;                   /* V_ASN1_* of the value */
    const unsigned char *bytes; /* content of a string, or a complete sequence */
    int len;
} new_attribute;

/* Windows writes each pair as a separate attribute, so there are several of one type. OpenSSL does not add a second
 * attribute of a type, but allows changing the type of an existing one. */
static pc_status add(X509_REQ *csr, const new_attribute *new, pc_error *err)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *object = OBJ_txt2obj(new->oid, 1);

    if (!object || new->len <= 0 ||
        X509_REQ_add1_attr_by_txt(csr, OID_IN_PASSING, new->type, new->bytes, new->len) != 1 ||
        X509_ATTRIBUTE_set1_object(X509_REQ_get_attr(csr, X509_REQ_get_attr_count(csr) - 1), object) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request attribute %s cannot be added", new->oid);
    }
    return PC_OK;
}

pc_status pc_csr_add_name_value(X509_REQ *csr, const pc_request_attribute *attribute, pc_error *err)
{
    PC_AUTO(PC_NAME_VALUE) PC_NAME_VALUE *pair = PC_NAME_VALUE_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!pair) {
        return pc_fail_memory(err);
    }
    if (!pc_bmp_string_set(pair->name, attribute->name) || !pc_bmp_string_set(pair->value, attribute->value)) {
        return pc_fail_openssl(err, PC_E_INPUT, "the request attribute \"%s\" = \"%s\" cannot be encoded",
                               attribute->name, attribute->value);
    }
    int len = i2d_PC_NAME_VALUE(pair, &der);

    return add(csr, &(new_attribute){ PC_OID_NAME_VALUE_PAIR, V_ASN1_SEQUENCE, der, len }, err);
}

static pc_status add_client_info(X509_REQ *csr, const pc_windows_claims *claims, pc_error *err)
{
    PC_AUTO(PC_CLIENT_INFO) PC_CLIENT_INFO *info = PC_CLIENT_INFO_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!info || ASN1_INTEGER_set_uint64(info->client_id, claims->client_id) != 1 ||
        !pc_utf8_string_set(info->machine, claims->machine) || !pc_utf8_string_set(info->user, claims->user) ||
        !pc_utf8_string_set(info->process, claims->process)) {
        return pc_fail_memory(err);
    }
    int len = i2d_PC_CLIENT_INFO(info, &der);

    return add(csr, &(new_attribute){ PC_OID_CLIENT_INFO, V_ASN1_SEQUENCE, der, len }, err);
}

/* The BIT STRING is for a signature that has not been used since Windows 2000. */
static pc_status add_csp(X509_REQ *csr, const pc_windows_claims *claims, pc_error *err)
{
    PC_AUTO(PC_CSP_INFO) PC_CSP_INFO *csp = PC_CSP_INFO_new();
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;

    if (!csp || ASN1_INTEGER_set_uint64(csp->key_spec, claims->key_spec) != 1) {
        return pc_fail_memory(err);
    }
    if (!pc_bmp_string_set(csp->provider, claims->provider)) {
        return pc_fail_openssl(err, PC_E_INPUT, "the provider name \"%s\" cannot be encoded", claims->provider);
    }
    int len = i2d_PC_CSP_INFO(csp, &der);

    return add(csr, &(new_attribute){ PC_OID_CSP, V_ASN1_SEQUENCE, der, len }, err);
}

pc_status pc_csr_add_windows_claims(X509_REQ *csr, const pc_windows_claims *claims, pc_error *err)
{
    if (claims->os_version) {
        const new_attribute version = { PC_OID_OS_VERSION, V_ASN1_IA5STRING, (const unsigned char *)claims->os_version,
                                        (int)strlen(claims->os_version) };

        PC_TRY(add(csr, &version, err));
    }
    if (claims->machine) {
        PC_TRY(add_client_info(csr, claims, err));
    }
    return claims->provider ? add_csp(csr, claims, err) : PC_OK;
}
