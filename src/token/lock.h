/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LOCK_H
#define PC_TOKEN_LOCK_H

#include "token/session.h"

/**
 * Looking for something on a token and making it if it is not there, by one run at a time. PKCS#11 has no lock, so this
 * holds off other runs (and threads) of the same user on the same machine alone, by a file in $XDG_RUNTIME_DIR/p11cert. A
 * help and no promise: where no file can be had, or the other one keeps it for a minute, the run goes on without.
 */
typedef struct {
    int fd; /**< -1: none */
} pc_token_lock;

/**
 * Wait until nobody else on this machine holds the lock of that name on that token. Not to be taken twice by one thread.
 * @param name  the label of a key, or a word for a kind of object
 */
pc_token_lock pc_token_lock_take(const pc_token *token, const char *name);

void pc_token_lock_release(pc_token_lock *lock);

/** A lock that goes with its scope, and with the process. */
#define PC_TOKEN_LOCKED(token, name) \
    __attribute__((cleanup(pc_token_lock_release), unused)) pc_token_lock pc_scope_lock = \
        pc_token_lock_take(token, name)

#endif
