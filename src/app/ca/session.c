/* SPDX-License-Identifier: Apache-2.0 */
#include "app/ca/session.h"

#include <string.h>
#include <time.h>

#include "app/ca/pending/spares.h"
#include "base/secret_auto.h"
#include "enroll/http/address.h"
#include "enroll/http/tls_library.h"
#include "pair/own_certificate.h"
#include "signer/signer.h"
#include "token/key.h"
#include "token/pin.h"
#include "x509/auto.h"
#include "x509/certificate.h"
#include "x509/chain.h"
#include "x509/attempt.h"

struct pc_ca_session {
    const pc_ca_access *ca;
    const pc_token *token;
    pc_arena *arena;
    pc_secret *password;
    pc_key client_key;
    X509 *client_certificate;
    STACK_OF(X509) *client_issuers; /* if they are on the token */
    /* while connected */
    pc_signer *signer;
    pc_wire *wire;
    pc_ca_credentials credentials;
    pc_ca_connection connection;
};

static bool needs_password(const pc_ca_access *ca)
{
    return ca->login == PC_CA_LOGIN_BASIC || ca->login == PC_CA_LOGIN_NTLM || ca->login == PC_CA_LOGIN_SECRET ||
           ca->login == PC_CA_LOGIN_WSSE;
}

static pc_status check_login(const pc_ca_access *ca, const pc_ca_protocol *protocol, pc_error *err)
{
    if (ca->login == PC_CA_LOGIN_WSSE && !pc_ca_can(protocol, PC_CA_CAN_TAKE_WSSE)) {
        (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no messages with a user and a password in them",
                      protocol->name);
        return pc_hint(err, PC_E_USAGE, "choose `auth` basic, or another login");
    }
    if (ca->login != PC_CA_LOGIN_SECRET || pc_ca_can(protocol, PC_CA_CAN_TAKE_SECRET)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" has no messages that a secret could protect", protocol->name);
    return pc_hint(err, PC_E_USAGE, "choose another login with `auth`");
}

pc_status pc_ca_access_check(const pc_ca_access *ca, pc_arena *arena, pc_ca_target *ret_target, pc_error *err)
{
    pc_ca_target target;

    if (ca->url || ret_target) {
        PC_TRY(pc_ca_target_of(arena, ca, &target, err));
        PC_TRY(check_login(ca, target.protocol, err));
    }
    if (ret_target) {
        PC_TRY(ca->client_key ? pc_tls_library_check(target.address, err) : PC_OK);
        *ret_target = target;
    }
    if (needs_password(ca) && (!ca->user || !*ca->user)) {
        (void)pc_fail(err, PC_E_USAGE, "this login requires a user");
        return pc_hint(err, PC_E_USAGE, "name it with `user`, as DOMAIN\\user or user@domain");
    }
    return pc_wire_check(ca, err);
}

pc_status pc_ca_check_takes_requests(const pc_ca_protocol *protocol, pc_error *err)
{
    if (protocol->submit) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE, "%s describes templates and takes no requests; nothing was sent", protocol->server);
    return pc_hint(
        err, PC_E_USAGE,
        "`p11cert templates` shows the address of each CA's enrolment web service (…/service.svc/CES): give that");
}

pc_status pc_ca_check_takes_template(const pc_ca_protocol *protocol, const char *template_name, pc_error *err)
{
    if (!template_name || pc_ca_can(protocol, PC_CA_CAN_TAKE_TEMPLATE)) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_USAGE, "the protocol \"%s\" cannot name a template to the CA; nothing was sent",
                  protocol->name);
    return pc_hint(err, PC_E_USAGE, "the CA chooses by the address or the login: ask its administrator");
}

/* --- several addresses ---------------------------------------------------------------------- */

