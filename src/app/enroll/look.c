/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "app/enroll/enroll.h"
#include "app/request/new.h"
#include "app/ca/pending/pending.h"
#include "app/ca/request_file.h"
#include "x509/spki.h"
#include "token/uri.h"
#include "base/file.h"
#include "base/text.h"
#include "pair/own_certificate.h"
#include "pair/public_key.h"
#include "token/key.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/openssl_error.h"

/* What is known about the key while it is examined. */
typedef struct {
    const pc_token *token;
    const pc_new_plan *plan;
    const pc_key *key;
    EVP_PKEY *public_key;
    pc_arena *arena;
} look;

void pc_enroll_standing_clear(pc_enroll_standing *standing)
{
    X509_free(standing->certificate);
    *standing = (pc_enroll_standing){ .stage = PC_ENROLL_AT_START };
}

/* --- the certificate ------------------------------------------------------------------------- */

static pc_status fail_not_valid(const look *known, const X509 *certificate, pc_error *err)
{
    const int64_t now_sec = (int64_t)time(NULL);
    const bool is_early = pc_validity_of(certificate).not_before_sec > now_sec;
    char now[PC_TIME_TEXT] = "";

    (void)pc_text_time(now_sec, now);
    (void)pc_fail(err, PC_E_REFUSED, "the certificate of the key \"%s\" on token \"%s\" %s; nothing was done",
                  known->key->label, known->token->info.label, is_early ? "is not valid yet" : "has expired");
    if (is_early) {
        return pc_hint(err, PC_E_REFUSED,
                       "the clock of this machine says %s: if that is wrong, correct it (timedatectl); `p11cert list` "
                       "shows the certificate",
                       now);
    }
    return pc_hint(err, PC_E_REFUSED,
                   "`p11cert list` shows it; `p11cert renew` requests its successor, `label` OTHER enrolls a new key");
}

/* The current one; NULL if the key has none at all. */
static pc_status find_certificate(const look *known, X509 **ret_certificate, pc_error *err)
{
    PC_AUTO(pc_token_certificates) pc_token_certificates own = { .items = NULL };
    int64_t now_sec = (int64_t)time(NULL);

    PC_TRY(pc_own_certificates(known->token, known->key, known->arena, &own, err));
    const pc_token_certificate *current = pc_current_certificate(&own, now_sec);

    if (!current) {
        return PC_OK;
    }
    if (!pc_validity_holds(pc_validity_of(current->certificate), now_sec)) {
        return fail_not_valid(known, current->certificate, err);
    }
    if (X509_up_ref(current->certificate) != 1) {
        return pc_fail_memory(err);
    }
    *ret_certificate = current->certificate;
    return PC_OK;
}

/* --- the request ----------------------------------------------------------------------------- */

/* Would the plan make exactly this request, except for the signature? */
static pc_status is_as_planned(const look *known, X509_REQ *there, bool *ret_same, pc_error *err)
{
    PC_AUTO(X509_REQ) X509_REQ *planned = NULL;

    PC_TRY(pc_csr_build(known->plan->request, known->plan->claims, known->public_key, &planned, err));
    return pc_csr_same_content(planned, there, ret_same, err);
}

static pc_status look_at_file(const look *known, bool *ret_is_ours, pc_error *err)
{
    PC_AUTO(pc_request_file) pc_request_file request = { .text = NULL };
    const pc_new_order *order = known->plan->order;
    bool is_ours = false;
    pc_status status = pc_request_file_read(order->out, known->arena, &request, err);

    if (status == PC_E_NOT_FOUND) {
        return PC_OK;
    }
    if (status == PC_OK) {
        PC_TRY(is_as_planned(known, request.csr, &is_ours, err));
    } else if (status != PC_E_INPUT) {
        return status;
    }
    *ret_is_ours = is_ours;
    if (is_ours || order->force) {
        return PC_OK;
    }
    (void)pc_fail(err, PC_E_REFUSED, "\"%s\" exists and is not the request for the key \"%s\" that is needed now",
                  order->out, known->key->label);
    return pc_hint(err, PC_E_REFUSED,
                   "`force` replaces it, `request` names another file; `p11cert submit` sends it as it is");
}

/* The key and the file must be those that a run from the start would have made. */
static pc_status look_at_key(const look *known, pc_enroll_standing *standing, pc_error *err)
{
    pc_status status = pc_new_check_key(known->token, known->plan, known->key, known->arena, err);

    if (status == PC_E_REFUSED) {
        return pc_hint(err, status,
                       "`label` OTHER creates a new key; `p11cert new --key` and `p11cert submit` use that key "
                       "as it is");
    }
    PC_TRY(status);
    return look_at_file(known, &standing->has_request, err);
}

/* --- the whole ------------------------------------------------------------------------------- */

static pc_status find_record(const look *known, pc_enroll_standing *standing, pc_error *err)
{
    const char *spki = NULL;
    pc_pending_list found;

    PC_TRY(pc_spki_sha256(known->public_key, known->arena, &spki, err));
    PC_TRY(pc_pending_find(known->token, spki, known->arena, &found, err));
    standing->stage = PC_ENROLL_AT_KEY;
    if (found.count > 0 && found.items[0].state != PC_PENDING_DENIED) {
        standing->stage = found.items[0].state == PC_PENDING_TAKEN ? PC_ENROLL_AT_CA : PC_ENROLL_AT_SENT;
        standing->record = found.items[0];
    }
    return PC_OK;
}

static pc_status examine_key(const look *known, pc_enroll_standing *standing, pc_error *err)
{
    standing->key_uri = pc_uri_of_key(&known->token->info, known->key, known->arena);
    if (!standing->key_uri) {
        return pc_fail_memory(err);
    }
    PC_TRY(find_record(known, standing, err));
    if (standing->stage == PC_ENROLL_AT_CA) {
        /* If there is also a certificate, it was bound by a run that was interrupted before it removed the record. */
        return PC_OK;
    }
    PC_TRY(find_certificate(known, &standing->certificate, err));
    if (standing->certificate) {
        standing->stage = PC_ENROLL_AT_END;
        return PC_OK;
    }
    return look_at_key(known, standing, err);
}

pc_status pc_enroll_look(const pc_token *token, const pc_new_plan *plan, pc_arena *arena,
                         pc_enroll_standing *ret_standing, pc_error *err)
{
    PC_AUTO(pc_enroll_standing) pc_enroll_standing standing = { .stage = PC_ENROLL_AT_START };
    PC_AUTO(EVP_PKEY) EVP_PKEY *public_key = NULL;
    const pc_key_selector by_label = { .words = plan->label, .label = plan->label };
    pc_keys found;

    PC_TRY(pc_keys_find(token, &by_label, arena, &found, err));
    if (found.count > 0) {
        PC_TRY(pc_public_key_of(&found.items[0], &public_key, err));
        const look known = {
            .token = token, .plan = plan, .key = &found.items[0], .public_key = public_key, .arena = arena
        };

        PC_TRY(examine_key(&known, &standing, err));
    }
    *ret_standing = standing;
    standing = (pc_enroll_standing){ .stage = PC_ENROLL_AT_START };
    return PC_OK;
}
