/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_WEAK_KEY_H
#define PC_X509_WEAK_KEY_H

#include <openssl/evp.h>
#include <p11cert/error.h>

#include "base/arena.h"

/**
 * Why no CA may certify a public key, and none may have it: its algorithm, size, exponent or curve (CA/B Forum TLS BR
 * 6.1.5 and 6.1.6, NIST SP 800-56B section 6.2), or a weakness from which its private key can be computed (BR 6.1.1.3).
 * Ed25519, Ed448 (FIPS 186-5) and ML-DSA (FIPS 204) are allowed, although BR does not have them.
 * @param ret_fault  a sentence without its end, with its source, in the arena; NULL: none was found
 * @return PC_OK; PC_E_CRYPTO (the key cannot be read); PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_weak_key_fault(const EVP_PKEY *key, pc_arena *arena, const char **ret_fault, pc_error *err);

#endif
