/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/http/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#include "base/secret_auto.h"
#include "must.h"
#include "run.h"
#include "stand_in.h"
#include "wait.h"

#define PASSWORD "canary-basic-2290"

/* One page, fetched with its own wire. */
static pc_status fetch(const pc_ca_access *access, const pc_ca_credentials *credentials, const pc_wire_request *request,
                       pc_arena *arena, pc_error *err)
{
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    pc_wire_answer answer;

    *err = (pc_error){ .status = PC_OK };
    PC_TRY(stand_in_open(access, credentials, &wire, err));
    PC_TRY(pc_wire_fetch(wire, arena, request, &answer, err));
    assert_int_equal(strlen((const char *)answer.bytes), answer.len);
    return PC_OK;
}

static pc_status fetch_form(const pc_ca_access *access, const pc_ca_credentials *credentials, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

    return fetch(access, credentials, &(pc_wire_request){ .page = "certrqxt.asp" }, arena, err);
}

/* The status, and words of the error or its hint; "" for success. */
static void expect(const pc_ca_access *access, const pc_ca_credentials *credentials, pc_status wanted,
                   const char *words)
{
    pc_error err;
    pc_status status = fetch_form(access, credentials, &err);
    char out[4096];

    if (status != wanted || (wanted != PC_OK && !error_says(&err, words))) {
        fail_msg("%s: %s where %s \"%s\" is due\n%s", access->url, pc_status_name(status), pc_status_name(wanted),
                 words, error_text(&err, out, sizeof out));
    }
}

static pc_secret *secret_of(const char *text)
{
    pc_secret *secret = NULL;

    MUST(pc_secret_new(strlen(text), &secret, NULL) == PC_OK);
    memcpy(pc_secret_bytes(secret), text, strlen(text));
    pc_secret_set_len(secret, strlen(text));
    return secret;
}

static void page_comes_as_it_was_sent(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "enterprise"));
    pc_wire_answer answer;

    (void)state;
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certrqxt.asp" }, &answer, NULL), PC_OK);
    assert_string_equal((const char *)answer.bytes, stand_in_page(arena, "mode=fetch", "en", "form"));
    assert_string_equal(answer.content_type, "text/html; charset=utf-8");
    assert_non_null(strstr(stand_in_last(arena, "headers"), "HTTP_USER_AGENT=Mozilla/5.0 p11cert\n"));
    assert_null(strstr(stand_in_last(arena, "headers"), "HTTP_ACCEPT_ENCODING"));
    assert_string_equal(stand_in_last(arena, "tls"), "TLSv1.3");
}

static void form_arrives_whole(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "enterprise"));
    pc_error err;

    (void)state;
    assert_int_equal(fetch(&access, NULL, &(pc_wire_request){ .page = "certfnsh.asp", .form = "Mode=x&a=%2B" }, arena,
                           &err),
                     PC_OK);
    assert_string_equal(stand_in_last(arena, "method"), "POST");
    assert_string_equal(stand_in_last(arena, "body"), "Mode=x&a=%2B");
    assert_string_equal(stand_in_last(arena, "content-type"), "application/x-www-form-urlencoded");
}

static void one_connection_serves_all_pages(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "kerberos", "enterprise"));
    pc_wire_answer answer;

    (void)state;
    access.login = PC_CA_LOGIN_TICKET;
    assert_int_equal(stand_in_open(&access, NULL, &wire, NULL), PC_OK);
    assert_int_equal(pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certrqxt.asp" }, &answer, NULL), PC_OK);
    const char *port = stand_in_last(arena, "port");

    assert_int_equal(pc_wire_fetch(wire, arena, &(pc_wire_request){ .page = "certcarc.asp" }, &answer, NULL), PC_OK);
    assert_string_equal(stand_in_last(arena, "port"), port);
}

/* --- TLS ------------------------------------------------------------------------------------- */

