/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/renewal.h"

#include <limits.h>
#include <openssl/objects.h>
#include <string.h>

#include "x509/csr.h"
#include "x509/openssl_error.h"
#include "x509/windows.h"

/* Set by the issuer, or derived again from the key. */
static const int never_asked[] = {
    NID_subject_key_identifier,
    NID_authority_key_identifier,
    NID_crl_distribution_points,
    NID_info_access,
    NID_freshest_crl,
    NID_ct_precert_scts,
    NID_ct_precert_poison,
    NID_issuer_alt_name,
    NID_private_key_usage_period,
};

/* Extensions that a requester may request. All others are omitted and reported: a CA may refuse a request with unknown
 * extensions. */
static const char *const asked[] = {
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.32",
    "2.5.29.37",
    PC_OID_TEMPLATE_NAME,
    PC_OID_TEMPLATE_VERSION,
    PC_OID_APPLICATION_POLICIES,
    PC_OID_SMIME_CAPABILITIES,
};

static bool is_never_asked(pc_kept_extension *extension)
{
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

    for (size_t i = 0; i < PC_COUNT(never_asked); i++) {
        if (nid == never_asked[i]) {
            return true;
        }
    }
    return false;
}

static bool is_asked(const char *oid)
{
    for (size_t i = 0; i < PC_COUNT(asked); i++) {
        if (strcmp(oid, asked[i]) == 0) {
            return true;
        }
    }
    return false;
}

static pc_status take_extension(pc_kept_extension *extension, pc_extension_list *list, pc_arena *arena,
                                const char **left_out, pc_error *err)
{
    char oid[128];

    if (is_never_asked(extension)) {
        return PC_OK;
    }
    if (OBJ_obj2txt(oid, sizeof oid, X509_EXTENSION_get_object(extension), 1) <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the OID of an extension in the certificate cannot be read");
    }
    if (!is_asked(oid)) {
        *left_out = pc_arena_format(arena, "%s%s%s", *left_out, **left_out ? ", " : "", oid);
        return *left_out ? PC_OK : pc_fail_memory(err);
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);

    return pc_extension_add_der(list,
                                &(pc_extension_der){ .oid = oid,
                                                     .critical = X509_EXTENSION_get_critical(extension) == 1,
                                                     .der = ASN1_STRING_get0_data(value),
                                                     .len = ASN1_STRING_length(value) },
                                err);
}

static pc_status add_extensions(X509_REQ *csr, const pc_renewal_order *order, pc_arena *arena, const char **left_out,
                                pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = NULL;

    *left_out = "";
    PC_TRY(pc_extension_add_subject_key_id(&list, order->public_key, err));
    for (int i = 0; i < X509_get_ext_count(order->old); i++) {
        PC_TRY(take_extension(X509_get_ext(order->old, i), &list, arena, left_out, err));
    }
    if (X509_REQ_add_extensions(csr, list) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request's extensions cannot be added");
    }
    return PC_OK;
}

static pc_status name_old(X509_REQ *csr, const X509 *old, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509(old, &der);

    if (len <= 0 || X509_REQ_add1_attr_by_txt(csr, PC_OID_RENEWAL_CERTIFICATE, V_ASN1_SEQUENCE, der, len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the old certificate cannot be added to the request");
    }
    return PC_OK;
}

pc_status pc_renewal_csr_build(const pc_renewal_order *order, pc_arena *arena, X509_REQ **ret_csr,
                               const char **ret_left_out, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = X509_REQ_new();

    if (!csr || X509_REQ_set_version(csr, X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_subject_name(csr, X509_get_subject_name(order->old)) != 1 ||
        !pc_csr_set_public_key(csr, order->public_key)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be built");
    }
    PC_TRY(add_extensions(csr, order, arena, ret_left_out, err));
    if (order->names_old) {
        PC_TRY(name_old(csr, order->old, err));
    }
    *ret_csr = PC_TAKE(csr);
    return PC_OK;
}

static const ASN1_OCTET_STRING *find_extension(const X509 *certificate, const char *oid)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    int cursor = type ? X509_get_ext_by_OBJ(certificate, type, -1) : -1;

    return cursor >= 0 ? X509_EXTENSION_get_data(X509_get_ext(certificate, cursor)) : NULL;
}

static const char *template_name(const ASN1_OCTET_STRING *value, pc_arena *arena)
{
    const unsigned char *cursor = ASN1_STRING_get0_data(value);
    PC_AUTO(ASN1_STRING) ASN1_STRING *name = d2i_ASN1_BMPSTRING(NULL, &cursor, ASN1_STRING_length(value));
    PC_AUTO(openssl_bytes) unsigned char *utf8 = NULL;
    int len = name ? ASN1_STRING_to_UTF8(&utf8, name) : -1;

    return len > 0 ? pc_arena_text(arena, (const char *)utf8, (size_t)len) : NULL;
}

static const char *template_oid(const ASN1_OCTET_STRING *value, pc_arena *arena)
{
    const unsigned char *cursor = ASN1_STRING_get0_data(value);
    PC_AUTO(PC_TEMPLATE_INFO) PC_TEMPLATE_INFO *info = d2i_PC_TEMPLATE_INFO(NULL, &cursor, ASN1_STRING_length(value));
    char oid[128];

    return info && OBJ_obj2txt(oid, sizeof oid, info->id, 1) > 0 ? pc_arena_string(arena, oid) : NULL;
}

const char *pc_renewal_template(const X509 *old, pc_arena *arena)
{
    const ASN1_OCTET_STRING *by_name = find_extension(old, PC_OID_TEMPLATE_NAME);
    const ASN1_OCTET_STRING *by_oid = find_extension(old, PC_OID_TEMPLATE_VERSION);

    return by_name ? template_name(by_name, arena) : by_oid ? template_oid(by_oid, arena) : NULL;
}

const char *pc_renewal_pem(pc_bytes der, pc_arena *arena)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (!out || der.len > LONG_MAX || PEM_write_bio(out, "PKCS7", "", der.data, (long)der.len) <= 0) {
        return NULL;
    }
    long text_len = BIO_get_mem_data(out, &text);

    return text_len > 0 ? pc_arena_text(arena, text, (size_t)text_len) : NULL;
}
