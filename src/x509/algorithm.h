/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_ALGORITHM_H
#define PC_X509_ALGORITHM_H

#include <openssl/evp.h>
#include <p11cert/error.h>
#include <stdbool.h>

/** Facts about a key's algorithm beyond its name. */

/** Does this OpenSSL support keys with that algorithm name, such as "ML-DSA-44"? @return PC_OK; PC_E_CRYPTO. */
PC_MUST_CHECK pc_status pc_algorithm_is_known(const char *name, bool *ret_known, pc_error *err);

/** As pc_algorithm_is_known, where it has to. @return PC_OK; PC_E_CRYPTO, with OpenSSL's version if it does not. */
PC_MUST_CHECK pc_status pc_algorithm_check(const char *name, pc_error *err);

/** Does it sign whole messages, without a digest (RFC 8032, FIPS 204)? */
bool pc_algorithm_hashes_itself(const EVP_PKEY *key);

/** "RSA", "EC", "Ed25519", "ML-DSA-44"; for other keys OpenSSL's name. */
const char *pc_algorithm_words(const EVP_PKEY *key);

#endif
