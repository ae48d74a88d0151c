/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/ca/pending/pending.h"
#include "fault.h"
#include "raw_token.h"
#include "run.h"
#include "token/data_object.h"
#include "token_store.h"

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
/* CKR_ATTRIBUTE_VALUE_INVALID: the answer of a card without data objects. */
#define REFUSED "C_CreateObject=1+ return=0x13"

static token_store store;
static pc_arena *arena;

static int make_store(void **state)
{
    char folder[128];

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "a");
    assert_int_equal(0, setenv("P11CERT_STATE_DIR", token_store_path(&store, "state/of/mine", folder), 1));
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

static pc_pending record_of(const char *digest, pc_pending_state state, const char *request_id)
{
    return (pc_pending){
        .state = state,
        .protocol = "certsrv",
        .ca = "https://ca.contoso.example/certsrv",
        .ca_state = "",
        .request_id = request_id,
        .submitted_at = "2026-11-23T01:00:00Z",
        .request_sha256 = DIGEST_A,
        .request = "MIIB+/8=",
        .spki_sha256 = digest,
        .key_label = "server \"one\"\x01",
        .key_id = "0a0b",
    };
}

static size_t find(const pc_token *token, const char *digest, pc_pending **ret_found)
{
    pc_pending_list list = { .items = NULL };

    assert_int_equal(pc_pending_find(token, digest, arena, &list, NULL), PC_OK);
    *ret_found = list.items;
    return list.count;
}

static size_t objects_on_token(void)
{
    raw_token raw;

    raw_open("a", &raw);
    size_t count = raw_count(&raw, CKO_DATA);

    raw_close(&raw);
    return count;
}

static void a_record_comes_back_as_it_was_written(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "17");
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_string_equal(record.where, "token");
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_int_equal(found->state, PC_PENDING_TAKEN);
    assert_string_equal(found->ca, record.ca);
    assert_string_equal(found->request_id, "17");
    assert_string_equal(found->submitted_at, record.submitted_at);
    assert_string_equal(found->request_sha256, DIGEST_A);
    assert_string_equal(found->request, "MIIB+/8=");
    assert_string_equal(found->key_label, "server \"one\"\\x01");
    assert_string_equal(found->key_id, "0a0b");
    assert_int_equal(find(token, DIGEST_B, &found), 0);
    pc_token_close(token);
}

/* Another run removes records meanwhile. A module that always answers this way is not such a run. */
static void a_record_removed_while_it_is_read_is_searched_for_again(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "17");
    pc_pending_list list = { .items = NULL };
    pc_pending *found = NULL;
    pc_error err = { .status = PC_OK };
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    pc_token_close(token);
    token = open_token("C_GetAttributeValue=1 return=0x82");
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    pc_token_close(token);
    token = open_token("C_GetAttributeValue=1+ return=0x82");
    assert_int_equal(pc_pending_find(token, DIGEST_A, arena, &list, &err), PC_E_TOKEN);
    assert_true(error_says(&err, "CKR_OBJECT_HANDLE_INVALID"));
    pc_token_close(token);
}

static void a_record_replaces_the_one_of_its_key_and_no_other(void **state)
{
    pc_pending first = record_of(DIGEST_A, PC_PENDING_SENDING, "");
    pc_pending other = record_of(DIGEST_B, PC_PENDING_TAKEN, "5");
    pc_pending second = record_of(DIGEST_A, PC_PENDING_TAKEN, "6");
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &first, arena, NULL), PC_OK);
    assert_int_equal(pc_pending_save(token, &other, arena, NULL), PC_OK);
    assert_int_equal(pc_pending_save(token, &second, arena, NULL), PC_OK);
    assert_int_equal(find(token, NULL, &found), 2);
    assert_string_equal(found[0].request_id, "6");
    assert_string_equal(found[1].request_id, "5");
    assert_int_equal(pc_pending_remove(token, &other, arena, NULL), PC_OK);
    assert_int_equal(find(token, NULL, &found), 1);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 1);
}

/* Cut off after the new one was written: both exist, and the one with the CA's number is used. */
static void of_two_records_of_a_key_the_more_informative_counts(void **state)
{
    pc_pending sending = record_of(DIGEST_A, PC_PENDING_SENDING, "");
    pc_pending taken = record_of(DIGEST_A, PC_PENDING_TAKEN, "9");
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &sending, arena, NULL), PC_OK);
    pc_token_close(token);
    token = open_token("C_DestroyObject=1 return=0x30");
    assert_int_equal(pc_pending_save(token, &taken, arena, NULL), PC_E_TOKEN);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 2);

    token = open_token("");
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_string_equal(found->request_id, "9");
    assert_int_equal(pc_pending_remove(token, found, arena, NULL), PC_OK);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 0);
}

