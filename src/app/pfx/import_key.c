/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pfx/import_key.h"

#include <string.h>

#include "base/bytes.h"
#include "base/kept_error.h"
#include "pair/key_id.h"
#include "pair/transfer.h"
#include "base/text.h"
#include "token/ckr.h"
#include "token/key.h"
#include "token/key_by_value.h"
#include "token/key_import.h"
#include "token/key_support.h"
#include "token/keygen.h"
#include "token/lock.h"
#include "token/made_object.h"
#include "token/public_half.h"

pc_status pc_import_note(pc_import_result *result, const char *note, pc_error *err)
{
    const char **slot = note ? PC_PUSH(result->arena, result->notes, result->note_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = note;
    return PC_OK;
}

static pc_status note_history(pc_key_import *job, pc_error *err)
{
    bool claims = job->key.flags[PC_KEY_NEVER_EXTRACTABLE] == PC_FACT_TRUE ||
                  job->key.flags[PC_KEY_LOCAL] == PC_FACT_TRUE ||
                  job->key.flags[PC_KEY_ALWAYS_SENSITIVE] == PC_FACT_TRUE;

    return claims
               ? pc_import_note(job->result,
                                pc_arena_format(job->arena,
                                                "the token claims that the key was never outside (never-extractable, "
                                                "always-sensitive or local is true). That is wrong: it came from %s",
                                                job->origin),
                                err)
               : PC_OK;
}

/* p11cert ignores them; a program that finds keys by CKA_ID may use one. */
static pc_status note_leftovers(pc_key_import *job, size_t count, pc_error *err)
{
    return count ? pc_import_note(job->result,
                                  pc_arena_format(job->arena,
                                                  "the CKA_ID of the key also has %zu key%s without key material, left "
                                                  "by a program that was killed: `p11cert repair --apply` removes %s",
                                                  count, count == 1 ? "" : "s", count == 1 ? "it" : "them"),
                                  err)
                 : PC_OK;
}

static pc_status refuse_label(const pc_key_import *job, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "another key on token \"%s\" has the label \"%s\"; nothing was written",
                  job->token->info.label, job->plan.label);
    return pc_hint(err, PC_E_REFUSED, "%s", job->label_hint);
}

static pc_status check_label(const pc_key_import *job, pc_error *err)
{
    const pc_key_selector by_label = { .words = job->plan.label, .label = job->plan.label };
    pc_keys found;
    pc_status status = pc_keys_find(job->token, &by_label, job->arena, &found, err);

    return status == PC_E_AMBIGUOUS || (status == PC_OK && found.count > 0) ? refuse_label(job, err) : status;
}

/* Nothing is created under the CKA_ID of another private key: undoing it would remove that key as well. */
static pc_status is_id_free(const pc_key_import *job, pc_bytes id, bool *ret_free, pc_error *err)
{
    const pc_key_selector by_id = { .words = job->plan.label, .id = id, .half_may_lack = true };
    pc_keys found;
    pc_error many = { .status = PC_OK };
    pc_status status = pc_keys_find(job->token, &by_id, job->arena, &found, &many);

    *ret_free = status == PC_OK && found.count == 0;
    if (status == PC_OK || status == PC_E_AMBIGUOUS) {
        return PC_OK;
    }
    pc_error_pass(err, &many);
    return status;
}

static void take_id(pc_key_import *job, pc_bytes id)
{
    memcpy(job->plan.id, id.data, id.len);
    job->plan.id_len = id.len;
}

/*
 * The key is then found on the copy by the URI of the original. Only if it is as long as those of p11cert: Windows
 * numbers the keys in a file, and OpenSSL writes the SHA-1 of the certificate; neither identifies a key.
 */
static pc_status take_file_id(pc_key_import *job, bool *ret_taken, pc_error *err)
{
    bool is_used = true;

    if (job->file_id.len == PC_KEY_ID_LEN) {
        PC_TRY(pc_key_id_find(job->token, job->file_id, &is_used, err));
    }
    *ret_taken = !is_used;
    if (*ret_taken) {
        take_id(job, job->file_id);
    }
    return PC_OK;
}

