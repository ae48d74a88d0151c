/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <p11cert/bytes.h>
#include <p11cert/repair.h>

#include "common_name.h"
#include "fault.h"
#include "judge.h"
#include "must.h"
#include "raw_token.h"
#include "run.h"
#include "signer/signer.h"
#include "token/certificate_object.h"
#include "token/lock.h"

/* Each case has its own token, damaged by bare PKCS#11 calls; the result of repair is read by such calls too. */

static token_store store;
static raw_token raw;
static const char *current;

static int make_store(void **state)
{
    (void)state;
    token_store_make(&store);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    token_store_remove(&store);
    return 0;
}

static void begin(const char *label)
{
    current = label;
    token_store_add_token(&store, label);
    raw_open(label, &raw);
}

/* --- making --- */

static X509 *make_certificate(const char *common_name, CK_OBJECT_HANDLE public_key, unsigned serial)
{
    EVP_PKEY *issuer_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = public_key ? judge_public_key(&raw, public_key) : EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    MUST(certificate && issuer_key && key && X509_set_version(certificate, 2) == 1);
    MUST(X509_set_pubkey(certificate, key) == 1);
    MUST(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1);
    set_subject(certificate, common_name);
    set_issuer(certificate, common_name);
    MUST(X509_gmtime_adj(X509_getm_notBefore(certificate), -600) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 864000));
    MUST(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    EVP_PKEY_free(issuer_key);
    EVP_PKEY_free(key);
    return certificate;
}

static size_t subject_of(const X509 *certificate, unsigned char out[static 256])
{
    unsigned char *at = out;
    int len = i2d_X509_NAME(X509_get_subject_name(certificate), NULL);

    MUST(len > 0 && len <= 256);
    return (size_t)i2d_X509_NAME(X509_get_subject_name(certificate), &at);
}

static CK_OBJECT_HANDLE put_bytes(const char *label, const char *id, pc_bytes der, pc_bytes subject)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    char label_bytes[64];
    char id_bytes[64];
    unsigned char subject_bytes[256];
    unsigned char *value = malloc(der.len + 1);
    CK_OBJECT_HANDLE handle = 0;
    CK_ATTRIBUTE object[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_CERTIFICATE_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_PRIVATE, &no, sizeof no },
        { CKA_LABEL, label_bytes, strlen(label) },
        { CKA_ID, id_bytes, strlen(id) },
        { CKA_SUBJECT, subject_bytes, subject.len },
        { CKA_VALUE, value, der.len },
    };

    MUST(value && strlen(label) < 64 && strlen(id) < 64 && subject.len <= 256);
    memcpy(label_bytes, label, strlen(label));
    memcpy(id_bytes, id, strlen(id));
    memcpy(subject_bytes, subject.data, subject.len);
    memcpy(value, der.data, der.len);
    MUST(raw.functions->C_CreateObject(raw.session, object, 8, &handle) == CKR_OK);
    free(value);
    return handle;
}

/* A whole certificate object, with its subject. */
static CK_OBJECT_HANDLE put(const char *label, const char *id, const X509 *certificate)
{
    unsigned char der[4096];
    unsigned char subject[256];
    unsigned char *at = der;
    int len = i2d_X509(certificate, &at);

    return put_bytes(label, id, (pc_bytes){ der, (size_t)len },
                     (pc_bytes){ subject, subject_of(certificate, subject) });
}

static CK_OBJECT_HANDLE put_new(const char *label, const char *id, CK_OBJECT_HANDLE public_key, unsigned serial)
{
    X509 *certificate = make_certificate(label, public_key, serial);
    CK_OBJECT_HANDLE handle = put(label, id, certificate);

    X509_free(certificate);
    return handle;
}

/* The same object with another value of one attribute. */
static CK_OBJECT_HANDLE copy_with(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *value, size_t len)
{
    CK_ATTRIBUTE changed = { type, value, len };
    CK_OBJECT_HANDLE copy = 0;

    MUST(raw.functions->C_CopyObject(raw.session, object, &changed, 1, &copy) == CKR_OK);
    return copy;
}

static CK_OBJECT_HANDLE freeze(CK_OBJECT_HANDLE object)
{
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_HANDLE frozen = copy_with(object, CKA_MODIFIABLE, &no, sizeof no);

    raw_destroy(&raw, object);
    MUST(raw_flag(&raw, frozen, CKA_MODIFIABLE) == 0);
    return frozen;
}

static CK_OBJECT_HANDLE make_key(raw_kind kind, const char *label, const char *id, CK_OBJECT_HANDLE *ret_public)
{
    return raw_generate(&raw, &(raw_key_plan){ .kind = kind, .label = label, .id = id }, ret_public);
}

static void write_pem(const char *name, X509 *certificate, char path[static 128])
{
    FILE *file = fopen(token_store_path(&store, name, path), "we");

    MUST(file && PEM_write_X509(file, certificate) == 1 && fclose(file) == 0);
}

/* --- running --- */

static pc_repair_result *last;
static pc_error failure;

static pc_status run_order(pc_repair_order order, const char *plan)
{
    const pc_token_access access = token_store_access(&store, FAULT_MODULE, current);

    pc_repair_result_free(last);
    last = NULL;
    failure = (pc_error){ .status = PC_OK };
    raw_close(&raw);
    fault_plan(&store, plan);
    pc_status status = pc_repair_run(&order, &access, &last, &failure);

    raw_open(current, &raw);
    return status;
}

