/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <p11cert/accept.h>
#include <p11cert/enroll.h>
#include <p11cert/init.h>
#include <p11cert/renew.h>

#include "base/secret_auto.h"
#include "fault.h"
#include "run.h"

/* Secrets that are supplied without a person are selected by their kind: the words of the prompts are ignored here.
 * Each is requested once in a run. The CA does not exist, so each run ends where it would be contacted. */

#define CA_PASSWORD "not the PIN"

static token_store store;

typedef struct {
    unsigned asked[PC_SECRET_KIT_PASSWORD + 1]; /* by kind */
} vault;

static pc_status hand_out(void *context, pc_secret_kind kind, const char *what, pc_secret *secret, pc_error *err)
{
    static const char *const secrets[] = {
        [PC_SECRET_USER_PIN] = TOKEN_STORE_PIN,
        [PC_SECRET_SO_PIN] = "officer-8021",
        [PC_SECRET_FILE_PASSWORD] = "a password for a file",
        [PC_SECRET_CA_PASSWORD] = CA_PASSWORD,
    };
    vault *given = context;

    (void)what;
    (void)err;
    given->asked[kind]++;
    memcpy(pc_secret_bytes(secret), secrets[kind], strlen(secrets[kind]));
    pc_secret_set_len(secret, strlen(secrets[kind]));
    return PC_OK;
}

static pc_token_access access_by(vault *given)
{
    pc_token_access access = token_store_access(&store, FAULT_MODULE, "keys");

    access.pin_source = "prompt";
    access.prompt = hand_out;
    access.prompt_context = given;
    return access;
}

static const pc_ca_access nobody = {
    .url = "https://localhost:1/certsrv", .login = PC_CA_LOGIN_BASIC, .user = "CONTOSO\\alice", .connect_sec = 2
};

static const char *in_store(const char *name)
{
    static char paths[8][128];
    static size_t next;

    return token_store_path(&store, name, paths[next++ % 8]);
}

static void openssl(const char *const *words)
{
    static char output[16384];
    const char *argv[32] = { "openssl" };

    for (size_t i = 0; words[i]; i++) {
        argv[i + 1] = words[i];
    }
    if (run_program(argv, output, sizeof output) != 0) {
        fail_msg("openssl %s: %s", words[0], output);
    }
}
#define OPENSSL(...) openssl((const char *const[]){ __VA_ARGS__, NULL })

static void make_key_with_certificate(const char *label)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, "keys");
    const pc_new_order order = {
        .subject = "CN=server.contoso.com", .key_type = "ec-p256", .label = label, .out = in_store(label)
    };
    const pc_accept_order acceptance = { .certificate = in_store("issued.pem") };
    pc_accept_result *accepted = NULL;

    assert_int_equal(run_new(&order, &access, NULL, NULL), PC_OK);
    OPENSSL("x509", "-req", "-in", in_store(label), "-CA", in_store("ca.pem"), "-CAkey", in_store("ca.key"),
            "-CAcreateserial", "-days", "30", "-out", in_store("issued.pem"));
    assert_int_equal(pc_accept_run(&acceptance, &access, &accepted, NULL), PC_OK);
    pc_accept_result_free(accepted);
}

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    fault_plan(&store, "");
    OPENSSL("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", in_store("ca.key"), "-out", in_store("ca.pem"),
            "-subj", "/CN=CA", "-days", "30");
    make_key_with_certificate("one");
    make_key_with_certificate("two");
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static void expect_asked(const vault *given, unsigned pins, unsigned passwords)
{
    assert_int_equal(given->asked[PC_SECRET_USER_PIN], pins);
    assert_int_equal(given->asked[PC_SECRET_CA_PASSWORD], passwords);
    assert_int_equal(given->asked[PC_SECRET_SO_PIN], 0);
    assert_int_equal(given->asked[PC_SECRET_FILE_PASSWORD], 0);
    assert_int_equal(fault_calls(&store, "C_Login"), pins);
}

static void a_renewal_of_two_keys_gets_each_secret_once(void **state)
{
    vault given = { .asked = { 0 } };
    const pc_token_access access = access_by(&given);
    const pc_renew_order order = { .due = true, .due_sec = (int64_t)60 * 86400, .out = in_store("."), .ca = &nobody };
    pc_renew_result *result = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    fault_plan(&store, "");
    assert_int_equal(pc_renew_run(&order, &access, &result, &err), PC_E_CA);
    assert_int_equal(result->count, 2);
    assert_int_equal(result->items[0].status, PC_E_CA);
    assert_int_equal(result->items[1].status, PC_E_CA);
    expect_asked(&given, 1, 1);
    pc_renew_result_free(result);
}

static void without_anything_to_submit_no_password_is_asked_for(void **state)
{
    vault given = { .asked = { 0 } };
    const pc_token_access access = access_by(&given);
    const pc_renew_order order = { .due = true, .due_sec = 86400, .out = in_store("."), .ca = &nobody };
    pc_renew_result *result = NULL;

    (void)state;
    fault_plan(&store, "");
    assert_int_equal(pc_renew_run(&order, &access, &result, NULL), PC_OK);
    expect_asked(&given, 1, 0);
    pc_renew_result_free(result);
}

static void an_enrolment_gets_each_secret_once(void **state)
{
    vault given = { .asked = { 0 } };
    const pc_token_access access = access_by(&given);
    const pc_new_order request = {
        .subject = "CN=new.contoso.com", .key_type = "ec-p256", .label = "new", .out = in_store("new.req")
    };
    const pc_enroll_order order = { .request = &request, .ca = &nobody };
    pc_enroll_result *result = NULL;
    pc_error err = { .status = PC_OK };

    (void)state;
    fault_plan(&store, "");
    assert_int_equal(pc_enroll_run(&order, &access, &result, &err), PC_E_CA);
    assert_true(err.resumes);
    expect_asked(&given, 1, 1);
    pc_enroll_result_free(result);
}

static void a_new_token_gets_both_pins(void **state)
{
    vault given = { .asked = { 0 } };
    pc_token_access access = access_by(&given);
    const pc_init_order order = { .label = "fresh" };
    pc_init_outcome outcome;
    pc_token_info info;

    (void)state;
    access.token = NULL;
    assert_int_equal(pc_init_run(&order, &access, &outcome, &info, NULL), PC_OK);
    assert_int_equal(given.asked[PC_SECRET_SO_PIN], 2); /* typed twice, since nobody sees them */
    assert_int_equal(given.asked[PC_SECRET_USER_PIN], 2);
    assert_int_equal(given.asked[PC_SECRET_CA_PASSWORD] + given.asked[PC_SECRET_FILE_PASSWORD], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewal_of_two_keys_gets_each_secret_once),
        cmocka_unit_test(without_anything_to_submit_no_password_is_asked_for),
        cmocka_unit_test(an_enrolment_gets_each_secret_once),
        cmocka_unit_test(a_new_token_gets_both_pins),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
