/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet: one thread reads the list, hands each host to a worker, which makes its key, and takes it back to sign and
 * write its request. At most two hosts per worker are in progress, so memory does not grow with the list.
 */
#include "app/fleet/batch.h"

#include <openssl/sha.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/fleet/known_labels.h"
#include "app/fleet/manifest.h"
#include "app/fleet/queue.h"
#include "app/fleet/width.h"
#include "base/file.h"
#include "base/monotonic.h"
#include "base/kept_error.h"
#include "base/text.h"
#include "pair/key_id.h"
#include "signer/signer.h"
#include "token/ckr.h"

#define PLACEHOLDER_HOST "host.invalid" /* RFC 2606 section 2: no host has this name */

typedef struct {
    const pc_batch_order *order;
    const pc_batch_watch *watch;
    pc_batch_result *result;
    pc_token *token;
    pc_local_ca ca;
    pc_batch_hosts *hosts;
    pc_batch_manifest *manifest;
    pc_batch_worker workers[PC_BATCH_MAX_JOBS];
    unsigned worker_count;
    pc_batch_width width;
    pc_batch_known_labels labels;
    pc_batch_queue *queue;
    pc_batch_item *under_way[2 * PC_BATCH_MAX_JOBS];
    unsigned under_way_count;
    bool signs_pss; /* the token has been checked, and supports it */
    bool is_at_end;
    bool is_stopping;
    pc_error lost; /* status of the loss of the token; PC_OK if it was not lost */
} batch;

unsigned pc_batch_shard_of(const char *host, unsigned count)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char lower[512];
    size_t len = 0;
    uint64_t number = 0;

    for (; host[len] && len < sizeof lower; len++) {
        lower[len] = pc_to_lower(host[len]);
    }
    (void)SHA256((const unsigned char *)lower, len, digest);
    for (size_t i = 0; i < sizeof number; i++) {
        number = number << 8 | digest[i];
    }
    return (unsigned)(number % count) + 1;
}

void pc_batch_item_free(pc_batch_item *item)
{
    if (item) {
        pc_arena *arena = item->arena;

        pc_new_plan_free(item->plan);
        pc_arena_free(arena);
    }
}

/* ---- the hosts ---- */

static pc_status open_hosts(const pc_batch_order *order, pc_batch_hosts **ret_hosts, pc_error *err)
{
    if (!order->hosts) {
        return pc_batch_hosts_open_folder(order->source, ret_hosts, err);
    }
    const char *slash = order->source ? strrchr(order->source, '/') : NULL;
    PC_AUTO(free) char *templates = slash ? strndup(order->source, (size_t)(slash - order->source) + 1) : strdup(".");

    return templates ? pc_batch_hosts_open(order->hosts, templates, ret_hosts, err) : pc_fail_memory(err);
}

static bool is_mine(const pc_batch_order *order, const pc_batch_host *host)
{
    return order->shard == 0 || pc_batch_shard_of(host->name, order->shard_count) == order->shard;
}

/* A list in a file is read once before anything is made, to count the hosts and to make sure that it can be read. */
static pc_status count_hosts(const pc_batch_order *order, size_t *ret_count, pc_error *err)
{
    PC_AUTO(pc_batch_hosts) pc_batch_hosts *hosts = NULL;
    pc_batch_row row = PC_BATCH_ROW_END;
    size_t count = 0;

    PC_TRY(open_hosts(order, &hosts, err));
    do {
        PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
        pc_error ignored = { .status = PC_OK };
        pc_batch_host host;

        if (!arena) {
            return pc_fail_memory(err);
        }
        if (pc_batch_hosts_next(hosts, arena, &host, &row, &ignored) != PC_OK) {
            pc_error_pass(err, &ignored);
            return ignored.status;
        }
        count += row != PC_BATCH_ROW_END && is_mine(order, &host);
    } while (row != PC_BATCH_ROW_END);
    *ret_count = count;
    return PC_OK;
}

static bool can_be_read_twice(const pc_batch_order *order)
{
    struct stat info;

    return !order->hosts || (strcmp(order->hosts, "-") != 0 && stat(order->hosts, &info) == 0 && S_ISREG(info.st_mode));
}

