/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <openssl/ec.h>

#include "app/bind/bind.h"
#include "base/arena.h"
#include "common_name.h"
#include "fault.h"
#include "pair/key_of.h"
#include "pair/public_key.h"
#include "raw_token.h"
#include "run.h"
#include "token/certificate_object.h"
#include "x509/auto.h"

/* The search that finds a key also finds its certificates, and is relied on only while no other run has written. */

static token_store store;
static pc_arena *arena;

static int make_store(void **state)
{
    char path[128];
    raw_token raw;

    (void)state;
    token_store_make(&store);
    token_store_add_token(&store, "keys");
    raw_open("keys", &raw);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "alone", .id = "alone" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "rsa", .id = "rsa" }, NULL);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "many", .id = "many" }, NULL);
    for (unsigned i = 0; i < 8; i++) {
        raw_write_certificate(&raw, "one of many", "many", (pc_bytes){ (const unsigned char *)"12345678" + i, 1 });
    }
    raw_write_certificate(&raw, "first", "alone", (pc_bytes){ (const unsigned char *)"first", 5 });
    raw_write_certificate(&raw, "second", "alone", (pc_bytes){ (const unsigned char *)"second", 6 });
    raw_close(&raw);
    assert_int_equal(0, setenv("P11CERT_LOCK", token_store_path(&store, "lock", path), 1));
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

static pc_token *open_token(const char *module)
{
    const pc_token_access access = token_store_access(&store, module, "keys");
    pc_token *token = NULL;

    fault_plan(&store, "");
    assert_int_equal(pc_token_open(&access, PC_TOKEN_WRITE, &token, NULL), PC_OK);
    return token;
}

static pc_token *open_answering(const char *habits)
{
    assert_int_equal(0, setenv("P11CERT_ANSWERS", habits, 1));
    return open_token(ANSWER_MODULE);
}

/* --- the mark --- */

static bool is_current(const pc_token *token, const pc_lock_mark *mark)
{
    PC_TOKEN_LOCKED(token, "mark");
    return pc_lock_mark_is_current(&pc_scope_lock, mark);
}

static void mark_stays_until_another_run_writes(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    const pc_lock_mark first = pc_lock_mark_read(token, "mark");
    const pc_lock_mark second = pc_lock_mark_read(token, "mark");

    (void)state;
    assert_true(is_current(token, &first));
    assert_true(is_current(token, &second));
    {
        PC_TOKEN_LOCKED(token, "mark");
        pc_lock_mark_change(&pc_scope_lock);
    }
    assert_false(is_current(token, &first));
    const pc_lock_mark third = pc_lock_mark_read(token, "mark");

    assert_true(is_current(token, &third));
}

/* It may have changed the mark already, and not yet written. */
static void mark_read_while_another_run_holds_the_lock_is_not_relied_on(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    pc_lock_mark mark;

    (void)state;
    {
        PC_TOKEN_LOCKED(token, "mark");
        pc_lock_mark_change(&pc_scope_lock);
        mark = pc_lock_mark_read(token, "mark");
    }
    assert_false(is_current(token, &mark));
}

static void mark_from_long_ago_is_not_relied_on(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    pc_lock_mark mark = pc_lock_mark_read(token, "mark");

    (void)state;
    assert_true(is_current(token, &mark));
    mark.read_msec -= 60000;
    assert_false(is_current(token, &mark));
}

static void without_a_lock_file_no_mark_is_relied_on(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    char path[128];

    (void)state;
    assert_int_equal(0, setenv("P11CERT_LOCK", "/nonexistent/lock", 1));
    const pc_lock_mark mark = pc_lock_mark_read(token, "mark");
    bool current = is_current(token, &mark);

    assert_int_equal(0, setenv("P11CERT_LOCK", token_store_path(&store, "lock", path), 1));
    assert_false(current);
}

/* A file size limit refuses each write, as a full disk may. */
static void mark_that_cannot_be_changed_is_not_relied_on(void **state)
{
    static const struct rlimit none = { 0, RLIM_INFINITY };
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    const pc_lock_mark mark = pc_lock_mark_read(token, "mark");
    struct rlimit usual;

    (void)state;
    assert_true(is_current(token, &mark));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    {
        PC_TOKEN_LOCKED(token, "mark");
        pc_lock_mark_change(&pc_scope_lock);
    }
    const pc_lock_mark later = pc_lock_mark_read(token, "mark");

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_false(is_current(token, &mark));
    assert_false(is_current(token, &later));
}

/* --- what the search for the key shows of its certificates --- */

static EVP_PKEY *public_key_labelled(const pc_token *token, const char *label)
{
    const pc_key_selector selector = { .words = label, .label = label };
    EVP_PKEY *public_key = NULL;
    pc_key key;

    assert_int_equal(pc_key_find(token, &selector, arena, &key, NULL), PC_OK);
    assert_int_equal(pc_public_key_of(&key, &public_key, NULL), PC_OK);
    return public_key;
}

static pc_found_key find(const pc_token *token, EVP_PKEY *public_key)
{
    const pc_public_key_named wanted = { .key = public_key, .words = "the certificate" };
    pc_found_key found = { .mark = pc_lock_mark_read(token, PC_CERTIFICATE_LOCK) };

    assert_int_equal(pc_key_of_public_with_certificates(token, &wanted, arena, &found.objects, NULL), PC_OK);
    return found;
}

