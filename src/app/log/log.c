/* SPDX-License-Identifier: Apache-2.0 */
#include "app/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ceremony/transcript/record.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/spki.h"
#include "x509/words.h"

#define MOST_LOG ((off_t)1024 * 1024 * 1024) /* bytes */

struct pc_issuance_log {
    pc_arena *arena;
    const char *path;
    int fd;
    int64_t seq; /* of the last line */
    pc_sha256 head;
    pc_logged_certificate *items;
    size_t count;
};

void pc_issuance_log_close(pc_issuance_log *log)
{
    if (log) {
        if (log->fd >= 0) {
            (void)close(log->fd);
        }
        pc_arena_free(log->arena);
        free(log);
    }
}

/* --- reading --- */

static pc_status fail_io(const pc_issuance_log *log, const char *what, pc_error *err)
{
    return pc_fail_errno(err, PC_E_IO, errno, "cannot %s the issuance log \"%s\"", what, log->path);
}

static const char *keep(pc_issuance_log *log, const pc_record *record, const char *name)
{
    const char *text = pc_record_text(record, name);

    return text ? pc_arena_string(log->arena, text) : NULL;
}

static pc_logged_certificate *find_logged(const pc_issuance_log *log, const char *issuer_spki, const char *serial)
{
    for (size_t i = log->count; i > 0; i--) {
        pc_logged_certificate *each = &log->items[i - 1];

        if (strcmp(each->serial, serial) == 0 && strcmp(each->issuer_spki, issuer_spki) == 0) {
            return each;
        }
    }
    return NULL;
}

static pc_status incomplete(const pc_record *record, pc_error *err)
{
    return pc_fail(err, PC_E_VERIFY,
                   "a record \"%s\" lacks a member, or names a certificate that was not issued before", record->kind);
}

static pc_status take_issued(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    pc_logged_certificate *logged = PC_PUSH(log->arena, log->items, log->count);

    if (!logged) {
        return pc_fail_memory(err);
    }
    logged->issuer_spki = keep(log, record, "issuer_spki_sha256");
    logged->serial = keep(log, record, "serial");
    logged->spki = keep(log, record, "spki_sha256");
    logged->certificate = keep(log, record, "certificate_sha256");
    logged->subject = keep(log, record, "subject");
    const char *end = pc_record_text(record, "not_after");

    return logged->issuer_spki && logged->serial && logged->spki && logged->certificate && logged->subject && end &&
                   pc_text_to_time(end, &logged->not_after_sec)
               ? PC_OK
               : incomplete(record, err);
}

static pc_status take_revoked(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    const char *issuer_spki = pc_record_text(record, "issuer_spki_sha256");
    const char *serial = pc_record_text(record, "serial");
    const char *time = pc_record_text(record, "time");
    const char *reason = pc_record_text(record, "reason");
    const char *invalidity = pc_record_text(record, "invalidity_date");
    pc_logged_certificate *logged = issuer_spki && serial ? find_logged(log, issuer_spki, serial) : NULL;

    if (!logged || !time || !reason || !pc_text_to_time(time, &logged->revoked_sec) ||
        (invalidity && !pc_text_to_time(invalidity, &logged->invalidity_sec))) {
        return incomplete(record, err);
    }
    logged->is_revoked = true;
    return pc_revocation_reason_from_name(reason, &logged->reason, err) == PC_OK ? PC_OK : incomplete(record, err);
}

static pc_status take_record(pc_issuance_log *log, const pc_record *record, pc_error *err)
{
    if (record->seq != log->seq + 1 || !pc_sha256_equal(&record->prev, &log->head)) {
        return pc_fail(err, PC_E_VERIFY, "it does not follow the line before: a line was changed, removed or added");
    }
    log->seq = record->seq;
    log->head = record->digest;
    if (strcmp(record->kind, "issued") == 0) {
        return take_issued(log, record, err);
    }
    return strcmp(record->kind, "revoked") == 0
               ? take_revoked(log, record, err)
               : pc_fail(err, PC_E_VERIFY, "\"%s\" is not a kind of record in an issuance log", record->kind);
}

