/* SPDX-License-Identifier: Apache-2.0 */
/* The PKCS#11 calls of verbs that read a whole token: a fixed number for each key, and no more on a fuller token. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <p11cert/check.h>
#include <p11cert/list.h>
#include <p11cert/renew.h>
#include <p11cert/repair.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "common_name.h"
#include "fault.h"
#include "judge.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "token/inventory.h"

#define SIZES       3u
#define DUE_SEC     (30 * 86400)
#define LASTING_SEC (90 * 86400)

static const unsigned sizes[SIZES] = { 8, 16, 24 };
static token_store store;
static EVP_PKEY *root_key;

/* --- tokens with a number of keys, each with a certificate of one CA, and the CA's own certificate --- */

static X509 *certify(const char *name, EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    MUST(certificate && X509_set_version(certificate, 2) == 1 && X509_set_pubkey(certificate, key) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7) == 1);
    set_subject(certificate, name);
    set_issuer(certificate, "Root");
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -600) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), LASTING_SEC));
    MUST(X509_sign(certificate, root_key, EVP_sha256()) > 0);
    return certificate;
}

static void put(const raw_token *raw, const char *label, const char *id, X509 *certificate)
{
    unsigned char der[2048];
    unsigned char name[256];
    unsigned char *der_end = der;
    unsigned char *name_end = name;
    int der_len = i2d_X509(certificate, NULL);
    int name_len = i2d_X509_NAME(X509_get_subject_name(certificate), NULL);

    MUST(der_len > 0 && der_len <= (int)sizeof der && name_len > 0 && name_len <= (int)sizeof name);
    (void)i2d_X509(certificate, &der_end);
    (void)i2d_X509_NAME(X509_get_subject_name(certificate), &name_end);
    raw_write_named_certificate(raw, label, id, (pc_bytes){ name, (size_t)name_len },
                                (pc_bytes){ der, (size_t)der_len });
    X509_free(certificate);
}

static const char *name_of(unsigned size, char out[static 16])
{
    (void)snprintf(out, 16, "of-%u", size);
    return out;
}

static void fill(unsigned size)
{
    char name[16];
    raw_token raw;

    token_store_add_token(&store, name_of(size, name));
    raw_open(name, &raw);
    raw_generate_many(&raw, "key", NULL, size);
    for (unsigned i = 0; i < size; i++) {
        char label[32];

        (void)snprintf(label, sizeof label, "key-%u", i);
        EVP_PKEY *key = judge_public_key(&raw, raw_labelled(&raw, CKO_PUBLIC_KEY, label));

        put(&raw, label, label, certify(label, key));
        EVP_PKEY_free(key);
    }
    put(&raw, "root", "root", certify("Root", root_key));
    raw_close(&raw);
}

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    root_key = EVP_EC_gen("P-256");
    for (unsigned i = 0; i < SIZES; i++) {
        fill(sizes[i]);
    }
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    token_store_remove(&store);
    return 0;
}

/* --- the verbs --- */

static pc_status list(const pc_token_access *access, pc_error *err)
{
    pc_list_result *result = NULL;
    pc_status status = pc_list_run(NULL, access, &result, err);

    pc_list_result_free(result);
    return status;
}

static pc_status check_by(const char *policy, const pc_token_access *access, pc_error *err)
{
    const pc_check_order order = { .all = true, .policy = { .policy = policy } };
    pc_check_result *result = NULL;
    pc_status status = pc_check_run(&order, access, &result, err);

    pc_check_result_free(result);
    return status;
}

static pc_status check(const pc_token_access *access, pc_error *err)
{
    return check_by("scom", access, err);
}

static pc_status check_hsm(const pc_token_access *access, pc_error *err)
{
    return check_by("hsm", access, err);
}

static pc_status repair(const pc_token_access *access, pc_error *err)
{
    const pc_repair_order order = { .apply = false };
    pc_repair_result *result = NULL;
    pc_status status = pc_repair_run(&order, access, &result, err);

    pc_repair_result_free(result);
    return status;
}

