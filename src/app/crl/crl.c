/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/crl.h>

#include <string.h>
#include <time.h>

#include "app/crl/lint.h"
#include "app/crl/rebuild.h"
#include "app/crl/replaced.h"
#include "app/issue/issue.h"
#include "app/log/log.h"
#include "app/revoked/list.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/result.h"
#include "base/text.h"
#include "signer/sign.h"
#include "token/lock.h"
#include "x509/crl.h"
#include "x509/crl_build.h"
#include "x509/name.h"
#include "x509/openssl_error.h"
#include "x509/words.h"

/** A CRL under construction. */
typedef struct {
    const pc_crl_order *order;
    pc_crl_result *result; /* with its arena */
    int64_t now_sec;
    pc_issuance_log *log; /* owned, and kept open until the CRL is written; NULL: none */
    pc_output *output;    /* owned */
    X509_CRL *previous;   /* owned; NULL: none */
    pc_crl_contents before;
    pc_revoked_list given;
    pc_revoked_list revoked; /* of the new CRL */
    BIGNUM *number;          /* owned */
    pc_error *err;
} making;

static void forget_previous(making *crl)
{
    X509_CRL_free(crl->previous);
    BN_free(crl->before.number);
    crl->previous = NULL;
    crl->before = (pc_crl_contents){ .number = NULL };
}

static void making_clear(making *crl)
{
    forget_previous(crl);
    BN_free(crl->number);
    pc_output_free(crl->output);
    pc_issuance_log_close(crl->log);
}
PC_AUTO_DEFINE_VALUE(making, making, making_clear);

void pc_crl_result_free(pc_crl_result *result)
{
    pc_arena_free(result ? result->arena : NULL);
}
PC_AUTO_DEFINE(pc_crl_result, pc_crl_result, pc_crl_result_free);

static int64_t time_of(const pc_crl_order *order)
{
    return order->time_sec ? order->time_sec : (int64_t)time(NULL);
}

/* --- the previous CRL --- */

static pc_status previous_file(const pc_crl_order *order, const char **ret_file, pc_error *err)
{
    const bool is_replaced = !order->previous && !order->first && order->force;
    pc_path_kind kind = PC_PATH_NOTHING;

    PC_TRY(is_replaced ? pc_path_look(order->out, &kind, err) : PC_OK);
    *ret_file = kind == PC_PATH_FILE ? order->out : order->previous;
    return PC_OK;
}

static pc_status read_previous(making *crl)
{
    const char *file = NULL;
    pc_arena *arena = crl->result->arena;
    pc_bytes bytes = { .len = 0 };

    PC_TRY(previous_file(crl->order, &file, crl->err));
    if (!file && !crl->order->first) {
        (void)pc_fail(crl->err, PC_E_USAGE, "no previous CRL is named");
        return pc_hint(crl->err, PC_E_USAGE,
                       "name it with `previous`, replace it with `force`, or give `first` if there is none: what it "
                       "revoked stays revoked, and the new CRL gets the next number");
    }
    if (!file) {
        return PC_OK;
    }
    PC_TRY(pc_file_read(arena, file, PC_CRL_MOST_BYTES, &bytes, crl->err));
    PC_TRY(pc_crl_read(bytes, file, &crl->previous, crl->err));
    return pc_crl_read_contents(crl->previous, arena, &crl->before, crl->err);
}

static pc_status check_previous(const making *crl, X509 *issuer)
{
    if (!crl->previous) {
        return PC_OK;
    }
    pc_status status = pc_crl_verify(crl->previous, issuer, crl->err);

    if (status != PC_OK) {
        return pc_note(crl->err, status, "the previous CRL was not issued by this CA");
    }
    if (crl->before.this_update_sec > crl->now_sec) {
        (void)pc_fail(crl->err, PC_E_REFUSED,
                      "the previous CRL is dated in the future, according to the clock of this machine");
        return pc_hint(crl->err, PC_E_REFUSED, "correct the clock: relying parties use the CRL with the latest date");
    }
    return PC_OK;
}

