/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/address.h"
#include "enroll/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *url;
    pc_status status;
    const char *address;
} addresses[] = {
    { "https://ca.contoso.com/certsrv", PC_OK, "https://ca.contoso.com/certsrv" },
    { "https://ca.contoso.com/certsrv/", PC_OK, "https://ca.contoso.com/certsrv" },
    { "https://ca.contoso.com/certsrv/certrqxt.asp", PC_OK, "https://ca.contoso.com/certsrv" },
    { "https://ca.contoso.com", PC_OK, "https://ca.contoso.com/certsrv" },
    { "HTTPS://ca.contoso.com:8443/", PC_OK, "https://ca.contoso.com:8443/certsrv" },
    { "https://ca.contoso.com/certrqxt.asp", PC_OK, "https://ca.contoso.com/certsrv" },
    { "https://[::1]:8443/a/b", PC_OK, "https://[::1]:8443/a/b" },
    { "ca.contoso.com", PC_E_USAGE, NULL },
    { "", PC_E_USAGE, NULL },
    { NULL, PC_E_USAGE, NULL },
    { "https://", PC_E_USAGE, NULL },
    { "ftp://ca.contoso.com/", PC_E_USAGE, NULL },
    { "file:///etc/passwd", PC_E_USAGE, NULL },
    { "https://alice:canary@ca.contoso.com/certsrv", PC_E_USAGE, NULL },
    { "https://alice@ca.contoso.com/certsrv", PC_E_USAGE, NULL },
    { "https://ca.contoso.com/certsrv?x=1", PC_E_USAGE, NULL },
    { "https://ca.contoso.com/certsrv#x", PC_E_USAGE, NULL },
    { "http://ca.contoso.com/certsrv", PC_E_REFUSED, NULL },
};

static void url_becomes_the_address_of_the_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(addresses); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const pc_ca_access access = { .url = addresses[i].url };
        const char *address = NULL;
        pc_error err = { .status = PC_OK };
        pc_status status = pc_address_of_ca(arena, &access, &pc_ca_certsrv.form, &address, &err);

        if (status != addresses[i].status || (status == PC_OK && strcmp(address, addresses[i].address) != 0)) {
            fail_msg("%s: %s %s", addresses[i].url, pc_status_name(status), address ? address : "");
        }
        assert_null(strstr(err.frames[0], "canary"));
    }
}

static const struct {
    pc_ca_login login;
    bool insecure_http;
    pc_status status;
} logins[] = {
    { PC_CA_LOGIN_TICKET, false, PC_E_REFUSED }, { PC_CA_LOGIN_TICKET, true, PC_OK },
    { PC_CA_LOGIN_NONE, false, PC_E_REFUSED },   { PC_CA_LOGIN_NONE, true, PC_OK },
    { PC_CA_LOGIN_BASIC, false, PC_E_REFUSED },  { PC_CA_LOGIN_BASIC, true, PC_E_REFUSED },
    { PC_CA_LOGIN_NTLM, false, PC_E_REFUSED },   { PC_CA_LOGIN_NTLM, true, PC_E_REFUSED },
};

static void plain_http_carries_no_password_and_needs_permission(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(logins); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const pc_ca_access access = {
            .url = "http://ca/certsrv",
            .login = logins[i].login,
            .insecure_http = logins[i].insecure_http,
        };
        const char *address = NULL;

        assert_int_equal(pc_address_of_ca(arena, &access, &pc_ca_certsrv.form, &address, NULL), logins[i].status);
    }
}

static const struct {
    const char *from;
    const char *to;
    bool follows;
} redirects[] = {
    { "https://ca/certsrv/", "https://ca/other/", true },
    { "https://ca/certsrv/", "https://CA:443/certsrv/", true },
    { "http://ca/certsrv/", "https://ca/certsrv/", true },
    { "http://ca:8080/certsrv/", "https://ca:8443/certsrv/", true },
    { "https://ca/certsrv/", "https://ca:8443/certsrv/", false },
    { "https://ca/certsrv/", "https://ca.evil/certsrv/", false },
    { "https://ca/certsrv/", "https://ca@evil/certsrv/", false },
    { "https://ca/certsrv/", "http://ca/certsrv/", false },
    { "http://ca/certsrv/", "http://ca/other/", false },
    { "https://ca/certsrv/", "file:///etc/passwd", false },
    { "https://ca/certsrv/", "nothing", false },
};

