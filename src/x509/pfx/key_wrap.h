/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_KEY_WRAP_H
#define PC_X509_KEY_WRAP_H

#include <p11cert/secret.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/secret_auto.h"
#include "x509/auto.h"

/**
 * Our side of importing or exporting a private key: unwraps what the token wrapped, and the reverse
 * (token/key_transfer.h is the token's side).
 *
 * Where secrets are stored: transport keys and PKCS#8 bytes in pc_secret (locked, not dumped, wiped). The private
 * numbers of an EVP_PKEY are in OpenSSL's secure heap, which is also locked. Between the two, OpenSSL keeps the PKCS#8
 * bytes and the cipher's state briefly in its ordinary heap; it wipes them on freeing, but they cannot be locked.
 */

#define PC_TRANSPORT_KEY_LEN 32u /**< bytes: AES-256 */
#define PC_WRAP_IV_LEN       16u

/**
 * Initialise OpenSSL's secure heap, once per process. Call this before a private key is read. @return PC_OK;
 * PC_E_MEMORY if it cannot be allocated or locked (ulimit -l).
 */
PC_MUST_CHECK pc_status pc_secure_heap_start(pc_error *err);

/**
 * A one-time RSA-2048 pair, under which a token wraps its transport key. It only protects against recording of the
 * PKCS#11 calls; generating a larger one takes seconds on a busy machine. @return PC_OK; PC_E_CRYPTO.
 */
PC_MUST_CHECK pc_status pc_transport_pair_new(EVP_PKEY **ret_pair, pc_error *err);

/** RSAES-OAEP with SHA-1 and MGF1 (RFC 8017 section 7.1), the only form that all tokens support. @return PC_OK;
 *  PC_E_VERIFY if it is not an AES-256 key under this pair; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_transport_key_open(EVP_PKEY *pair, pc_bytes wrapped, pc_secret **ret_key, pc_error *err);

/** Random bytes as the transport key. @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_transport_key_new(pc_secret **ret_key, pc_error *err);

/**
 * Decrypt a private key that a token wrapped with AES-256.
 * @param iv   for AES-CBC with PKCS#7 padding; NULL: a key wrap, RFC 5649, or RFC 3394 over PKCS#7 padding, which some
 *     modules implement as CKM_AES_KEY_WRAP_PAD; the integrity check value shows which
 * @return PC_OK, with the PKCS#8 bytes; PC_E_VERIFY if it cannot be unwrapped; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_key_unwrap(pc_secret *transport, const uint8_t *iv, pc_bytes wrapped, pc_secret **ret_plain,
                                      pc_error *err);

/**
 * The reverse, for a token to unwrap: RFC 5649, or with an iv AES-CBC and PKCS#7 padding. The result is ciphertext; it
 * is in a pc_secret only for its buffer.
 */
PC_MUST_CHECK pc_status pc_key_wrap(pc_secret *transport, const uint8_t *iv, pc_secret *plain, pc_secret **ret_wrapped,
                                    pc_error *err);

/** @return PC_OK; PC_E_VERIFY if the bytes are not a PKCS#8 PrivateKeyInfo (RFC 5208). */
PC_MUST_CHECK pc_status pc_pkcs8_read(pc_secret *plain, EVP_PKEY **ret_key, pc_error *err);
PC_MUST_CHECK pc_status pc_pkcs8_write(const EVP_PKEY *key, pc_secret **ret_plain, pc_error *err);

/**
 * The numbers of a private key, for a token that cannot unwrap. For RSA the private exponent, both primes, both
 * exponents and the coefficient (RFC 8017 section 3.2); for EC the scalar, as long as its order. Big-endian,
 * concatenated.
 */
typedef struct {
    pc_secret *room;
    size_t len[6];
    size_t count;
} pc_private_numbers;

/** @return PC_OK, the caller owns `room`; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_private_numbers_of(const EVP_PKEY *key, pc_private_numbers *ret_numbers, pc_error *err);

/** Do the halves of a key pair belong together? @return PC_OK; PC_E_VERIFY. */
PC_MUST_CHECK pc_status pc_key_check_halves(EVP_PKEY *key, pc_error *err);

/** Do two private keys have the same private half? @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY. */
PC_MUST_CHECK pc_status pc_private_keys_equal(const EVP_PKEY *a, const EVP_PKEY *b, bool *ret_equal, pc_error *err);

#endif
