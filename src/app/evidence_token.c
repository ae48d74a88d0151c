/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evidence.h"
#include "signer/public_key.h"
#include "token/key.h"

static EVP_PKEY *public_key_of(const pc_files *files)
{
    return files->leaf ? X509_get0_pubkey(files->leaf) : files->csr ? X509_REQ_get0_pubkey(files->csr) : NULL;
}

static pc_status choose_selector(const pc_token *token, const pc_files *files, const char *key, pc_arena *arena,
                                 pc_key_selector *ret_selector, pc_error *err)
{
    if (key) {
        return pc_key_selector_parse(token, key, arena, ret_selector, err);
    }
    pc_key *like = pc_arena_alloc(arena, sizeof *like);

    if (!like) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_public_key_attributes(public_key_of(files), arena, like, err));
    *ret_selector = (pc_key_selector){ .words = files->leaf ? files->leaf_file : files->csr_file, .like = like };
    return PC_OK;
}

static void describe_key(const pc_key *key, pc_evidence_key *evidence)
{
    evidence->label = key->label;
    evidence->sensitive = key->flags[PC_KEY_SENSITIVE];
    evidence->extractable = key->flags[PC_KEY_EXTRACTABLE];
    evidence->always_sensitive = key->flags[PC_KEY_ALWAYS_SENSITIVE];
    evidence->never_extractable = key->flags[PC_KEY_NEVER_EXTRACTABLE];
    evidence->local = key->flags[PC_KEY_LOCAL];
    evidence->is_private = key->flags[PC_KEY_PRIVATE];
    evidence->wrap_with_trusted = key->flags[PC_KEY_WRAP_WITH_TRUSTED];
}

pc_status pc_evidence_of_token(const pc_files *files, const char *key, const pc_token_access *access, pc_arena *arena,
                               pc_evidence *evidence, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_key_selector selector = { .words = NULL };
    pc_key *found = NULL;

    if (!key && !public_key_of(files)) {
        return PC_OK; /* an INF alone speaks of a key that need not exist yet */
    }
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    PC_TRY(choose_selector(token, files, key, arena, &selector, err));
    evidence->key.token = pc_arena_string(arena, token->info.label);
    if (!evidence->key.token) {
        return pc_fail_memory(err);
    }
    /* A key that was named must be there; of a certificate's it is a finding if it is not. */
    PC_TRY(pc_keys_find(token, &selector, arena, key ? 1 : 15, &found, &evidence->key.found_count, err));
    if (key && evidence->key.found_count == 0) {
        return pc_fail(err, PC_E_NOT_FOUND, "no private key on token \"%s\" matches \"%s\"", token->info.label, key);
    }
    evidence->key.token_searched = true;
    if (evidence->key.found_count > 0) {
        describe_key(&found[0], &evidence->key);
    }
    return PC_OK;
}
