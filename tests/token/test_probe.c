/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>

#include "app/check/probe.h"
#include "fault.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "token/session.h"

/* The probe on SoftHSM, with and without failures. Other families: test_matrix.c. */

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* SoftHSM itself, behind the failing module and with its state. It stays loaded. */
static CK_FUNCTION_LIST *softhsm(void)
{
    union {
        void *symbol;
        CK_RV (*function)(CK_FUNCTION_LIST **list);
    } entry;
    void *library = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST *real = NULL;

    MUST(library);
    entry.symbol = dlsym(library, "C_GetFunctionList");
    MUST(entry.symbol && entry.function(&real) == CKR_OK);
    return real;
}

/* The state while the probe's token is open. */
static size_t count_objects(CK_SLOT_ID slot)
{
    CK_FUNCTION_LIST *real = softhsm();
    CK_SESSION_HANDLE session = 0;
    CK_OBJECT_HANDLE found[64];
    CK_ULONG count = 0;

    MUST(real->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK);
    MUST(real->C_FindObjectsInit(session, NULL, 0) == CKR_OK);
    MUST(real->C_FindObjects(session, found, 64, &count) == CKR_OK);
    MUST(real->C_FindObjectsFinal(session) == CKR_OK);
    MUST(real->C_CloseSession(session) == CKR_OK);
    return count;
}

typedef struct {
    pc_status status;
    pc_probe probe;
    size_t left;     /* objects on the token right after it */
    pc_arena *arena; /* the probe's texts */
} outcome;

static pc_key_plan default_plan(void)
{
    return (pc_key_plan){ .kind = PC_KEY_EC_P256 };
}

/* The faults begin with the probe, not with the calls that open the token. Returns the calls made before it. */
static outcome run_plan(const pc_key_plan *plan, const char *faults, pc_token_mode mode)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "a");
    outcome result = { .arena = pc_arena_new() };
    pc_token *token = NULL;

    fault_plan(&store, faults);
    MUST(pc_token_open(&access, mode, &token, NULL) == PC_OK);
    result.status = pc_probe_run(token, plan, result.arena, &result.probe, NULL);
    result.left = count_objects(token->slot);
    pc_token_close(token);
    (void)softhsm()->C_Finalize(NULL); /* if the fault prevented the library from doing so */
    return result;
}

static outcome run_faults(const char *faults)
{
    const pc_key_plan plan = default_plan();

    return run_plan(&plan, faults, PC_TOKEN_READ);
}

static const pc_probe_attempt *find_attempt(const pc_probe *probe, const char *id)
{
    for (size_t i = 0; i < probe->attempt_count; i++) {
        if (strcmp(probe->attempts[i].id, id) == 0) {
            return &probe->attempts[i];
        }
    }
    fail_msg("no attempt %s", id);
    return NULL;
}

/* --- a token without faults --- */

static void each_forbidden_operation_is_tried_and_refused(void **state)
{
    static const char *const ids[] = { "read",           "wrap",        "copy-extractable",
                                       "set-unwrap",     "set-decrypt", "set-extractable",
                                       "unset-sensitive" };
    const pc_key_plan plan = { .kind = PC_KEY_RSA_2048 };
    outcome result = run_plan(&plan, "", PC_TOKEN_READ);

    (void)state;
    assert_int_equal(result.status, PC_OK);
    assert_true(result.probe.made);
    assert_string_equal(result.probe.kind, "RSA-2048");
    assert_int_equal(result.probe.attempt_count, PC_COUNT(ids));
    for (size_t i = 0; i < PC_COUNT(ids); i++) {
        assert_string_equal(result.probe.attempts[i].id, ids[i]);
        assert_true(result.probe.attempts[i].forbidden);
        assert_int_equal(result.probe.attempts[i].deed, PC_DEED_REFUSED);
        assert_false(result.probe.attempts[i].lie);
    }
    assert_string_equal(find_attempt(&result.probe, "wrap")->answer,
                        "C_WrapKey: CKR_KEY_UNEXTRACTABLE (CKM_AES_KEY_WRAP_PAD)");
    assert_string_equal(find_attempt(&result.probe, "wrap")->claim, "CKA_EXTRACTABLE false");
    assert_true(result.probe.cleaned);
    assert_int_equal(result.left, 0);
    assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), 1);
    pc_arena_free(result.arena);
}

