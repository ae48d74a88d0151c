/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/cms.h"

#include <openssl/err.h>
#include <string.h>

#include "x509/attempt.h"
#include "base/bytes.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

/* --- reading --- */

/* Nothing may follow: a signature does not cover it, and whoever reads the file would take it for signed. */
static CMS_ContentInfo *read_der(pc_bytes bytes)
{
    const unsigned char *cursor = bytes.data;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &cursor, (long)bytes.len);

    return cms && pc_bytes_end_at(bytes, cursor) ? PC_TAKE(cms) : NULL;
}

/* Other text may be around it, but no second one: it would count as verified with the first. */
static CMS_ContentInfo *read_pem(pc_bytes bytes, bool *ret_has_another)
{
    PC_AUTO(BIO) BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = bio ? PEM_read_bio_CMS(bio, NULL, NULL, NULL) : NULL;
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *another = cms ? PEM_read_bio_CMS(bio, NULL, NULL, NULL) : NULL;

    *ret_has_another = another != NULL;
    return PC_TAKE(cms);
}

pc_status pc_cms_read(pc_bytes bytes, const char *file, CMS_ContentInfo **ret_cms, pc_error *err)
{
    PC_AUTO(CMS_ContentInfo) CMS_ContentInfo *cms = NULL;
    bool has_another = false;

    pc_attempt_begin();
    if (bytes.len > 0 && bytes.len <= PC_CMS_MAX_FILE) {
        cms = bytes.data[0] == 0x30 ? read_der(bytes) : read_pem(bytes, &has_another);
    }
    pc_attempt_end();
    if (!cms || OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" is not a CMS signature (DER or PEM)", file);
    }
    if (has_another) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" has several CMS signatures, and only one could be verified", file);
        return pc_hint(err, PC_E_INPUT, "put each into a file of its own");
    }
    *ret_cms = PC_TAKE(cms);
    return PC_OK;
}

bool pc_cms_is_detached(CMS_ContentInfo *cms)
{
    return CMS_is_detached(cms) == 1;
}

/* --- verifying --- */

