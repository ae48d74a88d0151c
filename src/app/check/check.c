/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/check.h"

#include <string.h>
#include <time.h>

#include "app/check/evidence.h"
#include "app/check/evidence_template.h"
#include "app/check/profile.h"
#include "base/result.h"
#include "base/text.h"
#include "policy/judge.h"
#include "policy/waiver.h"
#include "token/inventory.h"
#include "x509/words.h"

PC_AUTO_DEFINE(pc_check_result, pc_check_result, pc_check_result_free);

void pc_check_result_free(pc_check_result *result)
{
    for (size_t i = 0; result && i < result->report_count; i++) {
        pc_report_free(result->reports[i]);
    }
    pc_arena_free(result ? result->arena : NULL);
}

const char *pc_file_use_name(pc_file_use use)
{
    static const char *const names[] = {
        [PC_FILE_UNUSED] = "unused",   [PC_FILE_CHECKED] = "checked", [PC_FILE_ISSUER] = "issuer",
        [PC_FILE_REQUEST] = "request", [PC_FILE_INF] = "inf",         [PC_FILE_PFX] = "pfx",
    };

    return (size_t)use < PC_COUNT(names) ? names[use] : "unused";
}

bool pc_check_failed(const pc_check_result *result)
{
    bool failed = false;

    for (size_t i = 0; i < result->report_count; i++) {
        failed = failed || pc_report_failed(result->reports[i]);
    }
    for (size_t i = 0; i < result->file_count; i++) {
        failed = failed || result->files[i].use == PC_FILE_UNUSED;
    }
    return failed;
}

/** A check in progress: everything that its reports have in common. */
typedef struct {
    const pc_check_order *order;
    const pc_profile *profile;
    pc_files *files;
    pc_check_result *result;
    const pc_check_template *template; /* of the CA; NULL: none was named */
} checking;

/* The certificate that is judged may come from the token: then it is described afterwards. */
static pc_status gather(const pc_token_order *token, pc_gathering *gathering, pc_error *err)
{
    pc_files *files = gathering->files;
    bool token_may_give_it = (token->access || token->open) && !files->leaf && !files->csr;

    if (!token_may_give_it) {
        PC_TRY(pc_evidence_of_files(files, gathering->arena, gathering->evidence, err));
    }
    if (token->access || token->open) {
        PC_TRY(pc_evidence_of_token(token, gathering, err));
    }
    if (token_may_give_it) {
        PC_TRY(pc_evidence_of_files(files, gathering->arena, gathering->evidence, err));
    }
    return pc_files_note_use(files, gathering->arena, err);
}

static pc_status add_certificate(pc_report *report, const pc_files *files, const pc_evidence *evidence, pc_error *err)
{
    const char *sha256 = NULL;

    if (!files->leaf) {
        return PC_OK;
    }
    PC_TRY(pc_certificate_digest_words(files->leaf, EVP_sha256(), report->arena, &sha256, err));
    const char *serial = pc_serial_words(files->leaf, report->arena);

    if (!serial) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_report_add(report, "certificate", files->leaf_file, err));
    PC_TRY(pc_report_add(report, "subject", evidence->subject.subject, err));
    PC_TRY(pc_report_add(report, "serial", serial, err));
    return pc_report_add(report, "sha256", sha256, err);
}

static pc_status add_probe(pc_report *report, const pc_probe *probe, pc_error *err)
{
    if (!probe) {
        return PC_OK;
    }
    const char *words = !probe->made ? "no temporary key could be created"
                                     : pc_arena_format(report->arena, "temporary %s keys, %sexportable", probe->kind,
                                                       probe->exportable ? "" : "not ");

    return words ? pc_report_add(report, "probe", words, err) : pc_fail_memory(err);
}

/* The objects that were judged, so that an archived report is complete. */
static pc_status add_items(pc_report *report, const pc_gathering *gathering, pc_error *err)
{
    const pc_files *files = gathering->files;
    const pc_evidence *evidence = gathering->evidence;

    PC_TRY(pc_report_add(report, "inf", evidence->inf.file, err));
    PC_TRY(pc_report_add(report, "pfx", evidence->pfx.file, err));
    PC_TRY(pc_report_add(report, "request", files->csr ? files->csr_file : NULL, err));
    PC_TRY(add_certificate(report, files, evidence, err));
    if (!files->leaf && files->csr) {
        PC_TRY(pc_report_add(report, "subject", evidence->subject.subject, err));
    }
    PC_TRY(pc_report_add(report, "fqdn", evidence->fqdn, err));
    if (evidence->key.found_count > 0) {
        PC_TRY(pc_report_add(report, "key", evidence->key.label, err));
        PC_TRY(pc_report_add(report, "key-uri", gathering->key_uri, err));
    }
    PC_TRY(pc_report_add(report, "token", evidence->key.token, err));
    PC_TRY(pc_report_add(report, "template", evidence->ca_template.name, err));
    return add_probe(report, evidence->probe, err);
}

