/* SPDX-License-Identifier: Apache-2.0 */
#include "app/request/new.h"

#include <string.h>

#include "app/files/document.h"
#include "app/request/make_key.h"
#include "base/result.h"
#include "token/proof.h"
#include "x509/spki.h"
#include "base/file.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "signer/sign.h"
#include "token/key.h"
#include "pair/public_key.h"
#include "x509/attempt.h"
#include "x509/csr.h"
#include "x509/name.h"
#include "x509/read.h"
#include "token/mechanisms.h"

void pc_new_result_free(pc_new_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}

pc_status pc_new_plan_key(const pc_new_plan *plan, pc_arena *arena, pc_key_plan *ret_key_plan, pc_error *err)
{
    PC_AUTO(X509_NAME) X509_NAME *subject = NULL;
    pc_key_plan key_plan = {
        .kind = plan->request->key_kind,
        .exportable = plan->exportable,
        .key_usage = plan->request->key_usage,
        .signing = { .pss = plan->request->pss, .digest_is_known = true, .digest = plan->request->digest },
        .label = plan->label,
        .tolerated = plan->tolerated,
    };

    PC_TRY(pc_x509_name_build(&plan->request->subject, &subject, err));
    PC_TRY(pc_x509_name_der(subject, arena, &key_plan.subject, err));
    PC_TRY(plan->order->id ? pc_key_id_choose(plan->order->id, &key_plan, err) : PC_OK);
    *ret_key_plan = key_plan;
    return PC_OK;
}

static pc_status hint_at_label(const char *label, pc_arena *arena, pc_make_key_hints *ret_hints, pc_error *err)
{
    const pc_make_key_hints hints = {
        .has_certificate = pc_arena_format(
            arena, "`key` \"%s\" requests another certificate for that key; `label` OTHER creates a new key", label),
        .is_another =
            pc_arena_format(arena, "`label` OTHER creates a new key; `key` \"%s\" uses that key as it is", label),
        .is_not_local =
            pc_arena_format(arena,
                            "`label` OTHER creates a new key; `key` \"%s\" uses that key as it is; `tolerate` "
                            "local accepts it, if the token is known to report this for every key",
                            label),
    };

    if (!hints.has_certificate || !hints.is_another || !hints.is_not_local) {
        return pc_fail_memory(err);
    }
    *ret_hints = hints;
    return PC_OK;
}

pc_status pc_new_check_found(const pc_token *token, const pc_key *key, const pc_key_plan *key_plan, pc_arena *arena,
                             pc_error *err)
{
    pc_make_key_hints hints;

    PC_TRY(hint_at_label(key->label, arena, &hints, err));
    return pc_make_key_check(token, key, key_plan, &hints, err);
}

pc_status pc_new_check_key(const pc_token *token, const pc_new_plan *plan, const pc_key *key, pc_arena *arena,
                           pc_error *err)
{
    pc_make_key_hints hints;
    pc_key_plan key_plan;

    PC_TRY(pc_new_plan_key(plan, arena, &key_plan, err));
    PC_TRY(hint_at_label(key->label, arena, &hints, err));
    PC_TRY(pc_make_key_refuse_bound(token, key, &hints, arena, err));
    return pc_make_key_check(token, key, &key_plan, &hints, err);
}

static pc_status make_or_resume(const pc_token *token, const pc_new_plan *plan, pc_new_result *result, pc_error *err)
{
    pc_make_key_hints hints;
    pc_key_plan key_plan;
    pc_made_key made;

    PC_TRY(hint_at_label(plan->label, result->arena, &hints, err));
    PC_TRY(pc_new_plan_key(plan, result->arena, &key_plan, err));
    const pc_make_key_order order = { .plan = &key_plan, .hints = &hints };

    PC_TRY(pc_make_key(token, &order, result->arena, &made, err));
    result->origin = made.resumed ? PC_NEW_KEY_RESUMED : PC_NEW_KEY_MADE;
    result->key = made.key;
    result->unsupported_flags = made.unsupported_flags;
    result->key_tolerated = made.tolerated;
    return PC_OK;
}

static bool needs_proof(const pc_new_plan *plan, const pc_new_result *result)
{
    return !plan->exportable && result->origin != PC_NEW_KEY_NAMED;
}

