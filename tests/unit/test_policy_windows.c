/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"
#include "policy_evidence.h"

#define TWO_NAMES SCHANNEL " and Microsoft Enhanced Cryptographic Provider v1.0"

static void not_yet(pc_evidence *e)
{
    e->certificate.not_before_sec = NOW_SEC + 1;
}
static void expired(pc_evidence *e)
{
    e->certificate.not_after_sec = NOW_SEC - 1;
}
static void last_second(pc_evidence *e)
{
    e->certificate.not_after_sec = NOW_SEC;
}
static void days_29(pc_evidence *e)
{
    e->certificate.not_after_sec = NOW_SEC + 30 * DAY_SEC - 1;
}
static void days_30(pc_evidence *e)
{
    e->certificate.not_after_sec = NOW_SEC + 30 * DAY_SEC;
}
static void year_9999(pc_evidence *e)
{
    e->certificate.not_after_sec = INT64_C(253402300799);
}

static void chain_broken(pc_evidence *e)
{
    e->certificate.chain = PC_CHAIN_INVALID;
    e->certificate.chain_detail = "unable to get issuer certificate";
}

static void chain_unknown(pc_evidence *e)
{
    e->certificate.chain = PC_CHAIN_NOT_GIVEN;
}
static void self_signed(pc_evidence *e)
{
    e->certificate.self_signed = true;
}
static void no_pointer(pc_evidence *e)
{
    e->certificate.revocation = PC_REVOCATION_NOWHERE;
}
static void only_ldap(pc_evidence *e)
{
    e->certificate.revocation = PC_REVOCATION_DIRECTORY;
}
static void issuer_only_ldap(pc_evidence *e)
{
    static const pc_evidence_issuer issuers[] = {
        { .subject = "CN=Contoso CA", .revocation = PC_REVOCATION_DIRECTORY },
    };

    e->certificate.issuers = issuers;
    e->certificate.issuer_count = 1;
}
static void root_only_ldap(pc_evidence *e)
{
    static const pc_evidence_issuer issuers[] = {
        { .subject = "CN=Contoso Root CA", .self_signed = true, .revocation = PC_REVOCATION_DIRECTORY },
    };

    e->certificate.issuers = issuers;
    e->certificate.issuer_count = 1;
}
static void no_template(pc_evidence *e)
{
    e->certificate.has_template = false;
}
static void no_serial(pc_evidence *e)
{
    e->certificate.serial.len = 0;
}
static void spec_signature(pc_evidence *e)
{
    e->inf.key_spec = 2;
}
static void spec_odd(pc_evidence *e)
{
    e->inf.key_spec = 7;
}
static void spec_absent(pc_evidence *e)
{
    e->inf.has_key_spec = false;
}
static void provider_absent(pc_evidence *e)
{
    e->inf.provider_name = NULL;
}
static void provider_two(pc_evidence *e)
{
    e->inf.provider_name = TWO_NAMES;
}
static void provider_vendor(pc_evidence *e)
{
    e->inf.provider_name = "Contoso HSM CSP";
}
static void provider_lower(pc_evidence *e)
{
    e->inf.provider_name = "microsoft rsa schannel cryptographic provider";
}
static void type_absent(pc_evidence *e)
{
    e->inf.has_provider_type = false;
}
static void type_wrong(pc_evidence *e)
{
    e->inf.provider_type = 1;
}

static void provider_ksp(pc_evidence *e)
{
    e->inf.provider_name = "Microsoft Software Key Storage Provider";
    e->inf.has_provider_type = false;
}

static void provider_tpm(pc_evidence *e)
{
    e->inf.provider_name = "Microsoft Platform Crypto Provider";
}

static void vendor_type_0(pc_evidence *e)
{
    provider_vendor(e);
    e->inf.provider_type = 0;
}

static void machine_no(pc_evidence *e)
{
    e->inf.machine_key_set = PC_WISH_NO;
}
static void machine_silent(pc_evidence *e)
{
    e->inf.machine_key_set = PC_WISH_SILENT;
}

static const uint8_t long_serial[21] = { 0x7f, 1 };
static const uint8_t high_serial[20] = { 0x80, 1 };
static const uint8_t zero_serial[4];

static void serial_negative(pc_evidence *e)
{
    e->certificate.serial_is_negative = true;
}

static void serial_of(pc_evidence *e, pc_bytes serial)
{
    e->certificate.serial = serial;
}

