/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/probe.h"

#include <openssl/rand.h>
#include <string.h>

#include "base/text.h"
#include "token/ckr.h"
#include "token/probe.h"
#include "x509/openssl_error.h"

static const char *const deed_names[] = {
    [PC_DEED_REFUSED] = "refused",
    [PC_DEED_DONE] = "done",
    [PC_DEED_NOT_TRIED] = "not-tried",
};

const char *pc_deed_name(pc_deed deed)
{
    return (size_t)deed < PC_COUNT(deed_names) ? deed_names[deed] : deed_names[PC_DEED_NOT_TRIED];
}

enum { CLAIMS_MOST = 3 };

/* The name of each attempt, and the flags that forbid it: one of them is enough. */
static const struct {
    const char *id;
    const char *title;
    struct {
        pc_key_flag flag;
        pc_fact forbids; /* UNKNOWN: no more flags */
    } claims[CLAIMS_MOST];
} words[PC_TRY_COUNT] = {
    [PC_TRY_READ] = { "read",
                      "Read the private value",
                      { { PC_KEY_SENSITIVE, PC_FACT_TRUE }, { PC_KEY_EXTRACTABLE, PC_FACT_FALSE } } },
    [PC_TRY_WRAP] = { "wrap", "Wrap the key under an AES key", { { PC_KEY_EXTRACTABLE, PC_FACT_FALSE } } },
    [PC_TRY_COPY_EXTRACTABLE] = { "copy-extractable",
                                  "Copy the key with CKA_EXTRACTABLE true",
                                  { { PC_KEY_EXTRACTABLE, PC_FACT_FALSE }, { PC_KEY_COPYABLE, PC_FACT_FALSE } } },
    [PC_TRY_SET_UNWRAP] = { "set-unwrap", "Set CKA_UNWRAP true", { { PC_KEY_MODIFIABLE, PC_FACT_FALSE } } },
    [PC_TRY_SET_DECRYPT] = { "set-decrypt", "Set CKA_DECRYPT true", { { PC_KEY_MODIFIABLE, PC_FACT_FALSE } } },
    [PC_TRY_SET_EXTRACTABLE] = { "set-extractable",
                                 "Set CKA_EXTRACTABLE true",
                                 { { PC_KEY_EXTRACTABLE, PC_FACT_FALSE }, { PC_KEY_MODIFIABLE, PC_FACT_FALSE } } },
    [PC_TRY_UNSET_SENSITIVE] = { "unset-sensitive",
                                 "Set CKA_SENSITIVE false",
                                 { { PC_KEY_SENSITIVE, PC_FACT_TRUE }, { PC_KEY_MODIFIABLE, PC_FACT_FALSE } } },
};

static const char *fact_word(pc_fact fact)
{
    return fact == PC_FACT_UNKNOWN ? "not shown" : fact == PC_FACT_TRUE ? "true" : "false";
}

/* "CKA_NEVER_EXTRACTABLE" from "never-extractable". */
static const char *attribute_name(pc_key_flag flag, pc_arena *arena)
{
    char *name = pc_arena_format(arena, "CKA_%s", pc_key_flag_name(flag));

    for (char *c = name; c && *c; c++) {
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    }
    return name ? name : "";
}

static const char *ckr_words(CK_RV rv, pc_arena *arena)
{
    const char *name = pc_ckr_name(rv);

    if (rv == CKR_OK) {
        return "CKR_OK";
    }
    return name ? name : pc_arena_format(arena, "0x%lx", rv);
}

/* --- claim --- */

static const char *claim_of(pc_try_kind kind, const pc_try *attempt, pc_arena *arena)
{
    const char *claim = "";

    for (size_t i = 0; i < CLAIMS_MOST && words[kind].claims[i].forbids != PC_FACT_UNKNOWN && claim; i++) {
        pc_key_flag flag = words[kind].claims[i].flag;

        claim = pc_arena_format(arena, "%s%s%s %s", claim, i ? ", " : "", attribute_name(flag, arena),
                                fact_word(attempt->claimed[flag]));
    }
    return claim;
}

static bool is_forbidden(pc_try_kind kind, const pc_try *attempt)
{
    for (size_t i = 0; i < CLAIMS_MOST && words[kind].claims[i].forbids != PC_FACT_UNKNOWN; i++) {
        if (attempt->claimed[words[kind].claims[i].flag] == words[kind].claims[i].forbids) {
            return true;
        }
    }
    return false;
}

