/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/check/evidence.h"
#include "app/check/probe.h"
#include "base/text.h"
#include "token/uri.h"
#include "policy/rule.h"
#include "pair/public_key.h"
#include "token/key_surroundings.h"
#include "x509/attempt.h"

#define MOST_JUDGED 15u /* private keys of one public key that are counted */

static EVP_PKEY *public_key_of(const pc_files *files)
{
    return files->leaf ? X509_get0_pubkey(files->leaf) : files->csr ? X509_REQ_get0_pubkey(files->csr) : NULL;
}

static pc_status choose_selector(const pc_token *token, const char *key, const pc_gathering *gathering,
                                 pc_key_selector *ret_selector, pc_error *err)
{
    const pc_files *files = gathering->files;

    if (key) {
        return pc_key_selector_parse(token, key, gathering->arena, ret_selector, err);
    }
    pc_public_half *public_half = pc_arena_alloc(gathering->arena, sizeof *public_half);

    if (!public_half) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_attributes(public_key_of(files), gathering->arena, public_half, err));
    *ret_selector =
        (pc_key_selector){ .words = files->leaf ? files->leaf_file : files->csr_file, .public_half = public_half };
    return PC_OK;
}

/* Big-endian; a value that does not fit counts as the largest. */
static uint64_t exponent_of(const pc_key *key)
{
    uint64_t value = 0;

    for (size_t i = 0; i < key->half.exponent.len; i++) {
        if (value >> 56) {
            return UINT64_MAX;
        }
        value = value << 8 | key->half.exponent.data[i];
    }
    return value;
}

/* Kind and length from the public half, as certificates are read, so that both are described in the same words. */
static pc_status describe_key(const pc_key *key, const EVP_PKEY *public_half, pc_arena *arena,
                              pc_evidence_key *evidence, pc_error *err)
{
    const char *type = public_half ? EVP_PKEY_get0_type_name(public_half) : NULL;

    evidence->label = key->label;
    evidence->exponent = exponent_of(key);
    memcpy(evidence->flags, key->flags, sizeof evidence->flags);
    if (type) {
        evidence->bits = (unsigned)EVP_PKEY_get_bits(public_half);
        evidence->algorithm = pc_arena_string(arena, type);
        return evidence->algorithm ? PC_OK : pc_fail_memory(err);
    }
    evidence->algorithm = key->half.key_type == CKK_RSA ? "RSA" : key->half.key_type == CKK_EC ? "EC" : NULL;
    return PC_OK;
}

/* A report on the certificate of one key and the attributes of another would be about neither. */
static pc_status check_belongs(const pc_key *key, const EVP_PKEY *public_half, const pc_files *files, pc_error *err)
{
    EVP_PKEY *given = public_key_of(files);

    if (!given || !public_half || pc_public_keys_equal(given, public_half)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_INPUT, "\"%s\" and the key \"%s\" on the token do not belong together",
                  files->leaf ? files->leaf_file : files->csr_file, key->label);
    return pc_hint(err, PC_E_INPUT, "omit `key` to have the key looked up by the public key in that file");
}

static pc_status describe_found(const pc_token *token, const pc_key *key, const pc_token_order *order,
                                pc_gathering *gathering, pc_error *err)
{
    pc_files *files = gathering->files;
    pc_evidence *evidence = gathering->evidence;
    pc_arena *arena = gathering->arena;
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_half = NULL;

    gathering->key_id = pc_text_hex(arena, key->id, '\0');
    gathering->key_uri = pc_uri_of_key(&token->info, key, arena);
    if (!gathering->key_uri || !gathering->key_id) {
        return pc_fail_memory(err);
    }
    /* A kind of key that OpenSSL has no name for is judged by what its attributes say. */
    PC_TRY(pc_public_key_if_known(&key->half, &public_half, err));
    PC_TRY(describe_key(key, public_half, arena, &evidence->key, err));
    pc_key_surroundings surroundings = {
        .token = token,
        .key = key,
        .public_half = public_half,
        .held = order->held,
        .arena = arena,
    };

    PC_TRY(order->key ? check_belongs(key, public_half, files, err) : PC_OK);
    if (!files->leaf && !files->csr) {
        pc_files_select_by_key(files, public_half);
    }
    if (!files->leaf && !files->csr) {
        PC_TRY(pc_surroundings_take_certificate(&surroundings, files, err));
    }
    surroundings.given_half = public_key_of(files);
    surroundings.leaf = files->leaf;
    /* Of several keys, only the number is judged (KEY-PRIV). */
    return evidence->key.found_count == 1 ? pc_surroundings_gather(&surroundings, order->needs, evidence, err) : PC_OK;
}

