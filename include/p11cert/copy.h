/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_COPY_H
#define P11CERT_COPY_H

#include <p11cert/accept.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * `p11cert copy`: a key, its certificates and its pending record on a second token; and `p11cert copy --check`: does a
 * second token have the same keys?
 */

typedef struct {
    const char *key;    /**< label or URI; of pc_copy_check_run, NULL: every private key of the first token */
    pc_token_access to; /**< the second token; without a module, and with none in the token's URI, that of the first.
                             A module that both share is initialised once, with the init arguments of the first token:
                             different ones here are PC_E_USAGE */
} pc_copy_order;

/** One of the two tokens. */
typedef struct {
    pc_token_info info;
    const char *key_label; /**< of the key on it, safe to print */
    const char *key_id;    /**< hex */
} pc_copy_side;

typedef enum {
    PC_COPY_WRITTEN,
    PC_COPY_ALREADY, /**< it already existed, and is unchanged */
    PC_COPY_NONE,    /**< there was nothing to copy */
    PC_COPY_LEFT,    /**< the second token has another one, which is unchanged; a note says so */
} pc_copy_state;

/** "written", "already", "none", "left". */
const char *pc_copy_state_name(pc_copy_state state);

/** Texts are safe to print. */
typedef struct pc_copy_result {
    pc_copy_side from;
    pc_copy_side to;
    char key_kind[32]; /**< "RSA-2048" */
    const char *spki_sha256;
    bool changed;                       /**< something was written to the second token */
    pc_copy_state key_state;            /**< written or already */
    pc_fact exportable;                 /**< CKA_EXTRACTABLE of the copy, as read back */
    const char *unsupported_flags;      /**< flags that the module did not accept, as in pc_new_result; "" if none */
    const char *mechanism;              /**< of wrapping: "CKM_AES_KEY_WRAP_PAD"; NULL if the key already existed */
    const char *transport;              /**< how both tokens got the one-time key; NULL if the key already existed */
    pc_bound_certificate *certificates; /**< the key's own */
    size_t certificate_count;
    pc_bound_certificate *issuers; /**< of the current one, as far as the first token has them */
    size_t issuer_count;
    pc_copy_state record; /**< of a request pending at a CA */
    const char **notes;   /**< for the user, one sentence each */
    size_t note_count;
    struct pc_arena *arena;
} pc_copy_result;

/**
 * Copy an exportable key to a second token, under the same label and CKA_ID and with the same flags. The second token
 * generates a one-time RSA pair, the first wraps a one-time AES key under it and the private key under the AES key
 * (C_WrapKey, C_UnwrapKey; PKCS#11 v2.40 sections 5.13): neither key is ever in the clear outside the tokens. The copy
 * is read back in a new session, and signs a challenge that must verify with the public key of the first token. Then
 * the key's own certificates, their issuers and the record of a pending request follow. Nothing on the second token is
 * replaced. A second run finds what exists and completes the rest.
 *
 * @return PC_OK; PC_E_USAGE (both are the same token); PC_E_NOT_FOUND, PC_E_AMBIGUOUS (the key); PC_E_INPUT (a kind of
 *         key that p11cert does not support, or a public half that the token does not show); PC_E_REFUSED (the key may
 *         not leave its token, may not sign, or has no label or CKA_ID; another key on the second token has the label
 *         or the CKA_ID); PC_E_VERIFY (the copy differs from the plan, or its signature does not verify with the
 *         original's public key); PC_E_TOKEN (also if the tokens have no mechanism in common) and any error of opening
 *         a token; PC_E_CRYPTO; PC_E_MEMORY. On failure, either nothing is left on the second token, or the error says
 *         what exists.
 */
PC_MUST_CHECK pc_status pc_copy_run(const pc_copy_order *order, const pc_token_access *access,
                                    pc_copy_result **ret_result, pc_error *err);
void pc_copy_result_free(pc_copy_result *result);

typedef enum {
    PC_COPIED_SAME,        /**< same public key, flags and certificates, and both private keys signed */
    PC_COPIED_MISSING,     /**< no key on the second token has this public key, label or CKA_ID */
    PC_COPIED_DIFFERS,     /**< the reason says in what */
    PC_COPIED_NOT_CHECKED, /**< something could not be read, or a key did not sign: the reason says why */
} pc_copied_state;

/** "same", "missing", "differs", "not-checked". */
const char *pc_copied_state_name(pc_copied_state state);

/** A key of the first token. Texts are safe to print. */
typedef struct {
    const char *label;
    const char *id;          /**< hex */
    char kind[32];           /**< "RSA-2048" */
    const char *spki_sha256; /**< hex; NULL if the public half is not shown */
    pc_copied_state state;
    const char *copy_label;   /**< NULL if the second token has no key with this public key */
    const char *copy_id;      /**< the same */
    bool signed_by_original;  /**< it signed a challenge, which verified with the public key */
    bool signed_by_copy;      /**< the copy did, and it verified with the public key of the original */
    size_t certificate_count; /**< the key's own certificates on the first token */
    const char **reasons;     /**< why it is not the same */
    size_t reason_count;
} pc_copied_key;

typedef struct pc_copy_check_result {
    pc_token_info from;
    pc_token_info to;
    pc_copied_key *keys;
    size_t key_count;
    size_t counts[PC_COPIED_NOT_CHECKED + 1]; /**< of keys, by state */
    struct pc_arena *arena;
} pc_copy_check_result;

/**
 * Compare the private keys of one token with a second one, by public value, flags and certificates; each key and its
 * copy sign a challenge. The flags of a key's history (local, always-sensitive, never-extractable) are not compared.
 * Nothing is written.
 * @return PC_OK, whatever the keys are; PC_E_USAGE (both are the same token); PC_E_NOT_FOUND (the key; no private key
 * at all); PC_E_AMBIGUOUS; PC_E_TOKEN and any error of opening a token; PC_E_CRYPTO (no signer); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_copy_check_run(const pc_copy_order *order, const pc_token_access *access,
                                          pc_copy_check_result **ret_result, pc_error *err);
void pc_copy_check_result_free(pc_copy_check_result *result);

#ifdef __cplusplus
}
#endif

#endif
