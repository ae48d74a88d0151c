/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "x509/extensions.h"
#include "x509_request.h"

static EVP_PKEY *key;

static int make_key(void **state)
{
    (void)state;
    key = made_key();
    return 0;
}

static int free_key(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

/* Hex worked out by hand from X.690, and checked with `openssl asn1parse`. */
static const char *const two_ekus[] = { PC_OID_SERVER_AUTH, PC_OID_CLIENT_AUTH };
static const char *urls[] = { "http://a/" };
static const char *notices[] = { "Hi" };
static pc_policy_statement policies[] = { { "1.2.3", urls, 1, notices, 1 }, { .oid = "1.2.4" } };
static pc_alt_name dns[] = { { .kind = PC_ALT_DNS, .text = "a.b" } };
static pc_alt_name permitted[] = { { .kind = PC_ALT_DNS, .text = ".b" },
                                   { .kind = PC_ALT_IP, .text = "192.0.2.0/24" } };
static pc_alt_name excluded[] = { { .kind = PC_ALT_IP, .text = "10.0.0.0/255.0.0.0" },
                                  { .kind = PC_ALT_IP, .text = "192.0.2.1" } };

#define KEY_USAGE(bits) .request = { .has_key_usage = true, .key_usage = (bits) }, .oid = "2.5.29.15"

static const struct {
    const char *name;
    pc_request request;
    const char *oid;
    int critical; /* -1: there is no such extension */
    const char *hex;
} rows[] = {
    { "signature and encipherment", KEY_USAGE(0xa0), 1, "030205a0" },
    { "four uses", KEY_USAGE(0xf0), 1, "030204f0" },
    { "signature alone", KEY_USAGE(0x80), 1, "03020780" },
    { "certificates and CRLs", KEY_USAGE(0x06), 1, "03020106" },
    { "encipher only", KEY_USAGE(0x01), 1, "03020001" },
    { "decipher only, the ninth bit", KEY_USAGE(0x8000), 1, "0303070080" },
    { "every bit", KEY_USAGE(PC_KU_ALL), 1, "030307ff80" },
    { "no bit is no extension", KEY_USAGE(0), -1, "" },
    { "not critical",
      { .has_key_usage = true, .key_usage = 0x80, .key_usage_not_critical = true },
      "2.5.29.15",
      0,
      "03020780" },
    { "no EKU", { .eku_count = 0 }, "2.5.29.37", -1, "" },
    { "no constraints", { .eku_count = 0 }, "2.5.29.19", -1, "" },
    { "end entity", { .basic_constraints = { .present = true } }, "2.5.29.19", 0, "3000" },
    { "a path length without a CA",
      { .basic_constraints = { .present = true, .has_path_length = true } },
      "2.5.29.19",
      0,
      "3000" },
    { "CA",
      { .basic_constraints = { .present = true, .critical = true, .is_ca = true } },
      "2.5.29.19",
      1,
      "30030101ff" },
    { "CA of length 0",
      { .basic_constraints = { .present = true, .critical = true, .is_ca = true, .has_path_length = true } },
      "2.5.29.19",
      1,
      "30060101ff020100" },
    { "CA of length 300",
      { .basic_constraints = { true, true, true, true, 300 } },
      "2.5.29.19",
      1,
      "30070101ff0202012c" },
    { "SAN", { .subject = { made_rdns, 1 }, .alt_names = dns, .alt_name_count = 1 }, "2.5.29.17", 0, "30058203612e62" },
    { "SAN, critical",
      { .subject = { made_rdns, 1 }, .alt_names = dns, .alt_name_count = 1, .alt_names_critical = true },
      "2.5.29.17",
      1,
      "30058203612e62" },
    { "SAN of an empty subject", { .alt_names = dns, .alt_name_count = 1 }, "2.5.29.17", 1, "30058203612e62" },
    { "policies",
      { .policies = { policies, 2, false } },
      "2.5.29.32",
      0,
      "3037302f06022a033029301506082b060105050702011609687474703a2f2f612f"
      "301006082b0601050507020230040c024869"
      "300406022a04" },
    { "policies, critical", { .policies = { policies + 1, 1, true } }, "2.5.29.32", 1, "3006300406022a04" },
    { "application policies",
      { .application_policies = { policies + 1, 1, false } },
      "1.3.6.1.4.1.311.21.10",
      0,
      "3006300406022a04" },
    { "template by name", { .template_name = "Web" }, "1.3.6.1.4.1.311.20.2", 0, "1e06005700650062" },
    { "template by name beyond ASCII", { .template_name = "\xc3\x9c" }, "1.3.6.1.4.1.311.20.2", 0, "1e0200dc" },
    { "template by version",
      { .template_version = { "1.2.3", 100, true, 4 } },
      "1.3.6.1.4.1.311.21.7",
      0,
      "300a06022a03020164020104" },
    { "template without minor",
      { .template_version = { "1.2.3", 200, false, 0 } },
      "1.3.6.1.4.1.311.21.7",
      0,
      "300806022a03020200c8" },
    { "S/MIME",
      { .smime = true },
      "1.2.840.113549.1.9.15",
      0,
      "3033300b060960864801650304012a300b0609608648016503040116300b0609608648016503040102300a06082a864886f70d0307" },
    { "name constraints",
      { .name_constraints = { .present = true,
                              .critical = true,
                              .permitted = permitted,
                              .permitted_count = 2,
                              .excluded = excluded,
                              .excluded_count = 2 } },
      "2.5.29.30",
      1,
      "302ea012300482022e62300a8708c0000200ffffff00"
      "a118300a87080a000000ff000000300a8708c0000201ffffffff" },
};

static void each_extension_has_the_bytes_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pc_extension_list list = NULL;
        pc_error err = { .status = PC_OK };
        char hex[4096];
        int critical = -1;

        if (pc_extensions_of_request(&rows[i].request, key, &list, &err) != PC_OK) {
            fail_msg("%s: %s", rows[i].name, err.frames[0]);
        }
        (void)extension_hex(list, rows[i].oid, &critical, hex);
        if (critical != rows[i].critical || strcmp(hex, rows[i].hex) != 0) {
            fail_msg("%s: critical %d, %s; expected %d, %s", rows[i].name, critical, hex, rows[i].critical,
                     rows[i].hex);
        }
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
}

