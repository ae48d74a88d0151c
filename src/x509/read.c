/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/read.h"

#include <openssl/err.h>
#include <string.h>

#include "base/bytes.h"
#include "base/encoding.h"
#include "x509/cmc.h"
#include "x509/openssl_error.h"

void pc_x509_content_clear(pc_x509_content *content)
{
    X509_REQ_free(content->csr);
    sk_X509_pop_free(content->certificates, X509_free);
    *content = (pc_x509_content){ .csr = NULL };
}

static pc_status add_certificate(pc_x509_content *content, X509 *certificate, const char *file, pc_error *err)
{
    if (!content->certificates) {
        content->certificates = sk_X509_new_null();
    }
    if (content->certificates && sk_X509_num(content->certificates) >= PC_X509_MAX_CERTIFICATES) {
        X509_free(certificate);
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains more than %d certificates", file, PC_X509_MAX_CERTIFICATES);
    }
    if (!content->certificates || sk_X509_push(content->certificates, certificate) <= 0) {
        X509_free(certificate);
        return pc_fail_memory(err);
    }
    return PC_OK;
}

static pc_status add_pkcs7(pc_x509_content *content, const PKCS7 *bag, const char *file, pc_error *err)
{
    STACK_OF(X509) *inside = PKCS7_type_is_signed(bag) && bag->d.sign ? bag->d.sign->cert : NULL;

    if (!inside || sk_X509_num(inside) == 0) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is a PKCS#7 without certificates", file);
    }
    for (int i = 0; i < sk_X509_num(inside); i++) {
        X509 *certificate = sk_X509_value(inside, i);

        if (X509_up_ref(certificate) != 1) {
            return pc_fail_memory(err);
        }
        PC_TRY(add_certificate(content, certificate, file, err));
    }
    return PC_OK;
}

static pc_status not_recognised(const char *file, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" contains no readable certificate, certificate request or PKCS#7", file);
    return pc_hint(err, PC_E_INPUT, "PEM and DER are supported; the type is detected from the content");
}

/* Each d2i must consume all bytes, otherwise the type is not recognised. */
static pc_status read_der(pc_x509_content *content, const uint8_t *der, long len, const char *file, pc_error *err)
{
    const pc_bytes bytes = { .data = der, .len = (size_t)len };
    const uint8_t *cursor = der;
    X509 *certificate = d2i_X509(NULL, &cursor, len);

    if (certificate && pc_bytes_end_at(bytes, cursor)) {
        return add_certificate(content, certificate, file, err);
    }
    X509_free(certificate);
    if (pc_cmc_recognise(bytes)) {
        return pc_cmc_refuse(file, err);
    }
    cursor = der;
    PC_AUTO(PKCS7) PKCS7 *bag = d2i_PKCS7(NULL, &cursor, len);

    if (bag && pc_bytes_end_at(bytes, cursor)) {
        return add_pkcs7(content, bag, file, err);
    }
    cursor = der;
    PC_AUTO(X509_REQ) X509_REQ *csr = d2i_X509_REQ(NULL, &cursor, len);

    if (csr && pc_bytes_end_at(bytes, cursor) && !content->csr) {
        content->csr = PC_TAKE(csr);
        return PC_OK;
    }
    ERR_clear_error();
    return not_recognised(file, err);
}

static bool is_wanted_label(const char *label)
{
    return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0 ||
           strcmp(label, PEM_STRING_X509_REQ) == 0 || strcmp(label, PEM_STRING_X509_REQ_OLD) == 0 ||
           strcmp(label, PEM_STRING_PKCS7) == 0;
}

static pc_status read_pem_blocks(pc_x509_content *content, BIO *in, const char *file, pc_error *err)
{
    for (;;) {
        char *label = NULL;
        char *header = NULL;
        unsigned char *der = NULL;
        long len = 0;
        pc_status status = PC_OK;

        if (PEM_read_bio(in, &label, &header, &der, &len) != 1) {
            bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

            if (!at_end) {
                return pc_fail_openssl(err, PC_E_INPUT, "\"%s\" is damaged PEM", file);
            }
            ERR_clear_error();
            return PC_OK;
        }
        if (strstr(label, "PRIVATE KEY")) {
            status = pc_fail(err, PC_E_INPUT,
                             "\"%s\" contains an unencrypted private key, which is not accepted "
                             "here",
                             file);
            OPENSSL_cleanse(der, (size_t)len);
        } else if (is_wanted_label(label)) {
            status = read_der(content, der, len, file, err);
        }
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(der);
        PC_TRY(status);
    }
}

static pc_status read_any(pc_x509_content *content, pc_bytes bytes, const char *file, pc_error *err)
{
    if (bytes.len && bytes.data[0] == 0x30) {
        return read_der(content, bytes.data, (long)bytes.len, file, err);
    }
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);

    if (!in) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_pem_blocks(content, in, file, err));
    if (content->csr && content->certificates) {
        return pc_fail(err, PC_E_INPUT,
                       "\"%s\" contains both a request and certificates; which one to use is "
                       "unknown",
                       file);
    }
    if (!content->csr && !content->certificates) {
        return not_recognised(file, err);
    }
    return PC_OK;
}

pc_status pc_x509_read(pc_bytes bytes, const char *file, pc_x509_content *ret_content, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (bytes.len > PC_X509_MAX_FILE) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" has %zu bytes; at most %zu are read", file, bytes.len,
                       PC_X509_MAX_FILE);
    }
    PC_TRY(pc_encoding_resolve_mark(arena, file, &bytes, err));
    PC_TRY(read_any(&content, bytes, file, err));
    *ret_content = content;
    content = (pc_x509_content){ .csr = NULL };
    return PC_OK;
}

static pc_status copy_text(BIO *out, pc_arena *arena, const char **ret_pem, pc_error *err)
{
    char *text = NULL;
    long len = BIO_get_mem_data(out, &text);
    const char *copy = len > 0 ? pc_arena_text(arena, text, (size_t)len) : NULL;

    if (!copy) {
        return pc_fail_memory(err);
    }
    *ret_pem = copy;
    return PC_OK;
}

pc_status pc_x509_to_pem(const X509 *certificate, pc_arena *arena, const char **ret_pem, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());

    if (!out || PEM_write_bio_X509(out, certificate) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the certificate cannot be encoded");
    }
    return copy_text(out, arena, ret_pem, err);
}

pc_status pc_csr_to_pem(const X509_REQ *csr, pc_arena *arena, const char **ret_pem, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());

    if (!out || PEM_write_bio_X509_REQ(out, csr) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be encoded");
    }
    return copy_text(out, arena, ret_pem, err);
}

pc_status pc_public_key_to_pem(const EVP_PKEY *key, pc_arena *arena, const char **ret_pem, pc_error *err)
{
    PC_AUTO(BIO) BIO *out = BIO_new(BIO_s_mem());

    if (!out || PEM_write_bio_PUBKEY(out, key) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the public key cannot be encoded");
    }
    return copy_text(out, arena, ret_pem, err);
}
