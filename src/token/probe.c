/* SPDX-License-Identifier: Apache-2.0 */
#include "token/probe.h"

#include <string.h>

#include "base/bytes.h"
#include "token/attributes.h"
#include "token/ckr.h"
#include "token/key.h"
#include "token/keygen.h"
#include "token/made_object.h"
#include "token/objects.h"

/** A running probe: the temporary keys, the session in which they exist, and the findings. */
typedef struct {
    pc_token *token; /* in a separate session */
    const pc_key_plan *plan;
    pc_arena *arena;
    pc_key_pair pair;
    bool has_pair;
    bool needs_write; /* the module generates session keys only in read-write sessions */
    pc_key key;       /* the private half of the pair, as read */
    pc_trial *trial;
} probe_state;

/* --- the temporary keys --- */

/* Whether they are gone is checked once, at the end. */
static void destroy(const probe_state *state, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class)
{
    (void)pc_made_key_destroy(state->token, handle, class, pc_key_plan_id(state->plan));
}

static void destroy_pair(probe_state *state)
{
    if (state->has_pair) {
        destroy(state, state->pair.private_handle, CKO_PRIVATE_KEY);
        destroy(state, state->pair.public_handle, CKO_PUBLIC_KEY);
        state->has_pair = false;
    }
}

static bool make_pair(probe_state *state)
{
    bool unknown = false;
    pc_error why = { .status = PC_OK };
    CK_RV rv = pc_key_pair_generate(state->token, state->plan, &state->pair, &unknown);

    state->has_pair = rv == CKR_OK;
    state->trial->rung = state->pair.rung;
    state->needs_write = rv == CKR_SESSION_READ_ONLY;
    /* An unreadable key has no claimed flags, so nothing can be tested against them. */
    pc_status status = state->has_pair ? pc_key_read_object((pc_object){ state->token, state->pair.private_handle },
                                                            state->arena, &state->key, &why)
                                       : pc_fail_ckr(&why, rv, "C_GenerateKeyPair");

    if (status != PC_OK) {
        state->trial->not_made = pc_arena_string(state->arena, why.frames[0]);
        state->trial->lost = pc_token_is_lost(state->token, &why);
    }
    return status == PC_OK;
}

static bool make_another_pair(probe_state *state)
{
    destroy_pair(state);
    return make_pair(state);
}

/* --- attempts --- */

static pc_extract_target target_of(const probe_state *state, CK_OBJECT_HANDLE handle)
{
    return (pc_extract_target){
        .key = handle,
        .key_type = state->key.half.key_type,
        .mark = pc_key_plan_id(state->plan),
    };
}

static pc_status extract(probe_state *state, CK_OBJECT_HANDLE handle, pc_key_proof *proof, bool *ret_done,
                         pc_error *err)
{
    const pc_extract_target target = target_of(state, handle);
    pc_status status = pc_key_try_extract_of(state->token, &target, proof, err);

    *ret_done = status == PC_OK;
    if (status == PC_E_TOKEN) {
        state->trial->lost = true;
        return PC_OK;
    }
    return status;
}

static pc_try *begin(probe_state *state, pc_try_kind kind, const char *function)
{
    pc_try *attempt = &state->trial->tries[kind];

    attempt->function = function;
    memcpy(attempt->claimed, state->key.flags, sizeof attempt->claimed);
    return attempt;
}

static pc_status try_reading_and_wrapping(probe_state *state, pc_error *err)
{
    pc_try *read = begin(state, PC_TRY_READ, "C_GetAttributeValue");
    pc_try *wrap = begin(state, PC_TRY_WRAP, "C_WrapKey");
    pc_key_proof proof = { .read = PC_ATTEMPT_NOT_MADE };
    bool done = false;

    PC_TRY(extract(state, state->pair.private_handle, &proof, &done, err));
    if (!done) {
        return PC_OK;
    }
    read->use = wrap->use = proof;
    read->rv = proof.read_rv;
    read->attempt = proof.read;
    wrap->rv = proof.wrap_rv;
    wrap->attempt = proof.wrap;
    if (!proof.wrap_how) {
        wrap->function = "C_GenerateKey";
    }
    return PC_OK;
}

/* Returns false if the object cannot be read. */
static bool read_flag(const probe_state *state, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, pc_fact *ret_fact)
{
    pc_attributes attributes;
    pc_error ignored = { .status = PC_OK };

    const pc_attribute_types one = { &type, 1 };

    if (pc_attributes_read((pc_object){ state->token, handle }, one, state->arena, &attributes, &ignored) != PC_OK) {
        return false;
    }
    *ret_fact = pc_attributes_fact(&attributes, type);
    return true;
}

