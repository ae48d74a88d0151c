/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/show/issued.h"

#include <string.h>
#include <time.h>

#include "base/text.h"
#include "x509/certificate.h"
#include "x509/csr.h"
#include "x509/name.h"
#include "x509/show/show.h"
#include "x509/words.h"

#define DAY_SEC    ((int64_t)24 * 60 * 60)
#define SHORT_DAYS 30

/* The extensions that a requester relies on, with their names for messages. */
static const struct {
    const char *oid;
    const char *words;
    bool names_kinds; /* each value is shown with its kind: "DNS:server" */
} compared[] = {
    { "2.5.29.17", "subject alternative names", true },
    { "2.5.29.37", "extended key usage", false },
    { "2.5.29.15", "key usage", false },
    { "2.5.29.19", "basic constraints", false },
};

static pc_status depart(pc_departures *departures, pc_arena *arena, const char *sentence, pc_error *err)
{
    const char **slot = sentence ? PC_PUSH(arena, departures->items, departures->count) : NULL;

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = sentence;
    return PC_OK;
}

static const pc_shown_part *part_of(const pc_shown *shown, const char *oid)
{
    for (size_t i = 0; i < shown->extension_count; i++) {
        if (strcmp(shown->extensions[i].oid, oid) == 0) {
            return &shown->extensions[i];
        }
    }
    return NULL;
}

static bool has_field(const pc_shown_part *part, const pc_shown_field *wanted)
{
    for (size_t i = 0; part && i < part->field_count; i++) {
        if (strcmp(part->fields[i].name, wanted->name) == 0 && strcmp(part->fields[i].value, wanted->value) == 0) {
            return true;
        }
    }
    return false;
}

/* The fields that only one part has: "DNS:a, DNS:b"; "" if none, NULL when out of memory. */
static const char *only_in(const pc_shown_part *part, const pc_shown_part *other, bool names_kinds, pc_arena *arena)
{
    const char *list = "";

    for (size_t i = 0; list && part && i < part->field_count; i++) {
        const pc_shown_field *field = &part->fields[i];

        if (!has_field(other, field)) {
            list = pc_arena_format(arena, "%s%s%s%s%s", list, *list ? ", " : "", names_kinds ? field->name : "",
                                   names_kinds ? ":" : "", field->value);
        }
    }
    return list;
}

/** The extensions of both, in words. */
typedef struct {
    pc_shown asked;
    pc_shown issued;
} both_shown;

static pc_status compare_extension(size_t position, const both_shown *both, pc_arena *arena, pc_departures *departures,
                                   pc_error *err)
{
    const pc_shown_part *wanted = part_of(&both->asked, compared[position].oid);
    const pc_shown_part *given = part_of(&both->issued, compared[position].oid);
    const char *lacking = only_in(wanted, given, compared[position].names_kinds, arena);
    /* If an extension was not requested at all, the CA may choose. */
    const char *added = wanted ? only_in(given, wanted, compared[position].names_kinds, arena) : "";

    if (!lacking || !added) {
        return pc_fail_memory(err);
    }
    if (*lacking && *added) {
        return depart(departures, arena,
                      pc_arena_format(arena, "%s: requested %s, issued with %s", compared[position].words, lacking,
                                      added),
                      err);
    }
    if (*lacking) {
        return depart(departures, arena,
                      pc_arena_format(arena, "%s: requested %s, which the certificate lacks", compared[position].words,
                                      lacking),
                      err);
    }
    return *added ? depart(departures, arena,
                           pc_arena_format(arena, "%s: the CA added %s", compared[position].words, added), err)
                  : PC_OK;
}

