/* SPDX-License-Identifier: Apache-2.0 */
#include "inf/alt_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "inf/alt_text.h"

PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

static const struct {
    const char *name;
    pc_alt_name_kind kind;
    const char *text;
    const char *says; /* NULL: accepted */
} rows[] = {
    { "a host name", PC_ALT_DNS, "www.example.com", NULL },
    { "a host name of one label", PC_ALT_DNS, "server", NULL },
    { "a host name with an underscore", PC_ALT_DNS, "srv_1.example.com", NULL },
    { "a wildcard", PC_ALT_DNS, "*.example.com", NULL },
    { "a wildcard inside", PC_ALT_DNS, "a.*.example.com", "not a DNS name" },
    { "a wildcard alone", PC_ALT_DNS, "*", "not a DNS name" },
    { "a wildcard without host", PC_ALT_DNS, "*.", "not a DNS name" },
    { "a host name with '='", PC_ALT_DNS, "a.example.comDNS=b", "'&' is missing" },
    { "a host name with a blank", PC_ALT_DNS, "a b", "contains a space" },
    { "a host name beyond ASCII", PC_ALT_DNS,
      "b\xc3\xbc"
      "cher.example",
      "xn--" },
    { "an empty label", PC_ALT_DNS, "a..b", "not a DNS name" },
    { "a dot at the end", PC_ALT_DNS, "a.b.", "not a DNS name" },
    { "a hyphen at the start of a label", PC_ALT_DNS, "-a.b", "not a DNS name" },
    { "a label of 64 characters", PC_ALT_DNS, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "not a DNS name" },
    { "an empty host name", PC_ALT_DNS, "", "is empty" },
    { "an IPv4 address", PC_ALT_IP, "192.0.2.1", NULL },
    { "an IPv6 address", PC_ALT_IP, "2001:db8::1", NULL },
    { "an IPv4 address that is too long", PC_ALT_IP, "192.0.2.1.1", "not an IPv4" },
    { "an address with a prefix length", PC_ALT_IP, "192.0.2.0/24", "not an IPv4" },
    { "a mail address", PC_ALT_EMAIL, "a.b@example.com", NULL },
    { "a mail address without '@'", PC_ALT_EMAIL, "example.com", "not an ASCII mail" },
    { "a mail address without host", PC_ALT_EMAIL, "a@", "not an ASCII mail" },
    { "a mail address with two '@'", PC_ALT_EMAIL, "a@b@c", "not an ASCII mail" },
    { "a mail address beyond ASCII", PC_ALT_EMAIL, "\xc3\xa4@example.com", "not an ASCII mail" },
    { "a mail address with its kind", PC_ALT_EMAIL, "email=a@example.com", "begins with a word for the kind" },
    { "a mail address as URI", PC_ALT_EMAIL, "MailTo:a@example.com", "begins with a word for the kind" },
    { "a mail address with '='", PC_ALT_EMAIL, "back+a=b.org@example.com", NULL },
    { "a principal name with its kind", PC_ALT_UPN, "upn=a@example.com", "begins with a word for the kind" },
    { "a URI with its kind", PC_ALT_URI, "URL:https://example.com/", "begins with a word for the kind" },
    { "a mail address in a URI", PC_ALT_URI, "mailto:a@example.com", NULL },
    { "a principal name beyond ASCII", PC_ALT_UPN, "j\xc3\xb6rg@example.com", NULL },
    { "a principal name without '@'", PC_ALT_UPN, "joerg", "not a user principal" },
    { "a principal name that is not UTF-8", PC_ALT_UPN, "j\xf6rg@example.com", "not a user principal" },
    { "a URI", PC_ALT_URI, "https://example.com/a?b=c", NULL },
    { "a URI of another scheme", PC_ALT_URI, "urn:uuid:0", NULL },
    { "a URI without scheme", PC_ALT_URI, "example.com", "not an ASCII URI" },
    { "a URI with a blank", PC_ALT_URI, "https://a b", "not an ASCII URI" },
    { "a registered OID", PC_ALT_RID, "1.2.3", NULL },
    { "a registered OID of one arc", PC_ALT_RID, "1", "not a dotted" },
    { "a directory name", PC_ALT_DIRECTORY, "CN=a,O=b", NULL },
    { "a directory name that is none", PC_ALT_DIRECTORY, "a", "has no '='" },
    { "a directory name of blanks", PC_ALT_DIRECTORY, " ", "is empty" },
    { "a directory name in hex", PC_ALT_DIRECTORY, "CN=#0c0141", "OCTET STRING" },
    { "a GUID", PC_ALT_GUID, "f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39", NULL },
    { "a GUID in braces", PC_ALT_GUID, "{F7C3AC41-B8CE-4FB4-AA58-3D1DC0E36B39}", NULL },
    { "a GUID with an open brace", PC_ALT_GUID, "{f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39", "not a GUID" },
    { "a GUID without dashes", PC_ALT_GUID, "f7c3ac41b8ce4fb4aa583d1dc0e36b39", "not a GUID" },
};

