/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_EXPORT_H
#define PC_APP_EXPORT_H

#include <p11cert/export.h>
#include <p11cert/key.h>

#include "base/arena.h"
#include "token/session.h"
#include "x509/auto.h"

/** Files that the operator named in addition to the token. */
typedef struct {
    const char *certificate; /**< certificate of the key; NULL: its current one on the token */
    const char *const *chains;
    size_t chain_count;
} pc_certificate_files;

/** A key's certificate and the issuers in its chain, every link verified. */
typedef struct {
    X509 *leaf;
    STACK_OF(X509) *issuers; /**< nearest first; may be empty */
    bool ends_in_root;       /**< the last of them, or the certificate itself, is self-signed */
} pc_key_certificates;

void pc_key_certificates_clear(pc_key_certificates *certificates);
PC_AUTO_DEFINE_VALUE(pc_key_certificates, pc_key_certificates, pc_key_certificates_clear);

/**
 * The certificate of a key: that of the file, else the current one on the token (pair/own_certificate.h); and its
 * issuers, from the files and the token.
 * @param ret_certificates  the caller's, to be cleared
 * @return PC_OK; PC_E_NOT_FOUND (none); PC_E_INPUT (the file's certificate is for another key; the issuers given are
 *         not its issuers); as reading files and token objects.
 */
PC_MUST_CHECK pc_status pc_export_certificates(const pc_certificate_files *files, const pc_token *token,
                                               const pc_key *key, pc_arena *arena,
                                               pc_key_certificates *ret_certificates, pc_error *err);

/** What goes into a PFX. Borrowed. */
typedef struct {
    const pc_key *key; /**< on the token */
    const pc_key_certificates *certificates;
} pc_export_subject;

/**
 * As pc_export_run for a key and certificates that were already found, on a token that the caller has open, logged in,
 * and closes. The order says how the PFX is written; its key, certificate and chains are ignored.
 * @param access  prompts for the password
 */
PC_MUST_CHECK pc_status pc_export_on(const pc_token *token, const pc_export_order *order,
                                     const pc_export_subject *subject, const pc_token_access *access,
                                     pc_export_result **ret_result, pc_error *err);

/** Add a sentence to the result's notes. @return PC_OK; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_export_note(pc_export_result *result, const char *note, pc_error *err);

#endif