static pc_status compare_subject(const X509_REQ *csr, const X509 *certificate, pc_arena *arena,
                                 pc_departures *departures, pc_error *err)
{
    const X509_NAME *wanted = X509_REQ_get_subject_name(csr);
    const X509_NAME *given = X509_get_subject_name(certificate);

    if (X509_NAME_cmp(wanted, given) == 0) {
        return PC_OK;
    }
    const char *wanted_text = pc_x509_name_text(wanted, arena);
    const char *given_text = pc_x509_name_text(given, arena);

    return wanted_text && given_text
               ? depart(departures, arena,
                        pc_arena_format(arena, "subject: requested %s, issued with %s", wanted_text, given_text), err)
               : pc_fail_memory(err);
}

/* Days of validity; -1 if the times are unreadable. */
static int64_t days_of(const X509 *certificate)
{
    int64_t start_sec = 0, end_sec = 0;

    if (!pc_asn1_time_to_sec(X509_get0_notBefore(certificate), &start_sec) ||
        !pc_asn1_time_to_sec(X509_get0_notAfter(certificate), &end_sec) || end_sec < start_sec) {
        return -1;
    }
    return (end_sec - start_sec) / DAY_SEC;
}

static pc_status compare_validity(const X509 *certificate, const X509 *old, pc_arena *arena, pc_departures *departures,
                                  pc_error *err)
{
    int64_t days = days_of(certificate);
    int64_t before = old ? days_of(old) : -1;

    if (before > days) {
        return depart(departures, arena,
                      pc_arena_format(arena, "validity: %lld days; the certificate it renews had %lld", (long long)days,
                                      (long long)before),
                      err);
    }
    return before < 0 && days < SHORT_DAYS
               ? depart(departures, arena, pc_arena_format(arena, "validity: only %lld days", (long long)days), err)
               : PC_OK;
}

/* A CA that sets the start a few seconds ahead has nothing wrong. */
#define START_TOLERANCE_SEC 60

/* The clock of this machine or that of the CA may be wrong. */
static pc_status compare_start(const X509 *certificate, pc_arena *arena, pc_departures *departures, pc_error *err)
{
    const int64_t now_sec = (int64_t)time(NULL);
    char now[PC_TIME_TEXT] = "";

    if (pc_validity_of(certificate).not_before_sec <= now_sec + START_TOLERANCE_SEC) {
        return PC_OK;
    }
    (void)pc_text_time(now_sec, now);
    const char *start = pc_time_words(X509_get0_notBefore(certificate), arena);

    return depart(
        departures, arena,
        pc_arena_format(arena,
                        "validity: not valid until %s, but the clock of this machine says %s; if that is wrong, "
                        "correct it (timedatectl)",
                        start ? start : "", now),
        err);
}

pc_status pc_issued_compare(const pc_issued *issued, pc_arena *arena, pc_departures *ret_departures, pc_error *err)
{
    PC_AUTO(X509_EXTENSION_stack) STACK_OF(X509_EXTENSION) *wanted = NULL;
    both_shown both = { .asked = { .damage = NULL } };
    pc_departures departures = { .count = 0 };

    if (EVP_PKEY_eq(X509_REQ_get0_pubkey(issued->csr), X509_get0_pubkey(issued->certificate)) != 1) {
        return pc_fail(err, PC_E_VERIFY, "the certificate is for another public key than the request");
    }
    PC_TRY(pc_csr_get_extensions(issued->csr, &wanted, err));
    PC_TRY(pc_x509_show_extensions(wanted, arena, &both.asked, err));
    PC_TRY(pc_x509_show_extensions(X509_get0_extensions(issued->certificate), arena, &both.issued, err));
    PC_TRY(compare_subject(issued->csr, issued->certificate, arena, &departures, err));
    for (size_t i = 0; i < PC_COUNT(compared); i++) {
        PC_TRY(compare_extension(i, &both, arena, &departures, err));
    }
    PC_TRY(compare_validity(issued->certificate, issued->old, arena, &departures, err));
    PC_TRY(compare_start(issued->certificate, arena, &departures, err));
    *ret_departures = departures;
    return PC_OK;
}
