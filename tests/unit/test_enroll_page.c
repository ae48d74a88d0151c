/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../adcs/rendered.h"
#include "base/text.h"
#include "enroll/certsrv/codes.h"
#include "enroll/certsrv/listing.h"

static pc_ca_outcome read_bytes(pc_arena *arena, const void *bytes, size_t len, unsigned long request_id)
{
    const pc_certsrv_page page = { .bytes = bytes, .len = len, .request_id = request_id };
    pc_ca_outcome outcome = { .request_id = 77 };

    assert_int_equal(pc_certsrv_page_read(arena, &page, &outcome, NULL), PC_OK);
    return outcome;
}

static pc_ca_outcome read_text(pc_arena *arena, const char *text, unsigned long request_id)
{
    return read_bytes(arena, text, strlen(text), request_id);
}

static const struct {
    const char *page;
    const char *values;
    unsigned long asked_id; /* 0: a new request */
    pc_ca_disposition disposition;
    unsigned long request_id;
    unsigned long code;
    const char *message; /* NULL: none, "": any */
} saved[] = {
    { "issued", "id=4711", 0, PC_CA_ISSUED, 4711, 0, NULL },
    { "issued", "id=4711", 4711, PC_CA_ISSUED, 4711, 0, NULL },
    { "issued", "id=4711", 12, PC_CA_UNKNOWN, 12, 0, NULL },
    { "pending", "id=4711", 0, PC_CA_PENDING, 4711, 0, NULL },
    { "pending", "mode=chkpnd id=4711", 4711, PC_CA_PENDING, 4711, 0, NULL },
    { "pending", "mode=chkpnd id=4711", 12, PC_CA_UNKNOWN, 12, 0, NULL },
    { "denied", "id=4711 code=0x80094800 message='no \"such\" template'", 0, PC_CA_DENIED, 4711, 0x80094800, "" },
    { "denied", "id=4711 code=0x80070005", 0, PC_CA_DENIED, 4711, 0x80070005, "" },
    { "denied", "id=4711 code=0x8badf00d", 4711, PC_CA_DENIED, 4711, 0x8badf00d, "" },
    { "denied", "id=4711 reason='Denied by CONTOSO\\Administrator'", 4711, PC_CA_DENIED, 4711, 0,
      "Denied by CONTOSO\\Administrator" },
    { "denied", "id=4711 reason='Rule \"Servers only\" of 2 says: no.'", 4711, PC_CA_DENIED, 4711, 0,
      "Rule \"Servers only\" of 2 says: no." },
    { "denied", "id=4711 reason='Verweigert'", 12, PC_CA_UNKNOWN, 12, 0, NULL },
    { "revoked", "", 4711, PC_CA_REVOKED, 4711, 0, NULL },
    { "error", "disposition=1 code=0x8009310b message='bad tag 0x8009310b (ASN: 267)'", 0, PC_CA_ERROR, 0, 0x8009310b,
      "bad tag 0x8009310b (ASN: 267)" },
    { "error", "disposition=5 mode=fetch message=x", 4711, PC_CA_PENDING, 4711, 0, "x" },
    { "error", "disposition=2 mode=fetch message='Denied \"by\" 0x80094014' code=0x80094014", 4711, PC_CA_DENIED, 4711,
      0x80094014, "Denied \"by\" 0x80094014" },
    { "error", "disposition=6 mode=fetch message=x", 4711, PC_CA_REVOKED, 4711, 0, "x" },
    { "error", "disposition=0 message=x", 0, PC_CA_ERROR, 0, 0, "x" },
    /* The call failed: that decides on a new request, not on one that is there. */
    { "error", "code=0x80094011", 0, PC_CA_DENIED, 0, 0x80094011, "0x80094011" },
    { "error", "mode=chkpnd code=0x80094011 id=4711", 4711, PC_CA_ERROR, 4711, 0x80094011, "0x80094011" },
    { "error", "mode=chkpnd code=0x80094004 id=4711", 4711, PC_CA_ERROR, 4711, 0x80094004, "0x80094004" },
    { "error", "disposition=5 mode=chkpnd id=4711 message=x", 12, PC_CA_UNKNOWN, 12, 0, NULL },
    { "home", "", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "form", "", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "ca", "", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "maintenance", "id=4711", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "blocked", "id=4711", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "blocked", "id=4711", 4711, PC_CA_UNKNOWN, 4711, 0, NULL },
    { "login", "id=4711", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "login", "id=4711", 4711, PC_CA_UNKNOWN, 4711, 0, NULL },
    { "portal", "id=4711", 0, PC_CA_UNKNOWN, 0, 0, NULL },
    { "portal", "id=4711", 4711, PC_CA_UNKNOWN, 4711, 0, NULL },
};

