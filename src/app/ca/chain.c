/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ca_chain.h>

#include <openssl/err.h>
#include <string.h>

#include "app/bind/bind.h"
#include "app/ca/session.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "x509/chain.h"
#include "x509/crl.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/read.h"
#include "x509/words.h"

void pc_ca_chain_result_free(pc_ca_chain_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_ca_chain_result, pc_ca_chain_result, pc_ca_chain_result_free);

/** The certificates that the CA sent. */
typedef struct {
    STACK_OF(X509) *all;     /* its own, newest first, then the others; in the order of result->certificates */
    STACK_OF(X509) *issuers; /* of the newest, nearest first */
    X509_CRL *crl;           /* of the newest; NULL if none is requested */
    pc_ca_chain_result *result;
} ca_answer;

static void ca_answer_clear(ca_answer *got)
{
    sk_X509_pop_free(got->all, X509_free);
    sk_X509_pop_free(got->issuers, X509_free);
    X509_CRL_free(got->crl);
}

PC_AUTO_DEFINE_VALUE(ca_answer, ca_answer, ca_answer_clear);

static X509 *newest_of(const ca_answer *got)
{
    return sk_X509_value(got->all, 0);
}

/* --- fetching ---------------------------------------------------------------------------------------------------- */

static bool is_there(const ca_answer *got, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(got->all); i++) {
        if (X509_cmp(sk_X509_value(got->all, i), certificate) == 0) {
            return true;
        }
    }
    return false;
}

/* One that is already in the list is not added again. */
static pc_status add(ca_answer *got, X509 *certificate, const pc_ca_certificate_info *details, pc_error *err)
{
    pc_ca_chain_result *result = got->result;

    if (is_there(got, certificate)) {
        return PC_OK;
    }
    pc_ca_certificate_info *info = PC_PUSH(result->arena, result->certificates, result->certificate_count);

    if (!info || X509_up_ref(certificate) != 1) {
        return pc_fail_memory(err);
    }
    *info = *details;
    if (sk_X509_push(got->all, certificate) <= 0) {
        X509_free(certificate);
        return pc_fail_memory(err);
    }
    return PC_OK;
}

/* Unreadable data from a CA is reported as the CA's failure, not as that of a user's file. */
static pc_status read_from_ca(pc_bytes file, const char *what, pc_x509_content *ret_content, pc_error *err)
{
    pc_status status = pc_x509_read(file, what, ret_content, err);

    if (status == PC_E_INPUT) {
        status = pc_note(err, PC_E_CA, "the data that the CA sent as %s cannot be used", what);
        (void)pc_hint(err, status, "check that the address is that of the CA, such as …/certsrv, not of a gateway");
    }
    return status;
}

static pc_status add_own(ca_answer *got, const pc_ca_certificate *item, bool newest, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    const pc_ca_certificate_info own = { .own = true, .renewal = item->renewal, .newest = newest };

    PC_TRY(read_from_ca(item->file, "its certificate", &content, err));
    if (!content.certificates || sk_X509_num(content.certificates) != 1) {
        return pc_fail(err, PC_E_CA, "the data that the CA sent as its certificate is not exactly one certificate");
    }
    return add(got, sk_X509_value(content.certificates, 0), &own, err);
}

static pc_status fetch_own(const pc_ca_connection *connection, ca_answer *got, pc_error *err)
{
    pc_ca_certificates given;

    PC_TRY(connection->protocol->get_ca_certificates(connection, got->result->arena, &given, err));
    if (given.items[given.count - 1].renewal != given.newest) {
        (void)pc_fail(err, PC_E_CA, "the CA does not provide its newest certificate, of renewal %lu", given.newest);
        return pc_hint(err, PC_E_CA, "the renewed certificate may not be installed yet: ask the CA's administrator");
    }
    for (size_t i = given.count; i > 0; i--) {
        PC_TRY(add_own(got, &given.items[i - 1], i == given.count, err));
    }
    return PC_OK;
}