/* The log also contains numbers whose CRL was lost or is in another file. */
static pc_status read_number(const making *crl, EVP_PKEY *ca_key, BIGNUM **ret_logged)
{
    const char *text = NULL;

    if (!crl->log) {
        return PC_OK;
    }
    PC_TRY(pc_issuance_log_crl_number(crl->log, ca_key, &text, crl->err));
    return !text || BN_dec2bn(ret_logged, text) > 0 ? PC_OK : pc_fail_memory(crl->err);
}

/* One more than the last (section 5.2.3). */
static pc_status count_on(making *crl, EVP_PKEY *ca_key)
{
    PC_AUTO(BIGNUM) BIGNUM *logged = NULL;
    const BIGNUM *last = crl->before.number;

    PC_TRY(read_number(crl, ca_key, &logged));
    last = logged && (!last || BN_cmp(logged, last) > 0) ? logged : last;
    crl->number = last ? BN_dup(last) : BN_new();
    if (!crl->number || BN_add_word(crl->number, 1) != 1) {
        return pc_fail_memory(crl->err);
    }
    return BN_num_bytes(crl->number) <= 20
               ? PC_OK
               : pc_fail(crl->err, PC_E_REFUSED, "the previous CRL has the highest possible CRL number (20 octets)");
}

/* --- revoked certificates --- */

static pc_status push(making *crl, const pc_revoked *revoked)
{
    pc_revoked *entry = PC_PUSH(crl->result->arena, crl->revoked.items, crl->revoked.count);

    if (!entry) {
        return pc_fail_memory(crl->err);
    }
    *entry = *revoked;
    return PC_OK;
}

static pc_status refuse_release(const making *crl, const pc_revoked *given)
{
    const char *hex = pc_text_hex(crl->result->arena, given->serial, '\0');

    if (!hex) {
        return pc_fail_memory(crl->err);
    }
    (void)pc_fail(crl->err, PC_E_REFUSED, "removeFromCRL is listed for %s, which is not on hold on the previous CRL",
                  hex);
    return pc_hint(crl->err, PC_E_REFUSED, "only a hold (certificateHold) ends; every other revocation is final");
}

/* A hold may be removed; no other revocation is taken back, and none gets a later date. */
static pc_status add_given(making *crl, const pc_revoked *given, const pc_revoked *earlier)
{
    pc_revoked entry = *given;
    bool was_held = earlier && earlier->reason == PC_REASON_CERTIFICATE_HOLD;

    if (given->reason == PC_REASON_REMOVE_FROM_CRL) {
        crl->result->released_count += was_held;
        /* A log also contains holds that were set and removed between two CRLs. */
        return was_held || crl->order->issuance_log ? PC_OK : refuse_release(crl, given);
    }
    if (earlier && earlier->time_sec < entry.time_sec) {
        entry.time_sec = earlier->time_sec;
    }
    if (earlier && given->reason == PC_REASON_CERTIFICATE_HOLD && !was_held) {
        entry.reason = earlier->reason;
    }
    crl->result->added_count += !earlier;
    return push(crl, &entry);
}

/* Section 3.3: an entry is on at least one CRL that is issued after the certificate has expired. */
static bool may_leave(const making *crl, const pc_revoked *given)
{
    return given && given->expires_sec && crl->previous && given->expires_sec < crl->before.this_update_sec;
}

static pc_status merge(making *crl)
{
    pc_revoked_list before = { crl->before.revoked, crl->before.count };

    pc_revoked_list_sort(&before);
    for (size_t i = 0; i < crl->given.count; i++) {
        const pc_revoked *given = &crl->given.items[i];
        const pc_revoked *earlier = pc_revoked_list_find(&before, given->serial);

        if (may_leave(crl, given)) {
            crl->result->expired_count++;
            continue;
        }
        PC_TRY(add_given(crl, given, earlier));
    }
    for (size_t i = 0; i < before.count; i++) {
        if (!pc_revoked_list_find(&crl->given, before.items[i].serial)) {
            crl->result->kept_count++;
            PC_TRY(push(crl, &before.items[i]));
        }
    }
    crl->result->revoked_count = crl->revoked.count;
    return PC_OK;
}

