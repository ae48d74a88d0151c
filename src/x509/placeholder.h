/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PLACEHOLDER_H
#define PC_X509_PLACEHOLDER_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * A public key of that kind which nobody can take for a real one, and for which there is no private key worth
 * the name: RSA with a modulus of ones, EC with the curve's base point. It stands in where a request is to be
 * built before its key exists.
 * @return PC_OK, with *ret_key owned by the caller; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_placeholder_key(pc_key_kind kind, EVP_PKEY **ret_key, pc_error *err);

#endif
