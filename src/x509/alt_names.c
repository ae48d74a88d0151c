/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/alt_names.h"

#include <limits.h>
#include <openssl/objects.h>
#include <string.h>

#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/windows.h"

#define GUID_LEN 16u

typedef bool (*set_name)(GENERAL_NAME *name, const pc_alt_name *from);

static bool set_ia5(GENERAL_NAME *name, int type, const char *text)
{
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    bool is_ascii = true;

    for (const char *cursor = text; *cursor; cursor++) {
        is_ascii = is_ascii && (unsigned char)*cursor < 0x80;
    }
    if (!string || !is_ascii || ASN1_STRING_set(string, text, (int)strlen(text)) != 1) {
        ASN1_IA5STRING_free(string);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, string);
    return true;
}

static bool set_dns(GENERAL_NAME *name, const pc_alt_name *from)
{
    return set_ia5(name, GEN_DNS, from->text);
}

static bool set_email(GENERAL_NAME *name, const pc_alt_name *from)
{
    return set_ia5(name, GEN_EMAIL, from->text);
}

static bool set_uri(GENERAL_NAME *name, const pc_alt_name *from)
{
    return set_ia5(name, GEN_URI, from->text);
}

static bool set_ip(GENERAL_NAME *name, const pc_alt_name *from)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(from->text);

    if (address) {
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    }
    return address != NULL;
}

static bool set_rid(GENERAL_NAME *name, const pc_alt_name *from)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(from->text, 1);

    if (oid) {
        GENERAL_NAME_set0_value(name, GEN_RID, oid);
    }
    return oid != NULL;
}

static bool set_other_value(GENERAL_NAME *name, const char *type, ASN1_TYPE *value)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(type, 1);

    if (!oid || !value || GENERAL_NAME_set0_othername(name, oid, value) != 1) {
        ASN1_OBJECT_free(oid);
        ASN1_TYPE_free(value);
        return false;
    }
    return true;
}

static bool set_other(GENERAL_NAME *name, const char *type, int tag, const void *bytes, size_t len)
{
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_STRING *string = ASN1_STRING_type_new(tag);

    if (!value || !string || len > INT_MAX || ASN1_STRING_set(string, bytes, (int)len) != 1) {
        ASN1_TYPE_free(value);
        ASN1_STRING_free(string);
        return false;
    }
    ASN1_TYPE_set(value, tag, string);
    return set_other_value(name, type, value);
}

static bool set_upn(GENERAL_NAME *name, const pc_alt_name *from)
{
    return set_other(name, PC_OID_UPN, V_ASN1_UTF8STRING, from->text, strlen(from->text));
}

static bool set_guid(GENERAL_NAME *name, const pc_alt_name *from)
{
    return from->bytes.len == GUID_LEN && set_other(name, PC_OID_GUID, V_ASN1_OCTET_STRING, from->bytes.data, GUID_LEN);
}

static bool set_other_der(GENERAL_NAME *name, const pc_alt_name *from)
{
    const unsigned char *cursor = from->bytes.data;
    ASN1_TYPE *value = d2i_ASN1_TYPE(NULL, &cursor, (long)from->bytes.len);

    if (value && cursor != from->bytes.data + from->bytes.len) {
        ASN1_TYPE_free(value);
        return false;
    }
    return set_other_value(name, from->oid, value);
}

static bool set_any_other(GENERAL_NAME *name, const pc_alt_name *from)
{
    switch (from->form) {
    case PC_OTHER_UTF8:
        return set_other(name, from->oid, V_ASN1_UTF8STRING, from->text, strlen(from->text));
    case PC_OTHER_OCTETS:
        return set_other(name, from->oid, V_ASN1_OCTET_STRING, from->bytes.data, from->bytes.len);
    case PC_OTHER_DER:
        return set_other_der(name, from);
    }
    return false;
}

static bool set_directory(GENERAL_NAME *name, const pc_alt_name *from)
{
    X509_NAME *directory = NULL;

    if (pc_x509_name_build(&from->directory, &directory, NULL) != PC_OK) {
        return false;
    }
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
    return true;
}

static const struct {
    set_name set;
    const char *words;
} kinds[] = {
    [PC_ALT_DNS] = { set_dns, "DNS name" },
    [PC_ALT_IP] = { set_ip, "IP address" },
    [PC_ALT_EMAIL] = { set_email, "mail address" },
    [PC_ALT_UPN] = { set_upn, "UPN" },
    [PC_ALT_URI] = { set_uri, "URI" },
    [PC_ALT_RID] = { set_rid, "registered ID" },
    [PC_ALT_DIRECTORY] = { set_directory, "directory name" },
    [PC_ALT_GUID] = { set_guid, "GUID" },
    [PC_ALT_OTHER] = { set_any_other, "other name" },
};

const char *pc_x509_alt_name_words(const pc_alt_name *name)
{
    return name->text ? name->text : name->oid ? name->oid : kinds[name->kind].words;
}

pc_status pc_x509_general_name_build(const pc_alt_name *from, GENERAL_NAME **ret_name, pc_error *err)
{
    PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_new();

    if (!name || !kinds[from->kind].set(name, from)) {
        return pc_fail_openssl(err, PC_E_INPUT, "the %s \"%s\" cannot be encoded", kinds[from->kind].words,
                               pc_x509_alt_name_words(from));
    }
    *ret_name = PC_TAKE(name);
    return PC_OK;
}

pc_status pc_x509_alt_names_build(const pc_alt_name *names, size_t count, GENERAL_NAMES **ret_names, pc_error *err)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *built = GENERAL_NAMES_new();

    if (!built) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = NULL;

        PC_TRY(pc_x509_general_name_build(&names[i], &name, err));
        if (sk_GENERAL_NAME_push(built, name) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(name);
    }
    *ret_names = PC_TAKE(built);
    return PC_OK;
}