/* A public object of this key may have it, from an interrupted run. */
static pc_status use_given_id(pc_key_import *job, const pc_keys *left, bool *ret_has_public, pc_error *err)
{
    bool is_free = false;

    *ret_has_public = false;
    for (size_t i = 0; i < left->count; i++) {
        *ret_has_public = *ret_has_public || pc_bytes_equal(left->items[i].id, pc_key_plan_id(&job->plan));
    }
    PC_TRY(is_id_free(job, pc_key_plan_id(&job->plan), &is_free, err));
    if (is_free) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "another key on token \"%s\" has the CKA_ID that was given; nothing was written",
                  job->token->info.label);
    return pc_hint(err, PC_E_REFUSED, "%s", job->id_hint);
}

/* Of several, the others stay as they are: anybody may have written them. */
static pc_status note_choice(pc_key_import *job, size_t count, pc_error *err)
{
    const char *id = pc_text_hex(job->arena, pc_key_plan_id(&job->plan), '\0');

    if (count < 2) {
        return PC_OK;
    }
    return pc_import_note(
        job->result,
        id ? pc_arena_format(job->arena,
                             "the token has %zu public key objects of this key: the key was given the "
                             "CKA_ID of one of them, %s; the others were not changed",
                             count, id)
           : NULL,
        err);
}

/* A public object left by an interrupted run gives its CKA_ID to the key, so that the two are a pair. Any will do: they
 * have the same value. The first whose CKA_ID no private key has is taken, so that every run takes the same one. */
static pc_status adopt_id(pc_key_import *job, const pc_keys *left, bool *ret_adopted, pc_error *err)
{
    *ret_adopted = false;
    for (size_t i = 0; i < left->count && !*ret_adopted; i++) {
        const pc_bytes id = left->items[i].id;

        if (id.len == 0 || id.len > sizeof job->plan.id) {
            continue;
        }
        PC_TRY(is_id_free(job, id, ret_adopted, err));
        if (*ret_adopted) {
            take_id(job, id);
        }
    }
    return *ret_adopted ? note_choice(job, left->count, err) : PC_OK;
}

static pc_status choose_id(pc_key_import *job, bool *ret_has_public, pc_error *err)
{
    pc_keys left = { .count = 0 };
    bool is_free = false;

    PC_TRY(pc_public_keys_by_value(job->token, &job->half, job->arena, &left, err));
    job->id_is_shared = true;
    if (job->plan.id_is_given) {
        return use_given_id(job, &left, ret_has_public, err);
    }
    PC_TRY(adopt_id(job, &left, ret_has_public, err));
    if (*ret_has_public) {
        return PC_OK;
    }
    PC_TRY(take_file_id(job, &is_free, err));
    job->id_is_shared = is_free;
    return is_free ? PC_OK : pc_key_id_choose(NULL, &job->plan, err);
}

static pc_status unwrap_in(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    PC_AUTO(pc_transfer) pc_transfer transfer = { .token = NULL };

    *ret_imported = (pc_imported){ .handle = 0 };
    PC_TRY(pc_transfer_open(job->token, job->arena, &transfer, &ret_imported->try_another_way, err));
    job->result->transport = transfer.words;
    return pc_transfer_in(&transfer, job->private_key, &job->plan, ret_imported, err);
}

static pc_status write_in(pc_key_import *job, const char *why, pc_imported *ret_imported, pc_error *err)
{
    pc_private_numbers numbers;

    PC_TRY(pc_private_numbers_of(job->private_key, &numbers, err));
    const pc_key_numbers for_token = { .bytes = pc_secret_bytes(numbers.room),
                                       .len = numbers.len,
                                       .count = numbers.count };
    pc_status status = pc_key_write(job->token, &job->plan, &for_token, ret_imported, err);

    pc_secret_free(numbers.room);
    PC_TRY(status);
    job->result->transport = NULL;
    return pc_import_note(
        job->result,
        pc_arena_format(
            job->arena,
            "%s, so the private key was written to it with C_CreateObject: it crossed the PKCS#11 interface "
            "in the clear, where a tracing module or a network in between could have recorded it",
            why),
        err);
}

