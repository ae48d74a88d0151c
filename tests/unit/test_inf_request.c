/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/inf.h>

#include "inf_cases.h"
#include "inf_reading.h"

static reading read_file(const char *name)
{
    uint8_t bytes[8192];
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s", TEST_DATA_DIR, name);
    PC_AUTO(file) FILE *file = fopen(path, "rb");

    assert_non_null(file);
    return read_bytes((pc_bytes){ bytes, fread(bytes, 1, sizeof bytes, file) });
}

PC_AUTO_DEFINE(pc_inf, pc_inf, pc_inf_free);
PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

static void file_of_the_guide_is_read_with_its_mistakes_named(void **state)
{
    static const char *const expected[] = { "inf.typographic-quotes", "inf.unknown-key", "inf.usage-comment",
                                            "inf.provider-name", "inf.provider-type" };
    PC_READING read = read_file("CertRequestConfig.inf");
    const pc_request *request = read.request;

    (void)state;
    assert_string_equal(request->subject_text, "CN=server.contoso.com");
    assert_string_equal(pc_request_common_name(request), "server.contoso.com");
    assert_int_equal(request->key_kind, PC_KEY_RSA_2048);
    assert_int_equal(request->digest, PC_DIGEST_SHA256);
    assert_int_equal(request->key_spec, 1);
    assert_int_equal(request->key_usage, 0xf0);
    assert_int_equal(request->wish.misspelt, PC_WISH_YES);
    assert_int_equal(request->wish.misspelt_line, 3);
    assert_int_equal(request->wish.exportable, PC_WISH_SILENT);
    assert_int_equal(request->machine_key_set, PC_WISH_YES);
    assert_int_equal(request->provider_type, 12);
    assert_int_equal(request->eku_count, 2);
    assert_string_equal(request->ekus[0], PC_OID_SERVER_AUTH);
    assert_string_equal(request->ekus[1], PC_OID_CLIENT_AUTH);
    assert_null(pc_inf_first_error(read.inf));
    assert_int_equal(read.inf->findings.count, PC_COUNT(expected));
    for (size_t i = 0; i < PC_COUNT(expected); i++) {
        assert_string_equal(read.inf->findings.items[i].id, expected[i]);
    }
}

static void clean_file_has_no_findings(void **state)
{
    PC_READING read = read_file("inf/clean.inf");

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_int_equal(read.request->wish.exportable, PC_WISH_YES);
    assert_int_equal(read.request->wish.exportable_line, 6);
    assert_int_equal(read.request->key_usage, 0xa0);
    assert_int_equal(read.request->key_spec, 1);
}

static const struct {
    const char *file;
    const char *encoding;
} encodings[] = {
    { "inf/alt-names-utf8.inf", "utf-8" },
    { "inf/alt-names-utf8-bom.inf", "utf-8-bom" },
    { "inf/alt-names-utf16le.inf", "utf-16le" },
    { "inf/alt-names-utf16be.inf", "utf-16be" },
    { "inf/alt-names-windows-1252.inf", "windows-1252" },
};

static void file_reads_alike_in_every_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(encodings); i++) {
        PC_READING read = read_file(encodings[i].file);
        const pc_request *request = read.request;

        print_message("  %s\n", encodings[i].encoding);
        assert_string_equal(read.inf->encoding, encodings[i].encoding);
        assert_int_equal(read.inf->findings.count, 0);
        assert_string_equal(request->subject.rdns[1].attributes[0].text, "Institute, M\xc3\xbcnchen");
        assert_int_equal(request->key_kind, PC_KEY_EC_P384);
        assert_int_equal(request->alt_name_count, 5);
        assert_string_equal(request->alt_names[1].text, "*.example.com");
        assert_string_equal(request->alt_names[3].text, "j\xc3\xb6rg@example.com");
        assert_int_equal(request->alt_names[4].directory.count, 2);
        assert_true(request->alt_names_critical);
        assert_false(request->eku_critical);
    }
}

