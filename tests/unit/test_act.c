/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded about an act on a token whose module answers CKR_OK, whatever it filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "token/act.h"
#include "token/calls.h"

/* How the module below fills in its answers. */
static enum { FILLED, LENGTHS_ALONE, UNTOUCHED } answer;
static pc_act seen;

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
    (void)session;
    if (answer != UNTOUCHED) {
        *info = (CK_SESSION_INFO){ .slotID = 7 };
    }
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    assert_int_equal(slot, 7);
    if (answer != UNTOUCHED) {
        memset(info, ' ', sizeof *info);
        memcpy(info->label, "servers", 7);
        memcpy(info->serialNumber, "5b1c", 4);
    }
    return CKR_OK;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR values,
                                 CK_ULONG count)
{
    (void)session;
    (void)object;
    for (CK_ULONG i = 0; answer != UNTOUCHED && i < count; i++) {
        const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
        const CK_BBOOL yes = CK_TRUE;
        const void *value = values[i].type == CKA_CLASS   ? (const void *)&class
                            : values[i].type == CKA_TOKEN ? (const void *)&yes
                            : values[i].type == CKA_LABEL ? "w\nb"
                                                          : "\x01\xab";

        values[i].ulValueLen = values[i].type == CKA_CLASS   ? sizeof class
                               : values[i].type == CKA_TOKEN ? sizeof yes
                               : values[i].type == CKA_LABEL ? 3
                                                             : 2;
        if (answer == FILLED) {
            memcpy(values[i].pValue, value, values[i].ulValueLen);
        }
    }
    return CKR_OK;
}

static CK_RV set_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR values,
                                 CK_ULONG count)
{
    (void)session;
    (void)object;
    (void)values;
    (void)count;
    return CKR_OK;
}

static CK_FUNCTION_LIST module = {
    .C_GetSessionInfo = get_session_info,
    .C_GetTokenInfo = get_token_info,
    .C_GetAttributeValue = get_attribute_value,
    .C_SetAttributeValue = set_attribute_value,
};

static CK_RV see(void *context, const pc_act *act)
{
    (void)context;
    seen = *act;
    return CKR_OK;
}

static void forget(void *context, const pc_act *act, CK_RV rv)
{
    (void)context;
    (void)act;
    assert_int_equal(rv, CKR_OK);
}

static const pc_act_observer observer = { .begin = see, .end = forget };

static void describe(const char *function, const pc_act_call *call)
{
    pc_running_act running;

    memset(&seen, 0xa5, sizeof seen);
    pc_acts_observe(&observer);
    assert_int_equal(pc_act_begin(function, call, &running), CKR_OK);
    pc_acts_observe(NULL);
    assert_true(running.is_one);
}

static void describe_a_removal(void)
{
    const pc_act_call call = { .name = "remove-object", .calls = &module, .session = 1, .object = 2 };

    describe("C_DestroyObject", &call);
}

static void an_act_names_its_token_and_its_object(void **state)
{
    (void)state;
    answer = FILLED;
    describe_a_removal();
    assert_true(seen.has_token && seen.has_label && seen.has_id);
    assert_string_equal(seen.token_label, "servers");
    assert_string_equal(seen.token_serial, "5b1c");
    assert_string_equal(seen.class_name, "private-key");
    assert_string_equal(seen.label, "w\\x0ab");
    assert_string_equal(seen.id, "01ab");
}

static void what_a_module_left_untouched_is_unknown(void **state)
{
    (void)state;
    answer = UNTOUCHED;
    describe_a_removal();
    assert_false(seen.has_token || seen.has_label || seen.has_id);
    assert_string_equal(seen.token_label, "");
    assert_string_equal(seen.class_name, "");
    assert_string_equal(seen.label, "");
    assert_string_equal(seen.id, "");
}

/* Zeros would be CKA_TOKEN false: an object of a session, whose removal has no record. */
static void lengths_without_values_do_not_hide_an_act(void **state)
{
    (void)state;
    answer = LENGTHS_ALONE;
    describe_a_removal();
    assert_true(seen.has_token);
    assert_false(seen.has_label || seen.has_id);
    assert_string_equal(seen.class_name, "");
}

static void a_change_names_the_object_as_it_was(void **state)
{
    char label[] = "new";
    CK_BYTE id = 2;
    CK_ATTRIBUTE wanted[] = { { CKA_LABEL, label, strlen(label) }, { CKA_ID, &id, sizeof id } };
    CK_FUNCTION_LIST *calls = NULL;

    (void)state;
    answer = FILLED;
    assert_int_equal(pc_calls_take(&module, &calls, NULL), PC_OK);
    pc_acts_observe(&observer);
    assert_int_equal(calls->C_SetAttributeValue(1, 2, wanted, PC_COUNT(wanted)), CKR_OK);
    pc_acts_observe(NULL);
    pc_calls_release(calls);
    assert_string_equal(seen.label, "w\\x0ab");
    assert_string_equal(seen.id, "01ab");
}

static void a_copy_without_an_id_does_not_have_that_of_the_original(void **state)
{
    const CK_ATTRIBUTE wanted = { CKA_ID, NULL, 0 };
    const pc_act_call call = {
        .name = "copy-object", .calls = &module, .session = 1, .object = 2, .attributes = &wanted, .count = 1
    };

    (void)state;
    answer = FILLED;
    describe("C_CopyObject", &call);
    assert_true(seen.has_id);
    assert_string_equal(seen.id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_names_its_token_and_its_object),
        cmocka_unit_test(what_a_module_left_untouched_is_unknown),
        cmocka_unit_test(lengths_without_values_do_not_hide_an_act),
        cmocka_unit_test(a_change_names_the_object_as_it_was),
        cmocka_unit_test(a_copy_without_an_id_does_not_have_that_of_the_original),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
