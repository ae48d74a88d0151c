/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll/certsrv/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "enroll/certsrv/codes.h"

static const char *const languages[] = { "en", "de", "ja" };

static pc_ca_outcome read_bytes(pc_arena *arena, const void *bytes, size_t len)
{
    pc_ca_outcome outcome = { .request_id = 77 };

    assert_int_equal(pc_certsrv_page_read(arena, bytes, len, &outcome, NULL), PC_OK);
    return outcome;
}

static pc_ca_outcome read_text(pc_arena *arena, const char *text)
{
    return read_bytes(arena, text, strlen(text));
}

static const char *fill_in(pc_arena *arena, const char *page, const char *mark, const char *value)
{
    for (const char *at; (at = strstr(page, mark)) != NULL;) {
        page = pc_arena_format(arena, "%.*s%s%s", (int)(at - page), page, value, at + strlen(mark));
        assert_non_null(page);
    }
    return page;
}

/* A page of the stand-in, with its values filled in. */
static const char *saved_page(pc_arena *arena, const char *language, const char *name, const char *id, const char *code)
{
    const char *path = pc_arena_format(arena, "%s/%s-%s.html", TEST_PAGES_DIR, language, name);
    pc_bytes bytes = { .len = 0 };

    assert_int_equal(pc_file_read(arena, path, 100000, &bytes, NULL), PC_OK);
    const char *page = fill_in(arena, (const char *)bytes.data, "@ID@", id);

    page = fill_in(arena, page, "@CODE@", code);
    return fill_in(arena, page, "@MESSAGE@", "what the CA says");
}

static const struct {
    const char *page;
    const char *code;
    pc_ca_disposition disposition;
    unsigned long request_id;
} saved[] = {
    { "issued", "", PC_CA_ISSUED, 4711 },
    { "pending", "", PC_CA_PENDING, 4711 },
    { "still-pending", "", PC_CA_PENDING, 4711 },
    { "denied", "0x80094800", PC_CA_DENIED, 4711 },
    { "denied", "0x80094011", PC_CA_DENIED, 4711 },
    { "denied", "0x80070005", PC_CA_DENIED, 4711 }, /* a code that may be either: the words decide */
    { "denied", "0x8badf00d", PC_CA_DENIED, 4711 }, /* a code that nobody knows */
    { "denied", "", PC_CA_DENIED, 4711 },
    { "error", "0x8009310b", PC_CA_ERROR, 0 },
    { "error", "0x80070005", PC_CA_ERROR, 0 },
    { "error", "0x8badf00d", PC_CA_ERROR, 0 },
    { "not-issued", "0x80094004", PC_CA_ERROR, 0 },
    { "unknown", "", PC_CA_UNKNOWN, 0 },
    { "home", "", PC_CA_UNKNOWN, 0 },
    { "form", "", PC_CA_UNKNOWN, 0 },
    { "ca", "", PC_CA_UNKNOWN, 0 },
};

static void outcome_is_told_in_every_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(saved) * PC_COUNT(languages); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const char *language = languages[i % PC_COUNT(languages)];
        size_t row = i / PC_COUNT(languages);
        const pc_ca_outcome outcome =
            read_text(arena, saved_page(arena, language, saved[row].page, "4711", saved[row].code));

        if (outcome.disposition != saved[row].disposition || outcome.request_id != saved[row].request_id) {
            fail_msg("%s-%s %s: %s, request %lu", language, saved[row].page, saved[row].code,
                     pc_ca_disposition_name(outcome.disposition), outcome.request_id);
        }
        assert_true((outcome.page != NULL) == (outcome.disposition == PC_CA_UNKNOWN));
    }
}

static void denial_keeps_code_name_words_and_advice(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_outcome outcome = read_text(arena, saved_page(arena, "de", "denied", "12", "0x80094800"));

    (void)state;
    assert_int_equal(outcome.code, 0x80094800);
    assert_string_equal(outcome.code_name, "CERTSRV_E_UNSUPPORTED_CERT_TYPE");
    assert_string_equal(outcome.message, "Verweigert vom Richtlinienmodul 0x80094800, what the CA says");
    assert_non_null(strstr(outcome.advice, "does not issue that template"));
}

