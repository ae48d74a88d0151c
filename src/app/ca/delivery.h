/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_DELIVERY_H
#define PC_APP_DELIVERY_H

#include <p11cert/pending.h>

#include "enroll/protocol.h"
#include "token/session.h"
#include "x509/auto.h"

/**
 * A certificate that a CA has sent, and those that came with it. Some CAs send it once only, or issue another one if
 * they are asked again: it is kept in the record of the request before anything else is done with it, so that an
 * interrupted run continues without the CA.
 */

/** Certificates from a CA. @param name  for the error. @return PC_OK; PC_E_CA (they cannot be read). */
PC_MUST_CHECK pc_status pc_delivery_read(const pc_bytes *file, const char *name, STACK_OF(X509) **ret_certificates,
                                         pc_error *err);

/**
 * The certificate for this key; NULL if there is none.
 * @param spki_sha256      hex; "": the first one
 * @param ret_certificate  borrowed from the stack
 * @return PC_OK; PC_E_CRYPTO; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_delivery_find(STACK_OF(X509) *certificates, const char *spki_sha256, pc_arena *arena,
                                         X509 **ret_certificate, pc_error *err);

/**
 * Record what a CA answered: the certificate if one came, and the certificates sent with it if a record has room for
 * them. A certificate for another key is not kept: it is refused each time. A certificate that cannot be recorded is
 * not discarded: there is a warning, and the caller uses it at once.
 * @return PC_OK; PC_E_CRYPTO; without a certificate in the reply also as pc_pending_save; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_delivery_save(const pc_token *token, const pc_ca_reply *reply, pc_pending *record,
                                         pc_arena *arena, pc_error *err);

/** Does the record contain a certificate? */
bool pc_delivery_is_kept(const pc_pending *record);

/** The CA's reply, from a record that contains one. @return PC_OK; PC_E_INPUT (it cannot be read). */
PC_MUST_CHECK pc_status pc_delivery_of_record(const pc_pending *record, pc_arena *arena, pc_ca_reply *ret_reply,
                                              pc_error *err);

#endif
