/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML report as a browser sees it, on a screen and on paper, and as XML tools do. */
#include "harness.h"

#include "cli/report/html.h"
#include "report_sample.h"

static void write_page(const pc_report *report, const char *host, const char *path)
{
    PC_AUTO(free) pc_report *copy = sample_copy(report);
    const pc_check_result result = { .reports = &copy, .report_count = 1 };
    pc_error err = { .status = PC_OK };
    PC_AUTO(free) char *text = NULL;
    size_t len = 0;

    assert_int_equal(PC_OK, pc_check_to_html(&result, host, &text, &len, &err));
    assert_int_equal(len, strlen(text));
    file_write(path, text, 0644);
}

static const char *xpath(const char *expression)
{
    return out_of(WORDS("xmllint", "--xpath", expression, "report.html"));
}

static void expect_xpath(const char *expression, const char *expected)
{
    const char *got = xpath(expression);

    if (strncmp(got, expected, strlen(expected)) != 0 || strcmp(got + strlen(expected), "\n") != 0) {
        fail_msg("%s is %swhere %s was expected", expression, got, expected);
    }
}

/* A browser with default settings, which logs its network requests in net.json. */
static const char *browse(const char *action, const char *page)
{
    char address[512], log[512], folder[512];

    (void)snprintf(address, sizeof address, "file://%s/%s", world_folder(), page);
    (void)snprintf(log, sizeof log, "--log-net-log=%s/net.json", world_folder());
    (void)snprintf(folder, sizeof folder, "--user-data-dir=%s/browser", world_folder());
    (void)setenv("HOME", world_folder(), 1);
    return out_of(WORDS("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                        "--no-first-run", "--disable-background-networking", "--disable-component-update", folder, log,
                        action, address));
}

static void expect_words(const char *text, const char *words)
{
    if (!strstr(text, words)) {
        fail_msg("it does not say: %s", words);
    }
}

static void a_browser_runs_nothing_and_asks_for_nothing(void **state)
{
    const pc_report report = sample_report();

    (void)state;
    write_page(&report, "auditor-1", "report.html");
    const char *dom = browse("--dump-dom", "report.html");

    expect_words(dom, "<title>FAILED: policy check report, scom</title>");
    expect_words(dom, "&lt;script&gt;document.title='owned'&lt;/script&gt;");
    assert_null(strstr(dom, "<script"));
    assert_null(strstr(dom, "<img"));
    assert_null(strstr(dom, "<b>"));
    assert_null(strstr(file_read("net.json", NULL), "probe.invalid"));
}

/* The test above can fail: a fetch by a page is in the log, and the policy of the report prevents it. */
static void the_policy_in_the_page_stops_what_would_be_fetched(void **state)
{
    const pc_report report = sample_report();

    (void)state;
    file_write("open.html",
               "<!DOCTYPE html><title>shut</title><img src='http://probe.invalid/x.png'>"
               "<script>document.title='owned'</script>",
               0644);
    expect_words(browse("--dump-dom", "open.html"), "<title>owned</title>");
    expect_words(file_read("net.json", NULL), "probe.invalid");
    write_page(&report, NULL, "report.html");
    file_write("infected.html",
               out_of(WORDS("sed",
                            "s,</h1>,</h1><img src=\"http://probe.invalid/x.png\" alt=\"\"/>"
                            "<script>document.title='owned'</script>,",
                            "report.html")),
               0644);
    const char *dom = browse("--dump-dom", "infected.html");

    expect_words(dom, "<img src=\"http://probe.invalid/x.png\"");
    expect_words(dom, "<title>FAILED: policy check report, scom</title>");
    assert_null(strstr(file_read("net.json", NULL), "probe.invalid"));
}

static void the_page_is_self_contained_and_can_be_read_aloud(void **state)
{
    static const char *const rows[][2] = {
        { "count(//script | //link | //img | //iframe | //object | //form | //base)", "0" },
        { "string(//svg/*[local-name()='title'])", "Failed: 1, Warnings: 1, Waived: 1, Passed: 2, Not checked: 1" },
        { "count(//svg/rect)", "5" },
        { "sum(//svg/rect/@width)", "1000" },
        { "count(//@src | //@onclick | //@onload | //@style)", "0" },
        { "count(//a[not(starts-with(@href,'#'))])", "0" },
        { "count(//a[not(substring(@href,2) = //@id)])", "0" },
        { "string(/html/@lang)", "en" },
        { "count(//h1)", "1" },
        { "count(//th[not(@scope)])", "0" },
        { "count(//article)", "6" },
        { "count(//table[@id='rules']/tbody/tr)", "6" },
        { "count(//table[@id='waivers']/tbody/tr)", "3" },
        { "string(//div[@class='overall fail']/strong)", "FAILED" },
        { "normalize-space(//article[1]/header/span[1])", "FAIL" },
        { "string(//article[@id='rule-SAN-FIRST']//dt[1])", "Evidence" },
        { "count(//article[@id='rule-SAN-FIRST']//dt)", "4" },
        { "contains(//article[@id='rule-SAN-FIRST'],'EXPIRED, until 2025-01-31')", "true" },
        { "contains(//article[@id='rule-EXP-5'],'decision')", "true" },
        { "count(//article[not(.//dt='Requirement')])", "0" },
        { "count(//*[text()[contains(.,'auditor-1')]])", "1" },
        { "count(//td[text()='2026-11-23T01:00:00Z'])", "1" },
        { "count(//*[text()='Signature'])", "1" },
        { "string(//section[@class='signing']/p)",
          "The report of a check by policy \"scom\", checked at 2026-11-23T01:00:00Z: FAILED." },
    };
    const pc_report report = sample_report();

    (void)state;
    write_page(&report, "auditor-1", "report.html");
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        expect_xpath(rows[i][0], rows[i][1]);
    }
    const char *page = file_read("report.html", NULL);

    expect_words(page, "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
    assert_null(strstr(page, "url("));
    assert_null(strstr(page, "@import"));
    assert_int_equal(0, strncmp(page, "<!DOCTYPE html>", 15));
}

