/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/name.h"
#include "x509/show/show.h"
#include "x509/show/fields.h"
#include "x509/windows.h"

typedef pc_status (*decoder)(const pc_show *show, const ASN1_TYPE *value);

static void *unpack(const ASN1_TYPE *value, const ASN1_ITEM *item)
{
    return value->type == V_ASN1_SEQUENCE ? pc_show_unpack(value->value.sequence, item) : NULL;
}

static pc_status show_name_value(const pc_show *show, const ASN1_TYPE *value)
{
    PC_AUTO(PC_NAME_VALUE) PC_NAME_VALUE *pair = unpack(value, ASN1_ITEM_rptr(PC_NAME_VALUE));

    if (!pair) {
        return PC_E_INPUT;
    }
    PC_TRY(pc_show_string(show, "name", pair->name));
    return pc_show_string(show, "value", pair->value);
}

static pc_status show_client_info(const pc_show *show, const ASN1_TYPE *value)
{
    PC_AUTO(PC_CLIENT_INFO) PC_CLIENT_INFO *info = unpack(value, ASN1_ITEM_rptr(PC_CLIENT_INFO));

    if (!info) {
        return PC_E_INPUT;
    }
    PC_TRY(pc_show_integer(show, "client id", info->client_id));
    PC_TRY(pc_show_string(show, "machine", info->machine));
    PC_TRY(pc_show_string(show, "user", info->user));
    return pc_show_string(show, "process", info->process);
}

static pc_status show_csp(const pc_show *show, const ASN1_TYPE *value)
{
    PC_AUTO(PC_CSP_INFO) PC_CSP_INFO *csp = unpack(value, ASN1_ITEM_rptr(PC_CSP_INFO));

    if (!csp) {
        return PC_E_INPUT;
    }
    PC_TRY(pc_show_integer(show, "key spec", csp->key_spec));
    return pc_show_string(show, "provider", csp->provider);
}

static pc_status show_certificate(const pc_show *show, const ASN1_TYPE *value)
{
    PC_AUTO(X509) X509 *certificate = unpack(value, ASN1_ITEM_rptr(X509));
    const char *subject = certificate ? pc_x509_name_text(X509_get_subject_name(certificate), show->arena) : NULL;

    if (!subject) {
        return PC_E_INPUT;
    }
    const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);

    PC_TRY(pc_show_text(show, "subject", subject));
    return pc_show_hex(show, "serial", (pc_bytes){ ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial) });
}

static pc_status show_os_version(const pc_show *show, const ASN1_TYPE *value)
{
    return value->type == V_ASN1_IA5STRING ? pc_show_string(show, "version", value->value.ia5string) : PC_E_INPUT;
}

/* Any value that is one string: challenge password, unstructured name. */
static pc_status show_plain_string(const pc_show *show, const ASN1_TYPE *value)
{
    switch (value->type) {
    case V_ASN1_IA5STRING:
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_T61STRING:
        return pc_show_string(show, "", value->value.asn1_string);
    default:
        return PC_E_INPUT;
    }
}

static const struct {
    const char *oid;
    decoder decode;
} decoders[] = {
    { PC_OID_OS_VERSION, show_os_version },           { PC_OID_NAME_VALUE_PAIR, show_name_value },
    { PC_OID_CLIENT_INFO, show_client_info },         { PC_OID_CSP, show_csp },
    { PC_OID_RENEWAL_CERTIFICATE, show_certificate },
};

static pc_status decode(const pc_show *show, const ASN1_TYPE *value)
{
    for (size_t i = 0; i < PC_COUNT(decoders); i++) {
        if (strcmp(show->part->oid, decoders[i].oid) == 0) {
            return decoders[i].decode(show, value);
        }
    }
    return show_plain_string(show, value);
}

static pc_status show_value(const ASN1_OBJECT *type, const ASN1_TYPE *value, pc_arena *arena, pc_shown_part *part)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    const pc_show show = { .arena = arena, .part = part };
    int len = i2d_ASN1_TYPE(value, &der);

    PC_TRY(pc_show_identity(&show, type));
    part->hex = pc_text_hex(arena, (pc_bytes){ der, len > 0 ? (size_t)len : 0 }, '\0');
    if (!part->hex) {
        return PC_E_MEMORY;
    }
    return pc_show_finish(&show, decode(&show, value));
}

static bool asks_for_extensions(const ASN1_OBJECT *type)
{
    return OBJ_obj2nid(type) == NID_ext_req || OBJ_obj2nid(type) == NID_ms_ext_req;
}

pc_status pc_x509_show_attributes(const X509_REQ *csr, pc_arena *arena, pc_shown *shown, pc_error *err)
{
    for (int i = 0; i < X509_REQ_get_attr_count(csr); i++) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(csr, i);
        const ASN1_OBJECT *type = X509_ATTRIBUTE_get0_object(attribute);

        for (int j = 0; !asks_for_extensions(type) && j < X509_ATTRIBUTE_count(attribute); j++) {
            pc_shown_part *part = PC_PUSH(arena, shown->request_attributes, shown->request_attribute_count);

            if (!part || show_value(type, X509_ATTRIBUTE_get0_type(attribute, j), arena, part) != PC_OK) {
                return pc_fail_memory(err);
            }
        }
    }
    return PC_OK;
}
