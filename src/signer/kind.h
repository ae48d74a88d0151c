/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_KIND_H
#define PC_SIGNER_KIND_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "base/arena.h"
#include "token/session.h"

/**
 * What a signer is: a row of the table behind signer.h (signer.c). Each kind has a folder of its own. To add one, write
 * its row, declare it here and list it in signer.c.
 */

/** A key to sign with. Borrowed: the token while the signer is open, the rest for the call. */
typedef struct {
    const pc_token *token; /**< its session is logged in */
    const pc_key *key;
    EVP_PKEY *public_key;
} pc_signer_order;

#define PC_SIGNER_PARTS_MOST 2u

/** The parts that a signer consists of, for `doctor`. In an arena. */
typedef struct {
    struct {
        const char *id;    /**< "engine", "lens" */
        const char *found; /**< what it is, and where */
    } items[PC_SIGNER_PARTS_MOST];
    size_t count;
} pc_signer_parts;

typedef struct {
    const char *name;   /**< for --signer */
    const char *signs;  /**< the keys that it signs with, for an error: "RSA and EC keys" */
    bool one_at_a_time; /**< only one of its signers can be open in a process, and only one thread can use it */

    bool raw_only; /**< it hashes by itself, and never has the token hash a message */

    /** Does it sign with keys of this CKK_*? */
    bool (*supports)(unsigned long key_type);

    /** Load its parts. @return PC_OK; PC_E_CRYPTO if something is missing. */
    pc_status (*load)(pc_error *err);

    /** The same, and report what was loaded. @return as load; PC_E_MEMORY. */
    pc_status (*list_parts)(pc_arena *arena, pc_signer_parts *ret_parts, pc_error *err);

    /**
     * @param ret_private  a key of OpenSSL whose signatures the token makes, owned by the caller, who frees it before
     *                     the state; it reveals only its public half
     */
    pc_status (*open)(const pc_signer_order *order, void **ret_state, EVP_PKEY **ret_private, pc_error *err);

    void (*close)(void *state);

    /** The token's last answer when asked to sign, and to which call; CKR_OK if it refused none. */
    CK_RV (*refusal)(const void *state, const char **ret_function);
} pc_signer_kind;

extern const pc_signer_kind pc_signer_engine;   /**< libp11's engine, through the lens */
extern const pc_signer_kind pc_signer_native;   /**< a provider that is part of this library */
extern const pc_signer_kind pc_signer_provider; /**< a provider that is installed on this machine, through the lens */

#endif
