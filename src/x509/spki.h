/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SPKI_H
#define PC_APP_SPKI_H

#include "base/arena.h"
#include "x509/auto.h"

/** DER SubjectPublicKeyInfo, as from i2d_PUBKEY, owned by the caller; returns its length, or 0 or less on failure. */
int pc_spki_der(const EVP_PKEY *key, unsigned char **ret_der);

/** SHA-256 of a public key's DER SubjectPublicKeyInfo, hex, in the arena: for comparing keys. */
PC_MUST_CHECK pc_status pc_spki_sha256(const EVP_PKEY *key, pc_arena *arena, const char **ret_hex, pc_error *err);

#endif