/** A flag that the module was asked to change, on the key or on a copy. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    pc_key_flag flag;
    pc_fact wanted;
} flag_change;

/* Records the module's answer to a flag change, and checks whether the flag changed. */
static void take_answer(probe_state *state, pc_try *attempt, CK_RV rv, const flag_change *change)
{
    attempt->rv = rv;
    attempt->answered_ok = rv == CKR_OK;
    state->trial->lost = state->trial->lost || pc_rv_is_loss(rv);
    if (rv != CKR_OK) {
        attempt->attempt = pc_rv_is_refusal(rv) ? PC_ATTEMPT_REFUSED : PC_ATTEMPT_NOT_MADE;
        return;
    }
    attempt->unseen = !read_flag(state, change->handle, pc_key_flag_attribute(change->flag), &attempt->after);
    if (attempt->unseen) {
        return; /* reported as done, but not confirmed: proves nothing */
    }
    bool unchanged = attempt->after != PC_FACT_UNKNOWN && attempt->after != change->wanted;

    attempt->attempt = unchanged ? PC_ATTEMPT_REFUSED : PC_ATTEMPT_SUCCEEDED;
}

static pc_status use_if_done(probe_state *state, pc_try *attempt, CK_OBJECT_HANDLE handle, pc_error *err)
{
    return attempt->attempt == PC_ATTEMPT_SUCCEEDED ? extract(state, handle, &attempt->use, &attempt->used, err)
                                                    : PC_OK;
}

static pc_status try_copying(probe_state *state, pc_error *err)
{
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE template[] = { { CKA_EXTRACTABLE, &yes, sizeof yes } };
    CK_OBJECT_HANDLE copy = 0;
    pc_try *attempt = begin(state, PC_TRY_COPY_EXTRACTABLE, "C_CopyObject");

    attempt->applies = state->key.flags[PC_KEY_EXTRACTABLE] != PC_FACT_TRUE;
    if (!attempt->applies) {
        return PC_OK;
    }
    CK_RV rv = state->token->functions->C_CopyObject(state->token->session, state->pair.private_handle, template,
                                                     PC_COUNT(template), &copy);

    take_answer(state, attempt, rv, &(flag_change){ copy, PC_KEY_EXTRACTABLE, PC_FACT_TRUE });
    pc_status status = use_if_done(state, attempt, copy, err);

    if (attempt->answered_ok) {
        destroy(state, copy, CKO_PRIVATE_KEY);
    }
    return status;
}

/* Returns the attempt, or NULL if the flag already has that value. */
static pc_try *try_setting(probe_state *state, pc_try_kind kind, pc_key_flag flag, bool value)
{
    CK_BBOOL bytes = value ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE template[] = { { pc_key_flag_attribute(flag), &bytes, sizeof bytes } };
    pc_fact wanted = value ? PC_FACT_TRUE : PC_FACT_FALSE;
    pc_try *attempt = begin(state, kind, "C_SetAttributeValue");

    attempt->applies = state->key.flags[flag] != wanted;
    if (!attempt->applies) {
        return NULL;
    }
    CK_RV rv = state->token->functions->C_SetAttributeValue(state->token->session, state->pair.private_handle, template,
                                                            PC_COUNT(template));

    take_answer(state, attempt, rv, &(flag_change){ state->pair.private_handle, flag, wanted });
    return attempt;
}

/* Setting CKA_DECRYPT only applies to RSA keys, and only proves something if the key claims not to be modifiable. */
static void try_widening(probe_state *state)
{
    (void)try_setting(state, PC_TRY_SET_UNWRAP, PC_KEY_UNWRAP, true);
    state->trial->tries[PC_TRY_SET_DECRYPT].applies =
        state->key.half.key_type == CKK_RSA && state->key.flags[PC_KEY_MODIFIABLE] == PC_FACT_FALSE;
    if (!state->trial->lost && state->trial->tries[PC_TRY_SET_DECRYPT].applies) {
        (void)try_setting(state, PC_TRY_SET_DECRYPT, PC_KEY_DECRYPT, true);
    }
}

static pc_status try_freeing(probe_state *state, pc_error *err)
{
    pc_try *freed = try_setting(state, PC_TRY_SET_EXTRACTABLE, PC_KEY_EXTRACTABLE, true);

    if (freed) {
        PC_TRY(use_if_done(state, freed, state->pair.private_handle, err));
    }
    if (state->trial->lost || (freed && freed->answered_ok && !make_another_pair(state))) {
        return PC_OK;
    }
    pc_try *bared = try_setting(state, PC_TRY_UNSET_SENSITIVE, PC_KEY_SENSITIVE, false);

    return bared ? use_if_done(state, bared, state->pair.private_handle, err) : PC_OK;
}