static pc_new_order order_of(const pc_batch_order *order, const pc_batch_host *host)
{
    return (pc_new_order){
        .inf = host->inf      ? host->inf
               : order->hosts ? order->source
                              : NULL,
        .host = host->fqdn,
        .label = host->label ? host->label : host->fqdn,
        .alt_names = host->names,
        .alt_name_count = host->name_count,
        .key_type = order->key_type,
        .exportable = order->exportable,
    };
}

/* A template that cannot be honoured would fail every host, so it is detected before the login. */
static pc_status try_template(const pc_batch_order *order, pc_error *err)
{
    const pc_batch_host placeholder = { .name = PLACEHOLDER_HOST, .fqdn = PLACEHOLDER_HOST };
    const pc_new_order wanted = order_of(order, &placeholder);
    PC_AUTO(pc_new_plan) pc_new_plan *plan = NULL;

    return order->hosts ? pc_new_prepare(&wanted, &plan, err) : PC_OK;
}

/* ---- the report about a host ---- */

static pc_status report_line(batch *all, pc_arena *arena, pc_batch_line *line, pc_error *err)
{
    pc_batch_result *result = all->result;

    PC_TRY(pc_batch_manifest_add(all->manifest, arena, line, err));
    result->tally.done++;
    result->tally.counts[line->outcome]++;
    if (line->outcome == PC_BATCH_FAILED) {
        result->worst = result->worst == PC_OK ? line->err->status : result->worst;
        all->is_stopping = all->is_stopping || all->order->stop_at_failure;
    }
    if (all->watch->on_line) {
        all->watch->on_line(all->watch->context, line, &result->tally);
    }
    return PC_OK;
}

static pc_status report_failure(batch *all, const pc_batch_item *item, pc_batch_line *line, const pc_error *failure,
                                pc_error *err)
{
    line->host = item->host.name;
    line->outcome = PC_BATCH_FAILED;
    line->err = failure;
    return report_line(all, item->arena, line, err);
}

/* ---- the steps of an item ---- */

static pc_batch_item *new_item(void)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_batch_item *item = arena ? pc_arena_alloc(arena, sizeof *item) : NULL;

    if (item) {
        item->arena = PC_TAKE(arena);
    }
    return item;
}

static pc_status check_signs(batch *all, const pc_batch_item *item, pc_error *err)
{
    if (item->plan->request->pss && !all->signs_pss) {
        PC_TRY(pc_new_check_signs_pss(all->token, item->plan->request->digest, err));
        all->signs_pss = true;
    }
    return PC_OK;
}

static pc_status prepare(batch *all, pc_batch_item *item, pc_error *err)
{
    item->order = order_of(all->order, &item->host);
    item->may_be_bound = all->order->issue_with != NULL;
    PC_TRY(pc_new_prepare(&item->order, &item->plan, err));
    PC_TRY(pc_new_plan_key(item->plan, item->arena, &item->key_plan, err));
    PC_TRY(pc_batch_name_files(item, all->order->out, err));
    PC_TRY(pc_signer_check_kind(all->token->signer, item->plan->request->key_kind, err));
    PC_TRY(check_signs(all, item, err));
    item->key_plan.signing.raw_only = pc_signer_is_raw_only(all->token);
    return pc_key_id_choose(NULL, &item->key_plan, err);
}

static void forget(batch *all, const pc_batch_item *item)
{
    for (unsigned i = 0; i < all->under_way_count; i++) {
        if (all->under_way[i] == item) {
            all->under_way[i] = all->under_way[--all->under_way_count];
            return;
        }
    }
}

static bool is_lost(batch *all, const pc_error *failure)
{
    if (all->lost.status == PC_OK && (pc_token_is_lost(all->token, failure) ||
                                      (all->ca.own_token && pc_token_is_lost(all->ca.own_token, failure)))) {
        all->lost = *failure;
        all->is_stopping = true;
    }
    return all->lost.status != PC_OK;
}

/* ---- workers ---- */