static pc_status take_line(pc_issuance_log *log, const char *line, size_t len, pc_error *err)
{
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };
    pc_status status = pc_record_read((pc_bytes){ (const uint8_t *)line, len }, &record, err);

    if (status == PC_OK) {
        status = take_record(log, &record, err);
    }
    if (status == PC_OK) {
        return PC_OK;
    }
    (void)pc_note(err, status, "line %lld of the issuance log \"%s\" is not as it was written", (long long)log->seq + 1,
                  log->path);
    return pc_hint(err, status, "find out who changed it; a copy from before the change can take its place");
}

/* What a killed run left: its certificate was not handed out. */
static pc_status remove_torn(const pc_issuance_log *log, off_t whole, off_t size, pc_error *err)
{
    if (whole == size) {
        return PC_OK;
    }
    return ftruncate(log->fd, whole) == 0 && fsync(log->fd) == 0 ? PC_OK : fail_io(log, "repair", err);
}

static pc_status take_all(pc_issuance_log *log, FILE *in, off_t size, pc_error *err)
{
    char *line = NULL;
    size_t room = 0;
    off_t whole = 0;
    ssize_t len = 0;
    pc_status status = PC_OK;

    while (status == PC_OK && (len = getline(&line, &room, in)) > 0 && line[len - 1] == '\n') {
        whole += len;
        status = take_line(log, line, (size_t)len - 1, err);
    }
    if (status == PC_OK && ferror(in)) {
        status = fail_io(log, "read", err);
    }
    free(line);
    PC_TRY(status);
    return remove_torn(log, whole, size, err);
}

static pc_status read_all(pc_issuance_log *log, pc_error *err)
{
    struct stat info;
    int copy = -1;

    if (fstat(log->fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > MOST_LOG) {
        return pc_fail(err, PC_E_INPUT, "the issuance log \"%s\" is not a regular file of at most 1 GiB", log->path);
    }
    copy = fcntl(log->fd, F_DUPFD_CLOEXEC, 0);
    PC_AUTO(file) FILE *in = copy >= 0 ? fdopen(copy, "r") : NULL;

    if (!in) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return fail_io(log, "read", err);
    }
    return take_all(log, in, info.st_size, err);
}

static pc_status hold(const pc_issuance_log *log, pc_error *err)
{
    if (flock(log->fd, LOCK_EX | LOCK_NB) == 0) {
        return PC_OK;
    }
    return errno == EWOULDBLOCK ? pc_fail(err, PC_E_REFUSED, "another run uses the issuance log \"%s\"", log->path)
                                : fail_io(log, "lock", err);
}

pc_status pc_issuance_log_open(const char *path, pc_issuance_log **ret_log, pc_error *err)
{
    PC_AUTO(pc_issuance_log) pc_issuance_log *log = calloc(1, sizeof *log);

    if (!log) {
        return pc_fail_memory(err);
    }
    log->fd = -1;
    log->arena = pc_arena_new();
    log->path = log->arena ? pc_arena_string(log->arena, path) : NULL;
    if (!log->path) {
        return pc_fail_memory(err);
    }
    log->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0644);
    if (log->fd < 0) {
        return fail_io(log, "open", err);
    }
    PC_TRY(hold(log, err));
    PC_TRY(read_all(log, err));
    *ret_log = PC_TAKE(log);
    return PC_OK;
}

/* --- writing --- */

static pc_status append(pc_issuance_log *log, const char *kind, const json_t *body, pc_error *err)
{
    const pc_record_content content = { .seq = log->seq + 1, .prev = &log->head, .kind = kind, .body = body };
    PC_AUTO(pc_record) pc_record record = { .whole = NULL };
    PC_AUTO(free) char *line = NULL;

    PC_TRY(pc_record_write(&content, &line, err));
    size_t len = strlen(line);

    PC_TRY(pc_record_read((pc_bytes){ (const uint8_t *)line, len }, &record, err));
    line[len] = '\n'; /* in the place of the NUL: one write, so that a killed run leaves at most one incomplete line */
    ssize_t put = write(log->fd, line, len + 1);

    if (put != (ssize_t)len + 1) {
        errno = put < 0 ? errno : ENOSPC;
        return fail_io(log, "write", err);
    }
    if (fsync(log->fd) != 0) {
        return fail_io(log, "write", err);
    }
    log->seq++;
    log->head = record.digest;
    return PC_OK;
}

