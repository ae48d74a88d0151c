/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text and as JSON, and the list of rules, from values made by hand. */
#include "harness.h"

#include "cli/report/json.h"
#include "cli/report/text.h"
#include "cli/print/rule_listing.h"
#include "report_sample.h"

PC_AUTO_DEFINE(json_t, json_t, json_decref);

typedef struct {
    char *text;
    size_t len;
} printed;

static void free_printed(printed *out)
{
    free(out->text);
}
PC_AUTO_DEFINE_VALUE(printed, printed, free_printed);

static printed print_text(const pc_report *report, bool colour)
{
    printed result = { .text = NULL };
    FILE *out = open_memstream(&result.text, &result.len);

    assert_non_null(out);
    pc_report_print_text(out, colour, report);
    (void)fclose(out);
    return result;
}

/* As the program would have printed it, so that the golden files serve. */
static void expect_printed(const char *text, const char *name)
{
    run_result result = { .line = (char[]){ "(printed by hand)" }, .err = (char[]){ "" } };
    PC_AUTO(free) char *copy = strdup(text);

    result.out = copy;
    expect_golden(&result, 0, name);
}

static void text_shows_what_failed_first_and_every_waiver(void **state)
{
    const pc_report report = sample_report();
    PC_AUTO(printed) printed text = print_text(&report, false);

    (void)state;
    expect_printed(text.text, "report-text");
}

static void text_of_the_least_report_has_no_empty_fields(void **state)
{
    const pc_report report = least_report();
    PC_AUTO(printed) printed text = print_text(&report, false);

    (void)state;
    expect_printed(text.text, "report-text-least");
}

static void nothing_from_outside_reaches_the_terminal_raw(void **state)
{
    const pc_report report = sample_report();
    PC_AUTO(printed) printed text = print_text(&report, true);

    (void)state;
    assert_non_null(strstr(text.text, "\033[1;31mFAIL"));
    assert_null(strchr(text.text, '\a'));
    assert_null(strstr(text.text, "esc\033"));
    assert_null(strstr(text.text, "\xe2\x80\xae"));
    assert_null(strchr(text.text, '\xe9'));
}

static void json_holds_every_field(void **state)
{
    const pc_report report = sample_report();
    PC_AUTO(json_t) json_t *value = pc_report_to_json(&report);
    PC_AUTO(free) char *text = json_dumps(value, JSON_INDENT(2));

    (void)state;
    assert_non_null(text);
    expect_printed(text, "report-json");
}

static void json_of_the_least_report_says_null(void **state)
{
    const pc_report report = least_report();
    PC_AUTO(json_t) json_t *value = pc_report_to_json(&report);
    PC_AUTO(free) char *text = json_dumps(value, JSON_INDENT(2));

    (void)state;
    assert_non_null(text);
    expect_printed(text, "report-json-least");
}

static void a_rule_is_listed_with_each_profile_that_requires_it(void **state)
{
    static const pc_rule_use uses[] = {
        { "scom", PC_SEVERITY_ERROR, "\"Key Exportable=TRUE ; This setting is required\" (Prerequisites)" },
        { "scom-current", PC_SEVERITY_INFO, "No longer asked for." },
    };
    static pc_listed_rule rules[] = {
        { "EXP-5", "The key is exportable", uses, 2 },
        { "KEY-ALG", "The key is RSA", uses, 1 },
    };
    const pc_rule_listing listing = { .rules = rules, .rule_count = 2 };
    PC_AUTO(json_t) json_t *value = pc_rule_listing_to_json(&listing);
    PC_AUTO(printed) printed text = { .text = NULL };
    FILE *out = open_memstream(&text.text, &text.len);

    (void)state;
    assert_non_null(out);
    pc_rule_listing_print(out, &listing);
    (void)json_dumpf(value, out, JSON_INDENT(2));
    (void)fclose(out);
    expect_printed(text.text, "rule-listing");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_shows_what_failed_first_and_every_waiver),
        cmocka_unit_test(text_of_the_least_report_has_no_empty_fields),
        cmocka_unit_test(nothing_from_outside_reaches_the_terminal_raw),
        cmocka_unit_test(json_holds_every_field),
        cmocka_unit_test(json_of_the_least_report_says_null),
        cmocka_unit_test(a_rule_is_listed_with_each_profile_that_requires_it),
    };

    return cmocka_run_group_tests(tests, world_new, world_remove);
}
