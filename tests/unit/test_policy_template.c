/* SPDX-License-Identifier: Apache-2.0 */
/* What a template of the CA requires of the key. */
#include "policy_evidence.h"

#include "policy/profile.h"

static void not_read(pc_evidence *e)
{
    e->ca_template = (pc_evidence_template){ .read = false };
}

static void only_a_name(pc_evidence *e)
{
    e->ca_template = (pc_evidence_template){ .read = true, .name = "WebServer", .named_only = true };
}

static void refused(pc_evidence *e)
{
    e->ca_template.refused = "the CA archives the private key";
}

static void warned(pc_evidence *e)
{
    e->ca_template.warned = "the CA writes the subject itself";
}

static void another_key(pc_evidence *e)
{
    e->ca_template.key = "EC with 256 bits";
    e->ca_template.takes_key = PC_FACT_FALSE;
}

static void unknown_key(pc_evidence *e)
{
    e->ca_template.key = NULL;
    e->ca_template.takes_key = PC_FACT_UNKNOWN;
}

static void key_moves(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_TRUE;
}

static void key_may_move(pc_evidence *e)
{
    key_moves(e);
    e->ca_template.permits_export = true;
}

static void flag_not_reported(pc_evidence *e)
{
    e->key.flags[PC_KEY_EXTRACTABLE] = PC_FACT_UNKNOWN;
}

static void no_key(pc_evidence *e)
{
    e->key.found_count = 0;
}

static const policy_row rows[] = {
    { "good", nothing, "TEMPLATE-TOKEN", PC_VERDICT_PASS, "can satisfy template \"WebServer\"" },
    { "good", nothing, "TEMPLATE-KEY", PC_VERDICT_PASS, "The key is RSA with 2048 bits, and" },
    { "good", nothing, "TEMPLATE-EXPORT", PC_VERDICT_PASS, "does not permit an exportable key" },

    { "not read", not_read, "TEMPLATE-TOKEN", PC_VERDICT_NOT_CHECKED, "No template of a CA was read" },
    { "not read", not_read, "TEMPLATE-KEY", PC_VERDICT_NOT_CHECKED, "No template of a CA was read" },
    { "not read", not_read, "TEMPLATE-EXPORT", PC_VERDICT_NOT_CHECKED, "No template of a CA was read" },
    { "name only", only_a_name, "TEMPLATE-TOKEN", PC_VERDICT_NOT_CHECKED, "only the name of template \"WebServer\"" },
    { "name only", only_a_name, "TEMPLATE-KEY", PC_VERDICT_NOT_CHECKED, "only the name" },
    { "name only", only_a_name, "TEMPLATE-EXPORT", PC_VERDICT_NOT_CHECKED, "only the name" },

    { "refused", refused, "TEMPLATE-TOKEN", PC_VERDICT_FAIL, "the CA archives the private key" },
    { "warned", warned, "TEMPLATE-TOKEN", PC_VERDICT_WARNING, "the CA writes the subject itself" },
    { "another key", another_key, "TEMPLATE-KEY", PC_VERDICT_FAIL, "EC with 256 bits, but template" },
    { "unknown key", unknown_key, "TEMPLATE-KEY", PC_VERDICT_NOT_CHECKED, "are not known" },
    { "exportable", key_moves, "TEMPLATE-EXPORT", PC_VERDICT_WARNING, "does not permit an exportable key" },
    { "exportable and permitted", key_may_move, "TEMPLATE-EXPORT", PC_VERDICT_PASS, "permits an exportable key" },
    { "flag not reported", flag_not_reported, "TEMPLATE-EXPORT", PC_VERDICT_NOT_CHECKED, "CKA_EXTRACTABLE" },
    { "no key", no_key, "TEMPLATE-EXPORT", PC_VERDICT_NOT_CHECKED, "not exactly one private key" },
};

static void template_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows_by("template", rows, PC_COUNT(rows));
}

static void a_profile_without_a_template_gets_its_rules(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_profile scom = pc_profile_scom;
    pc_profile own = pc_profile_template;

    (void)state;
    assert_int_equal(pc_profile_add_template(&scom, arena, NULL), PC_OK);
    assert_int_equal(scom.count, pc_profile_scom.count + pc_profile_template.count);
    assert_non_null(pc_profile_rule_find(&scom, "TEMPLATE-KEY"));
    assert_string_equal(scom.rules[0].id, pc_profile_scom.rules[0].id);
    assert_int_equal(pc_profile_add_template(&own, arena, NULL), PC_OK);
    assert_int_equal(own.count, pc_profile_template.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_rules_judge_each_row),
        cmocka_unit_test(a_profile_without_a_template_gets_its_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
