/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <openssl/rand.h>
#include <p11cert/keygen.h>
#include <p11cert/retire.h>

#include "app/ceremony/ceremony.h"
#include "app/ceremony/proof.h"
#include "app/request/keygen_plan.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "pair/key_of.h"
#include "pair/public_key.h"
#include "signer/signer.h"
#include "token/key.h"
#include "token/key_difference.h"
#include "x509/auto.h"
#include "x509/openssl_error.h"
#include "x509/read.h"

PC_AUTO_DEFINE(pc_keygen_made, pc_keygen_made, pc_keygen_made_free);
PC_AUTO_DEFINE(pc_retire_result, pc_retire_result, pc_retire_result_free);

#define ID_LEN 16u

/* --- keygen --------------------------------------------------------------------------------------- */

/* The CKA_ID by which the token can be asked later whether the key was made; for an interrupted step, the one that it
 * used. */
static pc_status choose_id(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    pc_ceremony_draw draw = { .purpose = PC_DRAW_ID, .len = ID_LEN };

    if (ceremony->progress.id) {
        return PC_OK;
    }
    PC_TRY(pc_ceremony_draw_bytes(ceremony, step, &draw, err));
    ceremony->progress.id = draw.value;
    return PC_OK;
}

static pc_status record_key(const pc_ceremony *ceremony, const pc_script_step *step, const pc_keygen_made *made,
                            pc_error *err)
{
    pc_ceremony_report(ceremony, "key \"%s\" on token \"%s\": %s, CKA_ID %s", step->key, made->token, made->kind,
                       made->id);
    pc_ceremony_report(ceremony, "public key SHA-256 %s", made->spki_sha256);
    PC_TRY(pc_ceremony_attributes(ceremony, step, step->token, &made->key, err));
    PC_TRY(pc_transcript_add(ceremony->transcript, "check",
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "what", "the key was read back as ordered",
                                       "result", "pass", "key", step->key, "spki_sha256", made->spki_sha256, "kind",
                                       made->kind, "step", (json_int_t)step->number),
                             err));
    return made->proof ? pc_ceremony_checked(ceremony, step, made->proof, err) : PC_OK;
}

pc_status pc_step_keygen(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_keygen_made) pc_keygen_made *made = NULL;
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(choose_id(ceremony, step, err));
    pc_keygen_order order = { .label = step->key, .key_type = step->type, .id = ceremony->progress.id };

    PC_TRY(pc_keygen_use(step->use, &order.use, err));
    PC_TRY(pc_ceremony_intent(ceremony, step, "C_GenerateKeyPair",
                              json_pack("{s:s, s:s, s:s, s:s}", "token", step->token, "key", step->key, "type",
                                        step->type, "id", order.id),
                              err));
    pc_status status = pc_keygen_run(&order, &access, &made, err);

    PC_TRY(
        pc_ceremony_outcome(ceremony, status,
                            made ? json_pack("{s:s, s:b}", "id", made->id, "was_there", !made->changed) : json_object(),
                            err));
    return record_key(ceremony, step, made, err);
}

/* --- steps with an existing key -------------------------------------------------------- */

typedef struct {
    pc_token *token;
    pc_key key;
    EVP_PKEY *public_key;
} open_key;

static void open_key_clear(open_key *opened)
{
    EVP_PKEY_free(opened->public_key);
    pc_token_close(opened->token);
    *opened = (open_key){ .token = NULL };
}
PC_AUTO_DEFINE_VALUE(open_key, open_key, open_key_clear);

static pc_status open_labelled(pc_ceremony *ceremony, const char *role, const char *label, open_key *opened,
                               pc_error *err)
{
    const pc_key_selector selector = { .words = label, .label = label };
    pc_token_access access;

    PC_TRY(pc_ceremony_access(ceremony, role, &access, err));
    PC_TRY(pc_token_open(&access, PC_TOKEN_READ, &opened->token, err));
    PC_TRY(pc_key_find(opened->token, &selector, ceremony->arena, &opened->key, err));
    return pc_public_key_of(&opened->key, &opened->public_key, err);
}

pc_status pc_step_prove(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(open_key) open_key opened = { .token = NULL };
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(open_labelled(ceremony, step->token, step->key, &opened, err));
    PC_TRY(pc_signer_open(opened.token, &opened.key, &signer, err));
    const pc_ceremony_proof proof = { signer, opened.public_key, "the key signed a fresh challenge" };

    return pc_ceremony_prove(ceremony, step, &proof, err);
}

