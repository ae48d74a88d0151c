/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SETTLE_H
#define PC_APP_SETTLE_H

#include <p11cert/submit.h>

#include "app/ca/session.h"
#include "app/files/place.h"
#include "app/ca/request_file.h"
#include "enroll/protocol.h"

/** Turns a CA's answer about a request into files, objects and a record. Common to submit and retrieve. */

/** One request. Everything is borrowed; whatever is added to the item is in the arena. */
typedef struct {
    const pc_token *token;
    pc_ca_session *session;
    const pc_ca_connection *connection; /**< is closed before the key's signer is opened */
    const pc_request_file *request;     /**< NULL: not known, so nothing can be compared */
    pc_place *place;                    /**< of the certificate */
    bool accept;
    bool may_close; /**< the answer is that of the recorded CA: a denial closes the record */
    bool is_new; /**< just submitted: if the outcome is an error, the CA does not have it, and the record is removed */
    pc_submitted *item; /**< its record is kept up to date; its spki_sha256 is "" if there was none */
    pc_arena *arena;
} pc_settlement;

/**
 * An issued certificate is fetched with its chain, checked, written, bound if requested, and only then is the record
 * removed, so that an interrupted run can be repeated. After a denial the record is kept and marked as denied.
 *
 * @return PC_OK for issued and pending; PC_E_CA for denied, revoked, error and unknown, and for pending without a
 * number; PC_E_VERIFY (the certificate is for another key; nothing was written); as pc_wire_fetch, writing, accepting
 * and pc_pending_remove.
 */
PC_MUST_CHECK pc_status pc_settle(const pc_settlement *settlement, const pc_ca_reply *reply, pc_error *err);

/**
 * Process an issued certificate: fetch it, unless the reply contains it, and continue up to removing the record.
 * @param ret_outcome set only if the CA now says something else about the request: nothing was done then
 * @return as pc_settle.
 */
PC_MUST_CHECK pc_status pc_settle_issued(const pc_settlement *settlement, const pc_ca_reply *reply,
                                         pc_ca_outcome *ret_outcome, pc_error *err);

/** Remove the record, if there is one. @return as pc_pending_remove. */
PC_MUST_CHECK pc_status pc_settle_forget(const pc_settlement *settlement, pc_error *err);

#endif
