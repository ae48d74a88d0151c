/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pfx/export.h"

#include <time.h>

#include "app/files/document.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "token/certificate_object.h"
#include "x509/certificate.h"
#include "x509/chain.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/attempt.h"

#define MAX_CHAIN 16 /* certificates; a longer chain on the token is not followed */

static bool fits(X509 *certificate, const EVP_PKEY *public_half)
{
    const EVP_PKEY *own = X509_get0_pubkey(certificate);

    return own && (!public_half || pc_public_keys_equal(own, public_half));
}

static pc_status take_over(STACK_OF(X509) *from, STACK_OF(X509) *target, pc_error *err)
{
    while (sk_X509_num(from) > 0) {
        if (sk_X509_push(target, sk_X509_value(from, 0)) <= 0) {
            return pc_fail_memory(err);
        }
        (void)sk_X509_shift(from);
    }
    return PC_OK;
}

static pc_status add_objects(const pc_certificate_object *objects, size_t count, STACK_OF(X509) *target, pc_error *err)
{
    for (size_t i = 0; i < count; i++) {
        PC_AUTO(X509) X509 *certificate = pc_certificate_parse(objects[i].value);

        if (!certificate) {
            continue; /* not readable, so it is not an issuer */
        }
        if (sk_X509_push(target, certificate) <= 0) {
            return pc_fail_memory(err);
        }
        (void)PC_TAKE(certificate);
    }
    return PC_OK;
}

static pc_status fail_without_certificate(const pc_token *token, const pc_key *key, pc_error *err)
{
    (void)pc_fail(err, PC_E_NOT_FOUND, "the key \"%s\" on token \"%s\" has no certificate yet, and a PFX needs one",
                  key->label, token->info.label);
    return pc_hint(err, PC_E_NOT_FOUND, "bind it with `p11cert accept`, or name its file with `cert`");
}

/* The token's other certificates are read only if several are candidates. */
static pc_status choose_leaf(const pc_token *token, const pc_key *key, pc_arena *arena, X509 **ret_leaf, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *half = NULL;
    PC_AUTO(pc_token_certificates) pc_token_certificates all = { .items = NULL };
    const pc_token_certificate *current = NULL;
    pc_certificate_objects objects;

    PC_TRY(pc_public_key_if_known(&key->half, &half, err));
    const pc_certificate_owner owner = { .key = key, .public_key = half, .now_sec = (int64_t)time(NULL) };

    PC_TRY(pc_certificate_list(token, arena, &objects, err));
    PC_TRY(pc_token_certificates_parse(objects.items, objects.count, arena, &all, err));
    pc_status status = pc_sure_certificate(&all, &owner, arena, &current, err);

    if (status == PC_E_AMBIGUOUS) {
        return pc_hint(err, status,
                       "name the file of the one that is meant with `cert`; if another one is not the key's, remove "
                       "it with the token's own tool: anybody can write a certificate to most tokens");
    }
    PC_TRY(status);
    if (!current || X509_up_ref(current->certificate) != 1) {
        return current ? pc_fail_memory(err) : fail_without_certificate(token, key, err);
    }
    *ret_leaf = current->certificate;
    return PC_OK;
}

static pc_status leaf_on_token(const pc_token *token, const pc_key *key, pc_arena *arena, X509 **ret_leaf,
                               pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };

    pc_status status = pc_own_certificates(token, key, arena, &own, err);

    if (status == PC_E_TOKEN && err && err->origin != PC_ORIGIN_PKCS11) {
        (void)pc_hint(err, status, "run the command again; or name the certificate's file with `cert`");
    }
    PC_TRY(status);
    if (own.count > 1) {
        return choose_leaf(token, key, arena, ret_leaf, err);
    }
    const pc_token_certificate *current = pc_current_certificate(&own, (int64_t)time(NULL));

    if (!current) {
        return fail_without_certificate(token, key, err);
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    *ret_leaf = current->certificate;
    return PC_OK;
}

/* If a file holds several for the key, the current one of them is used, as on the token. The others go into the
 * pool. */
static pc_status leaf_in_file(const char *file, const pc_key *key, STACK_OF(X509) *pool, X509 **ret_leaf, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *given = NULL;
    PC_AUTO(EVP_PKEY) EVP_PKEY *half = NULL;
    int64_t now_sec = (int64_t)time(NULL);
    int best = -1;

    PC_TRY(pc_public_key_if_known(&key->half, &half, err));
    PC_TRY(pc_document_read_certificates(file, &given, err));
    for (int i = 0; i < sk_X509_num(given); i++) {
        X509 *each = sk_X509_value(given, i);

        if (fits(each, half) &&
            (best < 0 || pc_certificate_is_more_current(each, sk_X509_value(given, best), now_sec))) {
            best = i;
        }
    }
    if (best < 0) {
        (void)pc_fail(err, PC_E_INPUT, "no certificate in \"%s\" belongs to the key \"%s\"", file, key->label);
        return pc_hint(err, PC_E_INPUT, "give `cert` the certificate that was issued for this key");
    }
    *ret_leaf = sk_X509_delete(given, best);
    return take_over(given, pool, err);
}

