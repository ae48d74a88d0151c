/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_ENROLL_BUNDLE_H
#define PC_ENROLL_BUNDLE_H

#include <openssl/x509.h>
#include <p11cert/bytes.h>

#include "base/arena.h"
#include "base/cleanup.h"

/** With the certificates in it. Accepts NULL. */
void pc_certificates_free(STACK_OF(X509) *certificates);

PC_AUTO_DEFINE(certificates, STACK_OF(X509), pc_certificates_free);

/**
 * A certificate and those that came with it as PEM, the certificate first.
 * @param others    NULL: none
 * @param ret_file  the arena's
 * @return PC_OK; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_bundle_write(pc_arena *arena, X509 *certificate, const STACK_OF(X509) *others,
                                        pc_bytes *ret_file, pc_error *err);

#endif
