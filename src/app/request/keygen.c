/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/keygen.h>

#include <openssl/rand.h>
#include <string.h>

#include "app/request/keygen_plan.h"
#include "app/request/make_key.h"
#include "base/result.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "pair/public_key.h"
#include "token/lock.h"
#include "token/proof.h"
#include "token/secret_key.h"
#include "token/uri.h"
#include "x509/openssl_error.h"
#include "x509/spki.h"

PC_AUTO_DEFINE(pc_keygen_made, pc_keygen_made, pc_keygen_made_free);

static const struct {
    const char *name;
    pc_planned_use planned;
} uses[] = {
    [PC_KEY_USE_DEFAULT] = { "default", PC_PLANNED_TO_SIGN },
    [PC_KEY_USE_SIGN] = { "sign", PC_PLANNED_TO_SIGN },
    [PC_KEY_USE_CA] = { "ca", PC_PLANNED_TO_SIGN },
    [PC_KEY_USE_DECRYPT] = { "decrypt", PC_PLANNED_TO_DECRYPT },
    [PC_KEY_USE_WRAP] = { "wrap", PC_PLANNED_TO_UNWRAP },
};

static const struct {
    const char *name;
    unsigned long len; /* bytes */
} secret_types[] = { { "aes-128", 16 }, { "aes-192", 24 }, { "aes-256", 32 } };

const char *pc_key_use_name(pc_key_use use)
{
    return uses[use].name;
}

pc_status pc_keygen_use(const char *name, pc_key_use *ret_use, pc_error *err)
{
    const char *wanted = name ? name : uses[PC_KEY_USE_SIGN].name;

    for (unsigned i = PC_KEY_USE_SIGN; i < PC_COUNT(uses); i++) {
        if (strcmp(uses[i].name, wanted) == 0) {
            *ret_use = (pc_key_use)i;
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_INPUT, "\"%s\" is not a use of a key: sign, ca, decrypt or wrap", name);
}

void pc_keygen_made_free(pc_keygen_made *made)
{
    pc_arena_free(made ? made->arena : NULL);
}

/* 0 if it is not the name of a type of secret key. */
static unsigned long secret_key_len(const char *name)
{
    for (size_t i = 0; i < PC_COUNT(secret_types); i++) {
        if (strcmp(secret_types[i].name, name) == 0) {
            return secret_types[i].len;
        }
    }
    return 0;
}

static pc_status draw_id(uint8_t id[static PC_KEY_ID_LEN], pc_error *err)
{
    return RAND_bytes(id, (int)PC_KEY_ID_LEN) == 1
               ? PC_OK
               : pc_fail_openssl(err, PC_E_CRYPTO, "cannot generate a random CKA_ID");
}

static pc_status refuse_other_key(const pc_keygen_order *order, const pc_token *token, const char *wrong, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED,
                  "a key \"%s\" is already on token \"%s\", but it is not as requested: %s; no key was created",
                  order->label, token->info.label, wrong);
    return pc_hint(err, PC_E_REFUSED, "`label` OTHER creates another key");
}

/* --- a secret key --- */

static pc_status check_secret_use(const pc_keygen_order *order, pc_error *err)
{
    if (order->id) {
        return pc_fail(err, PC_E_USAGE, "`id` is for a key pair, and a key of type %s is none", order->key_type);
    }
    if (order->use != PC_KEY_USE_SIGN && order->use != PC_KEY_USE_CA) {
        return PC_OK;
    }
    return pc_fail(err, PC_E_USAGE, "a key of type %s signs no certificate: `use` decrypt or `use` wrap",
                   order->key_type);
}

static pc_status make_secret(const pc_token *token, const pc_keygen_order *order, pc_keygen_made *made, pc_error *err)
{
    pc_secret_key_plan plan = {
        .len = secret_key_len(order->key_type),
        .wraps = order->use == PC_KEY_USE_WRAP,
        .exportable = order->exportable,
        .tolerates_local = order->tolerate_local,
        .label = order->label,
    };
    pc_secret_key key = { .wrong = "" };

    PC_TOKEN_LOCKED(token, order->label);
    PC_TRY(draw_id(plan.id, err));
    PC_TRY(pc_secret_key_find(token, &plan, made->arena, &key, err));
    if (key.key.handle && *key.wrong) {
        return refuse_other_key(order, token, key.wrong, err);
    }
    made->changed = !key.key.handle;
    PC_TRY(made->changed ? pc_secret_key_generate(token, &plan, made->arena, &key, err) : PC_OK);
    made->key = key.key;
    made->kind = order->key_type;
    made->use = plan.wraps ? PC_KEY_USE_WRAP : PC_KEY_USE_DECRYPT;
    made->unsupported_flags = key.unsupported_flags;
    made->tolerated = key.tolerated;
    return PC_OK;
}

/* --- a key pair --- */

