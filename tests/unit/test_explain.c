/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/explain.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"

PC_AUTO_DEFINE(pc_explanation, pc_explanation, pc_explanation_free);

static pc_explanation *explain_bytes(const char *bytes, size_t len)
{
    pc_explanation *explanation = NULL;

    assert_int_equal(pc_inf_explain((const uint8_t *)bytes, len, "test.inf", &explanation, NULL), PC_OK);
    return explanation;
}

static pc_explanation *explain(const char *text)
{
    return explain_bytes(text, strlen(text));
}

static const pc_finding *find(const pc_explanation *explanation, const char *id)
{
    const pc_findings *findings = &explanation->inf->findings;

    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].id, id) == 0) {
            return &findings->items[i];
        }
    }
    return NULL;
}

/* Each row: lines below [NewRequest], and the effect of the last entry. */
static const struct {
    const char *lines;
    pc_effect effect;
    const char *says;
} rows[] = {
    { "Subject=CN=a", PC_EFFECT_HONOURED, "subject" },
    { "Exportable=TRUE", PC_EFFECT_MAPPED, "CKA_EXTRACTABLE" },
    { "Key Exportable=TRUE", PC_EFFECT_IGNORED, "`Exportable`" },
    { "KeyLength=2048", PC_EFFECT_HONOURED, "length" },
    { "KeyLength=1024", PC_EFFECT_REFUSED, "1024" },
    { "KeyAlgorithm=RSA", PC_EFFECT_HONOURED, "algorithm" },
    { "KeyAlgorithm=DSA", PC_EFFECT_REFUSED, "DSA" },
    { "HashAlgorithm=sha256", PC_EFFECT_HONOURED, "digest" },
    { "HashAlgorithm=md5", PC_EFFECT_REFUSED, "MD5 is broken" },
    { "KeyUsage=0xa0", PC_EFFECT_HONOURED, "2.5.29.15" },
    { "KeySpec=1", PC_EFFECT_IGNORED, "Windows" },
    { "MachineKeySet=TRUE", PC_EFFECT_IGNORED, "token" },
    { "ProviderName=\"Microsoft Software Key Storage Provider\"", PC_EFFECT_IGNORED, "token" },
    { "ProviderType=12", PC_EFFECT_IGNORED, "token" },
    { "KeyContainer=a", PC_EFFECT_MAPPED, "CKA_LABEL" },
    { "FriendlyName=a", PC_EFFECT_IGNORED, "property" },
    { "RequestType=PKCS10", PC_EFFECT_HONOURED, "PKCS#10" },
    { "RequestType=CMC", PC_EFFECT_REFUSED, "CMC" },
    { "SMIME=TRUE", PC_EFFECT_HONOURED, "S/MIME" },
    { "AlternateSignatureAlgorithm=TRUE", PC_EFFECT_HONOURED, "RSASSA-PSS" },
    { "SuppressDefaults=TRUE", PC_EFFECT_HONOURED, "Windows machine" },
    { "X500NameFlags=0x40000000", PC_EFFECT_HONOURED, "divided" },
    { "SubjectNameFlags=template", PC_EFFECT_IGNORED, "names" },
    { "ExportableEncrypted=TRUE", PC_EFFECT_IGNORED, "Exportable" },
    { "Silent=TRUE", PC_EFFECT_IGNORED, "dialogs" },
    { "ValidityPeriod=Years", PC_EFFECT_IGNORED, "RequestType=Cert" },
    { "EncryptionAlgorithm=3des", PC_EFFECT_IGNORED, "RequestType=CMC" },
    { "CACerts=a", PC_EFFECT_IGNORED, "RequestType=SCEP" },
    { "PrivateKeyArchive=TRUE", PC_EFFECT_REFUSED, "CA" },
    { "PrivateKeyArchive=FALSE", PC_EFFECT_IGNORED, "CA" },
    { "RenewalCert=01", PC_EFFECT_REFUSED, "renewal" },
    { "UseExistingKeySet=TRUE", PC_EFFECT_REFUSED, "new key" },
    { "EccKeyParameters=a", PC_EFFECT_IGNORED, "KeyAlgorithm" },
    { "KeyLenght=1", PC_EFFECT_IGNORED, "does not know" },
    { "Subject=CN=a\nSubject=CN=b", PC_EFFECT_IGNORED, "first counts" },
    { "OID=1.2.3", PC_EFFECT_IGNORED, "wrong section" },
    { "text", PC_EFFECT_IGNORED, "no key" },
    { "Subject=%s%", PC_EFFECT_REFUSED, "not defined" },
    { "[Strings]\na=b", PC_EFFECT_HONOURED, "%name%" },
    { "[Version]\nSignature=$Windows NT$", PC_EFFECT_IGNORED, "INF" },
    { "[EnhancedKeyUsageExtension]\nOID=1.2.3", PC_EFFECT_HONOURED, "2.5.29.37" },
    { "[RequestAttributes]\nCertificateTemplate=a", PC_EFFECT_MAPPED, "1.3.6.1.4.1.311.13.2.1" },
    { "[Extensions]\n2.5.29.17=\"{text}dns=a\"", PC_EFFECT_HONOURED, "alternative name" },
    { "[Extensions]\n2.5.29.17=\"{text}\"\n_continue_=\"dns=a\"", PC_EFFECT_HONOURED, "value above" },
    { "[Extensions]\n2.5.29.17=\"{text}\"\n_continue_=\"dns=a b\"", PC_EFFECT_REFUSED, "space" },
    { "[Extensions]\n1.2.3={hex}0500", PC_EFFECT_HONOURED, "bytes" },
    { "[Extensions]\nCritical=2.5.29.15", PC_EFFECT_HONOURED, "critical" },
    { "[Extensions]\nOID=1.2.3", PC_EFFECT_IGNORED, "extended key usage" },
    { "[BasicConstraintsExtension]\nPathLength=0", PC_EFFECT_HONOURED, "CA" },
    { "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2", PC_EFFECT_HONOURED, "policy" },
    { "[NameConstraintsExtension]\nExclude=A\n[A]\nDNS=a", PC_EFFECT_HONOURED, "may not certify" },
    { "[PolicyConstraintsExtension]\nInhibitPolicyMapping=0", PC_EFFECT_REFUSED, "does not create" },
    { "[certsrv_server]\nForceUTF8=1", PC_EFFECT_IGNORED, "CA service" },
    { "[CRLDistributionPoint]\nURL=http://x/", PC_EFFECT_IGNORED, "CA" },
    { "[Properties]\n11={text}a", PC_EFFECT_IGNORED, "Windows store" },
    { "[Unknown]\na=b", PC_EFFECT_IGNORED, "does not know the section" },
};