static const struct {
    const char *name;
    const char *text;
    pc_ca_disposition disposition;
    unsigned long request_id;
} pages[] = {
    { "nothing", "", PC_CA_UNKNOWN, 0 },
    { "link with a bare ampersand", "<a href=certnew.cer?ReqID=8&Enc=b64>", PC_CA_ISSUED, 8 },
    { "link with an entity", "<a href=\"CertNew.cer?reqid=8&amp;Enc=b64\">", PC_CA_ISSUED, 8 },
    { "the same link twice", "certnew.cer?ReqID=8&Enc=b64 certnew.cer?ReqID=8&amp;Enc=bin", PC_CA_ISSUED, 8 },
    { "links to two certificates", "certnew.cer?ReqID=8&Enc=b64 certnew.cer?ReqID=9&Enc=b64", PC_CA_UNKNOWN, 0 },
    { "link without end", "certnew.cer?ReqID=8", PC_CA_UNKNOWN, 0 },
    { "link without number", "certnew.cer?ReqID=&Enc=b64", PC_CA_UNKNOWN, 0 },
    { "link to the CA's certificate", "certnew.cer?ReqID=CACert&Renewal=0", PC_CA_UNKNOWN, 0 },
    { "link to request 0", "certnew.cer?ReqID=0&Enc=b64", PC_CA_UNKNOWN, 0 },
    { "link with a number too long", "certnew.cer?ReqID=99999999999&Enc=b64", PC_CA_UNKNOWN, 0 },
    { "link with a number too large", "certnew.cer?ReqID=4294967296&Enc=b64", PC_CA_UNKNOWN, 0 },
    { "link made by a script", "<script>l=\"certnew.cer?ReqID=\"+id+\"&Enc=b64\"</script>", PC_CA_UNKNOWN, 0 },
    { "only words that it was issued", "The certificate you requested was issued to you. Your Request Id is 8.",
      PC_CA_UNKNOWN, 8 },
    { "code in a script", "<script>if (n == 0x80094800) f()</script>welcome", PC_CA_UNKNOWN, 0 },
    { "code in a comment", "<!-- 0x80094800 > --> welcome", PC_CA_UNKNOWN, 0 },
    { "code in a style", "<STYLE>0x80094800</STYLE >welcome", PC_CA_UNKNOWN, 0 },
    { "code of no failure", "0x00000000 0x1234", PC_CA_UNKNOWN, 0 },
    { "code with nine digits", "0x800948001", PC_CA_UNKNOWN, 0 },
    { "code in capitals", "0x8009480A", PC_CA_DENIED, 0 },
    { "code split by a tag", "Denied 0x<b>80094800</b>", PC_CA_UNKNOWN, 0 },
    { "gateway", "<h1>Access denied</h1>Your organisation denied this site.", PC_CA_UNKNOWN, 0 },
    { "gateway with an incident", "<h1>Access denied</h1>Incident ID: 123", PC_CA_UNKNOWN, 123 },
    { "page of AD CS that denies in a word", "<a href=/certsrv>Home</a> Denied. Request ID: 123", PC_CA_DENIED, 123 },
    { "page of AD CS without a number", "<a href=/certsrv>Home</a> Denied.", PC_CA_UNKNOWN, 0 },
    { "shop", "El pago queda pendiente. ID de pedido: 123", PC_CA_UNKNOWN, 123 },
    { "pending without a number", "Certificate Pending", PC_CA_UNKNOWN, 0 },
    { "under submission", "The disposition message is \"Taken Under Submission\".", PC_CA_PENDING, 0 },
    { "denied by a person", "The disposition message is \"Denied by CONTOSO\\admin\".", PC_CA_DENIED, 0 },
    { "number in another language", "Numer ID zadania: 31. Prosz\xc4\x99 czeka\xc4\x87.", PC_CA_UNKNOWN, 31 },
    { "number far from its word", "ID of this and that and the other thing and so on: 31", PC_CA_UNKNOWN, 0 },
    { "number in the next sentence", "Your ID. 31", PC_CA_UNKNOWN, 0 },
    { "word with id inside", "video 31, width 5, idle 6", PC_CA_UNKNOWN, 0 },
    { "unfinished tag", "<a href=\"certnew", PC_CA_UNKNOWN, 0 },
    { "unfinished script", "<script>0x80094800", PC_CA_UNKNOWN, 0 },
    { "entities in words", "Certificate&nbsp;Pending, Your Request Id is &#49;2", PC_CA_PENDING, 12 },
};

