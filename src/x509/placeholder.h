/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_X509_PLACEHOLDER_H
#define PC_X509_PLACEHOLDER_H

#include <p11cert/request.h>

#include "x509/auto.h"

/**
 * A public key of that kind that cannot be mistaken for a real one and has no usable private key: RSA with a modulus of
 * ones, EC with the curve's base point. Used to build a request before its key exists.
 * @return PC_OK, with *ret_key owned by the caller; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_placeholder_key(pc_key_kind kind, EVP_PKEY **ret_key, pc_error *err);

#endif
