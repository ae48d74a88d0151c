/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "x509/show/show.h"
#include "x509_request.h"

/* How requests are shown. The encodings are the tests' own hex, not built by the library. */

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

/* All fields as "name=value|name=value". */
static void fields_of(const pc_shown_part *part, char *out, size_t out_size)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < part->field_count; i++) {
        at += (size_t)snprintf(out + at, out_size - at, "%s%s=%s", i ? "|" : "", part->fields[i].name,
                               part->fields[i].value);
        assert_true(at < out_size);
    }
}

static const struct {
    const char *name;
    const char *oid;
    const char *hex;
    const char *fields; /* "": only hex is shown */
} extensions[] = {
    { "DNS and UPN", "2.5.29.17",
      "301b820161a01606"
      "0a2b060104018237140203a0080c0663407a2e6465",
      "DNS=a|UPN=c@z.de" },
    { "GUID", "2.5.29.17", "3021a01f06092b0601040182371901a012041033221100554477668899aabbccddeeff",
      "GUID=00112233-4455-6677-8899-aabbccddeeff" },
    { "GUID of the wrong length", "2.5.29.17",
      "3011a00f06092b0601040182371901a00204"
      "00",
      "otherName=1.3.6.1.4.1.311.25.1;{octet}{hex}" },
    { "other name with a wrong length", "2.5.29.17", "300ba00906022a03a0040c026869", "" },
    { "other name of text", "2.5.29.17", "300ca00a06022a03a0040c026869", "otherName=1.2.3;{utf8}hi" },
    { "other name of octets", "2.5.29.17", "300ca00a06022a03a00404020102", "otherName=1.2.3;{octet}{hex}0102" },
    { "other name of DER", "2.5.29.17", "300ba00906022a03a00302012a", "otherName=1.2.3;{hex}02012a" },
    { "security identifier", "1.3.6.1.4.1.311.25.2", "301aa018060a2b060104018237190201a00a0408532d312d352d3231",
      "SID=S-1-5-21" },
    { "IP addresses", "2.5.29.17", "30188704c0000201871020010db8000000000000000000000001",
      "IP=192.0.2.1|IP=2001:db8::1" },
    { "an IP address of 3 bytes", "2.5.29.17", "30058703c00002", "IP={hex}c00002" },
    { "mail, URI, id", "2.5.29.17",
      "300e810361406286"
      "03613a6288022a03",
      "email=a@b|URI=a:b|RID=1.2.3" },
    { "directory name", "2.5.29.17", "3010a40e300c310a30080603550403130161", "DirName=CN=a" },
    { "terminal escapes in a DNS name", "2.5.29.17",
      "3005820361"
      "1b5b",
      "DNS=a\\x1b[" },
    { "NUL in a DNS name", "2.5.29.17", "30058203610062", "DNS=a\\x00b" },
    { "SAN with a tail", "2.5.29.17", "30038201610500", "" },
    { "name constraints", "2.5.29.30",
      "302ea012300482022e62300a8708c0000200ffffff00a118300a87080a000000ff000000300a8708c0000201ffffffff",
      "permitted DNS=.b|permitted IP=192.0.2.0/255.255.255.0|excluded IP=10.0.0.0/255.0.0.0|"
      "excluded IP=192.0.2.1/255.255.255.255" },
    { "a network of 7 bytes", "2.5.29.30", "3016a007300582032e6262a10b30098707c0000200ffffff",
      "permitted DNS=.bb|excluded IP={hex}c0000200ffffff" },
    { "template by name", "1.3.6.1.4.1.311.20.2", "1e06005700650062", "template=Web" },
    { "template name of odd length", "1.3.6.1.4.1.311.20.2", "1e03005700", "" },
    { "template by version", "1.3.6.1.4.1.311.21.7", "300a06022a03020164020104",
      "template=1.2.3|major version=100|minor version=4" },
    { "template without minor", "1.3.6.1.4.1.311.21.7", "300806022a03020200c8", "template=1.2.3|major version=200" },
    { "template with a huge version", "1.3.6.1.4.1.311.21.7", "300f06022a030209010000000000000000",
      "template=1.2.3|major version={hex}010000000000000000" },
    { "template that is none", "1.3.6.1.4.1.311.21.7", "0500", "" },
    { "application policies", "1.3.6.1.4.1.311.21.10", "300c300a06082b06010505070301",
      "policy=1.3.6.1.5.5.7.3.1 (TLS Web Server Authentication)" },
    { "policies with qualifiers", "2.5.29.32",
      "3037302f06022a033029301506082b060105050702011609687474703a2f2f612f301006082b0601050507020230040c024869300406022a"
      "04",
      "policy=1.2.3|CPS=http://a/|notice=Hi|policy=1.2.4" },
    { "S/MIME with a wrong length", "1.2.840.113549.1.9.15", "301b300b060960864801650304012a300c06082a864886f70d0302",
      "" },
    { "S/MIME capability", "1.2.840.113549.1.9.15", "300d300b060960864801650304012a",
      "capability=2.16.840.1.101.3.4.1.42 (aes-256-cbc)" },
    { "RC2 of 128 bits", "1.2.840.113549.1.9.15", "3010300e06082a864886f70d030202020080",
      "capability=1.2.840.113549.3.2 (rc2-cbc)|key bits=128" },
    { "EKU", "2.5.29.37", "300406022a03", "usage=1.2.3" },
    { "key usage", "2.5.29.15", "030205a0", "=Digital Signature, Key Encipherment" },
    { "unknown", "1.2.3.4.5", "0500", "" },
    { "empty", "1.2.3.4.5", "", "" },
};