static pc_status describe_token(const pc_token *token, unsigned needs, pc_arena *arena, pc_evidence *evidence,
                                pc_error *err)
{
    evidence->key.logged_in = token->is_logged_in;
    evidence->key.token = pc_arena_string(arena, token->info.label);
    if (!evidence->key.token) {
        return pc_fail_memory(err);
    }
    if (needs & PC_NEEDS_TOKEN) {
        pc_token_describe(token, &evidence->token);
        evidence->token.label = evidence->key.token;
    }
    return PC_OK;
}

static pc_status find_key(const pc_token *token, const pc_token_order *order, const pc_gathering *gathering,
                          pc_keys *ret_found, pc_error *err)
{
    pc_evidence_key *evidence = &gathering->evidence->key;
    pc_key_selector selector = { .words = NULL };
    const char *key = order->key;

    if (!key && !public_key_of(gathering->files)) {
        return PC_OK;
    }
    PC_TRY(choose_selector(token, key, gathering, &selector, err));
    selector.half_may_lack =
        true; /* several public keys with one CKA_ID are a finding here (PUB-MATCH), not an error */
    /* A key that was named must exist; if a certificate's key is missing, that is a finding. */
    selector.max = key ? 1 : MOST_JUDGED;
    PC_TRY(pc_keys_find(token, &selector, gathering->arena, ret_found, err));
    evidence->found_count = ret_found->count;
    if (key && evidence->found_count == 0) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "no private key on token \"%s\" matches \"%s\"", token->info.label, key);
        return pc_hint(err, PC_E_NOT_FOUND, "`p11cert list` shows the keys on the token");
    }
    evidence->token_searched = true;
    return PC_OK;
}

static pc_status take_given(const pc_key *given, const pc_gathering *gathering, pc_keys *ret_found, pc_error *err)
{
    *ret_found = (pc_keys){ .items = pc_arena_copy(gathering->arena, given, sizeof *given), .count = 1 };
    gathering->evidence->key.found_count = 1;
    gathering->evidence->key.token_searched = true;
    return ret_found->items ? PC_OK : pc_fail_memory(err);
}

/* A token that does not answer has neither refused nor allowed anything: that must not become a report without
 * findings. */
static pc_status check_not_lost(const pc_token *token, const pc_probe *probe, pc_error *err)
{
    if (!probe->lost) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_TOKEN, "token \"%s\" was lost while temporary keys were tried on it%s%s%s",
                  token->info.label, probe->not_made ? " (" : "", probe->not_made ? probe->not_made : "",
                  probe->not_made ? ")" : "");
    return pc_hint(err, PC_E_TOKEN, "run the check again when the token answers; %s",
                   probe->cleaned ? "no temporary key is left on it"
                                  : "temporary keys end with the session, but this could not be checked");
}

/* With keys like the one that is judged, as p11cert would make them; without one, with the default kind. */
static pc_status probe(const pc_token *token, const pc_key *key, pc_arena *arena, pc_evidence *evidence, pc_error *err)
{
    pc_key_plan plan = { .kind = PC_KEY_RSA_2048, .key_usage = PC_KU_DIGITAL_SIGNATURE | PC_KU_KEY_ENCIPHERMENT };
    pc_probe *result = pc_arena_alloc(arena, sizeof *result);

    if (!result) {
        return pc_fail_memory(err);
    }
    if (key) {
        pc_probe_plan_of(key, &plan);
    }
    PC_TRY(pc_probe_run(token, &plan, arena, result, err));
    PC_TRY(check_not_lost(token, result, err));
    evidence->probe = result;
    evidence->wrappers.user_sets_trusted = result->user_sets_trusted;
    return PC_OK;
}

pc_status pc_evidence_of_token(const pc_token_order *order, pc_gathering *gathering, pc_error *err)
{
    pc_evidence *evidence = gathering->evidence;
    pc_arena *arena = gathering->arena;
    PC_AUTO(pc_token) pc_token *opened = NULL;
    pc_keys found = { .count = 0 };

    if (!order->key && !order->given && !order->probe && !public_key_of(gathering->files)) {
        return PC_OK; /* an INF alone describes a key that need not exist yet */
    }
    if (!order->open) {
        PC_TRY(pc_token_open(order->access, PC_TOKEN_READ, &opened, err));
    }
    const pc_token *token = order->open ? order->open : opened;

    PC_TRY(describe_token(token, order->needs, arena, evidence, err));
    PC_TRY(order->given ? take_given(order->given, gathering, &found, err)
                        : find_key(token, order, gathering, &found, err));
    if (evidence->key.found_count) {
        PC_TRY(describe_found(token, found.items, order, gathering, err));
    }
    return order->probe ? probe(token, evidence->key.found_count ? found.items : NULL, arena, evidence, err) : PC_OK;
}