static void page_is_read_by_links_and_codes_before_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(pages); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        const pc_ca_outcome outcome = read_text(arena, pages[i].text);

        if (outcome.disposition != pages[i].disposition || outcome.request_id != pages[i].request_id) {
            fail_msg("%s: %s, request %lu", pages[i].name, pc_ca_disposition_name(outcome.disposition), outcome.request_id);
        }
    }
}

static void unknown_page_is_handed_out_whole(void **state)
{
    static const char page[] = "a\0b<p>c";
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_outcome outcome = read_bytes(arena, page, sizeof page - 1);

    (void)state;
    assert_ptr_equal(outcome.page, page);
    assert_int_equal(outcome.page_len, sizeof page - 1);
}

static void message_is_escaped_and_bounded(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char page[3000];

    (void)state;
    (void)snprintf(page, sizeof page, "<p>The disposition message is \"Denied \xff\xe2\x80\xae\x1b[2J 0x80094800 &#x202e;&lt;b&gt;\".");
    pc_ca_outcome outcome = read_text(arena, page);

    assert_string_equal(outcome.message, "Denied \\xff\\xe2\\x80\\xae [2J 0x80094800 \\xe2\\x80\\xae<b>");
    memset(page, '\xc3', sizeof page);
    for (size_t i = 0; i < sizeof page; i += 2) {
        memcpy(page + i, "\xc3\xa4", 2);
    }
    memcpy(page + 1501, "0x80094800", 10);
    page[sizeof page - 1] = '\0';
    outcome = read_text(arena, page);
    assert_true(strlen(outcome.message) < PC_CA_MESSAGE);
    assert_true(pc_text_is_utf8(outcome.message, strlen(outcome.message)));
}