static X509 *issuer_in(STACK_OF(X509) *pool, X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(pool); i++) {
        if (X509_check_issued(sk_X509_value(pool, i), certificate) == X509_V_OK) {
            return sk_X509_value(pool, i);
        }
    }
    return NULL;
}

/* One search per link, by the issuer's name: nothing else on the token is read. */
static pc_status climb(const pc_token *token, X509 *leaf, pc_arena *arena, STACK_OF(X509) *pool, pc_error *err)
{
    X509 *current = leaf;

    for (int depth = 0; depth < MAX_CHAIN && X509_self_signed(current, 0) != 1; depth++) {
        X509 *issuer = issuer_in(pool, current);

        if (!issuer) {
            pc_certificate_objects objects;
            pc_bytes name = { .len = 0 };

            PC_TRY(pc_x509_name_der(X509_get_issuer_name(current), arena, &name, err));
            PC_TRY(pc_certificate_find_by_subject(token, name, arena, &objects, err));
            PC_TRY(add_objects(objects.items, objects.count, pool, err));
            issuer = issuer_in(pool, current);
        }
        if (!issuer) {
            return PC_OK;
        }
        current = issuer;
    }
    return PC_OK;
}

static pc_status read_chain_files(const pc_certificate_files *files, STACK_OF(X509) *pool, pc_error *err)
{
    for (size_t i = 0; i < files->chain_count; i++) {
        PC_AUTO(X509_stack) STACK_OF(X509) *more = NULL;

        PC_TRY(pc_document_read_certificates(files->chains[i], &more, err));
        PC_TRY(take_over(more, pool, err));
    }
    return PC_OK;
}

static pc_status build_chain(const pc_certificate_files *files, STACK_OF(X509) *pool, pc_arena *arena,
                             pc_key_certificates *certificates, pc_error *err)
{
    X509 *leaf = certificates->leaf;

    /* No issuer is known: a chain of one certificate, which is complete if it is its own issuer. */
    if (!issuer_in(pool, leaf) && files->chain_count == 0) {
        certificates->ends_in_root = X509_self_signed(leaf, 0) == 1;
        certificates->issuers = sk_X509_new_null();
        return certificates->issuers ? PC_OK : pc_fail_memory(err);
    }
    if (sk_X509_push(pool, leaf) <= 0 || X509_up_ref(leaf) != 1) {
        return pc_fail_memory(err);
    }
    const pc_chain_question question = { .leaf = leaf, .others = pool, .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };
    pc_status status = pc_chain_build(&question, arena, &chain, err);

    if (status == PC_E_VERIFY) {
        (void)pc_note(err, PC_E_INPUT, "the key's certificate does not chain up to the issuers found");
        return pc_hint(err, PC_E_INPUT, "give `chain` the certificates of the CA that issued it");
    }
    PC_TRY(status);
    certificates->issuers = chain.issuers;
    int count = sk_X509_num(chain.issuers);

    certificates->ends_in_root = X509_self_signed(count ? sk_X509_value(chain.issuers, count - 1) : leaf, 0) == 1;
    return PC_OK;
}

void pc_key_certificates_clear(pc_key_certificates *certificates)
{
    X509_free(certificates->leaf);
    sk_X509_pop_free(certificates->issuers, X509_free);
    *certificates = (pc_key_certificates){ .leaf = NULL };
}

/* More than five parameters: the key is on the token, and the files supply what the token lacks, so that all three are
 * needed together. */
pc_status pc_export_certificates(const pc_certificate_files *files, const pc_token *token, const pc_key *key,
                                 pc_arena *arena, pc_key_certificates *ret_certificates, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *pool = sk_X509_new_null();
    PC_AUTO(pc_key_certificates) pc_key_certificates found = { .leaf = NULL };

    if (!pool) {
        return pc_fail_memory(err);
    }
    PC_TRY(files->certificate ? leaf_in_file(files->certificate, key, pool, &found.leaf, err)
                              : leaf_on_token(token, key, arena, &found.leaf, err));
    PC_TRY(read_chain_files(files, pool, err));
    PC_TRY(climb(token, found.leaf, arena, pool, err));
    PC_TRY(build_chain(files, pool, arena, &found, err));
    *ret_certificates = found;
    found = (pc_key_certificates){ .leaf = NULL };
    return PC_OK;
}