static void server_is_verified(void **state)
{
    static const struct {
        const char *server;
        const char *says;
    } servers[] = {
        { "ADCS_WRONG_NAME", "nothing was sent to it" },
        { "ADCS_EXPIRED", "nothing was sent to it" },
        { "ADCS_EXPIRED", "the clock of this machine says 2" },
        { "ADCS_OLD_TLS", "a TLS connection to the server cannot be set up" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(servers); i++) {
        const pc_ca_access access = stand_in_access(stand_in_url(servers[i].server, "anonymous", "enterprise"));
        size_t seen = stand_in_seen();

        expect(&access, NULL, PC_E_CA, servers[i].says);
        assert_int_equal(stand_in_seen(), seen);
    }
}

static void only_the_roots_given_are_trusted(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "enterprise"));

    (void)state;
    access.cacert = NULL;
    expect(&access, NULL, PC_E_CA, "`cacert`");
    access.cacert = pc_arena_format(arena, "%s/ca/root0.pem", stand_in("ADCS_DIR"));
    expect(&access, NULL, PC_E_CA, "TLS certificate is not valid");
    access.cacert = "/nonexistent/roots.pem";
    expect(&access, NULL, PC_E_NOT_FOUND, "\"/nonexistent/roots.pem\": No such file");
    access.cacert = "/etc/hostname";
    expect(&access, NULL, PC_E_INPUT, "contains no PEM certificate");
}

static void pin_has_to_be_the_servers(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "enterprise"));
    const char *other = "0000000000000000000000000000000000000000000000000000000000000000";
    size_t seen = stand_in_seen();

    (void)state;
    access.pin_sha256 = other;
    expect(&access, NULL, PC_E_CA, "not the pinned one; nothing was sent");
    assert_int_equal(stand_in_seen(), seen);
    access.pin_sha256 = stand_in("ADCS_PIN");
    expect(&access, NULL, PC_OK, "");
    access.pin_sha256 = pc_arena_format(arena, "%s,%s", other, stand_in("ADCS_PIN"));
    expect(&access, NULL, PC_OK, "");
    access.pin_sha256 = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    expect(&access, NULL, PC_E_CA, "not the pinned one");
    access.pin_sha256 = "abc";
    expect(&access, NULL, PC_E_USAGE, "\"abc\" is not a SHA-256");
    access.pin_sha256 = "";
    expect(&access, NULL, PC_E_USAGE, "is not a SHA-256");
    access.url = stand_in_url("ADCS_WRONG_NAME", "anonymous", "enterprise");
    access.pin_sha256 = stand_in("ADCS_PIN"); /* the same key: a pin does not replace the name check */
    expect(&access, NULL, PC_E_CA, "TLS certificate is not valid");
}

static void plain_http_only_if_asked_for(void **state)
{
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTP", "anonymous", "enterprise"));

    (void)state;
    expect(&access, NULL, PC_E_REFUSED, "relay the login");
    access.insecure_http = true;
    expect(&access, NULL, PC_OK, "");
}

/* --- login ----------------------------------------------------------------------------------- */

static void with_ticket(const char *ticket, const pc_ca_access *access, pc_status wanted, const char *words)
{
    char before[256];

    (void)snprintf(before, sizeof before, "%s", stand_in("KRB5CCNAME"));
    MUST(setenv("KRB5CCNAME", ticket, 1) == 0);
    expect(access, NULL, wanted, words);
    MUST(setenv("KRB5CCNAME", before, 1) == 0);
}

static void ticket_logs_in_and_its_lack_is_explained(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "kerberos", "enterprise"));
    size_t seen = stand_in_seen();

    (void)state;
    expect(&access, NULL, PC_E_AUTH, "requires a login (HTTP 401), and none was chosen");
    access.login = PC_CA_LOGIN_TICKET;
    expect(&access, NULL, PC_OK, "");
    assert_string_equal(stand_in_last(arena, "user"), "alice@CONTOSO.EXAMPLE");
    assert_string_equal(stand_in_last(arena, "auth-type"), "Negotiate");
    assert_int_equal(stand_in_seen(), seen + 1);
    with_ticket("FILE:/nonexistent", &access, PC_E_AUTH, "no ticket could be presented: ");
    with_ticket("FILE:/nonexistent", &access, PC_E_AUTH, "No credentials were supplied");
    with_ticket("FILE:/nonexistent", &access, PC_E_AUTH, "kinit");
    with_ticket(pc_arena_format(arena, "FILE:%s/bob.ticket", stand_in("ADCS_DIR")), &access, PC_E_AUTH,
                "krbtgt/CONTOSO.EXAMPLE@FABRIKAM.EXAMPLE");
    access.url = stand_in_url("ADCS_HTTPS", "anonymous", "enterprise");
    with_ticket("FILE:/nonexistent", &access, PC_OK, ""); /* where no login is required, none is needed */
}