static void show_last(void)
{
    for (unsigned i = failure.frame_count; i > 0; i--) {
        print_error("%s\n", failure.frames[i - 1]);
    }
    for (size_t i = 0; last && i < last->finding_count; i++) {
        const pc_repair_finding *each = &last->findings[i];

        print_error("%s %s %s \"%s\": %s; %s -> %s\n", pc_repair_state_name(each->state), each->id,
                    pc_repair_class_name(each->object_class), each->label, each->message,
                    each->old_value ? each->old_value : "", each->new_value ? each->new_value : "");
    }
}

/* The run completes with these counts. */
static void expect(pc_repair_order order, size_t planned, size_t done, size_t refused)
{
    if (run_order(order, "") != PC_OK || last->counts[PC_REPAIR_PLANNED] != planned ||
        last->counts[PC_REPAIR_DONE] != done || last->counts[PC_REPAIR_REFUSED] != refused) {
        show_last();
        fail_msg("not %zu planned, %zu done, %zu refused", planned, done, refused);
    }
}

/* Shown, then applied, then nothing is left. */
static void expect_mended(pc_repair_order order, size_t count)
{
    order.apply = false;
    expect(order, count, 0, 0);
    assert_int_equal(0, fault_calls(&store, "C_SetAttributeValue") + fault_calls(&store, "C_CreateObject"));
    order.apply = true;
    expect(order, 0, count, 0);
    expect(order, 0, 0, 0);
    assert_int_equal(0, fault_calls(&store, "C_SetAttributeValue") + fault_calls(&store, "C_CreateObject"));
}

static const pc_repair_order all = { .key = NULL };

/* Findings are in the order of the objects, which SoftHSM gives in any order. */
static const pc_repair_finding *expect_found(const char *id, pc_repair_state state)
{
    for (size_t i = 0; i < last->finding_count; i++) {
        if (strcmp(last->findings[i].id, id) == 0 && last->findings[i].state == state) {
            return &last->findings[i];
        }
    }
    show_last();
    fail_msg("no %s that is %s", id, pc_repair_state_name(state));
    return NULL;
}

/* --- judging --- */

/* By label: handles do not outlive a session of the library. */
static CK_OBJECT_HANDLE the(CK_OBJECT_CLASS class, const char *label)
{
    return raw_labelled(&raw, class, label);
}

static void expect_bytes(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t len)
{
    unsigned char held[4096];

    assert_int_equal(len, raw_read(&raw, object, type, held, sizeof held));
    assert_memory_equal(bytes, held, len);
}

static void expect_id(CK_OBJECT_CLASS class, const char *label, const char *id)
{
    expect_bytes(the(class, label), CKA_ID, id, strlen(id));
}

/* --- the cases --- */

/* The one that the tests are run with. */
static bool signer_knows_ed25519(void)
{
    const pc_signer_kind *kind = NULL;

    assert_int_equal(pc_signer_choose(getenv("P11CERT_SIGNER"), &kind, NULL), PC_OK);
    return kind->supports(CKK_EC_EDWARDS);
}

static void what_is_correct_is_left_alone(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;

    (void)state;
    begin("well");
    (void)make_key(RAW_EC_P256, "a", "1", &public_key);
    (void)put_new("a", "1", public_key, 1);
    raw_write(&raw, the(CKO_PRIVATE_KEY, "a"), CKA_SUBJECT, "0\0", 2);
    (void)make_key(RAW_RSA_2048, "b", "2", NULL);
    (void)make_key(RAW_ED25519, "c", "3", NULL);
    expect(all, 0, 0, 0);
    assert_int_equal(3, last->key_count);
    (void)expect_found("repair.no-certificate", PC_REPAIR_NOTE);
    if (!signer_knows_ed25519()) {
        assert_int_equal(1, last->proof_count);
        (void)expect_found("repair.other-kind", PC_REPAIR_NOTE);
    } else {
        assert_int_equal(2, last->proof_count);
    }
    raw_close(&raw);
}

static void public_keys_of_ec_keys_that_were_swapped_find_back(void **state)
{
    (void)state;
    begin("swapped");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    (void)make_key(RAW_EC_P256, "b", "2", NULL);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "2", 1);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "b"), CKA_ID, "1", 1);
    expect_mended(all, 2);
    expect_id(CKO_PUBLIC_KEY, "a", "1");
    expect_id(CKO_PUBLIC_KEY, "b", "2");
    expect_id(CKO_PRIVATE_KEY, "a", "1");
    expect_id(CKO_PRIVATE_KEY, "b", "2");
    raw_close(&raw);
}

static void certificates_go_to_the_key_they_belong_to(void **state)
{
    CK_OBJECT_HANDLE a = 0;
    CK_OBJECT_HANDLE b = 0;

    (void)state;
    begin("certs");
    (void)make_key(RAW_EC_P256, "a", "1", &a);
    (void)make_key(RAW_RSA_2048, "b", "2", &b);
    (void)put_new("cert-a", "2", a, 1);
    (void)put_new("cert-b", "", b, 2);
    (void)put_new("cert-b2", "2", b, 3);
    /* two ids, and the subject of "a"; the certificates of "b" do not agree on one */
    expect_mended(all, 3);
    expect_id(CKO_CERTIFICATE, "cert-a", "1");
    expect_id(CKO_CERTIFICATE, "cert-b", "2");
    expect_id(CKO_CERTIFICATE, "cert-b2", "2");
    raw_close(&raw);
}

