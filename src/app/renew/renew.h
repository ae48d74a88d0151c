/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_RENEW_H
#define PC_APP_RENEW_H

#include <p11cert/renew.h>

#include "base/arena.h"
#include "enroll/protocol.h"
#include "token/session.h"
#include "x509/auto.h"

/** The steps of `renew`, in their order: find what is to be renewed, choose the key, have the request signed. */

/** One certificate that is to be renewed. Everything except `old` is in the arena. */
typedef struct {
    const pc_renew_order *order;
    pc_key key;            /**< the old certificate's */
    X509 *old;             /**< its current certificate */
    const pc_error *doubt; /**< NULL, or why no certificate of the key is renewed; `old` is then one of several */
    const char *successor; /**< label that a new key has or will get */
    pc_key next;           /**< the key to be certified: the same or the new one */
    const char *next_uri;
    const char *template_name;
    pc_ca_access ca;     /**< the order's, except for the address if it is the key's own CA; url NULL: without a CA */
    pc_ca_target target; /**< protocol NULL: without a CA */
    bool is_at_ca;       /**< this same request is at the CA, and its result is to be retrieved */
    pc_renewed *item;
    pc_arena *arena;
} pc_renewal;

typedef struct {
    pc_renewal *items;
    size_t count;
} pc_renewals;

void pc_renewals_clear(pc_renewals *renewals);

PC_AUTO_DEFINE_VALUE(pc_renewals, pc_renewals, pc_renewals_clear);

/**
 * The certificates that the order selects: the current one of its key, or all that are due: the current ones of keys
 * that expire in time, are not CA keys, and have not been renewed with a new key. A key's current certificate is that
 * of those bound to it (the same CKA_ID and public key) that ends last.
 * @return PC_OK; PC_E_NOT_FOUND; as pc_key_find; PC_E_MEMORY.
 */
PC_MUST_CHECK pc_status pc_renewals_find(const pc_token *token, const pc_renew_order *order, pc_arena *arena,
                                         pc_renewals *ret_renewals, pc_error *err);

/**
 * Set `ca` and `target`: the CA that is recorded for the key, if the order selects several keys or names no CA; else
 * the one that the order names. A password goes only to the host that was named with it.
 * @return PC_OK; PC_E_NOT_FOUND (none is recorded or named); PC_E_REFUSED (the password must not be sent there);
 *         PC_E_USAGE; as pc_key_ca_find and pc_ca_access_check.
 */
PC_MUST_CHECK pc_status pc_renewal_choose_ca(const pc_token *token, pc_renewal *renewal, pc_error *err);

/** Whether the login is a password or a shared secret. */
bool pc_renewal_login_is_password(const pc_ca_access *ca);

/** Whether the certificate that is being renewed logs in: the protocol can do that, and no other login is named. */
bool pc_renewal_logs_in_by_old(const pc_renewal *renewal);

/**
 * The key that is renewed protects the messages of CMP itself. Over plain HTTP no ticket is sent, so that there the
 * default, a ticket, means no other login.
 */
void pc_renewal_fit_login(pc_ca_access *access, pc_arena *arena);

/**
 * Check before a key is created that the certificate that is being renewed can log in, if it is to.
 * @return PC_OK; PC_E_REFUSED (it is not one for TLS clients, and the protocol logs in only that way); as
 *         pc_ca_check_login_key.
 */
PC_MUST_CHECK pc_status pc_renewal_check_login(const pc_renewal *renewal, pc_error *err);

/**
 * Set the key to be certified. A new one has the old one's kind and policy, is made or reused from an earlier run, and
 * is shown not to be extractable if it must not be. Sets item->already if it has a certificate.
 * @return PC_OK; PC_E_INPUT (a kind that is not made here); as pc_make_key and pc_proof_of_refusal.
 */
PC_MUST_CHECK pc_status pc_renewal_choose_key(const pc_token *token, pc_renewal *renewal, pc_error *err);

/**
 * Write the request, signed, unless an earlier run has written it, it is at the CA, or everything is done already.
 * @return PC_OK; PC_E_REFUSED (another file exists); as signing and writing.
 */
PC_MUST_CHECK pc_status pc_renewal_write_request(const pc_token *token, pc_renewal *renewal, pc_error *err);

/** Check before a key is created that the request can be written. @return as pc_output_open; PC_E_REFUSED. */
PC_MUST_CHECK pc_status pc_renewal_check_place(const pc_renewal *renewal, pc_error *err);

#endif