static pc_status fetch_chain(const pc_ca_connection *connection, unsigned long renewal, ca_answer *got, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    const pc_ca_certificate_info other = { .own = false };
    pc_bytes file;

    PC_TRY(connection->protocol->get_ca_chain(connection, got->result->arena, renewal, &file, err));
    PC_TRY(read_from_ca(file, "its chain", &content, err));
    for (int i = 0; i < sk_X509_num(content.certificates); i++) {
        PC_TRY(add(got, sk_X509_value(content.certificates, i), &other, err));
    }
    return PC_OK;
}

/* An older certificate may have another issuer than the newest. If the CA no longer provides its chain, that is
 * reported. */
static pc_status fetch_older_chains(const pc_ca_connection *connection, ca_answer *got, pc_error *err)
{
    pc_ca_chain_result *result = got->result;
    size_t own_count = 0;

    while (own_count < result->certificate_count && result->certificates[own_count].own) {
        own_count++;
    }
    for (size_t i = 1; i < own_count; i++) {
        X509 *each = sk_X509_value(got->all, (int)i);
        const pc_chain_question question = { .leaf = each, .others = got->all, .rigour = PC_RIGOUR_TIMELESS };
        pc_chain chain = { .issuers = NULL };
        bool holds = pc_chain_build(&question, result->arena, &chain, NULL) == PC_OK;
        PC_AUTO(X509_stack) STACK_OF(X509) *issuers = chain.issuers;

        (void)issuers;
        if (holds) {
            continue;
        }
        pc_status status = fetch_chain(connection, result->certificates[i].renewal, got, err);

        if (status != PC_OK && status != PC_E_CA) {
            return status;
        }
    }
    return PC_OK;
}

static pc_status fetch_crl(const pc_ca_connection *connection, ca_answer *got, pc_error *err)
{
    const pc_ca_crl newest = { .renewal = got->result->certificates[0].renewal };
    pc_bytes file;

    PC_TRY(connection->protocol->get_crl(connection, got->result->arena, newest, &file, err));
    pc_status status = pc_crl_read(file, "the data that the CA sent as its CRL", &got->crl, err);

    return status == PC_E_INPUT ? pc_note(err, PC_E_CA, "the CRL of the CA cannot be used") : status;
}

static pc_status copy_templates(const pc_ca_connection *connection, pc_ca_chain_result *result, pc_error *err)
{
    pc_ca_templates given;

    PC_TRY(connection->protocol->get_templates(connection, result->arena, &given, err));
    result->templates = pc_arena_alloc(result->arena, (given.count + 1) * sizeof *result->templates);
    if (!result->templates) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < given.count; i++) {
        result->templates[i] = (pc_ca_template_info){ .name = given.items[i].name, .display = given.items[i].display };
    }
    result->template_count = given.count;
    return PC_OK;
}

/* The one that issued none of the others issues to this login. */
static X509 *issuing_of(const STACK_OF(X509) *certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++) {
        X509 *each = sk_X509_value(certificates, i);
        bool is_issuer = false;

        for (int j = 0; j < sk_X509_num(certificates); j++) {
            X509 *other = sk_X509_value(certificates, j);

            is_issuer = is_issuer || (X509_cmp(each, other) != 0 && X509_check_issued(each, other) == X509_V_OK);
        }
        if (!is_issuer && X509_check_ca(each) == 1) {
            return each;
        }
    }
    return NULL;
}

/* A CA that sends all of its certificates at once, in any order. */
static pc_status fetch_all(const pc_ca_connection *connection, ca_answer *got, pc_error *err)
{
    PC_AUTO(pc_x509_content) pc_x509_content content = { .csr = NULL };
    const pc_ca_certificate_info own = { .own = true, .newest = true };
    const pc_ca_certificate_info other = { .own = false };
    pc_bytes file;

    PC_TRY(connection->protocol->get_ca_chain(connection, got->result->arena, 0, &file, err));
    PC_TRY(read_from_ca(file, "its certificates", &content, err));
    X509 *issuing = issuing_of(content.certificates);

    if (!issuing) {
        return pc_fail(err, PC_E_CA, "the data that the CA sent as its certificates contains no CA certificate");
    }
    PC_TRY(add(got, issuing, &own, err));
    for (int i = 0; i < sk_X509_num(content.certificates); i++) {
        PC_TRY(add(got, sk_X509_value(content.certificates, i), &other, err));
    }
    return PC_OK;
}

