/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/request_file.h"

#include <string.h>

#include "x509/spki.h"
#include "base/bytes.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include "token/data_object.h"
#include "x509/cmc.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/renewal.h"
#include "x509/windows.h"
#include "x509/words.h"
#include "x509/attempt.h"

#define RECORD_ROOM ((size_t)4096) /* bytes for the rest of a record */

/* Bytes of one file or PEM block. */
typedef struct {
    const uint8_t *bytes;
    long len;
} der_text;

void pc_request_file_clear(pc_request_file *request)
{
    X509_REQ_free(request->csr);
    X509_free(request->old);
    *request = (pc_request_file){ .text = NULL };
}

static pc_status fail_kind(const char *path, pc_error *err)
{
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" contains no certificate request, neither as PKCS#10 nor in a PKCS#7", path);
    return pc_hint(err, PC_E_INPUT, "`p11cert new` creates a request; PEM and DER are recognised by content");
}

/* The certificate that the request claims to renew; if it cannot be read, the CA decides. */
static X509 *old_of(const X509_REQ *csr)
{
    PC_AUTO(ASN1_OBJECT) ASN1_OBJECT *type = OBJ_txt2obj(PC_OID_RENEWAL_CERTIFICATE, 1);
    int index = type ? X509_REQ_get_attr_by_OBJ(csr, type, -1) : -1;
    const ASN1_TYPE *value = index >= 0 ? X509_ATTRIBUTE_get0_type(X509_REQ_get_attr(csr, index), 0) : NULL;

    if (!value || value->type != V_ASN1_SEQUENCE) {
        return NULL;
    }
    return pc_certificate_parse(
        (pc_bytes){ ASN1_STRING_get0_data(value->value.sequence), (size_t)ASN1_STRING_length(value->value.sequence) });
}

/* --- from bytes to a request ---------------------------------------------------------------------- */

static bool ends_at(der_text der, const uint8_t *cursor)
{
    return pc_bytes_end_at((pc_bytes){ .data = der.bytes, .len = (size_t)der.len }, cursor);
}

static X509_REQ *read_pkcs10(der_text der)
{
    const uint8_t *rest = der.bytes;
    PC_AUTO(X509_REQ) X509_REQ *csr = d2i_X509_REQ(NULL, &rest, der.len);

    return csr && ends_at(der, rest) ? PC_TAKE(csr) : NULL;
}

static X509_REQ *read_pkcs7(der_text der)
{
    const uint8_t *rest = der.bytes;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &rest, der.len);
    ASN1_OCTET_STRING **content =
        cms && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed ? CMS_get0_content(cms) : NULL;

    if (!content || !*content || !ends_at(der, rest)) {
        return NULL;
    }
    return read_pkcs10((der_text){ .bytes = ASN1_STRING_get0_data(*content), .len = ASN1_STRING_length(*content) });
}

/* The first PEM block that contains a request; the text around it goes to the CA unchanged. */
static X509_REQ *read_pem(BIO *in, bool *ret_is_cmc)
{
    char *label = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    X509_REQ *csr = NULL;

    while (!csr && PEM_read_bio(in, &label, &header, &der, &len) == 1) {
        const der_text armoured = { .bytes = der, .len = len };

        csr = read_pkcs10(armoured);
        csr = csr ? csr : read_pkcs7(armoured);
        *ret_is_cmc = *ret_is_cmc || (!csr && pc_cmc_recognise((pc_bytes){ .data = der, .len = (size_t)len }));
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)len);
    }
    return csr;
}

/* --- describing it --------------------------------------------------------------------------- */

static pc_status describe(pc_request_file *request, pc_arena *arena, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = i2d_X509_REQ(request->csr, &der);
    const EVP_PKEY *public_key = X509_REQ_get0_pubkey(request->csr);

    if (!public_key) {
        return pc_fail_openssl(err, PC_E_INPUT, "the request's public key cannot be read");
    }
    if (len <= 0) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the request cannot be encoded");
    }
    size_t room = 4 * ((size_t)len + 2) / 3 + 4;
    char *base64 = pc_arena_alloc(arena, room);

    PC_TRY(pc_sha256_words((pc_bytes){ der, (size_t)len }, arena, &request->sha256, err));
    PC_TRY(pc_bytes_copy(arena, (pc_bytes){ der, (size_t)len }, &request->der, err));
    if (!base64) {
        return pc_fail_memory(err);
    }
    if (room + RECORD_ROOM < PC_DATA_OBJECT_MAX_LEN) {
        (void)EVP_EncodeBlock((unsigned char *)base64, der, len);
    }
    request->base64 = base64;
    request->old = old_of(request->csr);
    return pc_spki_sha256(public_key, arena, &request->spki_sha256, err);
}

