/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/check.h"

#include <time.h>

#include "app/check/evidence.h"
#include "app/check/profile.h"
#include "base/text.h"
#include "policy/judge.h"
#include "policy/waiver.h"
#include "x509/words.h"

/* The certificate that is judged may come from the token: then it is described afterwards. */
static pc_status gather(const pc_check_order *order, const pc_token_order *token, pc_gathering *gathering,
                        pc_error *err)
{
    pc_files *files = gathering->files;

    PC_TRY(pc_files_read(order, files, err));
    bool token_may_give_it = (token->access || token->open) && !files->leaf && !files->csr;

    if (!token_may_give_it) {
        PC_TRY(pc_evidence_of_files(files, gathering->arena, gathering->evidence, err));
    }
    if (token->access || token->open) {
        PC_TRY(pc_evidence_of_token(token, gathering, err));
    }
    return token_may_give_it ? pc_evidence_of_files(files, gathering->arena, gathering->evidence, err) : PC_OK;
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
    const char *words = !probe->made ? "no throw-away key could be made"
                                     : pc_arena_format(report->arena, "throw-away %s keys, %sexportable", probe->kind,
                                                       probe->exportable ? "" : "not ");

    return words ? pc_report_add(report, "probe", words, err) : pc_fail_memory(err);
}

/* What was judged, so that an archived report is complete. */
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
    return add_probe(report, evidence->probe, err);
}

/* A probe's results are always judged: that is why it was requested. */
static pc_status open_profile(const pc_check_order *order, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    pc_policy_order policy = order->policy;
    bool probe_alone = order->file_count == 0 && !order->key;

    policy.policy = !policy.policy && probe_alone ? "probe" : policy.policy;
    PC_TRY(pc_profile_open(policy.policy, arena, ret_profile, err));
    if (order->probe) {
        PC_TRY(pc_profile_add_probe(ret_profile, arena, err));
    }
    return pc_waivers_check(ret_profile, policy.waivers, policy.waiver_count, PC_E_USAGE, err);
}

static pc_status gather_and_judge(const pc_check_order *order, const pc_token_order *token, const pc_profile *profile,
                                  pc_report **ret_report, pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_report) pc_report *report = NULL;
    PC_AUTO(pc_files) pc_files files = { .inf = NULL };
    pc_evidence evidence = { .now_sec = (int64_t)time(NULL), .fqdn = order->fqdn };
    pc_gathering gathering = { .files = &files, .evidence = &evidence, .arena = arena };

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(gather(order, token, &gathering, err));
    PC_TRY(pc_profile_judge(profile, &order->policy, &evidence, &report, err));
    PC_TRY(add_items(report, &gathering, err));
    *ret_report = PC_TAKE(report);
    return PC_OK;
}

pc_status pc_check_on(const pc_token *token, const pc_check_order *order, const pc_profile *profile,
                      pc_report **ret_report, pc_error *err)
{
    const pc_token_order on_token = { .key = order->key, .needs = pc_profile_needs(profile), .open = token };

    return gather_and_judge(order, &on_token, profile, ret_report, err);
}

static pc_status check_order(const pc_check_order *order, bool has_token, pc_error *err)
{
    if (order->file_count == 0 && !order->key && !order->probe) {
        return pc_fail(err, PC_E_USAGE,
                       "nothing to check: name files, or a key with --key, or try the token with --probe");
    }
    return order->probe && !has_token ? pc_fail(err, PC_E_USAGE, "a probe needs a token") : PC_OK;
}

pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report,
                       pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    pc_profile profile;

    if (!arena) {
        return pc_fail_memory(err);
    }
    PC_TRY(check_order(order, access != NULL, err));
    PC_TRY(open_profile(order, arena, &profile, err));
    const pc_token_order token = {
        .key = order->key, .needs = pc_profile_needs(&profile), .probe = order->probe, .access = access
    };

    return gather_and_judge(order, &token, &profile, ret_report, err);
}