/** The query and the CA. */
typedef struct {
    const pc_ca_chain_order *order;
    const pc_token_access *access;
    pc_ca_target target;
} ca_question;

static pc_status check_capabilities(const ca_question *question, pc_error *err)
{
    const pc_ca_protocol *protocol = question->target.protocol;

    if (!question->order->templates && !protocol->get_ca_chain) {
        (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" cannot provide the CA's certificates", protocol->name);
        return pc_hint(err, PC_E_USAGE, "they come with each certificate that is issued; ask the CA's administrator");
    }
    if (question->order->templates && !pc_ca_can(protocol, PC_CA_CAN_LIST_TEMPLATES)) {
        return pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no list of templates", protocol->name);
    }
    if (question->order->crl && !pc_ca_can(protocol, PC_CA_CAN_GIVE_CRL)) {
        (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" does not provide CRLs", protocol->name);
        return pc_hint(err, PC_E_USAGE, "certificates name the address of the CRL: `p11cert show` prints it");
    }
    return PC_OK;
}

/* The connection is closed afterwards. */
static pc_status fetch(const ca_question *question, const pc_token *token, ca_answer *got, pc_error *err)
{
    const pc_ca_chain_order *order = question->order;
    PC_AUTO(pc_ca_session) pc_ca_session *session = NULL;
    const pc_ca_connection *connection = NULL;

    PC_TRY(pc_ca_session_open(order->ca, question->access, token, &session, err));
    PC_TRY(pc_ca_session_connect(session, &question->target, &connection, err));
    if (order->templates) {
        return copy_templates(connection, got->result, err);
    }
    if (!got->result->numbered) {
        return fetch_all(connection, got, err);
    }
    PC_TRY(fetch_own(connection, got, err));
    PC_TRY(fetch_chain(connection, got->result->certificates[0].renewal, got, err));
    PC_TRY(fetch_older_chains(connection, got, err));
    return order->crl ? fetch_crl(connection, got, err) : PC_OK;
}

/* --- judging ----------------------------------------------------------------------------------------------------- */

static pc_status describe(X509 *certificate, pc_arena *arena, pc_ca_certificate_info *info, pc_error *err)
{
    info->self_signed = X509_self_signed(certificate, 0) == 1;
    info->subject = pc_x509_name_text(X509_get_subject_name(certificate), arena);
    info->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), arena);
    info->serial = pc_serial_words(certificate, arena);
    info->not_before = pc_time_words(X509_get0_notBefore(certificate), arena);
    info->not_after = pc_time_words(X509_get0_notAfter(certificate), arena);
    PC_TRY(pc_certificate_digest_words(certificate, EVP_sha256(), arena, &info->sha256, err));
    PC_TRY(pc_certificate_digest_words(certificate, EVP_sha1(), arena, &info->sha1, err));
    return info->subject && info->issuer && info->serial && info->not_before && info->not_after && info->sha256 &&
                   info->sha1
               ? PC_OK
               : pc_fail_memory(err);
}

static pc_status judge_one(ca_answer *got, int index, pc_error *err)
{
    pc_ca_certificate_info *info = &got->result->certificates[index];
    X509 *certificate = sk_X509_value(got->all, index);
    const pc_chain_question question = { .leaf = certificate, .others = got->all, .rigour = PC_RIGOUR_NOW };
    pc_chain chain = { .issuers = NULL };

    PC_TRY(describe(certificate, got->result->arena, info, err));
    if (X509_check_ca(certificate) != 1) {
        info->chain = "it is not a CA certificate";
        return PC_OK;
    }
    pc_status status = pc_chain_build(&question, got->result->arena, &chain, err);
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = chain.issuers;

    info->chain = chain.words;
    info->chain_valid = status == PC_OK;
    if (index == 0 && status == PC_OK) {
        got->issuers = PC_TAKE(issuers);
    }
    return status == PC_E_VERIFY ? PC_OK : status;
}