static uint64_t certificate_mark(void)
{
    const pc_token_access access = token_store_access(&store, SOFTHSM_MODULE, current);
    pc_token *token = NULL;

    raw_close(&raw);
    MUST(pc_token_open(&access, PC_TOKEN_READ, &token, NULL) == PC_OK);
    const pc_lock_mark mark = pc_lock_mark_read(token, PC_CERTIFICATE_LOCK);

    pc_token_close(token);
    raw_open(current, &raw);
    return mark.value;
}

/* Another run may have searched for the key's certificates and not yet written its own. */
static void a_change_of_a_certificate_shows_in_the_lock_file(void **state)
{
    CK_OBJECT_HANDLE a = 0;
    pc_repair_order order = all;
    char path[128];

    (void)state;
    MUST(setenv("P11CERT_LOCK", token_store_path(&store, "lock", path), 1) == 0);
    begin("marked");
    (void)make_key(RAW_EC_P256, "a", "1", &a);
    (void)put_new("cert-a", "2", a, 1);
    uint64_t before = certificate_mark();

    assert_int_not_equal(before, 0);
    expect(order, 2, 0, 0);
    assert_true(certificate_mark() == before);
    order.apply = true;
    expect(order, 0, 2, 0);
    assert_true(certificate_mark() != before);
    MUST(unsetenv("P11CERT_LOCK") == 0);
    raw_close(&raw);
}

static void a_missing_public_key_is_made_again(void **state)
{
    CK_OBJECT_HANDLE rsa = 0;
    CK_OBJECT_HANDLE ec = 0;
    unsigned char modulus[512];
    unsigned char point[128];

    (void)state;
    begin("missing");
    (void)make_key(RAW_RSA_2048, "rsa", "1", &rsa);
    (void)make_key(RAW_EC_P256, "ec", "2", &ec);
    (void)put_new("ec", "2", ec, 1);
    size_t modulus_len = raw_read(&raw, rsa, CKA_MODULUS, modulus, sizeof modulus);
    size_t point_len = raw_read(&raw, ec, CKA_EC_POINT, point, sizeof point);

    raw_destroy(&raw, rsa);
    raw_destroy(&raw, ec);
    expect_mended(all, 3);
    expect_bytes(the(CKO_PUBLIC_KEY, "rsa"), CKA_MODULUS, modulus, modulus_len);
    expect_bytes(the(CKO_PUBLIC_KEY, "ec"), CKA_EC_POINT, point, point_len);
    expect_id(CKO_PUBLIC_KEY, "rsa", "1");
    expect_id(CKO_PUBLIC_KEY, "ec", "2");
    assert_int_equal(1, raw_flag(&raw, the(CKO_PUBLIC_KEY, "ec"), CKA_VERIFY));
    assert_int_equal(1, raw_flag(&raw, the(CKO_PUBLIC_KEY, "ec"), CKA_TOKEN));
    assert_int_equal(0, raw_flag(&raw, the(CKO_PUBLIC_KEY, "ec"), CKA_PRIVATE));
    assert_int_equal(0, raw_flag(&raw, the(CKO_PUBLIC_KEY, "rsa"), CKA_WRAP));
    raw_close(&raw);
}

static void an_ec_key_that_nothing_shows_is_known_by_two_signatures(void **state)
{
    CK_OBJECT_HANDLE ec = 0;
    unsigned char point[128];
    char foreign[128];

    (void)state;
    begin("bare");
    (void)make_key(RAW_EC_P256, "ec", "2", &ec);
    const size_t point_len = raw_read(&raw, ec, CKA_EC_POINT, point, sizeof point);
    X509 *other = make_certificate("other", 0, 2);

    write_pem("foreign.pem", other, foreign);
    X509_free(other);
    raw_destroy(&raw, ec);
    assert_int_equal(PC_E_NOT_FOUND, run_order((pc_repair_order){ .certificate = foreign, .apply = true }, ""));
    assert_int_equal(0, raw_count(&raw, CKO_PUBLIC_KEY));
    expect_mended((pc_repair_order){ .apply = true }, 1);
    expect_bytes(the(CKO_PUBLIC_KEY, "ec"), CKA_EC_POINT, point, point_len);
    expect_id(CKO_PUBLIC_KEY, "ec", "2");
    raw_close(&raw);
}

static void an_ec_key_that_nothing_shows_gets_its_public_key_from_its_certificate(void **state)
{
    CK_OBJECT_HANDLE ec = 0;
    char path[128];

    (void)state;
    begin("certified");
    (void)make_key(RAW_EC_P256, "ec", "2", &ec);
    X509 *certificate = make_certificate("ec", ec, 1);

    write_pem("bare.pem", certificate, path);
    X509_free(certificate);
    raw_destroy(&raw, ec);
    expect_mended((pc_repair_order){ .certificate = path }, 1);
    expect_id(CKO_PUBLIC_KEY, "ec", "2");
    assert_int_equal(0, raw_count(&raw, CKO_CERTIFICATE));
    raw_close(&raw);
}

