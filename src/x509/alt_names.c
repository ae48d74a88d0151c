/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/alt_names.h"

#include <openssl/objects.h>
#include <string.h>

#include "x509/name.h"
#include "x509/openssl_error.h"

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"

typedef bool (*set_name)(GENERAL_NAME *name, const pc_alt_name *from);

static bool set_ia5(GENERAL_NAME *name, int type, const char *text)
{
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();

    if (!string || ASN1_STRING_set(string, text, (int)strlen(text)) != 1) {
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

static bool set_upn(GENERAL_NAME *name, const pc_alt_name *from)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(OID_UPN, 1);
    ASN1_TYPE *value = ASN1_TYPE_new();
    ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

    if (!oid || !value || !text || ASN1_STRING_set(text, from->text, (int)strlen(from->text)) != 1) {
        ASN1_OBJECT_free(oid);
        ASN1_TYPE_free(value);
        ASN1_UTF8STRING_free(text);
        return false;
    }
    ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
    if (GENERAL_NAME_set0_othername(name, oid, value) != 1) {
        ASN1_OBJECT_free(oid);
        ASN1_TYPE_free(value);
        return false;
    }
    return true;
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

static const set_name setters[] = {
    [PC_ALT_DNS] = set_dns,   [PC_ALT_IP] = set_ip,   [PC_ALT_EMAIL] = set_email,         [PC_ALT_UPN] = set_upn,
    [PC_ALT_URI] = set_uri,   [PC_ALT_RID] = set_rid, [PC_ALT_DIRECTORY] = set_directory,
};

pc_status pc_x509_alt_names_build(const pc_alt_name *names, size_t count, GENERAL_NAMES **ret_names, pc_error *err)
{
    PC_AUTO(GENERAL_NAMES) GENERAL_NAMES *built = GENERAL_NAMES_new();

    if (!built) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        PC_AUTO(GENERAL_NAME) GENERAL_NAME *name = GENERAL_NAME_new();

        if (!name || !setters[names[i].kind](name, &names[i])) {
            return pc_fail_openssl(err, PC_E_INPUT, "the alternative name \"%s\" cannot be encoded", names[i].text);
        }
        if (sk_GENERAL_NAME_push(built, name) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(name);
    }
    *ret_names = PC_TAKE(built);
    return PC_OK;
}
