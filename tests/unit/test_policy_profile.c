/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/profiles/file.h"

/* The built-in profiles, the listing of rules, and custom profiles, valid and hostile. */

static pc_evidence exportable(void)
{
    pc_evidence evidence = good_evidence();

    evidence.key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
    evidence.key.flags[PC_KEY_NEVER_EXTRACTABLE] = PC_FACT_FALSE;
    return evidence;
}

static bool has_result(const pc_report *report, const char *id)
{
    for (size_t i = 0; i < report->rule_count; i++) {
        if (strcmp(report->rules[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void todays_documentation_requires_the_key_not_exportable(void **state)
{
    const pc_evidence stays = good_evidence();
    const pc_evidence moves = exportable();
    pc_evidence unseen = good_evidence();

    (void)state;
    no_token(&unseen);
    PC_AUTO(report) pc_report *one = judge_by("scom-current", &stays);
    PC_AUTO(report) pc_report *other = judge_by("scom-current", &moves);
    PC_AUTO(report) pc_report *third = judge_by("scom-current", &unseen);

    assert_false(has_result(one, "EXP-5"));
    assert_int_equal(find_result(one, "EXP-7")->verdict, PC_VERDICT_PASS);
    assert_int_equal(find_result(other, "EXP-7")->verdict, PC_VERDICT_WARNING);
    assert_int_equal(find_result(third, "EXP-7")->verdict, PC_VERDICT_NOT_CHECKED);
    assert_non_null(strstr(find_result(other, "EXP-7")->requirement,
                           "\"unless creating on a domain machine for a non-domain machine\""));
    assert_non_null(strstr(find_result(other, "KEY-CSP")->requirement, "\"KSP isn't supported\""));
    assert_int_equal(find_result(one, "EXP-3")->verdict, PC_VERDICT_FAIL);
}

static void a_report_names_its_policy(void **state)
{
    const pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report) pc_report *report = judge_by("SCOM-Current", &evidence);

    assert_string_equal(report->policy, "scom-current");
    assert_non_null(strstr(report->policy_title, "current documentation"));
    assert_null(report->policy_file);
    assert_string_equal(report->judged_at, "2023-11-14T22:13:20Z");
    assert_int_equal(report->item_count, 0);
}

static void every_rule_is_listed_with_its_source_in_each_profile(void **state)
{
    pc_rule_listing *all = NULL;
    pc_rule_listing *hsm = NULL;
    size_t uses = 0;

    (void)state;
    assert_int_equal(pc_policy_list(NULL, &all, NULL), PC_OK);
    assert_int_equal(pc_policy_list("hsm", &hsm, NULL), PC_OK);
    for (size_t i = 0; i < all->rule_count; i++) {
        const pc_listed_rule *rule = &all->rules[i];

        assert_true(rule->use_count >= 1 && rule->title[0] && !strchr(rule->title, '{'));
        for (size_t j = 0; j < rule->use_count; j++) {
            assert_true(rule->uses[j].policy[0] && rule->uses[j].requirement[0]);
        }
        uses += rule->use_count;
    }
    assert_int_equal(uses, 37 + 37 + 35 + 6 + 3 + 26);
    assert_int_equal(hsm->rule_count, 35);
    for (size_t i = 0; i < hsm->rule_count; i++) {
        assert_int_equal(hsm->rules[i].use_count, 1);
        assert_string_equal(hsm->rules[i].uses[0].policy, "hsm");
    }
    pc_rule_listing_free(all);
    pc_rule_listing_free(hsm);
    pc_rule_listing_free(NULL);
}

static void built_in_profiles_ask_for_no_more_than_they_judge(void **state)
{
    const unsigned costly = PC_NEEDS_LIMITS | PC_NEEDS_SAME_ID | PC_NEEDS_PUBLIC | PC_NEEDS_CERTIFICATES |
                            PC_NEEDS_WRAPPERS | PC_NEEDS_TOKEN | PC_NEEDS_MECHANISMS;

    (void)state;
    assert_int_equal(pc_profile_needs(pc_profile_find("scom")) & costly, 0);
    assert_int_equal(pc_profile_needs(pc_profile_find("scom-current")) & costly, 0);
    assert_int_equal(pc_profile_needs(pc_profile_find("hsm")) & costly, costly);
}

#define EXAMPLE TEST_DATA_DIR "/policy/contoso.yaml"

static void the_profile_of_the_document_judges_by_its_own_numbers(void **state)
{
    pc_evidence evidence = good_evidence();

    (void)state;
    evidence.certificate.revocation = PC_REVOCATION_NOWHERE;
    evidence.certificate.not_after_sec = NOW_SEC + 40 * DAY_SEC;
    PC_AUTO(report) pc_report *report = judge_by(EXAMPLE, &evidence);

    assert_string_equal(report->policy, "contoso");
    assert_string_equal(report->policy_title, "what Contoso requires of its SCOM certificates");
    assert_string_equal(report->policy_file, EXAMPLE);
    assert_int_equal(report->rule_count, 37);
    assert_false(has_result(report, "TMPL"));
    assert_int_equal(find_result(report, "KEY-LEN")->verdict, PC_VERDICT_FAIL);
    assert_string_equal(find_result(report, "KEY-LEN")->title, "The key has 3072 bits or more");
    assert_non_null(strstr(find_result(report, "KEY-LEN")->evidence, "at least 3072"));
    assert_non_null(strstr(find_result(report, "KEY-LEN")->requirement, "Contoso PKI policy"));
    assert_int_equal(find_result(report, "EXPIRY")->verdict, PC_VERDICT_FAIL);
    assert_string_equal(find_result(report, "EXPIRY")->title, "The certificate stays valid for 45 days");
    assert_non_null(strstr(find_result(report, "EXPIRY")->evidence, "Fewer than 45"));
    assert_int_equal(find_result(report, "REVOC")->verdict, PC_VERDICT_WAIVED);
    assert_int_equal(find_result(report, "ATTR-MODIFIABLE")->verdict, PC_VERDICT_PASS);
    assert_non_null(strstr(find_result(report, "ATTR-MODIFIABLE")->requirement, "contoso"));
    assert_int_equal(find_result(report, "DATES")->severity, PC_SEVERITY_ERROR);
}

static pc_status read_text(const char *text, pc_arena *arena, pc_profile *profile, pc_error *err)
{
    return pc_profile_read((pc_bytes){ (const uint8_t *)text, strlen(text) }, "own.yaml", arena, profile, err);
}

static pc_report *judge_by_text(const char *text, const pc_evidence *evidence)
{
    char path[] = "/tmp/p11cert-policy-XXXXXX";
    pc_report *report = NULL;
    pc_error err = { 0 };
    int fd = mkstemp(path);

    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    pc_status status = pc_policy_judge(&(pc_policy_order){ .policy = path }, evidence, &report, &err);

    (void)unlink(path);
    if (status != PC_OK) {
        fail_msg("%s (%s)", err.frames[0], err.hint);
    }
    return report;
}

static void parameters_are_in_force(void **state)
{
    static const struct {
        const char *rule;
        const char *id;
        pc_verdict expected;
        const char *said;
    } rows[] = {
        { "{id: KEY-LEN, severity: error, parameters: {minimum-rsa-bits: 2048}}", "KEY-LEN", PC_VERDICT_PASS, "2048" },
        { "{id: KEY-LEN, severity: info, parameters: {minimum-rsa-bits: 4096}}", "KEY-LEN", PC_VERDICT_WARNING,
          "4096" },
        { "{id: KEY-ALG, severity: error, parameters: {allowed-algorithms: [EC, ED25519]}}", "KEY-ALG", PC_VERDICT_FAIL,
          "requires EC or ED25519" },
        { "{id: KEY-ALG, severity: error, parameters: {forbidden-algorithms: [RSA]}}", "KEY-ALG", PC_VERDICT_FAIL,
          "not RSA" },
        { "{id: KEY-ALG, severity: error, parameters: {forbidden-algorithms: [EC]}}", "KEY-ALG", PC_VERDICT_PASS,
          NULL },
        { "{id: KEY-ALG, severity: error, parameters: {allowed-algorithms: [rsa, EC]}}", "KEY-ALG", PC_VERDICT_PASS,
          NULL },
        { "{id: DATES, severity: error, parameters: {maximum-days: 300}}", "DATES", PC_VERDICT_FAIL, "allows 300" },
        { "{id: DATES, severity: error, parameters: {maximum-days: 366}}", "DATES", PC_VERDICT_PASS, NULL },
        { "{id: EXPIRY, severity: warning, parameters: {expiry-days: 366}}", "EXPIRY", PC_VERDICT_WARNING, "366" },
        { "{id: KEY-STRENGTH, severity: error, parameters: {minimum-rsa-bits: 3072}}", "KEY-STRENGTH", PC_VERDICT_FAIL,
          "at least 3072" },
        { "{id: KEY-STRENGTH, severity: error, parameters: {minimum-exponent: 65539}}", "KEY-STRENGTH", PC_VERDICT_FAIL,
          "at least 65539" },
    };
    const pc_evidence evidence = good_evidence();

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        char text[256];

        (void)snprintf(text, sizeof text, "name: own\nrules:\n  - %s\n", rows[i].rule);
        PC_AUTO(report) pc_report *report = judge_by_text(text, &evidence);
        const pc_rule_result *result = find_result(report, rows[i].id);

        assert_int_equal(report->rule_count, 1);
        if (result->verdict != rows[i].expected || (rows[i].said && !strstr(result->evidence, rows[i].said))) {
            fail_msg("%s: %s: %s", rows[i].rule, pc_verdict_name(result->verdict), result->evidence);
        }
    }
}

static void a_base_stays_as_it_is_for_others(void **state)
{
    const pc_evidence evidence = good_evidence();

    (void)state;
    PC_AUTO(report)
    pc_report *own =
        judge_by_text("name: own\nbase: scom\nrules:\n  - {id: EXPIRY, parameters: {expiry-days: 90}}\n", &evidence);
    PC_AUTO(report) pc_report *built_in = judge(&evidence);

    assert_string_equal(find_result(own, "EXPIRY")->title, "The certificate stays valid for 90 days");
    assert_string_equal(find_result(built_in, "EXPIRY")->title, "The certificate stays valid for 30 days");
}

static void the_order_outranks_the_file_in_waivers(void **state)
{
    const pc_waiver given = { "REVOC", "for another reason", NULL };
    const pc_policy_order order = { .policy = EXAMPLE, .waivers = &given, .waiver_count = 1 };
    pc_evidence evidence = good_evidence();
    pc_report *report = NULL;

    (void)state;
    evidence.certificate.revocation = PC_REVOCATION_NOWHERE;
    assert_int_equal(pc_policy_judge(&order, &evidence, &report, NULL), PC_OK);
    assert_string_equal(find_result(report, "REVOC")->waiver_reason, "for another reason");
    pc_report_free(report);
}

#define RULES "name: own\nrules:\n"

static void what_is_not_a_profile_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } rows[] = {
        { "", "is empty" },
        { "# nothing\n", "is empty" },
        { "- a\n- b\n", ": keys with values are expected here" },
        { "name: own\n", "has no rules" },
        { "title: own\n", "name" },
        { "name: own\ncolour: red\n", "this key is unknown" },
        { "name: own\nname: other\nbase: scom\n", "already seen: name" },
        { RULES "  - id: EXP-3\n    id: EXP-4\n    severity: error\n", "already seen: id" },
        { RULES "  - id: EXP-3\n    severity: warm\n", "near line 4: this value is not valid here (libcyaml: " },
        { RULES "  # EXP-33 is no rule\n  - id: EXP-33\n    severity: error\n", "line 4: there is no rule \"EXP-33\"" },
        { RULES "  - id: NOSUCH\n    severity: off\n", "no rule \"NOSUCH\"" },
        { RULES "  - id: EXP-3\n", "has no severity" },
        { RULES "  - {id: EXP-3, severity: error}\n  - {id: EXP-3, severity: info}\n", "named twice" },
        { RULES "  - id: EXP-3\n    severity: error\n    parameters: {expiry-days: 3}\n", "takes no parameters" },
        { RULES "  - id: EXPIRY\n    severity: error\n    parameters: {minimum-rsa-bits: 3}\n", "takes expiry-days" },
        { RULES "  - id: EXPIRY\n    severity: error\n    parameters: {expiry-days: -3}\n", "near line 5: this value" },
        { RULES "  - id: EXPIRY\n    severity: error\n    parameters: {expiry-days: 36501}\n", "the maximum is 36500" },
        { RULES "  - id: EXPIRY\n    severity: error\n    parameters: {expiry-days: "
                "99999999999999999999}\n",
          "near line 5" },
        { RULES "  - id: KEY-ALG\n    severity: error\n    parameters: {allowed-algorithms: [RSSA]}\n",
          "line 5: there is no key algorithm \"RSSA\"" },
        { RULES "  - id: KEY-ALG\n    severity: error\n    parameters: {allowed-algorithms: []}\n", "near line 5" },
        { "name: scom\nbase: scom\n", "built-in policy" },
        { "name: own\nbase: scum\n", "line 2: \"base\" names a built-in policy" },
        { "name: own\nbase: scom\nwaivers:\n  - rule: EXP-3\n", "a required key is missing" },
        { "name: own\nbase: scom\nwaivers:\n  - {rule: EXP-3, reason: \"\"}\n", "near line 4" },
        { "name: own\nbase: scom\nwaivers:\n  - {rule: EXP-3, reason: \" \"}\n", "no reason" },
        { "name: own\nbase: scom\nwaivers:\n  - {rule: EXP-33, reason: x}\n", "no rule \"EXP-33\"" },
        { "name: own\nbase: scom\nwaivers:\n  - {rule: EXP-3, reason: x, until: 2027-02-30}\n", "not a date" },
        { "name: own\nbase: scom\nrules:\n  - {id: EXP-3, severity: off}\nwaivers:\n  - {rule: EXP-3, reason: x}\n",
          "does not contain the rule EXP-3" },
        { "name: own\nbase: scom\n---\nname: other\nbase: hsm\n", "line 3: a second document" },
        { "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nname: *c\n", "this key is unknown" },
        { "name: &a own\nbase: *a\n", "lias" },
        { "name: own\nrules: &r [*r]\n", "lias" },
        { RULES "  - {id: [[[[[[[[[[]]]]]]]]]], severity: error}\n", "Expecting STRING" },
        { "name: own\n  base: [\n", "libyaml" },
        { "name: \"\\x00\x01\"\n", "\"own.yaml\"" },
        { "\xff\xfe\xfd\xfc", "\"own.yaml\"" },
        { "%YAML 9.9\n---\nname: own\n", "\"own.yaml\"" },
        { "name: !!binary aGFsbG8=\nbase: nothing-like-it\n", "no policy" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_profile profile = { .count = 99 };
        pc_error err = { 0 };
        char said[4096] = "";
        pc_status status = read_text(rows[i].text, arena, &profile, &err);

        for (unsigned j = 0; j < err.frame_count; j++) {
            (void)strncat(said, err.frames[j], sizeof said - strlen(said) - 1);
        }
        if (status != PC_E_INPUT || !strstr(said, rows[i].said) || !strstr(said, "own.yaml")) {
            fail_msg("row %zu: %s: %s", i, pc_status_name(status), said);
        }
        assert_int_equal(profile.count, 99);
    }
}

static void depth_and_size_are_bounded(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    static char text[PC_PROFILE_MAX_SIZE + 2];
    pc_profile profile;
    pc_error err = { 0 };

    (void)state;
    (void)snprintf(text, sizeof text, "name: own\nrules: ");
    memset(text + strlen(text), '[', 60000);
    assert_int_equal(read_text(text, arena, &profile, &err), PC_E_INPUT);
    memset(text, '#', sizeof text - 1);
    assert_int_equal(read_text(text, arena, &profile, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "too large"));
}

static void a_missing_file_is_not_a_policy(void **state)
{
    pc_error err = { 0 };

    (void)state;
    assert_int_equal(pc_policy_check_order(&(pc_policy_order){ .policy = "/nowhere/own.yaml" }, &err), PC_E_USAGE);
    assert_non_null(strstr(err.hint, "scom, scom-current, hsm"));
    assert_int_equal(pc_policy_check_order(&(pc_policy_order){ .policy = "/tmp" }, &err), PC_E_INPUT);
}

static bool lists_row(const char *document, const pc_listed_rule *rule)
{
    char row[512];
    size_t len = (size_t)snprintf(row, sizeof row, "| `%s` | %s | ", rule->id, rule->title);

    for (size_t i = 0; i < rule->use_count; i++) {
        len += (size_t)snprintf(row + len, sizeof row - len, "%s%s: %s", i ? ", " : "", rule->uses[i].policy,
                                pc_severity_name(rule->uses[i].severity));
    }
    (void)snprintf(row + len, sizeof row - len, " |");
    if (!strstr(document, row)) {
        print_error("docs/policy-rules.md lacks: %s\n", row);
        return false;
    }
    return true;
}

static char *read_file(const char *path)
{
    static char text[256 * 1024];
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

#define DOCUMENT TEST_DATA_DIR "/../../docs/policy-rules.md"

static void the_document_has_title_profiles_and_severity_of_every_rule(void **state)
{
    const char *document = read_file(DOCUMENT);
    pc_rule_listing *listing = NULL;
    size_t rows = 0;
    bool all = true;

    (void)state;
    assert_int_equal(pc_policy_list(NULL, &listing, NULL), PC_OK);
    for (size_t i = 0; i < listing->rule_count; i++) {
        all = lists_row(document, &listing->rules[i]) && all;
    }
    assert_true(all);
    for (const char *at = document; (at = strstr(at, "\n| `")) != NULL; at++) {
        rows += at[4] >= 'A' && at[4] <= 'Z';
    }
    assert_int_equal(rows, listing->rule_count);
    pc_rule_listing_free(listing);
}

/* The example is shown exactly as in this file, indented by four. */
static void the_document_shows_the_profile_that_is_tested(void **state)
{
    static char example[8192];
    FILE *file = fopen(EXAMPLE, "r");
    char line[256];

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the comment that says where it is shown */
    while (fgets(line, sizeof line, file)) {
        (void)snprintf(example + strlen(example), sizeof example - strlen(example), "    %s", line);
    }
    (void)fclose(file);
    assert_non_null(strstr(read_file(DOCUMENT), example));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(todays_documentation_requires_the_key_not_exportable),
        cmocka_unit_test(a_report_names_its_policy),
        cmocka_unit_test(every_rule_is_listed_with_its_source_in_each_profile),
        cmocka_unit_test(built_in_profiles_ask_for_no_more_than_they_judge),
        cmocka_unit_test(the_profile_of_the_document_judges_by_its_own_numbers),
        cmocka_unit_test(parameters_are_in_force),
        cmocka_unit_test(a_base_stays_as_it_is_for_others),
        cmocka_unit_test(the_order_outranks_the_file_in_waivers),
        cmocka_unit_test(what_is_not_a_profile_is_refused_with_its_place),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(a_missing_file_is_not_a_policy),
        cmocka_unit_test(the_document_has_title_profiles_and_severity_of_every_rule),
        cmocka_unit_test(the_document_shows_the_profile_that_is_tested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
