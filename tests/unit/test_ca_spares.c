/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/ca/key_ca.h"
#include "app/ca/pending/pending.h"
#include "app/ca/pending/spares.h"
#include "app/ca/session.h"
#include "base/arena.h"

#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HERE   "https://ca.contoso.com/one/service.svc/CES"
#define NEXT   "https://ca.contoso.com/two/service.svc/CES"

static pc_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return (arena = pc_arena_new()) ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    pc_arena_free(arena);
    return 0;
}

/* A record with these bytes after the address; what both kinds of record make of them must be the same. */
static pc_status read_both(const char *address, const char *more, pc_ca_spares *ret_spares)
{
    const char *key_ca = pc_arena_format(arena,
                                         "{\"format\":\"p11cert-key-ca-1\",\"protocol\":\"ces\",\"ca\":\"%s\","
                                         "\"spki-sha256\":\"" DIGEST "\"%s}",
                                         address, more);
    const char *pending =
        pc_arena_format(arena,
                        "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"protocol\":\"ces\",\"ca\":\"%s\","
                        "\"request-id\":\"17\","
                        "\"submitted-at\":\"2026-11-23T01:00:00Z\",\"request-sha256\":\"" DIGEST
                        "\",\"request\":\"MIIB\","
                        "\"spki-sha256\":\"" DIGEST "\",\"key-label\":\"server\",\"key-id\":\"0a\"%s}",
                        address, more);
    pc_key_ca ca = { .address = NULL };
    pc_pending record = { .ca = NULL };
    pc_status status = pc_key_ca_from_text(key_ca, strlen(key_ca), arena, &ca, NULL);

    assert_int_equal(status, pc_pending_from_text(pending, strlen(pending), arena, &record, NULL));
    if (status == PC_OK) {
        assert_string_equal(ca.address, record.ca);
        assert_int_equal(ca.spares.count, record.spares.count);
        for (size_t i = 0; i < ca.spares.count; i++) {
            assert_string_equal(ca.spares.items[i], record.spares.items[i]);
        }
        *ret_spares = ca.spares;
    }
    return status;
}

static void spares_come_back_as_they_were_written(void **state)
{
    const char *const items[] = { NEXT, "https://ca.contoso.com:8443/three" };
    const pc_ca_spares spares = { .items = items, .count = 2 };
    const pc_key_ca ca = { .protocol = "ces", .address = HERE, .spki_sha256 = DIGEST, .spares = spares };
    const pc_pending record = {
        .state = PC_PENDING_TAKEN,
        .protocol = "ces",
        .ca = HERE,
        .spares = spares,
        .request_id = "17",
        .ca_state = "",
        .submitted_at = "2026-11-23T01:00:00Z",
        .request_sha256 = DIGEST,
        .request = "MIIB",
        .spki_sha256 = DIGEST,
        .key_label = "server",
        .key_id = "0a",
    };
    const char *texts[] = { pc_key_ca_to_text(&ca, arena), pc_pending_to_text(&record, arena) };
    pc_key_ca read_ca;
    pc_pending read_record;

    (void)state;
    assert_int_equal(pc_key_ca_from_text(texts[0], strlen(texts[0]), arena, &read_ca, NULL), PC_OK);
    assert_int_equal(pc_pending_from_text(texts[1], strlen(texts[1]), arena, &read_record, NULL), PC_OK);
    assert_int_equal(read_ca.spares.count, 2);
    assert_int_equal(read_record.spares.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(read_ca.spares.items[i], items[i]);
        assert_string_equal(read_record.spares.items[i], items[i]);
    }
}

/* Earlier versions read a record without the member, and wrote such ones. */
static void a_record_without_spares_does_not_mention_them(void **state)
{
    const pc_key_ca ca = { .protocol = "ces", .address = HERE, .spki_sha256 = DIGEST };
    pc_ca_spares spares = { .count = 1 };

    (void)state;
    assert_null(strstr(pc_key_ca_to_text(&ca, arena), "spares"));
    assert_int_equal(read_both(HERE, "", &spares), PC_OK);
    assert_int_equal(spares.count, 0);
}

