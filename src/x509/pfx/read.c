/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pfx/read.h"

#include <openssl/err.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "x509/pfx/key_wrap.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/pfx/safe.h"
#include "x509/read.h"

PC_AUTO_DEFINE(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free);

void pc_pfx_clear(pc_pfx *pfx)
{
    EVP_PKEY_free(pfx->key);
    X509_free(pfx->leaf);
    sk_X509_pop_free(pfx->chain, X509_free);
    *pfx = (pc_pfx){ .key = NULL };
}

/* RFC 7292 section 4: SEQUENCE { INTEGER 3, SEQUENCE { OBJECT IDENTIFIER … . A private key has INTEGER 0 there, a
 * certificate a SEQUENCE, a PKCS#7 an OBJECT IDENTIFIER. */
bool pc_pfx_recognise(pc_bytes bytes)
{
    static const uint8_t version[] = { 0x02, 0x01, 0x03, 0x30 };

    if (bytes.len < 2 || bytes.data[0] != 0x30) {
        return false;
    }
    size_t header = 2 + ((bytes.data[1] & 0x80) ? (size_t)(bytes.data[1] & 0x7f) : 0);

    return header <= 6 && bytes.len >= header + sizeof version &&
           memcmp(bytes.data + header, version, sizeof version) == 0;
}

static bool is_key(const PKCS12_SAFEBAG *bag)
{
    int nid = PKCS12_SAFEBAG_get_nid(bag);

    return nid == NID_keyBag || nid == NID_pkcs8ShroudedKeyBag;
}

/* OpenSSL's parameter is not const, but it does not write to the bag. */
static char *name_of(const PKCS12_SAFEBAG *bag)
{
    union {
        const PKCS12_SAFEBAG *given;
        PKCS12_SAFEBAG *pointer;
    } both = { .given = bag };

    return PKCS12_get_friendlyname(both.pointer);
}

static pc_status copy_name(const PKCS12_SAFEBAG *bag, pc_arena *arena, const char **ret_name, pc_error *err)
{
    char *name = bag ? name_of(bag) : NULL;

    *ret_name = name ? pc_arena_string(arena, name) : NULL;
    bool failed = name && !*ret_name;

    OPENSSL_free(name);
    ERR_clear_error();
    return failed ? pc_fail_memory(err) : PC_OK;
}

static pc_status refuse_several(const pc_pfx_safe *safe, size_t count, pc_error *err)
{
    const char *list = "";

    for (size_t i = 0; i < safe->bag_count && list; i++) {
        const char *name = NULL;

        if (is_key(safe->bags[i])) {
            PC_TRY(copy_name(safe->bags[i], safe->arena, &name, err));
            list = pc_arena_format(safe->arena, "%s%s\"%s\"", list, *list ? ", " : "", name ? name : "(no name)");
        }
    }
    (void)pc_fail(err, PC_E_AMBIGUOUS, "\"%s\" contains %zu private keys: %s", safe->file, count, list ? list : "");
    return pc_hint(err, PC_E_AMBIGUOUS, "have each exported to a separate file");
}

static pc_status find_key(const pc_pfx_safe *safe, const PKCS12_SAFEBAG **ret_bag, pc_error *err)
{
    size_t count = 0;

    *ret_bag = NULL;
    for (size_t i = 0; i < safe->bag_count; i++) {
        if (is_key(safe->bags[i])) {
            *ret_bag = safe->bags[i];
            count++;
        }
    }
    return count > 1 ? refuse_several(safe, count, err) : PC_OK;
}

static void read_usage(const PKCS8_PRIV_KEY_INFO *info, pc_pfx *pfx)
{
    const STACK_OF(X509_ATTRIBUTE) *attributes = PKCS8_pkey_get0_attrs(info);
    int position = X509at_get_attr_by_NID(attributes, NID_key_usage, -1);
    const ASN1_TYPE *value = position >= 0 ? X509_ATTRIBUTE_get0_type(X509at_get_attr(attributes, position), 0) : NULL;

    if (value && value->type == V_ASN1_BIT_STRING && ASN1_STRING_length(value->value.bit_string) > 0) {
        pfx->has_key_usage = true;
        pfx->key_usage = ASN1_STRING_get0_data(value->value.bit_string)[0];
    }
}

static pc_status read_local_id(const PKCS12_SAFEBAG *bag, pc_arena *arena, pc_pfx *pfx, pc_error *err)
{
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);

    if (!value || value->type != V_ASN1_OCTET_STRING) {
        return PC_OK;
    }
    const ASN1_OCTET_STRING *octets = value->value.octet_string;

    return pc_bytes_copy(arena, (pc_bytes){ ASN1_STRING_get0_data(octets), (size_t)ASN1_STRING_length(octets) },
                         &pfx->local_id, err);
}

