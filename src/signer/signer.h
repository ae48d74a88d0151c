/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_SIGNER_H
#define PC_SIGNER_SIGNER_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "token/session.h"

/**
 * A key that OpenSSL can sign with and whose private half stays on the token. Signing uses libp11's engine, which
 * accesses the token through the lens (lens.h).
 */
typedef struct pc_signer pc_signer;

/**
 * @param token, key  borrowed until pc_signer_close; the session must be logged in
 * @return PC_OK; PC_E_INPUT (a kind of key the engine cannot use); PC_E_CRYPTO (no engine, no lens); PC_E_TOKEN;
 * PC_E_MEMORY. One signer may be open at a time in a process.
 */
PC_MUST_CHECK pc_status pc_signer_open(const pc_token *token, const pc_key *key, pc_signer **ret_signer, pc_error *err);

/** Accepts NULL. Close the signer before the token. */
void pc_signer_close(pc_signer *signer);

PC_AUTO_DEFINE(pc_signer, pc_signer, pc_signer_close);

/** The private half, for signing; borrowed. */
EVP_PKEY *pc_signer_private(const pc_signer *signer);

/** The public half as shown by the token, with which every signature is verified; borrowed. */
EVP_PKEY *pc_signer_public(const pc_signer *signer);

/**
 * Report why a signature failed: the token's code if it refused, else OpenSSL's error. To be called by the code whose
 * signature failed. Returns the status.
 */
pc_status pc_signer_fail(pc_error *err);

/**
 * Load the engine, which stays loaded for the life of the process. Called before anything irreversible, so that a
 * missing engine is detected before a key is made. @return PC_OK; PC_E_CRYPTO.
 */
PC_MUST_CHECK pc_status pc_engine_check(pc_error *err);

/**
 * The paths of the engine and the lens, for `doctor`: fills two buffers. @return PC_OK; PC_E_CRYPTO if one is missing.
 */
PC_MUST_CHECK pc_status pc_engine_probe(char ret_engine[static 256], char ret_lens[static 4096], pc_error *err);

#endif