/* Everything that a drawing shows is also in its title, for a screen reader. */
static void the_chain_is_drawn_and_described(void **state)
{
    static const char *const rows[][2] = {
        { "count(//svg[@role='img'])", "3" },
        { "count(//svg[not(*[1][local-name()='title'])])", "0" },
        { "count(//svg[@class='chain']/rect)", "3" },
        { "count(//svg[@class='chain']/rect[@class='box over'])", "2" },
        { "count(//svg[@class='chain']/text[text()='issued'])", "2" },
        { "count(//svg[@class='chain']/text[text()='issued by a certificate that was not given'])", "1" },
        { "string(//svg[@class='chain']/text[@class='role'][2])", "issuer" },
        { "string(//svg[@class='chain']/text[last()])", "CN=server.contoso.com" },
        { "starts-with(//svg[@class='chain']/*[1],"
          "'The chain, from the certificate up: CN=server.contoso.com (certificate), issued by ')",
          "true" },
        { "count(//svg[@class='times']/rect[@class='time over'])", "2" },
        { "count(//svg[@class='times']/line[@class='now'])", "3" },
        { "string(//svg[@class='times']/rect[3]/@x)", "5.0%" },
        { "string(//svg[@class='times']/rect[3]/@width)", "5.0%" },
        { "string(//svg[@class='times']/line[1]/@x1)", "15.0%" },
        { "string(//svg[@class='times']/text[last()])", "checked on 2026-11-23" },
        { "count(//text[text()='2024-11-23 to 2025-11-23, expired'])", "1" },
        { "contains(//svg[@class='times']/*[1],'CN=server.contoso.com 2024-11-23 to 2025-11-23, expired')", "true" },
        { "contains(//svg[@class='times']/*[1],'not valid yet')", "true" },
        { "count(//p[text()='The chain is not valid.'])", "1" },
        { "count(//svg//text[string-length(.) > 60])", "0" },
    };
    pc_report report = sample_report();

    (void)state;
    sample_chain(&report);
    write_page(&report, NULL, "report.html");
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        expect_xpath(rows[i][0], rows[i][1]);
    }
    expect_words(browse("--dump-dom", "report.html"), "<title>FAILED: policy check report, scom</title>");
}

/* A label may have hundreds of letters, and a heading has large ones. */
static void a_long_word_does_not_make_the_page_wider_than_a_small_window(void **state)
{
    char word[301] = "";
    pc_report report = sample_report();

    (void)state;
    (void)memset(word, 'w', sizeof word - 1);
    report.policy_title = word;
    write_page(&report, NULL, "report.html");
    file_write("measured.html",
               out_of(WORDS("sed", "-e", "s,<meta http-equiv[^>]*>,,", "-e",
                            "s|</body>|<script>document.title = document.documentElement.scrollWidth > innerWidth ? "
                            "'too wide' : 'fits'</script></body>|",
                            "report.html")),
               0644);
    expect_words(browse("--dump-dom", "measured.html"), "<title>fits</title>");
}

static void a_check_that_judged_nothing_has_not_passed(void **state)
{
    pc_report report = least_report();

    (void)state;
    write_page(&report, NULL, "report.html");
    expect_xpath("string(//strong)", "NOTHING CHECKED");
    expect_xpath("contains(//p[starts-with(.,'None:')],'no finding was accepted')", "true");
    expect_xpath("count(//th[text()='on machine'] | //th[text()='checked at (UTC)'])", "0");
    report.rules[0].verdict = PC_VERDICT_PASS;
    sample_tally(&report);
    write_page(&report, NULL, "report.html");
    expect_xpath("string(//strong)", "PASSED");
    report.rules[0].verdict = PC_VERDICT_NOT_CHECKED;
}