static pc_status judge_crl(ca_answer *got, pc_error *err)
{
    pc_ca_chain_result *result = got->result;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(got->crl);

    PC_TRY(pc_crl_verify(got->crl, newest_of(got), err));
    if (X509_CRL_digest(got->crl, EVP_sha256(), digest, &len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be digested");
    }
    result->crl_sha256 = pc_text_hex(result->arena, (pc_bytes){ digest, len }, '\0');
    result->crl_this_update = pc_time_words(X509_CRL_get0_lastUpdate(got->crl), result->arena);
    result->crl_next_update = next ? pc_time_words(next, result->arena) : NULL;
    result->crl_stale = pc_crl_is_stale(got->crl);
    result->crl_revoked =
        (size_t)(X509_CRL_get_REVOKED(got->crl) ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(got->crl)) : 0);
    return result->crl_sha256 && result->crl_this_update ? PC_OK : pc_fail_memory(err);
}

static pc_status judge(ca_answer *got, pc_error *err)
{
    const pc_ca_certificate_info *newest = got->result->certificates;

    for (int i = 0; i < sk_X509_num(got->all); i++) {
        PC_TRY(judge_one(got, i, err));
    }
    if (!newest->chain_valid) {
        (void)pc_fail(err, PC_E_VERIFY, "the CA's newest certificate, of %s, is not valid: %s; nothing was written",
                      newest->subject, newest->chain);
        return pc_hint(err, PC_E_VERIFY, "SHA-256 %s; ask the CA's administrator", newest->sha256);
    }
    if (!got->crl) {
        return PC_OK;
    }
    pc_status status = judge_crl(got, err);

    return status == PC_E_VERIFY
               ? pc_note(err, status, "the CRL was not issued with the CA's newest certificate; nothing was written")
               : status;
}

/* --- keeping ----------------------------------------------------------------------------------------------------- */

static pc_status append_pem(const X509 *certificate, pc_arena *arena, const char **text, pc_error *err)
{
    const char *pem = NULL;

    PC_TRY(pc_x509_to_pem(certificate, arena, &pem, err));
    *text = pc_arena_format(arena, "%s%s", *text, pem);
    return *text ? PC_OK : pc_fail_memory(err);
}

static bool is_issuer_of_newest(const ca_answer *got, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(got->issuers); i++) {
        if (X509_cmp(sk_X509_value(got->issuers, i), certificate) == 0) {
            return true;
        }
    }
    return false;
}

/* The newest and its issuers come first, in order, as TLS servers need a chain. */
static pc_status write_chain(const ca_answer *got, pc_output *output, pc_error *err)
{
    const char *text = "";

    PC_TRY(append_pem(newest_of(got), got->result->arena, &text, err));
    for (int i = 0; i < sk_X509_num(got->issuers); i++) {
        PC_TRY(append_pem(sk_X509_value(got->issuers, i), got->result->arena, &text, err));
    }
    for (int i = 1; i < sk_X509_num(got->all); i++) {
        if (got->result->certificates[i].chain_valid && !is_issuer_of_newest(got, sk_X509_value(got->all, i))) {
            PC_TRY(append_pem(sk_X509_value(got->all, i), got->result->arena, &text, err));
        }
    }
    return pc_output_commit(output, text, strlen(text), err);
}

static pc_status write_crl(const ca_answer *got, pc_output *output, pc_error *err)
{
    pc_bytes der = { .len = 0 };

    PC_TRY(pc_crl_to_der(got->crl, got->result->arena, &der, err));
    return pc_output_commit(output, der.data, der.len, err);
}

