/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "app/check/evidence.h"
#include "base/bytes.h"
#include "policy/rule.h"
#include "policy/weak_mechanisms.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "token/key_surroundings.h"
#include "token/mechanisms.h"
#include "x509/attempt.h"

#define MOST_ISSUERS 10

pc_status pc_surroundings_read_certificates(pc_key_surroundings *surroundings, pc_error *err)
{
    if (!surroundings->same_id_is_read && surroundings->held) {
        surroundings->same_id =
            pc_certificate_index_of_id(&surroundings->held->certificates.index, surroundings->key->id);
    } else if (!surroundings->same_id_is_read && surroundings->key->id.len) {
        PC_TRY(pc_certificate_find_by_id(surroundings->token, surroundings->key->id, surroundings->arena,
                                         &surroundings->same_id, err));
    }
    surroundings->same_id_is_read = true;
    return PC_OK;
}

static pc_status push(pc_files *files, X509 **certificate, pc_error *err)
{
    if (sk_X509_push(files->certificates, *certificate) <= 0) {
        return pc_fail_memory(err);
    }
    *certificate = NULL;
    return PC_OK;
}

static pc_status find_by_subject(const pc_key_surroundings *surroundings, pc_bytes name,
                                 pc_certificate_objects *ret_found, pc_error *err)
{
    if (surroundings->held) {
        *ret_found = pc_certificate_index_of_subject(&surroundings->held->certificates.index, name);
        return PC_OK;
    }
    return pc_certificate_find_by_subject(surroundings->token, name, surroundings->arena, ret_found, err);
}

static X509 *parse(const pc_key_surroundings *surroundings, const pc_certificate_object *issuer)
{
    return surroundings->held ? pc_held_certificates_issuer(&surroundings->held->certificates, issuer)
                              : pc_certificate_parse(issuer->value);
}

/* One step up: the certificates whose subject is this one's issuer. The next is the one that may have issued it. */
static pc_status take_issuer(const pc_key_surroundings *surroundings, pc_files *files, X509 *certificate,
                             X509 **ret_next, pc_error *err)
{
    unsigned char *name = NULL;
    int len = i2d_X509_NAME(X509_get_issuer_name(certificate), &name);
    pc_certificate_objects found = { .count = 0 };
    pc_status status =
        len <= 0 ? pc_fail_memory(err) : find_by_subject(surroundings, (pc_bytes){ name, (size_t)len }, &found, err);

    OPENSSL_free(name);
    PC_TRY(status);
    for (size_t i = 0; i < found.count; i++) {
        PC_AUTO(X509) X509 *issuer = parse(surroundings, &found.items[i]);
        X509 *borrowed = issuer;

        if (issuer && X509_check_issued(issuer, certificate) == X509_V_OK) {
            PC_TRY(push(files, &issuer, err));
            *ret_next = borrowed;
        }
    }
    return PC_OK;
}

static pc_status take_issuers(const pc_key_surroundings *surroundings, pc_files *files, pc_error *err)
{
    X509 *current = files->leaf;

    for (int i = 0; i < MOST_ISSUERS && current && X509_self_signed(current, 0) != 1; i++) {
        X509 *next = NULL;

        PC_TRY(take_issuer(surroundings, files, current, &next, err));
        current = next;
    }
    return PC_OK;
}

static pc_status take_leaf(pc_key_surroundings *surroundings, const pc_token_certificate *current, pc_files *files,
                           pc_error *err)
{
    X509 *leaf = current->certificate;

    files->leaf_token = pc_arena_string(surroundings->arena, surroundings->token->info.label);
    if (!files->leaf_token || X509_up_ref(leaf) != 1) {
        return pc_fail_memory(err);
    }
    PC_AUTO(X509) X509 *owned = leaf;

    PC_TRY(push(files, &owned, err));
    files->leaf = leaf;
    files->leaf_file = current->object->label;
    return take_issuers(surroundings, files, err);
}

pc_status pc_surroundings_take_certificate(pc_key_surroundings *surroundings, pc_files *files, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates certificates = { .items = NULL };

    PC_TRY(pc_surroundings_read_certificates(surroundings, err));
    if (!surroundings->public_half) {
        return PC_OK;
    }
    PC_TRY(pc_token_certificates_parse(surroundings->same_id.items, surroundings->same_id.count, surroundings->arena,
                                       &certificates, err));
    const pc_token_certificate *current =
        pc_current_certificate_among(&certificates, surroundings->key, surroundings->public_half, (int64_t)time(NULL));

    return current ? take_leaf(surroundings, current, files, err) : PC_OK;
}