static void each_finding_is_raised_only_by_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(inf_cases); i++) {
        PC_READING odd = read_case(inf_cases[i].raises);
        PC_READING quiet = read_case(inf_cases[i].is_quiet);
        const pc_finding *found = find(odd.inf, inf_cases[i].id);

        print_message("  %s: %s\n", inf_cases[i].name, found ? found->message : "not raised");
        assert_non_null(found);
        assert_int_equal(found->severity, inf_cases[i].severity);
        assert_non_null(found->fix);
        assert_null(find(quiet.inf, inf_cases[i].id));
    }
}

static const struct {
    const char *keys;
    const char *id;
    const char *says;
    const char *fix;
} words[] = {
    { "Key Exportable=TRUE", "inf.unknown-key", "will not be exportable", "Exportable = TRUE" },
    { "Key Exportable=TRUE\nExportable=TRUE", "inf.unknown-key", "`Exportable` on line 4 counts", NULL },
    { "KeyLenght=4096", "inf.unknown-key", "`KeyLength`", "KeyLength = 4096" },
    { "Subject=\"CN=a,\nO = b\"", "inf.unknown-key", "quote opened on line 3",
      "put the whole value of `Subject` on line 3" },
    { "Subject=CN=a\nSubject=CN=b", "inf.duplicate-key", "reads the first", "remove the line" },
    { "KeyUsage=0xf0 ; Key Encipherment", "inf.usage-comment", "keyEncipherment (0x20)",
      "KeyUsage = 0xf0 ; digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment" },
    { "KeyUsage=CERT_DATA_ENCIPHERMENT_KEYUSAGE", "inf.key-usage", "KEYUSAGE",
      "KeyUsage = CERT_DATA_ENCIPHERMENT_KEY_USAGE" },
    { "HashAlgorithm=sha1", "inf.hash-algorithm", "collisions", "choose sha256, sha384 or sha512" },
    { "KeyLength=1024", "inf.key-length", "1024", "choose 2048, 3072 or 4096" },
    { "EncipherOnly=TRUE", "inf.not-honoured", "`EncipherOnly = TRUE` on line 3", "remove the line" },
    { "UseExistingKeySet=TRUE", "inf.renewal", "create a new key", NULL },
    { "RequestType=Cert", "inf.request-type", "self-signed",
      "use p11cert issue --self-signed, or RequestType = PKCS10 for a request" },
    { "RequestType=SCP", "inf.request-type", "is not PKCS10", NULL },
    { "KeyAlgorithm=DH", "inf.key-algorithm", "cannot sign", NULL },
    { "KeyLength=384\nKeyAlgorithm=ECDSA", "inf.key-algorithm", "names no curve", "KeyAlgorithm = ECDSA_P384" },
    { "KeyAlgorithm=ECDH\nKeyLength=2048", "inf.key-algorithm", "names no curve",
      "choose RSA, ECDSA_P256, ECDSA_P384 or ECDSA_P521" },
    { "KeyLength=521", "inf.key-length", "length of an elliptic curve key",
      "KeyLength = 521 and, on a separate line, KeyAlgorithm = ECDSA_P521" },
    { "Subject=\"CN={name of the server}\"", "inf.placeholder", "{name of the server}", NULL },
    { "KeyAlgorithm=ML-DSA-65", "inf.key-algorithm", "a colon before", "KeyAlgorithm = ML-DSA:65" },
    { "KeyAlgorithm=ML-DSA", "inf.key-algorithm", "no parameter set", "KeyAlgorithm = ML-DSA:65" },
    { "HashAlgorithm=NoHash\nKeyAlgorithm=ECDSA_P384", "inf.hash-algorithm", "ECDSA_P384 keys sign a hash",
      "choose sha256, sha384 or sha512" },
    { "HashAlgorithm=NoHash", "inf.hash-algorithm", "RSA keys sign a hash", NULL },
    { "HashAlgorithm=sha512\nKeyAlgorithm=ML-DSA:44", "inf.hash-algorithm", "signs the whole message",
      "HashAlgorithm = NoHash" },
    { "KeySpec=AT_SIGNATUR", "inf.unknown-symbol", "the nearest is AT_SIGNATURE", "KeySpec = AT_SIGNATURE" },
    { "[Extensions]\n2.5.29.19=\"{text}ca=0pathlength=0\"", "inf.bad-value", "'&' is missing before \"pathlength=0\"",
      "2.5.29.19 = \"{text}ca=0&pathlength=0\"" },
    { "[Extensions]\n1.2.3={decimal}5", "inf.extension-value", "{hex}02 01 05", NULL },
    { "[PolicyStatementExtension]\nPolicies=A", "inf.missing-section", "names the section [A]", NULL },
    { "Silent=TRUE", "inf.ignored", "ignored: ", NULL },
    { "ProviderType=1\nProviderName=Microsoft RSA SChannel Cryptographic Provider", "inf.provider-type",
      "is of type 12", "ProviderType = 12" },
    { "ProviderName=Microsoft RSA SChanel Cryptographic Provider", "inf.provider-name", "not a known",
      "ProviderName = \"Microsoft RSA SChannel Cryptographic Provider\"" },
    { "[RequestAttributes]\nSAN=\"dns=a&\"\n_continue_=\"dns=b\"", "inf.san-attribute",
      "EDITF_ATTRIBUTESUBJECTALTNAME2",
      "move the line to [Extensions], as 2.5.29.17 = \"{text}dns=a&\" and, on a separate line, _continue_ = "
      "\"dns=b\"" },
    { "RequesterName=\"CONTOSO\\bsmith\"\nRequestType=PKCS7", "inf.request-type", "on behalf of another user",
      "use certreq on Windows; to renew a certificate of a key on the token, use p11cert renew" },
    { "[EnhancedKeyUsageExtension]\nOID = 1.3.6.1.5.5.7.3.2    #Client Authentication", "inf.bad-value",
      "1.3.6.1.5.5.7.3.2", "OID = 1.3.6.1.5.5.7.3.2 ; Client Authentication" },
    { "Subject = CN=srv.contoso.com,O=Contoso", "inf.unquoted-commas", "0x8007000d",
      "Subject = \"CN=srv.contoso.com,O=Contoso\"" },
    { "[NameConstraintsExtension]\nInclude=A,\"B\"\n[A]\nDNS=a", "inf.missing-section", "the section [B]", NULL },
    { "Subject=\"CN={{ fqdn }}\"", "inf.placeholder", "{{ fqdn }}", NULL },
    { "[Extension]\n", "inf.unknown-section", "[Extension]", "[Extensions]" },
};