static pc_status read_given(making *crl)
{
    return crl->order->revoked
               ? pc_revoked_list_read(crl->order->revoked, crl->now_sec, crl->result->arena, &crl->given, crl->err)
               : PC_OK;
}

static pc_status read_log(making *crl, X509 *issuer)
{
    pc_crl_result *result = crl->result;

    if (!crl->order->issuance_log) {
        return PC_OK;
    }
    PC_TRY(pc_issuance_log_open_existing(crl->order->issuance_log, &crl->log, crl->err));
    PC_TRY(pc_issuance_log_unfinished(crl->log, result->arena, &result->unfinished, crl->err));
    return pc_issuance_log_revoked(crl->log, X509_get0_pubkey(issuer), result->arena, &crl->given, crl->err);
}

/* --- the new one --- */

static pc_status describe(making *crl, X509_CRL *made)
{
    pc_crl_result *result = crl->result;
    PC_AUTO(openssl_bytes) unsigned char *number = (unsigned char *)BN_bn2dec(crl->number);

    if (!number) {
        return pc_fail_memory(crl->err);
    }
    result->number = pc_arena_string(result->arena, (const char *)number);
    result->issuer = pc_x509_name_text(X509_CRL_get_issuer(made), result->arena);
    result->this_update = pc_time_words(X509_CRL_get0_lastUpdate(made), result->arena);
    result->next_update = pc_time_words(X509_CRL_get0_nextUpdate(made), result->arena);
    return result->number && result->issuer && result->this_update && result->next_update ? PC_OK
                                                                                          : pc_fail_memory(crl->err);
}

static pc_status choose_form(const making *crl, const EVP_PKEY *ca_key, pc_signature_form *ret_form)
{
    *ret_form = (pc_signature_form){ .digest = pc_digest_of_key(ca_key) };
    for (pc_digest digest = PC_DIGEST_SHA256; crl->order->hash && digest <= PC_DIGEST_SHA512; digest++) {
        if (pc_text_equal(pc_digest_name(digest), crl->order->hash)) {
            ret_form->digest = digest;
            return PC_OK;
        }
    }
    return crl->order->hash ? pc_fail(crl->err, PC_E_USAGE,
                                      "there is no digest \"%s\"; choose sha256, sha384 or sha512", crl->order->hash)
                            : PC_OK;
}

static pc_status build(const making *crl, X509 *issuer, X509_CRL **ret_made)
{
    int64_t span_sec =
        crl->order->next_update_sec ? crl->order->next_update_sec : (int64_t)PC_CRL_DAYS * PC_SECONDS_PER_DAY;
    const pc_crl_plan plan = {
        .issuer = issuer,
        .revoked = crl->revoked.items,
        .count = crl->revoked.count,
        .this_update_sec = crl->now_sec,
        .next_update_sec = crl->now_sec + span_sec,
        .number = crl->number,
        .urls = crl->order->urls,
    };

    return pc_crl_build(&plan, ret_made, crl->err);
}

/* Its final form except for the signature's value. */
static pc_status rehearse(const making *crl, EVP_PKEY *ca_key, pc_signature_form form, X509_CRL *made)
{
    PC_AUTO(EVP_PKEY) EVP_PKEY *throwaway = NULL;

    PC_TRY(pc_throwaway_key(ca_key, &throwaway, crl->err));
    return pc_rehearse_crl(throwaway, form, made, crl->err);
}