static void certificates_of_an_ec_key_come_with_it(void **state)
{
    static const char *const habits[] = { "", "one-a-call", "repeats", "bare-points", "no-value-search" };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(habits); i++) {
        PC_AUTO(pc_token) pc_token *token = open_answering(habits[i]);
        PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = public_key_labelled(token, "alone");
        const pc_found_key found = find(token, public_key);
        pc_certificate_objects certificates;

        assert_string_equal(found.objects.key.label, "alone");
        if (!found.objects.has_certificates) {
            assert_string_equal(habits[i], "no-value-search");
            continue;
        }
        assert_int_equal(pc_certificate_read_found(token, &found.objects, arena, &certificates, NULL), PC_OK);
        assert_int_equal(certificates.count, 2);
    }
}

static void certificates_of_an_rsa_key_are_left_to_another_search(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(SOFTHSM_MODULE);
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = public_key_labelled(token, "rsa");
    const pc_found_key found = find(token, public_key);

    (void)state;
    assert_string_equal(found.objects.key.label, "rsa");
    assert_false(found.objects.has_certificates);
}

/* Eight certificates, which would each have to be read. */
static void of_many_objects_with_one_id_only_the_keys_are_read(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(FAULT_MODULE);
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = public_key_labelled(token, "many");
    unsigned reads = fault_calls(&store, "C_GetAttributeValue");
    const pc_found_key found = find(token, public_key);

    (void)state;
    assert_string_equal(found.objects.key.label, "many");
    assert_false(found.objects.has_certificates);
    assert_int_equal(fault_calls(&store, "C_GetAttributeValue") - reads, 2); /* public and private key */
}

/* --- binding --- */

static X509 *certificate_of(EVP_PKEY *public_key)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *ca = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    assert_non_null(ca);
    assert_non_null(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7), 1);
    set_subject(certificate, "host");
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 86400));
    assert_int_equal(X509_set_pubkey(certificate, public_key), 1);
    assert_true(X509_sign(certificate, ca, EVP_sha256()) > 0);
    return certificate;
}

static pc_bound_certificate bind(const pc_token *token, X509 *certificate, const pc_found_key *found, bool with_search)
{
    const pc_binding binding = { .key = &found->objects.key,
                                 .certificate = certificate,
                                 .found = with_search ? found : NULL };
    pc_bound_certificate bound;

    assert_int_equal(pc_bind_to_key(token, &binding, arena, &bound, NULL), PC_OK);
    return bound;
}

static size_t count_certificates(const pc_token *token, const pc_key *key)
{
    pc_certificate_objects found;

    assert_int_equal(pc_certificate_find_by_id(token, key->id, arena, &found, NULL), PC_OK);
    return found.count;
}

static void certificate_that_another_run_wrote_meanwhile_is_not_written_again(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(FAULT_MODULE);
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = public_key_labelled(token, "alone");
    PC_AUTO(X509) X509 *certificate = certificate_of(public_key);
    const pc_found_key found = find(token, public_key);
    size_t before = count_certificates(token, &found.objects.key);

    (void)state;
    assert_true(found.objects.has_certificates);
    assert_int_equal(bind(token, certificate, &found, false).state, PC_BOUND_WRITTEN);
    assert_int_equal(bind(token, certificate, &found, true).state, PC_BOUND_ALREADY);
    assert_int_equal(count_certificates(token, &found.objects.key), before + 1);
}

static void certificates_found_with_the_key_are_not_searched_for_again(void **state)
{
    PC_AUTO(pc_token) pc_token *token = open_token(FAULT_MODULE);
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = public_key_labelled(token, "alone");
    PC_AUTO(X509) X509 *certificate = certificate_of(public_key);
    const pc_found_key found = find(token, public_key);
    unsigned searches = fault_calls(&store, "C_FindObjectsInit");
    const pc_bound_certificate bound = bind(token, certificate, &found, true);

    (void)state;
    assert_int_equal(fault_calls(&store, "C_FindObjectsInit"), searches);
    assert_int_equal(bound.state, PC_BOUND_WRITTEN);
    assert_int_equal(bound.other_count, found.objects.certificate_count);
    const pc_found_key later = find(token, public_key);

    searches = fault_calls(&store, "C_FindObjectsInit");
    assert_int_equal(bind(token, certificate, &later, true).state, PC_BOUND_ALREADY);
    assert_int_equal(fault_calls(&store, "C_FindObjectsInit"), searches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mark_stays_until_another_run_writes),
        cmocka_unit_test(mark_read_while_another_run_holds_the_lock_is_not_relied_on),
        cmocka_unit_test(mark_from_long_ago_is_not_relied_on),
        cmocka_unit_test(without_a_lock_file_no_mark_is_relied_on),
        cmocka_unit_test(mark_that_cannot_be_changed_is_not_relied_on),
        cmocka_unit_test(certificates_of_an_ec_key_come_with_it),
        cmocka_unit_test(certificates_of_an_rsa_key_are_left_to_another_search),
        cmocka_unit_test(of_many_objects_with_one_id_only_the_keys_are_read),
        cmocka_unit_test(certificate_that_another_run_wrote_meanwhile_is_not_written_again),
        cmocka_unit_test(certificates_found_with_the_key_are_not_searched_for_again),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
