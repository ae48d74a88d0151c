/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_evidence.h"

#include "policy/profile.h"

/* What was tried on temporary keys, judged. */

enum { READ, WRAP, COPY, SET_UNWRAP, SET_DECRYPT, SET_EXTRACTABLE, UNSET_SENSITIVE, ATTEMPTS };

static pc_probe_attempt attempts[ATTEMPTS];
static pc_probe probe;

static const pc_probe_attempt good_attempts[ATTEMPTS] = {
    [READ] = { "read", "Read", "CKA_SENSITIVE true", true, PC_DEED_REFUSED,
               "C_GetAttributeValue: CKR_ATTRIBUTE_SENSITIVE", false },
    [WRAP] = { "wrap", "Wrap", "CKA_EXTRACTABLE false", true, PC_DEED_REFUSED, "C_WrapKey: CKR_KEY_UNEXTRACTABLE",
               false },
    [COPY] = { "copy-extractable", "Copy", "CKA_EXTRACTABLE false", true, PC_DEED_REFUSED, "C_CopyObject: no", false },
    [SET_UNWRAP] = { "set-unwrap", "Set CKA_UNWRAP", "CKA_MODIFIABLE false", true, PC_DEED_REFUSED, "no", false },
    [SET_DECRYPT] = { "set-decrypt", "Set CKA_DECRYPT", "CKA_MODIFIABLE false", true, PC_DEED_REFUSED, "no", false },
    [SET_EXTRACTABLE] = { "set-extractable", "Set", "CKA_EXTRACTABLE false", true, PC_DEED_REFUSED, "no", false },
    [UNSET_SENSITIVE] = { "unset-sensitive", "Unset", "CKA_SENSITIVE true", true, PC_DEED_REFUSED, "no", false },
};

static void probed(pc_evidence *e)
{
    memcpy(attempts, good_attempts, sizeof attempts);
    probe = (pc_probe){
        .made = true, .kind = "RSA-2048", .attempts = attempts, .attempt_count = ATTEMPTS, .cleaned = true
    };
    e->probe = &probe;
}

static void done(pc_evidence *e, int which, bool lie)
{
    probed(e);
    attempts[which].deed = PC_DEED_DONE;
    attempts[which].lie = lie;
}

static void not_tried(pc_evidence *e, int which)
{
    probed(e);
    attempts[which].deed = PC_DEED_NOT_TRIED;
    attempts[which].answer = "CKR_GENERAL_ERROR";
}

static void read_done(pc_evidence *e)
{
    done(e, READ, true);
}
static void wrap_done(pc_evidence *e)
{
    done(e, WRAP, true);
}
static void copy_done(pc_evidence *e)
{
    done(e, COPY, true);
}
static void set_done(pc_evidence *e)
{
    done(e, SET_EXTRACTABLE, true);
}
static void set_record(pc_evidence *e)
{
    done(e, SET_EXTRACTABLE, false);
}
static void unset_done(pc_evidence *e)
{
    done(e, UNSET_SENSITIVE, true);
}
static void unset_record(pc_evidence *e)
{
    done(e, UNSET_SENSITIVE, false);
}
static void unwrap_done(pc_evidence *e)
{
    done(e, SET_UNWRAP, true);
}
static void decrypt_done(pc_evidence *e)
{
    done(e, SET_DECRYPT, true);
}
static void read_failed(pc_evidence *e)
{
    not_tried(e, READ);
}
static void wrap_failed(pc_evidence *e)
{
    not_tried(e, WRAP);
}
static void unwrap_failed(pc_evidence *e)
{
    not_tried(e, SET_UNWRAP);
}

static void unwrap_permitted(pc_evidence *e)
{
    done(e, SET_UNWRAP, false);
    attempts[SET_UNWRAP].forbidden = false;
}

static void nothing_tried(pc_evidence *e)
{
    e->probe = NULL;
}

static void exportable(pc_evidence *e)
{
    done(e, WRAP, false);
    attempts[WRAP].forbidden = false;
    attempts[SET_EXTRACTABLE].id = "other";
    probe.exportable = true;
}

static void not_made(pc_evidence *e)
{
    probed(e);
    probe.made = false;
    probe.attempt_count = 0;
    probe.not_made = "C_GenerateKeyPair: CKR_SESSION_READ_ONLY (0xb5)";
}

static void not_cleaned(pc_evidence *e)
{
    probed(e);
    probe.cleaned = false;
}