static pc_status bring_from_memory(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    pc_status status = unwrap_in(job, ret_imported, err);

    return status != PC_OK && ret_imported->try_another_way
               ? write_in(job, "this token did not unwrap the key", ret_imported, err)
               : status;
}

static pc_status bring_in(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    pc_handles before = { .count = 0 };
    pc_error tidy = { .status = PC_OK };

    PC_TRY(pc_empty_keys_find(job->token, job->arena, &before, err));
    *ret_imported = (pc_imported){ .handle = 0 };
    pc_status status = job->bring ? job->bring(job, ret_imported, err) : bring_from_memory(job, ret_imported, err);

    job->result->mechanism = ret_imported->mechanism;
    /* Only a refused template leaves something behind. The first failure is reported. */
    bool tried_twice = status != PC_OK || ret_imported->rung != PC_RUNG_WHOLE;
    pc_status tidied = tried_twice ? pc_empty_keys_remove_new(job->token, &before, job->arena, &tidy) : PC_OK;

    if (status == PC_OK && tidied != PC_OK) {
        pc_error_pass(err, &tidy);
    }
    status = status == PC_OK ? tidied : status;
    return status == PC_OK ? PC_OK
                           : pc_note(err, status, "token \"%s\" did not accept the key \"%s\"", job->token->info.label,
                                     job->plan.label);
}

/* A handle may be wrong, and a label that differs only in blanks at its end counts as the same. A key with another
 * CKA_ID is nevertheless this run's if the token chose that CKA_ID: not if it shows the public half of another key. */
static bool may_be_another_key(const pc_key_import *job)
{
    const pc_object object = { job->token, job->made_handle };
    pc_error ignored = { .status = PC_OK };
    pc_key key;

    if (pc_key_read_object(object, job->arena, &key, &ignored) != PC_OK) {
        return true;
    }
    if (pc_bytes_equal(key.id, pc_key_plan_id(&job->plan))) {
        return false;
    }
    return pc_key_read(object, job->arena, &key, &ignored) != PC_OK ||
           (pc_public_half_is_whole(&key.half) && !pc_public_half_equal(&key.half, &job->half));
}

/* By its handle: no other key had the label, while a key of another run may have the CKA_ID, or the token may have
 * chosen a different one. */
static pc_status destroy_made(const pc_key_import *job, bool *ret_destroyed, pc_error *err)
{
    const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    pc_template made = { .count = 0 };

    pc_template_add(&made, CKA_CLASS, &class, sizeof class);
    pc_template_add(&made, CKA_LABEL, job->plan.label, strlen(job->plan.label));
    CK_RV rv = job->made_handle && !may_be_another_key(job)
                   ? pc_made_object_destroy(job->token, job->made_handle, &made)
                   : CKR_OBJECT_HANDLE_INVALID;

    *ret_destroyed = rv == CKR_OK;
    return rv == CKR_OK || rv == CKR_OBJECT_HANDLE_INVALID ? PC_OK : pc_fail_ckr(err, rv, "C_DestroyObject");
}

static pc_status fail_in_part(pc_error *err)
{
    return pc_fail(err, PC_E_VERIFY, "a key with this label or CKA_ID is on the token");
}

static pc_status check_label_unused(const pc_key_import *job, pc_error *err)
{
    const pc_key_selector by_label = { .words = job->plan.label, .label = job->plan.label, .half_may_lack = true };
    pc_keys found = { .count = 0 };

    PC_TRY(pc_keys_find(job->token, &by_label, job->arena, &found, err));
    return found.count ? fail_in_part(err) : PC_OK;
}

