/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EXPORT_H
#define PC_APP_EXPORT_H

#include <p11cert/export.h>
#include <p11cert/key.h>

#include "base/arena.h"
#include "token/session.h"
#include "x509/auto.h"

/**
 * The certificate of a key: that of --cert, else the current one on the token (pair/own_certificate.h); and its
 * issuers, from the files and the token, each link verified.
 *
 * @param ret_leaf, ret_chain  the caller's
 * @param ret_complete         the chain ends in a self-signed certificate
 * @return PC_OK; PC_E_NOT_FOUND (none); PC_E_INPUT (the file's is another key's; the issuers given are
 *         not its own); what reading files and token objects can give.
 */
PC_MUST_CHECK pc_status pc_export_certificates(const pc_export_order *order, const pc_token *token, const pc_key *key,
                                               pc_arena *arena, X509 **ret_leaf, STACK_OF(X509) **ret_chain,
                                               bool *ret_complete, pc_error *err);

/**
 * As pc_export_run, on a token that the caller has open, logged in, and closes: one login in a run.
 * @param access  asks for the password
 * @param token   NULL: it is opened by access
 */
PC_MUST_CHECK pc_status pc_export_run_on(const pc_export_order *order, const pc_token_access *access, pc_token *token,
                                         pc_export_result **ret_result, pc_error *err);

/** Add a sentence to the result's notes. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_export_note(pc_export_result *result, const char *note, pc_error *err);

#endif
