/* SPDX-License-Identifier: Apache-2.0 */
/* General names as fields. */
#include <arpa/inet.h>
#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/name.h"
#include "x509/show/fields.h"
#include "x509/windows.h"

static const char *kind_words(const pc_show *show, const char *prefix, const char *kind)
{
    return *prefix ? pc_arena_format(show->arena, "%s%s", prefix, kind) : kind;
}

/* An address, or address and mask as in name constraints (RFC 5280 section 4.2.1.10). */
static pc_status show_ip(const pc_show *show, const char *kind, const ASN1_OCTET_STRING *address)
{
    const uint8_t *bytes = ASN1_STRING_get0_data(address);
    int len = ASN1_STRING_length(address);
    bool has_mask = len == 8 || len == 32;
    int part = has_mask ? len / 2 : len;
    int family = part == 4 ? AF_INET : AF_INET6;
    char host[INET6_ADDRSTRLEN];
    char mask[INET6_ADDRSTRLEN] = "";

    if ((part != 4 && part != 16) || !inet_ntop(family, bytes, host, sizeof host) ||
        (has_mask && !inet_ntop(family, bytes + part, mask, sizeof mask))) {
        return pc_show_hex(show, kind, (pc_bytes){ bytes, (size_t)len });
    }
    const char *both = pc_arena_format(show->arena, "%s%s%s", host, has_mask ? "/" : "", mask);

    return both ? pc_show_text(show, kind, both) : PC_E_MEMORY;
}

/* The first three parts of a GUID are little-endian in memory and big-endian as text. */
static const char *guid_text(pc_arena *arena, const uint8_t *b)
{
    return pc_arena_format(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[3], b[2],
                           b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* "OID;{utf8}text" as in an INF file. */
static pc_status show_any_other(const pc_show *show, const char *kind, const char *oid, const ASN1_TYPE *value)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    const ASN1_STRING *string = value->value.asn1_string;
    const char *text = NULL;

    if (value->type == V_ASN1_UTF8STRING) {
        const char *safe = pc_text_escape(show->arena, (const char *)ASN1_STRING_get0_data(string),
                                          (size_t)ASN1_STRING_length(string));

        text = safe ? pc_arena_format(show->arena, "%s;{utf8}%s", oid, safe) : NULL;
    } else if (value->type == V_ASN1_OCTET_STRING) {
        const char *hex =
            pc_text_hex(show->arena, (pc_bytes){ ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string) },
                        '\0');

        text = hex ? pc_arena_format(show->arena, "%s;{octet}{hex}%s", oid, hex) : NULL;
    } else {
        int len = i2d_ASN1_TYPE(value, &der);
        const char *hex = len > 0 ? pc_text_hex(show->arena, (pc_bytes){ der, (size_t)len }, '\0') : NULL;

        text = hex ? pc_arena_format(show->arena, "%s;{hex}%s", oid, hex) : NULL;
    }
    return text ? pc_show_text(show, kind, text) : PC_E_MEMORY;
}

static pc_status show_other(const pc_show *show, const char *prefix, const OTHERNAME *other)
{
    const ASN1_TYPE *value = other->value;
    const ASN1_STRING *string = value->value.asn1_string;
    char oid[128];
    int oid_len = OBJ_obj2txt(oid, sizeof oid, other->type_id, 1);

    if (oid_len <= 0 || (size_t)oid_len >= sizeof oid) {
        return PC_E_INPUT;
    }
    if (strcmp(oid, PC_OID_UPN) == 0 && value->type == V_ASN1_UTF8STRING) {
        return pc_show_string(show, kind_words(show, prefix, "UPN"), string);
    }
    if (strcmp(oid, PC_OID_GUID) == 0 && value->type == V_ASN1_OCTET_STRING && ASN1_STRING_length(string) == 16) {
        const char *guid = guid_text(show->arena, ASN1_STRING_get0_data(string));

        return guid ? pc_show_text(show, kind_words(show, prefix, "GUID"), guid) : PC_E_MEMORY;
    }
    if (strcmp(oid, PC_OID_SID_VALUE) == 0 && value->type == V_ASN1_OCTET_STRING) {
        return pc_show_bytes_as_text(show, kind_words(show, prefix, "SID"), ASN1_STRING_get0_data(string),
                                     (size_t)ASN1_STRING_length(string));
    }
    return show_any_other(show, kind_words(show, prefix, "otherName"), oid, value);
}

static pc_status show_directory(const pc_show *show, const char *kind, const X509_NAME *name)
{
    const char *text = pc_x509_name_text(name, show->arena);

    return text ? pc_show_text(show, kind, text) : PC_E_INPUT;
}

/* X.400 addresses and EDI party names are not used in practice, and OpenSSL only partly supports them. */
static pc_status show_rare(const pc_show *show, const char *kind, const GENERAL_NAME *name)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_GENERAL_NAME(name, &der);

    return len > 0 ? pc_show_hex(show, kind, (pc_bytes){ der, (size_t)len }) : PC_E_INPUT;
}

pc_status pc_show_general_name(const pc_show *show, const char *prefix, const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
        return pc_show_string(show, kind_words(show, prefix, "DNS"), name->d.dNSName);
    case GEN_EMAIL:
        return pc_show_string(show, kind_words(show, prefix, "email"), name->d.rfc822Name);
    case GEN_URI:
        return pc_show_string(show, kind_words(show, prefix, "URI"), name->d.uniformResourceIdentifier);
    case GEN_IPADD:
        return show_ip(show, kind_words(show, prefix, "IP"), name->d.iPAddress);
    case GEN_RID:
        return pc_show_oid(show, kind_words(show, prefix, "RID"), name->d.registeredID);
    case GEN_DIRNAME:
        return show_directory(show, kind_words(show, prefix, "DirName"), name->d.directoryName);
    case GEN_OTHERNAME:
        return show_other(show, prefix, name->d.otherName);
    default:
        return show_rare(show, kind_words(show, prefix, "general name"), name);
    }
}