static const policy_row rows[] = {
    { "no probe", nothing_tried, "PROBE-READ", PC_VERDICT_NOT_CHECKED, "Nothing was tried" },
    { "no probe", nothing_tried, "PROBE-SET-UNWRAP", PC_VERDICT_NOT_CHECKED, "Nothing was tried" },
    { "not made", not_made, "PROBE-WRAP", PC_VERDICT_NOT_CHECKED, "CKR_SESSION_READ_ONLY" },
    { "not made", not_made, "PROBE-SET-UNWRAP", PC_VERDICT_NOT_CHECKED, "CKR_SESSION_READ_ONLY" },

    { "refused", probed, "PROBE-READ", PC_VERDICT_PASS, "CKR_ATTRIBUTE_SENSITIVE" },
    { "refused", probed, "PROBE-WRAP", PC_VERDICT_PASS, "CKR_KEY_UNEXTRACTABLE" },
    { "refused", probed, "PROBE-COPY", PC_VERDICT_PASS, NULL },
    { "refused", probed, "PROBE-SET-EXTRACTABLE", PC_VERDICT_PASS, NULL },
    { "refused", probed, "PROBE-SET-SENSITIVE", PC_VERDICT_PASS, NULL },
    { "refused", probed, "PROBE-SET-UNWRAP", PC_VERDICT_PASS, NULL },
    { "left something", not_cleaned, "PROBE-READ", PC_VERDICT_PASS, "could not be verified" },

    { "read", read_done, "PROBE-READ", PC_VERDICT_FAIL, "DONE, although its flags forbid it" },
    { "wrapped", wrap_done, "PROBE-WRAP", PC_VERDICT_FAIL, "DONE, although" },
    { "copied", copy_done, "PROBE-COPY", PC_VERDICT_FAIL, "DONE, although" },
    { "set", set_done, "PROBE-SET-EXTRACTABLE", PC_VERDICT_FAIL, "DONE, although" },
    { "rewrite this flag", set_record, "PROBE-SET-EXTRACTABLE", PC_VERDICT_WARNING, "without effect" },
    { "unset", unset_done, "PROBE-SET-SENSITIVE", PC_VERDICT_FAIL, "DONE, although" },
    { "rewrite this flag", unset_record, "PROBE-SET-SENSITIVE", PC_VERDICT_WARNING, "without effect" },
    { "other rules stand", wrap_done, "PROBE-READ", PC_VERDICT_PASS, NULL },

    { "extended", unwrap_done, "PROBE-SET-UNWRAP", PC_VERDICT_WARNING, "CKA_UNWRAP" },
    { "extended otherwise", decrypt_done, "PROBE-SET-UNWRAP", PC_VERDICT_WARNING, "CKA_DECRYPT" },
    { "widening permitted", unwrap_permitted, "PROBE-SET-UNWRAP", PC_VERDICT_WARNING, "no flag forbids it" },

    { "exportable", exportable, "PROBE-WRAP", PC_VERDICT_PASS, "no flag forbids it" },
    { "exportable", exportable, "PROBE-SET-EXTRACTABLE", PC_VERDICT_NOT_CHECKED, "made exportable" },

    { "failed", read_failed, "PROBE-READ", PC_VERDICT_NOT_CHECKED, "CKR_GENERAL_ERROR" },
    { "failed", wrap_failed, "PROBE-WRAP", PC_VERDICT_NOT_CHECKED, "CKR_GENERAL_ERROR" },
    { "failed", unwrap_failed, "PROBE-SET-UNWRAP", PC_VERDICT_NOT_CHECKED, "CKR_GENERAL_ERROR" },
};

static void probe_rules_judge_each_row(void **state)
{
    (void)state;
    check_rows_by("probe", rows, PC_COUNT(rows));
}

static void a_profile_without_a_probe_gets_its_rules(void **state)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_profile scom = pc_profile_scom;
    pc_profile hsm = pc_profile_hsm;

    (void)state;
    assert_int_equal(pc_profile_add_probe(&scom, arena, NULL), PC_OK);
    assert_int_equal(scom.count, pc_profile_scom.count + pc_profile_probe.count);
    assert_non_null(pc_profile_rule_find(&scom, "PROBE-SET-UNWRAP"));
    assert_string_equal(scom.rules[0].id, pc_profile_scom.rules[0].id);
    assert_int_equal(pc_profile_add_probe(&hsm, arena, NULL), PC_OK);
    assert_int_equal(hsm.count, pc_profile_hsm.count);
}

static void each_attempt_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(pc_deed_name(PC_DEED_REFUSED), "refused");
    assert_string_equal(pc_deed_name(PC_DEED_DONE), "done");
    assert_string_equal(pc_deed_name(PC_DEED_NOT_TRIED), "not-tried");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probe_rules_judge_each_row),
        cmocka_unit_test(a_profile_without_a_probe_gets_its_rules),
        cmocka_unit_test(each_attempt_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
