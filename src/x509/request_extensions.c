/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a request, and their order. */
#include <limits.h>

#include <openssl/err.h>

#include "x509/extensions.h"
#include "x509/name_constraints.h"
#include "x509/openssl_error.h"
#include "x509/policies.h"
#include "x509/smime.h"
#include "x509/template.h"

/* One function per extension; it adds nothing if the extension was not requested. */
typedef pc_status (*add_asked)(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err);

/* RFC 5280 section 4.2.1.3: if the extension is present, at least one bit is set. */
static pc_status add_key_usage(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    if (!request->has_key_usage || request->key_usage == 0) {
        return PC_OK;
    }
    return pc_extension_add_key_usage(list, request->key_usage, !request->key_usage_not_critical, err);
}

static pc_status add_key_id(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)request;
    return pc_extension_add_subject_key_id(list, key, err);
}

static pc_status add_eku(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->eku_count
               ? pc_extension_add_eku(list, request->ekus, request->eku_count, request->eku_critical, err)
               : PC_OK;
}

static pc_status add_template_name(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->template_name ? pc_extension_add_template_name(list, request->template_name, err) : PC_OK;
}

static pc_status add_template_version(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->template_version.oid ? pc_extension_add_template_version(list, &request->template_version, err)
                                         : PC_OK;
}

static pc_status add_application_policies(pc_extension_list *list, const pc_request *request, EVP_PKEY *key,
                                          pc_error *err)
{
    (void)key;
    return request->application_policies.count
               ? pc_extension_add_application_policies(list, &request->application_policies, err)
               : PC_OK;
}

static pc_status add_smime(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->smime ? pc_extension_add_smime_capabilities(list, err) : PC_OK;
}

/* RFC 5280 section 4.2.1.6: critical if the subject is empty. */
static pc_status add_alt_names(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    bool critical = request->alt_names_critical || request->subject.count == 0;

    (void)key;
    if (request->alt_name_count == 0) {
        return PC_OK;
    }
    return pc_extension_add_alt_names(list, request->alt_names, request->alt_name_count, critical, err);
}

static pc_status add_basic_constraints(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->basic_constraints.present
               ? pc_extension_add_basic_constraints(list, &request->basic_constraints, err)
               : PC_OK;
}

static pc_status add_name_constraints(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->name_constraints.present ? pc_extension_add_name_constraints(list, &request->name_constraints, err)
                                             : PC_OK;
}

static pc_status add_policies(pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    return request->policies.count ? pc_extension_add_policies(list, &request->policies, err) : PC_OK;
}

/* RFC 5280 section 4.2: the content is the DER of one value. */
static bool is_one_value(const pc_raw_extension *raw)
{
    const unsigned char *cursor = raw->der.data;
    PC_AUTO(ASN1_TYPE)
    ASN1_TYPE *value = raw->der.len <= INT_MAX ? d2i_ASN1_TYPE(NULL, &cursor, (long)raw->der.len) : NULL;

    return value && cursor == raw->der.data + raw->der.len;
}

/* For an extension that OpenSSL knows, the content must be valid; others are copied unchanged. */
static bool is_content_of(const pc_raw_extension *raw)
{
    int nid = OBJ_txt2nid(raw->oid);
    const X509V3_EXT_METHOD *method = nid == NID_undef ? NULL : X509V3_EXT_get_nid(nid);
    const unsigned char *cursor = raw->der.data;

    if (!method || !method->it) {
        return true;
    }
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &cursor, (long)raw->der.len, ASN1_ITEM_ptr(method->it));
    bool whole = value && cursor == raw->der.data + raw->der.len;

    ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
    ERR_clear_error();
    return whole;
}

/* Added last, so that a duplicate of an extension added above is detected and refused. */ static pc_status add_raw(
    pc_extension_list *list, const pc_request *request, EVP_PKEY *key, pc_error *err)
{
    (void)key;
    for (size_t i = 0; i < request->raw_extension_count; i++) {
        const pc_raw_extension *raw = &request->raw_extensions[i];

        if (!is_one_value(raw)) {
            return pc_fail_openssl(err, PC_E_INPUT, "the value for the extension %s is not the DER of one value",
                                   raw->oid);
        }
        if (!is_content_of(raw)) {
            return pc_fail(err, PC_E_INPUT, "the value for the extension %s is not valid DER for that extension",
                           raw->oid);
        }
        const pc_extension_der asked = { raw->oid, raw->critical, raw->der.data, (int)raw->der.len };

        PC_TRY(pc_extension_add_der(list, &asked, err));
    }
    return PC_OK;
}

static const add_asked in_order[] = {
    add_key_usage,
    add_key_id,
    add_eku,
    add_template_name,
    add_template_version,
    add_application_policies,
    add_smime,
    add_alt_names,
    add_basic_constraints,
    add_name_constraints,
    add_policies,
    add_raw,
};

pc_status pc_extensions_of_request(const pc_request *request, EVP_PKEY *key, pc_extension_list *ret_list, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *list = NULL;

    for (size_t i = 0; i < PC_COUNT(in_order); i++) {
        PC_TRY(in_order[i](&list, request, key, err));
    }
    *ret_list = PC_TAKE(list);
    return PC_OK;
}