static CK_RV make_aes(probe_state *state, bool trusted, CK_OBJECT_HANDLE *ret_key)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG len = 32;
    CK_BYTE mark[PC_KEY_ID_MOST];
    size_t mark_len = pc_key_plan_id(state->plan).len;
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type }, { CKA_VALUE_LEN, &len, sizeof len },
        { CKA_TOKEN, &no, sizeof no },       { CKA_PRIVATE, &yes, sizeof yes },    { CKA_SENSITIVE, &yes, sizeof yes },
        { CKA_WRAP, &yes, sizeof yes },      { CKA_EXTRACTABLE, &no, sizeof no },  { CKA_ID, mark, mark_len },
        { CKA_TRUSTED, &yes, sizeof yes }, /* last, to be left out */
    };

    memcpy(mark, state->plan->id, mark_len);
    return state->token->functions->C_GenerateKey(state->token->session, &mechanism, template,
                                                  PC_COUNT(template) - (trusted ? 0 : 1), ret_key);
}

/* "Can only be set to CK_TRUE by the SO user" (PKCS#11 v2.40 section 4.10). A refusal counts only if the same call
 * works without it. */
static void try_trusting(probe_state *state)
{
    CK_OBJECT_HANDLE key = 0;
    pc_fact reads = PC_FACT_UNKNOWN;
    CK_RV rv = make_aes(state, true, &key);
    CK_RV without = rv == CKR_OK ? CKR_OK : make_aes(state, false, &key);

    if (without != CKR_OK) {
        state->trial->lost = state->trial->lost || pc_rv_is_loss(without);
        return;
    }
    if (rv == CKR_OK) {
        state->trial->user_sets_trusted = read_flag(state, key, CKA_TRUSTED, &reads) ? reads : PC_FACT_UNKNOWN;
    } else if (pc_rv_is_refusal(rv) || rv == CKR_USER_NOT_LOGGED_IN) {
        state->trial->user_sets_trusted = PC_FACT_FALSE;
    }
    destroy(state, key, CKO_SECRET_KEY);
}

static pc_status try_all(probe_state *state, pc_error *err)
{
    for (unsigned i = 0; i < PC_TRY_COUNT; i++) {
        state->trial->tries[i].applies = true;
    }
    PC_TRY(try_reading_and_wrapping(state, err));
    if (!state->trial->lost) {
        PC_TRY(try_copying(state, err));
    }
    if (!state->trial->lost) {
        try_widening(state);
    }
    if (!state->trial->lost) {
        PC_TRY(try_freeing(state, err));
    }
    if (!state->trial->lost) {
        try_trusting(state);
    }
    return PC_OK;
}

/* --- cleaning up --- */

/* Session objects disappear with their session; any that remain are found by their common CKA_ID. */
static bool sweep(const pc_token *token, const pc_key_plan *plan)
{
    for (unsigned turn = 0; turn < 2; turn++) {
        pc_template search = { .count = 0 };
        pc_error ignored = { .status = PC_OK };
        pc_found found;

        pc_template_add_bytes(&search, CKA_ID, pc_key_plan_id(plan));
        if (pc_objects_find(token, &search, 16, &found, &ignored) != PC_OK) {
            return false;
        }
        if (found.count == 0) {
            return true;
        }
        for (size_t i = 0; i < found.count; i++) {
            (void)pc_made_object_destroy(token, found.items[i], &search);
        }
    }
    return false;
}

static pc_status make_first_pair(const pc_token *token, probe_state *state, pc_error *err)
{
    PC_TRY(pc_token_branch(token, false, &state->token, err));
    state->trial->made = make_pair(state);
    if (!state->needs_write) {
        return PC_OK;
    }
    /* PKCS#11 does not require a read-write session here, but tpm2-pkcs11 does. Only the probe's own objects are
     * written in it. */
    pc_token_close(PC_TAKE(state->token));
    PC_TRY(pc_token_branch(token, true, &state->token, err));
    state->trial->made = make_pair(state);
    return PC_OK;
}

pc_status pc_key_try_forbidden(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_trial *ret_trial,
                               pc_error *err)
{
    pc_trial trial = { .made = false };
    probe_state state = { .plan = plan, .arena = arena, .trial = &trial };

    PC_TRY(make_first_pair(token, &state, err));
    trial.key = state.key;
    pc_status status = trial.made ? try_all(&state, err) : PC_OK;

    destroy_pair(&state);
    pc_token_close(state.token);
    trial.cleaned = sweep(token, plan);
    PC_TRY(status);
    if (!trial.made && !trial.not_made) {
        return pc_fail_memory(err);
    }
    *ret_trial = trial;
    return PC_OK;
}