/* Two reports on one page: their numbers are added, and no anchor is duplicated. */
static void several_reports_share_a_page(void **state)
{
    pc_report first = sample_report();
    pc_report second = least_report();
    pc_report *reports[] = { &first, &second };
    static const pc_checked_file files[] = { { "stray.cer", PC_FILE_UNUSED }, { "root.cer", PC_FILE_ISSUER } };
    const pc_check_result result = { .reports = reports, .report_count = 2, .files = files, .file_count = 2 };
    pc_error err = { .status = PC_OK };
    PC_AUTO(free) char *text = NULL;
    size_t len = 0;

    (void)state;
    first.name = "a.cer <1>";
    second.name = "b.cer";
    assert_int_equal(PC_OK, pc_check_to_html(&result, NULL, &text, &len, &err));
    file_write("report.html", text, 0644);
    expect_xpath("string(//strong)", "FAILED");
    expect_xpath("count(//article)", "7");
    expect_xpath("count(//@id[. = ../preceding::*/@id])", "0");
    expect_xpath("count(//a[not(substring(@href,2) = //@id)])", "0");
    expect_xpath("string(//ul[@class='contents']/li[1]/a)", "a.cer <1>");
    expect_xpath("string(//h2[@id='report-2'])", "NOTHING CHECKED: b.cer");
    expect_xpath("count(//p[contains(.,'stray.cer') and contains(.,'not used')])", "1");
    expect_xpath("count(//p[contains(.,'root.cer')])", "0");
}

/* The size of a picture is in its header: PNG specification, section 11.2.2. */
static void it_can_be_looked_at_and_printed(void **state)
{
    const pc_report report = sample_report();
    char picture[512], paper[512];
    size_t len = 0;

    (void)state;
    write_page(&report, "auditor-1", "report.html");
    (void)snprintf(picture, sizeof picture, "--screenshot=%s/page.png", world_folder());
    (void)snprintf(paper, sizeof paper, "--print-to-pdf=%s/page.pdf", world_folder());
    (void)browse(picture, "report.html");
    const char *png = file_read("page.png", &len);

    assert_true(len > 10000);
    assert_memory_equal(png, "\x89PNG\r\n\x1a\n", 8);
    (void)browse(paper, "report.html");
    expect_words(out_of(WORDS("pdfinfo", "page.pdf")), "Page size:       594.");
    const char *text = out_of(WORDS("pdftotext", "-layout", "page.pdf", "-"));

    expect_words(text, "FAILED");
    expect_words(text, "Page 1 of ");
    expect_words(text, "Signature");
    for (size_t i = 0; i < report.rule_count; i++) {
        expect_words(text, report.rules[i].id);
    }
}

enum { LONG_RULES = 24 };

/* Where on paper a word is: the number of page ends before it. */
static size_t page_of(const char *text, const char *word)
{
    const char *at = strstr(text, word);
    size_t page = 0;

    assert_non_null(at);
    for (; text < at; text++) {
        page += *text == '\f';
    }
    return page;
}

static void no_page_ends_within_a_rule(void **state)
{
    static char starts[LONG_RULES][32], ends[LONG_RULES][256], ids[LONG_RULES][16];
    pc_rule_result rules[LONG_RULES];
    pc_report report = { .policy = "scom", .rules = rules, .rule_count = LONG_RULES };
    char paper[512];

    (void)state;
    for (unsigned i = 0; i < LONG_RULES; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "RULE-%u", i);
        (void)snprintf(starts[i], sizeof starts[i], "start-%03u", i);
        (void)snprintf(ends[i], sizeof ends[i], "1\n2\n3\n4\n5\n6\n7\n8\n9\nend-%03u", i);
        rules[i] = (pc_rule_result){ .id = ids[i],
                                     .title = "A rule",
                                     .verdict = PC_VERDICT_FAIL,
                                     .evidence = starts[i],
                                     .requirement = "Words.",
                                     .remedy = ends[i] };
    }
    sample_tally(&report);
    write_page(&report, NULL, "report.html");
    (void)snprintf(paper, sizeof paper, "--print-to-pdf=%s/page.pdf", world_folder());
    (void)browse(paper, "report.html");
    const char *text = out_of(WORDS("pdftotext", "-layout", "page.pdf", "-"));

    assert_true(page_of(text, "Signature") >= 4);
    for (unsigned i = 0; i < LONG_RULES; i++) {
        char end[16];

        (void)snprintf(end, sizeof end, "end-%03u", i);
        assert_int_equal(page_of(text, starts[i]), page_of(text, end));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_runs_nothing_and_asks_for_nothing),
        cmocka_unit_test(the_policy_in_the_page_stops_what_would_be_fetched),
        cmocka_unit_test(the_page_is_self_contained_and_can_be_read_aloud),
        cmocka_unit_test(the_chain_is_drawn_and_described),
        cmocka_unit_test(a_long_word_does_not_make_the_page_wider_than_a_small_window),
        cmocka_unit_test(a_check_that_judged_nothing_has_not_passed),
        cmocka_unit_test(several_reports_share_a_page),
        cmocka_unit_test(it_can_be_looked_at_and_printed),
        cmocka_unit_test(no_page_ends_within_a_rule),
    };

    return cmocka_run_group_tests(tests, world_new, world_remove);
}
