/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/session.h"

#include <string.h>

#include "base/secret_auto.h"
#include "enroll/http/address.h"
#include "pair/public_key.h"
#include "signer/signer.h"
#include "token/certificate_object.h"
#include "token/key.h"
#include "x509/auto.h"
#include "x509/chain.h"

struct pc_ca_session {
    const pc_ca_access *ca;
    const pc_token *token;
    pc_arena *arena;
    pc_secret *password;
    pc_key client_key;
    X509 *client_certificate;
    STACK_OF(X509) *client_issuers; /* as far as they are on the token */
    /* while connected */
    pc_ca_access connected;
    pc_signer *signer;
    pc_wire *wire;
};

static bool wants_password(const pc_ca_access *ca)
{
    return ca->login == PC_CA_LOGIN_BASIC || ca->login == PC_CA_LOGIN_NTLM;
}

pc_status pc_ca_access_url(const pc_ca_access *ca, pc_arena *arena, const char **ret_url, pc_error *err)
{
    const char *folder = NULL;

    PC_TRY(pc_address_of_ca(arena, ca, &folder, err));
    *ret_url = pc_arena_text(arena, folder, strlen(folder) - 1); /* a folder ends in a slash */
    return *ret_url ? PC_OK : pc_fail_memory(err);
}

pc_status pc_ca_access_check(const pc_ca_access *ca, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_wire) pc_wire *wire = NULL;
    const char *url = NULL;
    pc_ca_access trial = *ca;

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (ca->url) {
        PC_TRY(pc_ca_access_url(ca, arena, &url, err));
    }
    if (wants_password(ca) && (!ca->user || !*ca->user)) {
        (void)pc_fail(err, PC_E_USAGE, "this login wants a user");
        return pc_hint(err, PC_E_USAGE, "name it with --user, as DOMAIN\\user or user@domain");
    }
    /* The rest is told by a wire that is never used: without a login, which is not known yet. */
    trial.url = ca->url ? ca->url : "https://localhost/certsrv";
    trial.login = PC_CA_LOGIN_NONE;
    return pc_wire_open(&trial, NULL, &wire, err);
}

/* --- what logs in ---------------------------------------------------------------------------- */

pc_status pc_ca_password_read(const pc_ca_access *ca, const pc_token_access *access, pc_arena *arena,
                              pc_secret **ret_password, pc_error *err)
{
    if (!wants_password(ca)) {
        return PC_OK;
    }
    if (ca->password) {
        return pc_secret_copy(ca->password, ret_password, err);
    }
    const char *what = pc_arena_format(arena, "password of \"%s\" at the CA", ca->user);
    const char *source = ca->password_source ? ca->password_source : "prompt";

    if (!what) {
        return pc_fail_memory(err);
    }
    pc_status status = pc_pin_read(source, access->prompt, access->prompt_context, what, ret_password, err);

    return status == PC_OK ? PC_OK : pc_note(err, status, "the %s cannot be read; nothing was sent", what);
}

/* Of several certificates of the key the one that is valid longest; one of another key is none. */
static void take_if_better(pc_ca_session *session, const pc_certificate_object *object, const EVP_PKEY *public_key)
{
    const uint8_t *at = object->value.data;
    PC_AUTO(X509) X509 *certificate = at ? d2i_X509(NULL, &at, (long)object->value.len) : NULL;
    int days = 0;
    int seconds = 0;

    if (!certificate || EVP_PKEY_eq(X509_get0_pubkey(certificate), public_key) != 1) {
        return;
    }
    const ASN1_TIME *best = session->client_certificate ? X509_get0_notAfter(session->client_certificate) : NULL;

    if (best &&
        (ASN1_TIME_diff(&days, &seconds, best, X509_get0_notAfter(certificate)) != 1 || (days <= 0 && seconds <= 0))) {
        return;
    }
    X509_free(session->client_certificate);
    session->client_certificate = PC_TAKE(certificate);
}