static X509_EXTENSION *extension_from(const char *oid, const char *hex)
{
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *der = ASN1_OCTET_STRING_new();
    long len = 0;
    unsigned char *bytes = *hex ? OPENSSL_hexstr2buf(hex, &len) : NULL;

    assert_true(!*hex || bytes);
    assert_int_equal(ASN1_OCTET_STRING_set(der, bytes ? bytes : (const unsigned char *)"", (int)len), 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, type, 0, der);

    OPENSSL_free(bytes);
    ASN1_OCTET_STRING_free(der);
    ASN1_OBJECT_free(type);
    return extension;
}

static void each_extension_is_described_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
        pc_arena *arena = pc_arena_new();
        pc_shown shown = { .is_request = true };
        char fields[1024];

        assert_true(sk_X509_EXTENSION_push(list, extension_from(extensions[i].oid, extensions[i].hex)) > 0);
        assert_int_equal(pc_x509_show_extensions(list, arena, &shown, NULL), PC_OK);
        assert_int_equal(shown.extension_count, 1);
        assert_string_equal(shown.extensions[0].oid, extensions[i].oid);
        assert_string_equal(shown.extensions[0].hex, extensions[i].hex);
        fields_of(&shown.extensions[0], fields, sizeof fields);
        if (strcmp(fields, extensions[i].fields) != 0) {
            fail_msg("%s: %s", extensions[i].name, fields);
        }
        pc_arena_free(arena);
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
}

static const struct {
    const char *name;
    const char *oid;
    int type;        /* V_ASN1_* */
    const char *hex; /* content of a string, the whole of a sequence */
    const char *fields;
} attributes[] = {
    { "name and value", "1.3.6.1.4.1.311.13.2.1", V_ASN1_SEQUENCE, "30081e0200411e020042", "name=A|value=B" },
    { "a pair of one", "1.3.6.1.4.1.311.13.2.1", V_ASN1_SEQUENCE, "30041e020041", "" },
    { "OS version", "1.3.6.1.4.1.311.13.2.3", V_ASN1_IA5STRING, "31302e30", "version=10.0" },
    { "client information", "1.3.6.1.4.1.311.21.20", V_ASN1_SEQUENCE, "300f0201090c01610c0375735c0c026578",
      "client id=9|machine=a|user=us\\|process=ex" },
    { "provider", "1.3.6.1.4.1.311.13.2.2", V_ASN1_SEQUENCE, "300c0201011e0400500072030100", "key spec=1|provider=Pr" },
    { "provider of an old Windows", "1.3.6.1.4.1.311.13.2.2", V_ASN1_SEQUENCE,
      "300e0201011e0400500072030300"
      "0000",
      "key spec=1|provider=Pr" },
    { "a renewal certificate that is none", "1.3.6.1.4.1.311.13.1", V_ASN1_SEQUENCE, "3000", "" },
    { "a string", "1.2.840.113549.1.9.2", V_ASN1_UTF8STRING, "6869", "=hi" },
    { "unknown", "1.2.3.4", V_ASN1_SEQUENCE, "3000", "" },
};

