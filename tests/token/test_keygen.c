/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/key_import.h"
#include "token/keygen.h"

/* Keys made by pc_keygen, judged by bare PKCS#11 calls and by pkcs11-tool. */

static token_store store;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

typedef struct {
    pc_status status;
    pc_error err;
    pc_template_rung rung;
    char unsupported_flags[512];
    char tolerated[512];
} outcome;

static pc_key_plan plan_for(pc_key_kind kind, const char *label)
{
    pc_key_plan plan = { .kind = kind, .label = label };

    /* Distinct for each label: the last sixteen bytes, padded. */
    for (size_t i = 0; i < sizeof plan.id; i++) {
        plan.id[i] = (uint8_t)(i < strlen(label) ? label[strlen(label) - 1 - i] : '.');
    }
    return plan;
}

static outcome make_key(const pc_key_plan *plan, const char *module)
{
    pc_arena *arena = pc_arena_new();
    pc_token *token = NULL;
    pc_keygen_result made = { .unsupported_flags = "", .tolerated = "" };
    const pc_token_access access = token_store_access(&store, module, "keys");
    outcome result = { .status = PC_OK };

    result.status = pc_token_open(&access, PC_TOKEN_WRITE, &token, &result.err);
    assert_int_equal(result.status, PC_OK);
    result.status = pc_keygen(token, plan, arena, &made, &result.err);
    result.rung = made.rung;
    (void)snprintf(result.unsupported_flags, sizeof result.unsupported_flags, "%s", made.unsupported_flags);
    (void)snprintf(result.tolerated, sizeof result.tolerated, "%s", made.tolerated);
    pc_token_close(token);
    pc_arena_free(arena);
    return result;
}

/* --- every kind, exportable or not --- */

typedef struct {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    int fixed; /* 0 or 1; -1: as the key is exportable; -2: as it is not */
} private_row;

static const private_row private_rows[] = {
    { CKA_TOKEN, "TOKEN", 1 },
    { CKA_PRIVATE, "PRIVATE", 1 },
    { CKA_SENSITIVE, "SENSITIVE", 1 },
    { CKA_EXTRACTABLE, "EXTRACTABLE", -1 },
    { CKA_ALWAYS_SENSITIVE, "ALWAYS_SENSITIVE", 1 },
    { CKA_NEVER_EXTRACTABLE, "NEVER_EXTRACTABLE", -2 },
    { CKA_LOCAL, "LOCAL", 1 },
    { CKA_MODIFIABLE, "MODIFIABLE", -1 },
    { CKA_COPYABLE, "COPYABLE", 0 },
    { CKA_DESTROYABLE, "DESTROYABLE", 1 },
    { CKA_WRAP_WITH_TRUSTED, "WRAP_WITH_TRUSTED", 0 },
    { CKA_ALWAYS_AUTHENTICATE, "ALWAYS_AUTHENTICATE", 0 },
    { CKA_SIGN, "SIGN", 1 },
    { CKA_SIGN_RECOVER, "SIGN_RECOVER", 0 },
    { CKA_DECRYPT, "DECRYPT", 0 },
    { CKA_UNWRAP, "UNWRAP", 0 },
    { CKA_DERIVE, "DERIVE", 0 },
};

static void judge_private(const raw_token *raw, CK_OBJECT_HANDLE key, const pc_key_plan *plan)
{
    uint8_t id[64];

    for (size_t i = 0; i < PC_COUNT(private_rows); i++) {
        const private_row *row = &private_rows[i];
        int expected = row->fixed >= 0 ? row->fixed : row->fixed == -1 ? plan->exportable : !plan->exportable;
        int read = raw_flag(raw, key, row->type);

        if (read != expected) {
            print_error("%s, CKA_%s\n", plan->label, row->name);
        }
        assert_int_equal(read, expected);
    }
    assert_int_equal(raw_read(raw, key, CKA_ID, id, sizeof id), PC_KEY_ID_LEN);
    assert_memory_equal(id, plan->id, PC_KEY_ID_LEN);
}

