/* SPDX-License-Identifier: Apache-2.0 */
#include "token/probe.h"

#include <string.h>

#include "token/attributes.h"
#include "token/ckr.h"
#include "token/key.h"
#include "token/keygen.h"
#include "token/objects.h"

/* Where it is all done. */
typedef struct {
    const pc_token *token;
    const pc_key_plan *plan;
    pc_arena *arena;
    CK_SESSION_HANDLE session;
    pc_key_pair pair;
    bool has_pair;
    bool wants_write; /* the module makes session keys in read-write sessions only */
    pc_key key;       /* the private half of the pair, as read */
    pc_trial *trial;
} bench;

/* --- the throw-away keys --- */

static void destroy_pair(bench *on)
{
    if (on->has_pair) {
        /* Whether they are gone is looked at once, in the end. */
        (void)on->token->functions->C_DestroyObject(on->session, on->pair.private_handle);
        (void)on->token->functions->C_DestroyObject(on->session, on->pair.public_handle);
        on->has_pair = false;
    }
}

static bool make_pair(bench *on)
{
    bool unknown = false;
    pc_error why = { .status = PC_OK };
    CK_RV rv = pc_key_pair_generate(on->token, on->session, on->plan, &on->trial->rung, &on->pair, &unknown);

    on->has_pair = rv == CKR_OK;
    on->wants_write = rv == CKR_SESSION_READ_ONLY;
    /* What cannot be read claims nothing, and against no claim nothing can be held. */
    pc_status status =
        on->has_pair ? pc_key_read_object(on->token, on->session, on->pair.private_handle, on->arena, &on->key, &why)
                     : pc_fail_ckr(&why, rv, "C_GenerateKeyPair");

    if (status != PC_OK) {
        on->trial->not_made = pc_arena_string(on->arena, why.frames[0]);
    }
    return status == PC_OK;
}

static bool make_another_pair(bench *on)
{
    destroy_pair(on);
    return make_pair(on);
}

/* --- attempts --- */

static pc_extract_target target_of(const bench *on, CK_OBJECT_HANDLE handle)
{
    return (pc_extract_target){
        .session = on->session,
        .key = handle,
        .key_type = on->key.half.key_type,
        .mark = { on->plan->id, sizeof on->plan->id },
    };
}

static pc_status extract(bench *on, CK_OBJECT_HANDLE handle, pc_key_proof *proof, bool *ret_done, pc_error *err)
{
    const pc_extract_target target = target_of(on, handle);
    pc_status status = pc_key_try_extract_of(on->token, &target, proof, err);

    *ret_done = status == PC_OK;
    if (status == PC_E_TOKEN) {
        on->trial->lost = true;
        return PC_OK;
    }
    return status;
}

static pc_try *begin(bench *on, pc_try_kind kind, const char *function)
{
    pc_try *attempt = &on->trial->tries[kind];

    attempt->function = function;
    memcpy(attempt->claimed, on->key.flags, sizeof attempt->claimed);
    return attempt;
}