static pc_status sign_and_record(const making *crl, const pc_signer *signer, pc_signature_form form, X509_CRL *made)
{
    const pc_logged_object object = { .crl = made, .ca_key = pc_signer_public(signer) };

    if (!crl->log) {
        return pc_sign_crl(signer, form, made, crl->err);
    }
    PC_TRY(pc_issuance_log_start(crl->log, &object, crl->err));
    pc_status status = pc_sign_crl(signer, form, made, crl->err);

    return status == PC_OK ? pc_issuance_log_finish(crl->log, &object, crl->err)
                           : pc_issuance_log_abandon(crl->log, &object, status, crl->err);
}

static pc_status build_and_sign(making *crl, const pc_token *token, const pc_issuer *issuer, X509_CRL **ret_made)
{
    PC_AUTO(X509_CRL) X509_CRL *made = NULL;
    PC_AUTO(pc_signer) pc_signer *signer = NULL;
    pc_signature_form form;

    PC_TRY(build(crl, issuer->certificate, &made));
    PC_TRY(pc_signer_open(token, &issuer->key, &signer, crl->err));
    PC_TRY(choose_form(crl, pc_signer_public(signer), &form));
    PC_TRY(rehearse(crl, pc_signer_public(signer), form, made));
    const pc_crl_draft draft = {
        .crl = made,
        .issuer = issuer->certificate,
        .previous_number = crl->before.number,
        .previous_sec = crl->before.this_update_sec,
        .now_sec = crl->now_sec,
    };

    PC_TRY(pc_crl_lint(&draft, crl->err));
    PC_TRY(sign_and_record(crl, signer, form, made));
    *ret_made = PC_TAKE(made);
    return PC_OK;
}

static pc_status check_issuer(const making *crl, const pc_issuer *issuer)
{
    if ((X509_get_key_usage(issuer->certificate) & KU_CRL_SIGN) == 0) {
        return pc_fail(crl->err, PC_E_REFUSED, "the certificate of the CA \"%s\" does not allow signing CRLs (cRLSign)",
                       issuer->key.label);
    }
    return PC_OK;
}

static pc_status write_out(making *crl, X509_CRL *made)
{
    PC_AUTO(BIO) BIO *text = BIO_new(BIO_s_mem());
    char *start = NULL;
    bool is_written =
        text && (crl->order->der ? i2d_X509_CRL_bio(text, made) : PEM_write_bio_X509_CRL(text, made)) == 1;

    if (!is_written) {
        return pc_fail_openssl(crl->err, PC_E_CRYPTO, "the CRL cannot be encoded");
    }
    long len = BIO_get_mem_data(text, &start);

    return pc_output_commit(crl->output, start, (size_t)len, crl->err);
}

/* The previous CRL may have changed during the wait. */
static pc_status look_again(making *crl)
{
    const pc_crl_order *order = crl->order;
    pc_path_kind kind = PC_PATH_NOTHING;

    crl->now_sec = time_of(order);
    PC_TRY(order->force ? PC_OK : pc_path_look(order->out, &kind, crl->err));
    if (kind == PC_PATH_FILE) {
        return pc_fail(crl->err, PC_E_REFUSED, "\"%s\" was written by another run in the meantime", order->out);
    }
    if (order->previous && strcmp(order->previous, "-") == 0) {
        return PC_OK; /* standard input is read once */
    }
    forget_previous(crl);
    return read_previous(crl);
}

/* Two simultaneous runs would both continue from the same CRL. On a machine where no lock file can be opened, there is
 * none to wait for. */
static pc_status take_turn(making *crl, const pc_token *token, const pc_key *key, pc_token_lock *lock)
{
    const char *name = pc_arena_format(crl->result->arena, "crl %s", key->label);
    const char *ignored = NULL;

    if (!name) {
        return pc_fail_memory(crl->err);
    }
    *lock = pc_token_lock_take(token, name);
    if (lock->fd < 0 && pc_lock_is_possible(&ignored)) {
        (void)pc_fail(crl->err, PC_E_REFUSED, "another run has been issuing a CRL of the CA \"%s\" for a minute",
                      key->label);
        return pc_hint(crl->err, PC_E_REFUSED,
                       "run the command again once the other one has ended; nothing was signed");
    }
    return look_again(crl);
}

