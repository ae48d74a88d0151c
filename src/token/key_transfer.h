/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_TRANSFER_H
#define PC_TOKEN_KEY_TRANSFER_H

#include <p11cert/key.h>

#include "token/key_template.h"
#include "token/session.h"

/**
 * The token's side of exporting or importing a private key: a one-time AES-256 session key, and C_WrapKey and
 * C_UnwrapKey with it.
 *
 * How both sides get the session key, in this order:
 *
 * 1. The token generates it (C_GenerateKey, sensitive) and wraps it under our one-time RSA public key, as
 * CKM_RSA_AES_KEY_WRAP does in one call where it exists. No plaintext key crosses the PKCS#11 interface, so recording
 * the calls reveals nothing. SoftHSM and opencryptoki support this.
 * 2. We generate it in locked memory and write it to the token (C_CreateObject). It crosses the interface once, and
 * anyone who records that call could unwrap the private key. For modules that cannot wrap under a public key.
 *
 * C_GenerateKey of a non-sensitive key, followed by reading its CKA_VALUE, is not tried: it reveals as much as 2, and
 * more tokens refuse it.
 */

#define PC_TRANSFER_ROOM ((size_t)16 * 1024) /**< bytes of a wrapped private key */

/** Can another mechanism or template succeed where a call failed with this code? */
bool pc_transfer_may_go_otherwise(CK_RV rv);

/** Can another template succeed for the planned private key, of which nothing is on the token? */
bool pc_template_may_be_refused(const pc_token *token, const pc_key_plan *plan, CK_RV rv);

/** The one-time key on the token, and its wrapped form for us. */
typedef struct {
    CK_OBJECT_HANDLE handle; /**< of a session object; the caller destroys it */
    uint8_t wrapped[1024];   /**< under the RSA key; larger than needed */
    size_t wrapped_len;      /**< bytes */
    bool try_another_way;    /**< set on failure: the token does not support this way */
} pc_transport_key;

/** Way 1. @return PC_OK; any status of pc_fail_ckr, nothing is then left on the token. */
PC_MUST_CHECK pc_status pc_transport_key_generate(const pc_token *token, const pc_public_half *rsa,
                                                  pc_transport_key *ret_key, pc_error *err);

/** Way 2. @return as above. */
PC_MUST_CHECK pc_status pc_transport_key_write(const pc_token *token, pc_secret *value, pc_transport_key *ret_key,
                                               pc_error *err);

/** It disappears with the session at the latest. */
void pc_transport_key_destroy(const pc_token *token, CK_OBJECT_HANDLE key);

/** The target's one-time key pair, under which another token wraps the one-time key: session objects. */
typedef struct {
    CK_OBJECT_HANDLE private_key;
    CK_OBJECT_HANDLE public_key;
    pc_public_half half; /**< in the arena */
    bool is_made;
} pc_transport_pair;

/**
 * Have a token generate a one-time RSA-3072 pair whose private half can only unwrap and never leaves it.
 * @return PC_OK; any status of pc_fail_ckr; PC_E_MEMORY. On failure nothing is left on the token.
 */
PC_MUST_CHECK pc_status pc_transport_pair_generate(const pc_token *token, pc_arena *arena, pc_transport_pair *ret_pair,
                                                   pc_error *err);

/** They disappear with the session at the latest. */
void pc_transport_pair_destroy(const pc_token *token, pc_transport_pair *pair);

/**
 * Have a token unwrap the one-time key that another token wrapped under its pair (pc_transport_key_generate).
 * @param ret_key  handle of a session object; the caller destroys it
 * @return PC_OK; any status of pc_fail_ckr.
 */
PC_MUST_CHECK pc_status pc_transport_key_unwrap(const pc_token *token, const pc_transport_pair *pair,
                                                const pc_transport_key *wrapped, CK_OBJECT_HANDLE *ret_key,
                                                pc_error *err);

/**
 * What a token reports about one side of a transfer (C_GetMechanismInfo).
 * @param flag      CKF_WRAP or CKF_UNWRAP
 * @param ret_ways  the ways (pc_unwrap_way) that it has: "CKM_AES_KEY_WRAP_KWP, CKM_AES_CBC_PAD", or "none"; in the
 *                  arena
 * @param ret_mask  the same, bit i for way i
 * @return PC_OK; PC_E_TOKEN: it reports nothing; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transfer_ways(const pc_token *token, unsigned long flag, pc_arena *arena,
                                         const char **ret_ways, unsigned *ret_mask, pc_error *err);

/** A key being transferred from or to the token: ciphertext. */
typedef struct {
    CK_OBJECT_HANDLE transport; /**< the token's key under which it is wrapped */
    size_t way;                 /**< index for pc_unwrap_way */
    const char *mechanism;      /**< "CKM_AES_KEY_WRAP_KWP", …; static */
    uint8_t iv[16];             /**< for CKM_AES_CBC_PAD */
    bool has_iv;
    uint8_t bytes[PC_TRANSFER_ROOM];
    size_t len;
} pc_wrapped_key;

/**
 * Have the token wrap a private key: CKM_AES_KEY_WRAP_KWP (RFC 5649), then CKM_AES_KEY_WRAP_PAD, under which SoftHSM 2
 * implements RFC 5649, then CKM_AES_CBC_PAD, which opencryptoki supports and which has no integrity check.
 * @return PC_OK; PC_E_REFUSED if the key may not be extracted; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_key_wrap_out(const pc_token *token, CK_OBJECT_HANDLE transport, const pc_key *key,
                                        pc_wrapped_key *ret_wrapped, pc_error *err);

/**
 * The same with one method only. @param wrapped its transport key and way are given, the rest is set
 * @param ret_other  set on failure: another way may succeed
 */
PC_MUST_CHECK pc_status pc_key_wrap_out_by(const pc_token *token, const pc_key *key, pc_wrapped_key *wrapped,
                                           bool *ret_other, pc_error *err);

/** The number of ways to unwrap. */
#define PC_UNWRAP_WAYS 3u

/** The i-th way, which the caller wraps for: its name, and whether it requires an IV. */
const char *pc_unwrap_way(size_t i, bool *ret_has_iv);

/** The result of importing a private key. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    pc_template_rung rung; /**< on which the module accepted the template */
    const char *mechanism; /**< or function; static */
    bool try_another_way;  /**< set on failure: the token does not support this way */
    bool differs;          /**< set when reading back fails (key_import.h): the key has other flags than the template */
    pc_key key;            /**< set after read-back (key_import.h) */
    size_t leftover_count; /**< set with it: keys without key material under its CKA_ID (token/leftover.h) */
} pc_imported;

/**
 * Imports a private key as a token object with the plan's template (all flags explicit, as for a generated key).
 * @return PC_OK; any status of pc_fail_ckr. */
PC_MUST_CHECK pc_status pc_key_unwrap_in(const pc_token *token, const pc_wrapped_key *wrapped, const pc_key_plan *plan,
                                         pc_imported *ret_imported, pc_error *err);

#endif