/* Facts that the layout of Windows Server 2003 does not show. */
static bool lacks_number(const char *layout, size_t row)
{
    bool by_sentence =
        strcmp(saved[row].page, "denied") == 0 || (strcmp(saved[row].page, "pending") == 0 && !saved[row].asked_id);

    return strcmp(layout, "2003") == 0 && by_sentence;
}

static bool has_message(const pc_ca_outcome *outcome, const char *wanted)
{
    return wanted ? outcome->message && (!*wanted || strcmp(outcome->message, wanted) == 0) : !outcome->message;
}

static void check_saved(pc_arena *arena, const char *language, const char *layout, size_t row)
{
    const char *text = page_rendered(arena, language, layout, saved[row].page, saved[row].values);
    const pc_ca_outcome outcome = read_text(arena, text, saved[row].asked_id);
    bool lacking = lacks_number(layout, row);
    pc_ca_disposition disposition =
        lacking && saved[row].disposition == PC_CA_UNKNOWN ? PC_CA_DENIED : saved[row].disposition;

    if (outcome.disposition != disposition ||
        outcome.request_id != (lacking ? saved[row].asked_id : saved[row].request_id) ||
        (!lacking && (outcome.code != saved[row].code || !has_message(&outcome, saved[row].message)))) {
        fail_msg("%s%s %s, %s, asked for %lu: %s, request %lu, code %lx, \"%s\"", language, layout, saved[row].page,
                 saved[row].values, saved[row].asked_id, pc_ca_disposition_name(outcome.disposition),
                 outcome.request_id, outcome.code, outcome.message ? outcome.message : "(none)");
    }
    assert_true((outcome.page != NULL) == (outcome.disposition == PC_CA_UNKNOWN));
}

static void outcome_is_read_in_every_language_and_layout(void **state)
{
    size_t variants = PC_COUNT(page_languages) * PC_COUNT(page_layouts);

    (void)state;
    for (size_t i = 0; i < PC_COUNT(saved) * variants; i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();

        check_saved(arena, page_languages[i % PC_COUNT(page_languages)],
                    page_layouts[i / PC_COUNT(page_languages) % PC_COUNT(page_layouts)], i / variants);
    }
}

static void denial_keeps_code_name_words_and_advice(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_outcome outcome =
        read_text(arena,
                  page_rendered(arena, "de", "2012", "denied", "id=12 code=0x80094800 message='what the CA says'"), 0);

    (void)state;
    assert_int_equal(outcome.code, 0x80094800);
    assert_string_equal(outcome.code_name, "CERTSRV_E_UNSUPPORTED_CERT_TYPE");
    assert_string_equal(outcome.message, "Verweigert vom Richtlinienmodul 0x80094800, what the CA says");
    assert_non_null(strstr(outcome.advice, "does not issue that template"));
}

#define SENTENCE "The disposition message is "

