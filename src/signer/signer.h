/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_SIGNER_H
#define PC_SIGNER_SIGNER_H

#include <openssl/evp.h>
#include <p11cert/key.h>

#include "signer/kind.h"
#include "token/session.h"

/**
 * A key that OpenSSL can sign with and whose private half stays on the token. How the signature reaches the token is up
 * to the signer that the token was opened with (pc_token_access.signer; kind.h lists them); the bytes that are signed
 * are the same with each.
 */
typedef struct pc_signer pc_signer;

/**
 * @param token  borrowed until pc_signer_close; its session must be logged in
 * @param key    borrowed for the call
 * @return PC_OK; PC_E_INPUT (a kind of key that the signer cannot use); PC_E_CRYPTO (a part of the signer is missing);
 * PC_E_TOKEN; PC_E_MEMORY. Of a kind that is one_at_a_time, one signer may be open in a process.
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
 * Has the signature that just failed been refused because of its mechanism, and was no signer named
 * (pc_token_access.signer)? Then the native signer takes over, which can also have the token hash the message, as keys
 * with a CKA_ALLOWED_MECHANISMS and some tokens require. Returns whether it is worth trying again;
 * pc_signer_private is another key then.
 */
bool pc_signer_change_route(const pc_signer *signer);

/**
 * Report why a signature failed: the token's code if it refused, else OpenSSL's error. To be called by the code whose
 * signature failed. Returns the status.
 */
pc_status pc_signer_fail(const pc_signer *signer, pc_error *err);

/** Has the token refused a signature? Then pc_signer_fail reports its code. */
bool pc_signer_has_refused(const pc_signer *signer);

/**
 * Can this process sign? Loads the signer, which stays loaded for the life of the process. Called before anything
 * irreversible, so that a missing part is detected before a key is made.
 * @param name  as in pc_token_access.signer
 * @return PC_OK; PC_E_USAGE (no signer has this name); PC_E_CRYPTO (a part is missing, or this build lacks the signer).
 */
PC_MUST_CHECK pc_status pc_signer_check(const char *name, pc_error *err);

/**
 * Can the signer sign with a kind of key that is to be made? As pc_signer_check; PC_E_INPUT if it cannot, naming the
 * signer that can.
 */
PC_MUST_CHECK pc_status pc_signer_check_kind(const char *name, pc_key_kind kind, pc_error *err);

/** Can several threads sign at once, each in its own session? If not, one thread signs for the whole process. */
bool pc_signer_runs_in_threads(const pc_token *token);

/** Can the keys of this token sign only with mechanisms that take a digest? Not if no signer was named: where the
 * default one fails for that, the native signer takes over. */
bool pc_signer_is_raw_only(const pc_token *token);

/** Does the signer of this token sign with keys of this CKK_*? */
bool pc_signer_supports(const pc_token *token, unsigned long key_type);

/** All signers of this build, the default one first. */
extern const pc_signer_kind *const pc_signer_kinds[];
extern const size_t pc_signer_kind_count;

/** The signer with a name, the default one if it is NULL. @return as pc_signer_check; nothing is loaded. */
PC_MUST_CHECK pc_status pc_signer_choose(const char *name, const pc_signer_kind **ret_kind, pc_error *err);

#endif