static const struct {
    const char *name;
    pc_key_kind kind;
    CK_KEY_TYPE type;
    size_t modulus_bytes;
    const char *curve;
    size_t curve_len;
} kinds[] = {
    { "rsa-2048", PC_KEY_RSA_2048, CKK_RSA, 256, NULL, 0 },
    { "rsa-3072", PC_KEY_RSA_3072, CKK_RSA, 384, NULL, 0 },
    { "rsa-4096", PC_KEY_RSA_4096, CKK_RSA, 512, NULL, 0 },
    { "ec-p256", PC_KEY_EC_P256, CKK_EC, 0, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 },
    { "ec-p384", PC_KEY_EC_P384, CKK_EC, 0, "\x06\x05\x2b\x81\x04\x00\x22", 7 },
    { "ec-p521", PC_KEY_EC_P521, CKK_EC, 0, "\x06\x05\x2b\x81\x04\x00\x23", 7 },
};

static void judge_public(const raw_token *raw, CK_OBJECT_HANDLE key, size_t kind, const pc_key_plan *plan)
{
    CK_KEY_TYPE type = 0;
    uint8_t bytes[1024];

    assert_int_equal(raw_read(raw, key, CKA_KEY_TYPE, &type, sizeof type), sizeof type);
    assert_int_equal(type, kinds[kind].type);
    if (kinds[kind].modulus_bytes) {
        assert_int_equal(raw_read(raw, key, CKA_MODULUS, bytes, sizeof bytes), kinds[kind].modulus_bytes);
        assert_int_equal(raw_read(raw, key, CKA_PUBLIC_EXPONENT, bytes, sizeof bytes), 3);
        assert_memory_equal(bytes, "\x01\x00\x01", 3);
    } else {
        assert_int_equal(raw_read(raw, key, CKA_EC_PARAMS, bytes, sizeof bytes), kinds[kind].curve_len);
        assert_memory_equal(bytes, kinds[kind].curve, kinds[kind].curve_len);
    }
    assert_int_equal(raw_flag(raw, key, CKA_TOKEN), 1);
    assert_int_equal(raw_flag(raw, key, CKA_PRIVATE), 0);
    assert_int_equal(raw_flag(raw, key, CKA_VERIFY), 1);
    assert_int_equal(raw_flag(raw, key, CKA_ENCRYPT), 0);
    assert_int_equal(raw_flag(raw, key, CKA_WRAP), 0);
    assert_int_equal(raw_flag(raw, key, CKA_VERIFY_RECOVER), 0);
    assert_int_equal(raw_read(raw, key, CKA_ID, bytes, sizeof bytes), PC_KEY_ID_LEN);
    assert_memory_equal(bytes, plan->id, PC_KEY_ID_LEN);
}

static void every_kind_has_every_attribute_as_stated(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(kinds) * 2; i++) {
        char label[64];
        raw_token raw;
        size_t kind = i / 2;

        (void)snprintf(label, sizeof label, "%s-%s", i % 2 ? "exportable" : "fixed", kinds[kind].name);
        pc_key_plan plan = plan_for(kinds[kind].kind, label);

        plan.exportable = i % 2;
        outcome made = make_key(&plan, SOFTHSM_MODULE);

        assert_int_equal(made.status, PC_OK);
        assert_int_equal(made.rung, PC_RUNG_WHOLE);
        assert_string_equal(made.unsupported_flags, "");
        raw_open("keys", &raw);
        judge_private(&raw, raw_labelled(&raw, CKO_PRIVATE_KEY, label), &plan);
        judge_public(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, label), kind, &plan);
        raw_close(&raw);
    }
}