static const struct {
    const char *name;
    const char *text;
    unsigned long asked_id;
    pc_ca_disposition disposition;
    unsigned long request_id;
} pages[] = {
    { "nothing", "", 0, PC_CA_UNKNOWN, 0 },
    { "link with a bare ampersand", "<a href=certnew.cer?ReqID=8&Enc=b64>", 0, PC_CA_ISSUED, 8 },
    { "link with an entity", "<a href=\"CertNew.cer?reqid=8&amp;Enc=b64\">", 0, PC_CA_ISSUED, 8 },
    { "link with a path", "<a href=\"/certsrv/certnew.cer?ReqID=8&amp;Enc=b64\">", 0, PC_CA_ISSUED, 8 },
    { "the same link twice", "<a href=certnew.cer?ReqID=8&Enc=b64><a href=certnew.cer?ReqID=8&Enc=bin>", 0,
      PC_CA_ISSUED, 8 },
    { "links to two certificates", "<a href=certnew.cer?ReqID=8&Enc=b64><a href=certnew.cer?ReqID=9&Enc=b64>", 0,
      PC_CA_UNKNOWN, 0 },
    { "link in a script", "<script>location=\"certnew.cer?ReqID=8&\"+e();</script>", 0, PC_CA_ISSUED, 8 },
    { "link in a text", "certnew.cer?ReqID=8&amp;Enc=b64", 0, PC_CA_UNKNOWN, 0 },
    { "link in a comment", "<!-- <a href=certnew.cer?ReqID=8&Enc=b64> -->", 0, PC_CA_UNKNOWN, 0 },
    { "link as a parameter", "<a href=\"/block?url=certnew.cer?ReqID=8&Enc=b64\">", 0, PC_CA_UNKNOWN, 0 },
    { "link without end", "<a href=certnew.cer?ReqID=8>", 0, PC_CA_UNKNOWN, 0 },
    { "link without number", "<a href=certnew.cer?ReqID=&Enc=b64>", 0, PC_CA_UNKNOWN, 0 },
    { "link to the CA's certificate", "<a href=certnew.cer?ReqID=CACert&Renewal=0>", 0, PC_CA_UNKNOWN, 0 },
    { "link to request 0", "<a href=certnew.cer?ReqID=0&Enc=b64>", 0, PC_CA_UNKNOWN, 0 },
    { "link with a number too long", "<a href=certnew.cer?ReqID=99999999999&Enc=b64>", 0, PC_CA_UNKNOWN, 0 },
    { "link with a number too large", "<a href=certnew.cer?ReqID=4294967296&Enc=b64>", 0, PC_CA_UNKNOWN, 0 },
    { "link made by a script", "<script>l=\"certnew.cer?ReqID=\"+id+\"&Enc=b64\"</script>", 0, PC_CA_UNKNOWN, 0 },
    { "only words that it was issued", "The certificate you requested was issued to you. Your Request Id is 8.", 0,
      PC_CA_UNKNOWN, 0 },
    { "code on a page that is not of AD CS", "Error 0x80094800", 0, PC_CA_UNKNOWN, 0 },
    { "code in a script", "<script>if (n == 0x80094800) f()</script>welcome", 0, PC_CA_UNKNOWN, 0 },
    { "code in a sentence", SENTENCE "\"Error 0x8009480A, no.\".", 0, PC_CA_DENIED, 0 },
    { "code of no failure", SENTENCE "\"0x00000000 0x1234\".", 0, PC_CA_ERROR, 0 },
    { "gateway", "<h1>Access denied</h1>Your organisation denied this site.", 0, PC_CA_UNKNOWN, 0 },
    { "gateway with an incident", "<h1>Access denied</h1>Incident ID: 123, certfnsh.asp", 123, PC_CA_UNKNOWN, 123 },
    { "a home link and a denial", "<a href=/certsrv>Home</a> Denied. Request ID: 123", 123, PC_CA_UNKNOWN, 123 },
    { "shop", "El pago queda pendiente. ID de pedido: 123", 0, PC_CA_UNKNOWN, 0 },
    { "pending without a number", "Certificate Pending", 0, PC_CA_UNKNOWN, 0 },
    { "pending in English words", "Certificate&nbsp;Pending, Your Request Id is &#49;2", 0, PC_CA_PENDING, 12 },
    { "pending of another request", "Certificate Pending. Your Request Id is 12.", 13, PC_CA_UNKNOWN, 13 },
    { "under submission", SENTENCE "\"Taken Under Submission\".", 0, PC_CA_PENDING, 0 },
    { "denied by a person", SENTENCE "\"Denied by CONTOSO\\admin\".", 0, PC_CA_DENIED, 0 },
    { "denied, as asked", "Your Request Id is 7. " SENTENCE "\"Denied by X\".", 7, PC_CA_DENIED, 7 },
    { "denied, of another request", "Your Request Id is 7. " SENTENCE "\"Denied by X\".", 8, PC_CA_UNKNOWN, 8 },
    { "denied, of no request", SENTENCE "\"Denied by X\".", 8, PC_CA_UNKNOWN, 8 },
    { "number among others", "<p id=locInfoReqID>Anfrage 31 von 31</p>", 0, PC_CA_PENDING, 31 },
    { "two numbers", "<p id=locInfoReqID>31 of 32</p>", 0, PC_CA_PENDING, 0 },
    { "hidden number", "<p id=locInfoChkPnd>x</p><input type=hidden name=reqid value=5>", 5, PC_CA_PENDING, 5 },
    { "hidden text", "<p id=locInfoChkPnd>x</p><input type=hidden name=ReqID value=5x>", 6, PC_CA_PENDING, 6 },
    { "unfinished tag", "<a href=\"certnew", 0, PC_CA_UNKNOWN, 0 },
    { "unfinished script", "<script>0x80094800", 0, PC_CA_UNKNOWN, 0 },
};