static void of_two_keys_with_one_id_the_named_one_gets_a_new_one(void **state)
{
    CK_OBJECT_HANDLE a = 0;
    CK_OBJECT_HANDLE b = 0;
    unsigned char before[64];
    unsigned char after[64];

    (void)state;
    begin("shared");
    (void)make_key(RAW_EC_P256, "a", "1", &a);
    (void)make_key(RAW_EC_P256, "b", "1", &b);
    (void)put_new("cert-a", "1", a, 1);
    (void)put_new("cert-b", "1", b, 2);
    raw_write(&raw, the(CKO_PRIVATE_KEY, "a"), CKA_SUBJECT, "0\0", 2);
    raw_write(&raw, the(CKO_PRIVATE_KEY, "b"), CKA_SUBJECT, "0\0", 2);
    expect((pc_repair_order){ .apply = true }, 0, 0, 2);
    (void)expect_found("repair.shared-id", PC_REPAIR_REFUSED);
    expect_id(CKO_PRIVATE_KEY, "a", "1");
    expect_mended((pc_repair_order){ .key = "a" }, 3);
    size_t len = raw_read(&raw, the(CKO_PRIVATE_KEY, "a"), CKA_ID, after, sizeof after);

    assert_int_equal(20, len);
    expect_bytes(the(CKO_PUBLIC_KEY, "a"), CKA_ID, after, len);
    expect_bytes(the(CKO_CERTIFICATE, "cert-a"), CKA_ID, after, len);
    expect_id(CKO_PRIVATE_KEY, "b", "1");
    expect_id(CKO_PUBLIC_KEY, "b", "1");
    expect_id(CKO_CERTIFICATE, "cert-b", "1");
    memcpy(before, after, len);
    expect((pc_repair_order){ .apply = true }, 0, 0, 0);
    expect_bytes(the(CKO_PRIVATE_KEY, "a"), CKA_ID, before, len);
    raw_close(&raw);
}

static void two_objects_of_one_private_key_are_left_to_a_person(void **state)
{
    CK_OBJECT_HANDLE key = 0;
    char id[] = "9";

    (void)state;
    begin("copies");
    key = make_key(RAW_EC_P256, "a", "1", NULL);
    (void)copy_with(key, CKA_ID, id, 1);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "5", 1);
    expect((pc_repair_order){ .apply = true }, 0, 0, 2);
    (void)expect_found("repair.same-key", PC_REPAIR_REFUSED);
    expect_id(CKO_PUBLIC_KEY, "a", "5");
    raw_close(&raw);
}

static void the_rest_is_fitted_to_a_key_that_cannot_be_changed(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE key = 0;

    (void)state;
    begin("frozen-key");
    key = make_key(RAW_EC_P256, "a", "1", &public_key);
    (void)put_new("cert-a", "7", public_key, 1);
    raw_write(&raw, public_key, CKA_ID, "8", 1);
    (void)freeze(key);
    expect_mended(all, 2);
    expect_id(CKO_PRIVATE_KEY, "a", "1");
    expect_id(CKO_PUBLIC_KEY, "a", "1");
    expect_id(CKO_CERTIFICATE, "cert-a", "1");
    raw_close(&raw);
}

static void a_key_without_id_that_cannot_be_changed_is_refused(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;

    (void)state;
    begin("frozen-bare");
    (void)freeze(make_key(RAW_EC_P256, "a", NULL, &public_key));
    expect((pc_repair_order){ .apply = true }, 0, 0, 1);
    (void)expect_found("repair.no-id", PC_REPAIR_REFUSED);
    raw_close(&raw);
}

static void objects_that_cannot_be_changed_are_written_once_more(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE found[4];

    (void)state;
    begin("frozen-rest");
    (void)make_key(RAW_EC_P256, "a", "1", &public_key);
    raw_write(&raw, the(CKO_PRIVATE_KEY, "a"), CKA_SUBJECT, "0\0", 2);
    (void)freeze(put_new("a", "7", public_key, 1));
    raw_write(&raw, public_key, CKA_ID, "8", 1);
    (void)freeze(public_key);
    expect_mended(all, 2);
    (void)expect_found("repair.spare", PC_REPAIR_NOTE);
    assert_int_equal(2, raw_count(&raw, CKO_CERTIFICATE));
    assert_int_equal(1, raw_find(&raw, CKO_CERTIFICATE, CKA_ID, "1", 1, found, 4));
    assert_int_equal(1, raw_find(&raw, CKO_CERTIFICATE, CKA_ID, "7", 1, found, 4));
    assert_int_equal(1, raw_find(&raw, CKO_PUBLIC_KEY, CKA_ID, "1", 1, found, 4));
    assert_int_equal(1, raw_find(&raw, CKO_PUBLIC_KEY, CKA_ID, "8", 1, found, 4));
    raw_close(&raw);
}

static void a_key_without_id_takes_that_of_its_public_key(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;

    (void)state;
    begin("no-id");
    (void)make_key(RAW_RSA_2048, "a", NULL, &public_key);
    raw_write(&raw, public_key, CKA_ID, "pub", 3);
    (void)make_key(RAW_EC_P256, "b", NULL, NULL);
    /* "b" has nothing to take over: key and public key get its own identifier */
    expect_mended(all, 3);
    expect_id(CKO_PRIVATE_KEY, "a", "pub");
    assert_int_equal(20, raw_read(&raw, the(CKO_PRIVATE_KEY, "b"), CKA_ID, (char[64]){ 0 }, 64));
    raw_close(&raw);
}

static void subjects_and_labels_are_filled_in(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;
    unsigned char der[4096];
    unsigned char subject[256];
    unsigned char *at = der;

    (void)state;
    begin("names");
    (void)make_key(RAW_EC_P256, "", "1", &public_key);
    X509 *certificate = make_certificate("server.contoso.com", public_key, 1);
    size_t subject_len = subject_of(certificate, subject);

    (void)put_bytes("", "1", (pc_bytes){ der, (size_t)i2d_X509(certificate, &at) },
                    (pc_bytes){ (const unsigned char *)"0", 0 });
    X509_free(certificate);
    /* SoftHSM does not allow the subject of a certificate to be changed: it is written again, including its label. */
    expect(all, 5, 0, 0);
    expect((pc_repair_order){ .apply = true }, 0, 4, 0);
    expect(all, 0, 0, 0);
    expect_bytes(the(CKO_PRIVATE_KEY, "server.contoso.com"), CKA_SUBJECT, subject, subject_len);
    expect_bytes(the(CKO_CERTIFICATE, "server.contoso.com"), CKA_SUBJECT, subject, subject_len);
    expect_id(CKO_PUBLIC_KEY, "server.contoso.com", "1");
    raw_close(&raw);
}