static void serial_zero(pc_evidence *e)
{
    serial_of(e, PC_BYTES_OF(zero_serial));
}
static void serial_20(pc_evidence *e)
{
    serial_of(e, (pc_bytes){ long_serial, 20 });
}
static void serial_20_high(pc_evidence *e)
{
    serial_of(e, (pc_bytes){ high_serial, 20 });
}
static void serial_21(pc_evidence *e)
{
    serial_of(e, (pc_bytes){ long_serial, 21 });
}
static void dates_old(pc_evidence *e)
{
    e->certificate.not_before_sec = -1;
}

static void dates_turned(pc_evidence *e)
{
    e->certificate.not_after_sec = NOW_SEC;
    e->certificate.not_before_sec = NOW_SEC + DAY_SEC;
}

static const policy_row rows[] = {
    { "good", nothing, "TIME", PC_VERDICT_PASS, "it is now 2023-11-14T22:13:20Z" },
    { "last second", last_second, "TIME", PC_VERDICT_PASS, NULL },
    { "year 9999", year_9999, "TIME", PC_VERDICT_PASS, "9999-12-31T23:59:59Z" },
    { "not yet", not_yet, "TIME", PC_VERDICT_FAIL, "not valid yet" },
    { "expired", expired, "TIME", PC_VERDICT_FAIL, "has expired" },
    { "request", only_request, "TIME", PC_VERDICT_NOT_CHECKED, "No certificate was given" },
    { "nothing given", no_subject, "TIME", PC_VERDICT_NOT_CHECKED, NULL },

    { "a year", nothing, "EXPIRY", PC_VERDICT_PASS, "365 days" },
    { "30 days", days_30, "EXPIRY", PC_VERDICT_PASS, "30 days" },
    { "29 days", days_29, "EXPIRY", PC_VERDICT_WARNING, "29 days" },
    { "expired", expired, "EXPIRY", PC_VERDICT_WARNING, "it expired on" },
    { "request", only_request, "EXPIRY", PC_VERDICT_NOT_CHECKED, NULL },

    { "valid", nothing, "CHAIN", PC_VERDICT_PASS, "server, Contoso CA" },
    { "broken", chain_broken, "CHAIN", PC_VERDICT_FAIL, "unable to get issuer" },
    { "no root", chain_unknown, "CHAIN", PC_VERDICT_NOT_CHECKED, "no root certificate" },
    { "request", only_request, "CHAIN", PC_VERDICT_NOT_CHECKED, NULL },

    { "CA", nothing, "ISSUER", PC_VERDICT_PASS, "CN=Contoso CA" },
    { "self-signed", self_signed, "ISSUER", PC_VERDICT_WARNING, "self-signed" },
    { "request", only_request, "ISSUER", PC_VERDICT_NOT_CHECKED, NULL },

    { "pointer", nothing, "REVOC", PC_VERDICT_PASS, NULL },
    { "no pointer", no_pointer, "REVOC", PC_VERDICT_WARNING, NULL },
    { "by LDAP alone", only_ldap, "REVOC", PC_VERDICT_PASS, NULL },
    { "http", nothing, "REVOC-HTTP", PC_VERDICT_PASS, "http" },
    { "by LDAP alone", only_ldap, "REVOC-HTTP", PC_VERDICT_WARNING, "CN=server.contoso.com" },
    { "an issuer by LDAP alone", issuer_only_ldap, "REVOC-HTTP", PC_VERDICT_WARNING, "CN=Contoso CA" },
    { "a root is not asked for", root_only_ldap, "REVOC-HTTP", PC_VERDICT_PASS, NULL },
    { "no pointer", no_pointer, "REVOC-HTTP", PC_VERDICT_NOT_CHECKED, "See REVOC" },
    { "request", only_request, "REVOC-HTTP", PC_VERDICT_NOT_CHECKED, NULL },
    { "request", only_request, "REVOC", PC_VERDICT_NOT_CHECKED, NULL },

    { "template", nothing, "TMPL", PC_VERDICT_PASS, NULL },
    { "no template", no_template, "TMPL", PC_VERDICT_WARNING, NULL },
    { "request", only_request, "TMPL", PC_VERDICT_NOT_CHECKED, NULL },

    { "good", nothing, "KEY-SPEC", PC_VERDICT_PASS, "Only Windows can show" },
    { "signature", spec_signature, "KEY-SPEC", PC_VERDICT_FAIL, "AT_SIGNATURE" },
    { "odd", spec_odd, "KEY-SPEC", PC_VERDICT_FAIL, "KeySpec = 7." },
    { "absent", spec_absent, "KEY-SPEC", PC_VERDICT_FAIL, "has no KeySpec" },
    { "no INF", no_inf, "KEY-SPEC", PC_VERDICT_NOT_CHECKED, "No INF file" },

    { "SChannel", nothing, "KEY-CSP", PC_VERDICT_PASS, "type 12" },
    { "other case", provider_lower, "KEY-CSP", PC_VERDICT_PASS, NULL },
    { "type absent", type_absent, "KEY-CSP", PC_VERDICT_PASS, NULL },
    { "wrong type", type_wrong, "KEY-CSP", PC_VERDICT_WARNING, "ProviderType = 1" },
    { "two names", provider_two, "KEY-CSP", PC_VERDICT_WARNING, "two providers" },
    { "vendor", provider_vendor, "KEY-CSP", PC_VERDICT_WARNING, "not known to p11cert" },
    { "none", provider_absent, "KEY-CSP", PC_VERDICT_WARNING, "Windows chooses" },
    { "KSP", provider_ksp, "KEY-CSP", PC_VERDICT_FAIL, "KSP" },
    { "TPM", provider_tpm, "KEY-CSP", PC_VERDICT_FAIL, "KSP" },
    { "vendor, type 0", vendor_type_0, "KEY-CSP", PC_VERDICT_FAIL, "ProviderType = 0" },
    { "no INF", no_inf, "KEY-CSP", PC_VERDICT_NOT_CHECKED, NULL },

    { "good", nothing, "KEY-MACHINE", PC_VERDICT_PASS, NULL },
    { "no", machine_no, "KEY-MACHINE", PC_VERDICT_FAIL, "MachineKeySet = FALSE" },
    { "silent", machine_silent, "KEY-MACHINE", PC_VERDICT_FAIL, "which means FALSE" },
    { "no INF", no_inf, "KEY-MACHINE", PC_VERDICT_NOT_CHECKED, NULL },

    { "AD CS serial", nothing, "SERIAL", PC_VERDICT_PASS, "1f00000008c694dac94bcfdc4a000000000008" },
    { "negative", serial_negative, "SERIAL", PC_VERDICT_FAIL, "negative" },
    { "zero", serial_zero, "SERIAL", PC_VERDICT_FAIL, "zero" },
    { "none", no_serial, "SERIAL", PC_VERDICT_FAIL, "zero" },
    { "20 octets", serial_20, "SERIAL", PC_VERDICT_PASS, NULL },
    { "20 octets and a sign octet", serial_20_high, "SERIAL", PC_VERDICT_FAIL, "longer than 20" },
    { "21 octets", serial_21, "SERIAL", PC_VERDICT_FAIL, "longer than 20" },
    { "request", only_request, "SERIAL", PC_VERDICT_NOT_CHECKED, NULL },

    { "sane", nothing, "DATES", PC_VERDICT_PASS, "366 days" },
    { "the wrong way round", dates_turned, "DATES", PC_VERDICT_FAIL, "never valid" },
    { "before 1970", dates_old, "DATES", PC_VERDICT_FAIL, "clock" },
    { "request", only_request, "DATES", PC_VERDICT_NOT_CHECKED, NULL },

    { "AD CS serial", nothing, "REG", PC_VERDICT_NOT_CHECKED,
      "= 08 00 00 00 00 00 4a dc cf 4b c9 da 94 c6 08 00 00 00 1f." },
    { "no serial", no_serial, "REG", PC_VERDICT_NOT_CHECKED, "cannot be read" },
    { "request", only_request, "REG", PC_VERDICT_NOT_CHECKED, "No certificate was given" },
};

static void certificate_and_windows_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows(rows, PC_COUNT(rows));
}

static void serial_of_any_length_is_reversed_whole(void **state)
{
    static const uint8_t serial[20] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
    static const struct {
        size_t len;
        const char *expected;
    } serials[] = {
        { 1, "= 01." },
        { 8, "= 08 07 06 05 04 03 02 01." },
        { 16, "= 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01." },
        { 19, "= 13 12 11 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01." },
        { 20, "= 14 13 12 11 10 0f 0e 0d 0c 0b 0a 09 08 07 06 05 04 03 02 01." },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(serials); i++) {
        pc_evidence evidence = good_evidence();

        evidence.certificate.serial.data = serial;
        evidence.certificate.serial.len = serials[i].len;
        PC_AUTO(report) pc_report *report = judge(&evidence);

        if (!strstr(find_result(report, "REG")->evidence, serials[i].expected)) {
            fail_msg("%zu bytes: %s", serials[i].len, find_result(report, "REG")->evidence);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_and_windows_rules_judge_each_row),
        cmocka_unit_test(serial_of_any_length_is_reversed_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