static void page_is_read_by_structure_before_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(pages); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const pc_ca_outcome outcome = read_text(arena, pages[i].text, pages[i].asked_id);

        if (outcome.disposition != pages[i].disposition || outcome.request_id != pages[i].request_id) {
            fail_msg("%s: %s, request %lu", pages[i].name, pc_ca_disposition_name(outcome.disposition),
                     outcome.request_id);
        }
    }
}

static void unknown_page_is_returned_whole(void **state)
{
    static const char page[] = "a\0b<p>c";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_outcome outcome = read_bytes(arena, page, sizeof page - 1, 0);

    (void)state;
    assert_ptr_equal(outcome.page, page);
    assert_int_equal(outcome.page_len, sizeof page - 1);
}

static void message_is_escaped_and_bounded(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char page[3 * PC_CA_MESSAGE];

    (void)state;
    (void)snprintf(page, sizeof page, "<p>" SENTENCE "\"Denied \xe2\x80\xae\x1b[2J 0x80094800 &#x202e;&lt;b&gt;\".");
    pc_ca_outcome outcome = read_text(arena, page, 0);

    assert_string_equal(outcome.message, "Denied \\xe2\\x80\\xae[2J 0x80094800 \\xe2\\x80\\xae<b>");
    for (size_t i = 0; i + 1 < sizeof page; i += 2) {
        memcpy(page + i, "\xc3\xa4", 2);
    }
    memcpy(page, "<p id=locInfoReqIDandReason>\" ", 30);
    page[sizeof page - 1] = '\0';
    outcome = read_text(arena, page, 0);
    assert_true(strlen(outcome.message) > PC_CA_MESSAGE - 8 && strlen(outcome.message) < PC_CA_MESSAGE);
    assert_true(pc_text_is_utf8(outcome.message, strlen(outcome.message)));
}

static void bytes_that_are_not_text_are_unknown(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static const char page[] = "\0\0Certificate\0Pending Your Request \0 Id is \0 12";
    pc_ca_outcome outcome = read_bytes(arena, page, sizeof page - 1, 0);

    (void)state;
    assert_int_equal(outcome.disposition, PC_CA_PENDING); /* a NUL is a blank */
    assert_int_equal(outcome.request_id, 12);
    outcome = read_bytes(arena, "\xff\xfe<\0h\0t", 7, 0);
    assert_int_equal(outcome.disposition, PC_CA_UNKNOWN);
}

