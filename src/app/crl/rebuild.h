/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_CRL_REBUILD_H
#define PC_APP_CRL_REBUILD_H

#include <p11cert/crl.h>

#include "base/arena.h"
#include "x509/auto.h"

/**
 * Build what an order had a token sign, without a token. The order states the time of issue and the same files: then
 * the part to be signed is that of the CRL that was issued, byte for byte, down to its signature algorithm.
 *
 * @param issuer   certificate of the CA
 * @param ret_crl  signed by a temporary key; owned by the caller
 * @return PC_OK; as pc_crl_run before it opens the token; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_crl_rebuild(const pc_crl_order *order, X509 *issuer, pc_arena *arena, X509_CRL **ret_crl,
                                       pc_error *err);

#endif