static void finding_says_what_to_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(words); i++) {
        PC_READING read = read_keys(words[i].keys);
        const pc_finding *found = find(read.inf, words[i].id);

        print_message("  %s\n", words[i].keys);
        assert_non_null(found);
        assert_non_null(strstr(found->message, words[i].says));
        if (words[i].fix) {
            assert_string_equal(found->fix, words[i].fix);
        }
    }
}

static const struct {
    const char *value;
    unsigned bits;
} usages[] = {
    { "0xa0", 0xa0 },
    { "160", 0xa0 },
    { "0x8080", 0x8080 },
    { "0", 0 },
    { "CERT_DIGITAL_SIGNATURE_KEY_USAGE | cert_key_encipherment_key_usage", 0xa0 },
    { "\"CERT_OFFLINE_CRL_SIGN_KEY_USAGE|CERT_KEY_CERT_SIGN_KEY_USAGE\"", 0x06 },
    { "CERT_DECIPHER_ONLY_KEY_USAGE|8", 0x8008 },
};

static void key_usage_is_read_as_number_and_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(usages); i++) {
        char text[256];

        (void)snprintf(text, sizeof text, "KeyUsage = %s", usages[i].value);
        PC_READING read = read_keys(text);

        print_message("  %s\n", usages[i].value);
        assert_int_equal(read.inf->findings.count, 0);
        assert_int_equal(read.request->key_usage, usages[i].bits);
        assert_int_equal(read.request->has_key_usage, usages[i].bits != 0);
    }
}

static void first_of_two_keys_counts(void **state)
{
    PC_READING read = read_keys("Subject=CN=a\nSubject=CN=b\nKeyContainer=label\nFriendlyName=\"my name\"");

    (void)state;
    assert_string_equal(read.request->subject_text, "CN=a");
    assert_string_equal(read.request->key_container, "label");
    assert_string_equal(read.request->friendly_name, "my name");
}