static double seconds_of(const char *unit, size_t page_len)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char *page = malloc(page_len);
    size_t unit_len = strlen(unit);
    struct timespec before;
    struct timespec after;
    unsigned long newest = 0;
    pc_ca_templates templates;

    assert_non_null(page);
    for (size_t i = 0; i < page_len; i++) {
        page[i] = unit[i % unit_len];
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    (void)read_bytes(arena, page, page_len, 1);
    (void)pc_certsrv_renewals((uint8_t *)page, page_len, &newest);
    assert_int_equal(pc_certsrv_templates(arena, (uint8_t *)page, page_len, &templates, NULL), PC_OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    free(page);
    return (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

static void four_megabytes_of_anything_take_no_time(void **state)
{
    static const char *const units[] = {
        "<",
        "<!--",
        "<div>",
        "</div",
        "<script>",
        "<script",
        "</script",
        "&",
        "&#",
        "&#x1",
        "id",
        "id ",
        " ID a",
        "0x",
        "0x8",
        "\"",
        "certnew.cer?ReqID=1",
        "certnew.cer?ReqID=1&",
        "<select name=lbCertTemplate>",
        "<option value=\"a;b;c\">",
        "<option value=\"",
        "nRenewals =",
        "denied",
        "a=b ",
        "\xff",
        "<textarea name=",
        "=",
        "<p id=locDenied>",
        "<table><tr><td>",
        "<b><i>",
        "</p>",
        "<a b",
        "&lt;",
        "<font>",
        "<dl><dt id=locDispLabel><dd>",
        "\xc2\xab",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(units); i++) {
        double took = seconds_of(units[i], 4u * 1024 * 1024);

        if (took > 20) { /* a second or two under AddressSanitizer; minutes if it grew with the square */
            fail_msg("4 MB of \"%s\" take %.1f s", units[i], took);
        }
    }
}

static void refused_login_is_known_by_its_words(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static const char page[] = "<h2>401 - Unauthorized: Access is denied due to invalid credentials.</h2>";
    static const char other[] = "<h1>Access denied</h1>";

    (void)state;
    assert_true(pc_certsrv_page_refuses_login(arena, (const uint8_t *)page, strlen(page)));
    assert_false(pc_certsrv_page_refuses_login(arena, (const uint8_t *)other, strlen(other)));
}

static void every_code_has_a_name_and_advice(void **state)
{
    static const unsigned long wanted[] = {
        0x80094001, 0x80094004, 0x80094011, 0x80094012, 0x80094014, 0x80094800, 0x80094801,
        0x80094802, 0x80094803, 0x80094806, 0x80094809, 0x8009480a, 0x8009480f, 0x80094811,
        0x8007000d, 0x800b0109, 0x80092013, 0x80070005, 0x8009310b,
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(wanted); i++) {
        const pc_certsrv_code *code = pc_certsrv_code_find(wanted[i]);

        if (!code || !*code->name || strlen(code->advice) < 20) {
            fail_msg("0x%lx is not explained", wanted[i]);
        }
    }
    assert_null(pc_certsrv_code_find(0x8badf00d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome_is_read_in_every_language_and_layout),
        cmocka_unit_test(denial_keeps_code_name_words_and_advice),
        cmocka_unit_test(page_is_read_by_structure_before_words),
        cmocka_unit_test(unknown_page_is_returned_whole),
        cmocka_unit_test(message_is_escaped_and_bounded),
        cmocka_unit_test(bytes_that_are_not_text_are_unknown),
        cmocka_unit_test(four_megabytes_of_anything_take_no_time),
        cmocka_unit_test(refused_login_is_known_by_its_words),
        cmocka_unit_test(every_code_has_a_name_and_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
