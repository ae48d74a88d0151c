/* SPDX-License-Identifier: Apache-2.0 */
#include "app/pfx/export.h"

#include <string.h>
#include <unistd.h>

#include "app/files/document.h"
#include "app/files/pfx_password.h"
#include "base/result.h"
#include "x509/spki.h"
#include "pair/transfer.h"
#include "base/file.h"
#include "base/text.h"
#include "x509/attempt.h"
#include "token/key.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/pfx/protection.h"
#include "x509/pfx/read.h"
#include "x509/pfx/write.h"
#include "x509/words.h"

void pc_export_result_free(pc_export_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_export_result, pc_export_result, pc_export_result_free);
PC_AUTO_DEFINE(pc_inf, pc_inf, pc_inf_free);
PC_AUTO_DEFINE(pc_request, pc_request, pc_request_free);

/** The state of an export in progress. */
typedef struct {
    const pc_export_order *order;
    const pc_token_access *access;
    pc_export_result *result;
    pc_arena *arena;
    pc_output *out; /* NULL: a PFX exists, and is kept if it is what would be written */
    pc_output *password_out;
    pc_bytes there; /* that existing PFX */
    const pc_token *token;
    const pc_key *key;
    X509 *leaf;
    STACK_OF(X509) *issuers;
    const char *friendly_name;
    pc_secret *password;
    EVP_PKEY *private_key;
    pc_bytes pfx;
} export_job;

static void export_job_clear(export_job *job)
{
    EVP_PKEY_free(job->private_key);
    pc_secret_free(job->password);
    pc_output_free(job->password_out);
    pc_output_free(job->out);
}

PC_AUTO_DEFINE_VALUE(export_job, export_job, export_job_clear);

pc_status pc_export_note(pc_export_result *result, const char *note, pc_error *err)
{
    const char **slot = note ? PC_PUSH(result->arena, result->notes, result->note_count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = note;
    return PC_OK;
}

/* A file that cannot be read as a PFX is refused here, before a PIN is requested. */
static pc_status open_pfx(export_job *job, pc_error *err)
{
    const pc_export_order *order = job->order;
    pc_status status = pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0600, &job->out, err);
    pc_error ignored = { .status = PC_OK };

    if (status != PC_E_REFUSED ||
        pc_file_read(job->arena, order->out, PC_PFX_MAX_SIZE, &job->there, &ignored) != PC_OK ||
        !pc_pfx_recognise(job->there)) {
        return status;
    }
    return PC_OK;
}

static pc_status open_outputs(export_job *job, pc_error *err)
{
    const pc_export_order *order = job->order;

    if (order->generate_password && order->password_source) {
        return pc_fail(err, PC_E_USAGE, "a password is either read from a source or generated into a file, not both");
    }
    if (order->rounds && (order->rounds < PC_PFX_LEAST_ROUNDS || order->rounds > PC_PFX_MAX_ROUNDS / 4)) {
        return pc_fail(err, PC_E_USAGE, "%u rounds of key derivation are too few or too many", order->rounds);
    }
    if (order->generate_password && strcmp(order->generate_password, order->out) == 0) {
        return pc_fail(err, PC_E_USAGE, "the PFX and its password cannot go into the same file");
    }
    PC_TRY(open_pfx(job, err));
    /* A password is never replaced: it may be the only way into another file. */
    return order->generate_password && job->out
               ? pc_output_open(order->generate_password, PC_FILE_NEW, 0600, &job->password_out, err)
               : PC_OK;
}

static pc_status refuse_exp3(const pc_key *key, pc_error *err)
{
    (void)pc_note(err, PC_E_REFUSED, "the key \"%s\" cannot leave its token, so it cannot go into a PFX (rule EXP-3)",
                  key->label);
    return pc_hint(err, PC_E_REFUSED,
                   "CKA_EXTRACTABLE can never be set back to true. Create a second, exportable key for this one host "
                   "(`p11cert new --exportable --label OTHER`) and have a certificate issued for its request, or "
                   "choose another option that `p11cert check --key LABEL --policy scom` lists under EXP-3");
}

