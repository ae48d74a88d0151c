/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/certificate_object.h"

/* The token does not examine a certificate, so any bytes can be one here. */

static token_store store;
static pc_arena *arena;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    arena = pc_arena_new();
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    pc_arena_free(arena);
    token_store_remove(&store);
    return 0;
}

static pc_token *open_token(const char *plan)
{
    pc_token *token = NULL;
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "a");

    fault_plan(&store, plan);
    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    return token;
}

/* All of its values are the label, with a word before it. */
static pc_certificate_object object_of(const char *label)
{
    return (pc_certificate_object){
        .label = label,
        .id = { (const uint8_t *)label, strlen(label) },
        .subject = { (const uint8_t *)"\x30\x00", 2 },
        .issuer = { (const uint8_t *)"\x30\x00", 2 },
        .serial = { (const uint8_t *)"\x02\x01\x05", 3 },
        .value = { (const uint8_t *)label, strlen(label) },
    };
}

static pc_token *open_answering(const char *habits)
{
    pc_token *token = NULL;
    const pc_token_access access = token_store_access(&store, ANSWER_MODULE, "searched");

    assert_int_equal(0, setenv("P11CERT_ANSWERS", habits, 1));
    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    return token;
}

static size_t count_same(const pc_token *token, const char *label)
{
    const pc_bytes value = { (const uint8_t *)label, strlen(label) };
    pc_certificate_objects found = { .count = 9 };

    assert_int_equal(pc_certificate_find_same(token, value, arena, &found, NULL), PC_OK);
    return found.count;
}

static size_t count_of_subject(const pc_token *token, pc_bytes subject)
{
    pc_certificate_objects found = { .count = 9 };

    assert_int_equal(pc_certificate_find_by_subject(token, subject, arena, &found, NULL), PC_OK);
    return found.count;
}

/* Whatever the module can search by: existing certificates are found, others are not, in the first search and later. */
static void certificates_are_found_on_modules_that_cannot_search_by_them(void **state)
{
    static const char *const habits[] = { "", "no-value-search", "refuses-search", "one-a-call,no-value-search" };
    const pc_bytes other_subject = { (const uint8_t *)"\x30\x02\x31\x00", 4 };
    pc_certificate_object other = object_of("other");

    (void)state;
    token_store_add_token(&store, "searched");
    for (size_t i = 0; i < PC_COUNT(habits); i++) { /* without a certificate on the token */
        PC_AUTO(pc_token) pc_token *token = open_answering(habits[i]);

        assert_int_equal(0, count_same(token, "leaf"));
        assert_int_equal(0, count_of_subject(token, other_subject));
    }
    other.subject = other_subject;
    PC_AUTO(pc_token) pc_token *writer = open_answering("");
    const pc_certificate_object leaf = object_of("leaf");

    assert_int_equal(pc_certificate_write(writer, &leaf, arena, NULL), PC_OK);
    assert_int_equal(pc_certificate_write(writer, &other, arena, NULL), PC_OK);
    pc_token_close(PC_TAKE(writer));
    for (size_t i = 0; i < 2 * PC_COUNT(habits); i++) {
        PC_AUTO(pc_token) pc_token *token = open_answering(habits[i / 2]);

        assert_int_equal(i % 2 ? 1 : 0, count_same(token, i % 2 ? "leaf" : "none"));
        assert_int_equal(1, count_same(token, "other"));
        assert_int_equal(0, count_same(token, "none"));
        assert_int_equal(1, count_of_subject(token, other_subject));
        assert_int_equal(0, count_of_subject(token, (pc_bytes){ other_subject.data, 3 }));
    }
}

static pc_status write_object(const char *plan, const pc_certificate_object *object, pc_error *err)
{
    pc_token *token = open_token(plan);
    pc_status status = pc_certificate_write(token, object, arena, err);

    pc_token_close(token);
    return status;
}

