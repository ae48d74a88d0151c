/* SPDX-License-Identifier: Apache-2.0 */
/* What [Extensions] and the sections beside it put into a request. */
#include "inf_reading.h"

#include "base/arena.h"
#include "base/text.h"

/* The request's extensions as one text, with the parts that are present. */
static const char *flatten_names(pc_arena *arena, const pc_request *request)
{
    static const char *const kinds[] = { "dns", "ip", "email", "upn", "uri", "rid", "dir", "guid", "other" };
    const char *text = "";

    for (size_t i = 0; i < request->alt_name_count; i++) {
        const pc_alt_name *each = &request->alt_names[i];

        text = pc_arena_format(arena, "%s%s%s:%s", text, i ? " " : "", kinds[each->kind],
                               each->kind == PC_ALT_OTHER && each->bytes.data ? pc_text_hex(arena, each->bytes, '\0')
                                                                              : each->text);
    }
    return text;
}

static const char *flatten_ekus(pc_arena *arena, const pc_request *request)
{
    const char *text = "";

    for (size_t i = 0; i < request->eku_count; i++) {
        text = pc_arena_format(arena, "%s%s%s", text, i ? " " : "", request->ekus[i]);
    }
    return text;
}

static const char *flatten_raw(pc_arena *arena, const pc_request *request)
{
    const char *text = "";

    for (size_t i = 0; i < request->raw_extension_count; i++) {
        const pc_raw_extension *each = &request->raw_extensions[i];

        text = pc_arena_format(arena, "%s%s%s%s=%s", text, i ? " " : "", each->oid, each->critical ? "!" : "",
                               pc_text_hex(arena, each->der, '\0'));
    }
    return text;
}

static const struct {
    const char *name;
    const char *lines;
    const char *names;
    const char *ekus;
    const char *raw;
} rows[] = {
    { "names in words", "2.5.29.17=\"{text}dns=a&ipaddress=192.0.2.1\"", "dns:a ip:192.0.2.1", "", "" },
    { "names over lines", "2.5.29.17=\"{text}\"\n_continue_=\"dns=a&\"\n_continue_=\"dns=b&\"", "dns:a dns:b", "", "" },
    { "names on two lines of their own", "2.5.29.17=\"{text}dns=a\"\n2.5.29.17=\"{text}dns=b\"", "dns:a dns:b", "",
      "" },
    { "names as DER", "2.5.29.17={hex}30 14 82 01 61 87 04 c0 00 02 01 88 02 2a 03 86 05 75 72 6e 3a 61",
      "dns:a ip:192.0.2.1 rid:1.2.3 uri:urn:a", "", "" },
    { "an IPv6 address as DER", "2.5.29.17={hex}30 12 87 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01",
      "ip:2001:db8::1", "", "" },
    { "a principal name as DER", "2.5.29.17={hex}30 15 a0 13 06 0a 2b 06 01 04 01 82 37 14 02 03 a0 05 0c 03 61 40 62",
      "upn:a@b", "", "" },
    { "an other name as DER", "2.5.29.17={hex}30 0a a0 08 06 02 2a 03 a0 02 05 00", "other:0500", "", "" },
    { "names in base64 over lines", "2.5.29.17=MAaC\n_continue_=AWGCAWI=", "dns:a dns:b", "", "" },
    { "a directory name as DER is kept", "2.5.29.17={hex}30 06 a4 04 30 02 31 00", "", "",
      "2.5.29.17=3006a40430023100" },
    { "names that are none are kept as they are", "2.5.29.17={hex}30 06 82 01 61 82 01 20", "", "",
      "2.5.29.17=3006820161820120" },
    { "purposes in words", "2.5.29.37=\"{text}1.2,1.3,\"", "", "1.2 1.3", "" },
    { "purposes as DER", "2.5.29.37=MAoGCCsGAQUFBwMB", "", "1.3.6.1.5.5.7.3.1", "" },
    { "purposes that are none are kept", "2.5.29.37={hex}30 00", "", "", "2.5.29.37=3000" },
    { "an extension of any kind", "1.2.3=BQA=\n1.2.4={utf8}a\n1.2.5={octet}AAE=", "", "",
      "1.2.3=0500 1.2.4=0c0161 1.2.5=04020001" },
    { "critical behind it", "1.2.3=BQA=\nCritical=1.2.3", "", "", "1.2.3!=0500" },
    { "critical before it, in a list", "Critical=1.2.4, 1.2.3\n1.2.3=BQA=\n1.2.4=BQA=", "", "",
      "1.2.3!=0500 1.2.4!=0500" },
    { "critical by its tag", "1.2.3={critical}BQA=", "", "", "1.2.3!=0500" },
    { "policies as DER are kept", "2.5.29.32={hex}30 06 30 04 06 02 2a 03", "", "", "2.5.29.32=3006300406022a03" },
    { "a template as DER is kept", "1.3.6.1.4.1.311.21.7={hex}30 04 06 02 2a 03", "", "",
      "1.3.6.1.4.1.311.21.7=300406022a03" },
};

