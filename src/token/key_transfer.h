/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_TRANSFER_H
#define PC_TOKEN_KEY_TRANSFER_H

#include <p11cert/key.h>

#include "token/key_template.h"
#include "token/session.h"

/**
 * The token's side of moving a private key out or in: a one-time AES-256 session key, and C_WrapKey and
 * C_UnwrapKey under it.
 *
 * How both sides come to know the session key, in this order:
 *
 * 1. The token makes it (C_GenerateKey, sensitive) and wraps it under the public half of a one-time RSA pair of
 *    ours, as CKM_RSA_AES_KEY_WRAP does in one call where it exists. No key in clear crosses the PKCS#11
 *    wire, so who records the calls learns nothing. SoftHSM and opencryptoki do this.
 * 2. We draw it in locked memory and write it to the token (C_CreateObject). It crosses the wire once, and who
 *    records the wire could unwrap the private key. For modules that do not wrap under a public key.
 *
 * C_GenerateKey of a key that is not sensitive, to read its CKA_VALUE, is not tried: it shows as much as 2 and is
 * refused by more tokens.
 */

#define PC_TRANSFER_ROOM ((size_t)16 * 1024) /**< bytes of a wrapped private key */

/** Has this call failed in a way that another mechanism or template may not? */
bool pc_transfer_may_go_otherwise(CK_RV rv);

/** The one-time key on the token, and how the token gave it to us. */
typedef struct {
    CK_OBJECT_HANDLE handle; /**< of a session object, which the caller destroys */
    uint8_t wrapped[1024];   /**< under the RSA key, for which this is more than enough */
    size_t wrapped_len;      /**< bytes */
    bool try_another_way;    /**< set on failure: the token has no means for this way */
} pc_transport_key;

/** Way 1. @return PC_OK; PC_E_TOKEN and its kin, then nothing is left on the token. */
PC_MUST_CHECK pc_status pc_transport_key_generate(const pc_token *token, const pc_public_half *rsa,
                                                  pc_transport_key *ret_key, pc_error *err);

/** Way 2. @return as above. */
PC_MUST_CHECK pc_status pc_transport_key_write(const pc_token *token, pc_secret *value, pc_transport_key *ret_key,
                                               pc_error *err);

/** It disappears with the session at the latest. */
void pc_transport_key_destroy(const pc_token *token, CK_OBJECT_HANDLE key);

/** A key as it came from the token, or is to go there: ciphertext. */
typedef struct {
    CK_OBJECT_HANDLE transport; /**< the key of the token that it is wrapped under */
    size_t way;                 /**< as pc_unwrap_way counts them; of one that goes to the token */
    const char *mechanism;      /**< "CKM_AES_KEY_WRAP_KWP", …; static */
    uint8_t iv[16];        /**< of CKM_AES_CBC_PAD */
    bool has_iv;
    uint8_t bytes[PC_TRANSFER_ROOM];
    size_t len;
} pc_wrapped_key;

/**
 * Have the token wrap a private key: CKM_AES_KEY_WRAP_KWP (RFC 5649), then CKM_AES_KEY_WRAP_PAD, under whose number
 * SoftHSM 2 has RFC 5649, then CKM_AES_CBC_PAD, which opencryptoki has and which has no check of its own.
 * @return PC_OK; PC_E_REFUSED if the token does not let the key out; PC_E_TOKEN.
 */
PC_MUST_CHECK pc_status pc_key_wrap_out(const pc_token *token, CK_OBJECT_HANDLE transport, const pc_key *key,
                                        pc_wrapped_key *ret_wrapped, pc_error *err);

/** How many ways there are to unwrap. */
#define PC_UNWRAP_WAYS 3u

/** The i-th of them, for the caller to wrap for: its name, and whether it wants an iv. */
const char *pc_unwrap_way(size_t i, bool *ret_has_iv);

/** What came of bringing a private key in. */
typedef struct {
    CK_OBJECT_HANDLE handle;
    pc_template_rung rung; /**< on which the module took the template */
    const char *mechanism; /**< or function; static */
    bool try_another_way;  /**< set on failure: the token has no means for this way */
    pc_key key;            /**< once it is read back (key_import.h) */
} pc_imported;

/**
 * Has the token take a private key in, as a token object by the plan's template (its flags all stated, as for a
 * key that is made).
 * @return PC_OK; PC_E_TOKEN and its kin.
 */
PC_MUST_CHECK pc_status pc_key_unwrap_in(const pc_token *token, const pc_wrapped_key *wrapped, const pc_key_plan *plan,
                                         pc_imported *ret_imported, pc_error *err);

#endif