static pc_status renew(const pc_token_access *access, pc_error *err)
{
    char out[128];
    const pc_renew_order order = { .due = true, .due_sec = DUE_SEC, .out = token_store_path(&store, "", out) };
    pc_renew_result *result = NULL;
    pc_status status = pc_renew_run(&order, access, &result, err);

    pc_renew_result_free(result);
    return status;
}

static const struct {
    const char *name;
    pc_status (*run)(const pc_token_access *access, pc_error *err);
    unsigned per_key; /* private key, public key and certificate are read; repair has an EC key sign */
} rows[] = {
    { "list", list, 3 },
    { "check --all", check, 3 },
    /* and the flags of its public key, and its limits: four, because SoftHSM fails for dates that are not stated */
    { "check --all by the policy hsm", check_hsm, 8 },
    { "repair", repair, 5 },
    { "renew --due, none due", renew, 3 },
};

static unsigned calls_at(size_t row, unsigned size)
{
    char name[16];
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, name_of(size, name));
    pc_error err = { .status = PC_OK };

    fault_plan(&store, "");
    if (rows[row].run(&access, &err) != PC_OK) {
        fail_msg("%s of %u keys: %s", rows[row].name, size, err.frames[0]);
    }
    return fault_calls(&store, NULL);
}

static void a_key_costs_the_same_calls_on_a_fuller_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        unsigned before = calls_at(i, sizes[0]);

        for (unsigned j = 1; j < SIZES; j++) {
            unsigned after = calls_at(i, sizes[j]);

            print_message("%s, %u keys: %u calls\n", rows[i].name, sizes[j], after);
            assert_int_equal((sizes[j] - sizes[j - 1]) * rows[i].per_key, after - before);
            before = after;
        }
    }
}

/* One for each class: where there are no data objects, the records of requests are not searched for among them. */
static void list_searches_once_for_each_class(void **state)
{
    enum { CLASSES = 5 };

    (void)state;
    (void)calls_at(0, sizes[0]);
    assert_int_equal(fault_calls(&store, "C_FindObjectsInit"), CLASSES);
}

/* --- memory --- */

/* For the parts of an object that are kept: its values, and the structures that describe it. The buffers that it is
 * read into have more than 3 KiB for a key, and 6 KiB for a certificate. */
#define OBJECT_MAX_LEN ((size_t)1536)

static void an_object_takes_no_more_memory_than_its_values(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    (void)state;
    skip(); /* its mallinfo2 counts nothing */
#else
    char name[16];
    const unsigned size = sizes[SIZES - 1];
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, name_of(size, name));
    pc_arena *first = pc_arena_new();
    pc_arena *second = pc_arena_new();
    pc_token *token = NULL;
    pc_inventory inventory;
    pc_error err = { .status = PC_OK };

    (void)state;
    assert_int_equal(pc_token_open(&access, PC_TOKEN_READ, &token, &err), PC_OK);
    /* The first time, SoftHSM reads its files. */
    assert_int_equal(pc_inventory_read(token, first, &inventory, &err), PC_OK);
    const size_t before = mallinfo2().uordblks;

    assert_int_equal(pc_inventory_read(token, second, &inventory, &err), PC_OK);
    const size_t taken = mallinfo2().uordblks - before;
    const size_t objects = inventory.key_count + inventory.public_count + inventory.certificate_count;

    print_message("%zu objects: %zu bytes\n", objects, taken);
    assert_int_equal(objects, 3 * size + 1);
    assert_in_range(taken, objects, objects * OBJECT_MAX_LEN);
    pc_token_close(token);
    pc_arena_free(second);
    pc_arena_free(first);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_costs_the_same_calls_on_a_fuller_token),
        cmocka_unit_test(list_searches_once_for_each_class),
        cmocka_unit_test(an_object_takes_no_more_memory_than_its_values),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