static void the_effect_of_each_entry_is_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char text[512];

        (void)snprintf(text, sizeof text, "[NewRequest]\nFriendlyName=first\n[NewRequest]\n%s\n",
                       strncmp(rows[i].lines, "FriendlyName", 12) == 0 ? "" : rows[i].lines);
        PC_AUTO(pc_explanation) pc_explanation *explanation = explain(text);
        const pc_directive *last = &explanation->directives[explanation->directive_count - 1];

        print_message("  %s: %s: %s\n", rows[i].lines, pc_effect_name(last->effect), last->note);
        assert_int_equal(explanation->directive_count, explanation->inf->entry_count);
        assert_int_equal(last->effect, rows[i].effect);
        assert_non_null(strstr(last->note, rows[i].says));
    }
}

static void a_file_is_refused_exactly_if_it_has_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char text[512];
        size_t refused = 0;

        (void)snprintf(text, sizeof text, "[NewRequest]\nUIContextMessage=a\n%s\n", rows[i].lines);
        PC_AUTO(pc_explanation) pc_explanation *explanation = explain(text);

        for (size_t j = 0; j < explanation->directive_count; j++) {
            refused += explanation->directives[j].effect == PC_EFFECT_REFUSED;
        }
        assert_int_equal(refused > 0, pc_inf_first_error(explanation->inf) != NULL);
    }
}

static const struct {
    const char *name;
    const char *text;
    pc_inf_kind kind;
    const char *id;
} kinds[] = {
    { "a request", "[NewRequest]\nSubject=CN=a\n", PC_INF_REQUEST, NULL },
    { "a request with CA sections", "[NewRequest]\nSubject=CN=a\n[certsrv_server]\na=b\n", PC_INF_REQUEST, NULL },
    { "a CAPolicy.inf", "[certsrv_server]\nRenewalKeyLength=4096\n", PC_INF_CA_POLICY, "inf.ca-policy" },
    { "a policy file", "[PolicyStatementExtension]\nPolicies=A\n[A]\nOID=1.2\n", PC_INF_CA_POLICY, "inf.ca-policy" },
    { "an INF of another kind", "[Version]\nClass=Net\n", PC_INF_NONE, "inf.no-request" },
    { "an empty request", "[NewRequest]\nSubject=\n", PC_INF_NONE, "inf.no-request" },
};

