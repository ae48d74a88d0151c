/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions that are given as DER, if the request can express their content itself. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/cleanup.h"
#include "inf/inf_extension.h"
#include "inf/request_parts.h"

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"

PC_AUTO_DEFINE(ASN1_BIT_STRING_free, ASN1_BIT_STRING, ASN1_BIT_STRING_free);
PC_AUTO_DEFINE(BASIC_CONSTRAINTS_free, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
PC_AUTO_DEFINE(EXTENDED_KEY_USAGE_free, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free);
PC_AUTO_DEFINE(GENERAL_NAMES_free, GENERAL_NAMES, GENERAL_NAMES_free);
PC_AUTO_DEFINE(POLICY_MAPPING_free, POLICY_MAPPING, POLICY_MAPPING_free);

/*
 * Decode all of the bytes, or none. A value that does not encode to the same bytes again was not DER, or contains more
 * than the type can hold: it must stay as it is. The error queue is not changed.
 */
static void *decode(const ASN1_ITEM *type, pc_bytes der)
{
    const unsigned char *end = der.data;
    unsigned char *again = NULL;

    ERR_set_mark();
    ASN1_VALUE *value = ASN1_item_d2i(NULL, &end, (long)der.len, type);
    int len = value ? ASN1_item_i2d(value, &again, type) : -1;
    bool is_same = len >= 0 && (size_t)len == der.len && memcmp(again, der.data, der.len) == 0;

    ERR_pop_to_mark();
    OPENSSL_free(again);
    if (!is_same) {
        ASN1_item_free(value, type);
        return NULL;
    }
    return value;
}

pc_status pc_inf_read_usage_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der)
{
    PC_AUTO(ASN1_BIT_STRING_free) ASN1_BIT_STRING *bits = decode(ASN1_ITEM_rptr(ASN1_BIT_STRING), der);
    int len = bits ? ASN1_STRING_length(bits) : 0;

    if (len < 1 || len > 2) {
        return PC_E_INPUT;
    }
    const uint8_t *bytes = ASN1_STRING_get0_data(bits);
    unsigned usage = bytes[0] | (len == 2 ? (unsigned)bytes[1] << 8 : 0);

    if (usage & ~(unsigned)PC_KU_ALL) {
        return PC_E_INPUT;
    }
    job->usage.in_extensions = entry;
    job->usage.bits_in_extensions = usage;
    return PC_OK;
}

pc_status pc_inf_read_constraints_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der)
{
    PC_AUTO(BASIC_CONSTRAINTS_free) BASIC_CONSTRAINTS *decoded = decode(ASN1_ITEM_rptr(BASIC_CONSTRAINTS), der);
    pc_basic_constraints constraints = { .present = true };

    (void)entry;
    if (!decoded) {
        return PC_E_INPUT;
    }
    constraints.is_ca = decoded->ca != 0;
    if (decoded->pathlen) {
        int64_t length = 0;

        if (!constraints.is_ca || !ASN1_INTEGER_get_int64(&length, decoded->pathlen) || length < 0 ||
            length > INT32_MAX) {
            return PC_E_INPUT;
        }
        constraints.has_path_length = true;
        constraints.path_length = (unsigned)length;
    }
    constraints.critical = job->request->basic_constraints.critical;
    job->request->basic_constraints = constraints;
    return PC_OK;
}

/* The dotted form. @return PC_OK; PC_E_INPUT if it is longer than anything in use; PC_E_MEMORY. */
static pc_status oid_text(pc_arena *arena, const ASN1_OBJECT *object, const char **ret_oid)
{
    char text[256];
    int len = OBJ_obj2txt(text, sizeof text, object, 1);

    if (len <= 0 || (size_t)len >= sizeof text || !pc_text_is_oid(text)) {
        return PC_E_INPUT;
    }
    *ret_oid = pc_arena_string(arena, text);
    return *ret_oid ? PC_OK : PC_E_MEMORY;
}

pc_status pc_inf_read_eku_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der)
{
    PC_AUTO(EXTENDED_KEY_USAGE_free) EXTENDED_KEY_USAGE *usages = decode(ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), der);
    pc_request *request = job->request;
    size_t before = request->eku_count;
    pc_status status = usages && sk_ASN1_OBJECT_num(usages) ? PC_OK : PC_E_INPUT;

    for (int i = 0; status == PC_OK && i < sk_ASN1_OBJECT_num(usages); i++) {
        const char *oid = NULL;

        status = oid_text(request->arena, sk_ASN1_OBJECT_value(usages, i), &oid);
        if (status == PC_OK) {
            status = pc_request_add_eku(request, oid, NULL);
        }
    }
    if (status != PC_OK) {
        request->eku_count = before;
        return status;
    }
    job->usage.eku_in_extensions = entry;
    return PC_OK;
}

static pc_status read_text(pc_request *request, pc_alt_name_kind kind, const ASN1_STRING *string)
{
    size_t len = (size_t)ASN1_STRING_length(string);
    const char *text = pc_arena_text(request->arena, (const char *)ASN1_STRING_get0_data(string), len);

    if (!text) {
        return PC_E_MEMORY;
    }
    return strlen(text) == len ? pc_request_add_alt_name(request, kind, text, NULL) : PC_E_INPUT;
}

