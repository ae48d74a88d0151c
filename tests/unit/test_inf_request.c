/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/inf.h>

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

#define SIXTY_THREE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *name;
    const char *id;
    pc_severity severity;
    const char *raises;
    const char *is_quiet;
} findings[] = {
    { "misspelt Exportable", "inf.unknown-key", PC_SEVERITY_WARNING, "Key Exportable=TRUE", "Exportable=TRUE" },
    { "misspelt key", "inf.unknown-key", PC_SEVERITY_WARNING, "KeyLenght=2048", "keylength=2048" },
    { "unknown key of the EKU section", "inf.unknown-key", PC_SEVERITY_WARNING,
      "[EnhancedKeyUsageExtension]\nOIDs=1.2.3", "[EnhancedKeyUsageExtension]\noid=1.2.3" },
    { "key twice", "inf.duplicate-key", PC_SEVERITY_WARNING, "Subject=CN=a\nSUBJECT=CN=b", "Subject=CN=a" },
    { "unknown section", "inf.unknown-section", PC_SEVERITY_WARNING, "[Extension]\na=b", "[Extensions]" },
    { "section of a CA", "inf.ca-section", PC_SEVERITY_WARNING, "[certsrv_server]\na=b", "[Version]\na=b" },
    { "distribution point", "inf.ca-section", PC_SEVERITY_WARNING, "[CRLDistributionPoint]\nURL=http://x/",
      "[RequestAttributes]\na=b" },
    { "section that is not made", "inf.section-unsupported", PC_SEVERITY_ERROR,
      "[PolicyConstraintsExtension]\nRequireExplicitPolicy=0", "[BasicConstraintsExtension]\nPathLength=0" },
    { "section that is named and missing", "inf.missing-section", PC_SEVERITY_ERROR,
      "[PolicyStatementExtension]\nPolicies=A", "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2.3" },
    { "constraints that are named and missing", "inf.missing-section", PC_SEVERITY_ERROR,
      "[NameConstraintsExtension]\nExclude=A", "[NameConstraintsExtension]\nExclude=A\n[A]\nDNS=b" },
    { "section that nothing names", "inf.unknown-section", PC_SEVERITY_WARNING,
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2.3\n[B]\nOID=1.2.4",
      "[PolicyStatementExtension]\nPolicies=A, B\n[A]\nOID=1.2.3\n[b]\nOID=1.2.4" },
    { "policy without OID", "inf.policy", PC_SEVERITY_ERROR, "[PolicyStatementExtension]\nPolicies=A\n[A]\nNotice=a",
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nNotice=a\nOID=1.2" },
    { "policy text without OID", "inf.policy", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.32=\"{text}URL=http://x/\"",
      "[Extensions]\n2.5.29.32=\"{text}OID=1.2&URL=http://x/\"" },
    { "policy with two OIDs", "inf.bad-value", PC_SEVERITY_ERROR,
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\nOID=1.3",
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\nURL=http://x/\nURL=http://y/" },
    { "policy with a URL that is none", "inf.bad-value", PC_SEVERITY_ERROR,
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\nURL=x", "[EnhancedKeyUsageExtension]" },
    { "unknown key of a policy", "inf.unknown-key", PC_SEVERITY_WARNING,
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\nNotices=a",
      "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\nNotice=a" },
    { "path length that is none", "inf.bad-value", PC_SEVERITY_ERROR, "[BasicConstraintsExtension]\nPathLength=-1",
      "[BasicConstraintsExtension]\nPathLength=1\nCritical=yes" },
    { "unknown key of basic constraints", "inf.unknown-key", PC_SEVERITY_WARNING,
      "[BasicConstraintsExtension]\nPathLen=1", "[BasicConstraintsExtension]\nPathLength=1" },
    { "address range that is none", "inf.bad-value", PC_SEVERITY_ERROR,
      "[NameConstraintsExtension]\nInclude=A\n[A]\nIPAddress=10.0.0.0",
      "[NameConstraintsExtension]\nInclude=A\n[A]\nIPAddress=\"10.0.0.0, 255.0.0.0\"" },
    { "address range too wide", "inf.bad-value", PC_SEVERITY_ERROR,
      "[NameConstraintsExtension]\nInclude=A\n[A]\nIPAddress=10.0.0.0/33",
      "[NameConstraintsExtension]\nInclude=A\n[A]\nIPAddress=2001:db8::/33" },
    { "other name that is none", "inf.bad-value", PC_SEVERITY_ERROR,
      "[NameConstraintsExtension]\nInclude=A\n[A]\nOtherName=1.2.3",
      "[NameConstraintsExtension]\nInclude=A\n[A]\nOtherName=\"1.2.3,{utf8}a\"" },
    { "unknown kind of constraint", "inf.unknown-key", PC_SEVERITY_WARNING,
      "[NameConstraintsExtension]\nInclude=A\n[A]\nDNSName=a", "[NameConstraintsExtension]\nInclude=A\n[A]\ndns=" },
    { "constraints in two places", "inf.extension-twice", PC_SEVERITY_ERROR,
      "[BasicConstraintsExtension]\nPathLength=0\n[Extensions]\n2.5.29.19=\"{text}ca=1\"",
      "[Extensions]\n2.5.29.19=\"{text}ca=1\"" },
    { "extension twice", "inf.extension-twice", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={hex}0500\n1.2.3={hex}0500",
      "[Extensions]\n1.2.3={hex}0500\n1.2.4={hex}0500" },
    { "alternative names in words and as bytes", "inf.extension-twice", PC_SEVERITY_ERROR,
      "[Extensions]\n2.5.29.17={hex}3006a40430023100\n2.5.29.17=\"{text}dns=a\"",
      "[Extensions]\n2.5.29.17=\"{text}dns=a\"\n2.5.29.17=\"{text}dns=b\"" },
    { "other key usage in Extensions", "inf.extension-twice", PC_SEVERITY_ERROR,
      "KeyUsage=0xa0\n[Extensions]\n2.5.29.15=AwIGwA==", "KeyUsage=0xa0\n[Extensions]\n2.5.29.15=AwIFoA==" },
    { "store properties", "inf.not-honoured", PC_SEVERITY_WARNING, "[Properties]\n11=\"{text}a\"", "[Strings]\na=b" },
    { "common name of 65", "inf.long-name", PC_SEVERITY_WARNING,
      "Subject=\"O=b,CN=" SIXTY_THREE "\xc3\xa4z\"", "Subject=\"O=b,CN=" SIXTY_THREE "\xc3\xa4\"" },
    { "broken subject", "inf.bad-value", PC_SEVERITY_ERROR, "Subject=server.contoso.com", "Subject=\"\"" },
    { "broken bool", "inf.bad-value", PC_SEVERITY_ERROR, "Exportable=FASLE", "Exportable=no" },
    { "broken bool of an unused key", "inf.bad-value", PC_SEVERITY_ERROR, "Silent=maybe", "Silent=0" },
    { "broken SMIME", "inf.bad-value", PC_SEVERITY_ERROR, "SMIME=maybe", "SMIME=TRUE" },
    { "misspelt symbol of KeySpec", "inf.unknown-symbol", PC_SEVERITY_ERROR, "KeySpec=AT_KEYEXCHANG",
      "KeySpec=at_keyexchange" },
    { "misspelt flag", "inf.unknown-symbol", PC_SEVERITY_ERROR, "X500NameFlags=CERT_NAME_STR_COMMA",
      "X500NameFlags=CERT_NAME_STR_COMMA_FLAG|0x20000000" },
    { "unknown bit of a flag", "inf.unknown-symbol", PC_SEVERITY_ERROR, "X500NameFlags=0x80000000",
      "X500NameFlags=0x40000000" },
    { "misspelt subject flag", "inf.unknown-symbol", PC_SEVERITY_ERROR, "SubjectNameFlags=templat",
      "SubjectNameFlags=-1" },
    { "flags of string types", "inf.string-types", PC_SEVERITY_INFO, "X500NameFlags=CERT_NAME_STR_FORCE_UTF8_DIR_STR_FLAG",
      "X500NameFlags=CERT_NAME_STR_REVERSE_FLAG" },
    { "broken KeySpec", "inf.bad-value", PC_SEVERITY_ERROR, "KeySpec=1|2", "KeySpec=0x2" },
    { "broken provider type", "inf.bad-value", PC_SEVERITY_ERROR, "ProviderType=x", "ProviderType=12" },
    { "broken EKU", "inf.bad-value", PC_SEVERITY_ERROR, "[EnhancedKeyUsageExtension]\nOID=serverAuth",
      "[EnhancedKeyUsageExtension]\nOID=\"1.2.3\"" },
    { "broken EKU in Extensions", "inf.bad-value", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.37={text}1.2,x",
      "[Extensions]\n2.5.29.37=\"{text}1.2, 1.3,\"" },
    { "broken Critical", "inf.bad-value", PC_SEVERITY_ERROR, "[EnhancedKeyUsageExtension]\nCritical=2.5.29.37",
      "[EnhancedKeyUsageExtension]\nCritical=Yes" },
    { "_continue_ below nothing", "inf.bad-value", PC_SEVERITY_ERROR, "[Extensions]\n_continue_=\"a\"",
      "[Extensions]\n2.5.29.37=\"{text}\"\n_continue_=1.2\n_continue_=.3" },
    { "_continue_ in NewRequest", "inf.bad-value", PC_SEVERITY_ERROR, "Subject=CN=a\n_continue_=\",O=b\"",
      "Subject=\"CN=a,O=b\"" },
    { "no extension OID", "inf.bad-value", PC_SEVERITY_ERROR, "[Extensions]\nSAN=a", "[Extensions]" },
    { "key algorithm not made", "inf.key-algorithm", PC_SEVERITY_ERROR, "KeyAlgorithm=DSA", "KeyAlgorithm=rsa" },
    { "key algorithm not known", "inf.key-algorithm", PC_SEVERITY_ERROR, "KeyAlgorithm=ed25519",
      "KeyAlgorithm=ECDH_P256" },
    { "short RSA key", "inf.key-length", PC_SEVERITY_ERROR, "KeyLength=1024", "KeyLength=0xc00" },
    { "length that is none", "inf.key-length", PC_SEVERITY_ERROR, "KeyLength=2048 bits", "KeyLength=4096" },
    { "length of another algorithm", "inf.key-length", PC_SEVERITY_ERROR, "KeyLength=2048\nKeyAlgorithm=ECDSA_P256",
      "KeyLength=521\nKeyAlgorithm=ECDSA_P521" },
    { "weak hash", "inf.hash-algorithm", PC_SEVERITY_ERROR, "HashAlgorithm=SHA1", "HashAlgorithm=SHA384" },
    { "unknown hash", "inf.hash-algorithm", PC_SEVERITY_ERROR, "HashAlgorithm=sha3", "HashAlgorithm=sha512" },
    { "misspelt key usage", "inf.key-usage", PC_SEVERITY_ERROR, "KeyUsage=CERT_DATA_ENCIPHERMENT_KEYUSAGE",
      "KeyUsage=\"CERT_DATA_ENCIPHERMENT_KEY_USAGE\"" },
    { "key usage bit that is none", "inf.key-usage", PC_SEVERITY_ERROR, "KeyUsage=0x100", "KeyUsage=0x80a0" },
    { "key usage that ends in '|'", "inf.key-usage", PC_SEVERITY_ERROR, "KeyUsage=0x80|", "KeyUsage=0x80|0x20" },
    { "comment that names other bits", "inf.usage-comment", PC_SEVERITY_WARNING,
      "KeyUsage=0xf0 ; Digital Signature, Key Encipherment", "KeyUsage=0xa0 ; Digital Signature, Key Encipherment" },
    { "comment that names one bit more", "inf.usage-comment", PC_SEVERITY_WARNING,
      "KeyUsage=0x80 ; digitalSignature | non-repudiation", "KeyUsage=0xc0 ; digitalSignature | non-repudiation" },
    { "comment that names data encipherment", "inf.usage-comment", PC_SEVERITY_WARNING,
      "KeyUsage=0x20 ; Data Encipherment", "KeyUsage=0x20 ; as the CA wants it" },
    { "two providers", "inf.provider-name", PC_SEVERITY_WARNING,
      "ProviderName=Microsoft RSA SChannel Cryptographic Provider and Microsoft Strong Cryptographic Provider",
      "ProviderName=Microsoft RSA SChannel Cryptographic Provider" },
    { "unknown provider", "inf.provider-name", PC_SEVERITY_WARNING, "ProviderName=\"Acme Provider\"",
      "ProviderName=\"microsoft software key storage provider\"" },
    { "type of another provider", "inf.provider-type", PC_SEVERITY_WARNING,
      "ProviderType=1\nProviderName=Microsoft RSA SChannel Cryptographic Provider",
      "ProviderType=24\nProviderName=Microsoft Enhanced RSA and AES Cryptographic Provider" },
    { "user's key", "inf.machine-key-set", PC_SEVERITY_INFO, "[NewRequest]\nSubject=CN=a", "Subject=CN=a" },
    { "other request type", "inf.request-type", PC_SEVERITY_ERROR, "RequestType=CMC", "RequestType=1" },
    { "Silent", "inf.ignored", PC_SEVERITY_INFO, "Silent=TRUE", "Silent=FALSE" },
    { "UserProtected", "inf.ignored", PC_SEVERITY_INFO, "UserProtected=TRUE", "UserProtected=FALSE" },
    { "KeyProtection", "inf.ignored", PC_SEVERITY_INFO, "KeyProtection=2", "KeyProtection=0" },
    { "validity", "inf.cert-only", PC_SEVERITY_WARNING, "ValidityPeriod=Years", "ValidityPeriod=" },
    { "validity where it is read", "inf.cert-only", PC_SEVERITY_WARNING, "NotAfter=x", "NotAfter=x\nRequestType=Cert" },
    { "requester", "inf.cmc-only", PC_SEVERITY_WARNING, "RequesterName=a\\b", "RequesterName=a\\b\nRequestType=3" },
    { "challenge", "inf.scep-only", PC_SEVERITY_WARNING, "ChallengePassword=a", "ChallengePassword=" },
    { "attestation", "inf.not-honoured", PC_SEVERITY_WARNING, "AttestPrivateKey=TRUE", "AttestPrivateKey=FALSE" },
    { "encrypted export", "inf.not-honoured", PC_SEVERITY_WARNING, "ExportableEncrypted=TRUE",
      "ExportableEncrypted=FALSE" },
    { "subject flags", "inf.not-honoured", PC_SEVERITY_WARNING, "SubjectNameFlags=template", "SubjectNameFlags=0" },
    { "existing key", "inf.renewal", PC_SEVERITY_ERROR, "UseExistingKeySet=TRUE", "UseExistingKeySet=FALSE" },
    { "renewal", "inf.renewal", PC_SEVERITY_ERROR, "RenewalCert=\"01 02\"", "RenewalCert=" },
    { "key archive", "inf.cmc-only", PC_SEVERITY_ERROR, "PrivateKeyArchive=TRUE", "PrivateKeyArchive=FALSE" },
    { "Critical of what is not asked for", "inf.critical", PC_SEVERITY_WARNING, "[Extensions]\nCritical=2.5.29.19",
      "KeyUsage=0x80\n[Extensions]\nCritical=2.5.29.15,2.5.29.37,1.2.3\n2.5.29.37=\"{text}1.2\"\n1.2.3={hex}0500" },
    { "Critical of a template", "inf.critical", PC_SEVERITY_WARNING,
      "[Extensions]\n1.3.6.1.4.1.311.20.2=\"{critical}{text}a\"", "[Extensions]\n1.3.6.1.4.1.311.20.2=\"{text}a\"" },
    { "subject key identifier", "inf.not-honoured", PC_SEVERITY_WARNING, "[Extensions]\n2.5.29.14=BAEA",
      "[Extensions]\n2.5.29.35=MAA=" },
    { "EKU twice in one place", "inf.eku-twice", PC_SEVERITY_WARNING, "[EnhancedKeyUsageExtension]\nOID=1.2\nOID=1.2",
      "[EnhancedKeyUsageExtension]\nOID=1.2\nOID=1.3" },
    { "OID in NewRequest", "inf.wrong-section", PC_SEVERITY_WARNING, "OID=1.2.3", "[EnhancedKeyUsageExtension]\nOID=1.2.3" },
    { "extension in NewRequest", "inf.wrong-section", PC_SEVERITY_WARNING, "2.5.29.17=\"{text}dns=a\"",
      "[Extensions]\n2.5.29.17=\"{text}dns=a\"" },
    { "template in NewRequest", "inf.wrong-section", PC_SEVERITY_WARNING, "CertificateTemplate=a",
      "[RequestAttributes]\nCertificateTemplate=a" },
    { "EKU as extension", "inf.wrong-section", PC_SEVERITY_WARNING, "[Extensions]\n1.3.6.1.5.5.7.3.1=",
      "[Extensions]\n1.3.6.1.5.5.7.1.24=MAMCAQU=" },
    { "path length of an end entity", "inf.path-length", PC_SEVERITY_WARNING,
      "[Extensions]\n2.5.29.19=\"{text}ca=0&pathlength=0\"", "[Extensions]\n2.5.29.19=\"{text}ca=True&pathlength=0\"" },
    { "basic constraints without '&'", "inf.bad-value", PC_SEVERITY_ERROR,
      "[Extensions]\n2.5.29.19=\"{text}ca=0pathlength=0\"", "[Extensions]\n2.5.29.19=\"{text}ca=0\"" },
    { "template without OID", "inf.bad-value", PC_SEVERITY_ERROR,
      "[Extensions]\n1.3.6.1.4.1.311.21.7=\"{text}MajorVersion=1\"",
      "[Extensions]\n1.3.6.1.4.1.311.21.7=\"{text}Template=1.2.3&MajorVersion=1\"" },
    { "template name that is empty", "inf.bad-value", PC_SEVERITY_ERROR, "[Extensions]\n1.3.6.1.4.1.311.20.2={text}",
      "[Extensions]\n1.3.6.1.4.1.311.20.2=\"{utf8}a\"" },
    { "misspelt usage in Extensions", "inf.key-usage", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.15=\"{text}signing\"",
      "[Extensions]\n2.5.29.15=\"{text}0x80|CERT_CRL_SIGN_KEY_USAGE\"" },
    { "no {text} form", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={text}a",
      "[Extensions]\n1.2.3={utf8}a" },
    { "unknown tag", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={string}a",
      "[Extensions]\n1.2.3={octet}{hex}00" },
    { "tag that reads a file", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={file}a.der",
      "[Extensions]\n1.2.3={asn}BQA=" },
    { "two tags that do not go together", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={hex}{utf8}a",
      "[Extensions]\n1.2.3={asn}{hex}0500" },
    { "no base64", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.17=dns=a", "[Extensions]\n1.2.3=BQA=" },
    { "no DER", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n1.2.3={hex}050000", "[Extensions]\n1.2.3={hex}0500" },
    { "extension without content", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\nEmpty=1.2.3",
      "[Extensions]\n1.2.3={hex}0500" },
    { "nobody", "inf.no-name", PC_SEVERITY_WARNING, "[NewRequest]\nKeyLength=2048",
      "[NewRequest]\nKeyLength=2048\n[Extensions]\n2.5.29.17=\"{text}dns=a\"" },
    { "nobody in words", "inf.no-name", PC_SEVERITY_WARNING, "[NewRequest]\nKeyLength=2048\nSubject=\"\"",
      "[NewRequest]\n[Extensions]\n2.5.29.17={hex}3006a40430023100\n[NewRequest]\nKeyLength=2048" },
    { "hex in the subject", "inf.bad-value", PC_SEVERITY_ERROR, "Subject=\"CN=#0c0141\"", "Subject=\"CN=\"\"#0c0141\"\"\"" },
    { "PSS of an EC key", "inf.signature-algorithm", PC_SEVERITY_ERROR,
      "AlternateSignatureAlgorithm=TRUE\nKeyAlgorithm=ECDSA_P256",
      "AlternateSignatureAlgorithm=FALSE\nKeyAlgorithm=ECDSA_P256" },
    { "PSS of an RSA key", "inf.signature-algorithm", PC_SEVERITY_ERROR,
      "AlternateSignatureAlgorithm=TRUE\nKeyLength=384\nKeyAlgorithm=ECDSA_P384",
      "AlternateSignatureAlgorithm=TRUE\nKeyLength=3072" },
    { "EKU in both places", "inf.eku-twice", PC_SEVERITY_WARNING,
      "[EnhancedKeyUsageExtension]\nOID=1.2.3\n[Extensions]\n2.5.29.37={text}1.2.4",
      "[Extensions]\n2.5.29.37={text}1.2.4" },
    { "OID in Extensions", "inf.oid-in-extensions", PC_SEVERITY_WARNING, "[Extensions]\nOID=1.2.3",
      "[EnhancedKeyUsageExtension]\nOID=1.2.3" },
    { "missing '&'", "inf.alt-name", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.17=\"{text}dns=a\"\n_continue_=\"dns=b\"",
      "[Extensions]\n2.5.29.17=\"{text}dns=a&\"\n_continue_=\"dns=b\"" },
    { "GUID that is none", "inf.alt-name", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.17=\"{text}guid=a\"",
      "[Extensions]\n2.5.29.17=\"{text}upn=a@b\"" },
    { "Exportable in typographic quotes", "inf.bad-value", PC_SEVERITY_ERROR, "Exportable=\u201dTRUE\u201d",
      "Exportable=\"TRUE\"" },
    { "key usage that is none", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.15={hex}0500",
      "[Extensions]\n2.5.29.15={hex}03020780" },
    { "EKU that is none", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.37={hex}0500",
      "[Extensions]\n2.5.29.37={hex}300406022a03" },
    { "names that are none", "inf.extension-value", PC_SEVERITY_ERROR, "[Extensions]\n2.5.29.17={hex}0500",
      "[Extensions]\n2.5.29.17={hex}3003820161" },
    { "attribute given twice", "inf.duplicate-key", PC_SEVERITY_WARNING, "[RequestAttributes]\nA=1\na=2",
      "[RequestAttributes]\nA=1\nB=2" },
    { "attribute beyond BMPString", "inf.bad-value", PC_SEVERITY_ERROR, "[RequestAttributes]\nA=\U0001F600",
      "[RequestAttributes]\nA=\u20ac" },
    { "key of NewRequest in Version", "inf.wrong-section", PC_SEVERITY_WARNING, "[Version]\nExportable=TRUE",
      "[Version]\nSignature=\"$Windows NT$\"" },
    { "unknown key in Version", "inf.unknown-key", PC_SEVERITY_WARNING, "[Version]\nVersion=1", "[Version]\nClass=a" },
    { "SAN as attribute", "inf.san-attribute", PC_SEVERITY_WARNING, "[RequestAttributes]\nSAN=\"dns=a\"",
      "[RequestAttributes]\nCertificateTemplate=WebServer" },
};

static reading read_row(const char *text)
{
    return strncmp(text, "[NewRequest]", 12) == 0 ? read_bytes((pc_bytes){ (const uint8_t *)text, strlen(text) }) : read_keys(text);
}

static void each_finding_is_raised_by_its_cause_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(findings); i++) {
        PC_READING odd = read_row(findings[i].raises);
        PC_READING quiet = read_row(findings[i].is_quiet);
        const pc_finding *found = find(odd.inf, findings[i].id);

        print_message("  %s: %s\n", findings[i].name, found ? found->message : "not raised");
        assert_non_null(found);
        assert_int_equal(found->severity, findings[i].severity);
        assert_non_null(found->fix);
        assert_null(find(quiet.inf, findings[i].id));
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
    { "Subject=CN=a\nSubject=CN=b", "inf.duplicate-key", "reads the first", "leave out line 3 or line 4" },
    { "KeyUsage=0xf0 ; Key Encipherment", "inf.usage-comment", "keyEncipherment (0x20)", "KeyUsage = 0x20" },
    { "KeyUsage=CERT_DATA_ENCIPHERMENT_KEYUSAGE", "inf.key-usage", "KEYUSAGE", "CERT_DATA_ENCIPHERMENT_KEY_USAGE" },
    { "HashAlgorithm=sha1", "inf.hash-algorithm", "collisions", "HashAlgorithm = sha256, or sha384, or sha512" },
    { "KeyLength=1024", "inf.key-length", "1024", "KeyLength = 2048, or 3072, or 4096" },
    { "EncipherOnly=TRUE", "inf.not-honoured", "`EncipherOnly = TRUE` on line 3", "EncipherOnly = FALSE, or no such line" },
    { "UseExistingKeySet=TRUE", "inf.renewal", "a new key would be made", NULL },
    { "RequestType=Cert", "inf.request-type", "self-signed", "RequestType = PKCS10, or p11cert issue --self-signed" },
    { "RequestType=SCP", "inf.request-type", "none of PKCS10", "RequestType = PKCS10" },
    { "KeyAlgorithm=DH", "inf.key-algorithm", "cannot sign", NULL },
    { "KeySpec=AT_SIGNATUR", "inf.unknown-symbol", "the nearest is AT_SIGNATURE", "AT_SIGNATURE" },
    { "[Extensions]\n2.5.29.19=\"{text}ca=0pathlength=0\"", "inf.bad-value", "'&' is missing before \"pathlength=\"",
      "2.5.29.19 = \"{text}ca=1&pathlength=0\"" },
    { "[Extensions]\n1.2.3={decimal}5", "inf.extension-value", "{hex}02 01 05", NULL },
    { "[PolicyStatementExtension]\nPolicies=A", "inf.missing-section", "names the section [A]", NULL },
    { "Silent=TRUE", "inf.ignored", "ignored: ", NULL },
    { "ProviderType=1\nProviderName=Microsoft RSA SChannel Cryptographic Provider", "inf.provider-type",
      "is of type 12", "ProviderType = 12" },
    { "ProviderName=Microsoft RSA SChanel Cryptographic Provider", "inf.provider-name", "not a known",
      "ProviderName = \"Microsoft RSA SChannel Cryptographic Provider\"" },
    { "[RequestAttributes]\nSAN=\"dns=a&\"\n_continue_=\"dns=b\"", "inf.san-attribute",
      "EDITF_ATTRIBUTESUBJECTALTNAME2",
      "[Extensions] and below it 2.5.29.17 = \"{text}dns=a&dns=b\"" },
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
    { "0xa0", 0xa0 }, { "160", 0xa0 }, { "0x8080", 0x8080 }, { "0", 0 },
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
        cmocka_unit_test(each_finding_is_raised_by_its_cause_alone),
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