bool pc_certificate_allows_signing(X509 *certificate)
{
    /* Without the extension, all bits are set. */
    return (X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0;
}

static pc_status refuse(pc_error *err, const char *why)
{
    ERR_clear_error();
    return pc_fail(err, PC_E_VERIFY, "the signature is not valid: %s", why);
}

/* If the chain fails, the reason is in the error's data. */
static pc_status refuse_with_reason(pc_error *err)
{
    static const char chain_error[] = "Verify error:";
    const char *data = NULL;
    int flags = 0;
    const unsigned long code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    char text[256] = "";

    if (data && (flags & ERR_TXT_STRING) && strncmp(data, chain_error, strlen(chain_error)) == 0) {
        data += strlen(chain_error);
        (void)snprintf(text, sizeof text, "the chain of its signer's certificate is not valid: %s",
                       data + strspn(data, " "));
    } else {
        (void)snprintf(text, sizeof text, "the content is not what was signed, or the signature is damaged%s%s",
                       reason ? ": " : "", reason ? reason : "");
    }
    return refuse(err, text);
}

static pc_status new_store(const pc_cms_question *question, X509_STORE **ret_store, pc_error *err)
{
    PC_AUTO(X509_STORE) X509_STORE *store = X509_STORE_new();
    bool filled = store && X509_STORE_set_purpose(store, X509_PURPOSE_ANY) == 1;

    for (int i = 0; filled && i < sk_X509_num(question->anchors); i++) {
        filled = X509_STORE_add_cert(store, sk_X509_value(question->anchors, i)) == 1;
    }
    if (!filled) {
        return pc_fail_memory(err);
    }
    *ret_store = PC_TAKE(store);
    return PC_OK;
}

/* A stack that borrows its members. */
static pc_status list_known(const pc_cms_question *question, STACK_OF(X509) **ret_known, pc_error *err)
{
    STACK_OF(X509) *known = sk_X509_new_null();
    bool filled = known && (!question->signer || sk_X509_push(known, question->signer) > 0);

    for (int i = 0; filled && i < sk_X509_num(question->others); i++) {
        filled = sk_X509_push(known, sk_X509_value(question->others, i)) > 0;
    }
    if (!filled) {
        sk_X509_free(known);
        return pc_fail_memory(err);
    }
    *ret_known = known;
    return PC_OK;
}

static pc_status check_signers(CMS_ContentInfo *cms, const pc_cms_question *question, pc_error *err)
{
    STACK_OF(X509) *signers = CMS_get0_signers(cms); /* its members are borrowed */
    pc_status status = sk_X509_num(signers) > 0 ? PC_OK : refuse(err, "it has no signer");

    for (int i = 0; status == PC_OK && i < sk_X509_num(signers); i++) {
        X509 *each = sk_X509_value(signers, i);

        if (question->signer && X509_cmp(each, question->signer) != 0) {
            status =
                refuse(err, "it was not made by the expected signer: the signer's certificate is not the one given");
        } else if (!question->any_usage && !pc_certificate_allows_signing(each)) {
            status = refuse(err, "the key usage of the signer's certificate does not allow signatures on data");
        }
    }
    sk_X509_free(signers);
    return status;
}

pc_status pc_cms_verify(CMS_ContentInfo *cms, const pc_cms_question *question, pc_error *err)
{
    PC_AUTO(X509_STORE) X509_STORE *store = NULL;
    STACK_OF(X509) *known = NULL;
    const unsigned flags = CMS_BINARY | (question->anchors ? 0 : CMS_NO_SIGNER_CERT_VERIFY);

    if (!question->content && pc_cms_is_detached(cms)) {
        return refuse(err, "the signed content is not in it and was not given");
    }
    PC_TRY(new_store(question, &store, err));
    PC_TRY(list_known(question, &known, err));
    ERR_clear_error();
    const int verified = CMS_verify(cms, known, store, question->content, question->copy, flags);

    sk_X509_free(known);
    return verified == 1 ? check_signers(cms, question, err) : refuse_with_reason(err);
}

/* --- its contents --- */

static const char *signing_time_of(CMS_SignerInfo *info, pc_arena *arena)
{
    const int position = CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *attribute = position >= 0 ? CMS_signed_get_attr(info, position) : NULL;
    const ASN1_TYPE *value = attribute ? X509_ATTRIBUTE_get0_type(attribute, 0) : NULL;

    if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME)) {
        return NULL;
    }
    return pc_time_words(value->value.asn1_string, arena);
}

pc_status pc_cms_signer_of(CMS_ContentInfo *cms, pc_arena *arena, pc_cms_signer *ret_signer, pc_error *err)
{
    STACK_OF(CMS_SignerInfo) *infos = CMS_get0_SignerInfos(cms);
    X509_ALGOR *digest = NULL;
    X509_ALGOR *signature = NULL;
    const ASN1_OBJECT *object = NULL;

    if (sk_CMS_SignerInfo_num(infos) != 1) {
        return pc_fail(err, PC_E_INPUT, "the signature has %d signers, not one", sk_CMS_SignerInfo_num(infos));
    }
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(infos, 0);

    CMS_SignerInfo_get0_algs(info, NULL, &ret_signer->certificate, &digest, &signature);
    X509_ALGOR_get0(&object, NULL, NULL, digest);
    ret_signer->digest = OBJ_obj2nid(object);
    X509_ALGOR_get0(&object, NULL, NULL, signature);
    ret_signer->pss = OBJ_obj2nid(object) == NID_rsassaPss;
    const ASN1_OCTET_STRING *content =
        CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);

    ret_signer->content_digest = content
                                     ? (pc_bytes){ ASN1_STRING_get0_data(content), (size_t)ASN1_STRING_length(content) }
                                     : (pc_bytes){ .len = 0 };
    ret_signer->signing_time = signing_time_of(info, arena);
    return PC_OK;
}

/* --- the envelope --- */

/* Step over a value, or into it. */
static bool read_value(const unsigned char **cursor, const unsigned char *end, bool enter)
{
    const unsigned char *content = *cursor;
    long len = 0;
    int tag = 0;
    int class = 0;

    if (ASN1_get_object(&content, &len, &tag, &class, end - *cursor) & 0x80) {
        return false;
    }
    *cursor = enter ? content : content + len;
    return true;
}