/* The flags did not say so. */
static pc_status refuse_by_token(const export_job *job, pc_error *err)
{
    (void)pc_note(err, PC_E_REFUSED,
                  "token \"%s\" refuses to wrap the key \"%s\", so it cannot go into a PFX (rule EXP-3)",
                  job->token->info.label, job->key->label);
    return pc_hint(
        err, PC_E_REFUSED,
        "the token does not wrap keys of this kind (SoftHSM 2.6 does not wrap Ed25519 keys), or refuses this "
        "one. Make a key of another kind (`p11cert new --key-type rsa-2048 --exportable --label OTHER`) and "
        "have a certificate issued for its request, or choose another option that `p11cert check --key "
        "LABEL --policy scom` lists under EXP-3");
}

/* Checked by the flags, so that no password is typed in vain. */
static pc_status check_may_leave(const pc_key *key, pc_error *err)
{
    if (key->flags[PC_KEY_EXTRACTABLE] == PC_FACT_FALSE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "CKA_EXTRACTABLE is false; no password was requested, and nothing was written");
        return refuse_exp3(key, err);
    }
    if (key->flags[PC_KEY_WRAP_WITH_TRUSTED] == PC_FACT_TRUE) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the key \"%s\" leaves its token only under a wrapping key that the Security Officer has "
                      "marked trusted (CKA_WRAP_WITH_TRUSTED is true), and p11cert's one-time key is not "
                      "(rule EXP-3)",
                      key->label);
        return pc_hint(err, PC_E_REFUSED,
                       "move it with the vendor's own tool under such a key, or make a second key for the host "
                       "with `p11cert new --exportable --label OTHER`");
    }
    return PC_OK;
}

/* No request contains the FriendlyName of an INF file, and no token keeps it: only the file has it. Its other lines do
 * not matter here. */
static pc_status read_name_of_inf(export_job *job, pc_error *err)
{
    PC_AUTO(pc_inf) pc_inf *inf = NULL;
    PC_AUTO(pc_request) pc_request *request = NULL;

    PC_TRY(pc_document_read_inf(job->order->inf, &inf, err));
    PC_TRY(pc_inf_to_request(inf, &request, err));
    if (request->friendly_name) {
        job->friendly_name = pc_arena_string(job->arena, request->friendly_name);
        return job->friendly_name ? PC_OK : pc_fail_memory(err);
    }
    return PC_OK;
}

/* Else the first CN: in a SCOM certificate, that is the host's FQDN. */
static pc_status choose_name(export_job *job, pc_error *err)
{
    const char *name = NULL;

    job->friendly_name = job->order->friendly_name;
    if (!job->friendly_name && job->order->inf) {
        PC_TRY(read_name_of_inf(job, err));
    }
    if (!job->friendly_name) {
        PC_TRY(pc_first_common_name(X509_get_subject_name(job->leaf), job->arena, &name, err));
        job->friendly_name = name ? name : job->key->label;
    }
    return pc_text_is_utf8(job->friendly_name, strlen(job->friendly_name))
               ? PC_OK
               : pc_fail(err, PC_E_INPUT, "the friendly name is not UTF-8");
}

static pc_status judge_password(export_job *job, pc_error *err)
{
    const char *weakness = pc_password_weakness(job->password);
    bool ascii = true;

    PC_TRY(pc_password_check_text(job->password, err));
    if (weakness && !job->order->accept_weak_password) {
        (void)pc_fail(err, PC_E_REFUSED,
                      "the password is too weak for a file with a private key: %s; nothing was written", weakness);
        return pc_hint(err, PC_E_REFUSED,
                       "anyone with a copy of the file can try passwords for years. `generate_password` FILE generates "
                       "a strong one; `accept_weak_password` accepts this one");
    }
    for (size_t i = 0; i < pc_secret_len(job->password); i++) {
        ascii = ascii && pc_secret_bytes(job->password)[i] < 0x80;
    }
    if (weakness) {
        PC_TRY(pc_export_note(job->result,
                              "the password is weak: keep the file where nobody can copy it, and delete it after "
                              "the import",
                              err));
    }
    return ascii ? PC_OK
                 : pc_export_note(job->result,
                                  "the password has non-ASCII characters; programs interpret those "
                                  "differently",
                                  err);
}

static pc_status refuse_there(const export_job *job, const char *why, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not replaced: %s", job->order->out, why);
    return pc_hint(err, PC_E_REFUSED, "name another file with `out`, or use `force` to replace this one");
}