static void bytes_that_are_no_text_are_unknown(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static const char page[] = "\0\0Certificate\0Pending\xff\xfe Your Request \0 Id is \0 12";
    pc_ca_outcome outcome = read_bytes(arena, page, sizeof page - 1);

    (void)state;
    assert_int_equal(outcome.disposition, PC_CA_PENDING); /* a NUL is a blank */
    assert_int_equal(outcome.request_id, 12);
    outcome = read_bytes(arena, "\xff\xfe<\0h\0t", 7);
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
    (void)read_bytes(arena, page, page_len);
    (void)pc_certsrv_page_renewals((uint8_t *)page, page_len, &newest);
    assert_int_equal(pc_certsrv_page_templates(arena, (uint8_t *)page, page_len, &templates, NULL), PC_OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    free(page);
    return (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

static void four_megabytes_of_anything_take_no_time(void **state)
{
    static const char *const units[] = {
        "<", "<!--", "<div>", "</div", "<script>", "<script", "</script", "&", "&#", "&#x1", "id", "id ", " ID a", "0x",
        "0x8", "\"", "certnew.cer?ReqID=1", "certnew.cer?ReqID=1&", "<select name=lbCertTemplate>",
        "<option value=\"a;b;c\">", "<option value=\"", "nRenewals =", "denied", "a=b ", "\xff", "<textarea name=", "=",
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
        0x80094001, 0x80094004, 0x80094011, 0x80094012, 0x80094014, 0x80094800, 0x80094801, 0x80094802, 0x80094803, 0x80094806,
        0x80094809, 0x8009480a, 0x8009480f, 0x80094811, 0x8007000d, 0x800b0109, 0x80092013, 0x80070005, 0x8009310b,
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

static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    pc_certsrv_file kind;
} files[] = {
    { "nothing", "", 0, PC_CERTSRV_FILE_NONE },
    { "html", "<html>-----BEGIN CERTIFICATE-----", 33, PC_CERTSRV_FILE_NONE },
    { "a digit", "0 results", 9, PC_CERTSRV_FILE_NONE },
    { "armour", "-----BEGIN CERTIFICATE-----\r\nAA==\r\n-----END CERTIFICATE-----\r\n", 63, PC_CERTSRV_FILE_PEM },
    { "armour behind blank lines", "\r\n \r\n-----BEGIN PKCS7-----\r\n-----END PKCS7-----\r\n", 50, PC_CERTSRV_FILE_PEM },
    { "armour without end", "-----BEGIN CERTIFICATE-----\r\nAA==\r\n", 35, PC_CERTSRV_FILE_CUT },
    { "der of one length byte", "\x30\x81\x03" "abc", 6, PC_CERTSRV_FILE_DER },
    { "der of two length bytes", "\x30\x82\x00\x03" "abc", 7, PC_CERTSRV_FILE_DER },
    { "der cut in its length", "\x30\x82\x01", 3, PC_CERTSRV_FILE_CUT },
    { "der cut in its value", "\x30\x82\x01\x00" "abc", 7, PC_CERTSRV_FILE_CUT },
    { "der with more behind it", "\x30\x82\x00\x03" "abcd", 8, PC_CERTSRV_FILE_CUT },
    { "der of four gigabytes", "\x30\x84\xff\xff\xff\xff" "a", 7, PC_CERTSRV_FILE_CUT },
    { "indefinite length", "\x30\x80" "a\0\0", 5, PC_CERTSRV_FILE_NONE },
};

static void file_is_known_by_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(files); i++) {
        pc_certsrv_file kind = pc_certsrv_file_kind((const uint8_t *)files[i].bytes, files[i].len);

        if (kind != files[i].kind) {
            fail_msg("%s: %d", files[i].name, (int)kind);
        }
    }
}

static void number_of_renewals_is_read(void **state)
{
    static const struct {
        const char *text;
        bool found;
        unsigned long newest;
    } rows[] = {
        { "var nRenewals=0;", true, 0 },
        { "var nRenewals = 12 ;", true, 12 },
        { "+nRenewals+\"x\"; var nRenewals=3", true, 3 },
        { "nRenewals==2", false, 0 },
        { "nRenewals=", false, 0 },
        { "nRenewals=-1", false, 0 },
        { "", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        unsigned long newest = 0;

        assert_int_equal(pc_certsrv_page_renewals((const uint8_t *)rows[i].text, strlen(rows[i].text), &newest), rows[i].found);
        assert_int_equal(newest, rows[i].newest);
    }
}

static pc_ca_templates templates_of(pc_arena *arena, const char *text)
{
    pc_ca_templates templates = { .count = 77 };

    assert_int_equal(pc_certsrv_page_templates(arena, (const uint8_t *)text, strlen(text), &templates, NULL), PC_OK);
    return templates;
}

static void templates_are_listed_by_name(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_ca_templates templates = templates_of(arena, saved_page(arena, "en", "form", "", ""));

    (void)state;
    assert_true(templates.is_form);
    assert_int_equal(templates.count, 3);
    assert_string_equal(templates.items[0].name, "WebServer");
    assert_string_equal(templates.items[0].display, "Web Server");
    assert_string_equal(templates.items[2].name, "ContosoR&D");
    templates = templates_of(arena, saved_page(arena, "en", "form-standalone", "", ""));
    assert_true(templates.is_form);
    assert_int_equal(templates.count, 0);
    templates = templates_of(arena, saved_page(arena, "en", "unknown", "", ""));
    assert_false(templates.is_form);
}

static void options_elsewhere_are_no_templates(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    const pc_ca_templates templates = templates_of(
        arena, "<select name=other><option value='E;No;'></select><SELECT\nID=x NAME='lbcerttemplate'><option>"
               "<option value=none><option value=';;'><option selected value=E;Bare><option value = \"E;Q;1;Shown\x1b\">"
               "</SELECT><option value='E;Late;'>");

    (void)state;
    assert_int_equal(templates.count, 2);
    assert_string_equal(templates.items[0].name, "Bare");
    assert_string_equal(templates.items[1].name, "Q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome_is_told_in_every_language),
        cmocka_unit_test(denial_keeps_code_name_words_and_advice),
        cmocka_unit_test(page_is_read_by_links_and_codes_before_words),
        cmocka_unit_test(unknown_page_is_handed_out_whole),
        cmocka_unit_test(message_is_escaped_and_bounded),
        cmocka_unit_test(bytes_that_are_no_text_are_unknown),
        cmocka_unit_test(four_megabytes_of_anything_take_no_time),
        cmocka_unit_test(refused_login_is_known_by_its_words),
        cmocka_unit_test(every_code_has_a_name_and_advice),
        cmocka_unit_test(file_is_known_by_its_bytes),
        cmocka_unit_test(number_of_renewals_is_read),
        cmocka_unit_test(templates_are_listed_by_name),
        cmocka_unit_test(options_elsewhere_are_no_templates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
