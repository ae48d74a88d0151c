/* SPDX-License-Identifier: Apache-2.0 */
#include "pair/own_certificate.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "pair/public_key.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/words.h"
#include "x509/attempt.h"

void pc_token_certificates_clear(pc_token_certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        X509_free(certificates->items[i].certificate);
    }
    *certificates = (pc_token_certificates){ .items = NULL };
}

pc_status pc_token_certificates_parse(const pc_certificate_object *objects, size_t count, pc_arena *arena,
                                      pc_token_certificates *ret_certificates, pc_error *err)
{
    pc_token_certificate *items = pc_arena_alloc(arena, (count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        items[i].object = &objects[i];
        items[i].certificate = pc_certificate_parse(objects[i].value);
    }
    *ret_certificates = (pc_token_certificates){ .items = items, .count = count };
    return PC_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const pc_token_certificate *left = a;
    const pc_token_certificate *right = b;

    return pc_bytes_compare(left->object->id, right->object->id);
}

void pc_token_certificates_sort(pc_token_certificates *certificates)
{
    if (certificates->count > 1) {
        qsort(certificates->items, certificates->count, sizeof *certificates->items, compare_ids);
    }
}

pc_token_certificates pc_token_certificates_of_id(const pc_token_certificates *sorted, pc_bytes id)
{
    size_t first = 0;
    size_t end = sorted->count;

    while (id.len && first < end) {
        size_t middle = first + (end - first) / 2;

        if (pc_bytes_compare(sorted->items[middle].object->id, id) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    for (end = first; id.len && end < sorted->count && pc_bytes_equal(sorted->items[end].object->id, id); end++) {
    }
    return (pc_token_certificates){ .items = end > first ? sorted->items + first : NULL, .count = end - first };
}

/* A certificate whose names and key identifiers make it its own issuer is either signed by its own key or forged. When
 * a CA changes its key, it issues certificates in which only the names are equal (RFC 4210 section 4.4); their key
 * identifiers name the other key. */
static bool is_forged(X509 *certificate, EVP_PKEY *public_key)
{
    PC_AUTO(AUTHORITY_KEYID)
    AUTHORITY_KEYID *authority = X509_get_ext_d2i(certificate, NID_authority_key_identifier, NULL, NULL);

    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0 &&
           X509_check_akid(certificate, authority) == X509_V_OK && X509_verify(certificate, public_key) != 1;
}

bool pc_certificate_is_own(X509 *certificate, const EVP_PKEY *public_key)
{
    bool is_own = false;

    pc_attempt_begin();
    EVP_PKEY *theirs = X509_get0_pubkey(certificate);

    if (theirs && public_key && EVP_PKEY_eq(theirs, public_key) == 1) {
        is_own = !is_forged(certificate, theirs);
    }
    pc_attempt_end();
    return is_own;
}

/** The criteria for a certificate to stay in a list. */
typedef struct {
    const EVP_PKEY *public_key;
    const X509 *planned;
    EVP_PKEY *issuer_key;
} filter;

static void keep(pc_token_certificates *certificates, bool (*fits)(X509 *certificate, const filter *wanted),
                 const filter *wanted)
{
    size_t kept = 0;

    for (size_t i = 0; i < certificates->count; i++) {
        pc_token_certificate each = certificates->items[i];

        if (each.certificate && fits(each.certificate, wanted)) {
            certificates->items[kept++] = each;
        } else {
            certificates->unreadable += !each.certificate;
            X509_free(each.certificate);
        }
    }
    certificates->count = kept;
}

static bool is_own(X509 *certificate, const filter *wanted)
{
    return pc_certificate_is_own(certificate, wanted->public_key);
}

static bool is_issued(X509 *certificate, const filter *wanted)
{
    return pc_certificate_same_terms(certificate, wanted->planned) && X509_verify(certificate, wanted->issuer_key) == 1;
}

void pc_own_certificates_keep_issued(pc_token_certificates *own, const X509 *planned, EVP_PKEY *issuer_key)
{
    const filter wanted = { .planned = planned, .issuer_key = issuer_key };

    pc_attempt_begin();
    keep(own, is_issued, &wanted);
    pc_attempt_end();
}

static pc_status find_certificates(const pc_token *token, pc_bytes id, pc_arena *arena,
                                   pc_token_certificates *ret_certificates, pc_error *err)
{
    pc_certificate_objects objects;

    PC_TRY(pc_certificate_find_by_id(token, id, arena, &objects, err));
    return pc_token_certificates_parse(objects.items, objects.count, arena, ret_certificates, err);
}

static pc_status fail_unreadable(const pc_key *key, pc_error *err)
{
    (void)pc_fail(err, PC_E_TOKEN,
                  "no certificate object with the CKA_ID of the key \"%s\" has a readable value, so it is not known "
                  "whether the key has a certificate",
                  key->label);
    return pc_hint(err, PC_E_TOKEN,
                   "run the command again; if it fails again, `p11cert list` shows the object: what it should contain "
                   "must be written again, or the object removed, with the token's own tool");
}

pc_status pc_own_certificates(const pc_token *token, const pc_key *key, pc_arena *arena, pc_token_certificates *ret_own,
                              pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    PC_AUTO(pc_token_certificates) pc_token_certificates certificates = { .items = NULL };

    if (key->id.len == 0) { /* nothing can be bound to such a key */
        *ret_own = certificates;
        return PC_OK;
    }
    PC_TRY(pc_public_key_of(key, &public_key, err));
    PC_TRY(find_certificates(token, key->id, arena, &certificates, err));
    const filter own = { .public_key = public_key };

    keep(&certificates, is_own, &own);
    if (certificates.count == 0 && certificates.unreadable > 0) {
        return fail_unreadable(key, err);
    }
    *ret_own = certificates;
    certificates = (pc_token_certificates){ .items = NULL };
    return PC_OK;
}

static const pc_token_certificate *more_current(const pc_token_certificate *each, const pc_token_certificate *current,
                                                int64_t now_sec)
{
    return !current || pc_certificate_is_more_current(each->certificate, current->certificate, now_sec) ? each
                                                                                                        : current;
}

const pc_token_certificate *pc_current_certificate(const pc_token_certificates *own, int64_t now_sec)
{
    const pc_token_certificate *current = NULL;

    for (size_t i = 0; i < own->count; i++) {
        current = more_current(&own->items[i], current, now_sec);
    }
    return current;
}

static bool has_id(const pc_certificate_object *object, const pc_key *key)
{
    return pc_bytes_match(object->id, key->id);
}

const pc_token_certificate *pc_current_certificate_among(const pc_token_certificates *certificates, const pc_key *key,
                                                         const EVP_PKEY *public_key, int64_t now_sec)
{
    const pc_token_certificate *current = NULL;

    for (size_t i = 0; i < certificates->count; i++) {
        const pc_token_certificate *each = &certificates->items[i];

        if (each->certificate && has_id(each->object, key) && pc_certificate_is_own(each->certificate, public_key)) {
            current = more_current(each, current, now_sec);
        }
    }
    return current;
}

static bool has_unreadable(const pc_token_certificates *certificates)
{
    for (size_t i = 0; i < certificates->count; i++) {
        if (!certificates->items[i].certificate) {
            return true;
        }
    }
    return false;
}

pc_status pc_current_certificate_of(const pc_token_certificates *sorted, const pc_key *key, int64_t now_sec,
                                    const pc_token_certificate **ret_current, pc_error *err)
{
    const pc_token_certificates same_id = pc_token_certificates_of_id(sorted, key->id);
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;

    *ret_current = NULL;
    if (same_id.count == 0) {
        return PC_OK;
    }
    PC_TRY(pc_public_key_if_known(&key->half, &public_key, err));
    if (!public_key) {
        return pc_public_key_is_hidden(&key->half) ? pc_public_key_of(key, &public_key, err) : PC_OK;
    }
    *ret_current = pc_current_certificate_among(&same_id, key, public_key, now_sec);
    return *ret_current || !has_unreadable(&same_id) ? PC_OK : fail_unreadable(key, err);
}

/* --- where several issuers' certificates are valid --- */

static bool is_valid_own(const pc_token_certificate *each, const pc_certificate_owner *owner)
{
    return each->certificate && has_id(each->object, owner->key) &&
           pc_certificate_is_own(each->certificate, owner->public_key) &&
           pc_validity_holds(pc_validity_of(each->certificate), owner->now_sec);
}

/* By any certificate of the issuer's name: when a CA changes its key, the token may have several. */
static bool is_signed_by_any(X509 *certificate, const pc_token_certificates *issuers)
{
    bool is_signed = false;

    pc_attempt_begin();
    for (size_t i = 0; i < issuers->count && !is_signed; i++) {
        X509 *issuer = issuers->items[i].certificate;

        is_signed = issuer && X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) == 0 &&
                    X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
    }
    pc_attempt_end();
    return is_signed;
}

/** Certificates of one key among which one is to be chosen, as borrowed items. */
typedef struct {
    const pc_token_certificate **items;
    size_t count;
} candidates;

static pc_status find_candidates(const pc_token_certificates *certificates, const pc_certificate_owner *owner,
                                 pc_arena *arena, candidates *ret_found, pc_error *err)
{
    candidates found = { .items = NULL };

    for (size_t i = 0; i < certificates->count; i++) {
        const pc_token_certificate *each = &certificates->items[i];

        if (is_valid_own(each, owner)) {
            const pc_token_certificate **slot = PC_PUSH(arena, found.items, found.count);

            if (!slot) {
                return pc_fail_memory(err);
            }
            *slot = each;
        }
    }
    *ret_found = found;
    return PC_OK;
}

static void keep_signed(candidates *found, const pc_token_certificates *issuers)
{
    size_t kept = 0;

    for (size_t i = 0; i < found->count; i++) {
        const pc_token_certificate *each = found->items[i];

        if (is_signed_by_any(each->certificate, issuers)) {
            found->items[i] = found->items[kept];
            found->items[kept++] = each;
        }
    }
    found->count = kept ? kept : found->count;
}

static bool have_one_issuer(const candidates *found)
{
    for (size_t i = 1; i < found->count; i++) {
        if (X509_NAME_cmp(X509_get_issuer_name(found->items[i]->certificate),
                          X509_get_issuer_name(found->items[0]->certificate)) != 0) {
            return false;
        }
    }
    return true;
}

static pc_status report_issuers(const candidates *found, const pc_key *key, pc_arena *arena, pc_error *err)
{
    const char *list = "";

    for (size_t i = 0; i < found->count && list; i++) {
        X509 *each = found->items[i]->certificate;
        const char *serial = pc_serial_words(each, arena);
        const char *issuer = pc_x509_name_text(X509_get_issuer_name(each), arena);

        list = serial && issuer ? pc_arena_format(arena, "%s%s%s by %s", list, i ? "; " : "", serial, issuer) : NULL;
    }
    return list ? pc_fail(err, PC_E_AMBIGUOUS, "the key \"%s\" has valid certificates of different issuers: %s",
                          key->label, list)
                : pc_fail_memory(err);
}

pc_status pc_sure_certificate(const pc_token_certificates *certificates, const pc_certificate_owner *owner,
                              pc_arena *arena, const pc_token_certificate **ret_current, pc_error *err)
{
    candidates found = { .items = NULL };
    const pc_token_certificate *current = NULL;

    PC_TRY(find_candidates(certificates, owner, arena, &found, err));
    if (found.count < 2) {
        *ret_current = pc_current_certificate_among(certificates, owner->key, owner->public_key, owner->now_sec);
        return PC_OK;
    }
    keep_signed(&found, certificates);
    if (!have_one_issuer(&found)) {
        return report_issuers(&found, owner->key, arena, err);
    }
    for (size_t i = 0; i < found.count; i++) {
        current = more_current(found.items[i], current, owner->now_sec);
    }
    *ret_current = current;
    return PC_OK;
}
