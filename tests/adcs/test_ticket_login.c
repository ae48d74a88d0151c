/* SPDX-License-Identifier: Apache-2.0 */
/* Logins with a ticket at a server that requires Extended Protection: the record of its acceptor (README.md) says to
 * what each token was bound. */
#include "enroll/http/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "enroll/base64.h"
#include "enroll/http/wire.h"
#include "must.h"
#include "relay.h"
#include "run.h"
#include "stand_in.h"

#define OTHER "bound to another certificate\n"

/* What the acceptor has recorded since the last call; the arena's. */
static const char *bindings(pc_arena *arena)
{
    const char *path = pc_arena_format(arena, "%s/requests/bindings", stand_in("ADCS_DIR"));
    const char *text = access(path, F_OK) == 0 ? stand_in_file(arena, "requests/bindings") : "";

    (void)unlink(path);
    return text;
}

static pc_status fetch(pc_wire *wire, pc_arena *arena, pc_error *err)
{
    pc_wire_answer answer;

    *err = (pc_error){ .status = PC_OK };
    return pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certrqxt.asp" }, &answer, err);
}

static pc_status post(pc_wire *wire, pc_arena *arena, pc_error *err)
{
    pc_wire_answer answer;

    *err = (pc_error){ .status = PC_OK };
    return pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certfnsh.asp", .form = "Mode=x" }, &answer, err);
}

static pc_ca_access by_ticket(const char *url)
{
    pc_ca_access access = stand_in_access(url);

    access.login = PC_CA_LOGIN_TICKET;
    return access;
}

static void each_request_on_a_connection_is_bound(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = by_ticket(stand_in_url("ADCS_HTTPS", "bound", "enterprise"));
    pc_error err;

    (void)state;
    (void)bindings(arena);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(fetch(wire, arena, &err), PC_OK);
    const char *port = stand_in_last(arena, "port");

    assert_int_equal(post(wire, arena, &err), PC_OK);
    assert_string_equal(stand_in_last(arena, "port"), port);
    assert_string_equal(stand_in_last(arena, "user"), "alice@CONTOSO.EXAMPLE");
    assert_null(strstr(stand_in_last(arena, "headers"), "HTTP_AUTHORIZATION"));
    assert_string_equal(bindings(arena), "bound\nbound\n");
}

static void redirects_are_bound_too(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = by_ticket(stand_in_url("ADCS_HTTPS", "bound", "redirect-once"));
    pc_error err;

    (void)state;
    (void)bindings(arena);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(fetch(wire, arena, &err), PC_OK);
    assert_string_equal(bindings(arena), "bound\nbound\n");
}

/* The status of the answer to a token with this binding. */
static const char *status_of(pc_arena *arena, pc_bytes binding)
{
    PC_AUTO(pc_negotiate) pc_negotiate *login = NULL;
    pc_bytes token;
    char *said = pc_arena_alloc(arena, 256);

    MUST(said && pc_negotiate_new("localhost", binding, &login, &token, NULL) == PC_OK);
    const char *header = pc_arena_format(arena, "Authorization: Negotiate %s", pc_base64_encode(arena, token));
    const char *url = pc_arena_format(arena, "%s/certrqxt.asp", stand_in_url("ADCS_HTTPS", "bound", "enterprise"));

    MUST(run_program((const char *const[]){ "curl", "--silent", "--cacert", stand_in("ADCS_CACERT"), "--header", header,
                                            "--output", "/dev/null", "--write-out", "%{http_code}", url, NULL },
                     said, 256) == 0);
    return said;
}

/* A ticket that is not bound, or to something else, is good enough elsewhere. */
static void acceptor_requires_the_binding(void **state)
{
    static const char other[] = "tls-server-end-point:12345678901234567890123456789012";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "bound", "enterprise"));
    pc_error err;

    (void)state;
    (void)bindings(arena);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(fetch(wire, arena, &err), PC_E_AUTH);
    assert_string_equal(bindings(arena), "no token\n");
    assert_string_equal(status_of(arena, (pc_bytes){ .len = 0 }), "401");
    assert_string_equal(bindings(arena), "not bound\n");
    assert_string_equal(status_of(arena, (pc_bytes){ (const uint8_t *)other, strlen(other) }), "401");
    assert_string_equal(bindings(arena), OTHER);
}

static void proxy_that_inspects_tls_is_named(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = by_ticket(stand_in_url("ADCS_MIDDLE", "bound", "enterprise"));
    size_t seen = stand_in_seen();
    pc_error err;

    (void)state;
    (void)bindings(arena);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(fetch(wire, arena, &err), PC_E_AUTH);
    assert_true(error_says(&err, "a Kerberos ticket was not accepted"));
    assert_true(error_says(&err, "presents another certificate than its own"));
    assert_string_equal(bindings(arena), OTHER); /* once */
    assert_int_equal(stand_in_seen(), seen);
}

/* The first connection ends at one certificate and dies at the next request, without an answer; libcurl sends that
 * again on another connection, which ends at the other certificate. */
static void second_connection_has_its_own_binding(const char *first, const char *second, const char *recorded)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    test_relay *front = relay_new(stand_in(first), stand_in(second));
    const char *url = pc_arena_format(arena, "https://localhost:%d/bound/enterprise/certsrv", relay_port(front));
    const pc_ca_access access = by_ticket(url);
    pc_error err;

    (void)bindings(arena);
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    (void)fetch(wire, arena, &err);
    relay_drop_at_next_request(front);
    (void)fetch(wire, arena, &err);
    assert_int_equal(relay_connections(front), 2);
    assert_string_equal(bindings(arena), recorded);
    relay_free(front);
}

static void connection_to_another_certificate_has_its_own_binding(void **state)
{
    (void)state;
    second_connection_has_its_own_binding("ADCS_HTTPS", "ADCS_MIDDLE", "bound\n" OTHER);
    second_connection_has_its_own_binding("ADCS_MIDDLE", "ADCS_HTTPS", OTHER "bound\n");
}

/* Through a proxy that tunnels, which must not see the token. */
static void tunnel_changes_nothing(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    test_relay *proxy = relay_new(stand_in("ADCS_PROXY"), stand_in("ADCS_PROXY"));
    pc_ca_access access = by_ticket(stand_in_url("ADCS_HTTPS", "bound", "enterprise"));
    pc_error err;

    (void)state;
    (void)bindings(arena);
    access.proxy = pc_arena_format(arena, "http://127.0.0.1:%d", relay_port(proxy));
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(fetch(wire, arena, &err), PC_OK);
    assert_int_equal(post(wire, arena, &err), PC_OK);
    assert_string_equal(bindings(arena), "bound\nbound\n");
    assert_int_equal(relay_connections(proxy), 1);
    assert_non_null(strstr(relay_begin(proxy), "CONNECT localhost:"));
    assert_null(strstr(relay_begin(proxy), "Negotiate"));
    relay_free(proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_on_a_connection_is_bound),
        cmocka_unit_test(redirects_are_bound_too),
        cmocka_unit_test(acceptor_requires_the_binding),
        cmocka_unit_test(proxy_that_inspects_tls_is_named),
        cmocka_unit_test(connection_to_another_certificate_has_its_own_binding),
        cmocka_unit_test(tunnel_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