/* --- result --- */

static bool wrap_is_out_of_question(const pc_key_proof *use)
{
    return use->wrap == PC_ATTEMPT_REFUSED || (use->wrap != PC_ATTEMPT_SUCCEEDED && use->no_wrap_at_all);
}

/* A flag that was changed without any effect is only reported; if it could not be shown that there is none, it counts
 * as having one. */
static bool took_effect(pc_try_kind kind, const pc_try *attempt)
{
    switch (kind) {
    case PC_TRY_COPY_EXTRACTABLE:
    case PC_TRY_SET_EXTRACTABLE:
        return !attempt->used || attempt->use.read == PC_ATTEMPT_SUCCEEDED || !wrap_is_out_of_question(&attempt->use);
    case PC_TRY_UNSET_SENSITIVE:
        return !attempt->used || attempt->use.read != PC_ATTEMPT_REFUSED;
    case PC_TRY_READ:
    case PC_TRY_WRAP:
    case PC_TRY_SET_UNWRAP:
    case PC_TRY_SET_DECRYPT:
    case PC_TRY_COUNT:
        break;
    }
    return true;
}

static const char *attempt_words(pc_attempt attempt, const char *succeeded)
{
    return attempt == PC_ATTEMPT_SUCCEEDED ? succeeded
           : attempt == PC_ATTEMPT_REFUSED ? "refused"
                                           : "could not be tried";
}

static const char *use_words(const pc_try *attempt, pc_arena *arena)
{
    const pc_key_proof *use = &attempt->use;

    if (!attempt->used) {
        return "whether it could then be read or wrapped could not be tested";
    }
    if (use->read != PC_ATTEMPT_SUCCEEDED && wrap_is_out_of_question(use)) {
        return pc_arena_format(arena, "but the key still could be neither read (%s) nor wrapped (%s)",
                               ckr_words(use->read_rv, arena), ckr_words(use->wrap_rv, arena));
    }
    return pc_arena_format(arena, "reading it then %s (%s), wrapping it %s (%s)", attempt_words(use->read, "worked"),
                           ckr_words(use->read_rv, arena), attempt_words(use->wrap, "worked"),
                           ckr_words(use->wrap_rv, arena));
}

/* The flag that the attempt was to change. */
static pc_key_flag flag_of(pc_try_kind kind)
{
    return kind == PC_TRY_SET_UNWRAP        ? PC_KEY_UNWRAP
           : kind == PC_TRY_SET_DECRYPT     ? PC_KEY_DECRYPT
           : kind == PC_TRY_UNSET_SENSITIVE ? PC_KEY_SENSITIVE
                                            : PC_KEY_EXTRACTABLE;
}

static const char *flag_answer(pc_try_kind kind, const pc_try *attempt, const char *call, pc_arena *arena)
{
    const char *whose = kind == PC_TRY_COPY_EXTRACTABLE ? "of the copy " : "";
    const char *flag = attribute_name(flag_of(kind), arena);

    if (attempt->unseen) {
        return pc_arena_format(arena, "%s, and then %s %scould not be read", call, flag, whose);
    }
    if (attempt->attempt == PC_ATTEMPT_REFUSED) {
        return pc_arena_format(arena, "%s, and nothing was changed: %s %sreads %s", call, flag, whose,
                               fact_word(attempt->after));
    }
    if (kind == PC_TRY_SET_UNWRAP || kind == PC_TRY_SET_DECRYPT) {
        return pc_arena_format(arena, "%s; %s then reads %s", call, flag, fact_word(attempt->after));
    }
    return pc_arena_format(arena, "%s; %s %sthen reads %s, %s", call, flag, whose, fact_word(attempt->after),
                           use_words(attempt, arena));
}

