/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_KEY_RELAY_H
#define PC_TOKEN_KEY_RELAY_H

#include "token/key_transfer.h"

/**
 * Moves a private key from one token to another, without plaintext in memory or in any call: the target generates a
 * one-time RSA pair, the source a one-time AES key, which it wraps under that pair's public half (key_transfer.h). The
 * source wraps the private key under the AES key, and the target unwraps both. What passes through this process is
 * ciphertext that only the target can open. Nothing proves the pair to the source, so this process is trusted: whoever
 * is logged in to the source can extract the key anyway.
 */

/** Borrowed. */
typedef struct {
    const pc_token *source;
    const pc_key *key;      /**< on the source */
    const pc_token *target; /**< in a read-write session */
} pc_key_relay;

/** How both sides got the one-time key, for reports. */
#define PC_KEY_RELAY_WORDS \
    "AES-256 key generated on the source, transferred under a one-time RSA-3072 key of the target (OAEP)"

/**
 * @param plan          of the key on the target
 * @param ret_imported  handle, rung and mechanism; not read back yet (key_import.h)
 * @return PC_OK; PC_E_REFUSED (the key may not be extracted); PC_E_TOKEN or a related status: the error says which
 *         token could not do what; PC_E_MEMORY. One-time keys are destroyed in any case. On failure, a module may have
 *         left an object behind (pc_empty_keys_find).
 */
PC_MUST_CHECK pc_status pc_key_relay_run(const pc_key_relay *relay, const pc_key_plan *plan, pc_arena *arena,
                                         pc_imported *ret_imported, pc_error *err);

#endif