static pc_status store(const ca_answer *got, const pc_token *token, pc_error *err)
{
    pc_ca_chain_result *result = got->result;

    result->stored = pc_arena_alloc(result->arena, result->certificate_count * sizeof *result->stored);
    result->token = pc_arena_string(result->arena, token->info.label);
    if (!result->stored || !result->token) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < result->certificate_count; i++) {
        if (!result->certificates[i].chain_valid) {
            continue;
        }
        pc_status status = pc_bind_issuer(token, sk_X509_value(got->all, (int)i), result->arena,
                                          &result->stored[result->stored_count], err);
        if (status != PC_OK) {
            (void)pc_note(err, status, "%zu of the CA's certificates are on token \"%s\"; the one of %s is not",
                          result->stored_count, result->token, result->certificates[i].subject);
            return pc_hint_resume(err, status, "run the same command again: it writes the missing ones");
        }
        result->stored_count++;
    }
    return PC_OK;
}

/** The outputs; opened before anything is sent to the CA. */
typedef struct {
    pc_output *chain;
    pc_output *crl;
    pc_token *token; /* NULL if neither the order nor the login needs one */
} destinations;

static void destinations_clear(destinations *got)
{
    pc_output_free(got->chain);
    pc_output_free(got->crl);
    pc_token_close(got->token);
}

PC_AUTO_DEFINE_VALUE(destinations, destinations, destinations_clear);

static pc_status destinations_open(const pc_ca_chain_order *order, const pc_token_access *access,
                                   destinations *ret_destinations, pc_error *err)
{
    pc_file_mode mode = order->force ? PC_FILE_REPLACE : PC_FILE_SAME;

    if (order->out && !order->templates) {
        PC_TRY(pc_output_open(order->out, mode, 0644, &ret_destinations->chain, err));
    }
    if (order->crl && !order->templates) {
        PC_TRY(pc_output_open(order->crl, mode, 0644, &ret_destinations->crl, err));
    }
    if (order->store || order->ca->client_key) {
        PC_TRY(pc_token_open(access, order->store ? PC_TOKEN_WRITE : PC_TOKEN_READ, &ret_destinations->token, err));
    }
    return PC_OK;
}

static bool has_changed(const pc_ca_chain_result *result, const destinations *outputs)
{
    bool changed = (outputs->chain && !pc_output_is_unchanged(outputs->chain)) ||
                   (outputs->crl && !pc_output_is_unchanged(outputs->crl));

    for (size_t i = 0; i < result->stored_count; i++) {
        changed = changed || result->stored[i].state != PC_BOUND_ALREADY;
    }
    return changed;
}

/* An existing file with other content is refused before anything is written to the token. */
static pc_status keep(const pc_ca_chain_order *order, const ca_answer *got, const destinations *outputs, pc_error *err)
{
    if (outputs->chain) {
        PC_TRY(write_chain(got, outputs->chain, err));
    }
    if (outputs->crl) {
        PC_TRY(write_crl(got, outputs->crl, err));
    }
    if (order->store) {
        PC_TRY(store(got, outputs->token, err));
    }
    got->result->changed = has_changed(got->result, outputs);
    return PC_OK;
}

pc_status pc_ca_chain_run(const pc_ca_chain_order *order, const pc_token_access *access,
                          pc_ca_chain_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_ca_chain_result) pc_ca_chain_result *result = PC_RESULT_NEW(pc_ca_chain_result);
    PC_AUTO(ca_answer) ca_answer got = { .all = sk_X509_new_null(), .result = result };
    PC_AUTO(destinations) destinations outputs = { .chain = NULL };
    ca_question question = { .order = order, .access = access };

    if (!got.all || !result) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ca_access_check(order->ca, result->arena, &question.target, err));
    PC_TRY(check_capabilities(&question, err));
    result->ca = question.target.address;
    result->numbered = pc_ca_can(question.target.protocol, PC_CA_CAN_NUMBER_ITS_CAS);
    PC_TRY(destinations_open(order, access, &outputs, err));
    PC_TRY(fetch(&question, outputs.token, &got, err));
    if (!order->templates) {
        PC_TRY(judge(&got, err));
        PC_TRY(keep(order, &got, &outputs, err));
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