static void each_kind_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_alt_name name = { .text = NULL };
        pc_error err = { 0 };
        pc_status status = pc_alt_name_read(arena, rows[i].kind, rows[i].text, &name, &err);

        print_message("  %s\n", rows[i].name);
        assert_int_equal(status, rows[i].says ? PC_E_INPUT : PC_OK);
        if (rows[i].says) {
            assert_null(name.text);
            assert_non_null(strstr(err.frames[0], rows[i].says));
        } else {
            assert_string_equal(name.text, rows[i].text);
            assert_int_equal(name.kind, rows[i].kind);
            assert_int_equal(name.directory.count > 0, rows[i].kind == PC_ALT_DIRECTORY);
        }
    }
}

static pc_status add_all(pc_request *request, const char *text, pc_error *err)
{
    pc_span part = { .len = 0 };

    while (pc_alt_text_next(&text, &part)) {
        PC_TRY(pc_alt_text_add(request, part, err));
    }
    return PC_OK;
}

static void text_form_gives_every_kind_in_order(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_int_equal(add_all(request,
                             "dns=a&DNS = b &upn=u@d&iPAddress=192.0.2.1&email=m@d&url=http://x/&registeredid=1.2.3&"
                             "directoryname=CN=a,O=b&",
                             NULL),
                     PC_OK);
    assert_int_equal(request->alt_name_count, 8);
    assert_string_equal(request->alt_names[1].text, "b");
    assert_int_equal(request->alt_names[2].kind, PC_ALT_UPN);
    assert_int_equal(request->alt_names[3].kind, PC_ALT_IP);
    assert_int_equal(request->alt_names[7].directory.count, 2);
}

static void guid_is_kept_as_windows_has_it_in_memory(void **state)
{
    static const uint8_t expected[] = { 0x41, 0xac, 0xc3, 0xf7, 0xce, 0xb8, 0xb4, 0x4f,
                                        0xaa, 0x58, 0x3d, 0x1d, 0xc0, 0xe3, 0x6b, 0x39 };
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_int_equal(add_all(request,
                             "guid=f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39&"
                             "GUID={F7C3AC41-B8CE-4FB4-AA58-3D1DC0E36B39}",
                             NULL),
                     PC_OK);
    assert_int_equal(request->alt_name_count, 1);
    assert_int_equal(request->alt_names[0].bytes.len, sizeof expected);
    assert_memory_equal(request->alt_names[0].bytes.data, expected, sizeof expected);
}

static const struct {
    const char *text;
    pc_other_name_form form;
    const char *bytes; /* the text of {utf8} */
    size_t len;
} others[] = {
    { "1.2.3={utf8}a {b} c", PC_OTHER_UTF8, "a {b} c", 7 },
    { "1.2.3={octet}AAECAwQ=", PC_OTHER_OCTETS, "\x00\x01\x02\x03\x04", 5 },
    { "1.2.3={octet}{hex}00 01 02", PC_OTHER_OCTETS, "\x00\x01\x02", 3 },
    { "1.2.3={octet}{base64}AAE=", PC_OTHER_OCTETS, "\x00\x01", 2 },
    { "1.2.3={asn}BAIAAQ==", PC_OTHER_DER, "\x04\x02\x00\x01", 4 },
    { "1.2.3={hex}04 02 00 01", PC_OTHER_DER, "\x04\x02\x00\x01", 4 },
};

static void other_name_is_read_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(others); i++) {
        PC_AUTO(pc_request) pc_request *request = pc_request_new();

        print_message("  %s\n", others[i].text);
        assert_int_equal(add_all(request, others[i].text, NULL), PC_OK);
        const pc_alt_name *name = &request->alt_names[0];

        assert_int_equal(name->kind, PC_ALT_OTHER);
        assert_string_equal(name->oid, "1.2.3");
        assert_int_equal(name->form, others[i].form);
        if (name->form == PC_OTHER_UTF8) {
            assert_string_equal(name->text, others[i].bytes);
        } else {
            assert_int_equal(name->bytes.len, others[i].len);
            assert_memory_equal(name->bytes.data, others[i].bytes, others[i].len);
        }
    }
}

static void other_names_are_distinguished(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_int_equal(add_all(request,
                             "1.2.3={utf8}a&1.2.3={utf8}b&1.2.4={utf8}a&1.2.3={octet}AAE=&1.2.3={octet}AAI=&"
                             "1.2.3={hex}0400&1.2.3={utf8}a&1.2.3={octet}{hex}0001",
                             NULL),
                     PC_OK);
    assert_int_equal(request->alt_name_count, 6);
}

