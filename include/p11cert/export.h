/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_EXPORT_H
#define P11CERT_EXPORT_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert export`: an exportable key, its certificate and chain, as a PKCS#12 file (RFC 7292) that Windows imports
 * into the store that SCOM uses. certutil -exportPFX.
 */

typedef struct {
    const char *key;           /**< label or URI */
    const char *out;           /**< path of the PFX; created with mode 0600 */
    const char *certificate;   /**< path of the key's certificate if it is not on the token; else NULL */
    const char *const *chains; /**< paths of files with issuers, in addition to those on the token; may be empty */
    size_t chain_count;
    const char *friendly_name;     /**< NULL: that of inf, else the certificate's first CN */
    const char *inf;               /**< path of an INF file, whose FriendlyName is used; NULL: none */
    const char *password_source;   /**< as for pc_pin_read; NULL: prompt, asked twice */
    const char *generate_password; /**< path of a new file for a random password; excludes the source */
    bool accept_weak_password;     /**< accept a password even if it is easily guessed */
    bool legacy;                   /**< 3DES and SHA-1, for Windows Server 2016 and older; else AES-256 and SHA-256 */
    unsigned rounds; /**< of key derivation; 0: 600000; at least 10000, a low value for readers with a limit */
    bool force;      /**< replace the output file */
    bool is_step;    /**< a step of `renew` or `enroll`: errors name their option --kit-password-source */
} pc_export_order;

/** Texts are safe to print, except paths, which are as given. */
typedef struct pc_export_result {
    const char *out;
    const char *token;
    const char *key_label;
    const char *key_id; /**< hex */
    const char *subject;
    const char *serial; /**< hex, as Windows shows it */
    const char *friendly_name;
    const char *provider;      /**< the CSP named in the file; NULL for an EC key, which has none */
    const char *protection;    /**< "AES-256-CBC, PBKDF2 with HMAC-SHA-256, 600000 rounds" */
    const char *password_file; /**< NULL if none was generated */
    const char *spki_sha256;
    const char *sha256; /**< of the file's bytes, hex */
    const char **chain; /**< subjects of the issuers in the file, nearest first */
    size_t chain_count;
    bool chain_complete;   /**< ends in a self-signed certificate */
    const char *transport; /**< description of how both sides got the one-time key */
    const char *mechanism; /**< with which the token wrapped the key: "CKM_AES_KEY_WRAP_PAD"; NULL, like transport, if
                              nothing was written */
    bool changed;          /**< false: the file already existed with this password, key, certificate and chain */
    const char **notes;    /**< for the user, one sentence each */
    size_t note_count;
    struct pc_arena *arena;
} pc_export_result;

/**
 * Wrap the key on the token under a one-time AES session key (RFC 5649), unwrap it in locked memory, build the PFX,
 * read it back and only then write it. The private key never crosses the PKCS#11 interface in plaintext; its plaintext
 * is wiped before this returns.
 *
 * The token generates the AES key and hands it to this process wrapped under a one-time RSA public key, so that the AES
 * key does not cross the interface in plaintext either. On a token that cannot wrap under a public key, this process
 * generates the AES key and writes it to the token (C_CreateObject); it then crosses the interface once in plaintext.
 * `transport` says which method was used. The AES key is a session object and is destroyed before this returns.
 *
 * Refused before a password is requested: a key that cannot be extracted (rule EXP-3), or only under a trusted wrapping
 * key (CKA_WRAP_WITH_TRUSTED); a key without a certificate; an existing output file, unless it is a PFX. That is left
 * alone if it opens with the same password and holds the same key, certificates and friendly name under the same kind
 * of protection, and is refused if not; a generated password is then read from the file for it.
 *
 * @return PC_OK; PC_E_USAGE (both a source and a file for the password; too few rounds); PC_E_REFUSED (EXP-3; output
 *         exists; weak password); PC_E_INPUT (an invalid chain; a password that is not text); PC_E_NOT_FOUND (no key,
 *         no certificate); PC_E_AMBIGUOUS; PC_E_AUTH (no password); PC_E_VERIFY (the extracted key is not the
 *         certificate's key); PC_E_TOKEN; PC_E_IO and any error of opening the token; PC_E_MEMORY. On failure, nothing
 *         is left on the token and no file is partially written.
 */
PC_MUST_CHECK pc_status pc_export_run(const pc_export_order *order, const pc_token_access *access,
                                      pc_export_result **ret_result, pc_error *err);
void pc_export_result_free(pc_export_result *result);

#ifdef __cplusplus
}
#endif

#endif
