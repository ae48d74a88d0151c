/* SPDX-License-Identifier: Apache-2.0 */
#include "app/files/document.h"
#include "app/check/evidence.h"
#include "x509/attempt.h"
#include "x509/chain.h"
#include "x509/facts.h"

void pc_files_clear(pc_files *files)
{
    pc_request_free(files->request);
    pc_inf_free(files->inf);
    X509_REQ_free(files->own_csr);
    sk_X509_pop_free(files->certificates, X509_free);
    pc_pfx_clear(&files->pfx);
    pc_arena_free(files->pfx_arena);
    *files = (pc_files){ .inf = NULL };
}

/** The files while they are read. */
typedef struct {
    pc_files *files;
    pc_given_file *file; /* the one being read */
    pc_arena *arena;
} reading;

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

static pc_status add_leaf(reading *state, X509 *certificate, const char *file, pc_error *err)
{
    pc_given_leaf *slot = PC_PUSH(state->arena, state->files->leaves, state->files->leaf_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = (pc_given_leaf){ .certificate = certificate, .file = file };
    return PC_OK;
}

/* A certificate that is given twice, alone and in a PFX, counts once. */
static pc_status take_certificate(reading *state, X509 *certificate, pc_error *err)
{
    pc_files *files = state->files;
    X509 *taken = find_same(files, certificate);
    bool is_new = !taken;

    if (is_new) {
        if (sk_X509_push(files->certificates, certificate) <= 0 || X509_up_ref(certificate) != 1) {
            return pc_fail_memory(err);
        }
        taken = certificate;
    }
    X509 **slot = PC_PUSH(state->arena, state->file->certificates, state->file->count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = taken;
    return is_new && X509_check_ca(taken) == 0 ? add_leaf(state, taken, state->file->file, err) : PC_OK;
}

static pc_status take_certificates(reading *state, const STACK_OF(X509) *from, pc_error *err)
{
    for (int i = 0; i < sk_X509_num(from); i++) {
        PC_TRY(take_certificate(state, sk_X509_value(from, i), err));
    }
    return PC_OK;
}

static pc_status second_of(const char *what, const char *file, pc_error *err)
{
    return pc_fail(err, PC_E_USAGE, "\"%s\" is a second %s; give only one", file, what);
}

static pc_status take_pfx(reading *state, pc_document *document, pc_error *err)
{
    pc_files *files = state->files;

    if (files->has_pfx) {
        return second_of("PFX", document->file, err);
    }
    state->file->use = PC_FILE_PFX;
    files->has_pfx = true;
    files->pfx = document->pfx;
    files->pfx_arena = PC_TAKE(document->pfx_arena);
    files->pfx_file = document->file;
    document->pfx = (pc_pfx){ .key = NULL };
    PC_TRY(take_certificates(state, files->pfx.chain, err));
    return files->pfx.leaf ? take_certificate(state, files->pfx.leaf, err) : PC_OK;
}

static pc_status take_inf(reading *state, pc_document *document, pc_error *err)
{
    if (state->files->inf) {
        return second_of("INF file", document->file, err);
    }
    state->file->use = PC_FILE_INF;
    state->files->inf = PC_TAKE(document->inf);
    return pc_inf_to_request(state->files->inf, &state->files->request, err);
}

static pc_status take_csr(reading *state, pc_document *document, pc_error *err)
{
    if (state->files->own_csr) {
        return second_of("request", document->file, err);
    }
    state->file->use = PC_FILE_REQUEST;
    state->files->own_csr = PC_TAKE(document->x509.csr);
    state->files->csr_file = document->file;
    return PC_OK;
}

static pc_status take_document(reading *state, pc_document *document, pc_error *err)
{
    state->file = PC_PUSH(state->arena, state->files->given, state->files->given_count);
    if (!state->file) {
        return pc_fail_memory(err);
    }
    *state->file = (pc_given_file){ .file = document->file };
    if (document->has_pfx) {
        return take_pfx(state, document, err);
    }
    if (document->inf) {
        return take_inf(state, document, err);
    }
    return document->x509.csr ? take_csr(state, document, err)
                              : take_certificates(state, document->x509.certificates, err);
}

/* The host gets the contents of the PFX, so the certificate in it is judged. */
static pc_status prefer_pfx(reading *state, pc_error *err)
{
    pc_files *files = state->files;
    X509 *leaf = files->pfx.leaf ? find_same(files, files->pfx.leaf) : NULL;

    if (!leaf) {
        return PC_OK;
    }
    for (size_t i = 0; i < files->leaf_count; i++) {
        if (files->leaves[i].certificate != leaf && files->leaves[i].file != files->pfx_file) {
            return pc_fail(err, PC_E_INPUT, "\"%s\" and the PFX \"%s\" hold different certificates",
                           files->leaves[i].file, files->pfx_file);
        }
    }
    files->leaf_count = 0;
    return add_leaf(state, leaf, files->pfx_file, err);
}

static bool has_issued_any(const pc_files *files, X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(files->certificates); i++) {
        X509 *each = sk_X509_value(files->certificates, i);

        if (each != certificate && X509_check_issued(certificate, each) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

/* Only CA certificates were given: those at the lower end of the chain are judged; if they form a circle, all. */
static pc_status choose_authorities(reading *state, bool any, pc_error *err)
{
    const pc_files *files = state->files;

    for (size_t i = 0; i < files->given_count; i++) {
        for (size_t j = 0; j < files->given[i].count; j++) {
            if (any || !has_issued_any(files, files->given[i].certificates[j])) {
                PC_TRY(add_leaf(state, files->given[i].certificates[j], files->given[i].file, err));
            }
        }
    }
    return files->leaf_count || any || sk_X509_num(files->certificates) == 0 ? PC_OK
                                                                             : choose_authorities(state, true, err);
}

static bool is_for_request(const pc_files *files, const X509 *certificate)
{
    return files->own_csr && EVP_PKEY_eq(X509_REQ_get0_pubkey(files->own_csr), X509_get0_pubkey(certificate)) == 1;
}

static pc_status check_one_key(const pc_files *files, pc_error *err)
{
    if (!files->own_csr || files->leaf_count == 0) {
        return PC_OK;
    }
    for (size_t i = 0; i < files->leaf_count; i++) {
        if (is_for_request(files, files->leaves[i].certificate)) {
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_INPUT, "the request \"%s\" and the certificate \"%s\" are for different keys",
                   files->csr_file, files->leaves[0].file);
}

/* One key is named, or all are requested: that determines which certificates are judged. */
static pc_status check_keys(const pc_check_order *order, const pc_files *files, pc_error *err)
{
    if (order->key && files->leaf_count > 1) {
        return pc_fail(err, PC_E_USAGE, "`key` names one key, but \"%s\" and \"%s\" are certificates of two keys",
                       files->leaves[0].file, files->leaves[1].file);
    }
    if (order->all && (files->leaf_count || files->own_csr || files->inf)) {
        const char *file = files->leaf_count ? files->leaves[0].file
                           : files->own_csr  ? files->csr_file
                                             : files->inf->file;

        return pc_fail(err, PC_E_USAGE,
                       "`all` checks the keys on the token; \"%s\" is not the certificate of an issuer", file);
    }
    return PC_OK;
}

static pc_status choose_leaves(reading *state, const pc_check_order *order, pc_error *err)
{
    const pc_files *files = state->files;

    PC_TRY(prefer_pfx(state, err));
    if (files->leaf_count == 0 && !files->own_csr && !order->key && !order->all) {
        PC_TRY(choose_authorities(state, false, err));
    }
    PC_TRY(check_one_key(files, err));
    return check_keys(order, files, err);
}

pc_status pc_files_read(const pc_check_order *order, pc_arena *arena, pc_files *ret_files, pc_error *err)
{
    const pc_token_access prompt = { .prompt = order->prompt, .prompt_context = order->prompt_context };
    const pc_document_password password = { .source = order->password_source, .access = &prompt };
    PC_AUTO(pc_files) pc_files files = { .certificates = sk_X509_new_null() };
    reading state = { .files = &files, .arena = arena };

    if (!files.certificates) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < order->file_count; i++) {
        PC_AUTO(pc_document) pc_document document = { .file = NULL };

        PC_TRY(pc_document_read(order->files[i], &password, &document, err));
        PC_TRY(take_document(&state, &document, err));
    }
    PC_TRY(choose_leaves(&state, order, err));
    *ret_files = files;
    files = (pc_files){ .inf = NULL };
    return PC_OK;
}

void pc_files_select(pc_files *files, size_t index)
{
    bool any = index < files->leaf_count;

    files->leaf = any ? files->leaves[index].certificate : NULL;
    files->leaf_file = any ? files->leaves[index].file : NULL;
    files->leaf_token = NULL;
    files->csr = !any || is_for_request(files, files->leaf) ? files->own_csr : NULL;
}

void pc_files_select_by_key(pc_files *files, const EVP_PKEY *public_key)
{
    for (size_t i = 0; i < files->given_count && !files->leaf; i++) {
        for (size_t j = 0; j < files->given[i].count && !files->leaf; j++) {
            if (pc_public_keys_equal(X509_get0_pubkey(files->given[i].certificates[j]), public_key)) {
                files->leaf = files->given[i].certificates[j];
                files->leaf_file = files->given[i].file;
            }
        }
    }
}

static bool has_issued_marked(const pc_files *files, const bool *marked, X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(files->certificates); i++) {
        if (marked[i] && X509_check_issued(certificate, sk_X509_value(files->certificates, i)) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

/* The certificate and all above it, on every path: a renewed issuer counts beside the old one. */
static void mark_line(const pc_files *files, bool *marked)
{
    bool grows = true;

    for (int i = 0; i < sk_X509_num(files->certificates); i++) {
        marked[i] = X509_cmp(sk_X509_value(files->certificates, i), files->leaf) == 0;
    }
    while (grows) {
        grows = false;
        for (int i = 0; i < sk_X509_num(files->certificates); i++) {
            if (!marked[i] && has_issued_marked(files, marked, sk_X509_value(files->certificates, i))) {
                marked[i] = grows = true;
            }
        }
    }
}

static pc_file_use use_of(const pc_files *files, const bool *marked, const pc_given_file *file)
{
    pc_file_use use = file->use;

    for (size_t i = 0; i < file->count; i++) {
        int index = sk_X509_find(files->certificates, file->certificates[i]);

        if (file->certificates[i] == files->leaf) {
            return PC_FILE_CHECKED;
        }
        use = use == PC_FILE_UNUSED && index >= 0 && marked[index] ? PC_FILE_ISSUER : use;
    }
    return use;
}

pc_status pc_files_note_use(pc_files *files, pc_arena *arena, pc_error *err)
{
    bool *marked = pc_arena_alloc(arena, (size_t)sk_X509_num(files->certificates) + 1);

    if (!marked) {
        return pc_fail_memory(err);
    }
    if (!files->leaf) {
        return PC_OK;
    }
    mark_line(files, marked);
    for (size_t i = 0; i < files->given_count; i++) {
        if (files->given[i].use == PC_FILE_UNUSED || files->given[i].use == PC_FILE_ISSUER) {
            files->given[i].use = use_of(files, marked, &files->given[i]);
        }
    }
    return PC_OK;
}

void pc_files_rewind(pc_files *files, int certificate_count)
{
    while (sk_X509_num(files->certificates) > certificate_count) {
        X509_free(sk_X509_pop(files->certificates));
    }
    pc_files_select(files, files->leaf_count);
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
