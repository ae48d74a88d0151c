/* SPDX-License-Identifier: Apache-2.0 */
#include "app/setup/doctor_token.h"

#include <string.h>

#include "app/setup/diagnosis.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/inventory.h"
#include "token/key_surroundings.h"
#include "token/leftover.h"
#include "token/mechanisms.h"
#include "token/public_half.h"

typedef struct {
    CK_FLAGS flag;
    bool wanted; /* whether the flag should be set */
    pc_severity severity;
    const char *id;
    const char *found;
    const char *fix;
} flag_row;

static const flag_row flag_rows[] = {
    { CKF_LOGIN_REQUIRED, true, PC_SEVERITY_WARNING, "token.login",
      "the token requires no login: anyone who can reach it can sign",
      "configure the token so that private keys require a login" },
    { CKF_USER_PIN_INITIALIZED, true, PC_SEVERITY_ERROR, "token.user-pin", "the user PIN is not set",
      "set it as the Security Officer, with `p11cert pin --reset`" },
    { CKF_WRITE_PROTECTED, false, PC_SEVERITY_WARNING, "token.write-protected", "the token is write-protected",
      "keys and certificates cannot be written to it" },
    { CKF_USER_PIN_LOCKED, false, PC_SEVERITY_ERROR, "token.pin-locked", "the user PIN is locked",
      "the Security Officer sets a new one with `p11cert pin --reset`" },
    { CKF_USER_PIN_FINAL_TRY, false, PC_SEVERITY_ERROR, "token.pin-final-try", "one more wrong PIN locks the token",
      "log in once with --pin-source prompt and the right PIN" },
    { CKF_USER_PIN_COUNT_LOW, false, PC_SEVERITY_WARNING, "token.pin-count-low",
      "a wrong PIN has been given since the last login",
      "find out who did; logging in with the right PIN clears this" },
    { CKF_USER_PIN_TO_BE_CHANGED, false, PC_SEVERITY_WARNING, "token.pin-default",
      "the user PIN is the default or has expired", "set a new one with `p11cert pin`" },
    { CKF_SO_PIN_LOCKED, false, PC_SEVERITY_WARNING, "token.so-pin-locked", "the Security Officer's PIN is locked",
      "a locked user PIN could no longer be unlocked" },
    { CKF_SO_PIN_TO_BE_CHANGED, false, PC_SEVERITY_WARNING, "token.so-pin-default",
      "the Security Officer's PIN is the default", "set a new one with `p11cert pin`" },
};

