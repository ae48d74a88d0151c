/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the contents of a log in memory from its records. */
#include <search.h>
#include <string.h>

#include "app/log/parts.h"
#include "base/text.h"

/* --- trees --- */

static int compare_serials(const void *left, const void *right)
{
    const pc_logged_certificate *a = left;
    const pc_logged_certificate *b = right;
    int order = strcmp(a->serial, b->serial);

    return order ? order : strcmp(a->issuer_spki, b->issuer_spki);
}

static int compare_keys(const void *left, const void *right)
{
    const pc_logged_certificate *a = left;
    const pc_logged_certificate *b = right;
    int order = strcmp(a->spki, b->spki);

    return order ? order : strcmp(a->issuer_spki, b->issuer_spki);
}

static int compare_cas(const void *left, const void *right)
{
    const pc_logged_crl *a = left;
    const pc_logged_crl *b = right;

    return strcmp(a->issuer_spki, b->issuer_spki);
}

static void keep_it(void *item)
{
    (void)item;
}

void pc_issuance_log_forget(pc_issuance_log *log)
{
    tdestroy(log->by_serial, keep_it);
    tdestroy(log->by_key, keep_it);
    tdestroy(log->by_ca, keep_it);
}

/* A node begins with the pointer that was put into the tree. */
static void *found(void *const *node)
{
    return node ? *node : NULL;
}

pc_logged_certificate *pc_issuance_log_by_serial(const pc_issuance_log *log, const char *issuer_spki,
                                                 const char *serial)
{
    const pc_logged_certificate wanted = { .issuer_spki = issuer_spki, .serial = serial };

    return found(tfind(&wanted, &log->by_serial, compare_serials));
}

const pc_logged_certificate *pc_issuance_log_by_key(const pc_issuance_log *log, const char *issuer_spki,
                                                    const char *spki)
{
    const pc_logged_certificate wanted = { .issuer_spki = issuer_spki, .spki = spki };

    return found(tfind(&wanted, &log->by_key, compare_keys));
}

pc_logged_crl *pc_issuance_log_by_ca(const pc_issuance_log *log, const char *issuer_spki)
{
    const pc_logged_crl wanted = { .issuer_spki = issuer_spki };

    return found(tfind(&wanted, &log->by_ca, compare_cas));
}

/* --- records --- */

static pc_status incomplete(const pc_record *record, pc_error *err)
{
    return pc_fail(err, PC_E_VERIFY,
                   "a record \"%s\" lacks a member, or refers to something that no earlier line contains",
                   record->kind);
}

static const char *keep(pc_issuance_log *log, const char *text)
{
    return text ? pc_arena_string(log->arena, text) : NULL;
}

/* Most lines name the same CA as the previous line. */
static const char *keep_issuer(pc_issuance_log *log, const pc_record *record)
{
    const char *text = pc_record_text(record, "issuer_spki_sha256");
    const char *last = log->count ? log->items[log->count - 1]->issuer_spki : NULL;

    return text && last && strcmp(text, last) == 0 ? last : keep(log, text);
}

static pc_status add_certificate(pc_issuance_log *log, const pc_record *record, pc_logged_certificate **ret_logged,
                                 pc_error *err)
{
    pc_logged_certificate *logged = pc_arena_alloc(log->arena, sizeof *logged);
    pc_logged_certificate **place = NULL;
    const char *end = pc_record_text(record, "not_after");

    if (!logged) {
        return pc_fail_memory(err);
    }
    *logged = (pc_logged_certificate){
        .issuer_spki = keep_issuer(log, record),
        .serial = keep(log, pc_record_text(record, "serial")),
        .spki = keep(log, pc_record_text(record, "spki_sha256")),
        .subject = keep(log, pc_record_text(record, "subject")),
    };
    if (!logged->issuer_spki || !logged->serial || !logged->spki || !logged->subject || !end ||
        !pc_text_to_time(end, &logged->not_after_sec)) {
        return incomplete(record, err);
    }
    place = PC_PUSH(log->arena, log->items, log->count);
    if (!place || !tsearch(logged, &log->by_serial, compare_serials)) {
        return pc_fail_memory(err);
    }
    *place = logged;
    *ret_logged = logged;
    return PC_OK;
}

static pc_logged_certificate *find_certificate(const pc_issuance_log *log, const pc_record *record)
{
    const char *issuer_spki = pc_record_text(record, "issuer_spki_sha256");
    const char *serial = pc_record_text(record, "serial");

    return issuer_spki && serial ? pc_issuance_log_by_serial(log, issuer_spki, serial) : NULL;
}

static pc_status take_signing(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    pc_logged_certificate *logged = NULL;

    return pc_record_text(record, "tbs_sha256") ? add_certificate(log, record, &logged, err) : incomplete(record, err);
}