/* A named key is used as it is; a difference from what the file requests is reported. */
static pc_status compare_with_file(const pc_new_plan *plan, pc_new_result *result, pc_error *err)
{
    bool requests_exportable = pc_new_file_wishes_exportable(&plan->request->wish);
    pc_key_kind kind = PC_KEY_RSA_2048;
    bool other_kind = plan->inf && (!pc_key_kind_of(&result->key.half, &kind) || kind != plan->request->key_kind);
    bool other_export = requests_exportable && result->key.flags[PC_KEY_EXTRACTABLE] == PC_FACT_FALSE;

    if (!other_kind && !other_export) {
        return PC_OK;
    }
    result->conflict =
        pc_arena_format(result->arena, "the named key does not match the file: %s%s%s%s",
                        other_kind ? "the file requests " : "",
                        other_kind ? pc_key_kind_name(plan->request->key_kind) : "",
                        other_kind && other_export ? ", and " : "",
                        other_export ? "the file requests an exportable key, but this one is not exportable" : "");
    return result->conflict ? PC_OK : pc_fail_memory(err);
}

void pc_new_fit_to_key(const pc_new_plan *plan, bool is_rsa)
{
    if (!plan->inf && !plan->order->key_usage && !is_rsa) {
        plan->request->key_usage &= ~(unsigned)PC_KU_KEY_ENCIPHERMENT;
    }
}

/* Whether a signature will be verified with the key's public half. */
typedef enum { WITHOUT_SIGNATURE, WITH_SIGNATURE } named_use;

static pc_status use_named(const pc_token *token, const pc_new_plan *plan, named_use use, pc_new_result *result,
                           pc_error *err)
{
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(token, plan->order->key, result->arena, &selector, err));
    selector.half_is_proved = use == WITH_SIGNATURE;
    PC_TRY(pc_key_find(token, &selector, result->arena, &result->key, err));
    result->origin = PC_NEW_KEY_NAMED;
    pc_new_fit_to_key(plan, result->key.half.key_type == CKK_RSA);
    if (plan->request->pss && result->key.half.key_type != CKK_RSA) {
        return pc_fail(err, PC_E_INPUT,
                       "AlternateSignatureAlgorithm requires an RSASSA-PSS signature, but the key \"%s\" is "
                       "not an RSA key",
                       result->key.label);
    }
    return compare_with_file(plan, result, err);
}

pc_status pc_new_sign(const pc_signer *signer, const pc_new_plan *plan, pc_arena *arena, pc_signed_request *ret_signed,
                      pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *csr = NULL;
    const pc_signature_form form = { .digest = plan->request->digest, .pss = plan->request->pss };

    PC_TRY(pc_csr_build(plan->request, plan->claims, pc_signer_public(signer), &csr, err));
    PC_TRY(pc_sign_csr(signer, form, csr, err));
    PC_TRY(pc_spki_sha256(pc_signer_public(signer), arena, &ret_signed->spki_sha256, err));
    return pc_csr_to_pem(csr, arena, &ret_signed->pem, err);
}

static pc_status sign(const pc_token *token, const pc_new_plan *plan, const pc_new_result *result,
                      pc_signed_request *ret_signed, pc_error *err)
{
    PC_AUTO(pc_signer) pc_signer *signer = NULL;

    PC_TRY(pc_signer_open(token, &result->key, &signer, err));
    return pc_new_sign(signer, plan, result->arena, ret_signed, err);
}

/* A key now exists, and every failure leaves it for the next run. */
static pc_status note_key_stays(pc_status status, const pc_new_result *result, pc_error *err)
{
    if (result->origin == PC_NEW_KEY_NAMED) {
        return status;
    }
    char hint[PC_ERROR_TEXT];

    (void)snprintf(hint, sizeof hint, "%s", err ? err->hint : "");
    (void)pc_note(err, status, "no request was written; the key \"%s\" is on token \"%s\" and stays there",
                  result->key.label, result->token);
    if (err && err->resumes) {
        return status;
    }
    return pc_hint_resume(err, status, "%s%srun the same command again: it continues with that key", hint,
                          *hint ? "; " : "");
}

/* The same command would fail in the same way each time. */
static pc_status note_key_came_out(const pc_new_result *result, pc_error *err)
{
    (void)pc_note(err, PC_E_VERIFY, "no request was written; the key \"%s\" is on token \"%s\" and stays there",
                  result->key.label, result->token);
    return pc_hint(
        err, PC_E_VERIFY,
        "this token does not prevent keys from being extracted: use another one for a key that must not leave it, and "
        "inform the module's vendor; or give `exportable` `label` OTHER for a key that may leave it");
}

