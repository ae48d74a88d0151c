/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_LENS_H
#define PC_SIGNER_LENS_H

#include <p11cert/key.h>

#include "token/session.h"

/**
 * The lens: a PKCS#11 module of our own that libp11's engine loads instead of the vendor's. It
 * shows one slot, one session and one key pair, answers from what has been read and checked
 * already, and lets through to the real module nothing but the signature.
 *
 * libp11 0.4.12 walks every key of a token to load one (7,030 calls at 1,000 keys), gives up if it
 * meets an Ed25519 key, and mixes up keys that share a CKA_ID. What it cannot see, it cannot get wrong.
 *
 * PKCS#11 has no context argument, so there is one lens in the process: use it from one thread.
 */

/**
 * Show the engine this key and no other; both are borrowed until pc_lens_close or the next focus.
 * Each focus has an id of its own, so that the engine cannot take an earlier key for this one.
 * @param key            its EC point in an OCTET STRING, as PKCS#11 wants it and not every module gives it
 * @param signature_len  bytes that a signature of the key can have at most, as C_Sign gives it
 * @param ret_uri        the RFC 7512 URI by which the engine asks for the key
 */
void pc_lens_focus(const pc_token *token, const pc_key *key, size_t signature_len, char ret_uri[static 64]);

/** Show nothing any more. */
void pc_lens_close(void);

/** The real module's answer to the last call that was let through: CKR_OK if none failed. */
CK_RV pc_lens_last_rv(void);

/** The name of that call: "C_Sign". */
const char *pc_lens_last_function(void);

/** How often the lens was asked since the focus; 0 shows that the engine went another way. */
unsigned long pc_lens_call_count(void);

/** The lens as a module. For the module file p11cert-lens.so, which the engine opens by path. */
CK_FUNCTION_LIST *pc_lens_function_list(void);

#endif