/* The password that an earlier run generated for the existing PFX. */
static pc_status read_made_password(export_job *job, pc_error *err)
{
    const char *path = pc_arena_format(job->arena, "file:%s", job->order->generate_password);
    const pc_password_source source = { .source = path, .access = job->access, .use = PC_PASSWORD_OF_FILE };

    if (!path) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_password_read(&source, job->order->out, &job->password, err);

    return status == PC_E_NOT_FOUND ? refuse_there(job, "the file with its password is missing", err) : status;
}

static pc_status get_password(export_job *job, pc_error *err)
{
    if (job->password_out) {
        return pc_password_make(&job->password, err);
    }
    if (!job->out && job->order->generate_password) {
        return read_made_password(job, err);
    }
    const char *slash = strrchr(job->order->out, '/');
    const char *name =
        slash ? slash + 1 : job->order->out; /* in a kit, the folder has a temporary name until it is complete */

    const pc_password_source source = {
        .source = job->order->password_source,
        .access = job->access,
        .use = !job->out             ? PC_PASSWORD_OF_FILE
               : job->order->is_step ? PC_PASSWORD_OF_NEW_KIT
                                     : PC_PASSWORD_OF_NEW_FILE,
    };

    PC_TRY(pc_password_read(&source, name, &job->password, err));
    return job->out ? judge_password(job, err) : PC_OK;
}

static pc_status fetch_key(export_job *job, pc_error *err)
{
    PC_AUTO(pc_transfer) pc_transfer transfer = { .token = NULL };

    PC_TRY(pc_transfer_open(job->token, job->arena, &transfer, NULL, err));
    pc_status status = pc_transfer_out(&transfer, job->key, &job->private_key, &job->result->mechanism, err);

    if (status == PC_E_REFUSED) {
        return job->key->flags[PC_KEY_EXTRACTABLE] == PC_FACT_TRUE ? refuse_by_token(job, err)
                                                                   : refuse_exp3(job->key, err);
    }
    if (status != PC_OK) {
        return pc_note(err, status, "the key \"%s\" could not be extracted from token \"%s\"; nothing was written",
                       job->key->label, job->token->info.label);
    }
    job->result->transport = transfer.words;
    if (EVP_PKEY_eq(job->private_key, X509_get0_pubkey(job->leaf)) != 1) {
        return pc_fail(
            err, PC_E_VERIFY,
            "what the token returned for the key \"%s\" does not belong to its certificate; nothing was written",
            job->key->label);
    }
    return PC_OK;
}

static bool same_certificates(STACK_OF(X509) *a, STACK_OF(X509) *b)
{
    bool same = sk_X509_num(a) == sk_X509_num(b);

    for (int i = 0; i < sk_X509_num(a) && same; i++) {
        same = X509_cmp(sk_X509_value(a, i), sk_X509_value(b, i)) == 0;
    }
    return same;
}

/* Verified as the recipient will read it: from the bytes, with the password. */
static pc_status read_back(export_job *job, pc_error *err)
{
    PC_AUTO(pc_pfx) pc_pfx pfx = { .key = NULL };
    bool same = false;
    const pc_file_bytes made = { .name = job->order->out, .bytes = job->pfx };
    pc_status status = pc_pfx_read(&made, job->password, job->arena, &pfx, err);

    if (status == PC_E_MEMORY) {
        return status;
    }
    if (status != PC_OK) {
        return pc_note(err, PC_E_VERIFY, "the PFX cannot be read back; nothing was written");
    }
    if (pfx.key) {
        PC_TRY(pc_private_keys_equal(pfx.key, job->private_key, &same, err));
    }
    if (!same || !pfx.leaf || X509_cmp(pfx.leaf, job->leaf) != 0 || !same_certificates(pfx.chain, job->issuers)) {
        return pc_fail(err, PC_E_VERIFY, "the PFX does not contain what was written into it; no file was created");
    }
    job->result->protection = pfx.protection;
    job->result->provider = pfx.provider;
    return PC_OK;
}

/* The private key in the file belongs to its public key, which is that of the certificate: nothing needs to leave the
 * token.
 */
static bool is_own_key(const export_job *job, EVP_PKEY *key)
{
    PC_AUTO(EVP_PKEY_CTX) EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;

    pc_attempt_begin();
    const bool is_own =
        context && pc_public_keys_equal(key, X509_get0_pubkey(job->leaf)) && EVP_PKEY_pairwise_check(context) == 1;

    pc_attempt_end();
    return is_own;
}

