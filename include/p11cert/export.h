/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_EXPORT_H
#define P11CERT_EXPORT_H

#include <p11cert/token.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert export`: a key that may move, its certificate and chain, as a PKCS#12 file (RFC 7292)
 * that Windows files where SCOM looks for it. certutil -exportPFX.
 */

typedef struct {
    const char *key;           /**< label or URI */
    const char *out;           /**< path of the PFX; made with mode 0600 */
    const char *certificate;   /**< path of the key's certificate if it is not on the token; else NULL */
    const char *const *chains; /**< paths of files with issuers, beside those on the token; may be empty */
    size_t chain_count;
    const char *friendly_name;     /**< NULL: the certificate's first CN */
    const char *password_source;   /**< prompt, file:PATH, fd:N, env:NAME; NULL: prompt, asked twice */
    const char *generate_password; /**< path of a file to be made with a random password; excludes the source */
    bool accept_weak_password;     /**< take one that is easily guessed all the same */
    bool legacy;                   /**< 3DES and SHA-1, for Windows Server 2016 and older; else AES-256 and SHA-256 */
    unsigned rounds;               /**< of key derivation; 0: 600000; at least 10000, for readers that limit them */
    bool force;                    /**< replace the output file */
    bool is_renewal;               /**< part of `renew`: errors name its option --kit-password-source */
} pc_export_order;

/** Texts safe to print. */
typedef struct pc_export_result {
    const char *out;
    const char *token;
    const char *key_label;
    const char *key_id; /**< hex */
    const char *subject;
    const char *serial; /**< hex, as Windows shows it */
    const char *friendly_name;
    const char *provider;      /**< the CSP named in the file; NULL for an EC key, for which there is none */
    const char *protection;    /**< "AES-256-CBC, PBKDF2 with HMAC-SHA-256, 600000 rounds" */
    const char *password_file; /**< NULL if none was made */
    const char *spki_sha256;
    const char *sha256; /**< of the file's bytes, hex */
    const char **chain; /**< subjects of the issuers in the file, nearest first */
    size_t chain_count;
    bool chain_complete;   /**< ends in a self-signed certificate */
    const char *transport; /**< how the one-time key came to be on both sides, in words */
    const char *mechanism; /**< by which the token wrapped the key: "CKM_AES_KEY_WRAP_PAD" */
    const char **notes;    /**< what the user should know, a sentence each */
    size_t note_count;
    struct pc_arena *arena;
} pc_export_result;

/**
 * Wrap the key on the token under a one-time AES session key (RFC 5649), unwrap it in locked memory,
 * build the PFX, read it back and only then write it. The key in clear never crosses the PKCS#11 wire
 * and is wiped before this returns.
 *
 * The AES key is made on the token and handed to this process under the public half of a one-time RSA key, so
 * that not even it crosses the wire in clear. A token that cannot wrap under a public key is given an AES key
 * made here (C_CreateObject), which then crosses the wire once; `transport` says which it was. It is a session
 * object, destroyed before this returns.
 *
 * Refused before a password is asked: a key that cannot be extracted (rule EXP-3), or only under a trusted
 * wrapping key (CKA_WRAP_WITH_TRUSTED); a key without a certificate; an output file that exists.
 *
 * @return PC_OK; PC_E_USAGE (both a source and a file for the password; too few rounds); PC_E_REFUSED (EXP-3; output exists; weak password); PC_E_INPUT (a chain that does
 *         not hold; a password that is no text); PC_E_NOT_FOUND (no key, no certificate);
 *         PC_E_AMBIGUOUS; PC_E_AUTH (no password); PC_E_VERIFY (what came out is not the certificate's key); PC_E_TOKEN; PC_E_IO and
 *         what opening the token can give; PC_E_MEMORY. Nothing is left on the token, and no file half written.
 */
PC_MUST_CHECK pc_status pc_export_run(const pc_export_order *order, const pc_token_access *access,
                                      pc_export_result **ret_result, pc_error *err);
void pc_export_result_free(pc_export_result *result);

#ifdef __cplusplus
}
#endif

#endif