/* Under a CKA_ID that another run may use, only objects that are known to be this run's are removed. */
static pc_status remove_shared(const pc_key_import *job, bool is_destroyed, bool had_public, pc_error *err)
{
    bool is_free = false;

    if (is_destroyed && had_public) {
        return PC_OK;
    }
    PC_TRY(is_id_free(job, pc_key_plan_id(&job->plan), &is_free, err));
    if (!is_free) {
        return fail_in_part(err);
    }
    return had_public ? PC_OK : pc_public_object_remove(job->token, &job->plan, job->arena, err);
}

static pc_status remove_made(const pc_key_import *job, bool had_public, pc_error *err)
{
    bool is_destroyed = false;

    PC_TRY(destroy_made(job, &is_destroyed, err));
    PC_TRY(job->id_is_shared ? remove_shared(job, is_destroyed, had_public, err)
                             : pc_key_remove(job->token, &job->plan, had_public, err));
    return check_label_unused(job, err);
}

/* Objects that this run made are removed again. If that fails or cannot be verified, it is reported. */
static pc_status undo(const pc_key_import *job, bool had_public, pc_status status, pc_error *err)
{
    const char *id = pc_text_hex(job->arena, pc_key_plan_id(&job->plan), '\0');
    pc_error ignored = { .status = PC_OK };

    if (remove_made(job, had_public, &ignored) == PC_OK) {
        return pc_note(err, status, "nothing of the key \"%s\" was left on token \"%s\"", job->plan.label,
                       job->token->info.label);
    }
    (void)pc_note(err, status, "the key \"%s\" may be on token \"%s\" in part, with CKA_ID %s", job->plan.label,
                  job->token->info.label, id ? id : "?");
    return pc_hint_resume(err, status,
                          "run the same command again when the token works: it finds what is there and continues");
}

static pc_status bring_and_read_back(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    PC_TRY(bring_in(job, ret_imported, err));
    job->made_handle = ret_imported->handle;
    job->has_written = true;
    return pc_key_read_back(job->token, &job->plan, job->arena, ret_imported, err);
}

static pc_status write_instead(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    return write_in(job, "this token does not give an unwrapped key the requested attributes", ret_imported, err);
}

/* The same key, after the one that the token unwrapped is gone. */
static pc_status make_again(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    bool is_destroyed = false;

    PC_TRY(destroy_made(job, &is_destroyed, err));
    if (!is_destroyed) {
        return pc_fail(err, PC_E_VERIFY, "the key that was unwrapped is still on the token");
    }
    job->made_handle = 0;
    job->bring = write_instead;
    return bring_and_read_back(job, ret_imported, err);
}

static pc_status hint_about_attributes(bool is_copied, pc_status status, pc_error *err)
{
    return is_copied ? pc_hint(err, status,
                               "this token does not give an unwrapped key the requested attributes: `p11cert export` "
                               "and `p11cert import` can write the key to it, through the memory of this machine")
                     : pc_hint(err, status,
                               "this token does not give a key from outside the requested attributes: a key for it "
                               "must be made on it, with `p11cert new`");
}

/* What a token that is well answers if it takes no private keys from outside, as a TPM. */
static bool is_refused_as_such(const pc_error *failure)
{
    return failure->origin == PC_ORIGIN_PKCS11 && !failure->resumes && !failure->hint[0] &&
           pc_transfer_may_go_otherwise((CK_RV)failure->code);
}

/* Some tokens ignore much of the template of a key that they unwrap, and honour it for a key that is written:
 * opencryptoki makes each one that can be read and extracted, NSS one with every use. */