static const struct {
    const char *name;
    pc_key_kind kind;
    unsigned key_usage;
    int decrypt;
    int derive;
} usages[] = {
    { "rsa-signature", PC_KEY_RSA_2048, PC_KU_DIGITAL_SIGNATURE, 0, 0 },
    { "rsa-encipherment", PC_KEY_RSA_2048, PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT, 1, 0 },
    { "rsa-data", PC_KEY_RSA_2048, PC_KU_DATA_ENCIPHERMENT, 1, 0 },
    { "rsa-agreement", PC_KEY_RSA_2048, PC_KU_KEY_AGREEMENT, 0, 0 },
    { "ec-agreement", PC_KEY_EC_P256, PC_KU_KEY_AGREEMENT, 0, 1 },
    { "ec-encipherment", PC_KEY_EC_P256, PC_KU_KEY_ENCIPHERMENT, 0, 0 },
};

static void usage_follows_the_key_usage_of_the_request(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(usages); i++) {
        raw_token raw;
        pc_key_plan plan = plan_for(usages[i].kind, usages[i].name);

        plan.key_usage = usages[i].key_usage;
        assert_int_equal(make_key(&plan, SOFTHSM_MODULE).status, PC_OK);
        raw_open("keys", &raw);
        CK_OBJECT_HANDLE key = raw_labelled(&raw, CKO_PRIVATE_KEY, usages[i].name);

        assert_int_equal(raw_flag(&raw, key, CKA_DECRYPT), usages[i].decrypt);
        assert_int_equal(raw_flag(&raw, key, CKA_DERIVE), usages[i].derive);
        assert_int_equal(raw_flag(&raw, key, CKA_UNWRAP), 0);
        assert_int_equal(raw_flag(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, usages[i].name), CKA_ENCRYPT),
                         usages[i].decrypt);
        raw_close(&raw);
    }
}

static void pkcs11_tool_sees_a_fixed_key_as_never_extractable(void **state)
{
    static char out[65536];
    const char *const argv[] = { "pkcs11-tool",    "--module", SOFTHSM_MODULE, "--token-label",
                                 "keys",           "--login",  "--pin",        TOKEN_STORE_PIN,
                                 "--list-objects", "--type",   "privkey",      "--label",
                                 "seen-by-tool",   NULL };
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "seen-by-tool");

    (void)state;
    assert_int_equal(make_key(&plan, SOFTHSM_MODULE).status, PC_OK);
    assert_int_equal(run_program(argv, out, sizeof out), 0);
    const char *at = strstr(out, "seen-by-tool");

    assert_non_null(at);
    assert_non_null(strstr(at, "Usage:      sign\n"));
    assert_non_null(strstr(at, "Access:     sensitive, always sensitive, never extractable, local"));
}

static void subject_of_the_plan_is_on_the_private_key(void **state)
{
    static const uint8_t subject[] = "\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x61"; /* CN=a */
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "with-subject");
    uint8_t read[64];
    raw_token raw;

    (void)state;
    plan.subject.data = subject;
    plan.subject.len = 14;
    assert_int_equal(make_key(&plan, SOFTHSM_MODULE).status, PC_OK);
    raw_open("keys", &raw);
    CK_OBJECT_HANDLE key = raw_labelled(&raw, CKO_PRIVATE_KEY, "with-subject");

    assert_int_equal(raw_read(&raw, key, CKA_SUBJECT, read, sizeof read), 14);
    assert_memory_equal(read, subject, 14);
    raw_close(&raw);
}

/* --- modules that refuse, lie or fail --- */

static const struct {
    const char *name;
    const char *plan;
    pc_template_rung rung;
    unsigned tries;
} ladder[] = {
    { "refused-never", "", PC_RUNG_WHOLE, 1 },
    { "refused-once", "C_GenerateKeyPair=1 return=0x12", PC_RUNG_NO_CONTROL, 2 },
    { "refused-twice", "C_GenerateKeyPair=1 return=0x12; C_GenerateKeyPair=2 return=0x12", PC_RUNG_BARE, 3 },
    { "refused-as-inconsistent", "C_GenerateKeyPair=1 return=0xd1", PC_RUNG_NO_CONTROL, 2 },
    { "refused-as-value-invalid", "C_GenerateKeyPair=1 return=0x13", PC_RUNG_NO_CONTROL, 2 },
    { "refused-the-way-of-nss", "C_GenerateKeyPair=1 return=0x05; C_GenerateKeyPair=2 return=0x05", PC_RUNG_NO_CONTROL,
      3 },
    { "failed-once-the-way-of-softhsm", "C_GenerateKeyPair=1 return=0x05", PC_RUNG_WHOLE, 2 },
};