/* By the server's own clock, which its answer shows. */
static void a_clock_that_is_wrong_is_named(void **state)
{
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "raw-clock"));

    (void)state;
    access.login = PC_CA_LOGIN_TICKET;
    expect(&access, NULL, PC_E_AUTH, "the clock of this machine is 59 minutes behind that of the server");
}

static size_t lines_in_access_log(pc_arena *arena, const char *words)
{
    size_t count = 0;

    for (const char *at = stand_in_file(arena, "log/access.log"); (at = strstr(at, words)) != NULL; at++) {
        count++;
    }
    return count;
}

/* The server logs a request shortly after it has answered it; the line of a later request of ours follows those of
 * earlier ones.
 */
static void expect_lines_in_access_log(pc_arena *arena, const char *words, size_t wanted)
{
    static unsigned marks;
    const char *mark = pc_arena_format(arena, "/mark-%u", ++marks);
    const char *const ask[] = { "curl",
                                "--silent",
                                "--cacert",
                                stand_in("ADCS_CACERT"),
                                "--output",
                                "/dev/null",
                                pc_arena_format(arena, "%s%s", stand_in("ADCS_HTTPS"), mark),
                                NULL };
    char said[256];

    WAIT_UNTIL(lines_in_access_log(arena, words) >= wanted);
    MUST(run_program(ask, said, sizeof said) == 0);
    WAIT_UNTIL(lines_in_access_log(arena, pc_arena_format(arena, "GET %s ", mark)) == 1);
    assert_int_equal(lines_in_access_log(arena, words), wanted);
}

static void password_logs_in_and_is_tried_once(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_secret) pc_secret *right = secret_of(PASSWORD);
    PC_AUTO(pc_secret) pc_secret *wrong = secret_of("canary-wrong");
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "basic", "enterprise"));
    pc_error err;

    (void)state;
    access.login = PC_CA_LOGIN_BASIC;
    access.user = "alice";
    expect(&access, &(pc_ca_credentials){ .password = right }, PC_OK, "");
    assert_string_equal(stand_in_last(arena, "user"), "alice");
    expect_lines_in_access_log(arena, "GET /basic/", 1);

    expect(&access, &(pc_ca_credentials){ .password = wrong }, PC_E_AUTH,
           "refuses the password of \"alice\" (HTTP 401)");
    expect_lines_in_access_log(arena, "GET /basic/", 2);
    assert_int_equal(fetch_form(&access, &(pc_ca_credentials){ .password = wrong }, &err), PC_E_AUTH);
    assert_false(error_says(&err, "canary"));
    expect(&access, NULL, PC_E_USAGE, "requires a user and a password");
    access.user = "a:b";
    expect(&access, &(pc_ca_credentials){ .password = right }, PC_E_USAGE, "colon");
}

#define SECRET_LEN 15u /* three bytes are four characters of base64, so that "user:" before it shifts nothing */
#define VEIL       0x55

#define REGION_MAX 0x10000000ul /* larger ones belong to AddressSanitizer */

/* Reads freed memory on purpose. */
__attribute__((no_sanitize("address"))) static bool is_between(const unsigned char *at, const unsigned char *end,
                                                               const unsigned char *veiled, size_t len)
{
    for (; at + len <= end; at++) {
        size_t same = 0;

        while (same < len && (at[same] ^ VEIL) == veiled[same]) {
            same++;
        }
        if (same == len) {
            return true;
        }
    }
    return false;
}

