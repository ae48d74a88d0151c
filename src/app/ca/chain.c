/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/ca_chain.h>

#include <openssl/err.h>
#include <string.h>

#include "app/bind/bind.h"
#include "app/ca/session.h"
#include "base/file.h"
#include "base/text.h"
#include "enroll/certsrv/certsrv.h"
#include "x509/chain.h"
#include "x509/crl.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/read.h"

void pc_ca_chain_result_free(pc_ca_chain_result *result)
{
    if (result) {
        pc_arena_free(result->arena);
        free(result);
    }
}
PC_AUTO_DEFINE(pc_ca_chain_result, pc_ca_chain_result, pc_ca_chain_result_free);

/** What the CA gave. */
typedef struct {
    STACK_OF(X509) *all;     /* its own, newest first, then what came with them; beside result->certificates */
    STACK_OF(X509) *issuers; /* of the newest, nearest first */
    X509_CRL *crl;           /* of the newest; NULL if none is wanted */
    pc_ca_chain_result *result;
} harvest;

static void harvest_clear(harvest *held)
{
    sk_X509_pop_free(held->all, X509_free);
    sk_X509_pop_free(held->issuers, X509_free);
    X509_CRL_free(held->crl);
}

static X509 *newest_of(const harvest *held)
{
    return sk_X509_value(held->all, 0);
}

/* --- fetching ---------------------------------------------------------------------------------------------------- */

static bool is_there(const harvest *held, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(held->all); i++) {
        if (X509_cmp(sk_X509_value(held->all, i), certificate) == 0) {
            return true;
        }
    }
    return false;
}

/* What is there already is not added again. */
static pc_status add(harvest *held, X509 *certificate, const pc_ca_certificate_info *as, pc_error *err)
{
    pc_ca_chain_result *result = held->result;

    if (is_there(held, certificate)) {
        return PC_OK;
    }
    pc_ca_certificate_info *info = PC_PUSH(result->arena, result->certificates, result->certificate_count);

    if (!info || X509_up_ref(certificate) != 1) {
        return pc_fail_memory(err);
    }
    *info = *as;
    if (sk_X509_push(held->all, certificate) <= 0) {
        X509_free(certificate);
        return pc_fail_memory(err);
    }
    return PC_OK;
}

/* What a CA sent and nobody can read is the CA's failure, not that of a file the user gave. */
static pc_status read_from_ca(pc_bytes file, const char *what, pc_x509_content *ret_content, pc_error *err)
{
    pc_status status = pc_x509_read(file, what, ret_content, err);

    if (status == PC_E_INPUT) {
        status = pc_note(err, PC_E_CA, "what the CA gave as %s cannot be used", what);
        (void)pc_hint(err, status,
                      "is the address that of the CA's enrolment pages (…/certsrv), and not of a gateway?");
    }
    return status;
}

static pc_status add_own(harvest *held, const pc_ca_certificate *item, bool newest, pc_error *err)
{
    PC_AUTO_CONTENT pc_x509_content content = { .csr = NULL };
    const pc_ca_certificate_info own = { .own = true, .renewal = item->renewal, .newest = newest };

    PC_TRY(read_from_ca(item->file, "its certificate", &content, err));
    if (!content.certificates || sk_X509_num(content.certificates) != 1) {
        return pc_fail(err, PC_E_CA, "what the CA gave as its certificate is not one certificate");
    }
    return add(held, sk_X509_value(content.certificates, 0), &own, err);
}

static pc_status fetch_own(pc_wire *wire, harvest *held, pc_error *err)
{
    pc_ca_certificates given;

    PC_TRY(pc_ca_get_ca_certificates(wire, held->result->arena, &given, err));
    if (given.items[given.count - 1].renewal != given.newest) {
        (void)pc_fail(err, PC_E_CA, "the CA does not give its newest certificate, of renewal %lu", given.newest);
        return pc_hint(err, PC_E_CA, "it may have been renewed and not be installed yet: ask its administrator");
    }
    for (size_t i = given.count; i > 0; i--) {
        PC_TRY(add_own(held, &given.items[i - 1], i == given.count, err));
    }
    return PC_OK;
}

