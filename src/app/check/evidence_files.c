/* SPDX-License-Identifier: Apache-2.0 */
#include "app/files/document.h"
#include "app/check/evidence.h"
#include "x509/chain.h"
#include "x509/facts.h"

void pc_files_clear(pc_files *files)
{
    pc_request_free(files->request);
    pc_inf_free(files->inf);
    X509_REQ_free(files->csr);
    sk_X509_pop_free(files->certificates, X509_free);
    pc_pfx_clear(&files->pfx);
    pc_arena_free(files->pfx_arena);
    *files = (pc_files){ .inf = NULL };
}

static X509 *find_same(const pc_files *files, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(files->certificates); i++) {
        X509 *each = sk_X509_value(files->certificates, i);

        if (X509_cmp(each, certificate) == 0) {
            return each;
        }
    }
    return NULL;
}

/* A certificate that is given twice, alone and in a PFX, counts once. */
static pc_status take_certificate(X509 *certificate, pc_files *files, X509 **ret_taken, pc_error *err)
{
    *ret_taken = find_same(files, certificate);
    if (*ret_taken) {
        return PC_OK;
    }
    if (sk_X509_push(files->certificates, certificate) <= 0 || X509_up_ref(certificate) != 1) {
        return pc_fail_memory(err);
    }
    *ret_taken = certificate;
    return PC_OK;
}

static pc_status take_certificates(const STACK_OF(X509) *from, const char *file, pc_files *files, pc_error *err)
{
    for (int i = 0; i < sk_X509_num(from); i++) {
        X509 *each = NULL;

        PC_TRY(take_certificate(sk_X509_value(from, i), files, &each, err));
        if (!files->leaf && X509_check_ca(each) == 0) {
            files->leaf = each;
            files->leaf_file = file;
        }
    }
    return PC_OK;
}

static pc_status second_of(const char *what, const char *file, pc_error *err)
{
    return pc_fail(err, PC_E_USAGE, "\"%s\" is a second %s; give one", file, what);
}

static pc_status take_pfx(pc_document *document, pc_files *files, pc_error *err)
{
    X509 *taken = NULL;

    if (files->has_pfx) {
        return second_of("PFX", document->file, err);
    }
    files->has_pfx = true;
    files->pfx = document->pfx;
    files->pfx_arena = PC_TAKE(document->pfx_arena);
    files->pfx_file = document->file;
    document->pfx = (pc_pfx){ .key = NULL };
    if (!files->pfx.leaf) {
        return take_certificates(files->pfx.chain, document->file, files, err);
    }
    for (int i = 0; i < sk_X509_num(files->pfx.chain); i++) {
        PC_TRY(take_certificate(sk_X509_value(files->pfx.chain, i), files, &taken, err));
    }
    return take_certificate(files->pfx.leaf, files, &taken, err);
}

static pc_status take_document(pc_document *document, pc_files *files, pc_error *err)
{
    if (document->has_pfx) {
        return take_pfx(document, files, err);
    }
    if (document->inf) {
        if (files->inf) {
            return second_of("INF file", document->file, err);
        }
        files->inf = PC_TAKE(document->inf);
        return pc_inf_to_request(files->inf, &files->request, err);
    }
    if (document->x509.csr) {
        if (files->csr) {
            return second_of("request", document->file, err);
        }
        files->csr = PC_TAKE(document->x509.csr);
        files->csr_file = document->file;
        return PC_OK;
    }
    return take_certificates(document->x509.certificates, document->file, files, err);
}

/* The host gets what is in the PFX, so its certificate is the one that is judged. */
static pc_status prefer_pfx(pc_files *files, pc_error *err)
{
    X509 *leaf = files->pfx.leaf ? find_same(files, files->pfx.leaf) : NULL;

    if (!leaf) {
        return PC_OK;
    }
    if (files->leaf && files->leaf != leaf) {
        return pc_fail(err, PC_E_INPUT, "\"%s\" and the PFX \"%s\" hold different certificates", files->leaf_file,
                       files->pfx_file);
    }
    files->leaf = leaf;
    files->leaf_file = files->pfx_file;
    return PC_OK;
}

static pc_status check_one_key(const pc_files *files, pc_error *err)
{
    if (files->csr && files->leaf &&
        EVP_PKEY_eq(X509_REQ_get0_pubkey(files->csr), X509_get0_pubkey(files->leaf)) != 1) {
        return pc_fail(err, PC_E_INPUT, "the request \"%s\" and the certificate \"%s\" are for different keys",
                       files->csr_file, files->leaf_file);
    }
    return PC_OK;
}