/* Is it anywhere in the heap or other memory of this process? The pattern is masked, so that it is not found itself. */
static bool is_in_memory(const unsigned char *veiled, size_t len)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    bool found = false;

    MUST(maps);
    while (!found && fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        char rights[5] = "";

        MUST(sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3);
        if (rights[0] == 'r' && rights[1] == 'w' && !strstr(line, "[stack]") && to - from < REGION_MAX) {
            found = is_between((const unsigned char *)from, (const unsigned char *)to, veiled, len);
        }
    }
    (void)fclose(maps);
    return found;
}

static void veil(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= VEIL;
    }
}

static void password_is_not_left_in_memory(void **state)
{
    unsigned char veiled[SECRET_LEN];
    unsigned char veiled_base64[4 * SECRET_LEN / 3 + 1];
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "basic", "enterprise"));
    pc_secret *password = NULL;

    (void)state;
    MUST(pc_secret_new(SECRET_LEN, &password, NULL) == PC_OK);
    for (size_t i = 0; i < SECRET_LEN; i++) {
        unsigned char byte = 0;

        MUST(getrandom(&byte, 1, 0) == 1);
        pc_secret_bytes(password)[i] = (unsigned char)('a' + byte % 26);
    }
    pc_secret_set_len(password, SECRET_LEN);
    memcpy(veiled, pc_secret_bytes(password), SECRET_LEN);
    (void)EVP_EncodeBlock(veiled_base64, veiled, SECRET_LEN);
    veil(veiled, sizeof veiled);
    veil(veiled_base64, sizeof veiled_base64 - 1);
    assert_true(is_in_memory(veiled, sizeof veiled)); /* the search works */
    access.login = PC_CA_LOGIN_BASIC;
    access.user = "alice"; /* and a colon: two times three bytes */
    expect(&access, &(pc_ca_credentials){ .password = password }, PC_E_AUTH, "refuses the password");
    pc_secret_free(password);
    assert_false(is_in_memory(veiled, sizeof veiled));
    assert_false(is_in_memory(veiled_base64, sizeof veiled_base64 - 1));
}

static void ntlm_sends_its_three_messages_on_one_connection(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_secret) pc_secret *password = secret_of(PASSWORD);
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "ntlm", "enterprise"));

    (void)state;
    access.login = PC_CA_LOGIN_NTLM;
    access.user = "CONTOSO\\alice";
    size_t seen = stand_in_seen();

    expect(&access, &(pc_ca_credentials){ .password = password }, PC_OK, "");
    assert_int_equal(stand_in_seen(), seen + 2);
    assert_non_null(strstr(stand_in_last(arena, "headers"), "HTTP_AUTHORIZATION=NTLM TlRMTVNTUAAD"));
    const char *first = pc_arena_format(arena, "seen/%04zu/port", seen + 1);

    assert_string_equal(stand_in_file(arena, first), stand_in_last(arena, "port"));
}

/* --- redirects, bounds and broken servers ---------------------------------------------------- */

static const struct {
    const char *mood;
    pc_status status;
    const char *says;
} moods[] = {
    { "redirect-once", PC_OK, "" },
    { "redirect-found", PC_OK, "" },
    { "redirect-loop", PC_E_CA, "5 redirects and no page" },
    { "redirect-host", PC_E_CA, "not the same host over TLS" },
    { "redirect-http", PC_E_CA, "not the same host over TLS" },
    { "redirect-file", PC_E_CA, "not the same host over TLS" },
    { "http-401", PC_E_AUTH, "requires a login" },
    { "http-403", PC_E_CA, "denies access to this page (HTTP 403)" },
    { "http-404", PC_E_CA, "has no such page (HTTP 404)" },
    { "http-500", PC_E_CA, "reports an internal error (HTTP 500)" },
    { "empty-500", PC_E_CA, "the server's log has the details" }, /* this request is not marked as one to IIS */
    { "http-204", PC_E_CA, "HTTP status 204" },
    { "raw-closed", PC_E_CA, "without an answer" },
    { "raw-cut", PC_E_CA, "cut short" },
    { "raw-endless", PC_E_CA, "sends more than" },
    { "raw-big-length", PC_E_CA, "in time" },
    { "raw-endless-header", PC_E_CA, "sends more than" },
    { "raw-slow", PC_E_CA, "in time" },
    { "raw-silent", PC_E_CA, "in time" },
    { "raw-no-http", PC_E_CA, "does not speak HTTP" },
};

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void broken_server_costs_neither_time_nor_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(moods); i++) {
        pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", moods[i].mood));
        double begin = now();

        access.total_sec = strcmp(moods[i].says, "in time") == 0 ? 3 : 60;
        expect(&access, NULL, moods[i].status, moods[i].says);
        if (now() - begin > 60) {
            fail_msg("%s: took %.1f s", moods[i].mood, now() - begin);
        }
    }
}

