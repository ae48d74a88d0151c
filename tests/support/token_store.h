/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_TOKEN_STORE_H
#define TEST_SUPPORT_TOKEN_STORE_H

#include <p11cert/token.h>

/** A SoftHSM store for the test, in a folder that is removed with it. */
typedef struct {
    char folder[64];
    char pin_source[96]; /**< file: with the user PIN of every token in it */
} token_store;

/* Words that occur nowhere else, so that they can be searched for where no PIN may be. */
#define TOKEN_STORE_PIN    "canary-pin-7391"
#define TOKEN_STORE_SO_PIN "canary-so-4826"

/** Make an empty store and have SoftHSM use it from now on in this process and its children. */
void token_store_make(token_store *store);

/** An exact copy in a separate folder, which SoftHSM uses from now on. */
void token_store_copy(const token_store *from, token_store *ret_copy);

/** Have SoftHSM use this store from now on. */
void token_store_use(const token_store *store);

void token_store_remove(token_store *store);

/** A new token with both PINs set. */
void token_store_add_token(const token_store *store, const char *label);

/** The path of a file in the store's folder. Returns out. */
const char *token_store_path(const token_store *store, const char *name, char out[static 128]);

/** Write a file there, readable by its owner alone. */
void token_store_write(const token_store *store, const char *name, const void *bytes, size_t len);

/** How the library under test reaches a token of the store, with the signer of P11CERT_SIGNER. */
pc_token_access token_store_access(const token_store *store, const char *module, const char *token);

#endif