static pc_status check_signature(X509_REQ *csr, const char *path, pc_error *err)
{
    EVP_PKEY *public_key = X509_REQ_get0_pubkey(csr);

    if (public_key && X509_REQ_verify(csr, public_key) == 1) {
        return PC_OK;
    }
    (void)pc_fail_openssl(err, PC_E_INPUT, "the signature of the request \"%s\" is not valid; nothing was sent", path);
    return pc_hint(err, PC_E_INPUT,
                   "the file was changed after it was signed: create it again with `p11cert new --key`");
}

/* The text that is sent: text unchanged; DER as the PEM that AD CS accepts. */
static pc_status text_of(pc_bytes bytes, pc_request_file *request, pc_arena *arena, const char *path, pc_error *err)
{
    bool is_der = bytes.data[0] == 0x30;
    PC_AUTO(X509_REQ) X509_REQ *plain = is_der ? pc_request_parse(bytes) : NULL;

    if (plain) {
        return pc_csr_to_pem(plain, arena, &request->text, err);
    }
    if (!is_der && memchr(bytes.data, '\0', bytes.len)) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains a NUL byte, which the text of a request cannot have", path);
    }
    request->text = is_der ? pc_renewal_pem(bytes, arena) : (const char *)bytes.data;
    return request->text ? PC_OK : pc_fail_memory(err);
}

/* Reads the request in DER or text. @return PC_OK; PC_E_INPUT. */
static pc_status read_request(pc_bytes content, const char *path, X509_REQ **ret_csr, pc_error *err)
{
    const der_text der = { .bytes = content.data, .len = (long)content.len };
    bool is_cmc = false;

    pc_attempt_begin();
    if (content.len && content.data[0] == 0x30) {
        X509_REQ *csr = read_pkcs10(der);

        *ret_csr = csr ? csr : read_pkcs7(der);
        is_cmc = !*ret_csr && pc_cmc_recognise(content);
    } else {
        PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(content.data, (int)content.len);

        *ret_csr = in ? read_pem(in, &is_cmc) : NULL;
    }
    pc_attempt_end();
    if (*ret_csr) {
        return PC_OK;
    }
    return is_cmc ? pc_cmc_refuse(path, err) : fail_kind(path, err);
}

pc_status pc_request_file_read(const char *path, pc_arena *arena, pc_request_file *ret_request, pc_error *err)
{
    PC_AUTO(pc_request_file) pc_request_file request = { .text = NULL };
    pc_bytes bytes = { .len = 0 };

    PC_TRY(pc_file_read(arena, path, PC_X509_MAX_FILE, &bytes, err));
    PC_TRY(pc_encoding_resolve_mark(arena, path, &bytes, err));
    PC_TRY(read_request(bytes, path, &request.csr, err));
    PC_TRY(check_signature(request.csr, path, err));
    PC_TRY(text_of(bytes, &request, arena, path, err));
    PC_TRY(describe(&request, arena, err));
    *ret_request = request;
    request = (pc_request_file){ .text = NULL };
    return PC_OK;
}

pc_status pc_request_file_of_record(const pc_pending *record, pc_arena *arena, pc_request_file *ret_request,
                                    pc_error *err)
{
    PC_AUTO(pc_request_file) pc_request_file request = { .text = NULL };
    size_t len = strlen(record->request);
    uint8_t *bytes = pc_arena_alloc(arena, len + 4);

    if (!bytes) {
        return pc_fail_memory(err);
    }
    int room = EVP_DecodeBlock(bytes, (const unsigned char *)record->request, (int)len);

    /* EVP_DecodeBlock counts the padding; the length in the DER is exact. */
    request.csr = room > 0 ? pc_request_parse((pc_bytes){ bytes, (size_t)room }) : NULL;
    if (!request.csr) {
        return pc_fail(err, PC_E_INPUT, "the record of the pending request does not contain the request");
    }
    PC_TRY(describe(&request, arena, err));
    if (strcmp(request.sha256, record->request_sha256) != 0 || strcmp(request.spki_sha256, record->spki_sha256) != 0) {
        return pc_fail(err, PC_E_INPUT, "the request in the record of the pending request does not match its digest");
    }
    *ret_request = request;
    request = (pc_request_file){ .text = NULL };
    return PC_OK;
}
