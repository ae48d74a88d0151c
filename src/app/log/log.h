/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_LOG_LOG_H
#define PC_APP_LOG_LOG_H

#include <p11cert/issuance_log.h>

#include "app/revoked/list.h"
#include "x509/auto.h"

/**
 * An issuance log, which records what CAs signed and revoked: JSON Lines in the form of ceremony/transcript/record.h,
 * each with the digest of the previous line. Lines are only appended. docs/ca.md describes the kinds of lines.
 */
typedef struct pc_issuance_log pc_issuance_log;

/**
 * Read and check a whole log, and lock it until it is closed: only one run uses it at a time. It is created if it does
 * not exist. An incomplete last line, of a run that was killed while it wrote it, is removed.
 * @return PC_OK; PC_E_VERIFY (a line was changed, removed or added; the error names the first); PC_E_REFUSED (another
 *         run holds it); PC_E_INPUT (too large); PC_E_IO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuance_log_open(const char *path, pc_issuance_log **ret_log, pc_error *err);

/** The same for one that must exist and record something. @return also PC_E_NOT_FOUND; PC_E_INPUT (it is empty). */
PC_MUST_CHECK pc_status pc_issuance_log_open_existing(const char *path, pc_issuance_log **ret_log, pc_error *err);

/** Accepts NULL. */
void pc_issuance_log_close(pc_issuance_log *log);
PC_AUTO_DEFINE(pc_issuance_log, pc_issuance_log, pc_issuance_log_close);

typedef enum {
    PC_LOGGED_UNFINISHED, /**< it was to be signed; the outcome is not recorded */
    PC_LOGGED_ISSUED,
    PC_LOGGED_FAILED, /**< the token returned no signature */
} pc_logged_outcome;

/** A certificate that a log contains. Texts are hexadecimal, in the log's memory. */
typedef struct {
    const char *issuer_spki; /**< SHA-256 of the public key of the CA */
    const char *serial;
    const char *spki;    /**< SHA-256 of the public key of the subject */
    const char *subject; /**< safe to print */
    int64_t not_after_sec;
    pc_logged_outcome outcome;
    bool is_revoked; /**< this and the next member are the latest */
    pc_revocation_reason reason;
    int64_t revoked_sec;
    int64_t invalidity_sec; /**< 0: not stated */
} pc_logged_certificate;

/**
 * Check that this certificate may be issued: the CA has issued neither its serial number nor a certificate for its key.
 * @param known_key a certificate for the same key is allowed
 * @return PC_OK; PC_E_REFUSED; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuance_log_check(pc_issuance_log *log, X509 *certificate, EVP_PKEY *ca_key, bool known_key,
                                              pc_error *err);

/** What a CA signs: either of the first two. Borrowed. */
typedef struct {
    X509 *certificate;
    X509_CRL *crl;
    EVP_PKEY *ca_key;
    const char *profile; /**< of the certificate; NULL: none */
} pc_logged_object;

/**
 * A signature takes two lines. `start` writes the first one, before the token is asked to sign: exactly what is to be
 * signed. `finish` records that it was signed, before anyone gets it; `abandon`, with the failure that occurred,
 * records that the token returned no signature: it returns that status, and adds to its error if that cannot be
 * recorded. Each line is on the disk when the function returns; a line that could not be written is removed, and no
 * other follows it.
 * @return PC_OK; PC_E_IO; PC_E_CRYPTO; PC_E_MEMORY; `start` also PC_E_VERIFY (a CRL whose number is not above the
 * last).
 */
PC_MUST_CHECK pc_status pc_issuance_log_start(pc_issuance_log *log, const pc_logged_object *object, pc_error *err);
PC_MUST_CHECK pc_status pc_issuance_log_finish(pc_issuance_log *log, const pc_logged_object *object, pc_error *err);
pc_status pc_issuance_log_abandon(pc_issuance_log *log, const pc_logged_object *object, pc_status status,
                                  pc_error *err);

/**
 * Objects that were to be signed and have no recorded outcome, in the arena. A certificate that has been revoked is not
 * included, because revoking it is how an operator resolves this.
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuance_log_unfinished(const pc_issuance_log *log, pc_arena *arena,
                                                   pc_unfinished_signatures *ret_unfinished, pc_error *err);

/**
 * The last CRL number that the CA used, whatever the outcome.
 * @param ret_number  decimal, in the log's memory; NULL: none
 * @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuance_log_crl_number(const pc_issuance_log *log, EVP_PKEY *ca_key,
                                                   const char **ret_number, pc_error *err);

/** Record that a certificate is revoked, or that its hold has ended. @return as above. */
PC_MUST_CHECK pc_status pc_issuance_log_revoke(pc_issuance_log *log, const pc_logged_certificate *certificate,
                                               const pc_revoked *revoked, pc_error *err);

/**
 * The certificate with this serial number.
 * @param issuer_spki  of its CA; NULL: any
 * @return PC_OK; PC_E_NOT_FOUND; PC_E_AMBIGUOUS (several CAs issued it).
 */
PC_MUST_CHECK pc_status pc_issuance_log_find(const pc_issuance_log *log, const char *serial, const char *issuer_spki,
                                             const pc_logged_certificate **ret_certificate, pc_error *err);

/** The certificates that this CA has revoked, and the holds that have ended, in the arena. @return PC_OK; PC_E_CRYPTO;
 * PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_issuance_log_revoked(const pc_issuance_log *log, EVP_PKEY *ca_key, pc_arena *arena,
                                                pc_revoked_list *ret_list, pc_error *err);

#endif