static void written_certificate_has_every_attribute(void **state)
{
    static const struct {
        const char *label;
        bool is_authority;
        CK_ULONG category;
    } rows[] = { { "of-the-user", false, 1 }, { "of-an-authority", true, 2 } };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        raw_token raw;
        uint8_t read[64];
        CK_ULONG number = 0;
        pc_certificate_object object = object_of(rows[i].label);

        object.is_authority = rows[i].is_authority;
        assert_int_equal(write_object("", &object, NULL), PC_OK);
        raw_open("a", &raw);
        CK_OBJECT_HANDLE held = raw_labelled(&raw, CKO_CERTIFICATE, rows[i].label);

        assert_int_equal(raw_read(&raw, held, CKA_CERTIFICATE_TYPE, &number, sizeof number), sizeof number);
        assert_int_equal(number, CKC_X_509);
        assert_int_equal(raw_read(&raw, held, CKA_CERTIFICATE_CATEGORY, &number, sizeof number), sizeof number);
        assert_int_equal(number, rows[i].category);
        assert_int_equal(raw_flag(&raw, held, CKA_TOKEN), 1);
        assert_int_equal(raw_flag(&raw, held, CKA_PRIVATE), 0);
        assert_int_equal(raw_read(&raw, held, CKA_ID, read, sizeof read), strlen(rows[i].label));
        assert_memory_equal(read, rows[i].label, strlen(rows[i].label));
        assert_int_equal(raw_read(&raw, held, CKA_VALUE, read, sizeof read), strlen(rows[i].label));
        assert_int_equal(raw_read(&raw, held, CKA_SERIAL_NUMBER, read, sizeof read), 3);
        assert_int_equal(raw_read(&raw, held, CKA_SUBJECT, read, sizeof read), 2);
        assert_int_equal(raw_read(&raw, held, CKA_ISSUER, read, sizeof read), 2);
        raw_close(&raw);
    }
}

static void category_is_left_out_where_the_module_refuses_it(void **state)
{
    pc_certificate_object object = object_of("no-category");
    static const char *const plans[] = {
        "C_CreateObject=1 return=0x12",
        "C_CreateObject=1 return=0xd1",
        "C_CreateObject=1 return=0x13",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        assert_int_equal(write_object(plans[i], &object, NULL), PC_OK);
        assert_int_equal(fault_calls(&store, "C_CreateObject"), 2);
    }
    assert_int_equal(write_object("C_CreateObject=1+ return=0x31", &object, NULL), PC_E_TOKEN);
    assert_int_equal(fault_calls(&store, "C_CreateObject"), 1);
}

static void object_that_reads_back_otherwise_is_removed(void **state)
{
    static const char *const plans[] = {
        "C_GetAttributeValue=1+ flip=0@0x11",    "C_GetAttributeValue=1+ length=-1@0x11",
        "C_GetAttributeValue=1+ length=0@0x11",  "C_GetAttributeValue=1+ length=3@0x11",
        "C_GetAttributeValue=1+ length=0@0x102", "C_GetAttributeValue=1+ flip=7@0x102",
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        raw_token raw;
        pc_error err = { 0 };
        pc_certificate_object object = object_of("falsified");

        assert_int_equal(write_object(plans[i], &object, &err), PC_E_VERIFY);
        assert_true(error_says(&err, "removed again"));
        raw_open("a", &raw);
        assert_int_equal(raw_count_labelled(&raw, CKO_CERTIFICATE, "falsified"), 0);
        raw_close(&raw);
    }
}

static void object_that_cannot_be_removed_again_is_not_to_be_trusted(void **state)
{
    pc_error err = { 0 };
    pc_certificate_object object = object_of("stays");

    (void)state;
    pc_status status = write_object("C_DestroyObject=1 return=0x30; C_GetAttributeValue=1+ flip=0@0x11", &object, &err);

    assert_int_equal(status, PC_E_VERIFY);
    assert_true(error_says(&err, "NOT removed"));
}

static void certificate_is_found_by_its_bytes_and_by_its_id(void **state)
{
    pc_certificate_object first = object_of("found");
    pc_certificate_object second = object_of("found too");
    pc_certificate_objects found = { .count = 0 };

    (void)state;
    second.id = first.id;
    assert_int_equal(write_object("", &first, NULL), PC_OK);
    assert_int_equal(write_object("", &second, NULL), PC_OK);
    pc_token *token = open_token("");
    pc_status status = pc_certificate_find_same(token, first.value, arena, &found, NULL);

    assert_int_equal(status, PC_OK);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0].label, "found");
    assert_int_equal(pc_certificate_find_by_id(token, first.id, arena, &found, NULL), PC_OK);
    assert_int_equal(found.count, 2);
    status = pc_certificate_find_same(token, (pc_bytes){ first.value.data, first.value.len - 1 }, arena, &found, NULL);
    assert_int_equal(status, PC_OK);
    assert_int_equal(found.count, 0);
    pc_token_close(token);
}

