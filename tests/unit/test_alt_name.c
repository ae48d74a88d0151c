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
    const char *says;  /* NULL: accepted */
} rows[] = {
    { "a host name", PC_ALT_DNS, "www.example.com", NULL },
    { "a host name of one label", PC_ALT_DNS, "server", NULL },
    { "a host name with an underscore", PC_ALT_DNS, "srv_1.example.com", NULL },
    { "a wildcard", PC_ALT_DNS, "*.example.com", NULL },
    { "a wildcard inside", PC_ALT_DNS, "a.*.example.com", "no DNS name" },
    { "a wildcard alone", PC_ALT_DNS, "*", "no DNS name" },
    { "a wildcard without host", PC_ALT_DNS, "*.", "no DNS name" },
    { "a host name with '='", PC_ALT_DNS, "a.example.comDNS=b", "'&' is missing" },
    { "a host name with a blank", PC_ALT_DNS, "a b", "holds a blank" },
    { "a host name beyond ASCII", PC_ALT_DNS, "b\xc3\xbc" "cher.example", "xn--" },
    { "an empty label", PC_ALT_DNS, "a..b", "no DNS name" },
    { "a dot at the end", PC_ALT_DNS, "a.b.", "no DNS name" },
    { "a hyphen at the start of a label", PC_ALT_DNS, "-a.b", "no DNS name" },
    { "a label of 64 characters", PC_ALT_DNS, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "no DNS name" },
    { "an empty host name", PC_ALT_DNS, "", "is empty" },
    { "an IPv4 address", PC_ALT_IP, "192.0.2.1", NULL },
    { "an IPv6 address", PC_ALT_IP, "2001:db8::1", NULL },
    { "an IPv4 address that is too long", PC_ALT_IP, "192.0.2.1.1", "no IPv4" },
    { "an address with a prefix length", PC_ALT_IP, "192.0.2.0/24", "no IPv4" },
    { "a mail address", PC_ALT_EMAIL, "a.b@example.com", NULL },
    { "a mail address without '@'", PC_ALT_EMAIL, "example.com", "no ASCII mail" },
    { "a mail address without host", PC_ALT_EMAIL, "a@", "no ASCII mail" },
    { "a mail address with two '@'", PC_ALT_EMAIL, "a@b@c", "no ASCII mail" },
    { "a mail address beyond ASCII", PC_ALT_EMAIL, "\xc3\xa4@example.com", "no ASCII mail" },
    { "a principal name beyond ASCII", PC_ALT_UPN, "j\xc3\xb6rg@example.com", NULL },
    { "a principal name without '@'", PC_ALT_UPN, "joerg", "no user principal" },
    { "a principal name that is not UTF-8", PC_ALT_UPN, "j\xf6rg@example.com", "no user principal" },
    { "a URI", PC_ALT_URI, "https://example.com/a?b=c", NULL },
    { "a URI of another scheme", PC_ALT_URI, "urn:uuid:0", NULL },
    { "a URI without scheme", PC_ALT_URI, "example.com", "no ASCII URI" },
    { "a URI with a blank", PC_ALT_URI, "https://a b", "no ASCII URI" },
    { "a registered OID", PC_ALT_RID, "1.2.3", NULL },
    { "a registered OID of one arc", PC_ALT_RID, "1", "no dotted" },
    { "a directory name", PC_ALT_DIRECTORY, "CN=a,O=b", NULL },
    { "a directory name that is none", PC_ALT_DIRECTORY, "a", "has no '='" },
    { "a directory name of blanks", PC_ALT_DIRECTORY, " ", "is empty" },
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

static const struct {
    const char *name;
    const char *text;
    const char *says;
} broken[] = {
    { "no '&' between two names", "dns=a.example.com DNS=b.example.com", "'&' is missing before \"DNS=b" },
    { "no '&' and no blank", "dns=a.example.comdns=b.example.com", "'&' is missing before \"dns=b" },
    { "no '&' before another kind", "dns=a ipaddress=192.0.2.1", "'&' is missing before \"ipaddress=" },
    { "a name without kind", "www.example.com", "write dns=www.example.com" },
    { "a kind that is not supported", "guid=f7c3ac41", "not supported here yet" },
    { "a kind by OID", "1.3.6.1.4.1.311.20.2.3={utf8}a", "not supported here yet" },
    { "a misspelt kind", "IP Address=192.0.2.1", "did you mean \"ipaddress=\"" },
    { "uri for url", "uri=http://x/", "did you mean \"url=\"" },
    { "a kind that is like none", "zzzzzzzzzzzzzz=a", "no kind of alternative name" },
    { "a bad value", "ipaddress=x", "no IPv4" },
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
        cmocka_unit_test(broken_text_form_is_diagnosed),
        cmocka_unit_test(name_is_not_added_twice),
        cmocka_unit_test(names_beyond_the_limit_are_refused),
        cmocka_unit_test(request_starts_with_the_defaults),
        cmocka_unit_test(subject_is_unchanged_when_refused),
        cmocka_unit_test(eku_is_checked_and_kept_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