pc_status pc_ca_target_at(const pc_ca_access *ca, size_t index, pc_arena *arena, pc_ca_target *ret_target,
                          pc_error *err)
{
    pc_ca_access access = *ca;
    pc_ca_target target;

    access.url = index == 0 ? ca->url : ca->spare_urls[index - 1];
    PC_TRY(pc_ca_target_of(arena, &access, &target, err));
    PC_TRY(check_login(ca, target.protocol, err));
    PC_TRY(pc_ca_check_takes_requests(target.protocol, err));
    *ret_target = target;
    return PC_OK;
}

bool pc_ca_has_address(const pc_ca_access *ca, const char *address, pc_arena *arena)
{
    for (size_t i = 0; ca->url && i <= ca->spare_url_count; i++) {
        pc_ca_target target;

        if (pc_ca_target_at(ca, i, arena, &target, NULL) == PC_OK && strcmp(target.address, address) == 0) {
            return true;
        }
    }
    return false;
}

pc_status pc_ca_find_spares(const pc_ca_access *ca, const char *address, pc_arena *arena, pc_ca_spares *ret_spares,
                            pc_error *err)
{
    bool is_listed = ca->spare_url_count > 0 && pc_ca_has_address(ca, address, arena);
    const char **items = NULL;
    size_t count = 0;

    for (size_t i = 0; is_listed && i <= ca->spare_url_count && count < PC_CA_SPARES_MOST; i++) {
        pc_ca_target target;

        PC_TRY(pc_ca_target_at(ca, i, arena, &target, err));
        if (strcmp(target.address, address) == 0 || !pc_ca_spare_is_near(address, target.address)) {
            continue;
        }
        const char **slot = PC_PUSH(arena, items, count);

        if (!slot) {
            return pc_fail_memory(err);
        }
        *slot = target.address;
    }
    *ret_spares = (pc_ca_spares){ .items = items, .count = count };
    return PC_OK;
}

pc_status pc_ca_recorded_access(const pc_ca_access *ca, const pc_key_ca *recorded, pc_arena *arena,
                                pc_ca_access *ret_access, pc_error *err)
{
    pc_ca_access access = *ca;
    const char **spares = NULL;

    access.url = recorded->address;
    access.protocol = recorded->protocol;
    access.spare_urls = recorded->spares.items;
    access.spare_url_count = recorded->spares.count;
    size_t count = 0;

    for (size_t i = 1; i <= recorded->spares.count; i++) {
        pc_ca_target target;
        bool may_follow = false;

        PC_TRY(pc_address_may_follow(ca, recorded->address, recorded->spares.items[i - 1], &may_follow, err));
        pc_status status = may_follow ? pc_ca_target_at(&access, i, arena, &target, NULL) : PC_E_REFUSED;
        const char **slot = status == PC_OK ? PC_PUSH(arena, spares, count) : NULL;

        if (status == PC_E_MEMORY || (status == PC_OK && !slot)) {
            return pc_fail_memory(err);
        }
        if (slot) {
            *slot = target.address;
        }
    }
    access.spare_urls = spares;
    access.spare_url_count = count;
    *ret_access = access;
    return PC_OK;
}

void pc_ca_warn_unreachable(const pc_token *token, const pc_ca_target *target, pc_arena *arena)
{
    const char *words =
        pc_arena_format(arena, "%s cannot be reached; nothing was sent; trying another address of the CA",
                        target->address);

    if (token->warn && words) {
        token->warn(words);
    }
}

/* --- credentials ---------------------------------------------------------------------------- */

