/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encoding.h"
#include "x509/read.h"
#include "x509_made.h"

typedef struct {
    EVP_PKEY *key;
    X509 *certificate;
    X509_REQ *csr;
} material;

static int make_material(void **state)
{
    static material made;

    made.key = made_key();
    made.certificate = made_certificate(&(made_plan){ "one", made.key, NULL, NULL, false, -1, 10 });
    made.csr = X509_REQ_new();
    assert_int_equal(X509_REQ_set_pubkey(made.csr, made.key), 1);
    assert_true(X509_REQ_sign(made.csr, made.key, EVP_sha256()) > 0);
    *state = &made;
    return 0;
}

static int free_material(void **state)
{
    material *made = *state;

    EVP_PKEY_free(made->key);
    X509_free(made->certificate);
    X509_REQ_free(made->csr);
    return 0;
}

/* The contents of the file: 'r' a request, a digit that number of certificates, or the status of the refusal. */
static void assert_reads_as(const char *name, const void *bytes, size_t len, char expected)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    pc_error err = { .status = PC_OK };
    pc_status status = pc_x509_read((pc_bytes){ bytes, len }, "the file", &content, &err);
    char found = status == PC_E_INPUT ? 'x' : content.csr ? 'r' : (char)('0' + sk_X509_num(content.certificates));

    if (found != expected) {
        fail_msg("%s: %c where %c was expected (%s)", name, found, expected, err.frames[0]);
    }
}

static size_t bio_text(BIO *out, char text[static 16384])
{
    int len = BIO_read(out, text, 16383);

    text[len > 0 ? len : 0] = '\0';
    BIO_free(out);
    return len > 0 ? (size_t)len : 0;
}

static void pem_of_every_kind_is_recognised_by_content(void **state)
{
    const material *made = *state;
    char text[16384];
    BIO *out = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_X509(out, made->certificate), 1);
    assert_reads_as("certificate", text, bio_text(out, text), '1');

    out = BIO_new(BIO_s_mem());
    assert_true(BIO_puts(out, "Bag Attributes: some text before\r\n") > 0);
    assert_int_equal(PEM_write_bio_X509(out, made->certificate), 1);
    assert_int_equal(PEM_write_bio_X509(out, made->certificate), 1);
    assert_reads_as("two certificates and text", text, bio_text(out, text), '2');

    out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_REQ(out, made->csr), 1);
    assert_reads_as("request", text, bio_text(out, text), 'r');

    out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_REQ_NEW(out, made->csr), 1);
    assert_reads_as("request as certreq labels it", text, bio_text(out, text), 'r');

    out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_REQ(out, made->csr), 1);
    assert_int_equal(PEM_write_bio_X509(out, made->certificate), 1);
    assert_reads_as("request and certificate", text, bio_text(out, text), 'x');

    out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(out, made->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_reads_as("private key", text, bio_text(out, text), 'x');
}

static void der_of_every_kind_is_recognised_by_content(void **state)
{
    const material *made = *state;
    unsigned char *der = NULL;
    size_t len = made_der(made->certificate, &der);

    assert_reads_as("certificate", der, len, '1');
    assert_reads_as("certificate cut short", der, len - 1, 'x');
    unsigned char *longer = OPENSSL_zalloc(len + 8);

    memcpy(longer, der, len);
    assert_reads_as("certificate with zero bytes behind it", longer, len + 8, '1');
    longer[len + 7] = 1;
    assert_reads_as("certificate with a byte too many", longer, len + 8, 'x');
    OPENSSL_free(longer);
    OPENSSL_free(der);
    der = NULL;
    int csr_len = i2d_X509_REQ(made->csr, &der);

    assert_reads_as("request", der, (size_t)csr_len, 'r');
    OPENSSL_free(der);
}

