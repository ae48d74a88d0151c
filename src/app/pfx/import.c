/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pfx/import_key.h"

#include <string.h>

#include "app/bind/bind.h"
#include "app/files/pfx_password.h"
#include "base/result.h"
#include "x509/spki.h"
#include "base/file.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "pair/public_key.h"
#include "signer/signer.h"
#include "token/public_half.h"
#include "token/uri.h"
#include "x509/pfx/read.h"
#include "x509/chain.h"
#include "x509/pfx/key_wrap.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

#define LABEL_MAX 128 /* bytes of a label taken from the file */

void pc_import_result_free(pc_import_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_import_result, pc_import_result, pc_import_result_free);

/** An import in progress. */
typedef struct {
    const pc_import_order *order;
    pc_import_result *result;
    pc_arena *arena;
    pc_token *token;
    pc_pfx pfx;
    STACK_OF(X509) *issuers; /* of the leaf, verified */
    pc_key_import key;
} import_job;

static void job_clear(import_job *job)
{
    sk_X509_pop_free(job->issuers, X509_free);
    pc_pfx_clear(&job->pfx);
    pc_token_close(job->token);
}

PC_AUTO_DEFINE_VALUE(import_job, import_job, job_clear);

static pc_status note_protection(import_job *job, pc_error *err)
{
    job->result->protection = job->pfx.protection;
    if (!job->pfx.key_encrypted) {
        PC_TRY(pc_import_note(job->result,
                              "the private key was in the file without encryption: anyone who had the file has the key",
                              err));
    }
    return job->pfx.has_mac
               ? PC_OK
               : pc_import_note(job->result,
                                "the file has no MAC, so nothing shows whether it was changed in transit; key, "
                                "certificate and chain were verified against each other",
                                err);
}

static pc_status read_file(import_job *job, const pc_token_access *access, pc_error *err)
{
    const char *file = job->order->file;
    pc_bytes bytes = { .len = 0 };

    PC_TRY(pc_file_read(job->arena, file, PC_PFX_MAX_SIZE, &bytes, err));
    if (!pc_pfx_recognise(bytes)) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" is not a PFX (PKCS#12) file", file);
        return pc_hint(err, PC_E_INPUT,
                       "`p11cert accept` binds a certificate; a PFX in base64 must be decoded first (base64 -d)");
    }
    const pc_file_bytes named = { .name = file, .bytes = bytes };
    const pc_password_source source = { .source = job->order->password_source, .access = access };

    PC_TRY(pc_pfx_open(&named, &source, job->arena, &job->pfx, err));
    if (!job->pfx.key) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" contains certificates but no private key", file);
        return pc_hint(err, PC_E_INPUT, "have it exported again with \"Yes, export the private key\"");
    }
    if (!job->pfx.leaf) {
        (void)(sk_X509_num(job->pfx.chain)
                   ? pc_fail(err, PC_E_INPUT, "no certificate in \"%s\" belongs to its private key", file)
                   : pc_fail(err, PC_E_INPUT, "\"%s\" contains a private key but no certificate", file));
        return pc_hint(err, PC_E_INPUT, "have the key exported together with its own certificate");
    }
    return note_protection(job, err);
}

static pc_status verify_chain(import_job *job, pc_error *err)
{
    if (sk_X509_num(job->pfx.chain) == 0) {
        job->issuers = sk_X509_new_null();
        return job->issuers ? PC_OK : pc_fail_memory(err);
    }
    const pc_chain_question question = { .leaf = job->pfx.leaf,
                                         .others = job->pfx.chain,
                                         .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };
    pc_status status = pc_chain_build(&question, job->arena, &chain, err);

    job->issuers = chain.issuers;

    if (status == PC_E_VERIFY) {
        return pc_note(err, PC_E_INPUT,
                       "the certificate in \"%s\" does not chain up to the issuers in it; nothing was written",
                       job->order->file);
    }
    job->result->chain = chain.words;
    return status;
}

static pc_status choose_label(import_job *job, pc_error *err)
{
    const char *name = job->pfx.friendly_name;

    if (job->order->label) {
        job->key.plan.label = job->order->label;
        return pc_label_check(job->order->label, "key", err);
    }
    if (!name || !*name) {
        name = NULL;
        PC_TRY(pc_first_common_name(X509_get_subject_name(job->pfx.leaf), job->arena, &name, err));
    }
    job->key.plan.label = name ? pc_text_escape(job->arena, name, strlen(name)) : "";
    if (!job->key.plan.label) {
        return pc_fail_memory(err);
    }
    if (!*job->key.plan.label || strlen(job->key.plan.label) > LABEL_MAX) {
        (void)pc_fail(err, PC_E_INPUT, "\"%s\" has no name for the key that can be its label", job->order->file);
        return pc_hint(err, PC_E_INPUT, "give one with `label`");
    }
    return pc_label_check(job->key.plan.label, "key", err);
}