static void an_exportable_key_is_wrapped_as_its_flags_say(void **state)
{
    const pc_key_plan plan = { .kind = PC_KEY_EC_P256, .exportable = true };
    outcome result = run_plan(&plan, "", PC_TOKEN_WRITE);

    (void)state;
    assert_int_equal(find_attempt(&result.probe, "wrap")->deed, PC_DEED_DONE);
    assert_false(find_attempt(&result.probe, "wrap")->forbidden);
    assert_false(find_attempt(&result.probe, "wrap")->lie);
    assert_int_equal(find_attempt(&result.probe, "read")->deed, PC_DEED_REFUSED);
    assert_int_equal(find_attempt(&result.probe, "set-unwrap")->deed, PC_DEED_DONE);
    assert_int_equal(result.left, 0);
    pc_arena_free(result.arena);
}

static void the_throw_away_key_differs_in_nothing_that_protects(void **state)
{
    pc_key_plan kept = { .kind = PC_KEY_RSA_2048, .label = "a", .key_usage = PC_KU_KEY_ENCIPHERMENT };
    pc_key_plan thrown = {
        .kind = PC_KEY_RSA_2048, .label = "b", .key_usage = PC_KU_KEY_ENCIPHERMENT, .throw_away = true
    };
    pc_key_template a;
    pc_key_template b;
    size_t differ = 0;

    (void)state;
    for (unsigned rung = 0; rung < PC_RUNG_COUNT; rung++) {
        pc_key_template_build(&kept, (pc_template_rung)rung, &a);
        pc_key_template_build(&thrown, (pc_template_rung)rung, &b);
        assert_int_equal(a.private_count, b.private_count);
        for (CK_ULONG i = 0; i < a.private_count; i++) {
            assert_int_equal(a.private_items[i].type, b.private_items[i].type);
            if (memcmp(a.private_items[i].pValue, b.private_items[i].pValue, a.private_items[i].ulValueLen) != 0) {
                assert_true(a.private_items[i].type == CKA_TOKEN || a.private_items[i].type == CKA_LABEL);
                differ++;
            }
        }
    }
    assert_int_equal(differ, 2 * PC_RUNG_COUNT);
}

/* --- tokens that do not behave as they claim --- */

static const struct {
    const char *name, *plan, *id, *said;
    pc_deed deed;
    bool lie;
} liars[] = {
    { "wraps", "C_WrapKey=1 skip=0", "wrap", "CKR_OK (CKM_AES_KEY_WRAP_PAD)", PC_DEED_DONE, true },
    /* The second read: of the flags, of the private value. The third: of the AES key, before it is destroyed. */
    { "shows", "C_GetAttributeValue=2 skip=0", "read", "private bytes", PC_DEED_DONE, true },
    { "says done, does nothing", "C_SetAttributeValue=1 skip=0", "set-unwrap",
      "nothing was changed: CKA_UNWRAP reads false", PC_DEED_REFUSED, false },
    { "says done, does nothing", "C_SetAttributeValue=2 skip=0", "set-extractable", "CKA_EXTRACTABLE reads false",
      PC_DEED_REFUSED, false },
    { "keeps a record only", "C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0", "set-extractable",
      "but the key still could be neither read (CKR_ATTRIBUTE_SENSITIVE) nor wrapped (CKR_KEY_UNEXTRACTABLE)",
      PC_DEED_DONE, false },
    { "frees the key", "C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0; C_WrapKey=2 skip=0",
      "set-extractable", "wrapping it worked", PC_DEED_DONE, true },
    { "free or not cannot be seen",
      "C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0; C_GenerateKey=2 return=0x70", "set-extractable",
      "wrapping it could not be tried", PC_DEED_DONE, true },
    { "wraps nothing at all", "C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0; C_WrapKey=1+ return=0x54",
      "set-extractable", "neither read", PC_DEED_DONE, false },
    { "sensitive is a record only", "C_SetAttributeValue=3 skip=0; C_GetAttributeValue=4 flip=0", "unset-sensitive",
      "but the key still could be neither read", PC_DEED_DONE, false },
    { "usage widened", "C_SetAttributeValue=1 skip=0; C_GetAttributeValue=4 flip=0", "set-unwrap", "then reads true",
      PC_DEED_DONE, true },
    { "no copying", "C_CopyObject=1 return=0x54", "copy-extractable", "CKR_FUNCTION_NOT_SUPPORTED", PC_DEED_NOT_TRIED,
      false },
    { "a copy that is not there", "C_CopyObject=1 skip=0", "copy-extractable", "could not be read", PC_DEED_NOT_TRIED,
      false },
    { "no wrapping", "C_WrapKey=1+ return=0x54", "wrap", "CKR_FUNCTION_NOT_SUPPORTED", PC_DEED_NOT_TRIED, false },
    { "no AES", "C_GenerateKey=1 return=0x70", "wrap", "C_GenerateKey: CKR_MECHANISM_INVALID", PC_DEED_NOT_TRIED,
      false },
    { "wrapping fails", "C_WrapKey=1 return=0x5", "wrap", "CKR_GENERAL_ERROR", PC_DEED_NOT_TRIED, false },
    { "a vendor-defined code", "C_WrapKey=1 return=0x80000123", "wrap", "0x80000123", PC_DEED_NOT_TRIED, false },
    { "setting fails", "C_SetAttributeValue=1+ return=0x6", "set-extractable", "CKR_FUNCTION_FAILED", PC_DEED_NOT_TRIED,
      false },
    { "gone on the way", "C_WrapKey=1 return=0x32", "set-extractable", "was lost", PC_DEED_NOT_TRIED, false },
    { "gone on the way", "C_WrapKey=1 return=0x32", "wrap", "was lost", PC_DEED_NOT_TRIED, false },
};