static pc_status compare_flags(const pc_key *original, const pc_key *copy, pc_arena *arena, pc_error *err)
{
    const char *difference = pc_key_flags_difference(original, copy, arena);
    const char *not_compared = pc_key_flags_not_compared(original, copy, arena);

    if (!difference || !not_compared) {
        return pc_fail_memory(err);
    }
    if (*difference) {
        return pc_fail(err, PC_E_VERIFY, "the copy of the key \"%s\" differs from it: %s", original->label, difference);
    }
    return *not_compared
               ? pc_fail(err, PC_E_VERIFY,
                         "the copy of the key \"%s\" cannot be compared with it: only one of the tokens shows "
                         "%s",
                         original->label, not_compared)
               : PC_OK;
}

pc_status pc_step_copy_check(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(open_key) open_key original = { .token = NULL };
    PC_AUTO(open_key) open_key copy = { .token = NULL };
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_token_access access;

    PC_TRY(open_labelled(ceremony, step->token, step->key, &original, err));
    pc_token_close(PC_TAKE(original.token)); /* it is not certain that two sessions on one module are possible */
    const pc_public_key_named wanted = { .key = original.public_key, .words = "the original" };

    PC_TRY(pc_ceremony_access(ceremony, step->copy, &access, err));
    PC_TRY(pc_token_open(&access, PC_TOKEN_READ, &copy.token, err));
    PC_TRY(pc_key_of_public(copy.token, &wanted, ceremony->arena, &copy.key, err));
    PC_TRY(compare_flags(&original.key, &copy.key, ceremony->arena, err));
    PC_TRY(pc_signer_open(copy.token, &copy.key, &signer, err));
    PC_TRY(pc_ceremony_attributes(ceremony, step, step->copy, &copy.key, err));
    const pc_ceremony_proof proof = { signer, original.public_key,
                                      "the copy has the same public key and flags, and signs" };

    return pc_ceremony_prove(ceremony, step, &proof, err);
}

/* --- export-public -------------------------------------------------------------------------------- */

static pc_status write_public(const pc_ceremony *ceremony, const char *path, const char *pem, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    pc_bytes there = { .data = NULL };
    size_t len = strlen(pem);
    bool is_there = false;

    PC_TRY(pc_path_exists(path, &is_there, err));
    if (is_there) { /* from an interrupted run, if it is the same */
        PC_TRY(pc_file_read(ceremony->arena, path, len + 1, &there, err));
        return pc_bytes_equal(there, (pc_bytes){ (const uint8_t *)pem, len })
                   ? PC_OK
                   : pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is another key; it was not replaced", path);
    }
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0644, &output, err));
    return pc_output_commit(output, pem, len, err);
}

pc_status pc_step_export_public(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(open_key) open_key opened = { .token = NULL };
    const char *path = pc_ceremony_path(ceremony, step->out);
    const char *pem = NULL;

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(open_labelled(ceremony, step->token, step->key, &opened, err));
    PC_TRY(pc_public_key_to_pem(opened.public_key, ceremony->arena, &pem, err));
    PC_TRY(write_public(ceremony, path, pem, err));
    return pc_ceremony_artefact(ceremony, step, step->out, "public-key", err);
}

/* --- retire --------------------------------------------------------------------------------------- */

/* Before the intent, so that it is certain that a key that is not found afterwards existed: a wrong label must not pass
 * for a destroyed key. */
static pc_status require_key(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(open_key) open_key opened = { .token = NULL };

    return open_labelled(ceremony, step->token, step->key, &opened, err);
}

/* A missing token, or a missing file with its PIN, is not found either: only a token that answers can lack the key. */
static pc_status expect_gone(const pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *token = NULL;
    pc_token_access access;

    pc_error_pass(err, &(pc_error){ .status = PC_OK });
    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    return pc_token_open(&access, PC_TOKEN_READ, &token, err);
}

pc_status pc_step_retire(pc_ceremony *ceremony, const pc_script_step *step, pc_error *err)
{
    PC_AUTO(pc_retire_result) pc_retire_result *result = NULL;
    const pc_retire_order order = { .key = step->key, .allow_valid = true };
    const bool was_tried =
        ceremony->progress.has_intent; /* also if the token reported a failure: the key may have been destroyed */
    pc_token_access access;

    PC_TRY(was_tried ? PC_OK : require_key(ceremony, step, err));
    PC_TRY(pc_ceremony_access(ceremony, step->token, &access, err));
    PC_TRY(pc_ceremony_intent(ceremony, step, "C_DestroyObject",
                              json_pack("{s:s, s:s}", "token", step->token, "key", step->key), err));
    pc_status status = pc_retire_run(&order, &access, &result, err);

    /* An earlier attempt destroyed the last object. */
    status = status == PC_E_NOT_FOUND && was_tried ? expect_gone(ceremony, step, err) : status;
    PC_TRY(pc_ceremony_outcome(ceremony, status, json_object(), err));
    return pc_ceremony_checked(ceremony, step, "the key is no longer found on the token", err);
}