static void file_is_recognised_by_its_sections(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        PC_AUTO(pc_explanation) pc_explanation *explanation = explain(kinds[i].text);

        print_message("  %s\n", kinds[i].name);
        assert_int_equal(explanation->kind, kinds[i].kind);
        assert_int_equal(explanation->request != NULL, kinds[i].kind == PC_INF_REQUEST);
        assert_int_equal(explanation->exportable, PC_WISH_NO);
        assert_int_equal(find(explanation, "inf.ca-policy") != NULL, kinds[i].id && strstr(kinds[i].id, "ca-policy"));
        assert_int_equal(find(explanation, "inf.no-request") != NULL, kinds[i].id && strstr(kinds[i].id, "no-request"));
        if (kinds[i].id) {
            assert_int_equal(find(explanation, kinds[i].id)->severity, PC_SEVERITY_ERROR);
        }
    }
}

static void file_says_more_than_is_honoured(void **state)
{
    PC_AUTO(pc_explanation)
    pc_explanation *said = explain("[NewRequest]\nKeyAlgorithm=dsa\nKeyLength=1024\n"
                                   "HashAlgorithm=SHA1\nRequestType=0xfd00\n"
                                   "ExportableEncrypted=TRUE\nSubject=nonsense\n");
    PC_AUTO(pc_explanation) pc_explanation *silent = explain("[NewRequest]\nSubject=CN=a\n");

    (void)state;
    assert_string_equal(said->request->subject_text, "nonsense");
    assert_string_equal(said->key_algorithm, "DSA");
    assert_int_equal(said->key_bits, 1024);
    assert_string_equal(said->hash, "sha1");
    assert_string_equal(said->request_type, "SCEP");
    assert_int_equal(said->exportable, PC_WISH_YES);
    assert_string_equal(silent->key_algorithm, "RSA");
    assert_int_equal(silent->key_bits, 0);
    assert_null(silent->hash);
    assert_null(silent->request_type);
    assert_int_equal(silent->exportable, PC_WISH_NO);
}

static void exportable_is_what_certreq_would_make(void **state)
{
    static const struct {
        const char *lines;
        pc_wish wish;
    } wishes[] = { { "Exportable=TRUE", PC_WISH_YES },
                   { "Exportable=FALSE", PC_WISH_NO },
                   { "Exportable=FASLE", PC_WISH_NO },
                   { "Key Exportable=TRUE", PC_WISH_NO },
                   { "Exportable=FALSE\nExportable=TRUE", PC_WISH_NO } };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(wishes); i++) {
        char text[128];

        (void)snprintf(text, sizeof text, "[NewRequest]\n%s\n", wishes[i].lines);
        PC_AUTO(pc_explanation) pc_explanation *explanation = explain(text);

        print_message("  %s\n", wishes[i].lines);
        assert_int_equal(explanation->exportable, wishes[i].wish);
    }
}

static void source_lines_are_those_of_the_file(void **state)
{
    PC_AUTO(pc_explanation) pc_explanation *mixed = explain("; a\r\n[NewRequest]\rSubject=\\\n CN=b\n\nx");
    static const char wide[] =
        "\xff\xfe[\0N\0e\0w\0R\0e\0q\0u\0e\0s\0t\0]\0\r\0\n\0S\0u\0b\0j\0e\0c\0t\0=\0C\0N\0=\0\xe4\0";
    PC_AUTO(pc_explanation) pc_explanation *utf16 = explain_bytes(wide, sizeof wide - 1);

    (void)state;
    assert_int_equal(mixed->source_line_count, 6);
    assert_string_equal(mixed->source_lines[1], "[NewRequest]");
    assert_string_equal(mixed->source_lines[3], " CN=b");
    assert_string_equal(mixed->source_lines[4], "");
    assert_int_equal(mixed->directives[0].line, 3);
    assert_string_equal(mixed->directives[0].value, "CN=b");
    assert_int_equal(utf16->source_line_count, 2);
    assert_string_equal(utf16->source_lines[1], "Subject=CN=\xc3\xa4");
    assert_string_equal(utf16->inf->encoding, "utf-16le");
}