static pc_status gather_limits(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    return pc_key_limits_read(surroundings->token, surroundings->key, surroundings->arena, &evidence->limits, err);
}

static pc_status gather_same_id(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    const pc_held_objects *held = surroundings->held;
    pc_found known = { .count = 0 };

    if (held) {
        known = pc_held_keys_of_id(&held->keys, surroundings->key->id);
    }
    return pc_key_same_id_count(surroundings->token, surroundings->key, held ? &known : NULL, &evidence->same_id, err);
}

static pc_status gather_public(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    pc_public_half public_half;
    bool is_given = surroundings->given_half && pc_public_key_attributes(surroundings->given_half, surroundings->arena,
                                                                         &public_half, NULL) == PC_OK;

    const pc_held_objects *held = surroundings->held;
    pc_public_question question = { .key = surroundings->key, .given_half = is_given ? &public_half : NULL };
    pc_found known = { .count = 0 };

    if (held) {
        known = pc_held_keys_of_id(&held->publics, surroundings->key->id);
        question.known = &known;
    }
    return pc_key_public_read(surroundings->token, &question, &evidence->public_object, err);
}

/* The one that is checked is parsed already. */
static X509 *parse_own(const pc_key_surroundings *surroundings, pc_bytes leaf_der, const pc_certificate_object *object)
{
    return leaf_der.len && pc_bytes_equal(leaf_der, object->value) && X509_up_ref(surroundings->leaf) == 1
               ? surroundings->leaf
               : pc_certificate_parse(object->value);
}

static pc_evidence_token_certificate describe_certificate(const pc_key_surroundings *surroundings, pc_bytes leaf_der,
                                                          const pc_certificate_object *object)
{
    PC_AUTO(X509) X509 *certificate = parse_own(surroundings, leaf_der, object);
    EVP_PKEY *theirs = certificate ? X509_get0_pubkey(certificate) : NULL;
    const pc_key *key = surroundings->key;
    pc_evidence_token_certificate evidence = {
        .label = object->label,
        .same_id = pc_bytes_match(key->id, object->id),
        .is_authority = certificate && X509_check_ca(certificate) != 0,
        .trusted = object->trusted,
        .category = object->category,
    };

    if (theirs && surroundings->public_half) {
        evidence.same_key = pc_public_keys_equal(theirs, surroundings->public_half) ? PC_FACT_TRUE : PC_FACT_FALSE;
    }
    return evidence;
}

static pc_status encode_leaf(const pc_key_surroundings *surroundings, pc_bytes *ret_der, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *der = NULL;
    int len = surroundings->leaf ? i2d_X509(surroundings->leaf, &der) : 0;

    *ret_der = (pc_bytes){ .len = len > 0 ? (size_t)len : 0 };
    if (len < 0) {
        return pc_fail_memory(err);
    }
    ret_der->data = len ? pc_arena_copy(surroundings->arena, der, (size_t)len) : NULL;
    return !len || ret_der->data ? PC_OK : pc_fail_memory(err);
}

static pc_status find_among_held(const pc_key_surroundings *surroundings, pc_bytes leaf_der,
                                 pc_certificate_objects *ret_found, pc_error *err)
{
    PC_AUTO(openssl_bytes) unsigned char *name = NULL;
    int len = i2d_X509_NAME(X509_get_subject_name(surroundings->leaf), &name);
    pc_certificate_objects named = { .count = 0 };

    if (len <= 0) {
        return pc_fail_memory(err);
    }
    PC_TRY(find_by_subject(surroundings, (pc_bytes){ name, (size_t)len }, &named, err));
    ret_found->items = pc_arena_alloc(surroundings->arena, (named.count + 1) * sizeof *named.items);
    if (!ret_found->items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < named.count; i++) {
        if (pc_bytes_equal(named.items[i].value, leaf_der)) {
            ret_found->items[ret_found->count++] = named.items[i];
        }
    }
    return PC_OK;
}

/* The certificate judged may be on the token under another CKA_ID, where it cannot be found by the key. */
static pc_status find_judged(const pc_key_surroundings *surroundings, pc_bytes leaf_der,
                             pc_certificate_objects *ret_found, pc_error *err)
{
    *ret_found = (pc_certificate_objects){ .count = 0 };
    if (!leaf_der.len) {
        return PC_OK;
    }
    return surroundings->held
               ? find_among_held(surroundings, leaf_der, ret_found, err)
               : pc_certificate_find_same(surroundings->token, leaf_der, surroundings->arena, ret_found, err);
}

