/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a fleet, bound in one login. */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "app/bind/accept.h"
#include "app/fleet/batch.h"
#include "app/fleet/manifest.h"
#include "base/kept_error.h"
#include "x509/spki.h"
#include "base/text.h"
#include "signer/signer.h"

typedef struct {
    const pc_batch_accept_order *order;
    const pc_batch_watch *watch;
    pc_batch_result *result;
    pc_batch_manifest *manifest;
    pc_token *token;
    DIR *folder;
    bool is_stopping;
} acceptance;

static bool is_certificate(const char *name)
{
    static const char *const endings[] = { ".cer", ".crt", ".pem", ".der", ".p7b", ".p7c" };
    size_t len = strlen(name);

    for (size_t i = 0; i < PC_COUNT(endings); i++) {
        if (len > 4 && name[0] != '.' && pc_text_equal(name + len - 4, endings[i])) {
            return true;
        }
    }
    return false;
}

static pc_status open_folder(const char *path, DIR **ret_folder, pc_error *err)
{
    *ret_folder = opendir(path);
    return *ret_folder ? PC_OK
                       : pc_fail_errno(err, errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO, errno,
                                       "cannot open the folder \"%s\"", path);
}

/* The next file that is a certificate by its name; NULL at the end. */
static pc_status next_name(DIR *folder, const char **ret_name, pc_error *err)
{
    const struct dirent *entry = NULL;

    do {
        errno = 0;
        entry = readdir(folder);
    } while (entry && !is_certificate(entry->d_name));
    if (!entry && errno) {
        return pc_fail_errno(err, PC_E_IO, errno, "cannot read the folder");
    }
    *ret_name = entry ? entry->d_name : NULL;
    return PC_OK;
}

static pc_status count_certificates(const char *path, size_t *ret_count, pc_error *err)
{
    const char *name = NULL;
    size_t count = 0;
    DIR *folder = NULL;

    PC_TRY(open_folder(path, &folder, err));
    pc_status status = next_name(folder, &name, err);

    for (; status == PC_OK && name; status = next_name(folder, &name, err)) {
        count++;
    }
    (void)closedir(folder);
    *ret_count = count;
    return status;
}

static pc_status bind_file(const acceptance *all, const char *file, pc_accept_result *result, pc_batch_line *line,
                           pc_error *err)
{
    const pc_accept_order order = { .certificate = file,
                                    .chains = all->order->chains,
                                    .chain_count = all->order->chain_count };
    PC_AUTO(pc_acceptance) pc_acceptance what = { .leaf = NULL };

    PC_TRY(pc_accept_read(&order, result, &what, err));
    PC_TRY(pc_accept_bind(all->token, &what, result, err));
    PC_TRY(pc_spki_sha256(X509_get0_pubkey(what.leaf), result->arena, &line->spki_sha256, err));
    line->label = result->key_label;
    line->id = result->key_id;
    line->outcome = PC_BATCH_KEPT;
    for (size_t i = 0; i < result->certificate_count; i++) {
        line->outcome = result->certificates[i].state == PC_BOUND_WRITTEN ? PC_BATCH_BOUND : line->outcome;
    }
    return PC_OK;
}

static pc_status report_line(acceptance *all, pc_arena *arena, pc_batch_line *line, pc_error *err)
{
    pc_batch_tally *tally = &all->result->tally;

    PC_TRY(pc_batch_manifest_add(all->manifest, arena, line, err));
    tally->done++;
    tally->counts[line->outcome]++;
    if (line->outcome == PC_BATCH_FAILED) {
        all->result->worst = all->result->worst == PC_OK ? line->err->status : all->result->worst;
        all->is_stopping = all->is_stopping || all->order->stop_at_failure;
    }
    if (all->watch->on_line) {
        all->watch->on_line(all->watch->context, line, tally);
    }
    return PC_OK;
}

static pc_status accept_one(acceptance *all, const char *name, pc_error *err)
{
    PC_AUTO(pc_accept_result) pc_accept_result *result = pc_accept_result_new();
    const char *file = result ? pc_arena_format(result->arena, "%s/%s", all->order->folder, name) : NULL;
    const char *host = result ? pc_arena_text(result->arena, name, strlen(name) - 4) : NULL;
    pc_error failure = { .status = PC_OK };

    if (!file || !host) {
        return pc_fail_memory(err);
    }
    pc_batch_line line = { .host = host, .file = file };

    if (bind_file(all, file, result, &line, &failure) == PC_OK) {
        return report_line(all, result->arena, &line, err);
    }
    line.outcome = PC_BATCH_FAILED;
    line.err = &failure;
    PC_TRY(report_line(all, result->arena, &line, err));
    if (!pc_token_is_lost(all->token, &failure)) {
        if (failure.origin == PC_ORIGIN_PKCS11) {
            pc_token_renew_session(all->token, true);
        }
        return PC_OK;
    }
    pc_error_pass(err, &failure);
    (void)pc_note(err, failure.status, "the token was lost after %zu certificates; those already bound stay bound",
                  all->result->tally.done);
    return pc_hint_resume(err, failure.status,
                          "once the token is available again, run the same command again: it continues");
}

static pc_status accept_all(acceptance *all, pc_error *err)
{
    const char *name = NULL;

    PC_TRY(next_name(all->folder, &name, err));
    while (name) {
        if (all->is_stopping || (all->watch->is_stopped && all->watch->is_stopped(all->watch->context))) {
            all->result->was_stopped = true;
            return PC_OK;
        }
        PC_TRY(accept_one(all, name, err));
        PC_TRY(next_name(all->folder, &name, err));
    }
    return PC_OK;
}

static pc_status open_and_accept(acceptance *all, const pc_token_access *access, pc_error *err)
{
    PC_TRY(count_certificates(all->order->folder, &all->result->tally.total, err));
    if (all->result->tally.total == 0) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "the folder \"%s\" contains no certificates", all->order->folder);
        return pc_hint(err, PC_E_NOT_FOUND, "files whose names end in .cer, .crt, .pem, .der, .p7b or .p7c are read");
    }
    PC_TRY(open_folder(all->order->folder, &all->folder, err));
    PC_TRY(pc_signer_check(access->signer, err));
    PC_TRY(pc_batch_manifest_open(all->order->folder, &all->manifest, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &all->token, err));
    all->result->tally.jobs = 1;
    return accept_all(all, err);
}

pc_status pc_batch_accept(const pc_batch_accept_order *order, const pc_token_access *access,
                          const pc_batch_watch *watch, pc_batch_result *ret_result, pc_error *err)
{
    acceptance all = { .order = order, .watch = watch, .result = ret_result };

    *ret_result = (pc_batch_result){ .worst = PC_OK };
    pc_status status = open_and_accept(&all, access, err);

    pc_token_close(all.token);
    pc_batch_manifest_close(all.manifest);
    if (all.folder) {
        (void)closedir(all.folder);
    }
    return status;
}