/* Distinguishes two reports of one pipeline, or two sections of one report. */
static const char *name_of(const pc_report *report, const pc_gathering *gathering)
{
    const pc_files *files = gathering->files;
    const pc_evidence *evidence = gathering->evidence;
    pc_arena *arena = report->arena;
    bool by_key = evidence->key.found_count > 0 && (!files->leaf || files->leaf_token);
    const char *serial = files->leaf && !by_key ? pc_serial_words(files->leaf, arena) : NULL;

    if (by_key) {
        return pc_arena_format(arena, "key %s, CKA_ID %s", evidence->key.label ? evidence->key.label : "without label",
                               gathering->key_id);
    }
    if (files->leaf) {
        return serial ? pc_arena_format(arena, "%s, serial %s", files->leaf_file, serial) : NULL;
    }
    const char *plain = files->csr            ? files->csr_file
                        : evidence->inf.file  ? evidence->inf.file
                        : evidence->pfx.file  ? evidence->pfx.file
                        : evidence->key.token ? evidence->key.token
                                              : "";

    return pc_arena_string(arena, plain);
}

static pc_status name_report(pc_report *report, const pc_gathering *gathering, pc_error *err)
{
    const char *name = name_of(report, gathering);

    report->name = name ? pc_text_escape(report->arena, name, strlen(name)) : NULL;
    return report->name ? PC_OK : pc_fail_memory(err);
}

/* A probe's results are always judged: that is why it was requested. */
static pc_status open_profile(const pc_check_order *order, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    pc_policy_order policy = order->policy;
    bool probe_alone = order->file_count == 0 && !order->key && !order->all;

    policy.policy = !policy.policy && probe_alone ? "probe" : policy.policy;
    PC_TRY(pc_profile_open(policy.policy, arena, ret_profile, err));
    if (order->probe) {
        PC_TRY(pc_profile_add_probe(ret_profile, arena, err));
    }
    if (order->template_name) {
        PC_TRY(pc_profile_add_template(ret_profile, arena, err));
    }
    return pc_waivers_check(ret_profile, policy.waivers, policy.waiver_count, PC_E_USAGE, err);
}

/* One certificate, or one key. */
static pc_status judge_section(const checking *check, const pc_token_order *token, pc_report **ret_report,
                               pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_report) pc_report *report = NULL;
    pc_evidence evidence = { .now_sec = (int64_t)time(NULL), .fqdn = check->order->fqdn };
    pc_gathering gathering = { .files = check->files, .evidence = &evidence, .arena = arena };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(gather(token, &gathering, err));
    PC_TRY(pc_evidence_of_template(check->template, arena, &evidence, err));
    PC_TRY(pc_profile_judge(check->profile, &check->order->policy, &evidence, &report, err));
    PC_TRY(add_items(report, &gathering, err));
    PC_TRY(name_report(report, &gathering, err));
    *ret_report = PC_TAKE(report);
    return PC_OK;
}

pc_status pc_check_on(const pc_token *token, const pc_check_order *order, const pc_profile *profile,
                      pc_report **ret_report, pc_error *err)
{
    const pc_token_order on_token = { .key = order->key, .needs = pc_profile_needs(profile), .open = token };
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_files) pc_files files = { .inf = NULL };
    const checking check = { .order = order, .profile = profile, .files = &files };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(pc_files_read(order, arena, &files, err));
    pc_files_select(&files, 0);
    return judge_section(&check, &on_token, ret_report, err);
}

static pc_status add_section(const checking *check, const pc_token_order *token, pc_error *err)
{
    pc_check_result *result = check->result;
    const int certificate_count = sk_X509_num(check->files->certificates);
    pc_report *report = NULL;
    pc_report **slot = PC_PUSH(result->arena, result->reports, result->report_count);

    if (!slot) {
        return pc_fail_memory(err);
    }
    *slot = NULL;
    PC_TRY(judge_section(check, token, &report, err));
    *slot = report;
    pc_files_rewind(check->files, certificate_count);
    return PC_OK;
}

/* Each certificate given; without one, the request, the INF, or the key that was named. */
static pc_status check_leaves(const checking *check, const pc_token_order *token, pc_error *err)
{
    size_t count = check->files->leaf_count ? check->files->leaf_count : 1;

    for (size_t i = 0; i < count; i++) {
        pc_files_select(check->files, i);
        PC_TRY(add_section(check, token, err));
    }
    return PC_OK;
}

static int compare_keys(const void *left, const void *right)
{
    int order = strcmp(((const pc_key *)left)->label, ((const pc_key *)right)->label);

    return order ? order : pc_key_compare_ids(left, right);
}

