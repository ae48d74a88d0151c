/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ceremony/proof.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ceremony/transcript/proof_text.h"
#include "signer/sign_data.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/spki.h"

#define MOST ((size_t)64 * 1024) /* bytes of each file */

static const pc_signature_form form = { .digest = PC_DIGEST_SHA256 };

typedef struct {
    const pc_ceremony *ceremony;
    const pc_script_step *step;
    const pc_ceremony_proof *proof;
    const char *challenge; /* names of the files */
    const char *signature;
    const char *public_key;
} keeping;

pc_status pc_ceremony_proof_names(const pc_ceremony *ceremony, const pc_script_step *step,
                                  const char *ret_names[static PC_PROOF_FILES], pc_error *err)
{
    static const char *const endings[] = { "txt", "sig", "pub" };

    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        ret_names[i] = pc_arena_format(ceremony->arena, PC_PROOF_PREFIX "%zu.%s", step->number, endings[i]);
        if (!ret_names[i]) {
            return pc_fail_memory(err);
        }
    }
    return PC_OK;
}

/* Reads the files that an interrupted run of the step left; NULL if there are none. */
static pc_status read_left(const keeping *kept, const char *name, pc_bytes *ret_bytes, pc_error *err)
{
    const char *path = pc_ceremony_path(kept->ceremony, name);

    bool is_there = false;

    *ret_bytes = (pc_bytes){ .data = NULL };
    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_path_exists(path, &is_there, err));
    return is_there ? pc_file_read(kept->ceremony->arena, path, MOST, ret_bytes, err) : PC_OK;
}

static pc_status write_new(const keeping *kept, const char *name, pc_bytes bytes, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    const char *path = pc_ceremony_path(kept->ceremony, name);

    if (!path) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_output_open(path, PC_FILE_NEW, 0644, &output, err));
    return pc_output_commit(output, bytes.data, bytes.len, err);
}

static pc_status refuse_other(const keeping *kept, const char *name, pc_error *err)
{
    return pc_fail(err, PC_E_REFUSED, "\"%s/%s\" exists and does not belong to this step; it was not replaced",
                   kept->ceremony->folder, name);
}

/* The purpose of the signature, so that it cannot be mistaken for any other. */
const char *pc_ceremony_challenge(const pc_ceremony *ceremony, const pc_script_step *step, const char *random)
{
    const pc_proof_purpose heading = { .mode = pc_ceremony_mode_name(ceremony->mode),
                                       .script = &ceremony->script->digest };
    const char *key = pc_ceremony_key_name(ceremony, step->token, step->key);
    const char *safe_key = key ? pc_ceremony_safe(ceremony, key) : NULL;
    const char *lines = pc_proof_heading(&heading, ceremony->arena);

    return lines && safe_key
               ? pc_arena_format(ceremony->arena,
                                 "%sceremony %s\nstep %zu\nkey %s\n"
                                 "this proves possession of a key; it is neither a certificate nor a request\n"
                                 "random %s\n",
                                 lines, ceremony->script->head.id, step->number, safe_key, random)
               : NULL;
}

static pc_status keep_challenge(const keeping *kept, pc_bytes *ret_challenge, pc_error *err)
{
    pc_ceremony_draw draw = { .purpose = PC_DRAW_CHALLENGE, .len = PC_CHALLENGE_LEN };
    pc_bytes left;

    PC_TRY(pc_ceremony_draw_bytes(kept->ceremony, kept->step, &draw, err));
    const char *text = pc_ceremony_challenge(kept->ceremony, kept->step, draw.value);

    if (!text) {
        return pc_fail_memory(err);
    }
    *ret_challenge = (pc_bytes){ (const uint8_t *)text, strlen(text) };
    PC_TRY(read_left(kept, kept->challenge, &left, err));
    if (!left.data) {
        return write_new(kept, kept->challenge, *ret_challenge, err);
    }
    return pc_bytes_equal(left, *ret_challenge) ? PC_OK : refuse_other(kept, kept->challenge, err);
}

static pc_status keep_public_key(const keeping *kept, pc_error *err)
{
    const char *pem = NULL;
    pc_bytes left;

    PC_TRY(pc_public_key_to_pem(kept->proof->public_key, kept->ceremony->arena, &pem, err));
    const pc_bytes bytes = { (const uint8_t *)pem, strlen(pem) };

    PC_TRY(read_left(kept, kept->public_key, &left, err));
    if (!left.data) {
        return write_new(kept, kept->public_key, bytes, err);
    }
    return pc_bytes_equal(left, bytes) ? PC_OK : refuse_other(kept, kept->public_key, err);
}

/* The token signs even if a signature exists: the step shows that it can. */
static pc_status keep_signature(const keeping *kept, pc_bytes challenge, pc_error *err)
{
    const pc_signed_bytes content = { .bytes = challenge };
    const pc_bare_plan plan = { .form = form, .content = content };
    pc_bytes signature;
    pc_bytes left;

    PC_TRY(pc_sign_bytes(kept->proof->signer, &plan, kept->ceremony->arena, &signature, err));
    if (!pc_signature_holds(kept->proof->public_key, form, content, signature)) {
        return pc_fail(err, PC_E_VERIFY,
                       "the private key's signature does not verify with that public key: they do not belong together");
    }
    PC_TRY(read_left(kept, kept->signature, &left, err));
    if (!left.data) {
        return write_new(kept, kept->signature, signature, err);
    }
    return pc_signature_holds(kept->proof->public_key, form, content, left) ? PC_OK
                                                                            : refuse_other(kept, kept->signature, err);
}

static pc_status record(const keeping *kept, pc_error *err)
{
    const pc_ceremony *ceremony = kept->ceremony;
    const char *spki = NULL;

    PC_TRY(pc_spki_sha256(kept->proof->public_key, ceremony->arena, &spki, err));
    PC_TRY(pc_ceremony_artefact_quietly(ceremony, kept->step, kept->challenge, "challenge", err));
    PC_TRY(pc_ceremony_artefact_quietly(ceremony, kept->step, kept->public_key, "public-key", err));
    PC_TRY(pc_ceremony_artefact_quietly(ceremony, kept->step, kept->signature, "signature", err));
    pc_ceremony_report(ceremony, "verified: %s; public key SHA-256 %s", kept->proof->what, spki);
    pc_ceremony_report(ceremony, "kept: %s, %s and %s", kept->challenge, kept->signature, kept->public_key);
    return pc_transcript_add(ceremony->transcript, "check",
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "what", kept->proof->what, "result",
                                       "pass", "key", kept->step->key, "spki_sha256", spki, "challenge",
                                       kept->challenge, "signature", kept->signature, "public_key", kept->public_key,
                                       "step", (json_int_t)kept->step->number),
                             err);
}

pc_status pc_ceremony_prove(const pc_ceremony *ceremony, const pc_script_step *step, const pc_ceremony_proof *proof,
                            pc_error *err)
{
    keeping kept = { .ceremony = ceremony, .step = step, .proof = proof };
    const char *names[PC_PROOF_FILES];
    pc_bytes challenge;

    PC_TRY(pc_ceremony_proof_names(ceremony, step, names, err));
    kept.challenge = names[0];
    kept.signature = names[1];
    kept.public_key = names[2];
    PC_TRY(keep_challenge(&kept, &challenge, err));
    PC_TRY(keep_public_key(&kept, err));
    PC_TRY(keep_signature(&kept, challenge, err));
    return record(&kept, err);
}
