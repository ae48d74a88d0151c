/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_LOCK_H
#define PC_TOKEN_LOCK_H

#include "base/bytes.h"
#include "token/session.h"

/**
 * Ensures that one run at a time searches a token for an object and creates it if it is missing. PKCS#11 has no locks,
 * so a file for all users and tokens of the machine is used, in which each name on each token has a byte: $P11CERT_LOCK
 * if that is set, else /run/lock/p11cert, or /tmp/p11cert.lock if that cannot be opened. It covers runs and threads on
 * this machine. It is best effort: if no file can be opened, or another run holds the lock for a minute, the run
 * continues without it; code that then creates an object searches again afterwards.
 */
typedef struct {
    int fd;          /**< -1: none */
    uint64_t number; /**< of the name on the token */
} pc_token_lock;

/**
 * Wait until no other run on this machine holds the lock with that name on that token. One thread must not take it
 * twice.
 * @param name  the label of a key, or a word for a kind of object
 */
pc_token_lock pc_token_lock_take(const pc_token *token, const char *name);

/**
 * Held while tokens are listed, logged in to and initialised: at each login, SoftHSM truncates the file of the token
 * before it writes it again, and a process that starts at that moment sees no token, or an unusable one.
 */
#define PC_LOGIN_LOCK "login"

/** The number by which the lock file knows a name on a token; two names may share one. */
uint64_t pc_token_lock_number(const pc_token *token, pc_bytes name);

/** Open the lock file, to read or write what is kept in it besides the locks. @return a descriptor; -1: none. */
int pc_lock_file_open(void);

#define PC_LOCK_MARKS_LEN 8192 /**< bytes at the start of the file: the marks below */

/** The same for operations on a module before there is a token. */
pc_token_lock pc_machine_lock_take(const char *name);

/** Can a lock file be opened? If not, *ret_path is the first that was tried, static or from the environment. */
bool pc_lock_is_possible(const char **ret_path);

void pc_token_lock_release(pc_token_lock *lock);

/**
 * What the lock file says about the last run that began to write under a lock. A run that has searched a token before
 * it took the lock need not search again under it if this has not changed since before its search: then no other run on
 * this machine has written.
 */
typedef struct {
    uint64_t value;    /**< random for each writing run; 0: unknown, and so never unchanged */
    int64_t read_msec; /**< monotonic */
} pc_lock_mark;

/** Read before the search. The value is 0 if there is no lock file, or if another run holds the lock now. */
pc_lock_mark pc_lock_mark_read(const pc_token *token, const char *name);

/**
 * Is the mark still that one, and was it read recently? The lock does not cover other machines, so that a search from
 * before a person entered a PIN is not relied on.
 * @param lock  held, with the name that the mark was read for
 */
bool pc_lock_mark_is_current(const pc_token_lock *lock, const pc_lock_mark *mark);

/** To be called with the lock held, before anything is written. */
void pc_lock_mark_change(const pc_token_lock *lock);

PC_AUTO_DEFINE_VALUE(pc_token_lock, pc_token_lock, pc_token_lock_release);

/** A lock that is released at the end of its scope, and with the process. */
#define PC_TOKEN_LOCKED(token, name) \
    PC_AUTO(pc_token_lock) __attribute__((unused)) pc_token_lock pc_scope_lock = pc_token_lock_take(token, name)

#endif