static void an_unrelated_certificate_loses_the_id_of_a_key(void **state)
{
    (void)state;
    begin("stray");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    (void)put_new("stray", "1", 0, 1);
    (void)put_new("issuer", "root", 0, 2);
    expect_mended(all, 1);
    assert_int_equal(20, raw_read(&raw, the(CKO_CERTIFICATE, "stray"), CKA_ID, (char[64]){ 0 }, 64));
    expect_id(CKO_CERTIFICATE, "issuer", "root");
    /* One more, whose subject SoftHSM does not allow to be changed: it is written again. */
    X509 *certificate = make_certificate("astray", 0, 3);
    unsigned char der[4096];
    unsigned char *at = der;

    (void)put_bytes("astray", "1", (pc_bytes){ der, (size_t)i2d_X509(certificate, &at) },
                    (pc_bytes){ (const unsigned char *)"0\0", 2 });
    X509_free(certificate);
    expect(all, 2, 0, 0);
    expect((pc_repair_order){ .apply = true }, 0, 2, 0);
    expect(all, 0, 0, 0);
    CK_OBJECT_HANDLE found[4];

    assert_int_equal(0, raw_find(&raw, CKO_CERTIFICATE, CKA_ID, "1", 1, found, 4));
    (void)expect_found("repair.no-key", PC_REPAIR_NOTE);
    raw_close(&raw);
}

static void an_unrelated_public_key_loses_the_id_of_a_key(void **state)
{
    CK_OBJECT_HANDLE key = 0;

    (void)state;
    begin("stray-public");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    key = make_key(RAW_EC_P256, "lost", "2", NULL);
    raw_destroy(&raw, key);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "lost"), CKA_ID, "1", 1);
    expect_mended((pc_repair_order){ .key = "a" }, 1);
    expect_id(CKO_PUBLIC_KEY, "a", "1");
    assert_int_equal(20, raw_read(&raw, the(CKO_PUBLIC_KEY, "lost"), CKA_ID, (char[64]){ 0 }, 64));
    raw_close(&raw);
}

/* What SIGKILL in C_GenerateKeyPair leaves, and the pair that the next run made. */
static void make_half_pair(const char *label, const char *id)
{
    raw_destroy(&raw, make_key(RAW_EC_P256, label, id, NULL));
}

static void a_public_key_left_by_a_killed_run_is_removed_once_its_label_has_a_key(void **state)
{
    (void)state;
    begin("half-made");
    make_half_pair("a", "1");
    expect(all, 0, 0, 0); /* that pair has not been made again */
    (void)expect_found("repair.no-key", PC_REPAIR_NOTE);
    (void)make_key(RAW_EC_P256, "a", "2", NULL);
    expect((pc_repair_order){ .key = "a", .apply = true }, 0, 0, 0);
    expect(all, 1, 0, 0);
    const pc_repair_finding *half = expect_found("repair.half-made", PC_REPAIR_PLANNED);

    assert_string_equal("(removed)", half->new_value);
    assert_non_null(strstr(half->old_value, "CKA_ID 31"));
    expect((pc_repair_order){ .apply = true }, 0, 1, 0);
    expect(all, 0, 0, 0);
    expect_id(CKO_PUBLIC_KEY, "a", "2");
    assert_int_equal(1, raw_count(&raw, CKO_PRIVATE_KEY));
    raw_close(&raw);
}

/* The same public key as another program writes it: CKA_LOCAL is false. */
static void import_public_key(const char *label, const char *id, CK_OBJECT_HANDLE source)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_BBOOL yes = CK_TRUE;
    unsigned char parameters[64];
    unsigned char point[128];
    char label_bytes[64];
    char id_bytes[64];
    CK_OBJECT_HANDLE handle = 0;
    CK_ATTRIBUTE object[] = {
        { CKA_CLASS, &class, sizeof class },
        { CKA_KEY_TYPE, &type, sizeof type },
        { CKA_TOKEN, &yes, sizeof yes },
        { CKA_LABEL, memcpy(label_bytes, label, strlen(label)), strlen(label) },
        { CKA_ID, memcpy(id_bytes, id, strlen(id)), strlen(id) },
        { CKA_EC_PARAMS, parameters, raw_read(&raw, source, CKA_EC_PARAMS, parameters, sizeof parameters) },
        { CKA_EC_POINT, point, raw_read(&raw, source, CKA_EC_POINT, point, sizeof point) },
    };

    MUST(raw.functions->C_CreateObject(raw.session, object, 7, &handle) == CKR_OK);
}