static void refused_template_is_tried_again_with_less_in_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(ladder); i++) {
        raw_token raw;
        pc_key_plan plan = plan_for(PC_KEY_EC_P256, ladder[i].name);

        fault_plan(&store, ladder[i].plan);
        outcome made = make_key(&plan, FAULT_MODULE);

        assert_int_equal(made.status, PC_OK);
        assert_int_equal(made.rung, ladder[i].rung);
        assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), ladder[i].tries);
        raw_open("keys", &raw);
        CK_OBJECT_HANDLE key = raw_labelled(&raw, CKO_PRIVATE_KEY, ladder[i].name);

        assert_int_equal(raw_flag(&raw, key, CKA_EXTRACTABLE), 0);
        assert_int_equal(raw_flag(&raw, key, CKA_SENSITIVE), 1);
        assert_int_equal(raw_flag(&raw, key, CKA_SIGN), 1);
        assert_int_equal(raw_flag(&raw, key, CKA_DECRYPT), 0);
        raw_close(&raw);
    }
}

static void flags_omitted_from_the_template_are_named(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "not-all-held");

    (void)state;
    fault_plan(&store, "C_GenerateKeyPair=1 return=0x12; C_GenerateKeyPair=2 return=0x12");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_OK);
    /* SoftHSM's own defaults, where nothing is stated. */
    assert_non_null(strstr(made.unsupported_flags, "copyable is true"));
    assert_non_null(strstr(made.unsupported_flags, "modifiable is true"));
    assert_null(strstr(made.unsupported_flags, "extractable"));
}

static void assert_nothing_labelled(const char *label)
{
    raw_token raw;

    raw_open("keys", &raw);
    assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, label), 0);
    assert_int_equal(raw_count_labelled(&raw, CKO_PUBLIC_KEY, label), 0);
    raw_close(&raw);
}

static void every_template_refused_makes_no_key(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "refused-always");

    (void)state;
    fault_plan(&store, "C_GenerateKeyPair=1+ return=0x12");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_E_TOKEN);
    assert_int_equal(made.err.code, CKR_ATTRIBUTE_TYPE_INVALID);
    assert_true(error_says(&made.err, "no key was created"));
    assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), PC_RUNG_COUNT);
    assert_nothing_labelled("refused-always");
}

static void other_errors_are_not_tried_again(void **state)
{
    static const char *const codes[] = { "0x30", "0x31", "0x32", "0x02", "0x70" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(codes); i++) {
        char plan_text[64];
        pc_key_plan plan = plan_for(PC_KEY_EC_P256, "failed");

        (void)snprintf(plan_text, sizeof plan_text, "C_GenerateKeyPair=1+ return=%s", codes[i]);
        fault_plan(&store, plan_text);
        assert_int_equal(make_key(&plan, FAULT_MODULE).status, PC_E_TOKEN);
        assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), 1);
        assert_nothing_labelled("failed");
    }
}