pc_status pc_files_read(const pc_check_order *order, pc_files *ret_files, pc_error *err)
{
    const pc_token_access prompt = { .prompt = order->prompt, .prompt_context = order->prompt_context };
    const pc_document_password password = { .source = order->password_source, .access = &prompt };
    PC_AUTO(pc_files) pc_files files = { .certificates = sk_X509_new_null() };

    if (!files.certificates) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < order->file_count; i++) {
        PC_AUTO(pc_document) pc_document document = { .file = NULL };

        PC_TRY(pc_document_read(order->files[i], &password, &document, err));
        PC_TRY(take_document(&document, &files, err));
    }
    PC_TRY(prefer_pfx(&files, err));
    /* A file with only CA certificates: then one of them is judged. */
    if (!files.leaf && sk_X509_num(files.certificates) > 0 && !files.csr) {
        files.leaf = sk_X509_value(files.certificates, 0);
        files.leaf_file = order->files[0];
    }
    PC_TRY(check_one_key(&files, err));
    *ret_files = files;
    files = (pc_files){ .inf = NULL };
    return PC_OK;
}

static void describe_inf(const pc_files *files, pc_evidence_inf *inf)
{
    const pc_request *request = files->request;

    if (!request) {
        return;
    }
    *inf = (pc_evidence_inf){
        .present = true,
        .file = files->inf->file,
        .wish = request->wish,
        .has_key_spec = request->has_key_spec,
        .key_spec = request->key_spec,
        .machine_key_set = request->machine_key_set,
        .provider_name = request->provider_name,
        .has_provider_type = request->has_provider_type,
        .provider_type = request->provider_type,
    };
}

static void describe_pfx(const pc_files *files, pc_evidence_pfx *evidence)
{
    const pc_pfx *pfx = &files->pfx;
    bool has_root = false;

    for (int i = 0; i < sk_X509_num(pfx->chain); i++) {
        has_root = has_root || X509_self_signed(sk_X509_value(pfx->chain, i), 0) == 1;
    }
    *evidence = (pc_evidence_pfx){
        .present = true,
        .file = files->pfx_file,
        .has_key = pfx->key != NULL,
        .key_is_certificates = pfx->key && pfx->leaf,
        .key_algorithm = pfx->key ? EVP_PKEY_get0_type_name(pfx->key) : NULL,
        .key_encrypted = pfx->key_encrypted,
        .provider = pfx->provider,
        .has_key_usage = pfx->has_key_usage,
        .key_usage = pfx->key_usage,
        .machine_keyset = pfx->machine_keyset,
        .has_mac = pfx->has_mac,
        .suites = pfx->suites,
        .protection = pfx->protection,
        .issuer_count = (size_t)sk_X509_num(pfx->chain),
        .has_root = has_root,
        .self_signed = pfx->leaf && X509_self_signed(pfx->leaf, 0) == 1,
    };
}

/* Issuers restrict what they issued even if one has expired, or the root was not given. */
static pc_status describe_issuers(const pc_chain_question *question, pc_arena *arena, pc_evidence_certificate *facts,
                                  pc_error *err)
{
    const pc_chain_question timeless = { .leaf = question->leaf,
                                         .others = question->others,
                                         .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };
    pc_status status = pc_chain_build(&timeless, arena, &chain, NULL);
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = chain.issuers;

    if (status != PC_OK && status != PC_E_VERIFY) {
        return pc_fail(err, status, "the issuers cannot be put in order");
    }
    return pc_x509_facts_of_issuers(issuers, arena, facts, err);
}

/* The issuers given are judged as they will be by a peer: now, and up to a self-signed root. */
static pc_status describe_chain(const pc_files *files, pc_arena *arena, pc_evidence_certificate *facts, pc_error *err)
{
    const pc_chain_question question = { .leaf = files->leaf, .others = files->certificates, .rigour = PC_RIGOUR_NOW };
    pc_chain chain = { .issuers = NULL };

    if (sk_X509_num(files->certificates) < 2) {
        return PC_OK;
    }
    pc_status status = pc_chain_build(&question, arena, &chain, err);
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = chain.issuers;

    facts->chain_detail = chain.words;

    if (status != PC_OK && status != PC_E_VERIFY) {
        return status;
    }
    facts->chain = status == PC_OK ? PC_CHAIN_VALID : PC_CHAIN_INVALID;
    return status == PC_OK ? pc_x509_facts_of_issuers(issuers, arena, facts, err)
                           : describe_issuers(&question, arena, facts, err);
}

pc_status pc_evidence_of_files(const pc_files *files, pc_arena *arena, pc_evidence *evidence, pc_error *err)
{
    describe_inf(files, &evidence->inf);
    if (files->has_pfx) {
        describe_pfx(files, &evidence->pfx);
    }
    if (files->leaf) {
        PC_TRY(pc_x509_facts_of_certificate(files->leaf, arena, &evidence->subject, &evidence->certificate, err));
        evidence->subject.file = files->leaf_file;
        evidence->subject.token = files->leaf_token;
        return describe_chain(files, arena, &evidence->certificate, err);
    }
    if (files->csr) {
        PC_TRY(pc_x509_facts_of_csr(files->csr, arena, &evidence->subject, err));
        evidence->subject.file = files->csr_file;
        evidence->subject_is_request = true;
    }
    return PC_OK;
}