/* The parts of ContentInfo, SignedData and EncapsulatedContentInfo (RFC 5652 sections 3, 5.1 and 5.2). */
typedef struct {
    pc_bytes type;   /* the OID of SignedData */
    pc_bytes before; /* version and digest algorithms */
    pc_bytes data;   /* the OID of the content */
    pc_bytes after;  /* certificates and signers */
} parts;

static bool split(pc_bytes detached, parts *ret_parts)
{
    const unsigned char *cursor = detached.data;
    const unsigned char *end = cursor + detached.len;
    const unsigned char *marks[5];
    bool held = read_value(&cursor, end, true);

    marks[0] = cursor;
    held = held && read_value(&cursor, end, false);
    marks[1] = cursor;
    held = held && read_value(&cursor, end, true) && read_value(&cursor, end, true);
    marks[2] = cursor;
    held = held && read_value(&cursor, end, false) && read_value(&cursor, end, false);
    marks[3] = cursor;
    held = held && read_value(&cursor, end, true);
    marks[4] = cursor;
    held = held && read_value(&cursor, end, false);
    *ret_parts = (parts){
        .type = { marks[0], (size_t)(marks[1] - marks[0]) },
        .before = { marks[2], (size_t)(marks[3] - marks[2]) },
        .data = { marks[4], (size_t)(cursor - marks[4]) },
        .after = { cursor, (size_t)(end - cursor) },
    };
    return held;
}

/* Lengths of the contents of the values around the content, from the innermost outwards. */
typedef struct {
    int content;
    int octets;
    int encapsulated;
    int signed_data;
    int explicit_data;
    int all;
} lengths;

static lengths measure(const parts *found, int content_len)
{
    lengths measured = { .content = content_len };

    measured.octets = ASN1_object_size(0, content_len, V_ASN1_OCTET_STRING);
    measured.encapsulated = (int)found->data.len + ASN1_object_size(1, measured.octets, 0);
    measured.signed_data =
        (int)(found->before.len + found->after.len) + ASN1_object_size(1, measured.encapsulated, V_ASN1_SEQUENCE);
    measured.explicit_data = ASN1_object_size(1, measured.signed_data, V_ASN1_SEQUENCE);
    measured.all = (int)found->type.len + ASN1_object_size(1, measured.explicit_data, 0);
    return measured;
}

static void put_bytes(unsigned char **cursor, pc_bytes bytes)
{
    memcpy(*cursor, bytes.data, bytes.len);
    *cursor += bytes.len;
}

static size_t put_head(unsigned char *out, const parts *found, const lengths *measured)
{
    unsigned char *cursor = out;

    ASN1_put_object(&cursor, 1, measured->all, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    put_bytes(&cursor, found->type);
    ASN1_put_object(&cursor, 1, measured->explicit_data, 0, V_ASN1_CONTEXT_SPECIFIC);
    ASN1_put_object(&cursor, 1, measured->signed_data, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    put_bytes(&cursor, found->before);
    ASN1_put_object(&cursor, 1, measured->encapsulated, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    put_bytes(&cursor, found->data);
    ASN1_put_object(&cursor, 1, measured->octets, 0, V_ASN1_CONTEXT_SPECIFIC);
    ASN1_put_object(&cursor, 0, measured->content, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL);
    return (size_t)(cursor - out);
}

#define HEADERS_MOST 64u /* bytes: the six tags with their lengths */

pc_status pc_cms_envelop(pc_bytes detached, uint64_t content_len, pc_arena *arena, pc_cms_envelope *ret_envelope,
                         pc_error *err)
{
    parts found;

    if (content_len + detached.len > PC_CMS_MAX_CONTENT) {
        return pc_fail(err, PC_E_INPUT, "the file is too large for a signature that contains it");
    }
    if (!split(detached, &found)) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the structure of the signature cannot be read");
    }
    const lengths measured = measure(&found, (int)content_len);
    unsigned char *head = pc_arena_alloc(arena, HEADERS_MOST + detached.len);

    if (!head) {
        return pc_fail_memory(err);
    }
    ret_envelope->head = (pc_bytes){ head, put_head(head, &found, &measured) };
    ret_envelope->tail = found.after;
    return PC_OK;
}