/* Anyone with the PIN can write a record; a login must not follow it anywhere. */
static void hostile_spares_make_a_record_unreadable(void **state)
{
    static const char *const hostile[] = {
        "null",
        "true",
        "17",
        "\"" NEXT "\"",
        "{}",
        "{\"0\":\"" NEXT "\"}",
        "[]",
        "[null]",
        "[17]",
        "[[\"" NEXT "\"]]",
        "[{\"url\":\"" NEXT "\"}]",
        "[\"\"]",
        "[\"" NEXT "\",17]",
        "[\"" NEXT "\",\"https://ca.evil.example/two\"]",
        "[\"https://ca.evil.example/one/service.svc/CES\"]",
        "[\"https://ca.contoso.com.evil.example/two\"]",
        "[\"https://ca.contoso.com@ca.evil.example/two\"]",
        "[\"https://alice:secret@ca.contoso.com/two\"]",
        "[\"https://ca.contoso.com\\\\@ca.evil.example/two\"]",
        "[\"https://ca.evil.example\\\\.ca.contoso.com/two\"]",
        "[\"https://ca.contoso.com:0x1bb@ca.evil.example/\"]",
        "[\"https://ca.contoso.com:99999/two\"]",
        "[\"https:///two\"]",
        "[\"https://\"]",
        "[\"http://ca.contoso.com/two\"]",
        "[\"HTTP://ca.contoso.com/two\"]",
        "[\"javascript:alert(1)\"]",
        "[\"javascript://ca.contoso.com/%0aalert(1)\"]",
        "[\"file://ca.contoso.com/etc/passwd\"]",
        "[\"file:///etc/passwd\"]",
        "[\"ldap://ca.contoso.com/two\"]",
        "[\"//ca.contoso.com/two\"]",
        "[\"/two\"]",
        "[\"ca.contoso.com/two\"]",
        "[\" https://ca.contoso.com/two\"]",
        "[\"https://ca.contoso.com/two\\r\\nAuthorization: Basic YTpi\"]",
        "[\"https://ca.contoso.com/\\u001b]0;title\\u0007\"]",
        "[\"https://ca.contoso.com/\\u0000.evil.example\"]",
        "[\"https://ca.contoso.com/\\u0085two\"]",
        "[\"https://ca.contoso.com/\\u202eowt\"]",
        "[\"https://ca.contoso.com/two\\u200b\"]",
        "[\"https://c\\u0430.contoso.com/two\"]",
        "[\"https://ca.contoso.com/pkcs11:token=a?pin-value=1234\"]",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(hostile); i++) {
        pc_ca_spares spares = { .count = 0 };
        pc_status status = read_both(HERE, pc_arena_format(arena, ",\"spares\":%s", hostile[i]), &spares);

        if (status != PC_E_INPUT) {
            fail_msg("%s was read", hostile[i]);
        }
    }
}

/* The same rules hold for the address itself: what is read is what was written, and never an escaped form of it. */
static void an_address_that_is_not_safe_to_print_makes_a_record_unreadable(void **state)
{
    static const char *const hostile[] = {
        "https://ca.contoso.com/\\u001b[2Jone",
        "https://ca.contoso.com/\\u202eeno",
        "https://ca.contoso.com/one\\n",
        "https://alice@ca.contoso.com/one",
        "javascript:alert(1)",
        "",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(hostile); i++) {
        pc_ca_spares spares = { .count = 0 };

        if (read_both(hostile[i], "", &spares) != PC_E_INPUT) {
            fail_msg("%s was read", hostile[i]);
        }
    }
}

static const char *many(size_t count, const char *each)
{
    size_t len = strlen(each) + 3;
    char *text = malloc(count * len + 3);
    size_t used = 0;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, len + 1, "%c\"%s\"", i ? ',' : '[', each);
    }
    text[used++] = ']';
    text[used] = '\0';
    const char *more = pc_arena_format(arena, ",\"spares\":%s", text);

    free(text);
    return more;
}

