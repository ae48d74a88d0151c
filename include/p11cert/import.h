/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_IMPORT_H
#define P11CERT_IMPORT_H

#include <p11cert/accept.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert import`: the key, certificate and chain of a PKCS#12 file (RFC 7292), onto a token.
 * certutil -importPFX.
 */

typedef struct {
    const char *file;
    const char *label;           /**< NULL: the file's friendly name, else the certificate's first CN */
    bool exportable;             /**< the key may leave the token again; else SENSITIVE, and not EXTRACTABLE */
    const char *password_source; /**< prompt, file:PATH, fd:N, env:NAME; NULL: prompt, if the file wants one */
} pc_import_order;

typedef enum {
    PC_IMPORT_KEY_WRITTEN,
    PC_IMPORT_KEY_ALREADY, /**< a key with this public half was on the token, and was left as it is */
} pc_import_state;

/** Texts safe to print, but for key_label. */
typedef struct pc_import_result {
    const char *file;
    const char *token;
    pc_import_state key_state;
    const char *key_label; /**< as on the token */
    const char *key_id;    /**< hex */
    char key_kind[32];     /**< "RSA-2048" */
    const char *spki_sha256;
    pc_fact exportable;        /**< CKA_EXTRACTABLE as read back */
    pc_fact never_extractable; /**< CKA_NEVER_EXTRACTABLE as read back: false on a token that keeps to PKCS#11 */
    const char *not_held;      /**< flags that the module would not take, as in pc_new_result; "" if none */
    const char *protection;    /**< of the file, in words */
    const char
        *mechanism; /**< by which the key went in: "CKM_AES_KEY_WRAP_PAD", "C_CreateObject"; NULL if it was there */
    const char *transport;              /**< how the one-time key came to be on both sides; NULL without one */
    const char *chain;                  /**< in words; NULL if the file has no issuers */
    pc_bound_certificate *certificates; /**< the first is the key's own, the rest its issuers */
    size_t certificate_count;
    const char **notes; /**< what the user should know, a sentence each */
    size_t note_count;
    struct pc_arena *arena;
} pc_import_result;

/**
 * Read the file (bounded: it need not be honest), look whether the key is on the token already, and if not have
 * the token unwrap it under a one-time AES session key (C_UnwrapKey; C_CreateObject, with a note, where the token cannot).
 * Attributes are read back and compared; the key proves by a signature that the certificate is its own; then the
 * certificate and its issuers are bound as pc_accept_run does. Run again, it finishes what is missing.
 *
 * A key that comes from a file has been outside: CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE and CKA_LOCAL are false
 * for ever (PKCS#11 v2.40 section 4.9), whatever protects it from now on.
 *
 * @return PC_OK; PC_E_NOT_FOUND (no such file); PC_E_INPUT (no PFX; damaged or out of bounds; a key without its certificate; certificates
 *         without a key; a kind of key that p11cert does not keep; a chain that does not hold); PC_E_AUTH (wrong password, one
 *         try); PC_E_AMBIGUOUS (several keys in the file or on the token); PC_E_REFUSED (the label is another key's; what
 *         pc_accept_run refuses); PC_E_VERIFY (the token made something else of it); PC_E_TOKEN and what opening the token can give;
 *         PC_E_CRYPTO; PC_E_MEMORY. On failure nothing is on the token, or the error says that the key is and the next run goes on.
 */
PC_MUST_CHECK pc_status pc_import_run(const pc_import_order *order, const pc_token_access *access,
                                      pc_import_result **ret_result, pc_error *err);
void pc_import_result_free(pc_import_result *result);

#ifdef __cplusplus
}
#endif

#endif