static void extension_is_read_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_READING read = read_keys(pc_arena_format(arena, "[Extensions]\n%s", rows[i].lines));

        print_message("  %s\n", rows[i].name);
        assert_int_equal(read.inf->findings.count, 0);
        assert_string_equal(flatten_names(arena, read.request), rows[i].names);
        assert_string_equal(flatten_ekus(arena, read.request), rows[i].ekus);
        assert_string_equal(flatten_raw(arena, read.request), rows[i].raw);
    }
}

static const struct {
    const char *lines;
    unsigned bits;
    bool is_critical;
} usages[] = {
    { "KeyUsage=0xa0", 0xa0, true },
    { "[Extensions]\n2.5.29.15=AwIFoA==", 0xa0, false },
    { "[Extensions]\n2.5.29.15=AwIFoA==\nCritical=2.5.29.15", 0xa0, true },
    { "[Extensions]\n2.5.29.15={hex}03 03 07 80 80", 0x8080, false },
    { "[Extensions]\n2.5.29.15=\"{critical}{text}CERT_CRL_SIGN_KEY_USAGE|4\"", 0x06, true },
    { "KeyUsage=0xa0\n[Extensions]\n2.5.29.15=AwIFoA==", 0xa0, true },
};

static void key_usage_is_read_in_each_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(usages); i++) {
        PC_READING read = read_keys(usages[i].lines);

        print_message("  %s\n", usages[i].lines);
        assert_int_equal(read.inf->findings.count, 0);
        assert_true(read.request->has_key_usage);
        assert_int_equal(read.request->key_usage, usages[i].bits);
        assert_int_equal(!read.request->key_usage_not_critical, usages[i].is_critical);
        assert_int_equal(read.request->raw_extension_count, 0);
    }
}

static const struct {
    const char *lines;
    pc_basic_constraints expected;
} constraints[] = {
    { "KeyLength=2048", { .present = false } },
    { "[BasicConstraintsExtension]\nPathLength=3\nCritical=Yes",
      { .present = true, .critical = true, .is_ca = true, .has_path_length = true, .path_length = 3 } },
    { "[BasicConstraintsExtension]\nCritical=FALSE", { .present = true, .is_ca = true } },
    { "[Extensions]\n2.5.29.19=\"{text}ca=1&pathlength=0\"",
      { .present = true, .is_ca = true, .has_path_length = true } },
    { "[Extensions]\n2.5.29.19=\"{text}ca=True\"\nCritical=2.5.29.19",
      { .present = true, .critical = true, .is_ca = true } },
    { "[Extensions]\n2.5.29.19=\"{text}ca=0\"", { .present = true } },
    { "[Extensions]\n2.5.29.19=\"{text}\"", { .present = true } },
    { "[Extensions]\n2.5.29.19={hex}30 06 01 01 ff 02 01 02",
      { .present = true, .is_ca = true, .has_path_length = true, .path_length = 2 } },
    { "[Extensions]\n2.5.29.19=MAA=", { .present = true } },
};

static void basic_constraints_are_read_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(constraints); i++) {
        PC_READING read = read_keys(constraints[i].lines);
        const pc_basic_constraints *found = &read.request->basic_constraints;

        print_message("  %s\n", constraints[i].lines);
        assert_int_equal(read.inf->findings.count, 0);
        assert_int_equal(found->present, constraints[i].expected.present);
        assert_int_equal(found->critical, constraints[i].expected.critical);
        assert_int_equal(found->is_ca, constraints[i].expected.is_ca);
        assert_int_equal(found->has_path_length, constraints[i].expected.has_path_length);
        assert_int_equal(found->path_length, constraints[i].expected.path_length);
    }
}