pc_status pc_new_check_signs_pss(const pc_token *token, pc_digest digest, pc_error *err)
{
    static const unsigned long hashing[] = {
        [PC_DIGEST_SHA256] = CKM_SHA256_RSA_PKCS_PSS,
        [PC_DIGEST_SHA384] = CKM_SHA384_RSA_PKCS_PSS,
        [PC_DIGEST_SHA512] = CKM_SHA512_RSA_PKCS_PSS,
    };
    unsigned long flags = 0;

    PC_TRY(pc_mechanism_flags(token, CKM_RSA_PKCS_PSS, &flags, err));
    if (!(flags & CKF_SIGN) && !pc_signer_is_raw_only(token)) {
        PC_TRY(pc_mechanism_flags(token, hashing[digest], &flags, err));
    }
    if (flags & CKF_SIGN) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_TOKEN,
                  "token \"%s\" does not support RSASSA-PSS signatures (CKM_RSA_PKCS_PSS), which "
                  "AlternateSignatureAlgorithm requires; no key was created",
                  token->info.label);
    return pc_hint(err, PC_E_TOKEN, "write AlternateSignatureAlgorithm = FALSE");
}

static pc_status run(const pc_token *token, const pc_new_plan *plan, pc_output *output, pc_new_result *result,
                     pc_error *err)
{
    pc_signed_request request = { .pem = NULL };

    result->token = pc_arena_string(result->arena, token->info.label);
    result->out = pc_arena_string(result->arena, plan->order->out);
    result->unsupported_flags = "";
    result->key_tolerated = "";
    if (!result->token || !result->out) {
        return pc_fail_memory(err);
    }
    if (plan->request->pss) {
        PC_TRY(pc_new_check_signs_pss(token, plan->request->digest, err));
    }
    PC_TRY(plan->order->key ? use_named(token, plan, WITH_SIGNATURE, result, err)
                            : make_or_resume(token, plan, result, err));
    (void)pc_key_describe(&result->key, result->key_kind);
    pc_status status = PC_OK;

    if (needs_proof(plan, result)) {
        status = pc_proof_of_refusal(token, &result->key, result->arena, &result->proof, err);
        if (status == PC_E_VERIFY) {
            return note_key_came_out(result, err);
        }
    }
    if (status == PC_OK) {
        status = sign(token, plan, result, &request, err);
        result->spki_sha256 = request.spki_sha256;
    }
    if (status == PC_OK) {
        status = pc_output_commit(output, request.pem, strlen(request.pem), err);
    }
    return status == PC_OK ? PC_OK : note_key_stays(status, result, err);
}

/* --- the result of an earlier run --- */

/* The existing key, which matches the plan, whether or not it has a certificate by now. */
static pc_status find_standing_key(const pc_token *token, const pc_new_plan *plan, pc_new_result *result, pc_error *err)
{
    pc_make_key_hints hints = { .has_certificate = "", .is_another = "" };
    pc_labelled_key labelled;
    pc_key_plan key_plan;

    if (plan->order->key) {
        return use_named(token, plan, WITHOUT_SIGNATURE, result, err);
    }
    PC_TRY(pc_key_find_labelled(token, plan->label, result->arena, &labelled, err));
    if (labelled.count != 1) {
        return pc_fail(err, PC_E_REFUSED, "the token has %zu keys with the label \"%s\"", labelled.count, plan->label);
    }
    PC_TRY(pc_new_plan_key(plan, result->arena, &key_plan, err));
    result->key = labelled.key;
    result->origin = PC_NEW_KEY_RESUMED;
    return pc_make_key_check(token, &result->key, &key_plan, &hints, err);
}

/* PC_E_REFUSED or PC_E_INPUT if the request that is there is not the one that would be written now. */
static pc_status compare_standing(const pc_token *token, const pc_new_plan *plan, X509_REQ *there,
                                  pc_new_result *result, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    PC_AUTO(X509_REQ) X509_REQ *planned = NULL;
    bool same = false;

    PC_TRY(find_standing_key(token, plan, result, err));
    PC_TRY(pc_public_key_of(&result->key, &public_key, err));
    PC_TRY(pc_csr_build(plan->request, plan->claims, public_key, &planned, err));
    PC_TRY(pc_csr_same_content(planned, there, &same, err));
    if (!same || !pc_request_signature_holds(there)) {
        return pc_fail(err, PC_E_REFUSED, "the request is another one");
    }
    return pc_spki_sha256(public_key, result->arena, &result->spki_sha256, err);
}