static void a_public_key_that_may_be_needed_stays(void **state)
{
    static const pc_repair_order apply = { .apply = true };
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_HANDLE public_key = 0;

    (void)state;
    begin("needed");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    make_half_pair("other", "2"); /* no private key has its label */
    expect(apply, 0, 0, 0);
    import_public_key("a", "3", the(CKO_PUBLIC_KEY, "other")); /* it was not made here */
    raw_destroy(&raw, the(CKO_PUBLIC_KEY, "other"));
    expect(apply, 0, 0, 0);
    raw_destroy(&raw, make_key(RAW_EC_P256, "b", "4", &public_key)); /* it once had a certificate */
    (void)put_new("b", "4", public_key, 1);
    (void)make_key(RAW_EC_P256, "b", "5", NULL);
    raw_write(&raw, the(CKO_PRIVATE_KEY, "b"), CKA_SUBJECT, "0\0", 2);
    expect(apply, 0, 0, 0);
    make_half_pair("a", "6"); /* it may be the public half of a key that does not show what it is */
    CK_OBJECT_HANDLE mute = make_key(RAW_EC_P256, "mute", "7", NULL);

    raw_write(&raw, mute, CKA_SIGN, &no, sizeof no);
    expect(apply, 0, 0, 0);
    raw_destroy(&raw, the(CKO_PRIVATE_KEY, "mute"));
    expect(apply, 0, 1, 0);
    raw_close(&raw);
}

static void for_a_key_that_may_not_sign_nothing_is_written(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;

    (void)state;
    begin("mute");
    (void)raw_generate(&raw, &(raw_key_plan){ .kind = RAW_RSA_2048, .label = "a", .id = "1", .no_sign = true },
                       &public_key);
    (void)raw_generate(&raw, &(raw_key_plan){ .label = "b", .id = "2", .no_sign = true }, NULL);
    raw_write(&raw, public_key, CKA_ID, "9", 1);
    expect((pc_repair_order){ .apply = true }, 0, 0, 1);
    expect_id(CKO_PUBLIC_KEY, "a", "9");
    (void)expect_found("repair.not-proved", PC_REPAIR_NOTE);
    raw_close(&raw);
}

static void a_named_key_leaves_the_others_alone(void **state)
{
    (void)state;
    begin("named");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    (void)make_key(RAW_EC_P256, "b", "2", NULL);
    (void)make_key(RAW_EC_P256, "c", "3", NULL);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "8", 1);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "b"), CKA_ID, "9", 1);
    expect_mended((pc_repair_order){ .key = "a" }, 1);
    assert_int_equal(1, last->proof_count);
    expect_id(CKO_PUBLIC_KEY, "a", "1");
    expect_id(CKO_PUBLIC_KEY, "b", "9");
    assert_int_equal(PC_E_NOT_FOUND, run_order((pc_repair_order){ .key = "nobody" }, ""));
    (void)make_key(RAW_EC_P256, "a", "4", NULL);
    assert_int_equal(PC_E_AMBIGUOUS, run_order((pc_repair_order){ .key = "a" }, ""));
    raw_close(&raw);
}

/* A copy under another CKA_ID that the named key's public object leads to must be seen. */
static void a_named_key_does_not_take_the_public_key_of_its_copy(void **state)
{
    CK_OBJECT_HANDLE key = 0;
    char id[] = "9";

    (void)state;
    begin("named-copy");
    key = make_key(RAW_EC_P256, "a", "1", NULL);
    (void)copy_with(key, CKA_ID, id, 1);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "9", 1);
    expect((pc_repair_order){ .key = "pkcs11:object=a;id=%31", .apply = true }, 0, 0, 2);
    (void)expect_found("repair.same-key", PC_REPAIR_REFUSED);
    expect_id(CKO_PUBLIC_KEY, "a", "9");
    raw_close(&raw);
}

static void what_the_token_refuses_is_worked_around_or_reported(void **state)
{
    static const char *const codes[] = { "0x10", "0x1b" }; /* ATTRIBUTE_READ_ONLY, ACTION_PROHIBITED */
    CK_OBJECT_HANDLE found[4];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char plan[64];
        CK_OBJECT_HANDLE public_key = 0;

        begin(i ? "prohibited" : "read-only");
        (void)make_key(RAW_EC_P256, "a", "1", &public_key);
        (void)put_new("cert-a", "7", public_key, 1);
        (void)snprintf(plan, sizeof plan, "C_SetAttributeValue=1+ return=%s", codes[i]);
        assert_int_equal(PC_OK, run_order((pc_repair_order){ .apply = true }, plan));
        assert_int_equal(1, last->counts[PC_REPAIR_DONE]);
        assert_int_equal(1, last->counts[PC_REPAIR_REFUSED]);
        (void)expect_found("repair.no-subject", PC_REPAIR_REFUSED);
        assert_int_equal(1, raw_find(&raw, CKO_CERTIFICATE, CKA_ID, "1", 1, found, 4));
        assert_int_equal(1, raw_find(&raw, CKO_CERTIFICATE, CKA_ID, "7", 1, found, 4));
        raw_close(&raw);
    }
}

static void a_token_that_lies_about_a_change_is_detected(void **state)
{
    (void)state;
    begin("liar");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "8", 1);
    assert_int_equal(PC_E_VERIFY, run_order((pc_repair_order){ .apply = true }, "C_SetAttributeValue=1 skip=0"));
    expect_id(CKO_PUBLIC_KEY, "a", "8");
    expect_mended(all, 1);
    raw_close(&raw);
}

/* The first read of the key's CKA_ID is one byte too long: nothing may be matched to that. */
static void an_id_that_reads_differently_the_second_time_is_not_relied_on(void **state)
{
    char plan[64];

    (void)state;
    begin("long-id");
    (void)make_key(RAW_EC_P256, "a", "1", NULL);
    raw_write(&raw, the(CKO_PUBLIC_KEY, "a"), CKA_ID, "8", 1);
    (void)snprintf(plan, sizeof plan, "C_GetAttributeValue=1 length=+1@0x%lx", (unsigned long)CKA_ID);
    assert_int_equal(PC_E_VERIFY, run_order((pc_repair_order){ .apply = true }, plan));
    expect_id(CKO_PUBLIC_KEY, "a", "8");
    expect_mended(all, 1);
    raw_close(&raw);
}