static const struct {
    const char *name;
    const char *plan;
    const char *said;
    bool exportable;
} lies[] = {
    { "extractable", "C_GetAttributeValue=1+ flip=0@0x162", "extractable is true", false },
    { "not-sensitive", "C_GetAttributeValue=1+ flip=0@0x103", "sensitive is false", false },
    { "not-private", "C_GetAttributeValue=1+ flip=0@0x2", "private is false", false },
    { "session-object", "C_GetAttributeValue=1+ flip=0@0x1", "token is false", false },
    { "once-extractable", "C_GetAttributeValue=1+ flip=0@0x164", "never-extractable is false", false },
    { "not-local", "C_GetAttributeValue=1+ flip=0@0x163", "local is false", false },
    { "decrypts", "C_GetAttributeValue=1+ flip=0@0x105", "decrypt is true", false },
    { "not-exportable", "C_GetAttributeValue=1+ flip=0@0x162", "extractable is false", true },
    { "silent-on-extractable", "C_GetAttributeValue=1+ length=-1@0x162", "extractable is not shown", false },
    { "silent-on-sensitive", "C_GetAttributeValue=1+ length=0@0x103", "sensitive is not shown", false },
    { "other-curve", "C_GetAttributeValue=1+ put=0x13@0x180", "not ec-p256", false },
};

static void key_with_a_wrong_flag_is_destroyed_and_the_flag_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(lies); i++) {
        pc_key_plan plan = plan_for(PC_KEY_EC_P256, lies[i].name);

        plan.exportable = lies[i].exportable;
        fault_plan(&store, lies[i].plan);
        outcome made = make_key(&plan, FAULT_MODULE);

        if (made.status != PC_E_VERIFY || !error_says(&made.err, lies[i].said)) {
            print_error("%s: %s\n", lies[i].name, made.err.frames[0]);
        }
        assert_int_equal(made.status, PC_E_VERIFY);
        assert_true(error_says(&made.err, lies[i].said));
        assert_true(error_says(&made.err, "was destroyed again"));
        assert_nothing_labelled(lies[i].name);
    }
}

/* How many calls of C_GetAttributeValue one reading of a key takes. */
static unsigned calls_per_reading(const char *label)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, label);

    fault_plan(&store, "");
    assert_int_equal(make_key(&plan, FAULT_MODULE).status, PC_OK);
    return fault_calls(&store, "C_GetAttributeValue");
}

/* SoftHSM does this while another thread searches. */
static void value_that_is_wrong_for_an_instant_costs_no_key(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "instant");

    (void)state;
    unsigned once = calls_per_reading("instant-0");

    fault_plan(&store, "C_GetAttributeValue=2 flip=0@0x1");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_OK);
    assert_int_equal(3 * once, fault_calls(&store, "C_GetAttributeValue"));
    plan = plan_for(PC_KEY_EC_P256, "instant-not-found");
    fault_plan(&store, "C_FindObjects=1 length=0");
    assert_int_equal(make_key(&plan, FAULT_MODULE).status, PC_OK);
}

static void value_that_keeps_changing_is_not_believed(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "changing");
    char text[512] = "";

    (void)state;
    unsigned once = calls_per_reading("changing-0");

    for (unsigned i = 0; i < 6; i += 2) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%sC_GetAttributeValue=%u flip=0@0x162",
                       i ? "; " : "", i * once + 2);
    }
    fault_plan(&store, text);
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_E_VERIFY);
    assert_true(error_says(&made.err, "extractable is true"));
    assert_nothing_labelled("changing");
}

static void wrong_flag_that_the_plan_tolerates_is_named_and_the_key_kept(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "tolerated");

    (void)state;
    plan.tolerated = PC_KEY_FLAG_BIT(PC_KEY_LOCAL);
    fault_plan(&store, "C_GetAttributeValue=1+ flip=0@0x163");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_OK);
    assert_string_equal(made.tolerated, "local is false");
    assert_string_equal(made.unsupported_flags, "");

    plan = plan_for(PC_KEY_EC_P256, "tolerated-for-nothing");
    plan.tolerated = PC_KEY_FLAG_BIT(PC_KEY_LOCAL);
    made = make_key(&plan, SOFTHSM_MODULE);
    assert_int_equal(made.status, PC_OK);
    assert_string_equal(made.tolerated, "");
}

static void one_tolerated_flag_does_not_excuse_another(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "two-lies");

    (void)state;
    plan.tolerated = PC_KEY_FLAG_BIT(PC_KEY_LOCAL);
    fault_plan(&store, "C_GetAttributeValue=1+ flip=0@0x164");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_E_VERIFY);
    assert_true(error_says(&made.err, "never-extractable is false"));
    assert_nothing_labelled("two-lies");
}

