/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_KEY_WRAP_H
#define PC_X509_KEY_WRAP_H

#include <p11cert/secret.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/secret_auto.h"
#include "x509/auto.h"

/**
 * Our side of moving a private key in or out of a token: what the token wraps is unwrapped here, and
 * the reverse (the token's side is token/key_transfer.h).
 *
 * What lies where: transport keys and PKCS#8 bytes stand in pc_secret (locked, not dumped, wiped).
 * The private numbers of an EVP_PKEY stand in OpenSSL's secure heap, which is locked too. Between the two,
 * OpenSSL keeps the PKCS#8 bytes and the cipher's state for moments in its ordinary heap; it wipes them
 * when it frees them, and they cannot be locked.
 */

#define PC_TRANSPORT_KEY_LEN 32u /**< bytes: AES-256 */
#define PC_WRAP_IV_LEN       16u

/**
 * OpenSSL's secure heap, started once in a process and kept. To be called before a private key is read.
 * @return PC_OK; PC_E_MEMORY if it cannot be had, or cannot be locked (ulimit -l).
 */
PC_MUST_CHECK pc_status pc_secure_heap_start(pc_error *err);

/**
 * A one-time RSA-2048 pair, under which a token hands its transport key over. It guards against a recording of the
 * PKCS#11 calls alone; a larger one takes seconds to make on a busy machine. @return PC_OK; PC_E_CRYPTO.
 */
PC_MUST_CHECK pc_status pc_transport_pair_new(EVP_PKEY **ret_pair, pc_error *err);

/** RSAES-OAEP with SHA-1 and MGF1 (RFC 8017 section 7.1), the one form that all tokens know. @return PC_OK;
 *  PC_E_VERIFY if it is not an AES-256 key under this pair; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_transport_key_open(EVP_PKEY *pair, pc_bytes wrapped, pc_secret **ret_key, pc_error *err);

/** Random bytes as transport key. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_transport_key_new(pc_secret **ret_key, pc_error *err);

/**
 * Undo what a token did to a private key with AES-256.
 * @param iv   of AES-CBC with PKCS#7 padding; NULL: a key wrap, RFC 5649, or RFC 3394 over PKCS#7 padding, which
 *             some modules take CKM_AES_KEY_WRAP_PAD for; the integrity check value tells which
 * @return PC_OK, with the PKCS#8 bytes; PC_E_VERIFY if nothing comes out whole; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_unwrap(pc_secret *transport, const uint8_t *iv, pc_bytes wrapped, pc_secret **ret_plain,
                                      pc_error *err);

/** The reverse, for a token to undo: RFC 5649, or with an iv AES-CBC and PKCS#7 padding. In a secret for its room only. */
PC_MUST_CHECK pc_status pc_key_wrap(pc_secret *transport, const uint8_t *iv, pc_secret *plain, pc_secret **ret_wrapped,
                                    pc_error *err);

/** @return PC_OK; PC_E_VERIFY if the bytes are no PKCS#8 PrivateKeyInfo (RFC 5208). */
PC_MUST_CHECK pc_status pc_pkcs8_read(pc_secret *plain, EVP_PKEY **ret_key, pc_error *err);
PC_MUST_CHECK pc_status pc_pkcs8_write(const EVP_PKEY *key, pc_secret **ret_plain, pc_error *err);

/** The numbers of a private key, for a token that takes no wrapped one. Of RSA the private exponent, both primes, both
 *  exponents and the coefficient (RFC 8017 section 3.2), of EC the scalar, as long as its order; big-endian, one after the other. */
typedef struct {
    pc_secret *room;
    size_t len[6];
    size_t count;
} pc_private_numbers;

/** @return PC_OK, the room is the caller's; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_private_numbers_of(const EVP_PKEY *key, pc_private_numbers *ret_numbers, pc_error *err);

/** Do the halves of a key pair belong together? @return PC_OK; PC_E_VERIFY. */
PC_MUST_CHECK pc_status pc_key_check_halves(EVP_PKEY *key, pc_error *err);

/** Have two private keys the same private half? @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_private_keys_equal(const EVP_PKEY *a, const EVP_PKEY *b, bool *ret_equal, pc_error *err);

#endif