/* If the file itself is continued, it is the previous CRL. */
static pc_status check_replaced(const making *crl, X509 *issuer)
{
    const pc_crl_order *order = crl->order;
    const pc_crl_replaced replaced = {
        .file = order->out,
        .issuer = issuer,
        .previous = crl->previous ? &crl->before : NULL,
    };

    return order->force && (order->previous || order->first)
               ? pc_crl_check_replaced(&replaced, crl->result->arena, crl->err)
               : PC_OK;
}

/* Number and entries. */
static pc_status plan(making *crl, X509 *issuer)
{
    PC_TRY(check_previous(crl, issuer));
    PC_TRY(read_log(crl, issuer));
    PC_TRY(count_on(crl, X509_get0_pubkey(issuer)));
    return merge(crl);
}

static pc_status make(making *crl, const pc_token *token)
{
    PC_AUTO(pc_issuer) pc_issuer issuer = { .certificate = NULL };
    PC_AUTO(X509_CRL) X509_CRL *made = NULL;
    PC_AUTO(pc_token_lock) pc_token_lock lock = { .fd = -1 };
    const pc_issue_order named = { .ca = crl->order->ca, .ca_certificate = crl->order->ca_certificate };

    PC_TRY(pc_issuer_open(&named, token, crl->result->arena, &issuer, crl->err));
    PC_TRY(check_issuer(crl, &issuer));
    PC_TRY(take_turn(crl, token, &issuer.key, &lock));
    PC_TRY(plan(crl, issuer.certificate));
    PC_TRY(check_replaced(crl, issuer.certificate));
    PC_TRY(build_and_sign(crl, token, &issuer, &made));
    PC_TRY(describe(crl, made));
    crl->result->ca_label = issuer.key.label;
    return write_out(crl, made);
}

pc_status pc_crl_run(const pc_crl_order *order, const pc_token_access *access, pc_crl_result **ret_result,
                     pc_error *err)
{
    PC_AUTO(pc_crl_result) pc_crl_result *result = PC_RESULT_NEW(pc_crl_result);
    PC_AUTO(pc_token) pc_token *token = NULL;
    PC_AUTO(making) making crl = { .order = order, .result = result, .now_sec = time_of(order), .err = err };

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(read_previous(&crl));
    PC_TRY(read_given(&crl));
    PC_TRY(pc_output_open(order->out, order->force ? PC_FILE_REPLACE : PC_FILE_NEW, 0644, &crl.output, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_READ, &token, err));
    result->token = pc_arena_string(result->arena, token->info.label);
    result->out = pc_arena_string(result->arena, order->out);
    if (!result->token || !result->out) {
        return pc_fail_memory(err);
    }
    PC_TRY(make(&crl, token));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}

pc_status pc_crl_rebuild(const pc_crl_order *order, X509 *issuer, pc_arena *arena, X509_CRL **ret_crl, pc_error *err)
{
    pc_crl_result result = { .arena = arena };
    PC_AUTO(making) making crl = { .order = order, .result = &result, .now_sec = time_of(order), .err = err };
    PC_AUTO(X509_CRL) X509_CRL *made = NULL;
    pc_signature_form form;

    PC_TRY(read_previous(&crl));
    PC_TRY(read_given(&crl));
    PC_TRY(plan(&crl, issuer));
    PC_TRY(build(&crl, issuer, &made));
    PC_TRY(choose_form(&crl, X509_get0_pubkey(issuer), &form));
    PC_TRY(rehearse(&crl, X509_get0_pubkey(issuer), form, made));
    *ret_crl = PC_TAKE(made);
    return PC_OK;
}