static pc_status describe(X509 *certificate, EVP_PKEY *ca_key, pc_arena *arena, json_t **ret_body, pc_error *err)
{
    const char *issuer_spki = NULL;
    const char *spki = NULL;
    const char *digest = NULL;
    const char *serial = pc_serial_words(certificate, arena);
    const char *subject = pc_x509_name_text(X509_get_subject_name(certificate), arena);
    const char *from = pc_time_words(X509_get0_notBefore(certificate), arena);
    const char *until = pc_time_words(X509_get0_notAfter(certificate), arena);

    PC_TRY(pc_spki_sha256(ca_key, arena, &issuer_spki, err));
    PC_TRY(pc_spki_sha256(X509_get0_pubkey(certificate), arena, &spki, err));
    PC_TRY(pc_certificate_digest_words(certificate, EVP_sha256(), arena, &digest, err));
    if (!serial || !subject || !from || !until) {
        return pc_fail_memory(err);
    }
    *ret_body =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "issuer_spki_sha256", issuer_spki, "serial", serial, "subject",
                  subject, "spki_sha256", spki, "certificate_sha256", digest, "not_before", from, "not_after", until);
    return *ret_body ? PC_OK : pc_fail_memory(err);
}

pc_status pc_issuance_log_add(pc_issuance_log *log, X509 *certificate, EVP_PKEY *ca_key, const char *profile,
                              pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;

    PC_TRY(describe(certificate, ca_key, log->arena, &body, err));
    if (json_object_set_new(body, "profile", json_string(profile ? profile : "")) != 0) {
        return pc_fail_memory(err);
    }
    return append(log, "issued", body, err);
}

pc_status pc_issuance_log_revoke(pc_issuance_log *log, const pc_logged_certificate *certificate,
                                 const pc_revoked *revoked, pc_error *err)
{
    PC_AUTO(pc_json) json_t *body = NULL;
    char when[PC_TIME_TEXT] = "";
    char since[PC_TIME_TEXT] = "";

    (void)pc_text_time(revoked->time_sec, when);
    (void)pc_text_time(revoked->invalidity_sec, since);
    body = json_pack("{s:s, s:s, s:s, s:s}", "issuer_spki_sha256", certificate->issuer_spki, "serial",
                     certificate->serial, "time", when, "reason", pc_revocation_reason_name(revoked->reason));
    if (!body || (revoked->invalidity_sec && json_object_set_new(body, "invalidity_date", json_string(since)) != 0)) {
        return pc_fail_memory(err);
    }
    return append(log, "revoked", body, err);
}

/* --- asking --- */

static pc_status refuse_serial(const pc_logged_certificate *logged, pc_error *err)
{
    return pc_fail(err, PC_E_REFUSED, "this CA has issued a certificate with the serial number %s, for %s",
                   logged->serial, logged->subject);
}

static pc_status refuse_key(const pc_logged_certificate *logged, pc_error *err)
{
    (void)pc_fail(err, PC_E_REFUSED, "this CA has issued a certificate for this key: serial number %s, for %s",
                  logged->serial, logged->subject);
    return pc_hint(err, PC_E_REFUSED, "for another certificate of the same key, use --allow-known-key");
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
    for (size_t i = 0; i < log->count; i++) {
        const pc_logged_certificate *each = &log->items[i];

        if (strcmp(each->issuer_spki, issuer_spki) != 0) {
            continue;
        }
        if (strcmp(each->serial, serial) == 0) {
            return refuse_serial(each, err);
        }
        if (!known_key && strcmp(each->spki, spki) == 0) {
            return refuse_key(each, err);
        }
    }
    return PC_OK;
}

pc_status pc_issuance_log_find(const pc_issuance_log *log, const char *serial, const char *issuer_spki,
                               const pc_logged_certificate **ret_certificate, pc_error *err)
{
    const pc_logged_certificate *found = NULL;

    for (size_t i = 0; i < log->count; i++) {
        const pc_logged_certificate *each = &log->items[i];

        if (strcmp(each->serial, serial) != 0 || (issuer_spki && strcmp(each->issuer_spki, issuer_spki) != 0)) {
            continue;
        }
        if (found) {
            (void)pc_fail(err, PC_E_AMBIGUOUS, "several CAs issued a certificate with the serial number %s", serial);
            return pc_hint(err, PC_E_AMBIGUOUS, "name the CA's certificate with --ca-cert");
        }
        found = each;
    }
    if (!found) {
        return pc_fail(err, PC_E_NOT_FOUND, "the issuance log \"%s\" knows no certificate with the serial number %s",
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
        const pc_logged_certificate *each = &log->items[i];

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
