/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/show/contents.h"

#include <string.h>

#include "base/text.h"
#include "x509/csr.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/show/show.h"
#include "x509/spki.h"
#include "x509/words.h"

#define LONGEST_HEX  ((size_t)64) /* characters of a value that has no words */
#define MOST_ENTRIES 1000         /* of a CRL that are named one by one */

/* The list under construction. */
typedef struct {
    pc_contents *contents;
    pc_arena *arena;
    pc_error *err;
} listing;

static bool has_name(const pc_contents *contents, const char *name)
{
    for (size_t i = 0; i < contents->count; i++) {
        if (strcmp(contents->items[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A second part of that name, which nothing else would notice, has a name of its own. */
static pc_status add(const listing *list, const char *name, const char *value, pc_bytes der)
{
    for (int again = 2; name && has_name(list->contents, name); again++) {
        name = pc_arena_format(list->arena, "%s (%d)", name, again);
    }
    pc_content *item = name && value ? PC_PUSH(list->arena, list->contents->items, list->contents->count) : NULL;

    if (!item) {
        return pc_fail_memory(list->err);
    }
    *item = (pc_content){ name, value, der };
    return PC_OK;
}

/* The bytes that an i2d function wrote. */
static pc_status keep(const listing *list, const unsigned char *bytes, int len, pc_bytes *ret_der)
{
    uint8_t *copy = len > 0 ? pc_arena_alloc(list->arena, (size_t)len) : NULL;

    if (len <= 0) {
        return pc_fail_openssl(list->err, PC_E_CRYPTO, "a part cannot be encoded");
    }
    if (!copy) {
        return pc_fail_memory(list->err);
    }
    memcpy(copy, bytes, (size_t)len);
    *ret_der = (pc_bytes){ copy, (size_t)len };
    return PC_OK;
}

#define ENCODE(list, type, value, ret_der) \
    PC_AUTO(openssl_bytes) unsigned char *type##_bytes = NULL; \
    const int type##_len = i2d_##type(value, &type##_bytes); \
    PC_TRY(keep(list, type##_bytes, type##_len, ret_der))

static pc_status add_number(const listing *list, const char *name, long number)
{
    const char *text = pc_arena_format(list->arena, "%ld", number);

    return add(list, name, text, text ? (pc_bytes){ (const uint8_t *)text, strlen(text) } : (pc_bytes){ NULL, 0 });
}

static pc_status add_integer(const listing *list, const char *name, const ASN1_INTEGER *integer)
{
    pc_bytes der = { NULL, 0 };

    ENCODE(list, ASN1_INTEGER, integer, &der);
    const pc_bytes value = { ASN1_STRING_get0_data(integer), (size_t)ASN1_STRING_length(integer) };

    return add(list, name, pc_text_hex(list->arena, value, '\0'), der);
}

static pc_status add_name(const listing *list, const char *name, const X509_NAME *value)
{
    pc_bytes der = { NULL, 0 };

    ENCODE(list, X509_NAME, value, &der);
    return add(list, name, pc_x509_name_text(value, list->arena), der);
}

/* The form, UTCTime or GeneralizedTime, is part of the DER. */
static pc_status add_time(const listing *list, const char *name, const ASN1_TIME *time)
{
    pc_bytes der = { NULL, 0 };

    if (!time) {
        return PC_OK;
    }
    ENCODE(list, ASN1_TIME, time, &der);
    return add(list, name, pc_time_words(time, list->arena), der);
}

static pc_status add_algorithm(const listing *list, const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *oid = NULL;
    char text[80] = "";
    pc_bytes der = { NULL, 0 };

    ENCODE(list, X509_ALGOR, algorithm, &der);
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    (void)OBJ_obj2txt(text, sizeof text, oid, 0);
    return add(list, "signature algorithm", pc_text_escape(list->arena, text, strlen(text)), der);
}

static pc_status add_key(const listing *list, const X509_PUBKEY *key)
{
    const EVP_PKEY *parsed = X509_PUBKEY_get0(key);
    const char *digest = NULL;
    pc_bytes der = { NULL, 0 };

    ENCODE(list, X509_PUBKEY, key, &der);
    PC_TRY(pc_sha256_words(der, list->arena, &digest, list->err));
    return add(list, "public key",
               pc_arena_format(list->arena, "%s of %d bits, SHA-256 %s",
                               parsed ? EVP_PKEY_get0_type_name(parsed) : "unknown",
                               parsed ? EVP_PKEY_get_bits(parsed) : 0, digest),
               der);
}

/* --- extensions ----------------------------------------------------------------------------------------- */

static const char *words_of(const listing *list, const pc_shown_part *part)
{
    const char *words = part->critical ? "critical" : "";

    for (size_t i = 0; words && i < part->field_count; i++) {
        const pc_shown_field *field = &part->fields[i];

        words = pc_arena_format(list->arena, "%s%s%s%s%s", words, *words ? ", " : "", field->name ? field->name : "",
                                field->name && *field->name ? " " : "", field->value);
    }
    if (!words || part->field_count) {
        return words;
    }
    return pc_arena_format(list->arena, "%s%s%.*s%s", words, *words ? ", " : "", (int)LONGEST_HEX, part->hex,
                           strlen(part->hex) > LONGEST_HEX ? "…" : "");
}

/* The whole extension: with its identifier and whether it is critical. */
static pc_status add_extensions(const listing *list, const STACK_OF(X509_EXTENSION) *extensions)
{
    pc_shown shown = { .damage = NULL };

    if (sk_X509_EXTENSION_num(extensions) <= 0) {
        return PC_OK;
    }
    PC_TRY(pc_x509_show_extensions(extensions, list->arena, &shown, list->err));
    for (size_t i = 0; i < shown.extension_count; i++) {
        const pc_shown_part *part = &shown.extensions[i];
        pc_bytes der = { NULL, 0 };

        ENCODE(list, X509_EXTENSION, sk_X509_EXTENSION_value(extensions, (int)i), &der);
        PC_TRY(add(list, part->name ? part->name : part->oid, words_of(list, part), der));
    }
    return PC_OK;
}

/* --- the objects ---------------------------------------------------------------------------------------- */

/* RFC 5280 section 4.1.2.8: nobody should use them, so nothing else shows them. */
static pc_status add_unique_ids(const listing *list, const X509 *certificate)
{
    const ASN1_BIT_STRING *ids[2] = { NULL };
    static const char *const names[] = { "issuer unique identifier", "subject unique identifier" };

    X509_get0_uids(certificate, &ids[0], &ids[1]);
    for (size_t i = 0; i < PC_COUNT(ids); i++) {
        const pc_bytes value = { ids[i] ? ASN1_STRING_get0_data(ids[i]) : NULL,
                                 ids[i] ? (size_t)ASN1_STRING_length(ids[i]) : 0 };

        PC_TRY(ids[i] ? add(list, names[i], pc_text_hex(list->arena, value, '\0'), value) : PC_OK);
    }
    return PC_OK;
}

pc_status pc_contents_of_certificate(const X509 *certificate, pc_arena *arena, pc_contents *ret_contents, pc_error *err)
{
    pc_contents contents = { .count = 0 };
    const listing list = { &contents, arena, err };

    PC_TRY(add_number(&list, "version", X509_get_version(certificate) + 1));
    PC_TRY(add_integer(&list, "serial number", X509_get0_serialNumber(certificate)));
    PC_TRY(add_algorithm(&list, X509_get0_tbs_sigalg(certificate)));
    PC_TRY(add_name(&list, "issuer", X509_get_issuer_name(certificate)));
    PC_TRY(add_time(&list, "not before", X509_get0_notBefore(certificate)));
    PC_TRY(add_time(&list, "not after", X509_get0_notAfter(certificate)));
    PC_TRY(add_name(&list, "subject", X509_get_subject_name(certificate)));
    PC_TRY(add_key(&list, X509_get_X509_PUBKEY(certificate)));
    PC_TRY(add_unique_ids(&list, certificate));
    PC_TRY(add_extensions(&list, X509_get0_extensions(certificate)));
    *ret_contents = contents;
    return PC_OK;
}

/* Their values are in the extensions, or have no words. */
static pc_status add_attributes(const listing *list, const X509_REQ *csr)
{
    for (int i = 0; i < X509_REQ_get_attr_count(csr); i++) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(csr, i);
        char name[80] = "";
        pc_bytes der = { NULL, 0 };

        if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute)) == NID_ext_req) {
            continue;
        }
        ENCODE(list, X509_ATTRIBUTE, attribute, &der);
        (void)OBJ_obj2txt(name, sizeof name, X509_ATTRIBUTE_get0_object(attribute), 0);
        PC_TRY(add(list, pc_arena_format(list->arena, "attribute %s", name), pc_text_hex(list->arena, der, '\0'), der));
    }
    return PC_OK;
}

pc_status pc_contents_of_request(X509_REQ *csr, pc_arena *arena, pc_contents *ret_contents, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *extensions = NULL;
    const X509_ALGOR *algorithm = NULL;
    pc_contents contents = { .count = 0 };
    const listing list = { &contents, arena, err };

    X509_REQ_get0_signature(csr, NULL, &algorithm);
    PC_TRY(pc_csr_get_extensions(csr, &extensions, err));
    PC_TRY(add_number(&list, "version", X509_REQ_get_version(csr) + 1));
    PC_TRY(add_algorithm(&list, algorithm));
    PC_TRY(add_name(&list, "subject", X509_REQ_get_subject_name(csr)));
    PC_TRY(add_key(&list, X509_REQ_get_X509_PUBKEY(csr)));
    PC_TRY(add_extensions(&list, extensions));
    PC_TRY(add_attributes(&list, csr));
    *ret_contents = contents;
    return PC_OK;
}

static pc_status add_revoked(const listing *list, const X509_REVOKED *entry)
{
    const ASN1_INTEGER *serial = X509_REVOKED_get0_serialNumber(entry);
    const pc_bytes number = { ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial) };
    const char *hex = pc_text_hex(list->arena, number, '\0');
    pc_contents own = { .count = 0 };
    const listing parts = { &own, list->arena, list->err };
    pc_bytes der = { NULL, 0 };

    ENCODE(list, X509_REVOKED, (X509_REVOKED *)(uintptr_t)entry, &der);
    PC_TRY(add_extensions(&parts, X509_REVOKED_get0_extensions(entry)));
    const char *words = pc_time_words(X509_REVOKED_get0_revocationDate(entry), list->arena);

    for (size_t i = 0; words && i < own.count; i++) {
        words = pc_arena_format(list->arena, "%s, %s %s", words, own.items[i].name, own.items[i].value);
    }
    return add(list, hex ? pc_arena_format(list->arena, "revoked %s", hex) : NULL, words, der);
}

/* A long list as one part. */
static pc_status add_many_revoked(const listing *list, const STACK_OF(X509_REVOKED) *revoked)
{
    PC_AUTO(EVP_MD_CTX) EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint8_t *digest = pc_arena_alloc(list->arena, EVP_MAX_MD_SIZE);
    unsigned len = 0;
    bool is_done = context && digest && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

    for (int i = 0; is_done && i < sk_X509_REVOKED_num(revoked); i++) {
        PC_AUTO(openssl_bytes) unsigned char *der = NULL;
        const int der_len = i2d_X509_REVOKED(sk_X509_REVOKED_value(revoked, i), &der);

        is_done = der_len > 0 && EVP_DigestUpdate(context, der, (size_t)der_len) == 1;
    }
    if (!is_done || EVP_DigestFinal_ex(context, digest, &len) != 1) {
        return pc_fail_openssl(list->err, PC_E_CRYPTO, "the revoked certificates cannot be encoded");
    }
    const pc_bytes sum = { digest, len };
    const char *hex = pc_text_hex(list->arena, sum, '\0');

    return add(list, "revoked",
               hex ? pc_arena_format(list->arena, "%d certificates, SHA-256 %s", sk_X509_REVOKED_num(revoked), hex)
                   : NULL,
               sum);
}

static pc_status add_all_revoked(const listing *list, const STACK_OF(X509_REVOKED) *revoked)
{
    if (sk_X509_REVOKED_num(revoked) > MOST_ENTRIES) {
        return add_many_revoked(list, revoked);
    }
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++) {
        PC_TRY(add_revoked(list, sk_X509_REVOKED_value(revoked, i)));
    }
    return PC_OK;
}

pc_status pc_contents_of_crl(X509_CRL *crl, pc_arena *arena, pc_contents *ret_contents, pc_error *err)
{
    const X509_ALGOR *algorithm = NULL;
    pc_contents contents = { .count = 0 };
    const listing list = { &contents, arena, err };

    X509_CRL_get0_signature(crl, NULL, &algorithm);
    PC_TRY(add_number(&list, "version", X509_CRL_get_version(crl) + 1));
    PC_TRY(add_algorithm(&list, algorithm));
    PC_TRY(add_name(&list, "issuer", X509_CRL_get_issuer(crl)));
    PC_TRY(add_time(&list, "this update", X509_CRL_get0_lastUpdate(crl)));
    PC_TRY(add_time(&list, "next update", X509_CRL_get0_nextUpdate(crl)));
    PC_TRY(add_extensions(&list, X509_CRL_get0_extensions(crl)));
    PC_TRY(add_all_revoked(&list, X509_CRL_get_REVOKED(crl)));
    *ret_contents = contents;
    return PC_OK;
}

/* --- differences ---------------------------------------------------------------------------------------- */

static const pc_content *find(const pc_contents *contents, const char *name)
{
    for (size_t i = 0; i < contents->count; i++) {
        if (strcmp(contents->items[i].name, name) == 0) {
            return &contents->items[i];
        }
    }
    return NULL;
}

/* Words that are the same although the bytes are not say nothing. */
static const char *value_of(const pc_content *item, const pc_content *other, pc_arena *arena)
{
    if (!item || !other || strcmp(item->value, other->value) != 0) {
        return item ? item->value : NULL;
    }
    const char *hex = pc_text_hex(arena, item->der, '\0');

    return hex ? pc_arena_format(arena, "%s, encoded as %s", item->value, hex) : "";
}

static pc_status add_difference(pc_contents_differences *differences, const pc_content *ordered, const pc_content *made,
                                pc_arena *arena, pc_error *err)
{
    pc_contents_difference *item = PC_PUSH(arena, differences->items, differences->count);

    if (!item) {
        return pc_fail_memory(err);
    }
    *item = (pc_contents_difference){ .name = ordered ? ordered->name : made->name,
                                      .ordered = value_of(ordered, made, arena),
                                      .made = value_of(made, ordered, arena) };
    return (!ordered || item->ordered) && (!made || item->made) ? PC_OK : pc_fail_memory(err);
}

pc_status pc_contents_compare(const pc_contents_pair *pair, pc_arena *arena, pc_contents_differences *ret_differences,
                              pc_error *err)
{
    pc_contents_differences differences = { .count = 0 };

    for (size_t i = 0; i < pair->ordered->count; i++) {
        const pc_content *ordered = &pair->ordered->items[i];
        const pc_content *made = find(pair->made, ordered->name);

        if (!made || !pc_bytes_equal(ordered->der, made->der)) {
            PC_TRY(add_difference(&differences, ordered, made, arena, err));
        }
    }
    for (size_t i = 0; i < pair->made->count; i++) {
        const pc_content *made = &pair->made->items[i];

        if (!find(pair->ordered, made->name)) {
            PC_TRY(add_difference(&differences, NULL, made, arena, err));
        }
    }
    *ret_differences = differences;
    return PC_OK;
}