static void ekus_of_both_places_are_merged(void **state)
{
    PC_READING read = read_keys("[EnhancedKeyUsageExtension]\nOID=1.2.3\nCritical=TRUE\n"
                                "[Extensions]\n2.5.29.37=\"{text}\"\n_continue_=\"1.2.3,\"\n_continue_=\"1.2.4\"");

    (void)state;
    assert_int_equal(read.request->eku_count, 2);
    assert_string_equal(read.request->ekus[1], "1.2.4");
    assert_true(read.request->eku_critical);
}

static void request_attributes_are_kept(void **state)
{
    PC_READING read = read_keys("[RequestAttributes]\nCertificateTemplate = \"WebServer\"\nSAN=\"dns=a\"");

    (void)state;
    assert_int_equal(read.request->request_attribute_count, 2);
    assert_string_equal(read.request->request_attributes[0].name, "CertificateTemplate");
    assert_string_equal(read.request->request_attributes[0].value, "WebServer");
}

static void findings_come_in_the_order_of_lines(void **state)
{
    PC_READING read = read_keys("ProviderName=Acme\nKey Exportable=TRUE\n[Foo]\na=b\n[NewRequest]\nSilent=TRUE\ntext");

    (void)state;
    assert_int_equal(read.inf->findings.count, 5);
    for (size_t i = 1; i < read.inf->findings.count; i++) {
        assert_true(read.inf->findings.items[i - 1].line <= read.inf->findings.items[i].line);
    }
}

static const struct {
    const char *name;
    const char *text;
    const char *says;
} refused[] = {
    { "no NewRequest", "[Version]\na=b\n", "says what to request" },
    { "a CAPolicy.inf", "[Version]\na=b\n[certsrv_server]\nRenewalKeyLength=4096\n", "CAPolicy.inf" },
    { "a misspelt NewRequest", "[New Request]\nSubject=CN=a\n", "[New Request] on line 1" },
    { "an empty NewRequest", "[NewRequest]\n[Version]\na=b\n", "at least one key" },
    { "a NewRequest without values", "[NewRequest]\nSubject=\n", "at least one key" },
};

static void file_without_request_is_refused_with_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(refused); i++) {
        PC_AUTO(pc_inf) pc_inf *inf = NULL;
        PC_AUTO(pc_request) pc_request *request = NULL;
        pc_error err = { 0 };

        print_message("  %s\n", refused[i].name);
        assert_int_equal(pc_inf_parse((const uint8_t *)refused[i].text, strlen(refused[i].text), "x.inf", &inf, NULL),
                         PC_OK);
        assert_int_equal(pc_inf_to_request(inf, &request, &err), PC_E_INPUT);
        assert_null(request);
        assert_non_null(strstr(err.frames[0], "x.inf"));
        assert_non_null(strstr(err.frames[0], refused[i].says));
    }
}

static void capolicy_file_is_recognised(void **state)
{
    uint8_t bytes[4096];
    PC_AUTO(file) FILE *file = fopen(TEST_DATA_DIR "/inf/capolicy.inf", "rb");
    PC_AUTO(pc_inf) pc_inf *inf = NULL;
    PC_AUTO(pc_request) pc_request *request = NULL;
    pc_error err = { 0 };

    (void)state;
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);

    assert_true(pc_inf_recognise(bytes, len));
    assert_int_equal(pc_inf_parse(bytes, len, "capolicy.inf", &inf, NULL), PC_OK);
    assert_int_equal(pc_inf_to_request(inf, &request, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "CAPolicy.inf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_of_the_guide_is_read_with_its_mistakes_named),
        cmocka_unit_test(clean_file_has_no_findings),
        cmocka_unit_test(file_reads_alike_in_every_encoding),
        cmocka_unit_test(each_finding_is_raised_only_by_its_cause),
        cmocka_unit_test(finding_says_what_to_write),
        cmocka_unit_test(key_usage_is_read_as_number_and_by_name),
        cmocka_unit_test(first_of_two_keys_counts),
        cmocka_unit_test(ekus_of_both_places_are_merged),
        cmocka_unit_test(request_attributes_are_kept),
        cmocka_unit_test(findings_come_in_the_order_of_lines),
        cmocka_unit_test(file_without_request_is_refused_with_what_it_is),
        cmocka_unit_test(capolicy_file_is_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