static pc_status read_provider(const PKCS12_SAFEBAG *bag, pc_arena *arena, pc_pfx *pfx, pc_error *err)
{
    const ASN1_TYPE *value = PKCS12_SAFEBAG_get0_attr(bag, NID_ms_csp_name);

    if (!value || value->type != V_ASN1_BMPSTRING) {
        return PC_OK;
    }
    char *name =
        OPENSSL_uni2utf8(ASN1_STRING_get0_data(value->value.bmpstring), ASN1_STRING_length(value->value.bmpstring));

    pfx->provider = name ? pc_arena_string(arena, name) : NULL;
    bool failed = name && !pfx->provider;

    OPENSSL_free(name);
    ERR_clear_error();
    return failed ? pc_fail_memory(err) : PC_OK;
}

static pc_status read_key(pc_pfx_safe *safe, const PKCS12_SAFEBAG *bag, pc_pfx *pfx, pc_error *err)
{
    PC_AUTO(PKCS8_PRIV_KEY_INFO) PKCS8_PRIV_KEY_INFO *info = NULL;

    PC_TRY(pc_secure_heap_start(err));
    PC_TRY(pc_pfx_safe_key(safe, bag, &info, err));
    pfx->key_encrypted = PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag;
    pfx->key = EVP_PKCS82PKEY(info);
    if (!pfx->key) {
        return pc_fail_openssl(err, PC_E_INPUT, "the private key in \"%s\" cannot be read", safe->file);
    }
    read_usage(info, pfx);
    pfx->machine_keyset = X509at_get_attr_by_NID(PKCS12_SAFEBAG_get0_attrs(bag), NID_LocalKeySet, -1) >= 0;
    PC_TRY(read_provider(bag, safe->arena, pfx, err));
    PC_TRY(read_local_id(bag, safe->arena, pfx, err));
    return copy_name(bag, safe->arena, &pfx->friendly_name, err);
}

/* Does the certificate bag have the key bag's localKeyID? */
static bool is_paired(const PKCS12_SAFEBAG *certificate, const PKCS12_SAFEBAG *key)
{
    const ASN1_TYPE *a = key ? PKCS12_SAFEBAG_get0_attr(certificate, NID_localKeyID) : NULL;
    const ASN1_TYPE *b = key ? PKCS12_SAFEBAG_get0_attr(key, NID_localKeyID) : NULL;

    return a && b && a->type == V_ASN1_OCTET_STRING && b->type == V_ASN1_OCTET_STRING &&
           ASN1_OCTET_STRING_cmp(a->value.octet_string, b->value.octet_string) == 0;
}

/** A certificate and the bag it came in. */
typedef struct {
    X509 *certificate; /* owned by the chain */
    const PKCS12_SAFEBAG *bag;
} entry;

/** The certificates of a file. */
typedef struct {
    entry *items;
    size_t count;
} entries;

static pc_status read_certificates(const pc_pfx_safe *safe, pc_pfx *pfx, entries *found, pc_error *err)
{
    for (size_t i = 0; i < safe->bag_count; i++) {
        const PKCS12_SAFEBAG *bag = safe->bags[i];

        if (PKCS12_SAFEBAG_get_nid(bag) != NID_certBag || PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) {
            continue; /* CRLs and secrets are ignored */
        }
        PC_AUTO(X509) X509 *certificate = PKCS12_SAFEBAG_get1_cert(bag);
        entry *slot = certificate ? PC_PUSH(safe->arena, found->items, found->count) : NULL;

        if (!certificate) {
            return pc_fail_openssl(err, PC_E_INPUT, "a certificate in \"%s\" cannot be read", safe->file);
        }
        if (found->count > PC_X509_MAX_CERTIFICATES) {
            return pc_fail(err, PC_E_INPUT, "\"%s\" has more than %d certificates", safe->file,
                           PC_X509_MAX_CERTIFICATES);
        }
        if (!slot || sk_X509_push(pfx->chain, certificate) <= 0) {
            return pc_fail_memory(err);
        }
        *slot = (entry){ .certificate = PC_TAKE(certificate), .bag = bag };
    }
    return PC_OK;
}

static bool belongs(X509 *certificate, const EVP_PKEY *key)
{
    const EVP_PKEY *public_key = X509_get0_pubkey(certificate);
    bool same = public_key && EVP_PKEY_eq(public_key, key) == 1;

    ERR_clear_error();
    return same;
}

