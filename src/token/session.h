/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_TOKEN_SESSION_H
#define PC_TOKEN_SESSION_H

#include <p11cert/token.h>

#include "token/module.h"

struct pc_search_abilities;
struct pc_key_support;

/** The contents of pc_token; for the token and signer areas only. */
struct pc_token {
    pc_module *module;           /**< NULL: owned by the token from which this one was opened */
    CK_FUNCTION_LIST *functions; /**< of the module, borrowed */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    bool has_session;
    bool is_logged_in; /**< by us, or already before */
    pc_token_info info;
    CK_TOKEN_INFO raw;                     /**< for matching URIs: as returned by the module, padded with spaces */
    void (*warn)(const char *text);        /**< pc_token_access.warn */
    const char *signer;                    /**< pc_token_access.signer, borrowed */
    struct pc_label_log *labels;           /**< owned by the module; NULL: there is none */
    struct pc_search_abilities *abilities; /**< owned like the module; NULL: nothing is remembered */
    struct pc_key_support *support; /**< what it says of keys it can generate (key_support.h); owned like the module */
    pc_secret *pin; /**< kept while open, for keys that require it on each use; NULL if none was needed */
};

PC_AUTO_DEFINE(pc_token, pc_token, pc_token_close);

/**
 * Open a second token while one is open; the second must be closed before the first.
 * @param access  without a module, and with none in its token's URI, the module of the first is used. The init
 *                arguments of the first are used if both have the same module
 * @return as pc_token_open; PC_E_USAGE if it is the first token, or cannot be distinguished from it; or if other init
 *         arguments are given for the module of the first.
 */
PC_MUST_CHECK pc_status pc_token_open_beside(const pc_token *first, const pc_token_access *access, pc_token_mode mode,
                                             pc_token **ret_token, pc_error *err);

/** Another session on the same token, which shares its login. The caller closes it with C_CloseSession. */
PC_MUST_CHECK pc_status pc_token_open_session(const pc_token *token, CK_FLAGS flags, CK_SESSION_HANDLE *ret_session,
                                              pc_error *err);

/**
 * The same token in another session, for a second thread or an independent check: it shares the login of the first and
 * is used like it, by one thread at a time. It has no PIN. Close it before the first.
 * @return PC_OK; PC_E_TOKEN (with CKR_SESSION_COUNT if the token allows no more); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_token_branch(const pc_token *token, bool writable, pc_token **ret_branch, pc_error *err);

/**
 * Continue in a new session after a failure, which may have left an operation active in the old one (a search, a
 * signature). If no new session can be opened, the old one stays.
 */
void pc_token_renew_session(pc_token *token, bool writable);

/** How many more read-write sessions the token reports that it allows; SIZE_MAX if it sets no limit. */
size_t pc_token_sessions_left(const pc_token *token);

/**
 * May several threads call at the same time? Not if the module cannot lock, nor on an NSS database: there, a thread
 * that holds NSS's lock waits for SQLite's, which another thread keeps until it gets the first.
 */
bool pc_token_allows_threads(const pc_token *token);

/**
 * After a failure: is the token lost, so that nothing further can succeed in this session? One call, if the error was
 * the module's and does not say so by itself.
 */
bool pc_token_is_lost(const pc_token *token, const pc_error *err);

/**
 * Is a PIN of this length (bytes) within what the token reports? Tokens report limits that their own PINs exceed, so
 * this explains a failure and guides the choice of a new PIN, but never prevents a login.
 */
bool pc_token_info_allows_length(const pc_token_info *info, size_t len);

/**
 * Read the user PIN from access, without trying it.
 * @return PC_OK; PC_E_LOCKED (a login is known to fail, or could use up the last attempt unattended); any error of
 * pc_pin_read.
 */
PC_MUST_CHECK pc_status pc_token_read_pin(const pc_token_access *access, const pc_token_info *info, pc_secret **ret_pin,
                                          pc_error *err);

/** The module, the default one if access names none, and the parsed token URI (NULL if none). */
PC_MUST_CHECK pc_status pc_token_open_module(const pc_token_access *access, pc_module **ret_module, pc_error *err);

/** Open a known slot without login. Takes over the module on success. */
PC_MUST_CHECK pc_status pc_token_open_slot(pc_module **module, const pc_slot *slot, bool writable, pc_token **ret_token,
                                           pc_error *err);

#endif
