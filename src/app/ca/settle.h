/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PC_APP_SETTLE_H
#define PC_APP_SETTLE_H

#include <p11cert/submit.h>

#include "app/ca/session.h"
#include "app/files/place.h"
#include "app/ca/request_file.h"
#include "enroll/certsrv/certsrv.h"

/** What a CA has said of a request is turned into files, objects and a record. Common to submit and retrieve. */

/** One request; all borrowed but what the item gets, which is the arena's. */
typedef struct {
    const pc_token *token;
    pc_ca_session *session;
    pc_wire *wire;                  /**< connected; is disconnected before the signer is wanted for the key */
    const pc_request_file *request; /**< NULL: not known, nothing can be compared */
    pc_place *place;                /**< of the certificate */
    bool accept;
    bool forget_failed; /**< a request that the CA denied or made nothing of is no longer to be retrieved */
    pc_submitted *item; /**< its record is kept up to date; spki_sha256 is "" where there was none */
    pc_arena *arena;
} pc_settlement;

/**
 * An issued certificate is fetched with its chain, checked, written, bound if wanted, and only then is the record
 * removed. So what was cut off can be run again.
 *
 * @return PC_OK for issued and pending; PC_E_CA for denied, error and unknown; PC_E_VERIFY (the certificate is for
 * another key; nothing was written); what pc_wire_fetch, writing, accepting and pc_pending_remove can give.
 */
PC_MUST_CHECK pc_status pc_settle(const pc_settlement *settlement, const pc_ca_outcome *outcome, pc_error *err);

/** The part of an issued certificate: from fetching it to removing the record. @return as pc_settle. */
PC_MUST_CHECK pc_status pc_settle_issued(const pc_settlement *settlement, unsigned long request_id, pc_error *err);

/** Remove the record, if there is one. @return as pc_pending_remove. */
PC_MUST_CHECK pc_status pc_settle_forget(const pc_settlement *settlement, pc_error *err);

/** 2026-11-23T01:00:00Z, in the arena; NULL when out of memory. */
const char *pc_time_now_words(pc_arena *arena);

#endif