static void silence_ends_before_the_total_time(void **state)
{
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "raw-silent"));
    double begin = now();

    (void)state;
    access.stall_sec = 2;
    access.total_sec = 300;
    expect(&access, NULL, PC_E_CA, "in time");
    assert_true(now() - begin < 60);
}

static void an_unreachable_server_is_not_mistaken_for_a_refusal(void **state)
{
    pc_ca_access access = stand_in_access("https://localhost:1/certsrv");

    (void)state;
    expect(&access, NULL, PC_E_CA, "does not accept the connection");
    access.url = "https://no-such-host.invalid/certsrv";
    expect(&access, NULL, PC_E_CA, "cannot be resolved");
}

static void posted_form_follows_only_where_it_stays_posted(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_wire_request post = { .page = "certfnsh.asp", .form = "Mode=x" };
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "redirect-once"));
    pc_error err;

    (void)state;
    assert_int_equal(fetch(&access, NULL, &post, arena, &err), PC_OK);
    assert_string_equal(stand_in_last(arena, "method"), "POST");
    assert_string_equal(stand_in_last(arena, "body"), "Mode=x");
    access.url = stand_in_url("ADCS_HTTPS", "anonymous", "redirect-found");
    assert_int_equal(fetch(&access, NULL, &post, arena, &err), PC_E_CA);
    assert_true(error_says(&err, "redirects a submitted request to"));
}

static void proxy_is_used_and_carries_no_password(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_ca_access access = stand_in_access(stand_in_url("ADCS_HTTPS", "anonymous", "enterprise"));

    (void)state;
    access.proxy = stand_in("ADCS_PROXY");
    expect(&access, NULL, PC_OK, "");
    expect_lines_in_access_log(arena, "CONNECT localhost:", 1);
    access.proxy = NULL;
    MUST(setenv("https_proxy", stand_in("ADCS_PROXY"), 1) == 0);
    expect(&access, NULL, PC_OK, "");
    MUST(setenv("no_proxy", "localhost", 1) == 0);
    expect(&access, NULL, PC_OK, "");
    MUST(unsetenv("https_proxy") == 0 && unsetenv("no_proxy") == 0);
    expect_lines_in_access_log(arena, "CONNECT localhost:", 2);
    access.proxy = "http://alice:canary@127.0.0.1:1";
    expect(&access, NULL, PC_E_USAGE, "password");
    access.proxy = "http://127.0.0.1:1";
    expect(&access, NULL, PC_E_CA, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_comes_as_it_was_sent),
        cmocka_unit_test(form_arrives_whole),
        cmocka_unit_test(one_connection_serves_all_pages),
        cmocka_unit_test(server_is_verified),
        cmocka_unit_test(only_the_roots_given_are_trusted),
        cmocka_unit_test(pin_has_to_be_the_servers),
        cmocka_unit_test(plain_http_only_if_asked_for),
        cmocka_unit_test(ticket_logs_in_and_its_lack_is_explained),
        cmocka_unit_test(a_clock_that_is_wrong_is_named),
        cmocka_unit_test(password_logs_in_and_is_tried_once),
        cmocka_unit_test(password_is_not_left_in_memory),
        cmocka_unit_test(ntlm_sends_its_three_messages_on_one_connection),
        cmocka_unit_test(broken_server_costs_neither_time_nor_memory),
        cmocka_unit_test(silence_ends_before_the_total_time),
        cmocka_unit_test(an_unreachable_server_is_not_mistaken_for_a_refusal),
        cmocka_unit_test(posted_form_follows_only_where_it_stays_posted),
        cmocka_unit_test(proxy_is_used_and_carries_no_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
