/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_TRANSFER_H
#define PC_PAIR_TRANSFER_H

#include "base/arena.h"
#include "token/key_transfer.h"
#include "x509/pfx/key_wrap.h"

/**
 * A one-time AES-256 key shared with the token, for transferring private keys: combines token/key_transfer.h and
 * x509/pfx/key_wrap.h. Close it before the token, also after a failure.
 */
typedef struct {
    const pc_token *token;
    pc_arena *arena;
    pc_secret *key;
    CK_OBJECT_HANDLE handle;
    bool is_open;
    const char *words; /**< description of how both sides got it; static */
} pc_transfer;

/**
 * @param ret_other  set if it failed because the token does not support it; may be NULL
 * @return PC_OK; any status of pc_fail_ckr; PC_E_VERIFY; PC_E_CRYPTO; PC_E_MEMORY. On failure nothing is left on the
 *         token.
 */
PC_MUST_CHECK pc_status pc_transfer_open(const pc_token *token, pc_arena *arena, pc_transfer *ret_transfer,
                                         bool *ret_other, pc_error *err);

/** Destroys the key on the token and wipes it here. */
void pc_transfer_close(pc_transfer *transfer);

PC_AUTO_DEFINE_VALUE(pc_transfer, pc_transfer, pc_transfer_close);

/**
 * Export a private key into locked memory, as far as OpenSSL supports that (x509/pfx/key_wrap.h), and check that its
 * two halves belong together.
 * @return PC_OK; PC_E_REFUSED (the key may not be extracted); PC_E_VERIFY (the result is not a key, or not a complete
 *         one); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transfer_out(const pc_transfer *transfer, const pc_key *key, EVP_PKEY **ret_key,
                                        const char **ret_mechanism, pc_error *err);

/**
 * Imports a private key as a token object with a plan's template.
 * @param ret_imported  also set on failure: try_another_way means that the token supports none of these ways
 * @return PC_OK; any status of pc_fail_ckr, no object is then left; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transfer_in(const pc_transfer *transfer, const EVP_PKEY *key, const pc_key_plan *plan,
                                       pc_imported *ret_imported, pc_error *err);

#endif