static pc_status try_reading_and_wrapping(bench *on, pc_error *err)
{
    pc_try *read = begin(on, PC_TRY_READ, "C_GetAttributeValue");
    pc_try *wrap = begin(on, PC_TRY_WRAP, "C_WrapKey");
    pc_key_proof proof = { .read = PC_ATTEMPT_NOT_MADE };
    bool done = false;

    PC_TRY(extract(on, on->pair.private_handle, &proof, &done, err));
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

/* Returns false if the object cannot be looked at. */
static bool read_flag(const bench *on, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, pc_fact *ret_fact)
{
    pc_attributes attributes;
    pc_error ignored = { .status = PC_OK };

    if (pc_attributes_read(on->token, on->session, handle, &type, 1, on->arena, &attributes, &ignored) != PC_OK) {
        return false;
    }
    *ret_fact = pc_attributes_fact(&attributes, type);
    return true;
}

/* What a module said to a changed flag, and whether it is so. */
static void take_answer(bench *on, pc_try *attempt, CK_RV rv, CK_OBJECT_HANDLE handle, pc_key_flag flag, pc_fact wanted)
{
    attempt->rv = rv;
    attempt->answered_ok = rv == CKR_OK;
    on->trial->lost = on->trial->lost || pc_rv_is_loss(rv);
    if (rv != CKR_OK) {
        attempt->attempt = pc_rv_is_refusal(rv) ? PC_ATTEMPT_REFUSED : PC_ATTEMPT_NOT_MADE;
        return;
    }
    attempt->unseen = !read_flag(on, handle, pc_key_flag_attribute(flag), &attempt->after);
    if (attempt->unseen) {
        return; /* said to be done, with nothing to show for it: proves nothing */
    }
    bool unchanged = attempt->after != PC_FACT_UNKNOWN && attempt->after != wanted;

    attempt->attempt = unchanged ? PC_ATTEMPT_REFUSED : PC_ATTEMPT_SUCCEEDED;
}

static pc_status use_if_done(bench *on, pc_try *attempt, CK_OBJECT_HANDLE handle, pc_error *err)
{
    return attempt->attempt == PC_ATTEMPT_SUCCEEDED ? extract(on, handle, &attempt->use, &attempt->used, err) : PC_OK;
}

static pc_status try_copying(bench *on, pc_error *err)
{
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE template[] = { { CKA_EXTRACTABLE, &yes, sizeof yes } };
    CK_OBJECT_HANDLE copy = 0;
    pc_try *attempt = begin(on, PC_TRY_COPY_EXTRACTABLE, "C_CopyObject");

    attempt->applies = on->key.flags[PC_KEY_EXTRACTABLE] != PC_FACT_TRUE;
    if (!attempt->applies) {
        return PC_OK;
    }
    CK_RV rv =
        on->token->functions->C_CopyObject(on->session, on->pair.private_handle, template, PC_COUNT(template), &copy);

    take_answer(on, attempt, rv, copy, PC_KEY_EXTRACTABLE, PC_FACT_TRUE);
    pc_status status = use_if_done(on, attempt, copy, err);

    if (attempt->answered_ok) {
        (void)on->token->functions->C_DestroyObject(on->session, copy);
    }
    return status;
}

/* Returns the attempt, or NULL if the flag reads so already. */
static pc_try *try_setting(bench *on, pc_try_kind kind, pc_key_flag flag, bool value)
{
    CK_BBOOL bytes = value ? CK_TRUE : CK_FALSE;
    CK_ATTRIBUTE template[] = { { pc_key_flag_attribute(flag), &bytes, sizeof bytes } };
    pc_fact wanted = value ? PC_FACT_TRUE : PC_FACT_FALSE;
    pc_try *attempt = begin(on, kind, "C_SetAttributeValue");

    attempt->applies = on->key.flags[flag] != wanted;
    if (!attempt->applies) {
        return NULL;
    }
    CK_RV rv =
        on->token->functions->C_SetAttributeValue(on->session, on->pair.private_handle, template, PC_COUNT(template));

    take_answer(on, attempt, rv, on->pair.private_handle, flag, wanted);
    return attempt;
}

/* Wider use is wanted of nothing but RSA keys, and proves its point where the flags say that none can be changed. */
static void try_widening(bench *on)
{
    (void)try_setting(on, PC_TRY_SET_UNWRAP, PC_KEY_UNWRAP, true);
    on->trial->tries[PC_TRY_SET_DECRYPT].applies =
        on->key.half.key_type == CKK_RSA && on->key.flags[PC_KEY_MODIFIABLE] == PC_FACT_FALSE;
    if (!on->trial->lost && on->trial->tries[PC_TRY_SET_DECRYPT].applies) {
        (void)try_setting(on, PC_TRY_SET_DECRYPT, PC_KEY_DECRYPT, true);
    }
}

static pc_status try_freeing(bench *on, pc_error *err)
{
    pc_try *freed = try_setting(on, PC_TRY_SET_EXTRACTABLE, PC_KEY_EXTRACTABLE, true);

    if (freed) {
        PC_TRY(use_if_done(on, freed, on->pair.private_handle, err));
    }
    if (on->trial->lost || (freed && freed->answered_ok && !make_another_pair(on))) {
        return PC_OK;
    }
    pc_try *bared = try_setting(on, PC_TRY_UNSET_SENSITIVE, PC_KEY_SENSITIVE, false);

    return bared ? use_if_done(on, bared, on->pair.private_handle, err) : PC_OK;
}

static CK_RV make_aes(bench *on, bool trusted, CK_OBJECT_HANDLE *ret_key)
{
    CK_BBOOL yes = CK_TRUE;
    CK_BBOOL no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG len = 32;
    CK_BYTE mark[PC_KEY_ID_LEN];
    CK_MECHANISM mechanism = { .mechanism = CKM_AES_KEY_GEN };
    CK_ATTRIBUTE template[] = {
        { CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type }, { CKA_VALUE_LEN, &len, sizeof len },
        { CKA_TOKEN, &no, sizeof no },       { CKA_PRIVATE, &yes, sizeof yes },    { CKA_SENSITIVE, &yes, sizeof yes },
        { CKA_WRAP, &yes, sizeof yes },      { CKA_EXTRACTABLE, &no, sizeof no },  { CKA_ID, mark, sizeof mark },
        { CKA_TRUSTED, &yes, sizeof yes }, /* last, to be left out */
    };

    memcpy(mark, on->plan->id, sizeof mark);
    return on->token->functions->C_GenerateKey(on->session, &mechanism, template,
                                               PC_COUNT(template) - (trusted ? 0 : 1), ret_key);
}

/* "Can only be set to CK_TRUE by the SO user" (PKCS#11 v2.40 section 4.10). What is refused must work without it. */
static void try_trusting(bench *on)
{
    CK_OBJECT_HANDLE key = 0;
    pc_fact reads = PC_FACT_UNKNOWN;
    CK_RV rv = make_aes(on, true, &key);
    CK_RV without = rv == CKR_OK ? CKR_OK : make_aes(on, false, &key);

    if (without != CKR_OK) {
        on->trial->lost = on->trial->lost || pc_rv_is_loss(without);
        return;
    }
    if (rv == CKR_OK) {
        on->trial->user_sets_trusted = read_flag(on, key, CKA_TRUSTED, &reads) ? reads : PC_FACT_UNKNOWN;
    } else if (pc_rv_is_refusal(rv) || rv == CKR_USER_NOT_LOGGED_IN) {
        on->trial->user_sets_trusted = PC_FACT_FALSE;
    }
    (void)on->token->functions->C_DestroyObject(on->session, key);
}

static pc_status try_all(bench *on, pc_error *err)
{
    for (unsigned i = 0; i < PC_TRY_COUNT; i++) {
        on->trial->tries[i].applies = true;
    }
    PC_TRY(try_reading_and_wrapping(on, err));
    if (!on->trial->lost) {
        PC_TRY(try_copying(on, err));
    }
    if (!on->trial->lost) {
        try_widening(on);
    }
    if (!on->trial->lost) {
        PC_TRY(try_freeing(on, err));
    }
    if (!on->trial->lost) {
        try_trusting(on);
    }
    return PC_OK;
}

/* --- and nothing is left --- */

/* Session objects go with their session; what does not is looked for by the CKA_ID that all of them have. */
static bool sweep(const pc_token *token, const pc_key_plan *plan)
{
    for (unsigned round = 0; round < 2; round++) {
        pc_template search = { .count = 0 };
        pc_error ignored = { .status = PC_OK };
        CK_OBJECT_HANDLE found[16];
        size_t count = 0;

        pc_template_add(&search, CKA_ID, plan->id, sizeof plan->id);
        if (pc_objects_find(token, token->session, &search, found, PC_COUNT(found), &count, &ignored) != PC_OK) {
            return false;
        }
        if (count == 0) {
            return true;
        }
        for (size_t i = 0; i < count; i++) {
            (void)token->functions->C_DestroyObject(token->session, found[i]);
        }
    }
    return false;
}

/* PKCS#11 does not want it, tpm2-pkcs11 does. Nothing but the probe's own objects is written in it. */
static pc_status open_for_writing(bench *on, pc_error *err)
{
    (void)on->token->functions->C_CloseSession(on->session);
    return pc_token_open_session(on->token, CKF_RW_SESSION, &on->session, err);
}

pc_status pc_key_try_forbidden(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_trial *ret_trial,
                               pc_error *err)
{
    pc_trial trial = { .made = false };
    bench on = { .token = token, .plan = plan, .arena = arena, .trial = &trial };

    PC_TRY(pc_token_open_session(token, 0, &on.session, err));
    trial.made = make_pair(&on);
    if (on.wants_write) {
        PC_TRY(open_for_writing(&on, err));
        trial.made = make_pair(&on);
    }
    trial.key = on.key;
    pc_status status = trial.made ? try_all(&on, err) : PC_OK;

    destroy_pair(&on);
    (void)token->functions->C_CloseSession(on.session);
    trial.cleaned = sweep(token, plan);
    PC_TRY(status);
    if (!trial.made && !trial.not_made) {
        return pc_fail_memory(err);
    }
    *ret_trial = trial;
    return PC_OK;
}