static void claim_and_behaviour_are_distinguished(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(liars); i++) {
        outcome result = run_faults(liars[i].plan);

        assert_int_equal(result.status, PC_OK);
        const pc_probe_attempt *attempt = find_attempt(&result.probe, liars[i].id);

        if (attempt->deed != liars[i].deed || attempt->lie != liars[i].lie || !strstr(attempt->answer, liars[i].said)) {
            fail_msg("%s: %s is %s, lie %d: %s", liars[i].name, attempt->id, pc_deed_name(attempt->deed), attempt->lie,
                     attempt->answer);
        }
        assert_true(result.probe.cleaned);
        assert_int_equal(result.left, 0);
        pc_arena_free(result.arena);
    }
}

/* Of the two AES keys that are tried for it SoftHSM refuses the first. */
static void trust_is_for_the_security_officer(void **state)
{
    static const struct {
        const char *plan;
        pc_fact expected;
    } rows[] = {
        { "", PC_FACT_FALSE },
        { "C_GenerateKey=2 return=0x101", PC_FACT_FALSE },   /* CKR_USER_NOT_LOGGED_IN: the SO is meant */
        { "C_GenerateKey=2 return=0x5", PC_FACT_UNKNOWN },   /* no reason given */
        { "C_GenerateKey=1+ return=0x70", PC_FACT_UNKNOWN }, /* no AES at all */
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        outcome result = run_faults(rows[i].plan);

        assert_int_equal(result.probe.user_sets_trusted, rows[i].expected);
        assert_true(result.probe.cleaned);
        assert_int_equal(result.left, 0);
        pc_arena_free(result.arena);
    }
}

static void a_changed_key_is_not_tried_on(void **state)
{
    (void)state;
    outcome result = run_faults("C_SetAttributeValue=2 skip=0; C_GetAttributeValue=4 flip=0");

    assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), 2);
    assert_int_equal(find_attempt(&result.probe, "unset-sensitive")->deed, PC_DEED_REFUSED);
    pc_arena_free(result.arena);
}

static void a_token_without_session_keys_is_reported_with_the_reason(void **state)
{
    (void)state;
    outcome result = run_faults("C_GenerateKeyPair=1+ return=0xb5");

    assert_int_equal(result.status, PC_OK);
    assert_false(result.probe.made);
    assert_non_null(strstr(result.probe.not_made, "CKR_SESSION_READ_ONLY"));
    assert_int_equal(result.probe.attempt_count, 0);
    assert_true(result.probe.cleaned);
    pc_arena_free(result.arena);
}

static void a_token_that_requires_a_read_write_session_gets_one(void **state)
{
    (void)state;
    outcome result = run_faults("C_GenerateKeyPair=1 return=0xb5");

    assert_true(result.probe.made);
    assert_int_equal(find_attempt(&result.probe, "wrap")->deed, PC_DEED_REFUSED);
    assert_true(result.probe.cleaned);
    assert_int_equal(result.left, 0);
    pc_arena_free(result.arena);
}

static void what_cannot_be_removed_is_reported(void **state)
{
    (void)state;
    outcome result = run_faults("C_DestroyObject=1+ return=0x1b; C_CloseSession=1 skip=0");

    assert_int_equal(result.status, PC_OK);
    assert_true(result.left > 0);
    assert_false(result.probe.cleaned);
    pc_arena_free(result.arena);
}

