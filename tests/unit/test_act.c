/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded of an act on a token whose module answers CKR_OK, whether or not it filled anything in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "token/act.h"

static bool fills; /* whether the module below fills in what it is asked for */
static pc_act seen;

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
    (void)session;
    if (fills) {
        *info = (CK_SESSION_INFO){ .slotID = 7 };
    }
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    assert_int_equal(slot, 7);
    if (fills) {
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
    for (CK_ULONG i = 0; fills && i < count; i++) {
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
        memcpy(values[i].pValue, value, values[i].ulValueLen);
    }
    return CKR_OK;
}

static CK_FUNCTION_LIST module = {
    .C_GetSessionInfo = get_session_info,
    .C_GetTokenInfo = get_token_info,
    .C_GetAttributeValue = get_attribute_value,
};

static CK_RV see(void *context, const pc_act *act)
{
    (void)context;
    seen = *act;
    return CKR_OK;
}

static void describe_a_removal(void)
{
    static const pc_act_observer observer = { .begin = see };
    const pc_act_call call = { .name = "remove-object", .calls = &module, .session = 1, .object = 2 };
    pc_running_act running;

    memset(&seen, 0xa5, sizeof seen);
    pc_acts_observe(&observer);
    assert_int_equal(pc_act_begin("C_DestroyObject", &call, &running), CKR_OK);
    pc_acts_observe(NULL);
    assert_true(running.is_one);
}

static void an_act_names_its_token_and_its_object(void **state)
{
    (void)state;
    fills = true;
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
    fills = false;
    describe_a_removal();
    assert_false(seen.has_token || seen.has_label || seen.has_id);
    assert_string_equal(seen.token_label, "");
    assert_string_equal(seen.class_name, "");
    assert_string_equal(seen.label, "");
    assert_string_equal(seen.id, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_names_its_token_and_its_object),
        cmocka_unit_test(what_a_module_left_untouched_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