pc_status pc_keygen_plan(const pc_keygen_order *order, pc_key_plan *ret_plan, pc_error *err)
{
    pc_key_plan plan = {
        .exportable = order->exportable,
        .use = uses[order->use].planned,
        .tolerated = order->tolerate_local ? PC_KEY_FLAG_BIT(PC_KEY_LOCAL) : 0,
        .label = order->label,
    };

    PC_TRY(pc_key_kind_from_name(order->key_type, &plan.kind, err));
    PC_TRY(order->id ? pc_key_id_choose(order->id, &plan, err) : PC_OK);
    if (plan.use == PC_PLANNED_TO_UNWRAP && !pc_key_kind_is_rsa(plan.kind)) {
        return pc_fail(err, PC_E_USAGE, "a key of type %s wraps no keys: `use` wrap is for RSA and AES",
                       order->key_type);
    }
    if (plan.use == PC_PLANNED_TO_DECRYPT && (plan.kind == PC_KEY_ED25519 || pc_key_kind_is_ml_dsa(plan.kind))) {
        return pc_fail(err, PC_E_USAGE, "a key of type %s only signs", order->key_type);
    }
    *ret_plan = plan;
    return PC_OK;
}

/* With or without a certificate: it exists, and is as ordered. */
static pc_status take_existing_pair(const pc_token *token, const pc_key_plan *plan, pc_keygen_made *made, pc_error *err)
{
    static const pc_make_key_hints hints = { .is_another = "`label` OTHER creates another key" };
    pc_labelled_key found;

    PC_TRY(pc_key_find_labelled(token, plan->label, made->arena, &found, err));
    made->changed = found.count == 0;
    if (made->changed) {
        return PC_OK;
    }
    PC_TRY(pc_make_key_check(token, &found.key, plan, &hints, err));
    made->key = found.key;
    made->unsupported_flags = "";
    made->tolerated = "";
    return PC_OK;
}

static pc_status make_pair(const pc_token *token, const pc_keygen_order *order, pc_keygen_made *made, pc_error *err)
{
    static const pc_make_key_hints hints = {
        .has_certificate = "another program created it in the meantime: run the command again",
        .is_another = "`label` OTHER creates another key",
    };
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    pc_key_plan plan;
    pc_made_key pair;

    PC_TRY(pc_keygen_plan(order, &plan, err));
    PC_TRY(take_existing_pair(token, &plan, made, err));
    if (made->changed) {
        PC_TRY(pc_make_key(token, &(pc_make_key_order){ .plan = &plan, .hints = &hints }, made->arena, &pair, err));
        made->key = pair.key;
        made->unsupported_flags = pair.unsupported_flags;
        made->tolerated = pair.tolerated;
    }
    made->kind = pc_key_kind_name(plan.kind);
    made->use = order->use == PC_KEY_USE_DEFAULT ? PC_KEY_USE_SIGN : order->use;
    PC_TRY(pc_public_key_of(&made->key, &public_key, err));
    return pc_spki_sha256(public_key, made->arena, &made->spki_sha256, err);
}

/* --- the run --- */

static pc_status check_order(const pc_keygen_order *order, pc_error *err)
{
    pc_key_plan ignored;

    PC_TRY(pc_label_check(order->label, "key", err));
    return secret_key_len(order->key_type) ? check_secret_use(order, err) : pc_keygen_plan(order, &ignored, err);
}

static pc_status prove(const pc_token *token, pc_keygen_made *made, pc_error *err)
{
    pc_status status = pc_proof_of_refusal(token, &made->key, made->arena, &made->proof, err);

    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "the key \"%s\" is on token \"%s\" and stays there, but %s",
                                     made->key.label, made->token,
                                     status == PC_E_VERIFY ? "it can be extracted: do not use it"
                                                           : "the proof that it cannot be extracted failed");
}

static pc_status run_on(const pc_token *token, const pc_keygen_order *order, pc_keygen_made *made, pc_error *err)
{
    made->token = pc_arena_string(made->arena, token->info.label);
    if (!made->token) {
        return pc_fail_memory(err);
    }
    PC_TRY(secret_key_len(order->key_type) ? make_secret(token, order, made, err) : make_pair(token, order, made, err));
    made->id = pc_text_hex(made->arena, made->key.id, '\0');
    if (!made->id) {
        return pc_fail_memory(err);
    }
    /* Also for an existing key: the run that made it may have ended because the key could be extracted.
     */
    return order->exportable ? PC_OK : prove(token, made, err);
}

pc_status pc_keygen_run(const pc_keygen_order *order, const pc_token_access *access, pc_keygen_made **ret_made,
                        pc_error *err)
{
    PC_AUTO(pc_keygen_made) pc_keygen_made *made = PC_RESULT_NEW(pc_keygen_made);
    PC_AUTO(pc_token) pc_token *token = NULL;

    if (!made) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(order, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &token, err));
    PC_TRY(run_on(token, order, made, err));
    *ret_made = PC_TAKE(made);
    return PC_OK;
}