/* A request in the output file, if there is one and it may not be replaced. Other contents are left to the output. */
static pc_status read_existing(const pc_new_order *order, X509_REQ **ret_there, pc_error *err)
{
    pc_error reading = { .status = PC_OK };
    pc_path_kind kind = PC_PATH_NOTHING;

    PC_TRY(order->force ? PC_OK : pc_path_look(order->out, &kind, err));
    if (kind != PC_PATH_FILE || pc_document_read_csr(order->out, ret_there, &reading) == PC_OK ||
        reading.status == PC_E_INPUT) {
        return PC_OK;
    }
    pc_error_pass(err, &reading);
    return reading.status;
}

static pc_status refuse_existing(const char *path, pc_status status, const pc_error *why, pc_error *err)
{
    if (status != PC_E_REFUSED && status != PC_E_INPUT) {
        pc_error_pass(err, why);
        return status;
    }
    (void)pc_fail(err, PC_E_REFUSED,
                  "\"%s\" exists and is not replaced: it is not the request that would be written now", path);
    return pc_hint(err, PC_E_REFUSED, "name another file with `out`, or use `force` to replace this one");
}

static pc_status describe_standing(const pc_token *token, const pc_new_plan *plan, pc_new_result *result, pc_error *err)
{
    result->unsupported_flags = "";
    result->key_tolerated = "";
    result->token = pc_arena_string(result->arena, token->info.label);
    result->out = pc_arena_string(result->arena, plan->order->out);
    (void)pc_key_describe(&result->key, result->key_kind);
    return result->token && result->out ? PC_OK : pc_fail_memory(err);
}

/* The result of the earlier run, if the request that is there is the one that would be written now. */
static pc_status converge(const pc_token *token, const pc_new_plan *plan, X509_REQ *there, pc_new_result *result,
                          pc_error *err)
{
    pc_error why = { .status = PC_OK };
    pc_status status = compare_standing(token, plan, there, result, &why);

    return status == PC_OK ? describe_standing(token, plan, result, err)
                           : refuse_existing(plan->order->out, status, &why, err);
}

/* --- the run --- */

/* The kind of a named key is not known yet. */
static pc_status check_signer(const char *signer, const pc_new_plan *plan, pc_error *err)
{
    return plan->order->key ? pc_signer_check(signer, err) : pc_signer_check_kind(signer, plan->request->key_kind, err);
}

/* On the caller's open token, or on one that is opened and closed here. */
static pc_status run_on(const pc_token *lent, const pc_new_plan *plan, const pc_token_access *access,
                        pc_new_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_output) pc_output *output = NULL;
    PC_AUTO(pc_token) pc_token *opened = NULL;
    PC_AUTO(pc_new_result) pc_new_result *result = PC_RESULT_NEW(pc_new_result);
    PC_AUTO(X509_REQ) X509_REQ *there = NULL;
    pc_file_mode mode = plan->order->force ? PC_FILE_REPLACE : PC_FILE_NEW;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_signer(lent ? lent->signer : access->signer, plan, err));
    PC_TRY(lent ? PC_OK : read_existing(plan->order, &there, err));
    if (!there) {
        PC_TRY(pc_output_open(plan->order->out, mode, 0644, &output, err));
    }
    if (!lent) {
        PC_TRY(pc_token_open(access, plan->order->key ? PC_TOKEN_READ : PC_TOKEN_WRITE, &opened, err));
    }
    if (there) {
        PC_TRY(converge(opened, plan, there, result, err));
    } else {
        result->changed = true;
        PC_TRY(run(lent ? lent : opened, plan, output, result, err));
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_new_on(const pc_token *token, const pc_new_plan *plan, pc_new_result **ret_result, pc_error *err)
{
    return run_on(token, plan, NULL, ret_result, err);
}

pc_status pc_new_run(const pc_new_plan *plan, const pc_token_access *access, pc_new_result **ret_result, pc_error *err)
{
    return run_on(NULL, plan, access, ret_result, err);
}