static const char *difference(const export_job *job, const pc_pfx *pfx)
{
    const unsigned suite = job->order->legacy ? PC_PFX_TRIPLE_DES_SHA1 : PC_PFX_AES256_SHA256;

    return !is_own_key(job, pfx->key)                          ? "it contains another key"
           : !pfx->leaf || X509_cmp(pfx->leaf, job->leaf) != 0 ? "it contains another certificate"
           : !same_certificates(pfx->chain, job->issuers)      ? "it contains another chain"
           : strcmp(pfx->friendly_name ? pfx->friendly_name : "", job->friendly_name) != 0
               ? "it has another friendly name"
           : pfx->suites != suite ? "it is protected in another way"
                                  : NULL;
}

/* The PFX of an earlier run with the same order, opened as the recipient would open it. */
static pc_status compare_with_there(export_job *job, pc_error *err)
{
    PC_AUTO(pc_pfx) pc_pfx pfx = { .key = NULL };
    const pc_file_bytes file = { .name = job->order->out, .bytes = job->there };
    pc_status status = pc_pfx_read(&file, job->password, job->arena, &pfx, err);

    if (status == PC_E_MEMORY) {
        return status;
    }
    if (status != PC_OK) {
        return refuse_there(job, status == PC_E_AUTH ? "this password does not open it" : "it cannot be read", err);
    }
    const char *why = difference(job, &pfx);

    if (why) {
        return refuse_there(job, why, err);
    }
    job->pfx = job->there;
    job->result->protection = pfx.protection;
    job->result->provider = pfx.provider;
    return PC_OK;
}

static pc_status build(export_job *job, pc_error *err)
{
    const pc_pfx_plan plan = {
        .key = job->private_key,
        .leaf = job->leaf,
        .chain = job->issuers,
        .friendly_name = job->friendly_name,
        .for_schannel = EVP_PKEY_is_a(job->private_key, "RSA") == 1,
        .legacy = job->order->legacy,
        .rounds = job->order->rounds ? job->order->rounds : PC_PFX_ROUNDS,
        .password = job->password,
        .local_id = job->key->id,
    };

    PC_TRY(pc_pfx_write(&plan, job->arena, &job->pfx, err));
    if (!plan.for_schannel) {
        PC_TRY(pc_export_note(
            job->result,
            "no CSP is named in the file: the legacy SChannel provider, which SCOM requires, supports RSA keys "
            "only; Windows will put this key into a KSP, which SCOM does not support",
            err));
    }
    return read_back(job, err);
}

static pc_status describe_chain(export_job *job, pc_error *err)
{
    for (int i = 0; i < sk_X509_num(job->issuers); i++) {
        const char **slot = PC_PUSH(job->arena, job->result->chain, job->result->chain_count);

        if (!slot || !(*slot = pc_x509_name_text(X509_get_subject_name(sk_X509_value(job->issuers, i)), job->arena))) {
            return pc_fail_memory(err);
        }
    }
    return job->result->chain_complete
               ? PC_OK
               : pc_export_note(
                     job->result,
                     "the chain in the file does not reach a root: the host must have the missing issuers, or "
                     "give --chain their certificates",
                     err);
}

/* Everything that can fail is reported before the file exists. */
static pc_status describe(export_job *job, pc_error *err)
{
    pc_export_result *result = job->result;

    result->out = pc_arena_string(job->arena, job->order->out);
    result->token = pc_text_escape(job->arena, job->token->info.label, strlen(job->token->info.label));
    result->key_label = pc_text_escape(job->arena, job->key->label, strlen(job->key->label));
    result->key_id = pc_text_hex(job->arena, job->key->id, '\0');
    result->subject = pc_x509_name_text(X509_get_subject_name(job->leaf), job->arena);
    result->serial = pc_serial_words(job->leaf, job->arena);
    result->friendly_name = pc_text_escape(job->arena, job->friendly_name, strlen(job->friendly_name));
    PC_TRY(pc_sha256_words(job->pfx, job->arena, &result->sha256, err));
    if (job->order->generate_password) {
        result->password_file = pc_arena_string(job->arena, job->order->generate_password);
    }
    if (!result->out || !result->token || !result->key_label || !result->key_id || !result->subject ||
        !result->serial || !result->friendly_name || (job->order->generate_password && !result->password_file)) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_export_note(
        result,
        job->order->legacy
            ? "TripleDES and SHA-1 are only for Windows Server 2016 and older; without --legacy the file is protected "
              "better"
            : "Windows Server 2016 and older report \"the password is incorrect\" for this file, whatever the "
              "password, because they cannot read AES; export with --legacy for them",
        err));
    PC_TRY(describe_chain(job, err));
    return pc_spki_sha256(X509_get0_pubkey(job->leaf), job->arena, &result->spki_sha256, err);
}