static void what_an_error_hides_is_removed_too(void **state)
{
    static const char *const plans[] = {
        "C_GenerateKeyPair=1 then=0x30; C_CloseSession=1 skip=0", /* a pair of which no handle was given */
        "C_GenerateKey=1 then=0x05; C_CloseSession=1 skip=0",     /* an AES key */
        "C_DestroyObject=1 return=0x05; C_CloseSession=1 skip=0",
        "C_DestroyObject=2 return=0x05; C_CloseSession=1 skip=0",
        "C_DestroyObject=1+ return=0x05", /* the objects disappear with the session */
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        outcome result = run_faults(plans[i]);

        if (result.left || !result.probe.cleaned) {
            fail_msg("%s: %zu left", plans[i], result.left);
        }
        pc_arena_free(result.arena);
    }
}

/* --- any call failing --- */

static pc_deed deed_in(const pc_probe *probe, const char *id)
{
    for (size_t i = 0; i < probe->attempt_count; i++) {
        if (strcmp(probe->attempts[i].id, id) == 0) {
            return probe->attempts[i].deed;
        }
    }
    return PC_DEED_NOT_TRIED;
}

/* Nothing is claimed about what the fault affected; about the rest, the truth. */
static void judge_faulty(const char *plan, const pc_probe *well, const outcome *result)
{
    if (result->status == PC_OK) {
        for (size_t i = 0; i < result->probe.attempt_count; i++) {
            const pc_probe_attempt *attempt = &result->probe.attempts[i];

            if (attempt->lie || (attempt->deed != PC_DEED_NOT_TRIED && attempt->deed != deed_in(well, attempt->id))) {
                fail_msg("%s: %s is %s, lie %d: %s", plan, attempt->id, pc_deed_name(attempt->deed), attempt->lie,
                         attempt->answer);
            }
        }
        if (result->probe.cleaned != (result->left == 0) && result->probe.cleaned) {
            fail_msg("%s: said to be clean, %zu objects left", plan, result->left);
        }
    }
    if (result->left && !strstr(plan, "+")) {
        fail_msg("%s: %zu objects left", plan, result->left);
    }
}

static void no_failing_call_leaves_a_key_or_passes_for_a_refusal(void **state)
{
    static const char *const codes[] = { "0x5", "0x6", "0x30", "0x32", "0xb3", "0x54", "0x80000001" };
    static const char *const actions[] = { "return", "then" };
    outcome well = run_faults("");
    unsigned calls = fault_calls(&store, NULL);
    unsigned runs = 0;

    (void)state;
    outcome nothing = run_faults("C_OpenSession=2 return=0x30");
    unsigned before = fault_calls(&store, NULL); /* opening, the session refused, closing */

    pc_arena_free(nothing.arena);
    assert_int_equal(nothing.status, PC_E_TOKEN);
    before -= 2; /* so this is the first call of the probe */
    for (unsigned call = before; call < calls - 1; call++) {
        for (size_t i = 0; i < PC_COUNT(codes) * PC_COUNT(actions) * 2; i++) {
            char plan[64];

            (void)snprintf(plan, sizeof plan, "call=%u%s %s=%s", call, i % 2 ? "+" : "", actions[i / 2 % 2],
                           codes[i / 4]);
            outcome result = run_faults(plan);

            judge_faulty(plan, &well.probe, &result);
            pc_arena_free(result.arena);
            runs++;
        }
    }
    print_message("%u calls, %u runs\n", calls - before, runs);
    assert_true(runs > 400);
    pc_arena_free(well.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_forbidden_operation_is_tried_and_refused),
        cmocka_unit_test(an_exportable_key_is_wrapped_as_its_flags_say),
        cmocka_unit_test(the_throw_away_key_differs_in_nothing_that_protects),
        cmocka_unit_test(claim_and_behaviour_are_distinguished),
        cmocka_unit_test(trust_is_for_the_security_officer),
        cmocka_unit_test(a_changed_key_is_not_tried_on),
        cmocka_unit_test(a_token_without_session_keys_is_reported_with_the_reason),
        cmocka_unit_test(a_token_that_requires_a_read_write_session_gets_one),
        cmocka_unit_test(what_cannot_be_removed_is_reported),
        cmocka_unit_test(what_an_error_hides_is_removed_too),
        cmocka_unit_test(no_failing_call_leaves_a_key_or_passes_for_a_refusal),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