static void only_a_few_spares_of_limited_length_are_read(void **state)
{
    char longest[PC_CA_SPARES_LEN_MOST + 2] = HERE;
    pc_ca_spares spares = { .count = 0 };

    (void)state;
    assert_int_equal(read_both(HERE, many(PC_CA_SPARES_MOST, NEXT), &spares), PC_OK);
    assert_int_equal(spares.count, PC_CA_SPARES_MOST);
    assert_int_equal(read_both(HERE, many(PC_CA_SPARES_MOST + 1, NEXT), &spares), PC_E_INPUT);
    assert_int_equal(read_both(HERE, many(1000, NEXT), &spares), PC_E_INPUT);
    assert_int_equal(read_both(HERE, many(100000, NEXT), &spares), PC_E_INPUT);
    memset(longest + strlen(HERE), 'a', sizeof longest - strlen(HERE) - 2);
    assert_int_equal(read_both(HERE, many(PC_CA_SPARES_MOST, longest), &spares), PC_OK);
    longest[sizeof longest - 2] = 'a';
    assert_int_equal(read_both(HERE, many(1, longest), &spares), PC_E_INPUT);
}

/* A record of an address without TLS names no other one that a login could follow to, but the same host with TLS. */
static void spares_of_an_address_without_tls_have_tls(void **state)
{
    pc_ca_spares spares = { .count = 0 };

    (void)state;
    assert_int_equal(read_both("http://ca.contoso.com/one", many(1, NEXT), &spares), PC_OK);
    assert_int_equal(read_both("http://ca.contoso.com/one", many(1, "http://ca.contoso.com/two"), &spares), PC_E_INPUT);
}

/* What passed the reader, and is still not an address of that protocol, is not tried and does no harm to the others. */
static void spares_that_the_protocol_cannot_use_are_left_out(void **state)
{
    const char *const items[] = { "https://ca.contoso.com/two?query=1", "https://ca.contoso.com/two#fragment", NEXT,
                                  "https://ca.contoso.com/a b" };
    pc_key_ca recorded = { .protocol = "ces", .address = HERE, .spares = { .items = items, .count = PC_COUNT(items) } };
    const pc_ca_access login = { .login = PC_CA_LOGIN_BASIC, .user = "alice" };
    pc_ca_access access = { .url = NULL };

    (void)state;
    assert_int_equal(pc_ca_recorded_access(&login, &recorded, arena, &access, NULL), PC_OK);
    assert_string_equal(access.url, HERE);
    assert_string_equal(access.protocol, "ces");
    assert_string_equal(access.user, "alice");
    assert_int_equal(access.spare_url_count, 1);
    assert_string_equal(access.spare_urls[0], NEXT);
    recorded.protocol = "no-such";
    assert_int_equal(pc_ca_recorded_access(&login, &recorded, arena, &access, NULL), PC_OK);
    assert_int_equal(access.spare_url_count, 0);
}

/* What is not read back is not written either: the record would be lost with it. */
static void only_what_can_be_read_back_is_recorded(void **state)
{
    char longest[PC_CA_SPARES_LEN_MOST + 2] = HERE;
    const char *const urls[] = { NEXT, "https://ca.evil.example/two/service.svc/CES", longest, HERE };
    const pc_ca_access access = {
        .url = HERE, .protocol = "ces", .spare_urls = urls, .spare_url_count = PC_COUNT(urls)
    };
    pc_ca_spares spares = { .count = 0 };

    (void)state;
    memset(longest + strlen(HERE), 'a', sizeof longest - strlen(HERE) - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(pc_ca_find_spares(&access, HERE, arena, &spares, NULL), PC_OK);
    assert_int_equal(spares.count, 1);
    assert_string_equal(spares.items[0], NEXT);
    assert_int_equal(pc_ca_find_spares(&access, NEXT, arena, &spares, NULL), PC_OK);
    assert_int_equal(spares.count, 2); /* HERE is there twice */
    assert_int_equal(pc_ca_find_spares(&access, "https://ca.contoso.com/other", arena, &spares, NULL), PC_OK);
    assert_int_equal(spares.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spares_come_back_as_they_were_written),
        cmocka_unit_test(a_record_without_spares_does_not_mention_them),
        cmocka_unit_test(hostile_spares_make_a_record_unreadable),
        cmocka_unit_test(an_address_that_is_not_safe_to_print_makes_a_record_unreadable),
        cmocka_unit_test(only_a_few_spares_of_limited_length_are_read),
        cmocka_unit_test(spares_of_an_address_without_tls_have_tls),
        cmocka_unit_test(spares_that_the_protocol_cannot_use_are_left_out),
        cmocka_unit_test(only_what_can_be_read_back_is_recorded),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