/* Processor time, which other processes on a busy machine do not affect. */
static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static long peak_kilobytes(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static const char *const floods[] = {
    "Subject=CN=server.example.com\n",
    "KeyLenght=2048\n",
    "%a%=%b%\n",
    "OID=1.2.3\n",
    "text\n",
    "[NewRequest]\nSilent=TRUE\n",
    "[Extensions]\n2.5.29.17=\"{text}dns=a&dns=b\"\n",
    "[Extensions]\n1.2.3={hex}0500\n",
    "[Extensions]\nCritical=1.2.3,1.2.4\n",
    "[Extensions]\nEmpty=1.2.3,1.2.4\n",
    "[EnhancedKeyUsageExtension]\nOID=1.2.3\n",
    "[PolicyStatementExtension]\nPolicies=a,b,c\n",
    "[RequestAttributes]\na=b\n",
};

/* The limits are far above the usual time (milliseconds), for slow machines and sanitizers. */
static void ten_thousand_lines_take_bounded_time_and_memory(void **state)
{
    static char text[1024 * 1024];

    (void)state;
    for (size_t i = 0; i < PC_COUNT(floods); i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "[NewRequest]\nKeyLength=2048\n");
        size_t one = strlen(floods[i]);
        struct timespec start;
        long before = peak_kilobytes();

        for (size_t line = 0; line < 10000; line++, len += one) {
            memcpy(text + len, floods[i], one);
        }
        (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        PC_AUTO(pc_explanation) pc_explanation *explanation = explain_bytes(text, len);

        print_message("  %.0f ms, %ld KiB more: %s", seconds_since(&start) * 1000, peak_kilobytes() - before,
                      floods[i]);
        assert_true(seconds_since(&start) < 5);
        assert_true(peak_kilobytes() - before < 64 * 1024);
        assert_true(explanation->inf->findings.count <= PC_INF_MAX_FINDINGS);
    }
}

static void hundred_megabytes_are_refused_unread(void **state)
{
    PC_AUTO(pc_explanation) pc_explanation *explanation = NULL;
    PC_AUTO(file) FILE *file = tmpfile();
    char path[64];
    pc_error err = { 0 };
    struct timespec start;
    long before = peak_kilobytes();

    (void)state;
    assert_non_null(file);
    assert_int_equal(fseek(file, 100L * 1024 * 1024, SEEK_SET), 0);
    assert_int_equal(fputc('\n', file), '\n');
    assert_int_equal(fflush(file), 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_int_equal(pc_explain_file(path, &explanation, &err), PC_E_INPUT);
    assert_true(seconds_since(&start) < 1);
    assert_true(peak_kilobytes() - before < 8 * 1024);
    assert_int_equal(pc_explain_file("/does/not/exist", &explanation, &err), PC_E_NOT_FOUND);
}

static void names_of_the_lists_are_stable(void **state)
{
    (void)state;
    assert_string_equal(pc_effect_name(PC_EFFECT_HONOURED), "honoured");
    assert_string_equal(pc_effect_name(PC_EFFECT_MAPPED), "mapped");
    assert_string_equal(pc_effect_name(PC_EFFECT_IGNORED), "ignored");
    assert_string_equal(pc_effect_name(PC_EFFECT_REFUSED), "refused");
    assert_string_equal(pc_inf_kind_name(PC_INF_REQUEST), "request");
    assert_string_equal(pc_inf_kind_name(PC_INF_CA_POLICY), "ca-policy");
    assert_string_equal(pc_inf_kind_name(PC_INF_NONE), "none");
    pc_explanation_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_effect_of_each_entry_is_reported),
        cmocka_unit_test(a_file_is_refused_exactly_if_it_has_errors),
        cmocka_unit_test(file_is_recognised_by_its_sections),
        cmocka_unit_test(file_says_more_than_is_honoured),
        cmocka_unit_test(exportable_is_what_certreq_would_make),
        cmocka_unit_test(source_lines_are_those_of_the_file),
        cmocka_unit_test(ten_thousand_lines_take_bounded_time_and_memory),
        cmocka_unit_test(hundred_megabytes_are_refused_unread),
        cmocka_unit_test(names_of_the_lists_are_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