static pc_status fetch_chain(pc_wire *wire, unsigned long renewal, harvest *held, pc_error *err)
{
    PC_AUTO_CONTENT pc_x509_content content = { .csr = NULL };
    const pc_ca_certificate_info other = { .own = false };
    pc_bytes file;

    PC_TRY(pc_ca_get_ca_chain(wire, held->result->arena, renewal, &file, err));
    PC_TRY(read_from_ca(file, "its chain", &content, err));
    for (int i = 0; i < sk_X509_num(content.certificates); i++) {
        PC_TRY(add(held, sk_X509_value(content.certificates, i), &other, err));
    }
    return PC_OK;
}

/* An older certificate may have another issuer than the newest. One whose chain the CA no longer gives is told as such. */
static pc_status fetch_older_chains(pc_wire *wire, harvest *held, pc_error *err)
{
    pc_ca_chain_result *result = held->result;
    size_t own_count = 0;

    while (own_count < result->certificate_count && result->certificates[own_count].own) {
        own_count++;
    }
    for (size_t i = 1; i < own_count; i++) {
        PC_AUTO(X509_stack) STACK_OF(X509) *issuers = NULL;
        const char *detail = NULL;
        X509 *each = sk_X509_value(held->all, (int)i);

        if (pc_chain_build(each, held->all, PC_CHAIN_TIMELESS, result->arena, &issuers, &detail, NULL) == PC_OK) {
            continue;
        }
        pc_status status = fetch_chain(wire, result->certificates[i].renewal, held, err);

        if (status != PC_OK && status != PC_E_CA) {
            return status;
        }
    }
    return PC_OK;
}

static pc_status fetch_crl(pc_wire *wire, harvest *held, pc_error *err)
{
    const pc_ca_crl newest = { .renewal = held->result->certificates[0].renewal };
    pc_bytes file;

    PC_TRY(pc_ca_get_crl(wire, held->result->arena, newest, &file, err));
    pc_status status = pc_crl_read(file, "what the CA gave as its CRL", &held->crl, err);

    return status == PC_E_INPUT ? pc_note(err, PC_E_CA, "the CRL of the CA cannot be used") : status;
}

static pc_status copy_templates(pc_wire *wire, pc_ca_chain_result *result, pc_error *err)
{
    pc_ca_templates given;

    PC_TRY(pc_ca_get_templates(wire, result->arena, &given, err));
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

/* The connection ends with this. */
static pc_status fetch(const pc_ca_chain_order *order, const pc_token_access *access, const pc_token *token,
                       harvest *held, pc_error *err)
{
    PC_AUTO(pc_ca_session) pc_ca_session *session = NULL;
    pc_wire *wire = NULL;

    PC_TRY(pc_ca_session_open(order->ca, access, token, &session, err));
    PC_TRY(pc_ca_session_connect(session, held->result->ca, &wire, err));
    if (order->templates) {
        return copy_templates(wire, held->result, err);
    }
    PC_TRY(fetch_own(wire, held, err));
    PC_TRY(fetch_chain(wire, held->result->certificates[0].renewal, held, err));
    PC_TRY(fetch_older_chains(wire, held, err));
    return order->crl ? fetch_crl(wire, held, err) : PC_OK;
}

/* --- judging ----------------------------------------------------------------------------------------------------- */

static const char *digest_words(const X509 *certificate, const EVP_MD *md, pc_arena *arena)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return X509_digest(certificate, md, digest, &len) == 1 ? pc_text_hex(arena, (pc_bytes){ digest, len }, '\0') : NULL;
}

