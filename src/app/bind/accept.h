/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_ACCEPT_H
#define PC_APP_ACCEPT_H

#include <p11cert/accept.h>

#include "base/cleanup.h"
#include "token/key.h"
#include "token/session.h"
#include "x509/auto.h"

/** The certificates to be bound: read before a token is needed, and checked if the files alone show which certificate
 * is meant. */
typedef struct {
    STACK_OF(X509) *all;
    int file_count;               /**< how many of them, from the first, come from the file with the certificate */
    X509 *leaf;                   /**< one of them */
    const pc_key_selector *among; /**< which key, if several have the public key; NULL: there must be one only */
    bool is_certain;              /**< it is the only one of the file that issued no other, and its chain was checked */
    STACK_OF(X509) *issuers;      /**< of the chain, nearest first */
} pc_acceptance;

void pc_acceptance_clear(pc_acceptance *what);
PC_AUTO_DEFINE_VALUE(pc_acceptance, pc_acceptance, pc_acceptance_clear);

/** Read certificate and chain. @return as pc_accept_run for the files. */
PC_MUST_CHECK pc_status pc_accept_read(const pc_accept_order *order, pc_accept_result *result, pc_acceptance *ret_what,
                                       pc_error *err);

/**
 * Find the key, have it prove possession, and write the missing objects. If no key belongs to the leaf, another
 * certificate of the file that has one becomes the leaf. @return as pc_accept_run for the token.
 */
PC_MUST_CHECK pc_status pc_accept_bind(const pc_token *token, pc_acceptance *what, pc_accept_result *result,
                                       pc_error *err);

PC_AUTO_DEFINE(pc_accept_result, pc_accept_result, pc_accept_result_free);

/** A certificate with its issuers, nearest first, whose chain was verified. Borrowed. */
typedef struct {
    X509 *leaf;
    STACK_OF(X509) *issuers; /**< NULL or empty: none */
    const char *chain;       /**< in words; NULL if there are no issuers */
} pc_accept_certificates;

/**
 * The part of `accept` after the files, for certificates from elsewhere. The token is open read-write, and no signer is
 * open.
 * @return as pc_accept_run.
 */
PC_MUST_CHECK pc_status pc_accept_certificates_on(const pc_token *token, const pc_accept_certificates *certificates,
                                                  pc_accept_result **ret_result, pc_error *err);

/** An empty result with an arena; NULL when out of memory. */
pc_accept_result *pc_accept_result_new(void);

#endif