static void hint_is_shown_if_only_the_origin_is_wrong(void **state)
{
    pc_key_plan plan = plan_for(PC_KEY_EC_P256, "hinted");

    (void)state;
    fault_plan(&store, "C_GetAttributeValue=1+ flip=0@0x163");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_true(error_says(&made.err, "--tolerate local"));
    fault_plan(&store, "C_GetAttributeValue=1+ flip=0@0x164");
    plan = plan_for(PC_KEY_EC_P256, "not-hinted");
    made = make_key(&plan, FAULT_MODULE);
    assert_false(error_says(&made.err, "--tolerate local"));
}

static void wrong_key_that_cannot_be_destroyed_is_reported(void **state)
{
    static const struct {
        const char *label, *plan, *said;
    } rows[] = {
        { "stays-1", "C_DestroyObject=1+ return=0x30; C_GetAttributeValue=1+ flip=0@0x162", "CKR_DEVICE_ERROR" },
        { "stays-2", "C_DestroyObject=2 return=0x1b; C_GetAttributeValue=1+ flip=0@0x162", "CKR_ACTION_PROHIBITED" },
        /* A vendor's code has no name, but is printed anyway. */
        { "stays-3", "C_DestroyObject=1+ return=0x80000123; C_GetAttributeValue=1+ flip=0@0x162", "0x80000123" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_key_plan plan = plan_for(PC_KEY_EC_P256, rows[i].label);

        fault_plan(&store, rows[i].plan);
        outcome made = make_key(&plan, FAULT_MODULE);

        assert_int_equal(made.status, PC_E_VERIFY);
        assert_true(error_says(&made.err, "could not be destroyed again"));
        assert_true(error_says(&made.err, "must not be used"));
        assert_true(error_says(&made.err, rows[i].said));
    }
}

static const struct {
    const char *label;
    const char *plan;
    bool whole;
} unknown_outcomes[] = {
    { "made-but-error", "C_GenerateKeyPair=1 then=0x30", true },
    { "made-but-refused", "C_GenerateKeyPair=1 then=0x12", true },
    { "made-but-general-error", "C_GenerateKeyPair=1 then=0x05", true },
    { "gone-after-it", "C_GenerateKeyPair=1 then=0x32; C_FindObjectsInit=1+ return=0x32", true },
    { "gone-before-it", "C_GenerateKeyPair=1+ return=0x32; C_FindObjectsInit=1+ return=0x32", false },
    { "not-found-again", "C_FindObjects=1 return=0x30", true },
    { "attributes-fail", "C_GetAttributeValue=1 return=0x30", true },
    { "nothing-made", "C_GenerateKeyPair=1 skip=0", false },
};

static void unknown_outcome_gives_the_id_and_makes_no_second_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(unknown_outcomes); i++) {
        char hex[PC_KEY_ID_LEN * 2 + 1];
        raw_token raw;
        pc_key_plan plan = plan_for(PC_KEY_EC_P256, unknown_outcomes[i].label);

        for (size_t j = 0; j < PC_KEY_ID_LEN; j++) {
            (void)snprintf(hex + 2 * j, 3, "%02x", plan.id[j]);
        }
        fault_plan(&store, unknown_outcomes[i].plan);
        outcome made = make_key(&plan, FAULT_MODULE);

        assert_int_not_equal(made.status, PC_OK);
        assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), 1);
        assert_true(error_says(&made.err, "may or may not be on the token"));
        assert_true(error_says(&made.err, hex));
        raw_open("keys", &raw);
        assert_int_equal(raw_count_labelled(&raw, CKO_PRIVATE_KEY, plan.label), unknown_outcomes[i].whole);
        assert_int_equal(raw_count_labelled(&raw, CKO_PUBLIC_KEY, plan.label), unknown_outcomes[i].whole);
        raw_close(&raw);
    }
}