static const char *answer_of(pc_try_kind kind, const pc_try *attempt, const pc_trial *trial, pc_arena *arena)
{
    if (!attempt->function || (kind <= PC_TRY_WRAP && trial->lost && attempt->attempt == PC_ATTEMPT_NOT_MADE)) {
        return trial->lost ? "the session or the token was lost meanwhile" : trial->not_made;
    }
    const char *call = pc_arena_format(arena, "%s: %s", attempt->function, ckr_words(attempt->rv, arena));

    if (attempt->answered_ok) {
        return flag_answer(kind, attempt, call, arena);
    }
    if (kind == PC_TRY_READ && attempt->rv == CKR_OK) {
        return pc_arena_format(arena, "%s%s", call,
                               attempt->attempt == PC_ATTEMPT_SUCCEEDED ? ", and private bytes" : ", and no value");
    }
    if (kind == PC_TRY_WRAP && attempt->use.wrap_how) {
        return attempt->attempt == PC_ATTEMPT_SUCCEEDED
                   ? pc_arena_format(arena, "%s (%s), %lu bytes", call, attempt->use.wrap_how, attempt->use.wrap_len)
                   : pc_arena_format(arena, "%s (%s)", call, attempt->use.wrap_how);
    }
    return call;
}

static pc_status report_trial(pc_try_kind kind, const pc_trial *trial, pc_arena *arena, pc_probe *probe, pc_error *err)
{
    static const pc_deed deeds[] = {
        [PC_ATTEMPT_NOT_MADE] = PC_DEED_NOT_TRIED,
        [PC_ATTEMPT_REFUSED] = PC_DEED_REFUSED,
        [PC_ATTEMPT_SUCCEEDED] = PC_DEED_DONE,
    };
    const pc_try *attempt = &trial->tries[kind];
    pc_probe_attempt result = {
        .id = words[kind].id,
        .title = words[kind].title,
        .claim = claim_of(kind, attempt, arena),
        .forbidden = is_forbidden(kind, attempt),
        .deed = deeds[attempt->attempt],
        .answer = answer_of(kind, attempt, trial, arena),
    };

    if (!result.claim || !result.answer) {
        return pc_fail_memory(err);
    }
    result.lie = result.forbidden && result.deed == PC_DEED_DONE && took_effect(kind, attempt);
    probe->attempts[probe->attempt_count++] = result;
    return PC_OK;
}

/* --- */

/* "RSA-2048", in the form in which a key that was made is reported. */
static const char *kind_words(pc_key_kind kind, pc_arena *arena)
{
    char *name = pc_arena_string(arena, pc_key_kind_name(kind));

    for (char *c = name; c && *c; c++) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    }
    return name;
}

void pc_probe_plan_of(const pc_key *key, pc_key_plan *ret_plan)
{
    pc_key_plan plan = { .kind = PC_KEY_RSA_2048, .exportable = key->flags[PC_KEY_EXTRACTABLE] == PC_FACT_TRUE };

    (void)pc_key_kind_of(&key->half, &plan.kind);
    plan.key_usage |= key->flags[PC_KEY_DECRYPT] == PC_FACT_TRUE ? PC_KU_KEY_ENCIPHERMENT : 0u;
    plan.key_usage |= key->flags[PC_KEY_DERIVE] == PC_FACT_TRUE ? PC_KU_KEY_AGREEMENT : 0u;
    *ret_plan = plan;
}

pc_status pc_probe_run(const pc_token *token, const pc_key_plan *plan, pc_arena *arena, pc_probe *ret_probe,
                       pc_error *err)
{
    pc_key_plan throw_away = { .kind = plan->kind,
                               .exportable = plan->exportable,
                               .key_usage = plan->key_usage,
                               .label = "p11cert probe",
                               .throw_away = true };
    pc_probe probe = { .exportable = plan->exportable };
    pc_trial trial;
    char kind[32];

    if (RAND_bytes(throw_away.id, sizeof throw_away.id) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "no random CKA_ID could be drawn");
    }
    probe.attempts = pc_arena_alloc(arena, PC_TRY_COUNT * sizeof *probe.attempts);
    if (!probe.attempts) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_key_try_forbidden(token, &throw_away, arena, &trial, err));
    probe.made = trial.made;
    probe.not_made = trial.made ? NULL : trial.not_made;
    probe.cleaned = trial.cleaned;
    probe.lost = trial.lost;
    probe.user_sets_trusted = trial.user_sets_trusted;
    probe.kind = trial.made ? pc_arena_string(arena, pc_key_describe(&trial.key, kind)) : kind_words(plan->kind, arena);
    if (!probe.kind) {
        return pc_fail_memory(err);
    }
    for (unsigned i = 0; i < PC_TRY_COUNT && trial.made; i++) {
        if (trial.tries[i].applies) {
            PC_TRY(report_trial((pc_try_kind)i, &trial, arena, &probe, err));
        }
    }
    *ret_probe = probe;
    return PC_OK;
}
