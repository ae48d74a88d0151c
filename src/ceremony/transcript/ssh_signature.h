/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_CEREMONY_TRANSCRIPT_SSH_SIGNATURE_H
#define PC_CEREMONY_TRANSCRIPT_SSH_SIGNATURE_H

#include "base/bytes.h"

/** The namespace of signatures on a head: ssh-keygen -Y sign -n p11cert-ceremony. */
#define PC_SSH_NAMESPACE "p11cert-ceremony"

/**
 * Verify a signature that `ssh-keygen -Y sign` made, with the key inside it. Source: OpenSSH's PROTOCOL.sshsig; RFC
 * 4253 section 6.6 (RSA), RFC 5656 (ECDSA), RFC 8709 (Ed25519), RFC 8332 (rsa-sha2).
 *
 * @param armored        the file
 * @param message        what was signed
 * @param ret_identity   in the arena: "SHA256:...", as ssh-keygen prints the key's fingerprint
 * @return PC_OK; PC_E_VERIFY (it is not such a signature, is in another namespace, or is not valid for the message);
 *         PC_E_INPUT (a kind of key that is not supported: DSA, FIDO tokens, certificates); PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_ssh_signature_verify(pc_bytes armored, pc_bytes message, pc_arena *arena,
                                                const char **ret_identity, pc_error *err);

#endif