/* A server that trusts the root alone wants what lies between; one that does not get it may do without. */
static pc_status find_client_issuers(pc_ca_session *session, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *others = sk_X509_new_null();
    pc_certificate_object *objects = NULL;
    const char *detail = NULL;
    size_t count = 0;

    if (!others) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_certificate_list(session->token, session->arena, &objects, &count, err));
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = objects[i].value.data;
        X509 *each = at ? d2i_X509(NULL, &at, (long)objects[i].value.len) : NULL;

        if (each && sk_X509_push(others, each) <= 0) {
            X509_free(each);
            return pc_fail_memory(err);
        }
    }
    pc_status status = pc_chain_build(session->client_certificate, others, PC_CHAIN_TIMELESS, session->arena,
                                      &session->client_issuers, &detail, NULL);

    return status == PC_E_MEMORY ? pc_fail_memory(err) : PC_OK;
}

static pc_status find_client_certificate(pc_ca_session *session, pc_error *err)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const pc_key *key = &session->client_key;
    pc_certificate_object *objects = NULL;
    size_t count = 0;
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(session->token, session->ca->client_key, session->arena, &selector, err));
    PC_TRY(pc_key_find(session->token, &selector, session->arena, &session->client_key, err));
    PC_TRY(pc_public_key_of(key, &public_key, err));
    PC_TRY(pc_certificate_find_by_id(session->token, key->id, session->arena, &objects, &count, err));
    for (size_t i = 0; i < count; i++) {
        take_if_better(session, &objects[i], public_key);
    }
    if (!session->client_certificate) {
        (void)pc_fail(err, PC_E_NOT_FOUND,
                      "the key \"%s\" has no certificate on the token that could be shown to the CA", key->label);
        return pc_hint(err, PC_E_NOT_FOUND, "name with --client-key a key that has one; `p11cert list` shows which do");
    }
    return find_client_issuers(session, err);
}

pc_status pc_ca_session_open(const pc_ca_access *ca, const pc_token_access *access, const pc_token *token,
                             pc_ca_session **ret_session, pc_error *err)
{
    PC_AUTO(pc_ca_session) pc_ca_session *session = calloc(1, sizeof *session);

    if (!session || !(session->arena = pc_arena_new())) {
        return pc_fail_memory(err);
    }
    session->ca = ca;
    session->token = token;
    if (ca->client_key) {
        PC_TRY(pc_engine_check(err));
        PC_TRY(find_client_certificate(session, err));
    }
    PC_TRY(pc_ca_password_read(ca, access, session->arena, &session->password, err));
    *ret_session = PC_TAKE(session);
    return PC_OK;
}

/* --- the wire -------------------------------------------------------------------------------- */

pc_status pc_ca_session_connect(pc_ca_session *session, const char *url, pc_wire **ret_wire, pc_error *err)
{
    pc_ca_credentials credentials = { .password = session->password };

    pc_ca_session_disconnect(session);
    session->connected = *session->ca;
    if (url && !(session->connected.url = pc_arena_string(session->arena, url))) {
        return pc_fail_memory(err);
    }
    if (session->client_certificate) {
        PC_TRY(pc_signer_open(session->token, &session->client_key, &session->signer, err));
        credentials.certificate = session->client_certificate;
        credentials.issuers = session->client_issuers;
        credentials.private_key = pc_signer_private(session->signer);
    }
    PC_TRY(pc_wire_open(&session->connected, &credentials, &session->wire, err));
    *ret_wire = session->wire;
    return PC_OK;
}

void pc_ca_session_disconnect(pc_ca_session *session)
{
    pc_wire_close(PC_TAKE(session->wire));
    pc_signer_close(PC_TAKE(session->signer));
}

void pc_ca_session_free(pc_ca_session *session)
{
    if (!session) {
        return;
    }
    pc_ca_session_disconnect(session);
    pc_secret_free(session->password);
    X509_free(session->client_certificate);
    pc_x509_stack_free(session->client_issuers);
    pc_arena_free(session->arena);
    free(session);
}
