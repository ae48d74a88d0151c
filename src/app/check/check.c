/* SPDX-License-Identifier: Apache-2.0 */
#include <p11cert/check.h>

#include <time.h>

#include "app/bind/bind.h"
#include "app/check/evidence.h"
#include "app/check/profile.h"
#include "base/text.h"
#include "policy/judge.h"
#include "policy/waiver.h"

static pc_status gather(const pc_check_order *order, const pc_token_access *access, unsigned needs, pc_files *files,
                        pc_judged_key *key, pc_arena *arena, pc_evidence *evidence, pc_error *err)
{
    PC_TRY(pc_files_read(order, files, err));
    PC_TRY(pc_evidence_of_files(files, arena, evidence, err));
    if (!access) {
        return PC_OK;
    }
    bool had_leaf = files->leaf != NULL;
    const pc_token_order token = { .key = order->key, .needs = needs, .probe = order->probe, .access = access };

    PC_TRY(pc_evidence_of_token(&token, files, key, arena, evidence, err));
    /* What the token holds beside the key came in as if it had been given. */
    return !had_leaf && files->leaf ? pc_evidence_of_files(files, arena, evidence, err) : PC_OK;
}

static pc_status add_certificate(pc_report *report, const pc_files *files, const pc_evidence *evidence, pc_error *err)
{
    uint8_t digest[32];
    unsigned len = sizeof digest;

    if (!files->leaf) {
        return PC_OK;
    }
    if (X509_digest(files->leaf, EVP_sha256(), digest, &len) != 1) {
        return pc_fail(err, PC_E_CRYPTO, "the fingerprint of the certificate cannot be made");
    }
    const char *sha256 = pc_text_hex(report->arena, (pc_bytes){ digest, len }, '\0');
    const char *serial = pc_serial_words(files->leaf, report->arena);

    if (!sha256 || !serial) {
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

/* What was judged, so that a report that is kept says it by itself. */
static pc_status add_items(pc_report *report, const pc_files *files, const pc_judged_key *key,
                           const pc_evidence *evidence, pc_error *err)
{
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
        PC_TRY(pc_report_add(report, "key-uri", key->uri, err));
    }
    PC_TRY(pc_report_add(report, "token", evidence->key.token, err));
    return add_probe(report, evidence->probe, err);
}

/* What was tried is always judged: who has it tried wants to know. */
static pc_status open_profile(const pc_check_order *order, pc_arena *arena, pc_profile *ret_profile, pc_error *err)
{
    const pc_policy_order *policy = &order->policy;
    bool probe_alone = order->file_count == 0 && !order->key;

    PC_TRY(pc_profile_open(!policy->policy && probe_alone ? "probe" : policy->policy, arena, ret_profile, err));
    if (order->probe) {
        PC_TRY(pc_profile_add_probe(ret_profile, arena, err));
    }
    return pc_waivers_check(ret_profile, policy->waivers, policy->waiver_count, PC_E_USAGE, err);
}

pc_status pc_check_run(const pc_check_order *order, const pc_token_access *access, pc_report **ret_report,
                       pc_error *err)
{
    PC_AUTO(pc_arena) pc_arena *arena = pc_arena_new();
    PC_AUTO(pc_report) pc_report *report = NULL;
    __attribute__((cleanup(pc_files_clear))) pc_files files = { .inf = NULL };
    pc_evidence evidence = { .now_sec = (int64_t)time(NULL), .fqdn = order->fqdn };
    const pc_policy_order *policy = &order->policy;
    pc_judged_key key = { .uri = NULL };
    pc_profile profile;

    if (!arena) {
        return pc_fail_memory(err);
    }
    if (order->file_count == 0 && !order->key && !order->probe) {
        return pc_fail(err, PC_E_USAGE,
                       "nothing to check: name files, or a key with --key, or try the token with --probe");
    }
    if (order->probe && !access) {
        return pc_fail(err, PC_E_USAGE, "a probe wants a token");
    }
    PC_TRY(open_profile(order, arena, &profile, err));
    PC_TRY(gather(order, access, pc_profile_needs(&profile), &files, &key, arena, &evidence, err));
    PC_TRY(pc_profile_judge(&profile, policy->waivers, policy->waiver_count, &evidence, &report, err));
    PC_TRY(add_items(report, &files, &key, &evidence, err));
    *ret_report = PC_TAKE(report);
    return PC_OK;
}