static pc_status check_keys(const checking *check, const pc_token_order *token, pc_error *err)
{
    pc_inventory inventory;

    PC_TRY(pc_inventory_read(token->open, check->result->arena, &inventory, err));
    if (inventory.key_count == 0) {
        (void)pc_fail(err, PC_E_NOT_FOUND, "token \"%s\" has no private key", token->open->info.label);
        return token->open->is_logged_in
                   ? PC_E_NOT_FOUND
                   : pc_hint(err, PC_E_NOT_FOUND, "private keys are visible only after a login: give `pin_source`");
    }
    qsort(inventory.keys, inventory.key_count, sizeof *inventory.keys, compare_keys);
    PC_AUTO(pc_held_objects) pc_held_objects held = { .arena = NULL };

    PC_TRY(pc_held_objects_make(&inventory, check->result->arena, &held, err));
    for (size_t i = 0; i < inventory.key_count; i++) {
        pc_token_order one = *token;

        one.given = &inventory.keys[i];
        one.held = &held;
        PC_TRY(add_section(check, &one, err));
    }
    return PC_OK;
}

/* A token is opened once, so that its PIN is needed once. */
static pc_status check_sections(const checking *check, pc_token_order *token, pc_error *err)
{
    PC_AUTO(pc_token) pc_token *opened = NULL;

    if (token->access && (check->order->all || check->files->leaf_count > 1)) {
        PC_TRY(pc_token_open(token->access, PC_TOKEN_READ, &opened, err));
        token->open = opened;
    }
    return check->order->all ? check_keys(check, token, err) : check_leaves(check, token, err);
}

static const char *use_words(pc_file_use use)
{
    static const char *const words[] = {
        [PC_FILE_UNUSED] = "NOT USED: it was not checked, and issued none of the certificates that were",
        [PC_FILE_CHECKED] = "certificate, checked",
        [PC_FILE_ISSUER] = "issuer",
        [PC_FILE_REQUEST] = "request",
        [PC_FILE_INF] = "INF file",
        [PC_FILE_PFX] = "PFX",
    };

    return words[use];
}

/* Every report says as what each file was read, so that each is complete by itself. */
static pc_status list_files(const checking *check, pc_error *err)
{
    pc_check_result *result = check->result;
    const pc_files *files = check->files;
    pc_checked_file *listed = pc_arena_alloc(result->arena, (files->given_count + 1) * sizeof *listed);

    if (!listed) {
        return pc_fail_memory(err);
    }
    for (size_t i = 0; i < files->given_count; i++) {
        const pc_given_file *given = &files->given[i];
        const char *words = pc_arena_format(result->arena, "%s: %s", given->file, use_words(given->use));

        listed[i] = (pc_checked_file){ .file = pc_arena_string(result->arena, given->file), .use = given->use };
        if (!words || !listed[i].file) {
            return pc_fail_memory(err);
        }
        for (size_t j = 0; j < result->report_count && files->given_count > 1; j++) {
            PC_TRY(pc_report_add(result->reports[j], "file", words, err));
        }
    }
    result->files = listed;
    result->file_count = files->given_count;
    return PC_OK;
}

static pc_status check_order(const pc_check_order *order, bool has_token, pc_error *err)
{
    if (order->fqdn && !*order->fqdn) {
        return pc_fail(err, PC_E_USAGE, "the server's name (`fqdn`) is empty: nothing could be compared with it");
    }
    if (order->all && (order->key || !has_token)) {
        return pc_fail(err, PC_E_USAGE,
                       order->key ? "`all` checks every key, `key` only one" : "`all` requires a token");
    }
    if (order->file_count == 0 && !order->key && !order->probe && !order->all) {
        return pc_fail(err, PC_E_USAGE,
                       "nothing to check: name files, or a key with `key`, or test the token with `probe`");
    }
    if (!order->template_name != !order->ca) {
        return pc_fail(err, PC_E_USAGE, "a template (`template`) and the CA that offers it (`ca`) belong together");
    }
    return order->probe && !has_token ? pc_fail(err, PC_E_USAGE, "a probe needs a token") : PC_OK;
}

pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_check_result **ret_result,
                       pc_error *err)
{
    PC_AUTO(pc_check_result) pc_check_result *result = PC_RESULT_NEW(pc_check_result);
    PC_AUTO(pc_check_template) pc_check_template *template = NULL;
    PC_AUTO(pc_files) pc_files files = { .inf = NULL };
    pc_profile profile;

    if (!result) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(order, access != NULL, err));
    PC_TRY(open_profile(order, result->arena, &profile, err));
    PC_TRY(pc_files_read(order, result->arena, &files, err));
    PC_TRY(order->template_name ? pc_check_read_template(order, &template, err) : PC_OK);
    const checking check = {
        .order = order, .profile = &profile, .files = &files, .result = result, .template = template
    };
    pc_token_order token = {
        .key = order->key, .needs = pc_profile_needs(&profile), .probe = order->probe, .access = access
    };

    PC_TRY(check_sections(&check, &token, err));
    PC_TRY(list_files(&check, err));
    *ret_result = PC_TAKE(result);
    return PC_OK;
}