/* As many as were asked for, or else as the token allows, each with two sessions. */
static unsigned most_jobs(const batch *all)
{
    size_t left = pc_token_sessions_left(all->token) / 2;
    size_t most = all->order->jobs ? all->order->jobs : PC_BATCH_MAX_JOBS;

    most = most > PC_BATCH_MAX_JOBS ? PC_BATCH_MAX_JOBS : most;
    most = most > left ? left : most;
    return most > 0 && pc_token_allows_threads(all->token) ? (unsigned)most : 1;
}

/* With a single worker there is no thread, and none can be added. */
static unsigned first_jobs(const batch *all, unsigned most)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = all->order->jobs ? most : cores > 2 ? (unsigned)cores : 2;

    return jobs > most ? most : jobs;
}

/* As many as the token allows: fewer than it announced is not a failure. Returns how many were opened. */
static pc_status open_workers(batch *all, unsigned wanted, unsigned *ret_opened, pc_error *err)
{
    pc_error why = { .status = PC_OK };

    for (*ret_opened = 0; *ret_opened < wanted; ++*ret_opened) {
        pc_status status = pc_batch_worker_open(all->token, &all->workers[all->worker_count], &why);

        if (status != PC_OK && why.origin == PC_ORIGIN_PKCS11 && why.code == CKR_SESSION_COUNT) {
            return PC_OK;
        }
        if (status != PC_OK) {
            pc_error_pass(err, &why);
            return status;
        }
        all->worker_count++;
    }
    return PC_OK;
}

static pc_status open_first_workers(batch *all, pc_error *err)
{
    const unsigned most = most_jobs(all);
    unsigned opened = 0;

    PC_TRY(open_workers(all, first_jobs(all, most), &opened, err));
    if (opened == 0) {
        pc_batch_worker_borrow(all->token, &all->workers[all->worker_count++]);
    }
    all->width = pc_batch_width_start(all->worker_count, opened < 2 ? all->worker_count : most, pc_monotonic_usec());
    all->result->tally.jobs = all->worker_count;
    return PC_OK;
}

/* If the token accepts no more sessions, or the machine no more threads, the run continues as before. */
static void widen(batch *all)
{
    const unsigned before = all->worker_count;
    unsigned wanted = pc_batch_width_note_done(&all->width, pc_monotonic_usec());
    unsigned opened = 0;
    unsigned started = 0;
    pc_error ignored = { .status = PC_OK };

    if (wanted == 0 || all->is_stopping || all->is_at_end) {
        return;
    }
    if (open_workers(all, wanted, &opened, &ignored) == PC_OK || opened) {
        while (started < opened && pc_batch_queue_add(all->queue, &all->workers[before + started], &ignored) == PC_OK) {
            started++;
        }
    }
    pc_batch_width_grow(&all->width, started, wanted, pc_monotonic_usec());
    all->result->tally.jobs = before + started;
}

/* ---- finishing ---- */

/* A signature that was left open would fail the next host's. A worker that borrows this session has lost its wrapping
 * key with it: that handle may now belong to another object. */
static void renew_after_failure(batch *all, const pc_batch_item *item)
{
    if (item->status == PC_OK || item->err.origin != PC_ORIGIN_PKCS11) {
        return;
    }
    pc_token_renew_session(all->token, true);
    if (all->ca.own_token) {
        pc_token_renew_session(all->ca.own_token, false);
    }
    if (all->workers[0].maker == all->token) {
        all->workers[0].has_wrapping = false;
    }
}

static pc_status finish_next(batch *all, pc_error *err)
{
    PC_AUTO(pc_batch_item) pc_batch_item *item = pc_batch_queue_take(all->queue);
    pc_batch_line line = { .host = item->host.name, .label = item->key_plan.label, .conflict = item->plan->conflict };

    forget(all, item);
    pc_batch_known_labels_note(&all->labels, item->search_usec);
    pc_batch_known_labels_add(&all->labels, all->token, item->key_plan.label);
    if (item->status == PC_OK) {
        item->status = pc_batch_finish(all->token, all->order->issue_with ? &all->ca : NULL, item, &line, &item->err);
        renew_after_failure(all, item);
    }
    widen(all);
    if (item->status == PC_OK) {
        return report_line(all, item->arena, &line, err);
    }
    (void)is_lost(all, &item->err);
    return report_failure(all, item, &line, &item->err, err);
}