pc_status pc_ca_password_read(const pc_ca_access *ca, const pc_token_access *access, pc_arena *arena,
                              pc_secret **ret_password, pc_error *err)
{
    if (!needs_password(ca)) {
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
    const pc_secret_request request = {
        .source = source, .access = access, .what = what, .kind = PC_SECRET_CA_PASSWORD
    };
    pc_status status = pc_secret_read(&request, ret_password, err);

    return status == PC_OK ? PC_OK : pc_note(err, status, "the %s cannot be read; nothing was sent", what);
}

/* A server that trusts only the root needs the intermediates; without them the login may still succeed. */
static pc_status find_client_issuers(pc_ca_session *session, pc_error *err)
{
    PC_AUTO(X509_stack) STACK_OF(X509) *others = sk_X509_new_null();
    pc_certificate_objects objects;

    if (!others) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_certificate_list(session->token, session->arena, &objects, err));
    for (size_t i = 0; i < objects.count; i++) {
        X509 *each = pc_certificate_parse(objects.items[i].value);

        if (each && sk_X509_push(others, each) <= 0) {
            X509_free(each);
            return pc_fail_memory(err);
        }
    }
    const pc_chain_question question = { .leaf = session->client_certificate,
                                         .others = others,
                                         .rigour = PC_RIGOUR_TIMELESS };
    pc_chain chain = { .issuers = NULL };
    pc_status status = pc_chain_build(&question, session->arena, &chain, NULL);

    session->client_issuers = chain.issuers;

    return status == PC_E_MEMORY ? pc_fail_memory(err) : PC_OK;
}

static pc_status refuse_expired(const pc_ca_session *session, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED,
                  "the certificate of the key \"%s\" is not valid now, so the CA would not accept it; nothing was sent",
                  session->client_key.label);
    return pc_hint(
        err, PC_E_REFUSED,
        "`p11cert list` shows it; name a key with a valid certificate with `client_key`, or log in another way");
}

static pc_status find_client_certificate(pc_ca_session *session, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    const pc_key *key = &session->client_key;
    int64_t now_sec = (int64_t)time(NULL);
    pc_key_selector selector;

    PC_TRY(pc_key_selector_parse(session->token, session->ca->client_key, session->arena, &selector, err));
    selector.member = "client_key";
    PC_TRY(pc_key_find(session->token, &selector, session->arena, &session->client_key, err));
    PC_TRY(pc_own_certificates(session->token, key, session->arena, &own, err));
    const pc_token_certificate *current = pc_current_certificate(&own, now_sec);

    if (!current) {
        (void)pc_fail(err, PC_E_NOT_FOUND,
                      "the key \"%s\" has no certificate on the token that could be presented to the CA", key->label);
        return pc_hint(err, PC_E_NOT_FOUND,
                       "name a key that has one with `client_key`; `p11cert list` shows which keys do");
    }
    if (!pc_validity_holds(pc_validity_of(current->certificate), now_sec)) {
        return refuse_expired(session, err);
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    session->client_certificate = current->certificate;
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
        PC_TRY(pc_signer_check(token->signer, err));
        PC_TRY(find_client_certificate(session, err));
    }
    PC_TRY(pc_ca_password_read(ca, access, session->arena, &session->password, err));
    *ret_session = PC_TAKE(session);
    return PC_OK;
}

/* --- the wire -------------------------------------------------------------------------------- */

pc_status pc_ca_session_connect(pc_ca_session *session, const pc_ca_target *target,
                                const pc_ca_connection **ret_connection, pc_error *err)
{
    pc_ca_session_disconnect(session);
    session->credentials = (pc_ca_credentials){ .password = session->password };
    if (session->client_certificate) {
        PC_TRY(pc_ca_check_login_key(target->protocol, X509_get0_pubkey(session->client_certificate), err));
        PC_TRY(pc_signer_open(session->token, &session->client_key, &session->signer, err));
        session->credentials.certificate = session->client_certificate;
        session->credentials.issuers = session->client_issuers;
        session->credentials.private_key = pc_signer_private(session->signer);
    }
    PC_TRY(pc_wire_open(session->ca, target->address, &session->credentials, &session->wire, err));
    session->connection = (pc_ca_connection){
        .protocol = target->protocol,
        .wire = session->wire,
        .access = session->ca,
        .credentials = &session->credentials,
    };
    *ret_connection = &session->connection;
    return PC_OK;
}

X509 *pc_ca_session_certificate(const pc_ca_session *session)
{
    return session->client_certificate;
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