static const struct {
    const char *name;
    const char *text;
    const char *says;
} broken[] = {
    { "no '&' between two names", "dns=a.example.com DNS=b.example.com", "'&' is missing before \"DNS=b" },
    { "no '&' and no blank", "dns=a.example.comdns=b.example.com", "'&' is missing before \"dns=b" },
    { "no '&' before another kind", "dns=a ipaddress=192.0.2.1", "'&' is missing before \"ipaddress=" },
    { "a name without kind", "www.example.com", "write dns=www.example.com" },
    { "a GUID that is cut off", "guid=f7c3ac41", "not a GUID" },
    { "a GUID with a wrong digit", "guid=g7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39", "not a GUID" },
    { "an other name without tag", "1.2.3=text", "must say what kind of value it has" },
    { "an other name as text", "1.2.3={text}a", "must say what kind of value it has" },
    { "an other name with an unknown tag", "1.2.3={utf16}a", "is not a tag" },
    { "an other name that is empty", "1.2.3={utf8}", "no text" },
    { "an other name that is no base64", "1.2.3={octet}*", "not base64" },
    { "an other name that is no hex", "1.2.3={octet}{hex}0", "not hex" },
    { "an other name that is no DER", "1.2.3={asn}AAEC", "not DER" },
    { "an other name of an OID that is none", "1.2.={utf8}a", "not a kind of alternative name" },
    { "a misspelt kind", "IP Address=192.0.2.1", "write \"ipaddress=\"" },
    { "uri for url", "uri=http://x/", "write \"url=\"" },
    { "a kind that is like none", "zzzzzzzzzzzzzz=a", "not a kind of alternative name" },
    { "a bad value", "ipaddress=x", "not an IPv4" },
};

static void broken_text_form_is_diagnosed(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(broken); i++) {
        PC_AUTO(pc_request) pc_request *request = pc_request_new();
        pc_error err = { 0 };

        print_message("  %s\n", broken[i].name);
        assert_int_equal(add_all(request, broken[i].text, &err), PC_E_INPUT);
        assert_int_equal(request->alt_name_count, 0);
        assert_non_null(strstr(err.frames[0], broken[i].says));
    }
}

static void name_is_not_added_twice(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_int_equal(add_all(request, "dns=a.b&dns=A.B&upn=a@b&upn=A@b&email=a@b", NULL), PC_OK);
    assert_int_equal(request->alt_name_count, 4);
}

static void names_beyond_the_limit_are_refused(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(pc_request_add_alt_name(request, PC_ALT_DNS, pc_arena_format(arena, "a%zu", i), NULL), PC_OK);
    }
    assert_int_equal(pc_request_add_alt_name(request, PC_ALT_DNS, "b", NULL), PC_E_INPUT);
    assert_int_equal(request->alt_name_count, 1000);
}

static void request_starts_with_the_defaults(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_string_equal(request->subject_text, "");
    assert_int_equal(request->key_kind, PC_KEY_RSA_2048);
    assert_int_equal(request->digest, PC_DIGEST_SHA256);
    assert_int_equal(request->wish.exportable, PC_WISH_SILENT);
    assert_null(pc_request_common_name(request));
    pc_request_free(NULL);
}

static void subject_is_unchanged_when_refused(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();

    (void)state;
    assert_int_equal(pc_request_set_subject(request, "O=b,CN=#0c0141+CN=first,CN=second", NULL), PC_OK);
    assert_int_equal(pc_request_set_subject(request, "nonsense", NULL), PC_E_INPUT);
    assert_string_equal(request->subject_text, "O=b,CN=#0c0141+CN=first,CN=second");
    assert_string_equal(pc_request_common_name(request), "first");
}

static void eku_is_checked_and_kept_once(void **state)
{
    PC_AUTO(pc_request) pc_request *request = pc_request_new();
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_request_add_eku(request, PC_OID_SERVER_AUTH, NULL), PC_OK);
    assert_int_equal(pc_request_add_eku(request, PC_OID_CLIENT_AUTH, NULL), PC_OK);
    assert_int_equal(pc_request_add_eku(request, PC_OID_SERVER_AUTH, NULL), PC_OK);
    assert_int_equal(pc_request_add_eku(request, "serverAuth", &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "serverAuth"));
    assert_int_equal(request->eku_count, 2);
    assert_string_equal(request->ekus[0], PC_OID_SERVER_AUTH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_checked),
        cmocka_unit_test(text_form_gives_every_kind_in_order),
        cmocka_unit_test(guid_is_kept_as_windows_has_it_in_memory),
        cmocka_unit_test(other_name_is_read_in_each_form),
        cmocka_unit_test(other_names_are_distinguished),
        cmocka_unit_test(broken_text_form_is_diagnosed),
        cmocka_unit_test(name_is_not_added_twice),
        cmocka_unit_test(names_beyond_the_limit_are_refused),
        cmocka_unit_test(request_starts_with_the_defaults),
        cmocka_unit_test(subject_is_unchanged_when_refused),
        cmocka_unit_test(eku_is_checked_and_kept_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
