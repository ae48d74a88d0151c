/* SPDX-License-Identifier: Apache-2.0 */
#include "ceremony/transcript/judge_proofs.h"

#include <string.h>

#include <openssl/pem.h>

#include "ceremony/transcript/one_object.h"
#include "ceremony/transcript/proof_text.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/signature.h"
#include "x509/spki.h"

#define MOST ((size_t)64 * 1024) /* bytes of each file */

typedef struct {
    const pc_ceremony_source *source;
    const pc_gathered *gathered;
    pc_arena *arena;
} judgement;

/* Anybody could have put a file there that is not an artefact. */
static pc_status read_artefact(const judgement *judge, const char *name, pc_bytes *ret_bytes, pc_error *err)
{
    PC_AUTO(pc_descriptor) int fd = -1;
    pc_part part = { .fd = -1 };

    if (!json_object_get(judge->gathered->recorded, name)) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not recorded as an artefact", name);
    }
    PC_TRY(pc_ceremony_source_part(judge->source, name, &fd, &part, err));
    return pc_part_read_all(&part, MOST, judge->arena, ret_bytes, err);
}

static pc_status read_key(const judgement *judge, const pc_recorded_proof *proof, EVP_PKEY **ret_key, pc_error *err)
{
    pc_bytes bytes = { NULL, 0 };
    const char *hex = NULL;

    PC_TRY(read_artefact(judge, proof->public_key, &bytes, err));
    if (!pc_is_one_object(bytes, "public-key")) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not exactly one public key in PEM", proof->public_key);
    }
    PC_AUTO(BIO) BIO *in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;

    if (!key) {
        return pc_fail_openssl(err, PC_E_VERIFY, "\"%s\" is not a public key in PEM", proof->public_key);
    }
    PC_TRY(pc_spki_sha256(key, judge->arena, &hex, err));
    if (!proof->spki || strcmp(hex, proof->spki) != 0) {
        return pc_fail(err, PC_E_VERIFY, "\"%s\" is not the public key that the record states", proof->public_key);
    }
    *ret_key = PC_TAKE(key);
    return PC_OK;
}

static pc_status read_challenge(const judgement *judge, const pc_recorded_proof *proof, pc_bytes *ret_challenge,
                                pc_error *err)
{
    const pc_proof_purpose purpose = { .mode = judge->gathered->mode, .script = &judge->gathered->script };
    const char *heading = pc_proof_heading(&purpose, judge->arena);

    if (!heading) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_artefact(judge, proof->challenge, ret_challenge, err));
    return ret_challenge->len > strlen(heading) && memcmp(ret_challenge->data, heading, strlen(heading)) == 0
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "\"%s\" is not a challenge of this ceremony", proof->challenge);
}

static pc_status judge_proof(const judgement *judge, const pc_recorded_proof *proof, pc_error *err)
{
    static const pc_signature_form form = { .digest = PC_DIGEST_SHA256 };
    PC_AUTO(EVP_PKEY) EVP_PKEY *key = NULL;
    pc_bytes challenge = { NULL, 0 };
    pc_bytes signature = { NULL, 0 };

    PC_TRY(read_key(judge, proof, &key, err));
    PC_TRY(read_challenge(judge, proof, &challenge, err));
    PC_TRY(read_artefact(judge, proof->signature, &signature, err));
    return pc_signature_holds(key, form, (pc_signed_bytes){ .bytes = challenge }, signature)
               ? PC_OK
               : pc_fail(err, PC_E_VERIFY, "\"%s\" is not a signature of that key on the challenge", proof->signature);
}

static bool has_proof(const pc_gathered *gathered, int64_t step)
{
    for (size_t i = 0; i < gathered->proof_count; i++) {
        if (gathered->proofs[i].step == step) {
            return true;
        }
    }
    return false;
}

static pc_status note_missing(const pc_gathered *gathered, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < gathered->step_count; i++) {
        const pc_recorded_step *step = &gathered->steps[i];

        if (step->proves && step->is_done && !has_proof(gathered, step->step)) {
            PC_TRY(pc_verdict_add(verdict, PC_JUDGED_NOT_CHECKED, err, "proofs",
                                  "step %lld kept neither challenge nor signature: that its key signed is only stated",
                                  (long long)step->step));
        }
    }
    return PC_OK;
}

static pc_status judge_each(judgement *judge, pc_ceremony_verify_result *verdict, pc_error *err)
{
    for (size_t i = 0; i < judge->gathered->proof_count; i++) {
        const pc_recorded_proof *proof = &judge->gathered->proofs[i];
        pc_status status = judge_proof(judge, proof, err);

        if (status != PC_OK) {
            PC_TRY(pc_verdict_add_error(verdict, status, proof->signature, err));
        }
    }
    return PC_OK;
}

pc_status pc_judge_proofs(const pc_ceremony_source *source, const pc_gathered *gathered,
                          pc_ceremony_verify_result *verdict, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    judgement judge = { source, gathered, arena };
    const size_t failures = verdict->fail_count;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(judge_each(&judge, verdict, err));
    PC_TRY(note_missing(gathered, verdict, err));
    return verdict->fail_count == failures && gathered->proof_count
               ? pc_verdict_add(verdict, PC_JUDGED_PASS, err, "proofs",
                                "%zu, each signature matches its challenge and key", gathered->proof_count)
               : PC_OK;
}