static void policies_come_in_the_order_of_their_list(void **state)
{
    PC_READING read =
        read_keys("[Second]\nOID=1.2.4\n[First]\nNotice=\"a, b\"\nOID=1.2.3\nURL=http://x/\nURL=http://y/\n"
                  "[PolicyStatementExtension]\nPolicies=First, second\nCritical=TRUE\n"
                  "[ApplicationPolicyStatementExtension]\nPolicies=Second");
    const pc_policy_statements *policies = &read.request->policies;

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_int_equal(policies->count, 2);
    assert_true(policies->critical);
    assert_string_equal(policies->items[0].oid, "1.2.3");
    assert_int_equal(policies->items[0].url_count, 2);
    assert_string_equal(policies->items[0].urls[1], "http://y/");
    assert_string_equal(policies->items[0].notices[0], "a, b");
    assert_string_equal(policies->items[1].oid, "1.2.4");
    assert_int_equal(read.request->application_policies.count, 1);
    assert_string_equal(read.request->application_policies.items[0].oid, "1.2.4");
    assert_false(read.request->application_policies.critical);
}

static void policies_are_read_as_text(void **state)
{
    PC_READING read = read_keys("[Extensions]\n2.5.29.32=\"{text}OID=1.2&URL=http://x/&Notice=n&OID=1.3\"\n"
                                "1.3.6.1.4.1.311.21.10=\"{text}\"\n_continue_=\"OID=1.4&\"\n_continue_=\"oid=1.5\"\n"
                                "Critical=1.3.6.1.4.1.311.21.10");

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_int_equal(read.request->policies.count, 2);
    assert_string_equal(read.request->policies.items[0].notices[0], "n");
    assert_int_equal(read.request->policies.items[1].url_count, 0);
    assert_int_equal(read.request->application_policies.count, 2);
    assert_string_equal(read.request->application_policies.items[1].oid, "1.5");
    assert_true(read.request->application_policies.critical);
}

static void policy_without_oid_is_not_in_the_request(void **state)
{
    PC_READING read = read_keys("[PolicyStatementExtension]\nPolicies=A, B\n[A]\nNotice=a\n[B]\nOID=1.2");

    (void)state;
    assert_non_null(find(read.inf, "inf.policy"));
    assert_int_equal(read.request->policies.count, 1);
    assert_string_equal(read.request->policies.items[0].oid, "1.2");
}

static void name_constraints_are_read_in_each_kind(void **state)
{
    PC_READING read = read_keys("[NameConstraintsExtension]\nInclude=In\nExclude=Out, More\nCritical=TRUE\n"
                                "[In]\nDNS=.example.com\nDNS=\nDirectoryName=\"DC=example,DC=com\"\n"
                                "IPAddress=\"10.0.0.0, 255.0.0.0\"\nUPN=@example.com\n"
                                "[Out]\nEMail=example.org\nURL=.example.org\nRegisteredId=1.2.3\n"
                                "[More]\nOtherName=\"1.2.3,{utf8}text\"\nIPAddress=2001:db8::/32");
    const pc_name_constraints *found = &read.request->name_constraints;

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_true(found->present && found->critical);
    assert_int_equal(found->permitted_count, 5);
    assert_int_equal(found->excluded_count, 5);
    assert_string_equal(found->permitted[1].text, "");
    assert_int_equal(found->permitted[2].directory.count, 2);
    assert_string_equal(found->permitted[3].text, "10.0.0.0/255.0.0.0");
    assert_string_equal(found->excluded[2].text, "1.2.3");
    assert_string_equal(found->excluded[3].oid, "1.2.3");
    assert_string_equal(found->excluded[3].text, "text");
    assert_string_equal(found->excluded[4].text, "2001:db8::/32");
}