static pc_status refuse_several_leaves(const pc_pfx_safe *safe, X509 *a, X509 *b, pc_error *err)
{
    const char *first = pc_x509_name_text(X509_get_subject_name(a), safe->arena);
    const char *second = pc_x509_name_text(X509_get_subject_name(b), safe->arena);

    (void)pc_fail(err, PC_E_AMBIGUOUS, "\"%s\" contains several certificates for its key, including those of %s and %s",
                  safe->file, first ? first : "?", second ? second : "?");
    return pc_hint(err, PC_E_AMBIGUOUS, "have the key exported with only the right one");
}

/** The private key of a file, and the bag it came in. */
typedef struct {
    const EVP_PKEY *key;
    const PKCS12_SAFEBAG *bag;
} own_key;

/* By public key; if that leaves several, by localKeyID. */
static pc_status find_leaf(const pc_pfx_safe *safe, own_key own, const entries *found, const entry **ret_leaf,
                           pc_error *err)
{
    const entry *leaf = NULL;
    bool clash = false;

    for (size_t i = 0; i < found->count; i++) {
        const entry *each = &found->items[i];

        if (!belongs(each->certificate, own.key)) {
            continue;
        }
        if (!leaf || (is_paired(each->bag, own.bag) && !is_paired(leaf->bag, own.bag))) {
            leaf = each;
            clash = false;
        } else if (X509_cmp(leaf->certificate, each->certificate) != 0 &&
                   is_paired(each->bag, own.bag) == is_paired(leaf->bag, own.bag)) {
            clash = true;
        }
    }
    for (size_t i = 0; clash && i < found->count; i++) {
        const entry *each = &found->items[i];

        if (each != leaf && belongs(each->certificate, own.key)) {
            return refuse_several_leaves(safe, leaf->certificate, each->certificate, err);
        }
    }
    *ret_leaf = leaf;
    return PC_OK;
}

/* Without a key: the first certificate that did not issue another one. */
static const entry *last_issued(const entries *found)
{
    for (size_t i = 0; i < found->count; i++) {
        bool issues = false;

        for (size_t j = 0; j < found->count && !issues; j++) {
            issues = j != i && X509_check_issued(found->items[i].certificate, found->items[j].certificate) == X509_V_OK;
        }
        if (!issues) {
            return &found->items[i];
        }
    }
    return found->count ? &found->items[0] : NULL;
}

/* The certificate's name takes precedence: Windows writes the container name to the key's bag. */
static pc_status take_leaf(const pc_pfx_safe *safe, const entry *leaf, pc_pfx *pfx, pc_error *err)
{
    const char *name = NULL;

    if (!leaf) {
        return PC_OK;
    }
    pfx->leaf = sk_X509_delete_ptr(pfx->chain, leaf->certificate);
    PC_TRY(copy_name(leaf->bag, safe->arena, &name, err));
    pfx->friendly_name = name && *name ? name : pfx->friendly_name;
    return PC_OK;
}

static pc_status read_all(pc_pfx_safe *safe, pc_pfx *pfx, pc_error *err)
{
    const PKCS12_SAFEBAG *key = NULL;
    const entry *leaf = NULL;
    entries found = { .count = 0 };

    PC_TRY(find_key(safe, &key, err));
    PC_TRY(read_certificates(safe, pfx, &found, err));
    if (key) {
        PC_TRY(read_key(safe, key, pfx, err));
        PC_TRY(find_leaf(safe, (own_key){ pfx->key, key }, &found, &leaf, err));
    } else {
        leaf = last_issued(&found);
    }
    PC_TRY(take_leaf(safe, leaf, pfx, err));
    if (!pfx->key && !pfx->leaf) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" contains neither a key nor a certificate", safe->file);
    }
    pfx->has_mac = safe->has_mac;
    pfx->protection = safe->protection ? safe->protection : "none";
    pfx->suites = safe->suites;
    return PC_OK;
}

pc_status pc_pfx_read(const pc_file_bytes *file, pc_secret *password, pc_arena *arena, pc_pfx *ret_pfx, pc_error *err)
{
    PC_AUTO(pc_pfx_safe) pc_pfx_safe safe = { .arena = NULL };
    PC_AUTO(pc_pfx) pc_pfx pfx = { .chain = sk_X509_new_null() };

    if (!pfx.chain) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_pfx_safe_open(file, password, arena, &safe, err));
    PC_TRY(read_all(&safe, &pfx, err));
    ERR_clear_error();
    *ret_pfx = pfx;
    pfx = (pc_pfx){ .key = NULL };
    return PC_OK;
}
