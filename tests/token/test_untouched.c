/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "raw_token.h"
#include "run.h"
#include "token/abilities.h"
#include "token/attributes.h"
#include "token/certificate_object.h"
#include "token/key.h"
#include "token/key_surroundings.h"
#include "token/mechanisms.h"
#include "token_store.h"

/* Answers that leave buffers unchanged: something that was not read is neither a value nor the absence of one. */

static token_store store;

/* Bytes with which buffers are filled before a call. */
static const char *const filling_ids[] = { "\xa5", "\x5a", "\xa5\xa5\xa5\xa5", "\x5a\x5a" };

static int make_store(void **state)
{
    raw_token raw;
    CK_OBJECT_HANDLE public_key = 0;
    uint8_t certificate[9000];

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa-id" }, NULL);
    for (size_t i = 0; i < PC_COUNT(filling_ids); i++) {
        (void)raw_generate(&raw, &(raw_key_plan){ .label = filling_ids[i], .id = filling_ids[i] }, &public_key);
    }
    memset(certificate, 0x30, sizeof certificate);
    raw_write_certificate(&raw, "long", "rsa-id", (pc_bytes){ certificate, sizeof certificate });
    raw_close(&raw);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

/* The module's quirks start after the key has been found. */
static pc_token *open_token(void)
{
    const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "keys");
    pc_token *token = NULL;

    assert_int_equal(0, setenv("P11CERT_ANSWERS", "", 1));
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, NULL), PC_OK);
    return token;
}

static pc_status find_labelled(const pc_token *token, const char *label, pc_arena *arena, pc_key *ret_key,
                               pc_error *err)
{
    const pc_key_selector selector = { .words = label, .label = label };

    return pc_key_find(token, &selector, arena, ret_key, err);
}

static void use_habits(const char *habits)
{
    assert_int_equal(0, setenv("P11CERT_ANSWERS", habits, 1));
}

static const char *const readable[] = { "", "stops", "fails-whole", "old-lengths" };

static void what_one_call_does_not_show_is_read_one_by_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(readable); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_error err = { .status = PC_OK };
        char kind[32];
        pc_key key;

        use_habits(readable[i]);
        if (find_labelled(token, "rsa", arena, &key, &err) != PC_OK) {
            fail_msg("%s: %s", readable[i], err.frames[0]);
        }
        assert_string_equal(key.label, "rsa");
        assert_string_equal(pc_key_describe(&key, kind), "RSA-2048");
        assert_int_equal(key.id.len, 6);
        assert_memory_equal(key.id.data, "rsa-id", 6);
        assert_int_equal(key.subject.len, 0);
        assert_int_equal(key.flags[PC_KEY_TOKEN], PC_FACT_TRUE);
        assert_int_equal(key.flags[PC_KEY_EXTRACTABLE], PC_FACT_FALSE);
        assert_int_equal(key.flags[PC_KEY_COPYABLE], PC_FACT_UNKNOWN);
        assert_int_equal(key.flags[PC_KEY_DESTROYABLE], PC_FACT_UNKNOWN);
    }
}

static void a_value_longer_than_usual_is_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(readable); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_certificate_objects found;

        use_habits(readable[i]);
        assert_int_equal(pc_certificate_list(token, arena, &found, NULL), PC_OK);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.items[0].value.len, 9000);
        assert_string_equal(found.items[0].label, "long");
    }
}

static void a_value_that_looks_like_an_untouched_buffer_is_a_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(readable) * PC_COUNT(filling_ids); i++) {
        const char *id = filling_ids[i % PC_COUNT(filling_ids)];
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_key key;

        use_habits(readable[i / PC_COUNT(filling_ids)]);
        assert_int_equal(find_labelled(token, id, arena, &key, NULL), PC_OK);
        assert_string_equal(key.label, id);
        assert_int_equal(key.id.len, strlen(id));
        assert_memory_equal(key.id.data, id, strlen(id));
    }
}

static void an_answer_without_values_is_an_error(void **state)
{
    static const char *const silent[] = { "untouched", "lengths-alone" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(silent); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_certificate_objects certificates;
        pc_labelled_key labelled;
        pc_error err = { .status = PC_OK };
        pc_key key;

        use_habits(silent[i]);
        assert_int_equal(find_labelled(token, "rsa", arena, &key, &err), PC_E_TOKEN);
        assert_non_null(strstr(err.frames[0], "C_GetAttributeValue: the module returned CKR_OK and no value"));
        assert_int_equal(pc_key_find_labelled(token, "rsa", arena, &labelled, NULL), PC_E_TOKEN);
        assert_int_equal(pc_certificate_list(token, arena, &certificates, NULL), PC_E_TOKEN);
    }
}