static void write_junk(const char *label, pc_bytes der)
{
    (void)put_bytes(label, "1", der, (pc_bytes){ (const unsigned char *)"0\0", 2 });
}

/* Its SAN contains a NUL and a line end; its label and CN contain terminal escapes. */
static void write_hostile(CK_OBJECT_HANDLE public_key)
{
    static const unsigned char san[] = "0\x0d\x82\x0b"
                                       "a\0b\nc.local";
    X509 *certificate = make_certificate("\033[2Jx\ny", public_key, 5);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    EVP_PKEY *issuer = EVP_EC_gen("P-256");

    MUST(value && ASN1_OCTET_STRING_set(value, san, sizeof san - 1) == 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, value);

    MUST(extension && X509_add_ext(certificate, extension, -1) == 1 &&
         X509_sign(certificate, issuer, EVP_sha256()) > 0);
    (void)put("", "77", certificate);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    EVP_PKEY_free(issuer);
    X509_free(certificate);
}

static void hostile_certificates_do_no_harm(void **state)
{
    CK_OBJECT_HANDLE public_key = 0;
    unsigned char *large = calloc(1, 1000000);
    size_t shown = 0;

    (void)state;
    begin("hostile");
    (void)make_key(RAW_EC_P256, "", "1", &public_key);
    MUST(large);
    memcpy(large, "\x30\x83\x0f\x42\x3b", 5);
    write_junk("large", (pc_bytes){ large, 1000000 });
    write_junk("garbage", (pc_bytes){ (const unsigned char *)"\x30\x82\xff\xff\x02", 5 });
    write_junk("short", (pc_bytes){ (const unsigned char *)"0", 1 });
    write_hostile(public_key);
    free(large);
    assert_int_equal(PC_OK, run_order((pc_repair_order){ .apply = true }, ""));
    assert_int_equal(0, last->counts[PC_REPAIR_REFUSED]);
    for (size_t i = 0; i < last->finding_count; i++) {
        const pc_repair_finding *each = &last->findings[i];

        shown += strcmp(each->id, "repair.unreadable") == 0;
        assert_null(strpbrk(each->message, "\033\n"));
        assert_true(!each->new_value || !strpbrk(each->new_value, "\033\n"));
    }
    assert_int_equal(3, shown);
    expect(all, 0, 0, 0);
    raw_close(&raw);
}

/* --- empty objects --- */

/* What SoftHSM leaves if it is killed while it creates an object, in its own format: a counter, then type, kind, value.
 */
#define COUNTER "\\0\\0\\0\\0\\0\\0\\0\\1"
#define CLASS(octal) \
    "\\0\\0\\0\\0\\0\\0\\0\\0" \
    "\\0\\0\\0\\0\\0\\0\\0\\2" \
    "\\0\\0\\0\\0\\0\\0\\0\\" octal
#define EMPTY_TEXT(octal) \
    "\\0\\0\\0\\0\\0\\0\\0\\" octal "\\0\\0\\0\\0\\0\\0\\0\\3" \
    "\\0\\0\\0\\0\\0\\0\\0\\0"
static const char *const empty_objects[] = {
    COUNTER,
    COUNTER CLASS("0"),
    COUNTER CLASS("0") EMPTY_TEXT("3") EMPTY_TEXT("20") EMPTY_TEXT("21"),
    COUNTER CLASS("1"),
    COUNTER CLASS("1") EMPTY_TEXT("3") EMPTY_TEXT("21"),
};

/* On every token of the store. */
static void leave_empty_object(const char *content)
{
    char said[256];
    const char *const words[] = { "sh",
                                  "-c",
                                  "for token in \"$0\"/tokens/*/; do printf \"$1\" "
                                  ">\"$token/00000000-0000-0000-0000-000000000001.object\" && "
                                  ": >\"$token/00000000-0000-0000-0000-000000000001.lock\"; done",
                                  store.folder,
                                  content,
                                  NULL };

    MUST(run_program(words, said, sizeof said) == 0);
}

static void expect_empty_object_removed(void)
{
    expect(all, 1, 0, 0);
    assert_string_equal("repair.leftover", last->findings[last->finding_count - 1].id);
    assert_string_equal("object", pc_repair_class_name(last->findings[last->finding_count - 1].object_class));
    assert_int_equal(0, fault_calls(&store, "C_DestroyObject"));
    expect((pc_repair_order){ .key = "whole", .apply = true }, 0, 0, 0); /* it does not belong to that key */
    assert_int_equal(0, fault_calls(&store, "C_DestroyObject"));
    expect((pc_repair_order){ .apply = true }, 0, 1, 0);
    assert_int_equal(1, fault_calls(&store, "C_DestroyObject"));
    expect(all, 0, 0, 0);
    assert_int_equal(1, raw_count(&raw, CKO_PRIVATE_KEY));
    assert_int_equal(1, raw_count(&raw, CKO_PUBLIC_KEY));
    assert_int_equal(0, raw_count(&raw, CKO_CERTIFICATE));
    assert_int_equal(1, raw_count(&raw, CKO_DATA)); /* without label, but not empty */
}