/* The password is safe on disk before the file that needs it exists; if that file then fails, it is useless. */
static pc_status commit(export_job *job, pc_error *err)
{
    if (job->password_out) {
        PC_AUTO(pc_secret) pc_secret *line = NULL;
        size_t len = pc_secret_len(job->password);

        PC_TRY(pc_secret_new(len + 1, &line, err));
        memcpy(pc_secret_bytes(line), pc_secret_bytes(job->password), len);
        pc_secret_bytes(line)[len] = '\n';
        PC_TRY(pc_output_commit(job->password_out, pc_secret_bytes(line), len + 1, err));
    }
    pc_status status = pc_output_commit(job->out, job->pfx.data, job->pfx.len, err);

    if (status != PC_OK && job->password_out) {
        (void)unlink(job->order->generate_password);
    }
    return status;
}

static pc_status write_pfx(export_job *job, const pc_key *key, const pc_key_certificates *certificates, pc_error *err)
{
    job->key = key;
    job->leaf = certificates->leaf;
    job->issuers = certificates->issuers;
    job->result->chain_complete = certificates->ends_in_root;
    PC_TRY(choose_name(job, err));
    PC_TRY(get_password(job, err));
    if (!job->out) {
        PC_TRY(compare_with_there(job, err));
        return describe(job, err);
    }
    PC_TRY(fetch_key(job, err));
    PC_TRY(build(job, err));
    PC_TRY(describe(job, err));
    job->result->changed = true;
    return commit(job, err);
}

static pc_status find_and_write(export_job *job, pc_error *err)
{
    PC_AUTO(pc_key_certificates) pc_key_certificates certificates = { .leaf = NULL };
    const pc_export_order *order = job->order;
    const pc_certificate_files files = { .certificate = order->certificate,
                                         .chains = order->chains,
                                         .chain_count = order->chain_count };
    pc_key_selector selector;
    pc_key key;

    PC_TRY(pc_key_selector_parse(job->token, order->key, job->arena, &selector, err));
    PC_TRY(pc_key_find(job->token, &selector, job->arena, &key, err));
    PC_TRY(check_may_leave(&key, err));
    PC_TRY(pc_export_certificates(&files, job->token, &key, job->arena, &certificates, err));
    return write_pfx(job, &key, &certificates, err);
}

static pc_status result_new(pc_export_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_export_result) pc_export_result *result = PC_RESULT_NEW(pc_export_result);

    if (!result) {
        return pc_fail_memory(err);
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

/* More than five parameters: those of pc_export_run, plus the token and what the caller already knows about it. */
pc_status pc_export_on(const pc_token *token, const pc_export_order *order, const pc_export_subject *subject,
                       const pc_token_access *access, pc_export_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_export_result) pc_export_result *result = NULL;

    PC_TRY(result_new(&result, err));
    PC_AUTO(export_job)
    export_job job = { .order = order, .access = access, .result = result, .arena = result->arena, .token = token };

    PC_TRY(open_outputs(&job, err));
    PC_TRY(check_may_leave(subject->key, err));
    PC_TRY(write_pfx(&job, subject->key, subject->certificates, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_export_run(const pc_export_order *order, const pc_token_access *access, pc_export_result **ret_result,
                        pc_error *err)
{
    PC_AUTO(pc_export_result) pc_export_result *result = NULL;
    PC_AUTO(pc_token) pc_token *token = NULL;

    PC_TRY(result_new(&result, err));
    PC_AUTO(export_job)
    export_job job = { .order = order, .access = access, .result = result, .arena = result->arena };

    PC_TRY(open_outputs(&job, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    job.token = token;
    PC_TRY(find_and_write(&job, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