static pc_status read_address(pc_request *request, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN];
    int len = ASN1_STRING_length(address);
    bool is_known = len == 4 || len == 16;

    if (!is_known || !inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(address), text, sizeof text)) {
        return PC_E_INPUT;
    }
    return pc_request_add_alt_name(request, PC_ALT_IP, text, NULL);
}

static pc_status read_registered(pc_request *request, const ASN1_OBJECT *object)
{
    const char *oid = NULL;

    PC_TRY(oid_text(request->arena, object, &oid));
    return pc_request_add_alt_name(request, PC_ALT_RID, oid, NULL);
}

static pc_status read_other(pc_request *request, const OTHERNAME *other)
{
    pc_alt_name name = { .kind = PC_ALT_OTHER, .form = PC_OTHER_DER };
    unsigned char *der = NULL;

    PC_TRY(oid_text(request->arena, other->type_id, &name.oid));
    if (strcmp(name.oid, OID_UPN) == 0 && ASN1_TYPE_get(other->value) == V_ASN1_UTF8STRING) {
        return read_text(request, PC_ALT_UPN, other->value->value.utf8string);
    }
    int len = i2d_ASN1_TYPE(other->value, &der);

    if (len <= 0) {
        return PC_E_MEMORY;
    }
    name.bytes = (pc_bytes){ .data = pc_arena_copy(request->arena, der, (size_t)len), .len = (size_t)len };
    OPENSSL_free(der);
    if (!name.bytes.data) {
        return PC_E_MEMORY;
    }
    return pc_der_is_one(name.bytes) ? pc_request_push_alt_name(request, &name, NULL) : PC_E_INPUT;
}

/* A directory name may have strings of types that have no text form here, so it is left as it is encoded. */
static pc_status read_general_name(pc_request *request, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_OTHERNAME:
        return read_other(request, name->d.otherName);
    case GEN_EMAIL:
        return read_text(request, PC_ALT_EMAIL, name->d.rfc822Name);
    case GEN_DNS:
        return read_text(request, PC_ALT_DNS, name->d.dNSName);
    case GEN_URI:
        return read_text(request, PC_ALT_URI, name->d.uniformResourceIdentifier);
    case GEN_IPADD:
        return read_address(request, name->d.iPAddress);
    case GEN_RID:
        return read_registered(request, name->d.registeredID);
    default:
        return PC_E_INPUT;
    }
}

pc_status pc_inf_read_alt_der(pc_inf_job *job, const pc_inf_entry *entry, pc_bytes der)
{
    PC_AUTO(GENERAL_NAMES_free) GENERAL_NAMES *names = decode(ASN1_ITEM_rptr(GENERAL_NAMES), der);
    pc_request *request = job->request;
    size_t before = request->alt_name_count;
    pc_status status = names && sk_GENERAL_NAME_num(names) ? PC_OK : PC_E_INPUT;

    (void)entry;
    for (int i = 0; status == PC_OK && i < sk_GENERAL_NAME_num(names); i++) {
        status = read_general_name(request, sk_GENERAL_NAME_value(names, i));
    }
    if (status != PC_OK) {
        request->alt_name_count = before;
    }
    return status;
}

static bool push_mapping(POLICY_MAPPINGS *mappings, const pc_inf_mapping *mapping)
{
    PC_AUTO(POLICY_MAPPING_free) POLICY_MAPPING *each = POLICY_MAPPING_new();

    if (!each) {
        return false;
    }
    ASN1_OBJECT_free(each->issuerDomainPolicy);
    ASN1_OBJECT_free(each->subjectDomainPolicy);
    each->issuerDomainPolicy = OBJ_txt2obj(mapping->issuer, 1);
    each->subjectDomainPolicy = OBJ_txt2obj(mapping->subject, 1);
    if (!each->issuerDomainPolicy || !each->subjectDomainPolicy || sk_POLICY_MAPPING_push(mappings, each) <= 0) {
        return false;
    }
    each = NULL;
    return true;
}

/* The OIDs have been checked, so this can fail only for lack of memory. */
pc_status pc_inf_mappings_der(pc_arena *arena, const pc_inf_mappings *mappings, pc_bytes *ret_der)
{
    POLICY_MAPPINGS *list = sk_POLICY_MAPPING_new_null();
    unsigned char *bytes = NULL;
    bool is_whole = list != NULL;

    for (size_t i = 0; is_whole && i < mappings->count; i++) {
        is_whole = push_mapping(list, &mappings->items[i]);
    }
    int len = is_whole ? ASN1_item_i2d((ASN1_VALUE *)list, &bytes, ASN1_ITEM_rptr(POLICY_MAPPINGS)) : -1;
    const uint8_t *copy = len > 0 ? pc_arena_copy(arena, bytes, (size_t)len) : NULL;

    sk_POLICY_MAPPING_pop_free(list, POLICY_MAPPING_free);
    OPENSSL_free(bytes);
    if (!copy) {
        return PC_E_MEMORY;
    }
    *ret_der = (pc_bytes){ .data = copy, .len = (size_t)len };
    return PC_OK;
}
