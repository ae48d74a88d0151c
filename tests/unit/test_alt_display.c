/* SPDX-License-Identifier: Apache-2.0 */
/* Alternative names in the words of Windows and OpenSSL: what certreq reads in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "inf/alt_display.h"

#define GUID "f7c3ac41-b8ce-4fb4-aa58-3d1dc0e36b39"

/* "": nothing is replaced, because nothing needs it, or because what is left needs its author. */
static const struct {
    const char *text;
    const char *readable;
} rows[] = {
    { "IP Address=192.0.2.1", "ipaddress=192.0.2.1" },
    { "DNS Name=a.example.com, DNS Name=*.example.com", "dns=a.example.com&dns=*.example.com" },
    { "DNS Name=a.example.com&IP Address=2001:db8::1", "dns=a.example.com&ipaddress=2001:db8::1" },
    { "DNS:a.example.com, DNS:b.example.com, IP Address:192.0.2.1, email:a@example.com",
      "dns=a.example.com&dns=b.example.com&ipaddress=192.0.2.1&email=a@example.com" },
    { "dns=a.example.com, dns=b.example.com", "dns=a.example.com&dns=b.example.com" },
    { "dns=a.example.com ,IP=192.0.2.1&dns=b", "dns=a.example.com &ipaddress=192.0.2.1&dns=b" },
    { "Other Name:Principal Name=u@example.com", "upn=u@example.com" },
    { "Principal Name=u@example.com", "upn=u@example.com" },
    { "othername: UPN::u@example.com", "upn=u@example.com" },
    { "RFC822 Name=a@example.com", "email=a@example.com" },
    { "URI:https://example.com/a,b", "url=https://example.com/a,b" },
    { "uri=https://example.com/", "url=https://example.com/" },
    { "Registered ID=1.2.3", "registeredid=1.2.3" },
    { "Directory Address:CN=a,O=b,Email=a@b", "directoryname=CN=a,O=b,Email=a@b" },
    { "DS Object Guid=" GUID, "guid=" GUID },
    { "dns=a.example.com&upn=u@example.com", "" },
    { "directoryname=CN=a, Email=a@b", "" },
    { "url=https://example.com/?a, dns=b", "url=https://example.com/?a&dns=b" },
    { "dns=a.example.com, b.example.com", "" },
    { "DNS Name=a b", "" },
    { "DNS Name=a.example.com, b.example.com", "" },
    { "IP Address=a.example.com", "" },
    { "IP Address", "" },
    { "IP Address=", "" },
    { "Other Name:DNS Name=a", "" },
    { "Other Name:Other Name:Principal Name=u@example.com", "" },
    { "Host=a.example.com", "" },
    { "", "" },
};

static void displayed_words_become_those_of_certreq(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_rewording rewording = { .count = 99 };

        print_message("  %s\n", rows[i].text);
        assert_int_equal(pc_alt_display_reword(rows[i].text, arena, &rewording, NULL), PC_OK);
        assert_string_equal(rewording.count ? pc_rewording_apply(&rewording, rows[i].text, arena) : "",
                            rows[i].readable);
    }
}

static void the_words_of_certreq_are_not_displayed_ones(void **state)
{
    static const char *const words[] = { "dns=a", "DNS = a", "ipaddress=192.0.2.1", "upn=a@b", "a", "https://a/" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(words); i++) {
        pc_alt_name_kind kind = PC_ALT_DNS;
        size_t len = 0;

        assert_false(pc_alt_display_kind(pc_span_of(words[i]), &kind, &len));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(displayed_words_become_those_of_certreq),
        cmocka_unit_test(the_words_of_certreq_are_not_displayed_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