static pc_status gather_certificates(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    pc_certificate_objects judged = { .count = 0 };
    pc_bytes leaf_der;
    size_t count = 0;

    PC_TRY(pc_surroundings_read_certificates(surroundings, err));
    PC_TRY(encode_leaf(surroundings, &leaf_der, err));
    PC_TRY(find_judged(surroundings, leaf_der, &judged, err));
    pc_evidence_token_certificate *items =
        pc_arena_alloc(surroundings->arena, (surroundings->same_id.count + judged.count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < surroundings->same_id.count; i++) {
        items[count++] = describe_certificate(surroundings, leaf_der, &surroundings->same_id.items[i]);
    }
    for (size_t i = 0; i < judged.count; i++) {
        const pc_evidence_token_certificate judged_one = describe_certificate(surroundings, leaf_der, &judged.items[i]);

        if (!judged_one.same_id) {
            items[count++] = judged_one;
        }
    }
    evidence->certificates = (pc_evidence_certificates){ .read = true, .items = items, .count = count };
    return PC_OK;
}

static pc_status gather_wrappers(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    return pc_wrapping_keys_read(surroundings->token, surroundings->arena, &evidence->wrappers, err);
}

/* Flags are read only for those that are weak in some uses but not in others. */
static pc_status read_mechanisms(const pc_token *token, pc_arena *arena, pc_evidence_mechanisms *ret_weak,
                                 pc_error *err)
{
    pc_mechanisms mechanisms;
    pc_evidence_mechanisms weak = { .read = false };
    pc_evidence_mechanism *items = pc_arena_alloc(arena, (pc_weak_mechanism_count + 1) * sizeof *items);

    if (!items) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_mechanisms_read(pc_mechanisms_of(token), arena, &mechanisms, err));
    weak.read = mechanisms.read;
    for (size_t i = 0; i < mechanisms.count; i++) {
        const pc_weak_mechanism *known = pc_weak_mechanism_find(mechanisms.items[i]);

        if (known && weak.count < pc_weak_mechanism_count) {
            pc_evidence_mechanism *item = &items[weak.count++];

            item->mechanism = mechanisms.items[i];
            weak.read =
                weak.read && (!known->flags || pc_mechanism_flags(token, item->mechanism, &item->flags, NULL) == PC_OK);
        }
    }
    weak.items = items;
    *ret_weak = weak;
    return PC_OK;
}

static pc_status gather_mechanisms(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err)
{
    return read_mechanisms(surroundings->token, surroundings->arena, &evidence->mechanisms, err);
}

static const struct {
    unsigned need;
    bool is_of_token; /* the same for all keys of a token */
    pc_status (*gather)(pc_key_surroundings *surroundings, pc_evidence *evidence, pc_error *err);
} gatherers[] = {
    { PC_NEEDS_LIMITS, false, gather_limits },    { PC_NEEDS_SAME_ID, false, gather_same_id },
    { PC_NEEDS_PUBLIC, false, gather_public },    { PC_NEEDS_CERTIFICATES, false, gather_certificates },
    { PC_NEEDS_WRAPPERS, true, gather_wrappers }, { PC_NEEDS_MECHANISMS, true, gather_mechanisms },
};

/* Once for all keys, in memory that outlives the evidence about one of them. */
static pc_status gather_of_token(const pc_key_surroundings *surroundings, unsigned needs, pc_evidence *evidence,
                                 pc_error *err)
{
    pc_held_objects *held = surroundings->held;
    pc_key_surroundings shared = *surroundings;

    shared.arena = held->arena;
    for (size_t i = 0; i < PC_COUNT(gatherers); i++) {
        if (gatherers[i].is_of_token && (needs & ~held->gathered & gatherers[i].need)) {
            PC_TRY(gatherers[i].gather(&shared, &held->of_token, err));
            held->gathered |= gatherers[i].need;
        }
    }
    evidence->wrappers = held->of_token.wrappers;
    evidence->mechanisms = held->of_token.mechanisms;
    return PC_OK;
}

pc_status pc_surroundings_gather(pc_key_surroundings *surroundings, unsigned needs, pc_evidence *evidence,
                                 pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(gatherers); i++) {
        if ((needs & gatherers[i].need) && !(surroundings->held && gatherers[i].is_of_token)) {
            PC_TRY(gatherers[i].gather(surroundings, evidence, err));
        }
    }
    return surroundings->held ? gather_of_token(surroundings, needs, evidence, err) : PC_OK;
}
