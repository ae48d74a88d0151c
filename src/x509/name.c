/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/name.h"

#include <openssl/objects.h>
#include <string.h>

#include "base/text.h"
#include "x509/openssl_error.h"

static bool all_in(const char *text, const char *others)
{
    for (; *text; text++) {
        if (!pc_is_alnum(*text) && !strchr(others, *text)) {
            return false;
        }
    }
    return true;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text > 0x7f) {
            return false;
        }
    }
    return true;
}

/* X.680 section 41.4: the characters of PrintableString. */
static bool is_printable_string(const char *text)
{
    return all_in(text, " '()+,-./:=?");
}

static pc_status string_type(const pc_name_attribute *attribute, int *ret_type, pc_error *err)
{
    bool is_email_or_dc = strcmp(attribute->oid, "1.2.840.113549.1.9.1") == 0 ||
                          strcmp(attribute->oid, "0.9.2342.19200300.100.1.25") == 0;
    bool is_country = strcmp(attribute->oid, "2.5.4.6") == 0;

    if (is_email_or_dc && is_ascii(attribute->text)) {
        *ret_type = V_ASN1_IA5STRING;
    } else if (is_country && (!is_printable_string(attribute->text) || strlen(attribute->text) != 2)) {
        return pc_fail(err, PC_E_INPUT, "the country \"%s\" is not a two-letter code", attribute->text);
    } else {
        *ret_type = is_printable_string(attribute->text) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
    }
    return PC_OK;
}

static pc_status add_attribute(X509_NAME *name, const pc_name_attribute *attribute, bool joins_last, pc_error *err)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *type = OBJ_txt2obj(attribute->oid, 1);
    const uint8_t *text = (const uint8_t *)attribute->text;
    int string = 0;

    if (!type) {
        return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is not a name attribute", attribute->oid);
    }
    if (attribute->form == PC_VALUE_DER) {
        return pc_fail(err, PC_E_INPUT,
                       "%s=#%s requires an OCTET STRING in the name; OpenSSL neither writes nor reads such a name",
                       attribute->key, attribute->text);
    }
    PC_TRY(string_type(attribute, &string, err));
    if (X509_NAME_add_entry_by_OBJ(name, type, string, text, (int)strlen(attribute->text), -1, joins_last ? -1 : 0) !=
        1) {
        return pc_fail_openssl(err, PC_E_INPUT, "%s=%s cannot be added to the name", attribute->key, attribute->text);
    }
    return PC_OK;
}

pc_status pc_x509_name_build(const pc_name *name, X509_NAME **ret_name, pc_error *err)
{
    PC_AUTO(X509_NAME) X509_NAME *built = X509_NAME_new();

    if (!built) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < name->count; i++) {
        for (size_t j = 0; j < name->rdns[i].count; j++) {
            PC_TRY(add_attribute(built, &name->rdns[i].attributes[j], j > 0, err));
        }
    }
    *ret_name = PC_TAKE(built);
    return PC_OK;
}

pc_status pc_x509_name_der(const X509_NAME *name, pc_arena *arena, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);
    const uint8_t *copy = len > 0 ? pc_arena_copy(arena, der, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_memory(err);
    }
    ret_der->data = copy;
    ret_der->len = (size_t)len;
    return PC_OK;
}

bool pc_x509_name_same_bytes(const X509_NAME *left, const X509_NAME *right)
{
    pc_bytes left_der = { NULL, 0 };
    pc_bytes right_der = { NULL, 0 };

    return X509_NAME_get0_der(left, &left_der.data, &left_der.len) == 1 &&
           X509_NAME_get0_der(right, &right_der.data, &right_der.len) == 1 && pc_bytes_equal(left_der, right_der);
}

const char *pc_x509_name_text(const X509_NAME *name, pc_arena *arena)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());
    const unsigned long flags = ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT |
                                ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER | XN_FLAG_SEP_CPLUS_SPC |
                                XN_FLAG_FN_SN;
    char *text = NULL;

    if (X509_NAME_entry_count(name) == 0) {
        return pc_arena_string(arena, "(empty)");
    }
    if (!out || X509_NAME_print_ex(out, name, 0, flags) < 0) {
        return NULL;
    }
    long len = BIO_get_mem_data(out, &text);

    return len >= 0 ? pc_text_escape(arena, text, (size_t)len) : NULL;
}