static void template_is_read_by_name_and_by_oid(void **state)
{
    PC_READING read = read_keys("[Extensions]\n1.3.6.1.4.1.311.20.2=\"{utf8}WebServer\"\n"
                                "1.3.6.1.4.1.311.21.7=\"{text}Template=1.2.3&MajorVersion=100&MinorVersion=3\"");

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_string_equal(read.request->template_name, "WebServer");
    assert_string_equal(read.request->template_version.oid, "1.2.3");
    assert_int_equal(read.request->template_version.major, 100);
    assert_true(read.request->template_version.has_minor);
    assert_int_equal(read.request->template_version.minor, 3);
}

static void finding_names_the_line_of_the_part(void **state)
{
    PC_READING read =
        read_keys("[Extensions]\n2.5.29.17=\"{text}dns=a&\"\n_continue_=\"dns=b&\"\n_continue_=\"dns=c d\"\n"
                  "2.5.29.37=\"{text}1.2,\"\n_continue_=\"1.3,\"\n_continue_=\"1.2\"");

    (void)state;
    assert_int_equal(find(read.inf, "inf.alt-name")->line, 6);
    assert_int_equal(find(read.inf, "inf.eku-twice")->line, 9);
}

static const struct {
    const char *flags;
    const char *subject;
    size_t rdn_count;
    const char *first;
} subjects[] = {
    { "0", "O=a,CN=b", 2, "a" },
    { "CERT_NAME_STR_SEMICOLON_FLAG", "\"O=Sample Co.,Ltd.;CN=b\"", 2, "Sample Co.,Ltd." },
    { "0x44000000", "\"O=a,CN=b;C=DE\"", 3, "a" },
    { "CERT_NAME_STR_REVERSE_FLAG | CERT_NAME_STR_COMMA_FLAG", "\"O=a;b,CN=c\"", 2, "c" },
    { "CERT_NAME_STR_FORWARD_FLAG", "O=a,CN=b", 2, "a" },
    { "CERT_NAME_STR_CRLF_FLAG", "\"O=a,b;c\"", 1, "a,b;c" },
    { "CERT_NAME_STR_NO_PLUS_FLAG", "O=a+b", 1, "a+b" },
    { "CERT_NAME_STR_NO_QUOTING_FLAG", "\"O=a \"\"b\"\"\"", 1, "a \"b\"" },
};

static void flags_change_how_the_subject_is_cut_wherever_they_stand(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(subjects) * 2; i++) {
        const char *flags = subjects[i / 2].flags;
        const char *subject = subjects[i / 2].subject;
        char quoted[128];
        char text[512];

        (void)snprintf(quoted, sizeof quoted, subject[0] == '"' ? "%s" : "\"%s\"", subject);
        (void)snprintf(text, sizeof text, "%s%s\n%s%s", i % 2 ? "Subject=" : "X500NameFlags=", i % 2 ? quoted : flags,
                       i % 2 ? "X500NameFlags=" : "Subject=", i % 2 ? flags : quoted);
        PC_READING read = read_keys(text);

        print_message("  %s\n", text);
        assert_int_equal(read.inf->findings.count, 0);
        assert_int_equal(read.request->subject.count, subjects[i / 2].rdn_count);
        assert_string_equal(read.request->subject.rdns[0].attributes[0].text, subjects[i / 2].first);
    }
}

static void wishes_of_new_request_are_kept(void **state)
{
    PC_READING read =
        read_keys("SMIME=yes\nAlternateSignatureAlgorithm=1\nSuppressDefaults=TRUE\nKeySpec=AT_SIGNATURE");

    (void)state;
    assert_int_equal(read.inf->findings.count, 0);
    assert_true(read.request->smime);
    assert_true(read.request->pss);
    assert_int_equal(read.request->key_spec, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extension_is_read_in_each_form),
        cmocka_unit_test(key_usage_is_read_in_each_place),
        cmocka_unit_test(basic_constraints_are_read_in_each_form),
        cmocka_unit_test(policies_come_in_the_order_of_their_list),
        cmocka_unit_test(policies_are_read_as_text),
        cmocka_unit_test(policy_without_oid_is_not_in_the_request),
        cmocka_unit_test(name_constraints_are_read_in_each_kind),
        cmocka_unit_test(template_is_read_by_name_and_by_oid),
        cmocka_unit_test(finding_names_the_line_of_the_part),
        cmocka_unit_test(flags_change_how_the_subject_is_cut_wherever_they_stand),
        cmocka_unit_test(wishes_of_new_request_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
