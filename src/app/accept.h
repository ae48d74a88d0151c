/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ACCEPT_H
#define PC_APP_ACCEPT_H

#include <p11cert/accept.h>

#include "token/session.h"
#include "x509/auto.h"

PC_AUTO_DEFINE(pc_accept_result, pc_accept_result, pc_accept_result_free);

/** A certificate with its issuers, nearest first, whose chain was found to hold. Borrowed. */
typedef struct {
    X509 *leaf;
    STACK_OF(X509) *issuers; /**< NULL or empty: none */
    const char *chain;       /**< in words; NULL if there are no issuers */
} pc_accept_certificates;

/**
 * The part of `accept` after the files: find the key, have it prove itself, write what is not there. The token is open
 * read-write, and no signer is open.
 * @return as pc_accept_run.
 */
PC_MUST_CHECK pc_status pc_accept_certificates_on(const pc_token *token, const pc_accept_certificates *certificates,
                                                  pc_accept_result **ret_result, pc_error *err);

#endif
