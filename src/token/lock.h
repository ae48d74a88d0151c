/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LOCK_H
#define PC_TOKEN_LOCK_H

#include "token/session.h"

/**
 * Ensures that one run at a time searches a token for an object and creates it if it is missing. PKCS#11 has no locks,
 * so this uses a file in $XDG_RUNTIME_DIR/p11cert and only covers runs (and threads) of the same user on the same
 * machine. It is best effort: if no file can be opened, or the lock is held for a minute, the run continues without it.
 */
typedef struct {
    int fd; /**< -1: none */
} pc_token_lock;

/**
 * Wait until no other run on this machine holds the lock with that name on that token. One thread must not take it
 * twice.
 * @param name  the label of a key, or a word for a kind of object
 */
pc_token_lock pc_token_lock_take(const pc_token *token, const char *name);

void pc_token_lock_release(pc_token_lock *lock);

PC_AUTO_DEFINE_VALUE(pc_token_lock, pc_token_lock, pc_token_lock_release);

/** A lock that is released at the end of its scope, and with the process. */
#define PC_TOKEN_LOCKED(token, name) \
    PC_AUTO(pc_token_lock) __attribute__((unused)) pc_token_lock pc_scope_lock = pc_token_lock_take(token, name)

#endif
