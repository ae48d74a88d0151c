/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_SIGN_OFF_H
#define PC_CEREMONY_TRANSCRIPT_SIGN_OFF_H

#include "base/bytes.h"

/**
 * A signature of a head by somebody who was present, in a separate file in the folder signatures/: NAME.p7s, a detached
 * CMS (RFC 5652) in DER with the signer's certificate in it, or NAME.sig, an SSH signature.
 */

typedef struct {
    const char *name; /**< of the file; its extension says what it is */
    pc_bytes bytes;
} pc_sign_off;

/**
 * Verify it.
 * @param ret_identity  in the arena, which key signed: "spki-sha256:" and hex for a CMS, "SHA256:" and base64 (an SSH
 *                      fingerprint) for an SSH signature. Whose key that is must be known from the transcript or to the
 *                      reader
 * @return PC_OK; PC_E_VERIFY; PC_E_INPUT (of another kind); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_sign_off_verify(const pc_sign_off *signature, pc_bytes head_text, pc_arena *arena,
                                           const char **ret_identity, pc_error *err);

#endif