static void a_token_without_data_objects_has_its_records_in_files(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "3");
    pc_pending *found = NULL;
    pc_token *token = open_token(REFUSED);

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_non_null(strstr(record.where, "/state/of/mine/" DIGEST_A ".pending.json"));
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_string_equal(found->where, record.where);
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_int_equal(pc_pending_remove(token, &record, arena, NULL), PC_OK);
    assert_int_equal(find(token, NULL, &found), 0);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 0);
}

/* It may be the record of any key. */
static void what_cannot_be_read_is_reported(void **state)
{
    static const char *const values[] = {
        "{}",
        "nonsense",
        "[1,2",
        "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\"}",
        "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"ca\":\"https://"
        "x\",\"request-id\":\"1&x=2\",\"submitted-at\":\"\","
        "\"request-sha256\":\"" DIGEST_A "\",\"request\":\"\",\"spki-sha256\":\"" DIGEST_A
        "\",\"key-label\":\"\",\"key-id\":\"\"}",
        "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"ca\":\"https://"
        "x\",\"request-id\":\"1\",\"submitted-at\":\"\","
        "\"request-sha256\":\"" DIGEST_A
        "\",\"request\":\"\",\"spki-sha256\":\"../../etc/passwd\",\"key-label\":\"\",\"key-id\":\"\"}",
    };
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    for (size_t i = 0; i < PC_COUNT(values); i++) {
        pc_data_object object = { .application = "p11cert pending request",
                                  .label = "x",
                                  .value = { (const uint8_t *)values[i], strlen(values[i]) } };
        bool is_stored = false;

        assert_int_equal(pc_data_object_write(token, &object, arena, &is_stored, NULL), PC_OK);
        assert_true(is_stored);
    }
    pc_pending_list list = { .items = NULL };
    pc_error err = { .status = PC_OK };

    assert_int_equal(find(token, NULL, &found), 0);
    assert_int_equal(pc_pending_find(token, DIGEST_A, arena, &list, &err), PC_E_INPUT);
    assert_non_null(strstr(err.frames[0], "data object \"x\""));
    pc_token_close(token);
}

/* From a version that supported only AD CS. */
static void a_record_without_a_protocol_is_read(void **state)
{
    static const char text[] =
        "{\"format\":\"p11cert-pending-1\",\"state\":\"taken\",\"ca\":\"https://ca.contoso.example/certsrv\","
        "\"request-id\":\"17\",\"submitted-at\":\"2026-11-23T01:00:00Z\",\"request-sha256\":\"" DIGEST_A
        "\",\"request\":\"MIIB\",\"spki-sha256\":\"" DIGEST_A "\",\"key-label\":\"server\",\"key-id\":\"0a\"}";
    pc_pending record;

    (void)state;
    assert_int_equal(pc_pending_from_text(text, strlen(text), arena, &record, NULL), PC_OK);
    assert_string_equal(record.protocol, "certsrv");
    assert_string_equal(record.ca_state, "");
    assert_string_equal(record.request_id, "17");
}

static void what_a_protocol_keeps_comes_back(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "csr-0123abcd");
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    record.protocol = "est";
    record.ca_state = "simplereenroll";
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_string_equal(found->protocol, "est");
    assert_string_equal(found->ca_state, "simplereenroll");
    assert_string_equal(found->request_id, "csr-0123abcd");
    pc_token_close(token);
}

static char *letters(size_t len)
{
    char *text = pc_arena_alloc(arena, len + 1);

    assert_non_null(text);
    memset(text, 'A', len);
    return text;
}

/* As a request and an issued certificate with ML-DSA-87 need. */
static void a_large_certificate_comes_back(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "17");
    pc_pending *found = NULL;
    pc_token *token = open_token("");

    (void)state;
    record.request = letters(10000);
    record.issued = letters(14000);
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_string_equal(found->issued, record.issued);
    pc_token_close(token);
}

/* It would not be found again, and would have replaced one that is. */
static void a_record_that_is_too_long_leaves_the_earlier_one(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "17");
    pc_pending *found = NULL;
    pc_error err = { .status = PC_OK };
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    record.ca_state = letters(PC_DATA_OBJECT_MAX_LEN);
    assert_int_equal(pc_pending_save(token, &record, arena, &err), PC_E_INPUT);
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    assert_string_equal(found->ca_state, "");
    pc_token_close(token);
}

