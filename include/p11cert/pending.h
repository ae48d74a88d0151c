/* SPDX-License-Identifier: Apache-2.0 */
#ifndef P11CERT_PENDING_H
#define P11CERT_PENDING_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The record of a request that was sent to a CA. It is stored as a data object on the token that holds the key, so that
 * any machine with access to the token can ask for the answer. On a token that stores no data objects, it is kept in a
 * state file.
 */

typedef enum {
    PC_PENDING_SENDING, /**< about to be sent, or sent without receiving an answer: the CA may have it */
    PC_PENDING_TAKEN,   /**< the CA has it under request_id */
    PC_PENDING_DENIED,  /**< closed: the CA denied it, or revoked its certificate; nothing is pending */
} pc_pending_state;

/** "sending", "taken", "denied". */
const char *pc_pending_state_name(pc_pending_state state);

/** Further addresses of the same CA, of the same protocol. */
typedef struct {
    const char *const *items;
    size_t count;
} pc_ca_spares;

/** Texts are safe to print. */
typedef struct {
    pc_pending_state state;
    const char *protocol;   /**< by which it was submitted: "certsrv", also of records that do not name one */
    const char *ca;         /**< URL of the enrolment pages, without a trailing slash */
    pc_ca_spares spares;    /**< where to ask if there is no connection to `ca`; none in records of earlier versions */
    const char *request_id; /**< names the request at the CA; "" while sending, and if a denial gave none */
    const char *ca_state;   /**< what the protocol needs to ask again, printable; "" if nothing */
    const char *issued; /**< the certificate that the CA sent, with those that came along: base64 of PEM; NULL: none */
    const char *submitted_at;   /**< 2026-11-23T01:00:00Z */
    const char *request_sha256; /**< hex, of the request's DER bytes */
    const char *request;        /**< the request itself, base64 of its DER, for comparison with the certificate */
    const char *spki_sha256;    /**< hex: of the public key to be certified */
    const char *key_label;
    const char *key_id;   /**< CKA_ID, hex */
    const char *token;    /**< URI of the token that has the key; NULL in a record of an earlier p11cert */
    const char *where;    /**< "token", or the path of the state file */
    unsigned long handle; /**< CK_OBJECT_HANDLE in this session; 0 if in a file */
} pc_pending;

#ifdef __cplusplus
}
#endif

#endif