static void redirect_stays_on_its_host_and_tls(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(redirects); i++) {
        pc_status status = pc_address_check_redirect(redirects[i].from, redirects[i].to, NULL);

        if (status != (redirects[i].follows ? PC_OK : PC_E_CA)) {
            fail_msg("%s -> %s: %s", redirects[i].from, redirects[i].to, pc_status_name(status));
        }
    }
}

static const struct {
    const char *other;
    bool follows[3]; /* a password, a ticket, none */
} followed[] = {
    { "https://ca/Contoso_CES/service.svc/CES", { true, true, true } },
    { "https://CA:443/Contoso_CES/service.svc/CES", { true, true, true } },
    { "https://ca:8443/service.svc/CES", { false, false, true } },
    { "https://ca.evil/service.svc/CES", { false, false, false } },
    { "https://ca@evil/service.svc/CES", { false, false, false } },
    { "http://ca/service.svc/CES", { false, false, false } },
    { "nothing", { false, false, false } },
};

static void login_follows_an_answer_as_far_as_it_may(void **state)
{
    static const pc_ca_login kinds[] = { PC_CA_LOGIN_WSSE, PC_CA_LOGIN_TICKET, PC_CA_LOGIN_NONE };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(followed); i++) {
        for (size_t each = 0; each < PC_COUNT(kinds); each++) {
            const pc_ca_access access = { .login = kinds[each] };
            bool may = !followed[i].follows[each];

            assert_int_equal(PC_OK, pc_address_may_follow(&access, "https://ca/CEP", followed[i].other, &may, NULL));
            if (may != followed[i].follows[each]) {
                fail_msg("%s with login %zu: %d", followed[i].other, each, may);
            }
        }
    }
}

static const struct {
    const char *host;
    const char *other;
    bool follows;
} named[] = {
    { "ces", "https://ces/Contoso_CES/service.svc/CES", true },
    { "CES:443", "https://ces/Contoso_CES/service.svc/CES", true },
    { "ces:8443", "https://ces:8443/service.svc/CES", true },
    { "ces:8443", "https://ces/service.svc/CES", false },
    { "ces", "https://ces:8443/service.svc/CES", false },
    { "ces", "http://ces/service.svc/CES", false },
    { "ces", "https://ces.evil/service.svc/CES", false },
    { "ces", "https://ces@evil/service.svc/CES", false },
    { "ces", "https://ca/service.svc/CES", true },
    { "[2001:db8::1]:8443", "https://[2001:db8::1]:8443/service.svc/CES", true },
};

static void login_follows_to_the_host_that_the_user_named(void **state)
{
    static const pc_ca_login kinds[] = { PC_CA_LOGIN_WSSE, PC_CA_LOGIN_TICKET, PC_CA_LOGIN_NONE };

    (void)state;
    for (size_t i = 0; i < 3 * PC_COUNT(named); i++) {
        const pc_ca_access access = { .login = kinds[i % 3], .ces_host = named[i / 3].host };
        bool may = !named[i / 3].follows;

        assert_int_equal(PC_OK, pc_address_may_follow(&access, "https://ca/CEP", named[i / 3].other, &may, NULL));
        if (may != named[i / 3].follows) {
            fail_msg("%s, %s: %d", named[i / 3].host, named[i / 3].other, may);
        }
    }
}

static void named_host_has_no_other_part_of_a_url(void **state)
{
    static const char *const wrong[] = { "",     "https://ces", "ces/service.svc", "u@ces", "u:p@ces", "ces:x",
                                         "ces?", "a b" };
    pc_error err;

    (void)state;
    assert_int_equal(pc_address_check_host("ces.contoso.com", NULL), PC_OK);
    assert_int_equal(pc_address_check_host("ces.contoso.com:8443", NULL), PC_OK);
    for (size_t i = 0; i < PC_COUNT(wrong); i++) {
        if (pc_address_check_host(wrong[i], &err) != PC_E_USAGE) {
            fail_msg("%s is accepted", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(url_becomes_the_address_of_the_pages),
        cmocka_unit_test(plain_http_carries_no_password_and_needs_permission),
        cmocka_unit_test(redirect_stays_on_its_host_and_tls),
        cmocka_unit_test(login_follows_an_answer_as_far_as_it_may),
        cmocka_unit_test(login_follows_to_the_host_that_the_user_named),
        cmocka_unit_test(named_host_has_no_other_part_of_a_url),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