/* AD CS delivers a PKCS#7 with the label CERTIFICATE if base64 is requested. */
static void a_pkcs7_is_read_under_either_label(void **state)
{
    const material *made = *state;
    PKCS7 *bag = PKCS7_new();
    unsigned char *der = NULL;
    char text[16384];

    assert_int_equal(PKCS7_set_type(bag, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(bag, NID_pkcs7_data), 1);
    assert_int_equal(PKCS7_add_certificate(bag, made->certificate), 1);
    int len = i2d_PKCS7(bag, &der);

    assert_true(len > 0);
    assert_reads_as("DER", der, (size_t)len, '1');
    static const char *const labels[] = { PEM_STRING_PKCS7, PEM_STRING_X509 };

    for (size_t i = 0; i < PC_COUNT(labels); i++) {
        BIO *out = BIO_new(BIO_s_mem());

        assert_true(PEM_write_bio(out, labels[i], "", der, len) > 0);
        assert_reads_as(labels[i], text, bio_text(out, text), '1');
    }
    OPENSSL_free(der);
    PKCS7_free(bag);
}

/* PowerShell 5 and Exchange write text files, PEM among them, as UTF-16 with a byte order mark. */
static void pem_in_utf16_is_read(void **state)
{
    const material *made = *state;
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    char text[16384];
    pc_bytes wide = { .len = 0 };
    BIO *out = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_X509(out, made->certificate), 1);
    (void)bio_text(out, text);
    assert_int_equal(pc_encoding_to_utf16le(arena, text, &wide, NULL), PC_OK);
    assert_reads_as("certificate in UTF-16LE", wide.data, wide.len, '1');
    assert_reads_as("certificate in UTF-16LE, cut in a character", wide.data, wide.len - 1, 'x');
    out = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509_REQ(out, made->csr), 1);
    (void)bio_text(out, text);
    assert_int_equal(pc_encoding_to_utf16le(arena, text, &wide, NULL), PC_OK);
    assert_reads_as("request in UTF-16LE", wide.data, wide.len, 'r');
}

/* A signed message with a content of that type (and of no meaning). */
static int signed_message(const material *made, int content_type, unsigned char **ret_der)
{
    BIO *content = BIO_new_mem_buf("0\0", 2);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, content, CMS_PARTIAL | CMS_BINARY);

    assert_non_null(cms);
    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(content_type)), 1);
    assert_non_null(CMS_add1_signer(cms, made->certificate, made->key, EVP_sha256(), CMS_NOCERTS));
    assert_int_equal(CMS_final(cms, content, NULL, CMS_BINARY), 1);
    int len = i2d_CMS_ContentInfo(cms, ret_der);

    CMS_ContentInfo_free(cms);
    BIO_free(content);
    assert_true(len > 0);
    return len;
}

static void cmc_request_is_named_as_such(void **state)
{
    static const struct {
        int content_type;
        bool is_cmc;
    } rows[] = { { NID_id_cct_PKIData, true }, { NID_pkcs7_data, false } };
    const material *made = *state;

    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
        pc_error err = { .status = PC_OK };
        unsigned char *der = NULL;
        int len = signed_message(made, rows[i].content_type, &der);

        assert_int_equal(pc_x509_read((pc_bytes){ .data = der, .len = (size_t)len }, "the file", &content, &err),
                         PC_E_INPUT);
        assert_int_equal(strstr(err.frames[0], "CMC request") != NULL, rows[i].is_cmc);
        OPENSSL_free(der);
    }
}

static void junk_is_refused_whatever_it_looks_like(void **state)
{
    static const struct {
        const char *name;
        const char *bytes;
        size_t len;
    } rows[] = {
        { "nothing", "", 0 },
        { "a sequence tag alone", "\x30", 1 },
        { "an endless length", "\x30\x84\xff\xff\xff\xff", 6 },
        { "indefinite length", "\x30\x80\x30\x80\x30\x80", 6 },
        { "PEM without an end", "-----BEGIN CERTIFICATE-----\nMIIB\n", 34 },
        { "PEM of nothing", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 54 },
        { "PEM of junk", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 59 },
        { "text", "hello\n", 6 },
        { "an HTML page", "<html><body>Denied</body></html>", 32 },
    };

    (void)state;
    for (size_t i = 0; i < PC_COUNT(rows); i++) {
        assert_reads_as(rows[i].name, rows[i].bytes, rows[i].len, 'x');
    }
}

/* Every single bit of a certificate flipped: read or refused, never worse. The sanitizers judge. */
static void damaged_certificates_do_no_harm(void **state)
{
    const material *made = *state;
    unsigned char *der = NULL;
    size_t len = made_der(made->certificate, &der);

    for (size_t bit = 0; bit < len * 8; bit++) {
        PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };

        der[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        pc_status status = pc_x509_read((pc_bytes){ der, len }, "the file", &content, NULL);

        assert_true(status == PC_OK || status == PC_E_INPUT);
        der[bit / 8] ^= (unsigned char)(1u << (bit % 8));
    }
    OPENSSL_free(der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_of_every_kind_is_recognised_by_content),
        cmocka_unit_test(der_of_every_kind_is_recognised_by_content),
        cmocka_unit_test(a_pkcs7_is_read_under_either_label),
        cmocka_unit_test(pem_in_utf16_is_read),
        cmocka_unit_test(cmc_request_is_named_as_such),
        cmocka_unit_test(junk_is_refused_whatever_it_looks_like),
        cmocka_unit_test(damaged_certificates_do_no_harm),
    };

    return cmocka_run_group_tests(tests, make_material, free_material);
}