/* Two hosts with the same name or label are never in progress together: the second must find what the first one made.
 */
static bool collides(const batch *all, const pc_batch_item *item)
{
    for (unsigned i = 0; i < all->under_way_count; i++) {
        const pc_batch_item *other = all->under_way[i];

        if (strcmp(other->host.name, item->host.name) == 0 ||
            strcmp(other->key_plan.label, item->key_plan.label) == 0) {
            return true;
        }
    }
    return false;
}

static pc_batch_progress progress_of(const batch *all)
{
    const pc_batch_tally *tally = &all->result->tally;

    return (pc_batch_progress){ .total = tally->total, .done = tally->done, .jobs = all->worker_count };
}

static pc_status begin(batch *all, pc_batch_item **slot, pc_error *err)
{
    pc_batch_item *item = *slot;
    pc_batch_line line = { .host = item->host.name };

    item->status = prepare(all, item, &item->err);
    while (item->status == PC_OK && collides(all, item)) {
        PC_TRY(finish_next(all, err));
        item->status = pc_path_exists(item->request, &item->has_request, &item->err);
    }
    if (item->status != PC_OK) {
        return report_failure(all, item, &line, &item->err, err);
    }
    item->absence = pc_batch_known_labels_ask(&all->labels, all->token, progress_of(all), item->key_plan.label);
    all->under_way[all->under_way_count++] = item;
    pc_batch_queue_put(all->queue, PC_TAKE(*slot));
    return PC_OK;
}

static pc_status note_row(const pc_batch_item *item, pc_error *err)
{
    return pc_note(err, err->status, "line %lu of the list cannot be used", item->host.line);
}

static pc_status begin_next(batch *all, pc_error *err)
{
    PC_AUTO(pc_batch_item) pc_batch_item *item = new_item();
    pc_batch_line line = { .host = NULL };
    pc_batch_row row = PC_BATCH_ROW_END;

    if (!item) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_batch_hosts_next(all->hosts, item->arena, &item->host, &row, &item->err));
    all->is_at_end = row == PC_BATCH_ROW_END;
    if (all->is_at_end || !is_mine(all->order, &item->host)) {
        return PC_OK;
    }
    if (row == PC_BATCH_ROW_BAD) {
        (void)note_row(item, &item->err);
        return report_failure(all, item, &line, &item->err, err);
    }
    return begin(all, &item, err);
}

/* Hosts that were not started are left for the next run; those that were are finished. */
static void look_for_stop(batch *all)
{
    const pc_batch_watch *watch = all->watch;

    all->is_stopping = all->is_stopping || (watch->is_stopped && watch->is_stopped(watch->context));
    if (!all->is_stopping) {
        return;
    }
    for (pc_batch_item *item = pc_batch_queue_withdraw(all->queue); item; item = pc_batch_queue_withdraw(all->queue)) {
        all->result->was_stopped = true;
        forget(all, item);
        pc_batch_item_free(item);
    }
    all->result->was_stopped = all->result->was_stopped || !all->is_at_end;
}

static pc_status work_through(batch *all, pc_error *err)
{
    for (;;) {
        const unsigned most = all->worker_count == 1 ? 1 : 2 * all->worker_count;

        look_for_stop(all);
        if (!all->is_stopping && !all->is_at_end && all->under_way_count < most) {
            PC_TRY(begin_next(all, err));
        } else if (all->under_way_count) {
            PC_TRY(finish_next(all, err));
        } else {
            return PC_OK;
        }
    }
}

/* ---- the CA and the token ---- */

