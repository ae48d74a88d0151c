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
    const char *id;    /**< CKA_ID of the key in hexadecimal, 1 to 64 bytes; NULL: 16 random bytes */
    const char *label; /**< NULL: the file's friendly name, else the certificate's first CN */
    bool exportable;   /**< the key may leave the token again; otherwise it is SENSITIVE and not EXTRACTABLE */
    const char *password_source; /**< as for pc_pin_read; NULL: prompt, if the file needs a password */
} pc_import_order;

typedef enum {
    PC_IMPORT_KEY_WRITTEN,
    PC_IMPORT_KEY_ALREADY, /**< the token already had a key with this public key; it is unchanged */
} pc_import_state;

/** Texts are safe to print, except key_label and the path, which is as given. */
typedef struct pc_import_result {
    const char *file;
    const char *token;
    pc_import_state key_state;
    const char *key_label; /**< as on the token */
    const char *key_id;    /**< hex */
    char key_kind[32];     /**< "RSA-2048" */
    const char *spki_sha256;
    pc_fact exportable;            /**< CKA_EXTRACTABLE as read back */
    pc_fact never_extractable;     /**< CKA_NEVER_EXTRACTABLE as read back: false on a token that conforms to PKCS#11 */
    const char *unsupported_flags; /**< flags that the module did not accept, as in pc_new_result; "" if none */
    const char *protection;        /**< description of the file's protection */
    const char *mechanism; /**< used to import the key: "CKM_AES_KEY_WRAP_PAD", "C_CreateObject"; NULL if the key
                              already existed */
    const char *transport; /**< description of how both sides got the one-time key; NULL without one */
    const char *chain;     /**< description; NULL if the file has no issuers */
    pc_bound_certificate *certificates; /**< the first is the key's own, the rest its issuers */
    size_t certificate_count;
    const char **notes; /**< for the user, one sentence each */
    size_t note_count;
    struct pc_arena *arena;
} pc_import_result;

/**
 * Read the file (with limits, since it is untrusted), and check whether the key is already on the token. If not, have
 * the token unwrap it under a one-time AES session key (C_UnwrapKey; C_CreateObject, with a note, if the token cannot).
 * Attributes are read back and compared; a test signature verifies that the certificate belongs to the key; then the
 * certificate and its issuers are bound as in pc_accept_run. A second run completes whatever is missing.
 *
 * A key from a file has existed outside the token: CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE and CKA_LOCAL are
 * permanently false (PKCS#11 v2.40 section 4.9), however it is protected from now on.
 *
 * @return PC_OK; PC_E_NOT_FOUND (no such file); PC_E_INPUT (not a PFX; damaged or over a limit; a key without its
 *         certificate; certificates without a key; an unsupported kind of key; an invalid chain); PC_E_AUTH (wrong
 *         password, one attempt); PC_E_AMBIGUOUS (several keys in the file or on the token); PC_E_REFUSED (another key
 *         has the label; what pc_accept_run refuses); PC_E_VERIFY (the key on the token differs from the one in the
 *         file); PC_E_TOKEN and any error of opening the token; PC_E_CRYPTO; PC_E_MEMORY. On failure, either nothing is
 *         left on the token, or the error reports that the key is there and the next run resumes with it.
 */
PC_MUST_CHECK pc_status pc_import_run(const pc_import_order *order, const pc_token_access *access,
                                      pc_import_result **ret_result, pc_error *err);
void pc_import_result_free(pc_import_result *result);

#ifdef __cplusplus
}
#endif

#endif