static pc_status describe(X509 *certificate, pc_arena *arena, pc_ca_certificate_info *info, pc_error *err)
{
    info->self_signed = X509_self_signed(certificate, 0) == 1;
    info->subject = pc_x509_name_text(X509_get_subject_name(certificate), arena);
    info->issuer = pc_x509_name_text(X509_get_issuer_name(certificate), arena);
    info->serial = pc_serial_words(certificate, arena);
    info->not_before = pc_time_words(X509_get0_notBefore(certificate), arena);
    info->not_after = pc_time_words(X509_get0_notAfter(certificate), arena);
    info->sha256 = digest_words(certificate, EVP_sha256(), arena);
    info->sha1 = digest_words(certificate, EVP_sha1(), arena);
    return info->subject && info->issuer && info->serial && info->not_before && info->not_after && info->sha256 &&
                   info->sha1
               ? PC_OK
               : pc_fail_memory(err);
}

static pc_status judge_one(harvest *held, int at, pc_error *err)
{
    pc_ca_certificate_info *info = &held->result->certificates[at];
    PC_AUTO(X509_stack) STACK_OF(X509) *issuers = NULL;
    X509 *certificate = sk_X509_value(held->all, at);

    PC_TRY(describe(certificate, held->result->arena, info, err));
    if (X509_check_ca(certificate) != 1) {
        info->chain = "it is no CA's certificate";
        return PC_OK;
    }
    pc_status status =
        pc_chain_build(certificate, held->all, PC_CHAIN_NOW, held->result->arena, &issuers, &info->chain, err);

    info->chain_holds = status == PC_OK;
    if (at == 0 && status == PC_OK) {
        held->issuers = PC_TAKE(issuers);
    }
    return status == PC_E_VERIFY ? PC_OK : status;
}

static pc_status judge_crl(harvest *held, pc_error *err)
{
    pc_ca_chain_result *result = held->result;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const ASN1_TIME *next = X509_CRL_get0_nextUpdate(held->crl);

    PC_TRY(pc_crl_verify(held->crl, newest_of(held), err));
    if (X509_CRL_digest(held->crl, EVP_sha256(), digest, &len) != 1) {
        return pc_fail_openssl(err, PC_E_CRYPTO, "the CRL cannot be digested");
    }
    result->crl_sha256 = pc_text_hex(result->arena, (pc_bytes){ digest, len }, '\0');
    result->crl_this_update = pc_time_words(X509_CRL_get0_lastUpdate(held->crl), result->arena);
    result->crl_next_update = next ? pc_time_words(next, result->arena) : NULL;
    result->crl_stale = pc_crl_is_stale(held->crl);
    result->crl_revoked =
        (size_t)(X509_CRL_get_REVOKED(held->crl) ? sk_X509_REVOKED_num(X509_CRL_get_REVOKED(held->crl)) : 0);
    return result->crl_sha256 && result->crl_this_update ? PC_OK : pc_fail_memory(err);
}