static void a_token_that_stores_something_else_is_detected(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "3");
    pc_token *token = open_token("C_GetAttributeValue=1+ put=0x21@0x11"); /* CKA_VALUE */

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_E_VERIFY);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 0);
}

/* As anybody who can reach the token can do, without a login. */
static void plant_public_record(const char *text)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_HANDLE handle = 0;
    static char application[] = "p11cert pending request";
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &no, sizeof no },
        { CKA_APPLICATION, application, sizeof application - 1 },
        { CKA_VALUE, (void *)(uintptr_t)text, strlen(text) },
    };
    raw_token raw;

    raw_open("a", &raw);
    assert_int_equal(raw.functions->C_Logout(raw.session), CKR_OK);
    assert_int_equal(raw.functions->C_CreateObject(raw.session, template, PC_COUNT(template), &handle), CKR_OK);
    raw_close(&raw);
}

/* Otherwise it would determine where the password of the CA is sent. */
static void a_record_that_anybody_may_have_written_is_not_believed(void **state)
{
    pc_pending hostile = record_of(DIGEST_A, PC_PENDING_TAKEN, "666");
    pc_pending own = record_of(DIGEST_A, PC_PENDING_SENDING, "");
    pc_pending *found = NULL;
    char path[128];

    (void)state;
    hostile.submitted_at = "2099-01-01T00:00:00Z";
    plant_public_record(pc_pending_to_text(&hostile, arena));
    pc_token *token = open_token("");

    assert_int_equal(find(token, NULL, &found), 0);
    assert_int_equal(pc_pending_save(token, &own, arena, NULL), PC_OK);
    assert_int_equal(find(token, NULL, &found), 1);
    assert_string_equal(found->request_id, "");
    pc_token_close(token);

    token = open_token(REFUSED);
    assert_int_equal(pc_pending_save(token, &own, arena, NULL), PC_OK);
    assert_int_equal(find(token, NULL, &found), 1);
    assert_int_equal(chmod(own.where, 0622), 0);
    assert_int_equal(find(token, NULL, &found), 0);
    assert_int_equal(chmod(own.where, 0600), 0);
    assert_int_equal(rename(own.where, token_store_path(&store, "elsewhere", path)), 0);
    assert_int_equal(symlink(path, own.where), 0);
    assert_int_equal(find(token, NULL, &found), 0);
    pc_token_close(token);
}

static void a_token_with_world_writable_records_has_them_in_files(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "3");
    pc_pending *found = NULL;
    pc_token *token = open_token("C_GetAttributeValue=1+ put=0@0x02"); /* CKA_PRIVATE */

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_non_null(strstr(record.where, ".pending.json"));
    assert_int_equal(find(token, DIGEST_A, &found), 1);
    pc_token_close(token);
    assert_int_equal(objects_on_token(), 0);
}

/* A service whose HOME is root's: a folder that it may not read contains none of its records. */
static void a_folder_of_somebody_else_holds_no_record(void **state)
{
    char folder[128];
    int how = 0;

    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(mkdir(token_store_path(&store, "closed", folder), 0700), 0);
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        pc_pending_list list = { .count = 9 };
        bool is_right = setenv("P11CERT_STATE_DIR", folder, 1) == 0 && setresgid(60126, 60126, 60126) == 0 &&
                        setresuid(60126, 60126, 60126) == 0 && pc_pending_files_find(arena, &list, NULL) == PC_OK &&
                        list.count == 0 && list.problem && strstr(list.problem, folder);

        _exit(is_right ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
}

/* Tokens that store no data objects share the folder. */
static void a_file_of_another_token_is_only_found_by_its_key(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "7");
    pc_pending *found = NULL;
    pc_token *token = open_token(REFUSED);

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_int_equal(record.handle, 0);
    assert_int_equal(find(token, NULL, &found), 1);
    (void)snprintf(token->info.label, sizeof token->info.label, "b");
    assert_int_equal(find(token, NULL, &found), 0);
    assert_int_equal(find(token, DIGEST_A, &found), 1); /* the key may have been copied to this one */
    record.token = NULL;
    assert_int_equal(pc_pending_file_save(&record, arena, NULL), PC_OK); /* as an earlier p11cert wrote it */
    assert_int_equal(find(token, NULL, &found), 1);
    assert_int_equal(pc_pending_remove(token, &record, arena, NULL), PC_OK);
    pc_token_close(token);
}

static char warned[PC_ERROR_TEXT];

static void note_warning(const char *text)
{
    (void)snprintf(warned, sizeof warned, "%s", text);
}