static void a_flag_without_a_value_is_unknown(void **state)
{
    static const CK_ATTRIBUTE_TYPE flag[] = { CKA_EXTRACTABLE };
    static const char *const silent[] = { "untouched", "lengths-alone" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(silent); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_attributes attributes;
        pc_key key;

        assert_int_equal(find_labelled(token, "rsa", arena, &key, NULL), PC_OK);
        use_habits(silent[i]);
        assert_int_equal(pc_attributes_read((pc_object){ token, key.handle }, PC_TYPES(flag), arena, &attributes, NULL),
                         PC_OK);
        assert_int_equal(pc_attributes_fact(&attributes, CKA_EXTRACTABLE), PC_FACT_UNKNOWN);
    }
}

static void a_list_of_mechanisms_that_was_not_given_is_not_empty(void **state)
{
    static const char *const silent[] = { "no-list", "list-fails" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(silent); i++) {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        PC_AUTO(pc_token) pc_token *token = open_token();
        pc_mechanisms mechanisms;

        assert_int_equal(pc_mechanisms_read(pc_mechanisms_of(token), arena, &mechanisms, NULL), PC_OK);
        assert_true(mechanisms.read && mechanisms.count > 0);
        use_habits(silent[i]);
        assert_int_equal(pc_mechanisms_read(pc_mechanisms_of(token), arena, &mechanisms, NULL), PC_OK);
        assert_false(mechanisms.read);
    }
}

static void flags_of_a_mechanism_that_were_not_given_are_not_zero(void **state)
{
    static const char *const silent[] = { "no-info", "info-fails" };
    PC_AUTO(pc_token) pc_token *token = open_token();
    unsigned long flags = 0;

    (void)state;
    assert_int_equal(pc_mechanism_flags(token, CKM_RSA_PKCS_PSS, &flags, NULL), PC_OK);
    assert_true(flags & CKF_SIGN);
    assert_int_equal(pc_mechanism_flags(token, 0x7fffffff, &flags, NULL), PC_OK); /* CKR_MECHANISM_INVALID */
    assert_int_equal(flags, 0);
    for (size_t i = 0; i < PC_COUNT(silent); i++) {
        use_habits(silent[i]);
        assert_int_equal(pc_mechanism_flags(token, CKM_RSA_PKCS_PSS, &flags, NULL), PC_E_TOKEN);
    }
}

static void read_abilities(const pc_token *token, pc_arena *arena, pc_token_abilities *ret_abilities)
{
    pc_slot *slots = NULL;
    size_t count = 0;

    assert_int_equal(pc_module_slots(token->module, arena, &slots, &count, NULL), PC_OK);
    assert_true(count > 0);
    assert_int_equal(pc_token_abilities_read(token->module, &slots[0], arena, ret_abilities, NULL), PC_OK);
}

/* Sizes and uses that were not given are neither 0 nor none. */
static void a_mechanism_that_was_not_described_is_unknown(void **state)
{
    static const struct {
        const char *habit;
        const char *why;
    } rows[] = {
        { "info-fails", "C_GetMechanismInfo: CKR_DEVICE_ERROR (0x30)" },
        { "no-info", "C_GetMechanismInfo: the module returned CKR_OK and no information" },
    };
    PC_AUTO(pc_token) pc_token *token = open_token();
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_token_abilities abilities;

    (void)state;
    read_abilities(token, arena, &abilities);
    assert_true(abilities.mechanism_count > 0);
    assert_null(abilities.mechanisms[0].unknown);
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        use_habits(rows[i].habit);
        read_abilities(token, arena, &abilities);
        assert_true(abilities.mechanism_count > 0);
        assert_string_equal(abilities.mechanisms[0].unknown, rows[i].why);
    }
    use_habits("no-list");
    read_abilities(token, arena, &abilities);
    assert_int_equal(abilities.mechanism_count, 0);
    assert_true(abilities.note_count > 0);
    assert_non_null(strstr(abilities.notes[0], "the list of its mechanisms cannot be read"));
}

/* A slot or a token that was not shown is neither present nor missing. */
static void slots_and_tokens_without_an_answer_are_an_error(void **state)
{
    static const struct {
        const char *habit;
        const char *said;
    } rows[] = {
        { "no-slots", "C_GetSlotList: the module counted slots and did not return them" },
        { "no-token-info", "C_GetTokenInfo: the module returned CKR_OK and no information" },
    };
    const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "keys");

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_error err = { .status = PC_OK };
        pc_token *token = NULL;

        use_habits(rows[i].habit);
        assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_E_TOKEN);
        assert_string_equal(err.frames[0], rows[i].said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_call_does_not_show_is_read_one_by_one),
        cmocka_unit_test(a_value_longer_than_usual_is_read_whole),
        cmocka_unit_test(a_value_that_looks_like_an_untouched_buffer_is_a_value),
        cmocka_unit_test(an_answer_without_values_is_an_error),
        cmocka_unit_test(a_flag_without_a_value_is_unknown),
        cmocka_unit_test(a_list_of_mechanisms_that_was_not_given_is_not_empty),
        cmocka_unit_test(slots_and_tokens_without_an_answer_are_an_error),
        cmocka_unit_test(flags_of_a_mechanism_that_were_not_given_are_not_zero),
        cmocka_unit_test(a_mechanism_that_was_not_described_is_unknown),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