static void an_empty_object_is_shown_then_removed(void **state)
{
    static const raw_key_plan plan = { .label = "whole", .id = "\x01", .kind = RAW_EC_P256 };
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE unlabelled[] = { { CKA_CLASS, &class, sizeof class }, { CKA_TOKEN, &yes, 1 }, { CKA_VALUE, &yes, 1 } };
    CK_OBJECT_HANDLE public_key = 0;
    CK_OBJECT_HANDLE data = 0;

    (void)state;
    begin("leftover");
    (void)raw_generate(&raw, &plan, &public_key);
    MUST(raw.functions->C_CreateObject(raw.session, unlabelled, 3, &data) == CKR_OK);
    for (size_t i = 0; i < sizeof empty_objects / sizeof *empty_objects; i++) {
        leave_empty_object(empty_objects[i]);
        expect_empty_object_removed();
    }
    raw_close(&raw);
}

/* On a token with nothing else, each C_GetAttributeValue reads that object: 11 times to find it, then 11 times
 * again. */
static void an_object_that_may_be_whole_is_not_removed(void **state)
{
    static const pc_repair_order apply = { .apply = true };

    (void)state;
    begin("doubtful");
    leave_empty_object(empty_objects[0]);
    assert_int_equal(PC_E_TOKEN, run_order(apply, "C_GetAttributeValue=1+ return=0x30"));
    assert_true(error_says(&failure, "CKR_DEVICE_ERROR"));
    assert_int_equal(PC_E_TOKEN, run_order(apply, "C_GetAttributeValue=2+ skip=0"));
    assert_true(error_says(&failure, "CKR_OK and no length"));
    assert_int_equal(0, fault_calls(&store, "C_DestroyObject"));
    assert_int_equal(PC_OK, run_order(apply, "C_GetAttributeValue=1+ skip=0"));
    assert_int_equal(0, fault_calls(&store, "C_DestroyObject"));
    assert_int_equal(PC_OK, run_order(apply, "C_GetAttributeValue=13 return=0x11"));
    assert_int_equal(1, last->counts[PC_REPAIR_NOTE]);
    assert_non_null(strstr(last->findings[0].message, "another program was creating it"));
    assert_int_equal(0, fault_calls(&store, "C_DestroyObject"));
    assert_int_equal(PC_OK, run_order(apply, "C_DestroyObject=1 return=0x1b"));
    assert_int_equal(1, last->counts[PC_REPAIR_REFUSED]);
    assert_non_null(strstr(last->findings[0].message, "CKR_ACTION_PROHIBITED"));
    expect(apply, 0, 1, 0);
    raw_close(&raw);
}

/* One search per class, one read per object, one signature per key: nothing grows faster than the token. */
static void the_calls_grow_with_the_token_and_no_faster(void **state)
{
    unsigned calls[2];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        begin(i ? "forty" : "twenty");
        raw_generate_many(&raw, "key", NULL, i ? 40 : 20);
        expect(all, 0, 0, 0);
        calls[i] = fault_calls(&store, NULL);
        raw_close(&raw);
    }
    assert_true(calls[1] < 2 * calls[0]);
    assert_true(calls[1] - calls[0] <= 20 * 4 + 1); /* two reads, C_SignInit, C_Sign; and one more slot */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_correct_is_left_alone),
        cmocka_unit_test(public_keys_of_ec_keys_that_were_swapped_find_back),
        cmocka_unit_test(certificates_go_to_the_key_they_belong_to),
        cmocka_unit_test(a_change_of_a_certificate_shows_in_the_lock_file),
        cmocka_unit_test(a_missing_public_key_is_made_again),
        cmocka_unit_test(an_ec_key_that_nothing_shows_is_known_by_two_signatures),
        cmocka_unit_test(an_ec_key_that_nothing_shows_gets_its_public_key_from_its_certificate),
        cmocka_unit_test(of_two_keys_with_one_id_the_named_one_gets_a_new_one),
        cmocka_unit_test(two_objects_of_one_private_key_are_left_to_a_person),
        cmocka_unit_test(the_rest_is_fitted_to_a_key_that_cannot_be_changed),
        cmocka_unit_test(a_key_without_id_that_cannot_be_changed_is_refused),
        cmocka_unit_test(objects_that_cannot_be_changed_are_written_once_more),
        cmocka_unit_test(a_key_without_id_takes_that_of_its_public_key),
        cmocka_unit_test(subjects_and_labels_are_filled_in),
        cmocka_unit_test(an_unrelated_certificate_loses_the_id_of_a_key),
        cmocka_unit_test(an_unrelated_public_key_loses_the_id_of_a_key),
        cmocka_unit_test(a_public_key_left_by_a_killed_run_is_removed_once_its_label_has_a_key),
        cmocka_unit_test(a_public_key_that_may_be_needed_stays),
        cmocka_unit_test(for_a_key_that_may_not_sign_nothing_is_written),
        cmocka_unit_test(a_named_key_leaves_the_others_alone),
        cmocka_unit_test(a_named_key_does_not_take_the_public_key_of_its_copy),
        cmocka_unit_test(what_the_token_refuses_is_worked_around_or_reported),
        cmocka_unit_test(a_token_that_lies_about_a_change_is_detected),
        cmocka_unit_test(an_id_that_reads_differently_the_second_time_is_not_relied_on),
        cmocka_unit_test(hostile_certificates_do_no_harm),
        cmocka_unit_test(an_empty_object_is_shown_then_removed),
        cmocka_unit_test(an_object_that_may_be_whole_is_not_removed),
        cmocka_unit_test(the_calls_grow_with_the_token_and_no_faster),
    };

    int failed = cmocka_run_group_tests(tests, make_store, remove_store);

    pc_repair_result_free(last);
    return failed;
}