static pc_status judge(harvest *held, pc_error *err)
{
    const pc_ca_certificate_info *newest = held->result->certificates;

    for (int i = 0; i < sk_X509_num(held->all); i++) {
        PC_TRY(judge_one(held, i, err));
    }
    if (!newest->chain_holds) {
        (void)pc_fail(err, PC_E_VERIFY, "the CA's newest certificate, of %s, does not hold: %s; nothing was written",
                      newest->subject, newest->chain);
        return pc_hint(err, PC_E_VERIFY, "SHA-256 %s; ask the CA's administrator", newest->sha256);
    }
    if (!held->crl) {
        return PC_OK;
    }
    pc_status status = judge_crl(held, err);

    return status == PC_E_VERIFY
               ? pc_note(err, status, "the CRL is not that of the CA's newest certificate; nothing was written")
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

static bool is_issuer_of_newest(const harvest *held, const X509 *certificate)
{
    for (int i = 0; i < sk_X509_num(held->issuers); i++) {
        if (X509_cmp(sk_X509_value(held->issuers, i), certificate) == 0) {
            return true;
        }
    }
    return false;
}

/* The newest and its issuers stand first, in their order, as TLS servers want a chain. */
static pc_status write_chain(const harvest *held, pc_output *output, pc_error *err)
{
    const char *text = "";

    PC_TRY(append_pem(newest_of(held), held->result->arena, &text, err));
    for (int i = 0; i < sk_X509_num(held->issuers); i++) {
        PC_TRY(append_pem(sk_X509_value(held->issuers, i), held->result->arena, &text, err));
    }
    for (int i = 1; i < sk_X509_num(held->all); i++) {
        if (held->result->certificates[i].chain_holds && !is_issuer_of_newest(held, sk_X509_value(held->all, i))) {
            PC_TRY(append_pem(sk_X509_value(held->all, i), held->result->arena, &text, err));
        }
    }
    return pc_output_commit(output, text, strlen(text), err);
}

static pc_status write_crl(const harvest *held, pc_output *output, pc_error *err)
{
    pc_bytes der = { .len = 0 };

    PC_TRY(pc_crl_to_der(held->crl, held->result->arena, &der, err));
    return pc_output_commit(output, der.data, der.len, err);
}

static pc_status store(const harvest *held, const pc_token *token, pc_error *err)
{
    pc_ca_chain_result *result = held->result;

    result->stored = pc_arena_alloc(result->arena, result->certificate_count * sizeof *result->stored);
    result->token = pc_arena_string(result->arena, token->info.label);
    if (!result->stored || !result->token) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < result->certificate_count; i++) {
        if (!result->certificates[i].chain_holds) {
            continue;
        }
        pc_status status = pc_bind_issuer(token, sk_X509_value(held->all, (int)i), result->arena,
                                          &result->stored[result->stored_count], err);
        if (status != PC_OK) {
            (void)pc_note(err, status, "%zu of the CA's certificates are on token \"%s\", the one of %s is not",
                          result->stored_count, result->token, result->certificates[i].subject);
            return pc_hint(err, status, "run the same command again: it writes those that are missing");
        }
        result->stored_count++;
    }
    return PC_OK;
}

/** Where the result goes; opened before the CA is asked. */
typedef struct {
    pc_output *chain;
    pc_output *crl;
    pc_token *token; /* NULL if neither the order nor the login wants one */
} places;

static void places_clear(places *held)
{
    pc_output_free(held->chain);
    pc_output_free(held->crl);
    pc_token_close(held->token);
}

static pc_status places_open(const pc_ca_chain_order *order, const pc_token_access *access, places *ret_places,
                             pc_error *err)
{
    pc_file_mode mode = order->force ? PC_FILE_REPLACE : PC_FILE_NEW;

    if (order->out && !order->templates) {
        PC_TRY(pc_output_open(order->out, mode, 0644, &ret_places->chain, err));
    }
    if (order->crl && !order->templates) {
        PC_TRY(pc_output_open(order->crl, mode, 0644, &ret_places->crl, err));
    }
    if (order->store || order->ca->client_key) {
        PC_TRY(pc_token_open(access, order->store ? PC_TOKEN_WRITE : PC_TOKEN_READ, &ret_places->token, err));
    }
    return PC_OK;
}

static pc_status keep(const pc_ca_chain_order *order, const harvest *held, const places *to, pc_error *err)
{
    if (order->store) {
        PC_TRY(store(held, to->token, err));
    }
    if (to->chain) {
        PC_TRY(write_chain(held, to->chain, err));
    }
    return to->crl ? write_crl(held, to->crl, err) : PC_OK;
}

pc_status pc_ca_chain_run(const pc_ca_chain_order *order, const pc_token_access *access,
                          pc_ca_chain_result **ret_result, pc_error *err)
{
    PC_AUTO(pc_ca_chain_result) pc_ca_chain_result *result = calloc(1, sizeof *result);
    __attribute__((cleanup(harvest_clear))) harvest held = { .all = sk_X509_new_null(), .result = result };
    __attribute__((cleanup(places_clear))) places to = { .chain = NULL };

    if (!held.all || !result || !(result->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_ca_access_check(order->ca, result->arena, &result->ca, err));
    PC_TRY(places_open(order, access, &to, err));
    PC_TRY(fetch(order, access, to.token, &held, err));
    if (!order->templates) {
        PC_TRY(judge(&held, err));
        PC_TRY(keep(order, &held, &to, err));
    }
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