/* RFC 5280 section 4.2.1.3: without the extension every usage is allowed. OpenSSL's bits are the same as ours. */
static unsigned usage_of(X509 *certificate)
{
    uint32_t usage = X509_get_key_usage(certificate);

    return usage == UINT32_MAX ? (unsigned)PC_KU_ALL : usage & (unsigned)PC_KU_ALL;
}

static pc_status plan_key(import_job *job, pc_error *err)
{
    char kind[32];

    job->key.private_key = job->pfx.key;
    job->key.file_id = job->pfx.local_id;
    job->key.origin = "this file";
    job->key.label_hint = "give this one another label with `label`";
    job->key.id_hint = "give another with `id`; `p11cert list` shows those of the keys";
    job->key.result = job->result;
    job->key.arena = job->arena;
    PC_TRY(pc_public_key_attributes(job->pfx.key, job->arena, &job->key.half, err));
    if (!pc_key_kind_of(&job->key.half, &job->key.plan.kind)) {
        (void)pc_fail(err, PC_E_INPUT, "the key in \"%s\" is %s, which p11cert does not support", job->order->file,
                      pc_public_half_describe(&job->key.half, kind));
        return pc_hint(err, PC_E_INPUT,
                       "it supports RSA with 2048, 3072 or 4096 bits, and EC on P-256, P-384 or P-521");
    }
    if (pc_key_check_halves(job->pfx.key, err) != PC_OK) {
        return pc_note(err, PC_E_INPUT, "the key in \"%s\" cannot be used", job->order->file);
    }
    if (job->order->id) {
        PC_TRY(pc_key_id_choose(job->order->id, &job->key.plan, err));
    }
    job->key.plan.imported = true;
    job->key.plan.half = &job->key.half;
    job->key.plan.exportable = job->order->exportable;
    job->key.plan.key_usage = usage_of(job->pfx.leaf);
    PC_TRY(choose_label(job, err));
    return pc_x509_name_der(X509_get_subject_name(job->pfx.leaf), job->arena, &job->key.plan.subject, err);
}

static pc_status describe_key(import_job *job, pc_error *err)
{
    pc_import_result *result = job->result;

    result->file = pc_arena_string(job->arena, job->order->file);
    result->token = pc_text_escape(job->arena, job->token->info.label, strlen(job->token->info.label));
    result->key_label = job->key.key.label;
    result->key_id = pc_text_hex(job->arena, job->key.key.id, '\0');
    result->exportable = job->key.key.flags[PC_KEY_EXTRACTABLE];
    result->never_extractable = job->key.key.flags[PC_KEY_NEVER_EXTRACTABLE];
    (void)pc_key_describe(&job->key.key, result->key_kind);
    return result->file && result->token && result->key_id
               ? pc_spki_sha256(job->pfx.key, job->arena, &result->spki_sha256, err)
               : pc_fail_memory(err);
}

static pc_status bind_all(import_job *job, pc_error *err)
{
    pc_import_result *result = job->result;
    size_t count = (size_t)sk_X509_num(job->issuers) + 1;

    result->certificates = pc_arena_alloc(job->arena, count * sizeof *result->certificates);
    if (!result->certificates) {
        return pc_fail_memory(err);
    }
    const pc_binding own = { .key = &job->key.key, .certificate = job->pfx.leaf };

    PC_TRY(pc_bind_to_key(job->token, &own, job->arena, &result->certificates[0], err));
    for (size_t i = 1; i < count; i++) {
        PC_TRY(pc_bind_issuer(job->token, sk_X509_value(job->issuers, (int)i - 1), job->arena, &result->certificates[i],
                              err));
    }
    result->certificate_count = count;
    return PC_OK;
}

/* The key is now on the token, unless one that was there before turns out to be another. */
static pc_status note_key_stays(const import_job *job, pc_status status, pc_error *err)
{
    if (status == PC_E_VERIFY && job->result->key_state == PC_IMPORT_KEY_ALREADY) {
        return pc_note(err, status, "the key \"%s\", which was on token \"%s\" before, is not that of \"%s\"",
                       job->key.key.label, job->token->info.label, job->order->file);
    }
    (void)pc_note(err, status, "the import is not finished; the key \"%s\" is on token \"%s\" and stays there",
                  job->key.key.label, job->token->info.label);
    return pc_hint_resume(err, status, "run the same command again: it finds the key and continues");
}

static pc_status run(import_job *job, const pc_token_access *access, pc_error *err)
{
    PC_TRY(read_file(job, access, err));
    PC_TRY(verify_chain(job, err));
    PC_TRY(plan_key(job, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &job->token, err));
    job->key.token = job->token;
    PC_TRY(pc_import_key(&job->key, err));
    pc_status status = describe_key(job, err);

    if (status == PC_OK) {
        status = bind_all(job, err);
    }
    return status == PC_OK ? PC_OK : note_key_stays(job, status, err);
}

pc_status pc_import_run(const pc_import_order *order, const pc_token_access *access, pc_import_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_import_result) pc_import_result *result = PC_RESULT_NEW(pc_import_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_AUTO(import_job) import_job job = { .order = order, .result = result, .arena = result->arena };

    PC_TRY(run(&job, access, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