/* Before the token is opened: a profile or a log that cannot be used costs no login. */
static pc_status prepare_ca(batch *all, pc_arena *arena, pc_error *err)
{
    const pc_batch_order *order = all->order;
    const pc_batch_watch *watch = all->watch;
    pc_unfinished_signatures unfinished = { .count = 0 };

    all->ca.order = (pc_issue_order){ .ca = order->issue_with,
                                      .ca_certificate = order->ca_certificate,
                                      .days = order->days,
                                      .profile = order->profile,
                                      .issuance_log = order->issuance_log,
                                      .known_key = order->known_key,
                                      .linters = order->linters };
    PC_TRY(pc_local_ca_prepare(&all->ca, arena, &unfinished, err));
    if (unfinished.count && watch && watch->on_unfinished) {
        watch->on_unfinished(watch->context, &unfinished);
    }
    return PC_OK;
}

static pc_status report_loss(const batch *all, pc_error *err)
{
    if (all->lost.status == PC_OK) {
        return PC_OK;
    }
    pc_error_pass(err, &all->lost);
    (void)pc_note(err, all->lost.status, "the token was lost after %zu hosts; what was created for them is kept",
                  all->result->tally.done);
    return pc_hint_resume(err, all->lost.status,
                          "once the token is available again, run the same command again: it continues");
}

static pc_status run(batch *all, const pc_token_access *access, pc_arena *arena, pc_error *err)
{
    PC_TRY(all->order->issue_with ? prepare_ca(all, arena, err) : PC_OK);
    PC_TRY(pc_batch_manifest_open(all->order->out, &all->manifest, err));
    PC_TRY(pc_token_open(access, PC_TOKEN_WRITE, &all->token, err));
    PC_TRY(all->order->issue_with ? pc_local_ca_open(&all->ca, all->token, all->order->issue_token, arena, err)
                                  : PC_OK);
    PC_TRY(open_first_workers(all, err));
    all->labels = pc_batch_known_labels_start(pc_monotonic_usec());
    PC_TRY(pc_batch_queue_start(all->workers, all->worker_count, &all->queue, err));
    PC_TRY(work_through(all, err));
    return report_loss(all, err);
}

static void close_all(batch *all)
{
    pc_batch_queue_end(all->queue);
    for (unsigned i = 0; i < all->under_way_count; i++) {
        pc_batch_item_free(all->under_way[i]);
    }
    for (unsigned i = 0; i < all->worker_count; i++) {
        pc_batch_worker_close(&all->workers[i], all->token);
    }
    pc_batch_known_labels_clear(&all->labels);
    pc_local_ca_clear(&all->ca);
    pc_token_close(all->token);
    pc_batch_manifest_close(all->manifest);
    pc_batch_hosts_free(all->hosts);
    free(all);
}
PC_AUTO_DEFINE(batch, batch, close_all);

static pc_status check_order(const pc_batch_order *order, pc_error *err)
{
    if (!order->out) {
        return pc_fail(err, PC_E_USAGE, "no folder for the requests is named");
    }
    if (!order->hosts && !order->source) {
        return pc_fail(err, PC_E_USAGE, "neither a folder of INF files nor a list of hosts is named");
    }
    if (!order->issue_with &&
        (order->issue_token || order->profile || order->issuance_log || order->known_key || order->linters.count)) {
        return pc_fail(err, PC_E_USAGE,
                       "a CA's token, a profile, a log and linters are for certificates, but no CA key is named");
    }
    if (order->shard > order->shard_count || (order->shard == 0 && order->shard_count != 0)) {
        return pc_fail(err, PC_E_USAGE, "the shard is a number from 1 to the number of shards");
    }
    return PC_OK;
}

pc_status pc_batch_run(const pc_batch_order *order, const pc_token_access *access, const pc_batch_watch *watch,
                       pc_batch_result *ret_result, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(batch) batch *all = calloc(1, sizeof *all);

    *ret_result = (pc_batch_result){ .worst = PC_OK };
    if (!arena || !all) {
        return pc_fail_memory(err);
    }
    all->order = order;
    all->watch = watch;
    all->result = ret_result;
    PC_TRY(check_order(order, err));
    PC_TRY(try_template(order, err));
    PC_TRY(can_be_read_twice(order) ? count_hosts(order, &ret_result->tally.total, err) : PC_OK);
    PC_TRY(open_hosts(order, &all->hosts, err));
    PC_TRY(pc_signer_check(access->signer, err));
    return run(all, access, arena, err);
}