static const struct {
    CK_MECHANISM_TYPE mechanism;
    const char *name;
    const char *for_what;
} mechanism_rows[] = {
    { CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN", "RSA keys" },
    { CKM_RSA_PKCS, "CKM_RSA_PKCS", "signatures with RSA keys" },
    { CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN", "EC keys" },
    { CKM_ECDSA, "CKM_ECDSA", "signatures with EC keys" },
    { CKM_AES_KEY_GEN, "CKM_AES_KEY_GEN", "the proof that a key cannot be wrapped" },
};

static pc_status look_at_flags(const pc_token *token, pc_doctor_result *result, pc_error *err)
{
    for (size_t i = 0; i < PC_COUNT(flag_rows); i++) {
        const flag_row *row = &flag_rows[i];

        if (((token->info.flags & row->flag) != 0) != row->wanted) {
            PC_TRY(pc_diagnosis_add_problem(result, row->severity, row->id, row->found, row->fix, err));
        }
    }
    return PC_OK;
}

static bool has_mechanism(const pc_mechanisms *mechanisms, CK_MECHANISM_TYPE wanted)
{
    for (size_t i = 0; i < mechanisms->count; i++) {
        if (mechanisms->items[i] == wanted) {
            return true;
        }
    }
    return false;
}

/* The list, not C_GetMechanismInfo: some modules describe mechanisms that they then refuse. */
static pc_status look_at_mechanisms(const pc_token *token, pc_doctor_result *result, pc_error *err)
{
    pc_mechanisms mechanisms;
    const char *there = "";

    PC_TRY(pc_mechanisms_read(pc_mechanisms_of(token), result->arena, &mechanisms, err));
    if (!mechanisms.read) {
        return pc_diagnosis_add_problem(result, PC_SEVERITY_WARNING, "token.mechanism",
                                        "the module does not report the token's mechanisms",
                                        "whether the token supports an operation is known only when it is tried", err);
    }
    for (size_t i = 0; i < PC_COUNT(mechanism_rows); i++) {
        if (has_mechanism(&mechanisms, mechanism_rows[i].mechanism)) {
            there = pc_arena_format(result->arena, "%s%s%s", there, *there ? ", " : "", mechanism_rows[i].name);
            if (!there) {
                return pc_fail_memory(err);
            }
            continue;
        }
        PC_TRY(pc_diagnosis_add_problem(result, PC_SEVERITY_WARNING, "token.mechanism",
                                        pc_arena_format(result->arena, "the token has no %s", mechanism_rows[i].name),
                                        pc_arena_format(result->arena, "it cannot do %s", mechanism_rows[i].for_what),
                                        err));
    }
    return pc_diagnosis_add_ok(result, "token.mechanisms", there, err);
}

pc_status pc_doctor_token(const pc_token *token, pc_doctor_result *result, pc_error *err)
{
    const pc_token_info *info = &token->info;
    const char *words = pc_arena_format(result->arena, "\"%s\", %s, model %s, serial %s", info->label,
                                        info->manufacturer, info->model, info->serial);
    const char *shown = words ? pc_text_escape(result->arena, words, strlen(words)) : NULL;

    PC_TRY(pc_diagnosis_add_ok(result, "token", shown, err));
    PC_TRY(look_at_flags(token, result, err));
    return look_at_mechanisms(token, result, err);
}

static const char *key_words(const pc_key *key, pc_arena *arena)
{
    char kind[32];
    const char *id = pc_text_hex(arena, key->id, '\0');
    const char *label = pc_text_escape(arena, key->label, strlen(key->label));

    return id && label
               ? pc_arena_format(arena, "\"%s\" (%s, CKA_ID %s)", label, pc_key_describe(key, kind), *id ? id : "none")
               : NULL;
}

/* Programs pair key and certificate by CKA_ID; two keys with the same id are confused. */
static pc_status look_for_shared_ids(const pc_inventory *inventory, pc_doctor_result *result, pc_error *err)
{
    pc_key *sorted = pc_arena_copy(result->arena, inventory->keys, inventory->key_count * sizeof *sorted);

    if (!sorted) {
        return pc_fail_memory(err);
    }
    qsort(sorted, inventory->key_count, sizeof *sorted, pc_key_compare_ids);
    for (size_t i = 1; i < inventory->key_count; i++) {
        if (sorted[i].id.len == 0 || pc_key_compare_ids(&sorted[i - 1], &sorted[i]) != 0) {
            continue;
        }
        const char *a = key_words(&sorted[i - 1], result->arena);
        const char *b = key_words(&sorted[i], result->arena);

        PC_TRY(
            pc_diagnosis_add_problem(result, PC_SEVERITY_WARNING, "token.duplicate-id",
                                     a && b ? pc_arena_format(result->arena, "%s and %s share a CKA_ID", a, b) : NULL,
                                     "other programs confuse the two; give one of them another CKA_ID", err));
    }
    return PC_OK;
}

static pc_status look_at_key(const pc_key *key, pc_doctor_result *result, pc_error *err)
{
    const char *words = key_words(key, result->arena);

    if (!words) {
        return pc_fail_memory(err);
    }
    if (key->half.key_type != CKK_RSA && key->half.key_type != CKK_EC) {
        return pc_diagnosis_add_problem(
            result, PC_SEVERITY_INFO, "token.foreign-key",
            pc_arena_format(result->arena, "%s is of a type that libp11's engine does not support", words),
            "p11cert is not affected; other programs that use the engine find no key at all on this token", err);
    }
    if (!pc_public_half_is_whole(&key->half)) {
        return pc_diagnosis_add_problem(result, PC_SEVERITY_WARNING, "token.no-public-key",
                                        pc_arena_format(result->arena, "%s has no readable public half", words),
                                        "it cannot sign a request: its public key object is missing, or several have "
                                        "its CKA_ID; `p11cert repair` shows which, and how it would repair them",
                                        err);
    }
    return PC_OK;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static pc_status look_for_leftovers(const pc_token *token, const pc_inventory *inventory, pc_doctor_result *result,
                                    pc_error *err)
{
    pc_handles found = { .count = 0 };
    pc_error problem = { .status = PC_OK };

    if (pc_leftovers_find(token, inventory, result->arena, &found, &problem) != PC_OK) {
        return pc_diagnosis_add_problem(result, PC_SEVERITY_WARNING, "token.leftover",
                                        pc_arena_format(result->arena, "cannot check for empty objects: %s",
                                                        problem.frames[0]),
                                        NULL, err);
    }
    if (found.count == 0) {
        return PC_OK;
    }
    return pc_diagnosis_add_problem(
        result, PC_SEVERITY_WARNING, "token.leftover",
        pc_arena_format(result->arena,
                        "%zu empty object%s, left by a program that was killed while the token created an object",
                        found.count, plural(found.count)),
        "p11cert ignores empty objects; `p11cert repair --apply` removes them", err);
}

pc_status pc_doctor_objects(const pc_token *token, pc_doctor_result *result, pc_error *err)
{
    pc_inventory inventory;
    pc_error problem = { .status = PC_OK };

    if (pc_inventory_read(token, result->arena, &inventory, &problem) != PC_OK) {
        return pc_diagnosis_add_problem(result, PC_SEVERITY_ERROR, "objects",
                                        pc_arena_string(result->arena, problem.frames[0]), NULL, err);
    }
    PC_TRY(pc_diagnosis_add_ok(result, "objects",
                               pc_arena_format(result->arena, "%zu private key%s, %zu public key%s, %zu certificate%s",
                                               inventory.key_count, plural(inventory.key_count), inventory.public_count,
                                               plural(inventory.public_count), inventory.certificate_count,
                                               plural(inventory.certificate_count)),
                               err));
    PC_TRY(look_for_shared_ids(&inventory, result, err));
    for (size_t i = 0; i < inventory.key_count; i++) {
        PC_TRY(look_at_key(&inventory.keys[i], result, err));
    }
    return look_for_leftovers(token, &inventory, result, err);
}
