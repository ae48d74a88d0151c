/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_SIGNER_LENS_H
#define PC_SIGNER_LENS_H

#include <p11cert/key.h>

#include "token/session.h"

/**
 * The lens: our own PKCS#11 module that libp11's engine loads instead of the vendor's. It shows one slot, one session
 * and one key pair, answers from data that was already read and checked, and passes only the signature through to the
 * real module.
 *
 * To load one key, libp11 0.4.12 reads every key on a token (7,030 calls with 1,000 keys), fails if there is an Ed25519
 * key, and confuses keys that share a CKA_ID. The lens hides all other keys from it.
 *
 * PKCS#11 has no context argument, so there is one lens per process: use it from one thread.
 */

/**
 * Show the engine only this key; token and key are borrowed until pc_lens_close or the next focus. Each focus has a
 * unique ID, so that the engine cannot confuse an earlier key with this one.
 * @param key            with its EC point in an OCTET STRING, as PKCS#11 requires but not every module returns it
 * @param signature_len  maximum length in bytes of a signature by the key, in the form that C_Sign returns
 * @param ret_uri        the RFC 7512 URI with which the engine requests the key
 */
void pc_lens_focus(const pc_token *token, const pc_key *key, size_t signature_len, char ret_uri[static 64]);

/** Stop showing a key. */
void pc_lens_close(void);

/** The real module's answer to the last call passed through: CKR_OK if none failed. */
CK_RV pc_lens_last_rv(void);

/** The name of that call: "C_Sign". */
const char *pc_lens_last_function(void);

/** Number of calls to the lens since the focus; 0 means that the engine did not use the lens. */
unsigned long pc_lens_call_count(void);

/** The lens as a module. For the module file p11cert-lens.so, which the engine opens by path. */
CK_FUNCTION_LIST *pc_lens_function_list(void);

#endif