static void each_attribute_is_described_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        X509_REQ *csr = X509_REQ_new();
        pc_arena *arena = pc_arena_new();
        pc_shown shown = { .is_request = true };
        long len = 0;
        unsigned char *bytes = OPENSSL_hexstr2buf(attributes[i].hex, &len);
        char fields[1024];

        assert_int_equal(X509_REQ_add1_attr_by_txt(csr, attributes[i].oid, attributes[i].type, bytes, (int)len), 1);
        assert_int_equal(pc_x509_show_attributes(csr, arena, &shown, NULL), PC_OK);
        assert_int_equal(shown.request_attribute_count, 1);
        fields_of(&shown.request_attributes[0], fields, sizeof fields);
        if (strcmp(fields, attributes[i].fields) != 0) {
            fail_msg("%s: %s", attributes[i].name, fields);
        }
        OPENSSL_free(bytes);
        pc_arena_free(arena);
        X509_REQ_free(csr);
    }
}

static void extension_requests_are_not_shown_as_attributes(void **state)
{
    const pc_request request = { .subject = made_subject(), .has_key_usage = true, .key_usage = 0x80 };
    X509_REQ *csr = made_csr(&request, NULL, key);
    pc_arena *arena = pc_arena_new();
    pc_shown shown = { .is_request = true };

    (void)state;
    assert_int_equal(pc_x509_show_attributes(csr, arena, &shown, NULL), PC_OK);
    assert_int_equal(shown.request_attribute_count, 0);
    pc_arena_free(arena);
    X509_REQ_free(csr);
}

static const uint8_t guid[16] = { 1, 2, 3 };
static pc_alt_name names[] = {
    { .kind = PC_ALT_DNS, .text = "a" },
    { .kind = PC_ALT_UPN, .text = "a@b" },
    { .kind = PC_ALT_GUID, .bytes = { guid, 16 } },
    { .kind = PC_ALT_DIRECTORY, .text = "CN", .directory = { made_rdns, 1 } },
    { .kind = PC_ALT_IP, .text = "2001:db8::1" },
};
static const char *urls[] = { "http://a/" };
static const char *notices[] = { "Hi" };
static pc_policy_statement policies[] = { { "1.2.3", urls, 1, notices, 1 } };
static pc_alt_name permitted[] = { { .kind = PC_ALT_IP, .text = "10.0.0.0/8" } };
static pc_request_attribute pairs[] = { { "CertificateTemplate", "Web" } };

/* Every field is safe to print, whatever the file contains. */
static void assert_safe(const pc_shown_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < parts[i].field_count; j++) {
            for (const char *at = parts[i].fields[j].value; *at; at++) {
                assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
            }
        }
    }
}

static void damaged_requests_are_shown_or_left_as_hex(void **state)
{
    const pc_request request = {
        .subject = made_subject(),
        .alt_names = names,
        .alt_name_count = 5,
        .smime = true,
        .template_name = "Web",
        .policies = { policies, 1, false },
        .application_policies = { policies, 1, false },
        .template_version = { "1.2.3", 100, true, 1 },
        .request_attributes = pairs,
        .request_attribute_count = 1,
        .name_constraints = { .present = true, .permitted = permitted, .permitted_count = 1 },
    };
    const pc_windows_claims claims = { "10.0", 9, "m", "u", "p", "P", 1 };
    X509_REQ *csr = made_csr(&request, &claims, key);
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(csr, &der);

    (void)state;
    for (int bit = 0; bit < len * 8; bit++) {
        const unsigned char *at = der;
        pc_arena *arena = pc_arena_new();
        STACK_OF(X509_EXTENSION) *list = NULL;
        pc_shown shown = { .is_request = true };

        der[bit / 8] ^= (unsigned char)(1u << bit % 8);
        X509_REQ *damaged = d2i_X509_REQ(NULL, &at, len);

        if (damaged) {
            pc_status status = pc_csr_get_extensions(damaged, &list, NULL);

            assert_true(status == PC_OK || status == PC_E_INPUT);
            assert_int_equal(pc_x509_show_extensions(list, arena, &shown, NULL), PC_OK);
            assert_int_equal(pc_x509_show_attributes(damaged, arena, &shown, NULL), PC_OK);
            assert_safe(shown.extensions, shown.extension_count);
            assert_safe(shown.request_attributes, shown.request_attribute_count);
        }
        der[bit / 8] ^= (unsigned char)(1u << bit % 8);
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
        X509_REQ_free(damaged);
        pc_arena_free(arena);
    }
    OPENSSL_free(der);
    X509_REQ_free(csr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_extension_is_described_in_words),
        cmocka_unit_test(each_attribute_is_described_in_words),
        cmocka_unit_test(extension_requests_are_not_shown_as_attributes),
        cmocka_unit_test(damaged_requests_are_shown_or_left_as_hex),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