/* Longer than the room that is offered at first: sizes are asked for, then it is read again. */
static void large_certificate_is_read_whole(void **state)
{
    static uint8_t value[60000];
    pc_certificate_object object = object_of("large");
    pc_certificate_objects found = { .count = 0 };

    (void)state;
    for (size_t i = 0; i < sizeof value; i++) {
        value[i] = (uint8_t)(i * 7 + i / 256);
    }
    object.value.data = value;
    object.value.len = sizeof value;
    assert_int_equal(write_object("", &object, NULL), PC_OK);
    pc_token *token = open_token("");

    assert_int_equal(pc_certificate_find_by_id(token, object.id, arena, &found, NULL), PC_OK);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].value.len, sizeof value);
    assert_memory_equal(found.items[0].value.data, value, sizeof value);
    pc_token_close(token);
}

static void impossible_lengths_are_not_believed(void **state)
{
    /* A small one is read at once; of a large one the size is asked in a second call, and the value in a third. */
    static const struct {
        const char *id, *plan;
    } rows[] = {
        { "found", "C_GetAttributeValue=1 length=0x7fffffff@0x11" },
        { "found", "C_GetAttributeValue=1 length=+4096@0x11" },
        { "found", "C_GetAttributeValue=1 length=-2@0x11" },
        { "large", "C_GetAttributeValue=2 length=0x7fffffff@0x11" },
        { "large", "C_GetAttributeValue=3 length=+1@0x11" },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        pc_certificate_objects found = { .count = 0 };
        pc_error err = { 0 };
        pc_token *token = open_token(rows[i].plan);
        const uint8_t *id = (const uint8_t *)rows[i].id;

        assert_int_equal(pc_certificate_find_by_id(token, (pc_bytes){ id, 5 }, arena, &found, &err), PC_E_TOKEN);
        assert_true(error_says(&err, "an impossible length"));
        pc_token_close(token);
    }
}

/* --- a module that returns another object than was searched for --- */

static void make_precious_data(void)
{
    static CK_BYTE word[] = "precious";
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_OBJECT_HANDLE handle = 0;
    CK_ATTRIBUTE items[] = { { CKA_CLASS, &class, sizeof class },
                             { CKA_TOKEN, &yes, sizeof yes },
                             { CKA_LABEL, word, sizeof word - 1 },
                             { CKA_VALUE, word, sizeof word - 1 } };
    raw_token raw;

    raw_open("a", &raw);
    assert_int_equal(raw.functions->C_CreateObject(raw.session, items, PC_COUNT(items), &handle), CKR_OK);
    raw_close(&raw);
}

/* A data object has a value and no CKA_ID, as a certificate on a token that does not show CKA_ID. */
static void an_object_that_is_not_a_certificate_is_an_error(void **state)
{
    const pc_certificate_object wanted = object_of("wanted");
    pc_certificate_objects found = { .count = 0 };
    pc_error err = { .status = PC_OK };

    (void)state;
    make_precious_data();
    PC_AUTO(pc_token) pc_token *writer = open_token("");

    assert_int_equal(pc_certificate_write(writer, &wanted, arena, NULL), PC_OK);
    pc_token_close(PC_TAKE(writer));
    PC_AUTO(pc_token) pc_token *token = open_token("C_FindObjects=1+ swap=0");

    assert_int_equal(pc_certificate_find_by_id(token, wanted.id, arena, &found, &err), PC_E_TOKEN);
    assert_true(error_says(&err, "the object \"precious\", which is not a certificate"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_are_found_on_modules_that_cannot_search_by_them),
        cmocka_unit_test(written_certificate_has_every_attribute),
        cmocka_unit_test(category_is_left_out_where_the_module_refuses_it),
        cmocka_unit_test(object_that_reads_back_otherwise_is_removed),
        cmocka_unit_test(object_that_cannot_be_removed_again_is_not_to_be_trusted),
        cmocka_unit_test(certificate_is_found_by_its_bytes_and_by_its_id),
        cmocka_unit_test(large_certificate_is_read_whole),
        cmocka_unit_test(impossible_lengths_are_not_believed),
        cmocka_unit_test(an_object_that_is_not_a_certificate_is_an_error),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