static void session_for_reading_back_is_opened_before_a_key_is_made(void **state)
{
    const pc_key_plan plan = plan_for(PC_KEY_EC_P256, "no-second-session");

    (void)state;
    fault_plan(&store, "C_OpenSession=2 return=0xb1");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_E_TOKEN);
    assert_int_equal(fault_calls(&store, "C_GenerateKeyPair"), 0);
}

static void key_that_shows_another_id_than_it_has_is_not_believed(void **state)
{
    const pc_key_plan plan = plan_for(PC_KEY_EC_P256, "other-id");

    (void)state;
    fault_plan(&store, "C_GetAttributeValue=1+ flip=0@0x102");
    outcome made = make_key(&plan, FAULT_MODULE);

    assert_int_equal(made.status, PC_E_VERIFY);
    assert_true(error_says(&made.err, "cannot be found by it"));
    assert_nothing_labelled("other-id");
}

/* A nameless key that another program made during an import is not what SoftHSM leaves of a refused template.
 */
static void a_nameless_key_of_another_kind_is_not_removed(void **state)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_DSA;
    CK_BBOOL yes = CK_TRUE;
    CK_BYTE number[20] = { 1 };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },     { CKA_KEY_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, sizeof yes },         { CKA_PRIME, number, sizeof number },
        { CKA_SUBPRIME, number, sizeof number }, { CKA_BASE, number, sizeof number },
        { CKA_VALUE, number, sizeof number },
    };
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, "keys");
    pc_arena *arena = pc_arena_new();
    pc_handles before = { .items = NULL };
    pc_handles after = { .items = NULL };
    CK_OBJECT_HANDLE handle = 0;
    pc_token *token = NULL;

    (void)state;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    assert_int_equal(pc_empty_keys_find(token, arena, &before, NULL), PC_OK);
    assert_int_equal(token->functions->C_CreateObject(token->session, template, PC_COUNT(template), &handle), CKR_OK);
    assert_int_equal(pc_empty_keys_remove_new(token, &before, arena, NULL), PC_OK);
    assert_int_equal(pc_empty_keys_find(token, arena, &after, NULL), PC_OK);
    assert_int_equal(after.count, before.count + 1);
    assert_int_equal(token->functions->C_DestroyObject(token->session, handle), CKR_OK);
    pc_token_close(token);
    pc_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_every_attribute_as_stated),
        cmocka_unit_test(usage_follows_the_key_usage_of_the_request),
        cmocka_unit_test(pkcs11_tool_sees_a_fixed_key_as_never_extractable),
        cmocka_unit_test(subject_of_the_plan_is_on_the_private_key),
        cmocka_unit_test(refused_template_is_tried_again_with_less_in_it),
        cmocka_unit_test(flags_omitted_from_the_template_are_named),
        cmocka_unit_test(every_template_refused_makes_no_key),
        cmocka_unit_test(other_errors_are_not_tried_again),
        cmocka_unit_test(key_with_a_wrong_flag_is_destroyed_and_the_flag_named),
        cmocka_unit_test(value_that_is_wrong_for_an_instant_costs_no_key),
        cmocka_unit_test(value_that_keeps_changing_is_not_believed),
        cmocka_unit_test(wrong_flag_that_the_plan_tolerates_is_named_and_the_key_kept),
        cmocka_unit_test(one_tolerated_flag_does_not_excuse_another),
        cmocka_unit_test(hint_is_shown_if_only_the_origin_is_wrong),
        cmocka_unit_test(wrong_key_that_cannot_be_destroyed_is_reported),
        cmocka_unit_test(unknown_outcome_gives_the_id_and_makes_no_second_key),
        cmocka_unit_test(session_for_reading_back_is_opened_before_a_key_is_made),
        cmocka_unit_test(key_that_shows_another_id_than_it_has_is_not_believed),
        cmocka_unit_test(a_nameless_key_of_another_kind_is_not_removed),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