static pc_status bring_as_requested(pc_key_import *job, pc_imported *ret_imported, pc_error *err)
{
    pc_error first = { .status = PC_OK };
    pc_error ignored = { .status = PC_OK };
    bool is_copied = job->bring;
    pc_status status = bring_and_read_back(job, ret_imported, &first);
    bool differs = status == PC_E_VERIFY && ret_imported->differs;
    bool can_write = differs && !is_copied && job->result->transport;

    if (can_write && make_again(job, ret_imported, &ignored) == PC_OK) {
        return PC_OK;
    }
    if (status != PC_OK) {
        pc_error_pass(err, &first);
    }
    if (differs) {
        return hint_about_attributes(is_copied, status, err);
    }
    return status != PC_OK && !is_copied && is_refused_as_such(&first)
               ? pc_hint(err, status,
                         "this token may take no private keys from outside: make the key on it, with `p11cert new`")
               : status;
}

static pc_status make(pc_key_import *job, bool has_public, pc_error *err)
{
    pc_imported imported = { .handle = 0 };

    /* The public object first: through it, an EC key is found again if this run is interrupted here. */
    if (!has_public) {
        pc_status status = pc_public_object_write(job->token, &job->plan, err);

        if (status != PC_OK) {
            return pc_note(err, status, "token \"%s\" did not accept the public key of \"%s\"", job->token->info.label,
                           job->plan.label);
        }
        job->has_written = true;
    }
    PC_TRY(bring_as_requested(job, &imported, err));
    job->key = imported.key;
    PC_TRY(note_leftovers(job, imported.leftover_count, err));
    job->result->unsupported_flags = pc_key_unsupported_flags(&job->key, &job->plan, imported.rung, job->arena);
    return job->result->unsupported_flags ? PC_OK : pc_fail_memory(err);
}

static const char *exportable_note(pc_fact extractable)
{
    return extractable == PC_FACT_TRUE    ? "the key on the token is exportable, and was not changed"
           : extractable == PC_FACT_FALSE ? "the key on the token is not exportable, and was not changed"
                                          : "the token does not show whether its key is exportable; it was not changed";
}

static pc_status use_existing(pc_key_import *job, const pc_key *key, pc_error *err)
{
    pc_keys publics = { .count = 0 };
    bool other = key->flags[PC_KEY_EXTRACTABLE] != (job->plan.exportable ? PC_FACT_TRUE : PC_FACT_FALSE);

    job->key = *key;
    job->result->key_state = PC_IMPORT_KEY_ALREADY;
    job->result->unsupported_flags = "";
    PC_TRY(pc_public_keys_by_value(job->token, &job->half, job->arena, &publics, err));
    if (!publics.count && key->id.len && key->id.len <= sizeof job->plan.id) {
        take_id(job, key->id);
        job->plan.label = key->label;
        PC_TRY(pc_public_object_write(job->token, &job->plan, err));
        job->has_written = true;
    }
    PC_TRY(note_history(job, err));
    return other ? pc_import_note(job->result, exportable_note(key->flags[PC_KEY_EXTRACTABLE]), err) : PC_OK;
}

pc_status pc_import_key(pc_key_import *job, pc_error *err)
{
    const pc_key_selector by_value = { .words = job->plan.label, .public_half = &job->half };
    bool had_public = false;
    pc_keys found;

    /* One import at a time, since two imports of one key may use two labels; and none while a key with this label is
     * being made. */
    PC_AUTO(pc_token_lock)
    __attribute__((unused)) pc_token_lock import_lock = pc_token_lock_take(job->token, "import of a key");

    PC_TOKEN_LOCKED(job->token, job->plan.label);
    PC_TRY(pc_keys_find(job->token, &by_value, job->arena, &found, err));
    if (found.count == 1) {
        PC_TRY(note_leftovers(job, found.leftover_count, err));
        return use_existing(job, &found.items[0], err);
    }
    PC_TRY(pc_key_support_check(job->token, &job->plan, err));
    PC_TRY(check_label(job, err));
    PC_TRY(choose_id(job, &had_public, err));
    pc_status status = make(job, had_public, err);

    return status == PC_OK ? note_history(job, err) : undo(job, had_public, status, err);
}