static void a_file_that_others_can_write_is_passed_over_with_a_warning(void **state)
{
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "7");
    pc_pending *found = NULL;
    pc_token *token = open_token(REFUSED);

    (void)state;
    token->warn = note_warning;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    assert_string_equal(warned, "");
    assert_int_equal(chmod(record.where, 0666), 0);
    assert_int_equal(find(token, DIGEST_A, &found), 0);
    assert_non_null(strstr(warned, record.where));
    assert_non_null(strstr(warned, "others can write to it; it was skipped"));
    assert_int_equal(chmod(record.where, 0600), 0);
    assert_int_equal(pc_pending_remove(token, &record, arena, NULL), PC_OK);
    pc_token_close(token);
}

/* Otherwise a request would be sent again, and the record of an answered one would stay. */
static void record_that_is_not_shown_does_not_count_as_none(void **state)
{
    static const char *const plans[] = { "C_GetAttributeValue=1+ length=-1@0x11",
                                         "C_GetAttributeValue=1+ length=-1@0x2" };
    pc_pending record = record_of(DIGEST_A, PC_PENDING_TAKEN, "7");
    pc_token *token = open_token("");

    (void)state;
    assert_int_equal(pc_pending_save(token, &record, arena, NULL), PC_OK);
    pc_token_close(token);
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        PC_AUTO(pc_token) pc_token *blind = open_token(plans[i]);
        pc_pending_list list = { .items = NULL };
        pc_error err = { .status = PC_OK };

        assert_int_equal(pc_pending_find(blind, DIGEST_A, arena, &list, &err), PC_E_TOKEN);
        assert_non_null(strstr(err.frames[0], "does not show"));
    }
}

/* Only the CA could say it again; the record that the request was about to be sent stays on the token. */
static void an_answer_that_the_token_does_not_store_is_found_in_a_file(void **state)
{
    static const char *const plans[] = { "C_CreateObject=1 return=0x30", "C_CreateObject=1 then=0x30",
                                         "C_GetAttributeValue=1+ skip=0", "C_GetAttributeValue=1+ return=0x32" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(plans); i++) {
        pc_pending sending = record_of(DIGEST_A, PC_PENDING_SENDING, "");
        pc_pending answer = record_of(DIGEST_A, PC_PENDING_TAKEN, "7");
        pc_pending *found = NULL;
        pc_error err = { .status = PC_OK };
        PC_AUTO(pc_token) pc_token *token = open_token("");

        assert_int_equal(pc_pending_save(token, &sending, arena, NULL), PC_OK);
        pc_token_close(token);
        token = open_token(plans[i]);
        assert_int_not_equal(pc_pending_save_answer(token, &answer, arena, &err), PC_OK);
        assert_true(err.resumes);
        assert_true(error_says(&err, "and is kept in"));
        pc_token_close(token);
        token = open_token("");
        assert_int_equal(find(token, DIGEST_A, &found), 1);
        assert_int_equal(found[0].state, PC_PENDING_TAKEN);
        assert_string_equal(found[0].request_id, "7");
        assert_int_equal(pc_pending_save_answer(token, &found[0], arena, NULL), PC_OK);
        assert_int_equal(find(token, DIGEST_A, &found), 1);
        assert_string_equal(found[0].where, "token");
        assert_int_equal(pc_pending_remove(token, &found[0], arena, NULL), PC_OK);
        assert_int_equal(find(token, DIGEST_A, &found), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_store, remove_store)
    static const struct CMUnitTest tests[] = {
        TEST(record_that_is_not_shown_does_not_count_as_none),
        TEST(an_answer_that_the_token_does_not_store_is_found_in_a_file),
        TEST(a_folder_of_somebody_else_holds_no_record),
        TEST(a_file_of_another_token_is_only_found_by_its_key),
        TEST(a_file_that_others_can_write_is_passed_over_with_a_warning),
        TEST(a_record_comes_back_as_it_was_written),
        TEST(a_record_removed_while_it_is_read_is_searched_for_again),
        TEST(a_record_replaces_the_one_of_its_key_and_no_other),
        TEST(of_two_records_of_a_key_the_more_informative_counts),
        TEST(a_token_without_data_objects_has_its_records_in_files),
        TEST(what_cannot_be_read_is_reported),
        TEST(a_record_without_a_protocol_is_read),
        TEST(what_a_protocol_keeps_comes_back),
        TEST(a_large_certificate_comes_back),
        TEST(a_record_that_is_too_long_leaves_the_earlier_one),
        TEST(a_token_that_stores_something_else_is_detected),
        TEST(a_record_that_anybody_may_have_written_is_not_believed),
        TEST(a_token_with_world_writable_records_has_them_in_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