/* Logs of p11cert 0.1 have no preceding "signing" line. */
static pc_status take_issued(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    pc_logged_certificate *logged = find_certificate(log, record);

    if (!pc_record_text(record, "certificate_sha256")) {
        return incomplete(record, err);
    }
    if (!logged || logged->outcome != PC_LOGGED_UNFINISHED) {
        PC_TRY(add_certificate(log, record, &logged, err));
    }
    logged->outcome = PC_LOGGED_ISSUED;
    return tsearch(logged, &log->by_key, compare_keys) ? PC_OK : pc_fail_memory(err);
}

static pc_status take_failed(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    pc_logged_certificate *logged = find_certificate(log, record);

    if (!logged || logged->outcome != PC_LOGGED_UNFINISHED) {
        return incomplete(record, err);
    }
    logged->outcome = PC_LOGGED_FAILED;
    return PC_OK;
}

static pc_status take_revoked(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    const char *time = pc_record_text(record, "time");
    const char *reason = pc_record_text(record, "reason");
    const char *invalidity = pc_record_text(record, "invalidity_date");
    pc_logged_certificate *logged = find_certificate(log, record);

    if (!logged || !time || !reason || !pc_text_to_time(time, &logged->revoked_sec) ||
        (invalidity && !pc_text_to_time(invalidity, &logged->invalidity_sec))) {
        return incomplete(record, err);
    }
    logged->is_revoked = true;
    return pc_revocation_reason_from_name(reason, &logged->reason, err) == PC_OK ? PC_OK : incomplete(record, err);
}

/* --- CRLs --- */

static pc_logged_crl *find_crl(const pc_issuance_log *log, const pc_record *record)
{
    const char *issuer_spki = pc_record_text(record, "issuer_spki_sha256");

    return issuer_spki ? pc_issuance_log_by_ca(log, issuer_spki) : NULL;
}

static pc_status add_ca(pc_issuance_log *log, const pc_record *record, pc_logged_crl **ret_crl, pc_error *err)
{
    pc_logged_crl *crl = pc_arena_alloc(log->arena, sizeof *crl);
    pc_logged_crl **place = PC_PUSH(log->arena, log->crls, log->crl_count);

    if (!crl || !place) {
        return pc_fail_memory(err);
    }
    *crl = (pc_logged_crl){ .issuer_spki = keep_issuer(log, record) };
    *place = crl;
    *ret_crl = crl;
    return crl->issuer_spki && tsearch(crl, &log->by_ca, compare_cas) ? PC_OK : pc_fail_memory(err);
}

static bool is_number(const char *text)
{
    size_t len = text ? strlen(text) : 0;

    return len > 0 && len == strspn(text, "0123456789") && *text != '0';
}

static bool is_less(const char *left, const char *right)
{
    size_t left_len = strlen(left);
    size_t right_len = strlen(right);

    return left_len != right_len ? left_len < right_len : strcmp(left, right) < 0;
}

static pc_status take_signing_crl(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    const char *number = pc_record_text(record, "crl_number");
    pc_logged_crl *crl = find_crl(log, record);

    if (!is_number(number) || !pc_record_text(record, "issuer_spki_sha256") || !pc_record_text(record, "tbs_sha256") ||
        (crl && !is_less(crl->number, number))) {
        return incomplete(record, err);
    }
    if (!crl) {
        PC_TRY(add_ca(log, record, &crl, err));
    }
    crl->number = keep(log, number);
    crl->is_unfinished = true;
    return crl->number ? PC_OK : pc_fail_memory(err);
}

static pc_status finish_crl(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    const char *number = pc_record_text(record, "crl_number");
    pc_logged_crl *crl = find_crl(log, record);

    if (!number || !crl || !crl->is_unfinished || strcmp(crl->number, number) != 0) {
        return incomplete(record, err);
    }
    crl->is_unfinished = false;
    return PC_OK;
}

static pc_status take_crl(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    return pc_record_text(record, "crl_sha256") ? finish_crl(log, record, err) : incomplete(record, err);
}

/* --- all kinds --- */

static const struct {
    const char *kind;
    pc_status (*take)(pc_issuance_log *, const pc_record *, pc_error *);
} kinds[] = {
    { "signing", take_signing },         { "issued", take_issued }, { "failed", take_failed },
    { "revoked", take_revoked },         { "crl", take_crl },       { "failed-crl", finish_crl },
    { "signing-crl", take_signing_crl },
};

pc_status pc_issuance_log_take(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    if (record->seq != log->seq + 1 || !pc_sha256_equal(&record->prev, &log->head)) {
        return pc_fail(err, PC_E_VERIFY, "it does not follow the previous line: a line was changed, removed or added");
    }
    for (size_t i = 0; i < PC_COUNT(kinds); i++) {
        if (strcmp(record->kind, kinds[i].kind) == 0) {
            PC_TRY(kinds[i].take(log, record, err));
            log->seq = record->seq;
            log->head = record->digest;
            return PC_OK;
        }
    }
    return pc_fail(err, PC_E_VERIFY, "\"%s\" is not a kind of record in an issuance log", record->kind);
}
