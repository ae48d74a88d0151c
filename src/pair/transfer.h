/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_PAIR_TRANSFER_H
#define PC_PAIR_TRANSFER_H

#include "base/arena.h"
#include "token/key_transfer.h"
#include "x509/pfx/key_wrap.h"

/**
 * A one-time AES-256 key that the token and we both have, to move private keys under: token/key_transfer.h and
 * x509/pfx/key_wrap.h joined. To be closed before the token, also after a failure.
 */
typedef struct {
    const pc_token *token;
    pc_arena *arena;
    pc_secret *key;
    CK_OBJECT_HANDLE handle;
    bool is_open;
    const char *words; /**< how both came to have it; static */
} pc_transfer;

/**
 * @param ret_other  set if it failed since the token has no means for it; may be NULL
 * @return PC_OK; PC_E_TOKEN and its kin; PC_E_VERIFY; PC_E_CRYPTO; PC_E_MEMORY. Nothing is left on the token.
 */
PC_MUST_CHECK pc_status pc_transfer_open(const pc_token *token, pc_arena *arena, pc_transfer *ret_transfer,
                                         bool *ret_other, pc_error *err);

/** Destroys the key on the token and wipes it here. */
void pc_transfer_close(pc_transfer *transfer);

#define PC_AUTO_TRANSFER __attribute__((cleanup(pc_transfer_close)))

/**
 * Bring a private key out, into locked memory as far as OpenSSL has it (x509/pfx/key_wrap.h), and see that its two
 * halves belong together.
 * @return PC_OK; PC_E_REFUSED (the token does not let it go); PC_E_VERIFY (what came is no key, or not a whole one); PC_E_TOKEN; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transfer_out(const pc_transfer *transfer, const pc_key *key, EVP_PKEY **ret_key,
                                        const char **ret_mechanism, pc_error *err);

/**
 * Takes one in as a token object by a plan's template.
 * @param ret_imported  its try_another_way is set also on failure: the token has no means for any of these ways
 * @return PC_OK; PC_E_TOKEN and its kin, then no object is left; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_transfer_in(const pc_transfer *transfer, const EVP_PKEY *key, const pc_key_plan *plan,
                                       pc_imported *ret_imported, pc_error *err);

#endif
