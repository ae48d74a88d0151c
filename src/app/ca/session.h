/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CA_SESSION_H
#define PC_APP_CA_SESSION_H

#include <p11cert/pending.h>

#include "app/ca/key_ca.h"
#include "enroll/protocol.h"
#include "token/session.h"

/**
 * The credentials for a CA, for as long as a use case runs: the password is read once, the client certificate looked up
 * once. The wire and the signer of the client certificate are open only between connect and disconnect, since a process
 * has one signer at a time and binding a certificate needs it too.
 */
typedef struct pc_ca_session pc_ca_session;

/**
 * Check an access without token, password or network. To be called before anything is requested.
 *
 * @param ret_target the CA, for pc_ca_session_connect; its address is the arena's. NULL: not needed, and the access may
 *                    have no url
 * @return PC_OK; PC_E_USAGE, PC_E_REFUSED, PC_E_NOT_FOUND, PC_E_IO, PC_E_CRYPTO as pc_ca_target_of and pc_wire_open;
 *         PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_access_check(const pc_ca_access *ca, pc_arena *arena, pc_ca_target *ret_target,
                                           pc_error *err);

/** @return PC_OK; PC_E_USAGE if the protocol only describes what a CA offers. */
PC_MUST_CHECK pc_status pc_ca_check_takes_requests(const pc_ca_protocol *protocol, pc_error *err);

/** @return PC_OK; PC_E_USAGE if a template is named, and the protocol cannot name it to the CA. */
PC_MUST_CHECK pc_status pc_ca_check_takes_template(const pc_ca_protocol *protocol, const char *template_name,
                                                   pc_error *err);

/**
 * One of the addresses of the CA.
 * @param index  0: its url; then its spare addresses
 * @return PC_OK; PC_E_USAGE (it takes no requests, or not this login); as pc_ca_target_of.
 */
PC_MUST_CHECK pc_status pc_ca_target_at(const pc_ca_access *ca, size_t index, pc_arena *arena, pc_ca_target *ret_target,
                                        pc_error *err);

/** Is this, as a record has it, one of the addresses of the CA? */
bool pc_ca_has_address(const pc_ca_access *ca, const char *address, pc_arena *arena);

/**
 * The addresses of the CA other than this one, for a record: none if this one is not among them. Those where a login
 * could not follow from there are left out (pc_ca_spare_is_near).
 * @return PC_OK; as pc_ca_target_at.
 */
PC_MUST_CHECK pc_status pc_ca_find_spares(const pc_ca_access *ca, const char *address, pc_arena *arena,
                                          pc_ca_spares *ret_spares, pc_error *err);

/**
 * The CA of a record, with the login of `ca`. Recorded spare addresses that this protocol or login cannot use, or to
 * which the login may not go (pc_address_may_follow), are left out.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_recorded_access(const pc_ca_access *ca, const pc_key_ca *recorded, pc_arena *arena,
                                              pc_ca_access *ret_access, pc_error *err);

/** Report through the token's `warn` that there was no connection, and that another address is tried. */
void pc_ca_warn_unreachable(const pc_token *token, const pc_ca_target *target, pc_arena *arena);

/**
 * Read the password, if `ca` needs one, for a use case that has several sessions.
 * @param access        its prompt asks for it
 * @param ret_password  the caller's; unchanged if none is needed
 * @return PC_OK; as pc_pin_read.
 */
PC_MUST_CHECK pc_status pc_ca_password_read(const pc_ca_access *ca, const pc_token_access *access, pc_arena *arena,
                                            pc_secret **ret_password, pc_error *err);

/**
 * Read the password and find the client certificate, if `ca` needs them.
 *
 * @param ca      borrowed until pc_ca_session_free
 * @param access  its prompt asks for the password
 * @param token   logged in, borrowed; NULL if there is no client_key
 * @return PC_OK; PC_E_NOT_FOUND, PC_E_AMBIGUOUS (the client key; it has no certificate); as pc_pin_read and reading the
 * token; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ca_session_open(const pc_ca_access *ca, const pc_token_access *access, const pc_token *token,
                                           pc_ca_session **ret_session, pc_error *err);

/**
 * Prepare the wire; nothing is sent yet. An earlier one is closed first.
 * @param target          from pc_ca_access_check or pc_ca_target_at
 * @param ret_connection  borrowed until pc_ca_session_disconnect
 * @return as pc_signer_open and pc_wire_open.
 */
PC_MUST_CHECK pc_status pc_ca_session_connect(pc_ca_session *session, const pc_ca_target *target,
                                              const pc_ca_connection **ret_connection, pc_error *err);

/** The certificate that logs in; borrowed. NULL if none does. */
X509 *pc_ca_session_certificate(const pc_ca_session *session);

/** Close the wire and the signer. May be called at any time. */
void pc_ca_session_disconnect(pc_ca_session *session);

/** Disconnects and wipes the password. Accepts NULL. To be called before the token is closed. */
void pc_ca_session_free(pc_ca_session *session);

PC_AUTO_DEFINE(pc_ca_session, pc_ca_session, pc_ca_session_free);

#endif
