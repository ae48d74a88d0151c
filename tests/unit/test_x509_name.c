/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/name.h"
#include "x509_request.h"

#define CN           "2.5.4.3"
#define ORGANISATION "2.5.4.10"
#define COUNTRY      "2.5.4.6"
#define MAIL         "1.2.840.113549.1.9.1"
#define DC           "0.9.2342.19200300.100.1.25"

/* String types as Windows chooses them (Microsoft, CertStrToName). */
static const struct {
    const char *oid;
    const char *text;
    int type; /* V_ASN1_*; 0: refused */
    pc_value_form form;
} values[] = {
    { CN, "server.contoso.com", V_ASN1_PRINTABLESTRING, PC_VALUE_TEXT },
    { CN, "A z'()+,-./:=?9", V_ASN1_PRINTABLESTRING, PC_VALUE_TEXT },
    { CN, "*.contoso.com", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { CN, "a_b", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { CN, "a@b", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { CN, "a&b", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { ORGANISATION, "\xc3\x9cnion", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { MAIL, "a@b", V_ASN1_IA5STRING, PC_VALUE_TEXT },
    { MAIL, "\xc3\xbc@b", V_ASN1_UTF8STRING, PC_VALUE_TEXT },
    { DC, "contoso", V_ASN1_IA5STRING, PC_VALUE_TEXT },
    { COUNTRY, "DE", V_ASN1_PRINTABLESTRING, PC_VALUE_TEXT },
    { COUNTRY, "Germany", 0, PC_VALUE_TEXT },
    { COUNTRY, "\xc3\x9c", 0, PC_VALUE_TEXT },
    { "1.2.3.4", "x", V_ASN1_PRINTABLESTRING, PC_VALUE_TEXT },
    { "1.2.3.4", "0a0B", 0, PC_VALUE_DER }, /* OpenSSL has no such names */
    { "no oid", "x", 0, PC_VALUE_TEXT },
};

static void string_types_are_those_of_windows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        pc_name_attribute one[] = {
            { .oid = values[i].oid, .key = "K", .text = values[i].text, .form = values[i].form }
        };
        pc_rdn rdn[] = { { one, 1 } };
        const pc_name from = { rdn, 1 };
        X509_NAME *name = NULL;
        pc_status status = pc_x509_name_build(&from, &name, NULL);
        int type = status == PC_OK ? ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 0))) : 0;

        if (type != values[i].type) {
            fail_msg("%s=%s: type %d, not %d", values[i].oid, values[i].text, type, values[i].type);
        }
        X509_NAME_free(name);
    }
}

/* CN=a,O=b+OU=c keeps its order, and two attributes of one RDN are a SET of DER. */
static void order_and_sets_are_kept(void **state)
{
    pc_name_attribute first[] = { { .oid = CN, .key = "CN", .text = "a" } };
    pc_name_attribute second[] = { { .oid = "2.5.4.11", .key = "OU", .text = "c" },
                                   { .oid = ORGANISATION, .key = "O", .text = "b" } };
    pc_rdn rdns[] = { { first, 1 }, { second, 2 } };
    const pc_name from = { rdns, 2 };
    pc_arena *arena = pc_arena_new();
    X509_NAME *name = NULL;
    pc_bytes der = { .len = 0 };
    char hex[4096];

    (void)state;
    assert_int_equal(pc_x509_name_build(&from, &name, NULL), PC_OK);
    assert_int_equal(pc_x509_name_der(name, arena, &der, NULL), PC_OK);
    to_hex(der, hex, sizeof hex);
    assert_string_equal(hex, "3022310a300806035504031301613114300806035504"
                             "0a130162300806035504"
                             "0b130163");
    assert_string_equal(pc_x509_name_text(name, arena), "CN=a, OU=c + O=b");
    X509_NAME_free(name);
    pc_arena_free(arena);
}

static void empty_name_is_an_empty_sequence(void **state)
{
    const pc_name from = { NULL, 0 };
    pc_arena *arena = pc_arena_new();
    X509_NAME *name = NULL;
    pc_bytes der = { .len = 0 };

    (void)state;
    assert_int_equal(pc_x509_name_build(&from, &name, NULL), PC_OK);
    assert_int_equal(pc_x509_name_der(name, arena, &der, NULL), PC_OK);
    assert_int_equal(der.len, 2);
    assert_memory_equal(der.data, "\x30\x00", 2);
    assert_string_equal(pc_x509_name_text(name, arena), "(empty)");
    X509_NAME_free(name);
    pc_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_types_are_those_of_windows),
        cmocka_unit_test(order_and_sets_are_kept),
        cmocka_unit_test(empty_name_is_an_empty_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