static void eku_keeps_its_order(void **state)
{
    pc_extension_list list = NULL;
    char hex[4096];
    int critical = -1;

    (void)state;
    assert_int_equal(pc_extension_add_eku(&list, two_ekus, 2, true, NULL), PC_OK);
    assert_string_equal(extension_hex(list, "2.5.29.37", &critical, hex),
                        "301406082b0601050507030106082b06010505070302");
    assert_int_equal(critical, 1);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static void key_identifier_is_that_of_openssl(void **state)
{
    const pc_request nothing = { .eku_count = 0 };
    pc_extension_list list = NULL;
    X509 *certificate = made_certificate(&(made_plan){ "one", key, NULL, NULL, false, -1, 10 });
    char ours[4096];
    char theirs[4096];
    int critical = -1;

    (void)state;
    made_extension(certificate, certificate, NID_subject_key_identifier, "hash");
    assert_int_equal(pc_extensions_of_request(&nothing, key, &list, NULL), PC_OK);
    assert_int_equal(sk_X509_EXTENSION_num(list), 1);
    (void)extension_hex(list, "2.5.29.14", &critical, ours);
    (void)extension_hex(X509_get0_extensions(certificate), "2.5.29.14", &critical, theirs);
    assert_string_equal(ours, theirs);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_free(certificate);
}

static const uint8_t null_der[] = { 0x05, 0x00 };
static const uint8_t two_values[] = { 0x05, 0x00, 0x05, 0x00 };
static const uint8_t cut_short[] = { 0x30, 0x05, 0x00 };
static const uint8_t usage_der[] = { 0x03, 0x02, 0x05, 0xa0 };
static const uint8_t key_id_der[] = { 0x04, 0x01, 0x00 };
static pc_raw_extension raw_usage[] = { { "2.5.29.15", true, { usage_der, 4 } } };
static pc_raw_extension raw_key_id[] = { { "2.5.29.14", false, { key_id_der, 3 } } };
static pc_raw_extension raw_policies[] = { { "2.5.29.32", false, { null_der, 2 } } };
static pc_raw_extension raw_twice[] = { { "1.2.3.4", false, { null_der, 2 } }, { "1.2.3.4", false, { null_der, 2 } } };
static pc_raw_extension raw_tail[] = { { "1.2.3.4", false, { two_values, 4 } } };
static pc_raw_extension raw_cut[] = { { "1.2.3.4", false, { cut_short, 3 } } };
static pc_raw_extension raw_empty[] = { { "1.2.3.4", false, { null_der, 0 } } };
static pc_raw_extension raw_no_oid[] = { { "one.two", false, { null_der, 2 } } };
static const char *bad_oid[] = { "one.two" };
static pc_alt_name bad_network[] = { { .kind = PC_ALT_IP, .text = "192.0.2.0/33" } };
static pc_policy_statement bad_policy[] = { { .oid = "1.2.x" } };
static const char *bad_urls[] = { "http://\xc3\xbc/" };
static pc_policy_statement bad_url[] = { { "1.2.3", bad_urls, 1, NULL, 0 } };

static const struct {
    const char *name;
    pc_request request;
    const char *says;
} refused[] = {
    { "key usage in two ways",
      { .has_key_usage = true, .key_usage = 0x80, .raw_extensions = raw_usage, .raw_extension_count = 1 },
      "2.5.29.15 (X509v3 Key Usage) is requested twice" },
    { "the key identifier", { .raw_extensions = raw_key_id, .raw_extension_count = 1 }, "requested twice" },
    { "one raw extension twice",
      { .raw_extensions = raw_twice, .raw_extension_count = 2 },
      "1.2.3.4 is requested twice" },
    { "policies that are none",
      { .raw_extensions = raw_policies, .raw_extension_count = 1 },
      "is not valid DER for that extension" },
    { "two values", { .raw_extensions = raw_tail, .raw_extension_count = 1 }, "not the DER of one value" },
    { "a value cut short", { .raw_extensions = raw_cut, .raw_extension_count = 1 }, "not the DER of one value" },
    { "no value", { .raw_extensions = raw_empty, .raw_extension_count = 1 }, "not the DER of one value" },
    { "no identifier",
      { .raw_extensions = raw_no_oid, .raw_extension_count = 1 },
      "\"one.two\" is not an object identifier" },
    { "an EKU that is none", { .ekus = bad_oid, .eku_count = 1 }, "\"one.two\" is not an object identifier" },
    { "a network of 33 bits",
      { .name_constraints = { .present = true, .permitted = bad_network, .permitted_count = 1 } },
      "\"192.0.2.0/33\" is not a network" },
    { "constraints of nothing", { .name_constraints = { .present = true } }, "neither permit nor exclude" },
    { "a policy that is none", { .policies = { bad_policy, 1, false } }, "\"1.2.x\" is not an object identifier" },
    { "a pointer beyond ASCII", { .policies = { bad_url, 1, false } }, "cannot be encoded in a policy statement" },
    { "a template that is none",
      { .template_version = { "Web", 1, false, 0 } },
      "\"Web\" is not an object identifier" },
    { "a template name that is not UTF-8", { .template_name = "\xff" }, "cannot be encoded" },
    { "a template name beyond UCS-2", { .template_name = "\xf0\x9f\x94\x91" }, "cannot be encoded" },
};

static void what_cannot_be_encoded_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        pc_extension_list list = NULL;
        pc_error err = { .status = PC_OK };
        pc_status status = pc_extensions_of_request(&refused[i].request, key, &list, &err);

        if (status != PC_E_INPUT || !strstr(err.frames[0], refused[i].says)) {
            fail_msg("%s: %s, %s", refused[i].name, pc_status_name(status), err.frames[0]);
        }
        assert_null(list);
    }
}

static void raw_extension_is_taken_as_it_is(void **state)
{
    static pc_raw_extension raw[] = { { "1.2.3.4", true, { null_der, 2 } } };
    const pc_request request = { .raw_extensions = raw, .raw_extension_count = 1 };
    pc_extension_list list = NULL;
    char hex[4096];
    int critical = -1;

    (void)state;
    assert_int_equal(pc_extensions_of_request(&request, key, &list, NULL), PC_OK);
    assert_string_equal(extension_hex(list, "1.2.3.4", &critical, hex), "0500");
    assert_int_equal(critical, 1);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_extension_has_the_bytes_it_should),
        cmocka_unit_test(eku_keeps_its_order),
        cmocka_unit_test(key_identifier_is_that_of_openssl),
        cmocka_unit_test(what_cannot_be_encoded_is_refused_by_name),
        cmocka_unit_test(raw_extension_is_taken_as_it_is),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
