/* SPDX-License-Identifier: Apache-2.0 */
/* Queries about a log. */
#include <string.h>

#include "app/log/parts.h"
#include "x509/spki.h"
#include "x509/words.h"

static pc_status refuse_serial(const pc_logged_certificate *logged, pc_error *err)
{
    return pc_fail(err, PC_E_REFUSED, "this CA has used the serial number %s, for %s", logged->serial, logged->subject);
}

static pc_status refuse_key(const pc_logged_certificate *logged, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "this CA has issued a certificate for this key: serial number %s, for %s",
                  logged->serial, logged->subject);
    return pc_hint(err, PC_E_REFUSED, "for another certificate of the same key, use `allow_known_key`");
}

pc_status pc_issuance_log_check(pc_issuance_log *log, X509 *certificate, EVP_PKEY *ca_key, bool known_key,
                                pc_error *err)
{
    const char *issuer_spki = NULL;
    const char *spki = NULL;
    const char *serial = pc_serial_words(certificate, log->arena);

    PC_TRY(pc_spki_sha256(ca_key, log->arena, &issuer_spki, err));
    PC_TRY(pc_spki_sha256(X509_get0_pubkey(certificate), log->arena, &spki, err));
    if (!serial) {
        return pc_fail_memory(err);
    }
    const pc_logged_certificate *same_serial = pc_issuance_log_by_serial(log, issuer_spki, serial);
    const pc_logged_certificate *same_key = known_key ? NULL : pc_issuance_log_by_key(log, issuer_spki, spki);

    if (same_serial) {
        return refuse_serial(same_serial, err);
    }
    return same_key ? refuse_key(same_key, err) : PC_OK;
}

pc_status pc_issuance_log_find(const pc_issuance_log *log, const char *serial, const char *issuer_spki,
                               const pc_logged_certificate **ret_certificate, pc_error *err)
{
    const pc_logged_certificate *found = NULL;

    for (size_t i = 0; i < log->count; i++) {
        const pc_logged_certificate *each = log->items[i];

        if (strcmp(each->serial, serial) != 0 || (issuer_spki && strcmp(each->issuer_spki, issuer_spki) != 0)) {
            continue;
        }
        if (found) {
            (void)pc_fail(err, PC_E_AMBIGUOUS, "several CAs issued a certificate with the serial number %s", serial);
            return pc_hint(err, PC_E_AMBIGUOUS, "name the CA's certificate with `ca_cert`");
        }
        found = each;
    }
    if (!found) {
        return pc_fail(err, PC_E_NOT_FOUND, "the issuance log \"%s\" contains no certificate with the serial number %s",
                       log->path, serial);
    }
    *ret_certificate = found;
    return PC_OK;
}

pc_status pc_issuance_log_revoked(const pc_issuance_log *log, EVP_PKEY *ca_key, pc_arena *arena,
                                  pc_revoked_list *ret_list, pc_error *err)
{
    pc_revoked_list list = { .count = 0 };
    const char *issuer_spki = NULL;

    PC_TRY(pc_spki_sha256(ca_key, arena, &issuer_spki, err));
    for (size_t i = 0; i < log->count; i++) {
        const pc_logged_certificate *each = log->items[i];

        if (!each->is_revoked || strcmp(each->issuer_spki, issuer_spki) != 0) {
            continue;
        }
        pc_revoked *revoked = PC_PUSH(arena, list.items, list.count);

        if (!revoked) {
            return pc_fail_memory(err);
        }
        PC_TRY(pc_serial_from_text(each->serial, arena, &revoked->serial, err));
        revoked->time_sec = each->revoked_sec;
        revoked->reason = each->reason;
        revoked->invalidity_sec = each->invalidity_sec;
        revoked->expires_sec = each->not_after_sec;
    }
    pc_revoked_list_sort(&list);
    *ret_list = list;
    return PC_OK;
}

/* --- signatures without an outcome --- */

static pc_status add_unfinished(pc_unfinished_signatures *list, pc_unfinished_signature *items,
                                pc_unfinished_signature one, pc_arena *arena, pc_error *err)
{
    pc_unfinished_signature *item = &items[list->count++];

    *item = (pc_unfinished_signature){ NULL, NULL, NULL };
    item->serial = one.serial ? pc_arena_string(arena, one.serial) : NULL;
    item->subject = one.subject ? pc_arena_string(arena, one.subject) : NULL;
    item->crl_number = one.crl_number ? pc_arena_string(arena, one.crl_number) : NULL;
    return !item->serial == !one.serial && !item->subject == !one.subject && !item->crl_number == !one.crl_number
               ? PC_OK
               : pc_fail_memory(err);
}

static bool is_unfinished(const pc_logged_certificate *logged)
{
    return logged->outcome == PC_LOGGED_UNFINISHED && !logged->is_revoked;
}

static size_t count_unfinished(const pc_issuance_log *log)
{
    size_t count = 0;

    for (size_t i = 0; i < log->count; i++) {
        count += is_unfinished(log->items[i]);
    }
    for (size_t i = 0; i < log->crl_count; i++) {
        count += log->crls[i]->is_unfinished;
    }
    return count;
}

pc_status pc_issuance_log_unfinished(const pc_issuance_log *log, pc_arena *arena,
                                     pc_unfinished_signatures *ret_unfinished, pc_error *err)
{
    pc_unfinished_signature *items = pc_arena_alloc(arena, (count_unfinished(log) + 1) * sizeof *items);
    pc_unfinished_signatures list = { .items = items };

    if (!items) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < log->count; i++) {
        const pc_logged_certificate *each = log->items[i];
        const pc_unfinished_signature one = { .serial = each->serial, .subject = each->subject };

        PC_TRY(is_unfinished(each) ? add_unfinished(&list, items, one, arena, err) : PC_OK);
    }
    for (size_t i = 0; i < log->crl_count; i++) {
        const pc_unfinished_signature one = { .crl_number = log->crls[i]->number };

        PC_TRY(log->crls[i]->is_unfinished ? add_unfinished(&list, items, one, arena, err) : PC_OK);
    }
    *ret_unfinished = list;
    return PC_OK;
}

pc_status pc_issuance_log_crl_number(const pc_issuance_log *log, EVP_PKEY *ca_key, const char **ret_number,
                                     pc_error *err)
{
    const char *issuer_spki = NULL;

    PC_TRY(pc_spki_sha256(ca_key, log->arena, &issuer_spki, err));
    const pc_logged_crl *crl = pc_issuance_log_by_ca(log, issuer_spki);

    *ret_number = crl ? crl->number : NULL;
    return PC_OK;
}
